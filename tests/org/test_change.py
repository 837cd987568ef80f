"""A change means some bytes; all others stay as they stand."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgpost.org import change
from orgpost.org.entry import Draft, parse, render
from orgpost.org.logbook import state_item
from orgpost.org.syntax import TASK, FileKind
from tests.org.strategies import texts, whole_texts

CRLF = TASK._replace(crlf=True)
# A person's hand: no padding, small letters, indented, a key twice, a drawer, a sub-tree.
BY_HAND = b"""*  QUEUED [#B] COMMENT Hello \t :a:
  SCHEDULED: <2026-11-21 Sat 10:00 +1w> and words
  :properties:
  :id: task-1
  :Attempt:   0
  :MINE:
  :attempt: 7
  :LEASE: - 0 -
  :end:
  :NOTES:
  theirs
  :END:
Words, as s\xe9nt. \t
 * no heading

** Mine
theirs"""
STATES = st.sampled_from(TASK.keywords)


def crlf(raw: bytes) -> bytes:
    """The same in a CRLF file."""
    return raw.replace(b"\n", b"\r\n")


def both(old: bytes, new: bytes) -> list[tuple[bytes, bytes]]:
    """What was taken out and put in, line by line, where lines correspond."""
    pairs = zip(old.split(b"\n"), new.split(b"\n"), strict=True)
    return [(one, other) for one, other in pairs if one != other]


# --- keyword ------------------------------------------------------------------------------------


def test_a_keyword_is_padded_again() -> None:
    """Where words follow; the blanks before it are a person's."""
    assert both(BY_HAND, change.with_keyword(BY_HAND, "WORKING", TASK)) == [
        (
            b"*  QUEUED [#B] COMMENT Hello \t :a:",
            b"*  WORKING   [#B] COMMENT Hello \t :a:",
        )
    ]


@pytest.mark.parametrize("heading", ["* QUEUED", "* QUEUED    x", "* x"])
@pytest.mark.parametrize("kind", [TASK, CRLF], ids=["lf", "crlf"])
def test_a_new_state_is_read(heading: str, kind: FileKind) -> None:
    """With a title, without one, or where a person took the keyword away."""
    drawer = b"\n:PROPERTIES:\n:ID: a\n:END:\n"
    raw = heading.encode() + (crlf(drawer) if kind.crlf else drawer)
    new = change.with_keyword(raw, "DONE", kind)
    read = parse(new, kind)
    assert (read.keyword, read.title) == ("DONE", parse(raw, kind).title)
    assert new.count(b"\r\n") == raw.count(b"\r\n")
    assert not new.split(b"\n")[0].rstrip(b"\r").endswith(b" ")


@given(STATES, STATES, whole_texts)
def test_a_state_that_we_wrote_changes_no_length(old: str, new: str, title: str) -> None:
    """The padding is there for that."""
    raw = render(Draft(id="task-1", keyword=old, title=title), TASK)
    moved = change.with_keyword(raw, new, TASK)
    assert (len(moved), parse(moved, TASK).keyword) == (len(raw), new)
    assert change.with_keyword(moved, old, TASK) == raw


# --- properties ---------------------------------------------------------------------------------


def test_a_value_is_changed_in_its_place() -> None:
    """Indentation, key, blanks and the second of two equal keys stay."""
    new = change.with_property(BY_HAND, "ATTEMPT", "1", TASK)
    assert both(BY_HAND, new) == [(b"  :Attempt:   0", b"  :Attempt:   1")]


def test_an_empty_value_gets_its_blanks() -> None:
    """A value needs one before it."""
    new = change.with_property(BY_HAND, "MINE", "yes", TASK)
    assert both(BY_HAND, new) == [(b"  :MINE:", b"  :MINE:     yes")]


def test_an_equal_value_is_no_change() -> None:
    """Not even of the blanks around it."""
    assert change.with_property(BY_HAND, "LEASE", "- 0 -", TASK) == BY_HAND


@pytest.mark.parametrize(
    ("name", "above"),
    [("STARTED", b":LEASE: - 0 -"), ("FROM", b":id: task-1"), ("TICKET", b":LEASE: - 0 -")],
)
def test_a_new_property_stands_where_the_page_wants_it(name: str, above: bytes) -> None:
    """Below those that come before it, indented as they are; unknown ones last."""
    new = change.with_property(BY_HAND, name, "x", TASK)
    line = f"  {f':{name}:':<10} x\n".encode()
    assert new == BY_HAND.replace(b"  " + above + b"\n", b"  " + above + b"\n" + line)


def test_a_property_goes_with_its_doubles() -> None:
    """Or the second would count now."""
    new = change.without_property(BY_HAND, "ATTEMPT", TASK)
    assert new == BY_HAND.replace(b"  :Attempt:   0\n", b"").replace(b"  :attempt: 7\n", b"")
    assert change.without_property(new, "ATTEMPT", TASK) == new


@given(st.sampled_from(["ATTEMPT", "MINE", "STARTED", "NEW", "LEASE"]), whole_texts)
def test_a_property_is_read_as_it_was_set(name: str, value: str) -> None:
    """Any value, in both kinds of files, and taken away again."""
    for raw, kind in ((BY_HAND, TASK), (crlf(BY_HAND), CRLF)):
        new = change.with_property(raw, name, value, kind)
        assert parse(new, kind).get(name) == value
        assert parse(new, kind).body == parse(raw, kind).body
        added = new.count(b"\n") - raw.count(b"\n")
        assert new.count(b"\r") - raw.count(b"\r") == (added if kind.crlf else 0)
        assert parse(change.without_property(new, name, kind), kind).get(name) is None


# --- planning -----------------------------------------------------------------------------------

NOW = "[2026-11-20 Fri 09:40]"


def test_planning_keeps_the_words_beside_it() -> None:
    """A person's words and their indentation."""
    new = change.with_planning(BY_HAND, "CLOSED", NOW, TASK)
    old = b"  SCHEDULED: <2026-11-21 Sat 10:00 +1w> and words"
    assert both(BY_HAND, new) == [(old, f"  CLOSED: {NOW} ".encode() + old[2:])]
    assert change.with_planning(new, "CLOSED", None, TASK) == BY_HAND


def test_a_stamp_is_changed_in_its_place() -> None:
    """The others of the line stay."""
    new = change.with_planning(BY_HAND, "SCHEDULED", "<2026-12-01 Tue>", TASK)
    assert both(BY_HAND, new) == [
        (
            b"  SCHEDULED: <2026-11-21 Sat 10:00 +1w> and words",
            b"  SCHEDULED: <2026-12-01 Tue> and words",
        )
    ]


def test_words_stay_without_their_stamp() -> None:
    """The line goes only when it is empty."""
    new = change.with_planning(BY_HAND, "SCHEDULED", None, TASK)
    assert new == BY_HAND.replace(b"SCHEDULED: <2026-11-21 Sat 10:00 +1w> ", b"")


@pytest.mark.parametrize("kind", [TASK, CRLF], ids=["lf", "crlf"])
def test_a_planning_line_comes_and_goes(kind: FileKind) -> None:
    """Line 2, or nowhere."""
    raw = render(Draft(id="a", keyword="DONE", title="x"), kind)
    closed = change.with_planning(raw, "CLOSED", NOW, kind)
    assert closed.split(b"\n")[1].rstrip(b"\r") == f"CLOSED: {NOW}".encode()
    assert parse(closed, kind).planning == (("CLOSED", NOW),)
    planned = change.with_planning(closed, "DEADLINE", "<2026-11-20 Fri>", kind)
    assert change.with_planning(planned, "DEADLINE", None, kind) == closed
    assert parse(change.with_planning(planned, "CLOSED", None, kind), kind).planning == (
        ("DEADLINE", "<2026-11-20 Fri>"),
    )
    assert change.with_planning(closed, "CLOSED", None, kind) == raw
    assert change.with_planning(raw, "CLOSED", None, kind) == raw


def test_the_last_stamp_leaves_no_blank_behind() -> None:
    """A trailing blank would be stripped by an editor, and the lengths differ."""
    raw = b"* DONE x\nCLOSED: [x] DEADLINE: <y>\n:PROPERTIES:\n:ID: a\n:END:\n"
    assert change.with_planning(raw, "DEADLINE", None, TASK) == raw.replace(b" DEADLINE: <y>", b"")


def test_what_is_no_stamp_stays() -> None:
    """`soon` is no time, and nobody's to remove."""
    raw = b"* DONE x\nCLOSED: soon\n:PROPERTIES:\n:ID: a\n:END:\n"
    assert change.with_planning(raw, "CLOSED", None, TASK) == raw
    new = change.with_planning(raw, "CLOSED", NOW, TASK)
    assert new == raw.replace(b"CLOSED: soon", f"CLOSED: {NOW} CLOSED: soon".encode())


# --- LOGBOOK and sub-headings -------------------------------------------------------------------


@pytest.mark.parametrize("kind", [TASK, CRLF], ids=["lf", "crlf"])
def test_the_newest_item_stands_on_top(kind: FileKind) -> None:
    """In a LOGBOOK that is made where there is none."""
    raw = crlf(BY_HAND) if kind.crlf else BY_HAND
    first = change.with_log_item(raw, "- one\n  more", kind)
    second = change.with_log_item(first, "- two", kind)
    assert parse(second, kind).logbook == "- two\n- one\n  more\n"
    assert parse(second, kind).body == parse(raw, kind).body
    assert second.count(b"\n") - raw.count(b"\n") == 5
    assert not kind.crlf or not re.search(rb"(?<!\r)\n", second)


def test_a_logbook_is_made_where_the_file_ends() -> None:
    """Also where the last line has no end."""
    raw = b"* DONE x\n:PROPERTIES:\n:ID: a\n:END:"
    assert change.with_logbook(raw, TASK) == raw + b"\n:LOGBOOK:\n:END:\n"


@given(texts)
def test_a_sub_heading_is_read_as_it_was_written(text: str) -> None:
    """At the end of the entry, whose other bytes stay."""
    for raw, kind in ((BY_HAND, TASK), (crlf(BY_HAND), CRLF)):
        new = change.with_sub(raw, "Result", [("ATTEMPT", "1")], text, kind)
        assert new.startswith(raw)
        sub = parse(new, kind).subs[-1]
        assert (sub.level, sub.title, sub.get("ATTEMPT"), sub.body) == (2, "Result", "1", text)


# --- everything ---------------------------------------------------------------------------------


def test_all_changes_together_leave_a_persons_bytes() -> None:
    """What is left when ours are taken out is what the person wrote."""
    new = change.with_keyword(BY_HAND, "DONE", TASK)
    new = change.with_property(new, "ATTEMPT", "2", TASK)
    new = change.with_property(new, "STARTED", "2026-11-20T08:32:10Z", TASK)
    new = change.with_planning(new, "CLOSED", NOW, TASK)
    new = change.with_log_item(new, state_item("DONE", "WORKING", NOW), TASK)
    theirs = [
        (b"DONE      ", b"QUEUED "),
        (b":Attempt:   2", b":Attempt:   0"),
        (b"  :STARTED:  2026-11-20T08:32:10Z\n", b""),
        (f"CLOSED: {NOW} ".encode(), b""),
        (
            b':LOGBOOK:\n- State "DONE"       from "WORKING"    [2026-11-20 Fri 09:40]\n:END:\n',
            b"",
        ),
    ]
    for ours, before in theirs:
        assert new.count(ours) == 1
        new = new.replace(ours, before)
    assert new == BY_HAND


def test_a_note_is_changed_by_nobody() -> None:
    """The program that tries is wrong."""
    for note in (b"* DONE x\n", b"* DONE x\n:PROPERTIES:\n:FROM: a\n:END:\n"):
        with pytest.raises(ValueError, match="note"):
            change.with_keyword(note, "QUEUED", TASK)
        with pytest.raises(ValueError, match="note"):
            change.with_property(note, "FROM", "b", TASK)
