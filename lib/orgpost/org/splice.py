"""What differs between two versions of an entry, and the blanks that make them equally long.

Where the lengths are equal only the bytes that differ need to be written; a task's slack is what
keeps them equal.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from orgpost.org.change import with_logbook
from orgpost.org.entry import parse
from orgpost.org.logbook import slack
from orgpost.org.scan import Span
from orgpost.org.syntax import SLACK_BYTES, SLACK_LINE, TASK

if TYPE_CHECKING:
    from orgpost.org.entry import Entry
    from orgpost.org.syntax import FileKind

# Two differences that are nearer than a line of slack are cheaper as one: each costs a part of the
# journal's record, a write and a look at what was written, and slack differs at each of its ends.
_DIFFERENCE: Final = re.compile(rb"[^\0]+(?:\0{1,%d}[^\0]+)*" % (SLACK_LINE - 1))


def smallest(old: bytes, new: bytes, at: int) -> list[tuple[int, bytes, bytes]]:
    """Give what differs as (offset, old, new), for bytes that stand at an offset."""
    if len(old) == len(new):
        both = int.from_bytes(old) ^ int.from_bytes(new)
        spans = (found.span() for found in _DIFFERENCE.finditer(both.to_bytes(len(old))))
        return [(at + start, old[start:end], new[start:end]) for start, end in spans]
    start = _common_prefix(old, new)
    tail = _common_prefix(old[start:][::-1], new[start:][::-1])
    return [(at + start, old[start : len(old) - tail], new[start : len(new) - tail])]


def _common_prefix(one: bytes, other: bytes) -> int:
    """Halve until it is found: slices are compared at the speed of memory."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def fit(old: bytes, new: bytes, kind: FileKind, *, slack_bytes: int = SLACK_BYTES) -> bytes:
    """Give a task's new version as long as the old one, if its slack allows it."""
    return fitted(len(old), parse(new, kind), slack_bytes=slack_bytes)


def fitted(length: int, entry: Entry, *, slack_bytes: int = SLACK_BYTES) -> bytes:
    """Give a task that many bytes, if its slack allows it.

    It eats from the last line backwards, or gives back; where none would be left it is whole again.
    """
    new, kind = entry.raw, entry.kind
    if kind.name != TASK.name or length == len(new):
        return new
    blanks = _slack_of(entry)
    if blanks is None and slack_bytes:
        entry = parse(with_logbook(new, kind), kind)
        new, blanks = entry.raw, _slack_of(entry)
    if blanks is None:
        return new
    room = length - (len(new) - (blanks.end - blanks.start))
    size = room if room > len(kind.eol) else slack_bytes
    return new[: blanks.start] + slack(size, kind.eol) + new[blanks.end :]


def without_slack(raw: bytes, kind: FileKind) -> bytes:
    """Give an entry as the archive holds it."""
    blanks = _slack_of(parse(raw, kind))
    return raw[: blanks.start] + raw[blanks.end :] if blanks else raw


def _slack_of(entry: Entry) -> Span | None:
    """Give where the blank lines are that end the LOGBOOK; None where there is none."""
    raw, span = entry.raw, entry.logbook_span
    if span is None:
        return None
    words = len(raw[span.start : span.end].rstrip(b" \t\r\n"))
    after = raw.find(b"\n", span.start + words) + 1
    return Span(after if words else span.start, span.end)
