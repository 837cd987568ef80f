"""What is known of one file, and what became of it since: one read, compared piece by piece. Pure.

The file is remembered as a checksum of each of its pieces and a row of each entry; of the next read
only the pieces that differ are searched. So what was appended to 100,000 messages, and what was
marked among them, costs a read and a checksum, whoever wrote it.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import takewhile
from typing import TYPE_CHECKING, Final
from zlib import crc32

from orgpost.frozen import NamedTuple
from orgpost.org import scan
from orgpost.org.scan import Span
from orgpost.watching.entries import Row, rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from orgpost.org.syntax import FileKind

PIECE: Final = 1 << 16


class Difference(NamedTuple):
    """One entry before and now; None where it was not, or is not any more."""

    before: Row | None
    now: Row | None


class Compared(NamedTuple):
    """The next snapshot, and how it differs; `strange` where the two have no entry in common."""

    snapshot: Snapshot
    differences: Sequence[Difference]
    strange: bool
    searched: int


class Snapshot:
    """One state of a file; it does not change."""

    __slots__ = ("_first", "_kind", "_pieces", "_rows", "_size")

    def __init__(
        self,
        size: int,
        pieces: Sequence[int],
        found: Sequence[Row],
        kind: FileKind,
        first: dict[bytes, Row] | None = None,
    ) -> None:
        self._size, self._pieces, self._kind = size, pieces, kind
        self._rows = found
        self._first = _first_of(found) if first is None else first

    @classmethod
    def of(cls, data: bytes, kind: FileKind) -> Snapshot:
        """Make one of a file's bytes."""
        kind = scan.file_kind(data, kind)
        return cls(len(data), _checksums(data), list(rows(data, scan.spans(data), kind)), kind)

    def __len__(self) -> int:
        return len(self._first)

    def __contains__(self, id: bytes) -> bool:
        return id in self._first

    def first_rows(self) -> Iterable[Row]:
        """Give the first row of each id, in no promised order."""
        return self._first.values()

    def senders(self) -> set[str]:
        """Give everybody from whom there is an entry."""
        return {row.sender for row in self._first.values()}

    @property
    def size(self) -> int:
        """How many bytes the file had."""
        return self._size

    def grown(self, tail: bytes) -> Compared:
        """Say what became of the file where nothing happened but that this was added to it."""
        start = self._size // PIECE * PIECE
        pieces = list(self._pieces[: start // PIECE])
        # A checksum goes on where it ended; what it was of need not be read again.
        begun = self._pieces[-1] if self._size > start else 0
        room = PIECE - (self._size - start)
        pieces.append(crc32(tail[:room], begun))
        pieces += _checksums(tail[room:])
        added = [
            row._replace(start=row.start + self._size)
            for row in rows(tail, _spans_between(tail, 0, len(tail)), self._kind)
        ]
        first = self._first_after((), added)
        after = Snapshot(self._size + len(tail), pieces, [*self._rows, *added], self._kind, first)
        differences = self._differences(after, (), added)
        return Compared(after, differences, strange=False, searched=len(tail))

    def compare(self, data: bytes, kind: FileKind) -> Compared:
        """Say what became of the file."""
        kind, pieces = scan.file_kind(data, kind), _checksums(data)
        region = self._same_around(data, pieces) if kind == self._kind else Span(0, len(data))
        top, bottom = self._kept_rows(data, region)
        start = self._rows[top - 1].start if top else 0
        end = self._rows[bottom].start if bottom < len(self._rows) else len(data)
        top = max(top - 1, 0)
        between = list(rows(data, _spans_between(data, start, end), kind))
        found = [*self._rows[:top], *between, *self._rows[bottom:]]
        old = self._rows[top:bottom]
        first = self._first_after(old, between)
        after = Snapshot(len(data), pieces, found, kind, first)
        differences = self._differences(after, old, between)
        strange = bool(self._first) and bool(after._first) and not after._shares(self)
        return Compared(after, differences, strange, end - start)

    # -- what stayed ---------------------------------------------------------------------------

    def _same_around(self, data: bytes, pieces: Sequence[int]) -> Span:
        """Give the part of the new bytes outside of which nothing differs."""
        same = zip(self._pieces, pieces, strict=False)
        start = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], same)) * PIECE
        # The last piece of either may be a short one, which says nothing of what follows it.
        start = min(start, self._size // PIECE * PIECE, len(data) // PIECE * PIECE)
        if self._size != len(data):
            return Span(start, len(data))
        behind = zip(reversed(self._pieces), reversed(pieces), strict=True)
        left = len(pieces) - sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], behind))
        return Span(start, max(min(left * PIECE, len(data)), start))

    def _kept_rows(self, data: bytes, region: Span) -> tuple[int, int]:
        """Say before which row, and from which row on, all stays."""
        top = bisect_right(self._rows, region.start, key=lambda row: row.start)
        if self._size != len(data):
            return top, len(self._rows)
        bottom = bisect_right(self._rows, region.end, key=lambda row: row.start)
        return top, max(bottom, top)

    # -- what differs --------------------------------------------------------------------------

    def _first_after(self, old: Sequence[Row], new: Sequence[Row]) -> dict[bytes, Row] | None:
        """Give the first entry of each id, without asking every entry; None where one must."""
        gone, come = {row.id for row in old}, {row.id for row in new}
        is_plain = len(self._first) == len(self._rows) and len(come) == len(new)
        if not is_plain or any(id in self._first for id in come - gone):
            return None
        first = self._first.copy()
        for id in gone - come:
            del first[id]
        first.update((row.id, row) for row in new)
        return first

    def _differences(
        self, after: Snapshot, old: Sequence[Row], new: Sequence[Row]
    ) -> list[Difference]:
        ids = dict.fromkeys(row.id for row in (*old, *new))
        pairs = (Difference(self._first.get(id), after._first.get(id)) for id in ids)
        return [pair for pair in pairs if _differ(*pair)]

    def _shares(self, other: Snapshot) -> bool:
        return any(id in self._first for id in other._first)


def _differ(before: Row | None, now: Row | None) -> bool:
    if before is None or now is None:
        return before is not now
    return before.state != now.state or before.digest != now.digest


def _checksums(data: bytes) -> list[int]:
    view = memoryview(data)
    return [crc32(view[at : at + PIECE]) for at in range(0, len(data), PIECE)]


def _spans_between(data: bytes, start: int, end: int) -> Iterator[Span]:
    """Give the spans of the entries whose headings begin in a part of the file."""
    at = start if data.startswith(b"* ", start) and data[start - 1 : start] in {b"", b"\n"} else -1
    if at < 0:
        at = data.find(b"\n* ", start, end) + 1 or end
    while at < end:
        below = data.find(b"\n* ", at) + 1 or len(data)
        yield Span(at, below)
        at = below


def _first_of(found: Iterable[Row]) -> dict[bytes, Row]:
    first: dict[bytes, Row] = {}
    for row in found:
        first.setdefault(row.id, row)
    return first
