"""Only what differs is written, and a task keeps its length."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orgpost.org import change, splice, syntax
from orgpost.org.entry import Draft, parse, render
from orgpost.org.logbook import state_item
from orgpost.org.syntax import MESSAGE, TASK, FileKind
from tests.org.strategies import whole_texts

CRLF: Final = TASK._replace(crlf=True)
STAMP: Final = "[2026-11-20 Fri 09:32]"
KINDS: Final = pytest.mark.parametrize("kind", [TASK, CRLF], ids=["lf", "crlf"])


def applied(data: bytes, spans: list[tuple[int, bytes, bytes]]) -> bytes:
    """The bytes after the spans were written."""
    for at, old, new in reversed(spans):
        assert data[at : at + len(old)] == old
        data = data[:at] + new + data[at + len(old) :]
    return data


# --- spans --------------------------------------------------------------------------------------

pieces = st.lists(st.sampled_from([b"a", b"b", b"\n", b"\0", b" " * 40]), max_size=30).map(b"".join)


@given(pieces, pieces)
@example(b"", b"")
@example(b"\0" * 50, b"\0" * 50)
@example(b"aba", b"ababa")
def test_writing_what_differs_makes_the_new_one(old: bytes, new: bytes) -> None:
    """For any two, wherever they stand."""
    data = b"before" + old + b"after"
    assert applied(data, splice.smallest(old, new, 6)) == b"before" + new + b"after"


@given(pieces, st.lists(st.integers(0, 1000)))
def test_what_is_equal_is_not_written(old: bytes, places: list[int]) -> None:
    """Spans of equal lengths begin and end with a difference, and no long equal run is in one."""
    new = bytearray(old)
    for place in places[: len(old)]:
        new[place % len(old)] ^= 1
    for _, before, after in splice.smallest(old, bytes(new), 0):
        assert len(before) == len(after)
        assert before[0] != after[0]
        assert before[-1] != after[-1]
        equal = bytes(one == other for one, other in zip(before, after, strict=True))
        assert b"\1" * syntax.SLACK_LINE not in equal


def test_a_difference_of_length_is_one_span() -> None:
    """Without what begins and ends equal."""
    assert splice.smallest(b"one two three", b"one 2 three", 100) == [(104, b"two", b"2")]
    assert splice.smallest(b"aa", b"aaa", 0) == [(2, b"", b"a")]


# --- slack --------------------------------------------------------------------------------------


def task(kind: FileKind, slack: int = 400) -> bytes:
    """A new task."""
    properties = [("FROM", "crt"), ("ATTEMPT", "0"), ("LEASE", "- 0 -")]
    draft = Draft(
        id="task-1", keyword="QUEUED", title="x", properties=properties, body="Do.", slack=slack
    )
    return render(draft, kind)


def claimed(raw: bytes, kind: FileKind) -> bytes:
    """What a claim does to an entry."""
    raw = change.with_keyword(raw, "WORKING", kind)
    raw = change.with_property(raw, "ATTEMPT", "1", kind)
    raw = change.with_property(raw, "LEASE", "2026-11-20T08:47:10Z 1 tex-agent@laptop:4711", kind)
    raw = change.with_property(raw, "STARTED", "2026-11-20T08:32:10Z", kind)
    return change.with_log_item(raw, state_item("WORKING", "QUEUED", STAMP, "by tex-agent"), kind)


def renewed(raw: bytes, kind: FileKind) -> bytes:
    """What a renewal does."""
    return change.with_property(raw, "LEASE", "2026-11-20T09:02:10Z 1 tex-agent@laptop:4711", kind)


def released(raw: bytes, kind: FileKind) -> bytes:
    """What a release does."""
    raw = change.with_keyword(raw, "QUEUED", kind)
    raw = change.with_property(raw, "LEASE", "- 1 -", kind)
    raw = change.without_property(raw, "STARTED", kind)
    return change.with_log_item(raw, state_item("QUEUED", "WORKING", STAMP, "by tex-agent"), kind)


def slack_of(raw: bytes) -> int:
    """How many bytes of blank lines end the LOGBOOK."""
    inside = raw.split(b"\n:LOGBOOK:")[1].split(b":END:")[0]
    lines = re.findall(rb"[^\n]*\n", inside)[1:]
    return sum(map(len, takewhile(lambda line: not line.strip(), reversed(lines))))


@KINDS
def test_a_claim_a_renewal_and_a_release_keep_the_length(kind: FileKind) -> None:
    """So its neighbours do not move; what the change means is there all the same."""
    raw = task(kind)
    assert slack_of(raw) == 400
    for step in (claimed, renewed, released):
        changed = step(raw, kind)
        fitted = splice.fit(raw, changed, kind)
        assert len(fitted) == len(raw)
        ours, theirs = parse(fitted, kind), parse(changed, kind)
        assert (ours.heading, ours.properties, ours.body) == (
            *(theirs.heading, theirs.properties, theirs.body),
        )
        assert ours.logbook.rstrip() == theirs.logbook.rstrip()
        raw = fitted


@KINDS
def test_slack_is_eaten_from_the_last_line_backwards(kind: FileKind) -> None:
    """Whole lines stay whole."""
    raw = splice.fit(task(kind), claimed(task(kind), kind), kind)
    lines = parse(raw, kind).logbook.split("\n")[1:-1]
    width = 79 - kind.crlf
    assert [len(line) for line in lines[:-1]] == [width] * 3
    assert 0 < len(lines[-1]) < width


@KINDS
def test_stripped_slack_is_whole_again_once(kind: FileKind) -> None:
    """A hook stripped the blanks: one rewrite, then the same length again."""
    stripped = re.sub(rb"(?m) +(\r?)$", rb"\1", task(kind))
    again = splice.fit(stripped, claimed(stripped, kind), kind)
    assert len(again) != len(stripped)
    assert slack_of(again) == 400
    released_then = splice.fit(again, released(again, kind), kind)
    assert len(released_then) == len(again)


@KINDS
@given(words=whole_texts, size=st.sampled_from([0, 1, 2, 3, 81, 400]))
def test_slack_gives_way_or_is_whole(words: str, size: int, kind: FileKind) -> None:
    """The length stays, or the slack is what the setting says; never anything between."""
    raw = task(kind, size)
    changed = change.with_property(claimed(raw, kind), "REJECTION_REASON", words, kind)
    fitted = splice.fit(raw, changed, kind, slack_bytes=size)
    whole = size if size >= len(kind.eol) else 0
    assert len(fitted) == len(raw) or slack_of(fitted) == whole
    assert parse(fitted, kind).properties == parse(changed, kind).properties


def test_a_shorter_entry_gives_back() -> None:
    """What a release takes away is slack for the next claim."""
    raw = splice.without_slack(claimed(task(TASK), TASK), TASK)
    shorter = change.without_property(raw, "STARTED", TASK)
    fitted = splice.fit(raw, shorter, TASK)
    assert (len(fitted), slack_of(fitted)) == (len(raw), len(raw) - len(shorter))


def test_where_no_slack_is_wanted_there_is_none() -> None:
    """Not even a LOGBOOK for it."""
    raw = task(TASK, 0)
    changed = change.with_property(raw, "STARTED", "x", TASK)
    assert splice.fit(raw, changed, TASK, slack_bytes=0) == changed


def test_a_lost_logbook_comes_back_with_its_slack() -> None:
    """A person deleted the drawer."""
    raw = task(TASK)
    bare = re.sub(rb":LOGBOOK:\n( *\n)*:END:\n", b"", raw)
    fitted = splice.fit(bare, change.with_property(bare, "STARTED", "x", TASK), TASK)
    assert slack_of(fitted) == 400
    assert parse(fitted, TASK).get("STARTED") == "x"


def test_equal_lengths_and_messages_are_left_as_they_are() -> None:
    """No blank moves without need; messages have no slack."""
    odd = task(TASK).replace(b" " * 79 + b"\n" + b" " * 79 + b"\n", b"\n" + b" " * 158 + b"\n", 1)
    assert splice.fit(odd, renewed(odd, TASK), TASK) == renewed(odd, TASK)
    message = render(Draft(id="msg-1", keyword="UNREAD", title="x"), MESSAGE)
    longer = change.with_property(message, "NOTE", "x", MESSAGE)
    assert splice.fit(message, longer, MESSAGE) == longer


@KINDS
def test_the_archive_has_no_slack(kind: FileKind) -> None:
    """Items stay, and where there is no LOGBOOK nothing happens."""
    raw = splice.fit(task(kind), claimed(task(kind), kind), kind)
    bare = splice.without_slack(raw, kind)
    assert (
        parse(bare, kind).logbook == f"{state_item('WORKING', 'QUEUED', STAMP, 'by tex-agent')}\n"
    )
    assert slack_of(bare) == 0
    assert splice.without_slack(bare, kind) == bare
    empty = task(kind, 0)
    assert splice.without_slack(empty, kind) == empty
