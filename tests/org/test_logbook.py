"""What the LOGBOOK says, who said it, and the blanks that keep a length."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgpost.org import quote, syntax
from orgpost.org.logbook import StateItem, exact_lines, said, slack, state_item, state_items
from tests.org.strategies import texts

STAMP = "[2026-11-20 Fri 09:32]"


def test_an_item_is_written_as_the_page_says() -> None:
    """Columns, so that a person's eye finds its way."""
    item = state_item("WORKING", "QUEUED", STAMP, "by tex-agent")
    first = state_item("QUEUED", None, STAMP)
    assert item == f'- State "WORKING"    from "QUEUED"     {STAMP} by tex-agent'
    assert first == f'- State "QUEUED"     from{" " * 14}{STAMP}'


@given(texts)
def test_words_of_others_stay_on_their_line(text: str) -> None:
    """Shown and cut on the item's line, exact below it."""
    item = state_item("DEAD", "WORKING", STAMP, f"by a: {said(text)}") + exact_lines(text)
    read = state_items(f"{item}\n- Note taken on {STAMP}\n")
    assert read == (StateItem("DEAD", "WORKING", STAMP, f"by a: {said(text)}".strip(), text),)
    assert len(said(text)) <= 200
    lines = item.split("\n")
    assert all(re.match(r"  :(?: |$)", line) for line in lines[1:])
    assert not re.search(rf"{syntax.CTL}|{syntax.INLINE}", lines[0].replace(STAMP, ""))


def test_nothing_said_is_nothing() -> None:
    """No reason, no words."""
    assert said("") == ""
    assert said("x" * 300) == "x" * 200
    assert said("x" * 198 + ": y") == "x" * 198


def test_what_is_no_item_of_ours_is_passed_over() -> None:
    """Notes, clocks and lines that follow them; each item keeps its own exact words."""
    logbook = (
        '  - State "DONE" from "TODO" [x] \\\\\n  a note\n  : not exact\n'
        '- State "A"  from [y]\n  : a%20\n  :\nCLOCK: [z]\n- State broken\n'
    )
    assert state_items(logbook) == (
        StateItem("DONE", "TODO", "[x]", "\\\\", None),
        StateItem("A", None, "[y]", "", "a \n"),
    )


@pytest.mark.parametrize("eol", [b"\n", b"\r\n"])
@given(size=st.integers(0, 2000))
def test_slack_is_as_long_as_it_was_asked(size: int, eol: bytes) -> None:
    """Lines of 80 bytes with their ends, the last one shorter, all of them blank."""
    lines = slack(size, eol)
    assert len(lines) == (size if size >= len(eol) else 0)
    assert all(len(line) + 1 <= 80 for line in lines.split(b"\n"))
    assert lines == b"" or lines.endswith(eol)
    assert not lines.replace(eol, b"").strip(b" ")


def test_whole_slack_is_five_lines() -> None:
    """As the page draws it."""
    assert slack(400) == (b" " * 79 + b"\n") * 5
    assert quote.BLANKS[0] == " "
