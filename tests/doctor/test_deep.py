"""The second opinion: what orgparse reads otherwise is said, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orgpost.doctor.deep import differences
from orgpost.org.entry import parse
from orgpost.org.syntax import MESSAGE
from tests.doctor.healthy import message

if TYPE_CHECKING:
    from orgpost.org.entry import Entry

GOLDEN = Path(__file__).parents[1] / "golden"


def entry(raw: bytes) -> Entry:
    """Read an entry."""
    return parse(raw, MESSAGE)


def test_an_entry_of_ours_is_read_alike() -> None:
    """Quoted values, tags, a priority, a body in percent form, CRLF."""
    raw = message(body="\t*x*\r\n", NOTE="a :END: b").replace(b"Hello\n", b"[#A] Hello  :a:b:\n", 1)
    crlf = parse(raw.replace(b"\n", b"\r\n"), MESSAGE._replace(crlf=True))
    assert (differences(entry(raw)), differences(crlf)) == ([], [])


@pytest.mark.parametrize(
    ("ours", "theirs", "what"),
    [
        (b"* UNREAD ", b"* READ   ", "state READ, not UNREAD"),
        (b"Hello\n", b"Hallo\n", "another heading"),
        (b":FROM:     crt", b":FROM:     tex", "property FROM"),
        (b":THREAD:   ", b":TWEED:    ", "property THREAD"),
        (b"Hello.", b"\n* Hello.", "it sees 2 headings"),
    ],
)
def test_what_is_read_otherwise_is_named(ours: bytes, theirs: bytes, what: str) -> None:
    """Here because the bytes behind our reading are others."""
    read = entry(message())
    assert what in differences(read._replace(raw=read.raw.replace(ours, theirs, 1)))


def test_what_orgparse_cannot_read_is_named() -> None:
    """One bad date makes it refuse all."""
    raw = message().replace(b":PROPERTIES:", b"CLOSED: [2026-13-45 Fri]\n:PROPERTIES:", 1)
    (what,) = differences(entry(raw))
    assert what.startswith("it cannot read it: ")


def test_a_tag_that_emacs_knows_and_orgparse_does_not_is_no_fault() -> None:
    """An accent may be a character of its own: for Emacs it is a letter, for orgparse none."""
    tagged = message().replace(b" Hello\n", " Hello :e\u0301t\u00e9:\n".encode(), 1)
    assert parse(tagged, MESSAGE).tags == ("e\u0301t\u00e9",)
    assert differences(parse(tagged, MESSAGE)) == []
