"""What the Org file should hold, from what it holds and what the journal knows.  The one recovery.

Pure.  The images of a place are every content that the journal knows for it, and zeros where a
machine died while the file grew.  Where every byte found is a byte of one of the images, the
bytes are ours and the newest image is right; otherwise a person was faster, and theirs stands.
An entry is found by its id, never by its offset alone: another entry's bytes look like ours.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from orgpost.frozen import NamedTuple
from orgpost.org import scan
from orgpost.store.journal import Kind
from orgpost.store.wreck import Chain, Piece, Search, Wreck

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from orgpost.store.journal import Part, Record

YOUNG_NS: Final = 10_000_000_000


class Mended(NamedTuple):
    """`data` is the file put right, `tail` what is still to be added at its end, in order.

    `overtaken` holds what a person removed or set back, and after a crash also what a person
    changed before us.  `restored` counts what was in the file, and an editor wrote over.
    """

    data: bytes
    tail: tuple[Part, ...]
    overtaken: tuple[Part, ...]
    restored: int


def mend(
    data: bytes, records: Sequence[Record], *, applied: int, crashed: bool, now_ns: int
) -> Mended:
    """Say what the records make of the file.

    `applied` is the last sequence that was in the file; `crashed` says that a write may have
    been torn, or that nobody knows. `now_ns` is the wall time.
    """
    stories = list(_stories(records))
    mending = _Mending(data, stories, applied=applied, crashed=crashed, now_ns=now_ns)
    for story in stories:
        mending.settle(story)
    return mending.result()


def with_tail(data: bytes, tail: Iterable[Part]) -> bytes:
    """Add entries at the end of a file, which gets its final line end first."""
    added = b"".join(part.new[part.entry - part.offset :] for part in tail)
    if not added or not data or data.endswith(b"\n"):
        return data + added
    return data + (b"\r\n" if scan.is_crlf(data) else b"\n") + added


# --- what the journal knows ---------------------------------------------------------------------


class _Change(NamedTuple):
    part: Part
    sequence: int
    wall_ns: int


class _Story(NamedTuple):
    """All that happened to one entry: how it came, where that is known, and its changes."""

    id: bytes
    entry: _Change | None
    changes: list[_Change]

    def parts(self) -> list[Part]:
        """Give its changes alone."""
        return [change.part for change in self.changes]

    def place(self) -> int:
        """Say where it stood last."""
        return (self.changes[-1] if self.entry is None else self.entry).part.entry


def _stories(records: Iterable[Record]) -> Iterable[_Story]:
    stories: dict[bytes, _Story] = {}
    for record in records:
        for part in record.parts:
            change = _Change(part, record.sequence, record.wall_ns)
            if record.kind is Kind.SPLICE:
                stories.setdefault(part.id, _Story(part.id, None, [])).changes.append(change)
            else:
                # The same id again: a try was broken off, or a person removed the first one.
                stories.pop(part.id, None)
                stories[part.id] = _Story(part.id, change, [])
    return stories.values()


# --- what it makes of the file ------------------------------------------------------------------


class _Mending:
    def __init__(
        self,
        data: bytes,
        stories: Sequence[_Story],
        *,
        applied: int,
        crashed: bool,
        now_ns: int,
    ) -> None:
        self._data = data
        self._applied, self._crashed, self._now_ns = applied, crashed, now_ns
        self._spans = {story.id: self._span_of(story) for story in stories}
        self._wrecks = {
            story.id: Wreck(story.entry.part, story.parts())
            for story in stories
            if story.entry is not None
        }
        lost = [wreck for id, wreck in self._wrecks.items() if self._spans[id] is None]
        self._search = Search(data, lost)
        self._pieces: list[Piece] = []
        self._tail: list[Part] = []
        self._overtaken: list[Part] = []
        self._restored = 0

    def result(self) -> Mended:
        parts: list[bytes] = []
        at = 0
        for span, new in sorted(self._pieces):
            parts += (self._data[at : span.start], new)
            at = span.end
        data = b"".join((*parts, self._data[at:])) if parts else self._data
        facts = (tuple(self._tail), tuple(self._overtaken), self._restored)
        return Mended(self._data if data == self._data else data, *facts)

    def settle(self, story: _Story) -> None:
        span, wreck = self._spans[story.id], self._wrecks.get(story.id)
        if story.entry is not None and wreck is not None:
            if self._is_repaired(wreck, span):
                return
            if span is None:
                self._add_or_drop(story.entry, wreck)
            elif self._crashed:
                self._overtaken.append(story.entry.part._replace(new=wreck.text))
        if span is not None and story.changes:
            self._settle_changes(story.changes, span)

    def _span_of(self, story: _Story) -> scan.Span | None:
        at = story.place()
        if self._data.startswith(b"* ", at) and self._data[at - 1 : at] in {b"", b"\n"}:
            span = scan.span_at(self._data, at)
            if scan.entry_id(self._data, span) == story.id:
                return span
        return scan.find_id(self._data, story.id)

    # -- new entries -----------------------------------------------------------------------------

    def _is_repaired(self, wreck: Wreck, span: scan.Span | None) -> bool:
        if not self._crashed:
            return False
        search = self._search
        piece = search.anywhere(wreck) if span is None else search.at(wreck, span.start)
        if piece is not None:
            self._pieces.append(piece)
        return piece is not None

    def _add_or_drop(self, entry: _Change, wreck: Wreck) -> None:
        part = entry.part._replace(new=wreck.text)
        if entry.sequence > self._applied or self._is_young(entry):
            self._tail.append(part)
            self._count_restored(entry)
        else:
            self._overtaken.append(part)

    def _is_young(self, change: _Change) -> bool:
        return 0 <= self._now_ns - change.wall_ns <= YOUNG_NS

    def _count_restored(self, change: _Change) -> None:
        # What the machine lost is no editor's doing, nor is what was never in the file.
        self._restored += not self._crashed and change.sequence <= self._applied

    # -- changes ---------------------------------------------------------------------------------

    def _settle_changes(self, changes: Sequence[_Change], span: scan.Span) -> None:
        chain = Chain([change.part for change in changes])
        if span.start + chain.places[-1] >= span.end:
            self._keep_theirs(changes)
            return
        seen = chain.seen(self._data, span.start)
        missing = self._missing(chain, changes, seen)
        if missing is None:
            self._keep_theirs(changes)
        elif any(map(self._is_ours, missing)) and not self._runs_on(chain, span.start):
            self._pieces.append(chain.newest(self._data, span.start))
            self._count_restored(missing[0])
        else:
            self._overtaken += [change.part for change in missing]

    def _missing(
        self, chain: Chain, changes: Sequence[_Change], seen: bytes
    ) -> Sequence[_Change] | None:
        """Give the changes that are not in the file; None where a person changed the same."""
        for count in reversed(range(len(changes) + 1)):
            if chain.contents[count] == seen:
                return changes[count:]
        return changes if self._crashed and chain.may_be_torn(seen) else None

    def _runs_on(self, chain: Chain, start: int) -> bool:
        """Ask whether a keyword would run into the title, since a person took its blanks away."""
        places, contents = chain.places, chain.contents
        if b" " in self._data[start + 2 : start + places[0]]:
            return False  # it is no keyword
        gaps = (at for at, (one, two) in enumerate(pairwise(places)) if two != one + 1)
        last = next(gaps, len(places) - 1)
        behind = start + places[last] + 1
        words_met = self._data[behind : behind + 1] + contents[-1][last : last + 1]
        had_blank = any(content[last : last + 1] == b" " for content in contents[:-1])
        return had_blank and not re.search(rb"\s", words_met)

    def _is_ours(self, change: _Change) -> bool:
        # What was never in the file, or was lost with the machine, nobody has set back.
        return self._crashed or change.sequence > self._applied or self._is_young(change)

    def _keep_theirs(self, changes: Iterable[_Change]) -> None:
        if self._crashed:
            self._overtaken += [change.part for change in changes]
