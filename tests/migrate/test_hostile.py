"""Hostile texts as bodies of old mail: each comes over byte for byte, and becomes nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from orgpost.doctor import Options, examine
from orgpost.migrate import migrate
from tests.migrate.old_mail import entries, entry_v02, letter, space_v01, space_v02

CORPUS = Path(__file__).parents[1] / "corpus" / "hostile"


def texts() -> list[str]:
    """Give the corpus as the ancestor could have stored it: as UTF-8."""
    found = sorted(place for place in CORPUS.iterdir() if place.is_file())
    return [place.read_bytes().decode("utf-8", "replace") for place in found]


@pytest.mark.slow
def test_every_hostile_body_of_v01_comes_over_as_it_was(tmp_path: Path) -> None:
    """One message each, from its true sender, and doctor has nothing to say."""
    sent = texts()
    text = "".join(letter(body, id=f"msg-{n}") for n, body in enumerate(sent))
    report = migrate(space_v01(tmp_path, {"tex.org": text}))
    found = entries(tmp_path, "inbox/tex.org")
    assert [each.body for each in found] == sent
    assert {each.get("FROM") for each in found} == {"crt"}
    assert report.actors_added == ["tex", "crt"]
    assert examine(tmp_path, Options(deep=True)).errors == 0


def test_every_hostile_body_of_v02_comes_over_as_it_was(tmp_path: Path) -> None:
    """Its indent keeps even the blank lines at an end apart from those between entries."""
    sent = texts()
    inbox = "".join(entry_v02(body, id=f"msg-{n}") for n, body in enumerate(sent))
    migrate(space_v02(tmp_path, inbox))
    found = entries(tmp_path, "inbox/tex.org")
    assert [each.body for each in found] == sent
