"""Names of actors: what gets through the door, and what never builds a path."""

from __future__ import annotations

import re
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgpost.errors import InvalidField
from orgpost.names import (
    TIERS,
    check_name,
    fault_of_handle,
    fault_of_name,
    lowest_tier,
)

HOSTILE: Final = {
    "empty": "",
    "a dot": ".",
    "two dots": "..",
    "a path": "../../etc/passwd",
    "a slash": "a/b",
    "a backslash": "a\\b",
    "an encoded slash": "a%2eb",
    "encoded dots": "%2e%2e",
    "NUL": "a\0b",
    "a line end at the end": "tex\n",
    "a line break": "tex\ncrt",
    "a carriage return": "tex\r",
    "a blank": "tex novak",
    "a blank at the end": "tex ",
    "300 letters": "a" * 300,
    "49 letters": "a" * 49,
    "a capital": "Tex",
    "a Cyrillic look-alike": "t\u0435x",
    "a full-width look-alike": "\uff54ex",
    "a long s": "bo\u017fs",
    "the Kelvin sign": "\u212ating",
    "a foreign digit": "tex\u0661",
    "a zero-width joiner": "te\u200dx",
    "a leading hyphen": "-tex",
    "a leading underscore": "_tex",
    "a hidden file": ".tex",
    "an option": "--help",
    "another host's actor": "tex@laptop",
    "a handle": "@tex",
    "a home": "~tex",
    "a lock of Emacs": "#tex#",
    "a command": "$(touch x)",
    "a device": "con",
    "another device": "lpt1",
    "reserved all": "all",
    "reserved me": "me",
    "reserved agent": "agent",
    "reserved orgpost": "orgpost",
    "reserved import": "import",
}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_name_is_refused_before_a_path_is_built(name: str) -> None:
    """Nothing but the plain rule gets a file."""
    with pytest.raises(InvalidField) as refused:
        check_name(name, "to")
    assert refused.value.details["field"] == "to"


@pytest.mark.parametrize(
    "name", ["tex", "t", "0", "tex-agent", "a_b", "cons", "com", "a" * 48, "007"]
)
def test_a_plain_name_passes_as_it_is(name: str) -> None:
    """What passes is not changed on the way."""
    assert check_name(name, "to") == name


@given(st.text(max_size=60))
def test_whatever_passes_is_made_of_the_plain_letters(name: str) -> None:
    """There is no second rule hidden in the first."""
    if fault_of_name(name) is None:
        assert re.fullmatch(r"[abcdefghijklmnopqrstuvwxyz0123456789_-]{1,48}", name)


@pytest.mark.parametrize("name", [None, 7, True, ["tex"], 1.5])
def test_what_is_no_text_is_no_name(name: object) -> None:
    """YAML reads 007 as a number and `on` as a truth; the hint tells what to do."""
    assert "quotes" in (fault_of_name(name) or "")


def test_a_refusal_does_not_repeat_a_name_without_end() -> None:
    """300 letters do not fill the log."""
    with pytest.raises(InvalidField) as refused:
        check_name("a" * 300)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("handle", ["@tex", "@tex@team.example.com", "@Tex.Novak", "@0-_."])
def test_a_handle_may_have_dots_capitals_and_a_domain(handle: str) -> None:
    """Old names live on as handles."""
    assert fault_of_handle(handle) is None


@pytest.mark.parametrize(
    "handle",
    ["tex", "@", "", "@a b", "@a\n", "@a/b", "@a@", "@a@b@c", "@\u0435", "@\u017f", None, 7],
)
def test_what_is_no_handle_is_told(handle: object) -> None:
    """A handle is a word that nobody mistakes."""
    assert fault_of_handle(handle)


def test_the_tiers_go_down_from_owner_to_unknown() -> None:
    """The order is the meaning."""
    assert TIERS == ("owner", "team", "trusted", "unknown")


@pytest.mark.parametrize(
    ("tiers", "lowest"),
    [
        (("owner", "team"), "team"),
        (("trusted", "owner"), "trusted"),
        (("team", "unknown", "owner"), "unknown"),
        (("owner",), "owner"),
        (("owner", "admin"), "unknown"),
        ((), "unknown"),
    ],
)
def test_a_chain_is_trusted_as_far_as_its_weakest(tiers: tuple[str, ...], lowest: str) -> None:
    """And nobody at all is trusted with nothing."""
    assert lowest_tier(*tiers) == lowest
