"""What the Org file should hold, from what it holds and what the journal knows.  The one recovery.

Pure.  The images of a place are every content that the journal knows for it, and zeros where a
machine died while the file grew.  Where every byte found is a byte of one of the images, the
bytes are ours and the newest image is right; otherwise a person was faster, and theirs stands.
An entry is found by its id, never by its offset alone: another entry's bytes look like ours.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.org import scan
from orgpost.store.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from orgpost.store.journal import Part, Record

YOUNG_NS: Final = 10_000_000_000
_ZEROS: Final = re.compile(rb"\0+")
_AFTER_WRECK: Final = re.compile(rb"\Z|\r?\n(?=\* |\Z)|(?<=\n)(?=\* )")


class Mended(NamedTuple):
    """`data` is the file put right, `tail` what is still to be added at its end, in order.

    `overtaken` holds what a person removed or set back, and after a crash also what a person
    changed before us.
    """

    data: bytes
    tail: tuple[Part, ...]
    overtaken: tuple[Part, ...]


def mend(
    data: bytes, records: Sequence[Record], *, applied: int, crashed: bool, now_ns: int
) -> Mended:
    """Say what the records make of the file.

    `applied` is the last sequence that was in the file; `crashed` says that a write may have
    been torn, or that nobody knows. `now_ns` is the wall time.
    """
    mending = _Mending(data, applied=applied, crashed=crashed, now_ns=now_ns)
    for story in _stories(records):
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

    @property
    def start(self) -> int:
        """Where it is, counted from its entry's start."""
        return self.part.offset - self.part.entry


class _Story(NamedTuple):
    """All that happened to one entry: how it came, where that is known, and its changes."""

    id: bytes
    entry: _Change | None
    changes: list[_Change]


def _stories(records: Iterable[Record]) -> Iterable[_Story]:
    stories: dict[bytes, _Story] = {}
    for record in records:
        for part in record.parts:
            change = _Change(part, record.sequence, record.wall_ns)
            if record.kind is Kind.SPLICE:
                stories.setdefault(part.id, _Story(part.id, None, [])).changes.append(change)
            else:
                # The same id again is a try that was broken off, and the one that came after it.
                stories.setdefault(part.id, _Story(part.id, change, []))
    return stories.values()


class _Chain:
    """The contents that the changed places of an entry had, one after the other."""

    def __init__(self, changes: Sequence[_Change]) -> None:
        now: dict[int, int] = {}
        for change in changes:
            for place, byte in enumerate(change.part.old, change.start):
                now.setdefault(place, byte)
        self.places = sorted(now)
        self.contents = [bytes(map(now.__getitem__, self.places))]
        for change in changes:
            now.update(enumerate(change.part.new, change.start))
            self.contents.append(bytes(map(now.__getitem__, self.places)))

    def seen(self, data: bytes, start: int) -> bytes:
        """Give what stands at the places now, for an entry that begins at `start`."""
        return bytes(data[start + place] for place in self.places)

    def patch(self, data: bytes, start: int) -> tuple[scan.Span, bytes]:
        """Let the newest content stand there, and between the places what stands there now."""
        span = scan.Span(start + self.places[0], start + self.places[-1] + 1)
        new = bytearray(data[span.start : span.end])
        for place, byte in zip(self.places, self.contents[-1], strict=True):
            new[place - self.places[0]] = byte
        return span, bytes(new)

    def may_be_torn(self, seen: bytes) -> bool:
        """Ask whether each byte is one that its place had."""
        return all(byte in images for byte, images in zip(seen, self.images(), strict=True))

    def images(self) -> Iterator[bytes]:
        """Give the bytes that each place had, the newest last."""
        return map(bytes, zip(*self.contents, strict=True))


class _Wreck:
    """A new entry as it should be, to be found where a machine died while writing it."""

    def __init__(self, entry: _Change, changes: Sequence[_Change]) -> None:
        self.lead = entry.part.entry - entry.part.offset
        text, chain = bytearray(entry.part.new), _Chain(changes)
        self._images = {
            place + self.lead: images
            for place, images in zip(chain.places, chain.images(), strict=True)
            if place + self.lead < len(text)
        }
        for place, images in self._images.items():
            text[place] = images[-1]
        self.text = bytes(text)

    def at(self, data: bytes, start: int, skip: int = 0) -> scan.Span | None:
        """Give what is left of it at `start`, without its first bytes; None where that is nothing.

        What is left may be cut off anywhere, and then another entry or nothing follows.
        """
        text = self.text[skip:]
        piece = bytearray(data[start : start + len(text)])
        for place, images in self._images.items():
            if 0 <= place - skip < len(piece) and piece[place - skip] in images:
                piece[place - skip] = text[place - skip]
        for zeros in _ZEROS.finditer(bytes(piece)):
            piece[zeros.start() : zeros.end()] = text[zeros.start() : zeros.end()]
        size = _common(piece, text)
        end = start + size
        if size == len(text) and data.startswith(b"\n", end - 1):
            return scan.Span(start, end)
        # An editor that found no line end at the end has added one.
        after = _AFTER_WRECK.match(data, end) if size else None
        if after is None:
            return scan.Span(start, end) if size == len(text) else None
        return scan.Span(start, after.end())


def _common(one: bytearray, other: bytes) -> int:
    low, high = 0, len(one)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


# --- what it makes of the file ------------------------------------------------------------------


class _Mending:
    def __init__(self, data: bytes, *, applied: int, crashed: bool, now_ns: int) -> None:
        self._data = data
        self._applied, self._crashed, self._now_ns = applied, crashed, now_ns
        self._patches: list[tuple[scan.Span, bytes]] = []
        self._behind: int | None = None
        self._suspects: list[int] | None = None
        self._tail: list[Part] = []
        self._overtaken: list[Part] = []

    def result(self) -> Mended:
        pieces: list[bytes] = []
        at = 0
        for span, new in sorted(self._patches):
            pieces += (self._data[at : span.start], new)
            at = span.end
        data = b"".join((*pieces, self._data[at:])) if pieces else self._data
        facts = (tuple(self._tail), tuple(self._overtaken))
        return Mended(self._data if data == self._data else data, *facts)

    def settle(self, story: _Story) -> None:
        span = self._span_of(story)
        if story.entry is not None:
            wreck = _Wreck(story.entry, story.changes)
            if self._is_repaired(wreck, story.entry, span):
                return
            if span is None:
                self._add_or_drop(story.entry, wreck)
            elif self._crashed:
                self._overtaken.append(story.entry.part._replace(new=wreck.text))
        if span is not None and story.changes:
            self._settle_changes(story.changes, span)

    def _span_of(self, story: _Story) -> scan.Span | None:
        at = (story.changes[-1] if story.entry is None else story.entry).part.entry
        if self._data.startswith(b"* ", at) and self._data[at - 1 : at] in {b"", b"\n"}:
            span = scan.span_at(self._data, at)
            if scan.entry_id(self._data, span) == story.id:
                return span
        return scan.find_id(self._data, story.id)

    # -- new entries -----------------------------------------------------------------------------

    def _is_repaired(self, wreck: _Wreck, entry: _Change, span: scan.Span | None) -> bool:
        if not self._crashed:
            return False
        left = self._left_of(wreck, entry) if span is None else self._left_at(wreck, span)
        if left is None:
            return False
        self._behind = left[0].end
        self._patches.append(left)
        return True

    def _left_at(self, wreck: _Wreck, span: scan.Span) -> tuple[scan.Span, bytes] | None:
        found = wreck.at(self._data, span.start, wreck.lead)
        return None if found is None else (found, wreck.text[wreck.lead :])

    def _left_of(self, wreck: _Wreck, entry: _Change) -> tuple[scan.Span, bytes] | None:
        for at in (self._behind, entry.part.offset):
            found = None if at is None else self._wreck_at(wreck, at)
            if found is not None:
                return found, wreck.text
        # After a person's save the wreck stands elsewhere.
        found_at = [
            (found, wreck.text[skip:])
            for at in self._where_wrecks_may_be()
            for skip in {0, wreck.lead}
            if (found := self._wreck_at(wreck, at, skip)) is not None
        ]
        return max(found_at, key=lambda left: left[0].end - left[0].start, default=None)

    def _wreck_at(self, wreck: _Wreck, at: int, skip: int = 0) -> scan.Span | None:
        # Zeros fit everywhere: so it begins where a line does, or where the one before it ends.
        if (
            at != self._behind
            and wreck.lead == skip
            and self._data[at - 1 : at] not in {b"", b"\n"}
        ):
            return None
        found = wreck.at(self._data, at, skip)
        return found if found is not None and self._is_free(found) else None

    def _is_free(self, span: scan.Span) -> bool:
        return all(span.end <= taken.start or taken.end <= span.start for taken, _ in self._patches)

    def _where_wrecks_may_be(self) -> list[int]:
        if self._suspects is None:
            named = {span.start for _, span in scan.find_all_ids(self._data)}
            notes = [at for at in scan.entry_starts(self._data) if at not in named]
            zeros = [found.start() for found in _ZEROS.finditer(self._data)]
            last = len(self._data.rstrip(b"\r\n"))
            lines = [self._data.rfind(b"\n", 0, at) + 1 for at in (*zeros, last)]
            self._suspects = list(dict.fromkeys(notes + zeros + lines))
        return self._suspects

    def _add_or_drop(self, entry: _Change, wreck: _Wreck) -> None:
        part = entry.part._replace(new=wreck.text)
        if entry.sequence > self._applied or self._is_young(entry):
            self._tail.append(part)
        else:
            self._overtaken.append(part)

    def _is_young(self, change: _Change) -> bool:
        return 0 <= self._now_ns - change.wall_ns <= YOUNG_NS

    # -- changes ---------------------------------------------------------------------------------

    def _settle_changes(self, changes: Sequence[_Change], span: scan.Span) -> None:
        chain = _Chain(changes)
        if span.start + chain.places[-1] >= span.end:
            self._keep_theirs(changes)
            return
        seen = chain.seen(self._data, span.start)
        missing = self._missing(chain, changes, seen)
        if missing is None:
            self._keep_theirs(changes)
        elif any(map(self._is_ours, missing)):
            self._patches.append(chain.patch(self._data, span.start))
        else:
            self._overtaken += [change.part for change in missing]

    def _missing(
        self, chain: _Chain, changes: Sequence[_Change], seen: bytes
    ) -> Sequence[_Change] | None:
        """Give the changes that are not in the file; None where a person changed the same."""
        for count in reversed(range(len(changes) + 1)):
            if chain.contents[count] == seen:
                return changes[count:]
        return changes if self._crashed and chain.may_be_torn(seen) else None

    def _is_ours(self, change: _Change) -> bool:
        # What was never in the file, or was lost with the machine, nobody has set back.
        return self._crashed or change.sequence > self._applied or self._is_young(change)

    def _keep_theirs(self, changes: Iterable[_Change]) -> None:
        if self._crashed:
            self._overtaken += [change.part for change in changes]
