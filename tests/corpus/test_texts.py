"""The corpus is what the other suites think it is."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from tests.corpus.texts import HOSTILE, generated, hostile, large

if TYPE_CHECKING:
    import random


def test_there_are_at_least_240_texts_and_no_two_are_equal() -> None:
    """Each file adds something."""
    texts = hostile()
    assert len(texts) >= 240
    assert len(set(texts.values())) == len(texts)


def test_a_text_says_its_own_name_when_it_runs() -> None:
    """So that a marker names the guilty file."""
    for name, text in hostile().items():
        for marker in re.findall(r'\(orgpost-ran "([^"]*)"', text):
            assert marker == name


def test_every_kind_of_oddity_is_there() -> None:
    """Every ASCII mark but the underscore, every C0, DEL and C1 character, every kind of blank."""
    everything = "".join(hostile().values())
    assert not {chr(code) for code in range(0xA0)} - set(everything)
    blanks = {chr(code) for code in range(0x3001) if unicodedata.category(chr(code)) == "Zs"}
    assert not blanks - set(everything)


def test_names_say_the_oddity_in_small_letters() -> None:
    """A bug report becomes a file; its name is what one looks for."""
    odd = [
        path.name for path in HOSTILE.iterdir() if not re.fullmatch(r"[a-z0-9-]+\.txt", path.name)
    ]
    assert odd == []


def test_big_texts_are_a_megabyte_each() -> None:
    """Made, not committed."""
    for name, text in large():
        assert len(text.encode("utf-8", "surrogatepass")) >= 99_999, name


def test_generated_texts_reach_every_fragment(rng: random.Random) -> None:
    """Two thousand of them are a fair sample of the fragments, and few are equal."""
    texts = list(generated(rng, 2000))
    assert len(set(texts)) > 1800
    assert "Local Variables:" in "".join(texts)
