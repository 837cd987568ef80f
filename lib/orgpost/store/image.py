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
    from collections.abc import Iterable, Sequence

    from orgpost.store.journal import Part, Record

YOUNG_NS: Final = 10_000_000_000
_NOT_ZERO: Final = re.compile(rb"[^\0]+")


class Mended(NamedTuple):
    """`data` is the file put right, `tail` what is still to be added at its end, in order.

    `restored` names what somebody wrote over within seconds; `overtaken` holds what a person
    removed or set back, and in a recovery also what a person changed before us.
    """

    data: bytes
    tail: tuple[Part, ...]
    restored: tuple[bytes, ...]
    overtaken: tuple[Part, ...]


def mend(
    data: bytes, records: Sequence[Record], *, applied: int, crashed: bool, now_ns: int
) -> Mended:
    """Say what the records make of the file.

    `applied` is the last sequence that was in the file; `crashed` says that a write may have
    been torn, or that nobody knows. `now_ns` is the wall time.
    """
    return _Mending(data, applied=applied, crashed=crashed, now_ns=now_ns).run(records)


def with_tail(data: bytes, tail: Iterable[Part]) -> bytes:
    """Add entries at the end of a file, which gets its final line end first."""
    added = b"".join(part.new.removeprefix(b"\n") for part in tail)
    return data + (b"\n" if added and data and not data.endswith(b"\n") else b"") + added


class _Change(NamedTuple):
    part: Part
    sequence: int
    young: bool


class _Mending:
    def __init__(self, data: bytes, *, applied: int, crashed: bool, now_ns: int) -> None:
        self._found = data
        self._out = bytearray(data)
        self._applied, self._crashed, self._now_ns = applied, crashed, now_ns
        self._tail: list[Part] = []
        self._restored: list[bytes] = []
        self._overtaken: list[Part] = []

    def run(self, records: Sequence[Record]) -> Mended:
        entries = [change for kind, change in self._changes(records) if kind is Kind.ENTRY]
        splices: dict[bytes, list[_Change]] = {}
        for kind, change in self._changes(records):
            if kind is Kind.SPLICE:
                splices.setdefault(change.part.id, []).append(change)
        self._settle_entries(entries, splices)
        for changes in splices.values():
            self._settle_splices(changes)
        out = bytes(self._out)
        facts = (tuple(self._tail), tuple(self._restored), tuple(self._overtaken))
        return Mended(self._found if out == self._found else out, *facts)

    def _changes(self, records: Sequence[Record]) -> Iterable[tuple[Kind, _Change]]:
        for record in records:
            young = 0 <= self._now_ns - record.wall_ns <= YOUNG_NS
            for part in record.parts:
                yield record.kind, _Change(part, record.sequence, young)

    def _settle_entries(
        self, entries: Sequence[_Change], splices: dict[bytes, list[_Change]]
    ) -> None:
        behind: int | None = None
        left = sum(len(change.part.new) for change in entries)
        for change in entries:
            images = _Images(change.part, splices.get(change.part.id, ()))
            at = self._place_of(change, images, behind, left)
            left -= len(change.part.new)
            if at is None:
                self._add_or_drop(change, images)
                splices.pop(change.part.id, None)
            elif self._crashed and images.fit(self._out[at : at + images.size]):
                self._out[at : at + images.size] = images.newest
                behind = at + images.size
                splices.pop(change.part.id, None)

    def _place_of(
        self, change: _Change, images: _Images, behind: int | None, left: int
    ) -> int | None:
        span = scan.find_id(self._found, change.part.id)
        if span is not None:
            return span.start - images.lead if self._crashed else span.start
        if not self._crashed:
            return None
        for at in (behind, change.part.offset, *self._torn_tails(left)):
            if at is not None and self._may_hold(at, images):
                return at
        return None

    def _may_hold(self, at: int, images: _Images) -> bool:
        region = self._out[at : at + images.size]
        return bool(region) and images.fit(region)

    def _torn_tails(self, left: int) -> Iterable[int]:
        # After a person's save the torn bytes stand at another offset, but still at the end.
        low = max(0, len(self._out) - left)
        for at in range(low, len(self._out)):
            if self._out[at] in b"*\0\n" and (at == 0 or self._out[at - 1 : at] == b"\n"):
                yield at

    def _add_or_drop(self, change: _Change, images: _Images) -> None:
        if any(part.id == change.part.id for part in self._tail):
            return  # a try that was broken off, and the one that came after it
        part = change.part._replace(new=images.newest)
        if change.sequence > self._applied or change.young:
            self._tail.append(part)
            if change.sequence <= self._applied:
                self._restored.append(part.id)
        else:
            self._overtaken.append(part)

    def _settle_splices(self, changes: Sequence[_Change]) -> None:
        span = self._entry_of(changes[0].part)
        if span is None:
            return
        places = _places(changes)
        here = {span.start + place: images for place, images in places.items()}
        if any(at >= span.end for at in here):
            self._keep_theirs(changes)
        elif self._crashed and all(self._out[at] in images for at, images in here.items()):
            for at, images in here.items():
                self._out[at] = images[-1]
        else:
            self._set_back(changes, span)

    def _entry_of(self, part: Part) -> scan.Span | None:
        if self._found.startswith(b"* ", part.entry):
            span = scan.span_at(self._found, part.entry)
            if scan.entry_id(self._found, span) == part.id:
                return span
        return scan.find_id(self._found, part.id)

    def _set_back(self, changes: Sequence[_Change], span: scan.Span) -> None:
        for change in reversed(changes):
            part = change.part
            at = span.start + part.offset - part.entry
            now = bytes(self._out[at : at + len(part.new)])
            if now == part.new:
                return
            if now != part.old:
                self._keep_theirs([change])
            elif change.young:
                self._out[at : at + len(part.new)] = part.new
                self._restored.append(part.id)
            else:
                self._overtaken.append(part)

    def _keep_theirs(self, changes: Iterable[_Change]) -> None:
        if self._crashed:
            self._overtaken += [change.part for change in changes]


def _places(changes: Iterable[_Change]) -> dict[int, bytes]:
    """Give for each byte, counted from the entry's start, its images; the newest is the last."""
    places: dict[int, bytes] = {}
    for change in changes:
        start = change.part.offset - change.part.entry
        for place, pair in enumerate(zip(change.part.old, change.part.new, strict=True), start):
            places[place] = places.get(place, b"") + bytes(pair)
    return places


class _Images:
    """Every content that the journal knows for a new entry."""

    def __init__(self, part: Part, splices: Iterable[_Change]) -> None:
        self.lead = len(part.new) - len(part.new.lstrip(b"\n"))
        self.size = len(part.new)
        newest = bytearray(part.new)
        self._places = {
            place + self.lead: images
            for place, images in _places(splices).items()
            if place + self.lead < self.size
        }
        for place, images in self._places.items():
            newest[place] = images[-1]
        self.newest = bytes(newest)

    def fit(self, region: bytearray) -> bool:
        """Ask whether these bytes can be a torn copy of one of the images."""
        for place, images in self._places.items():
            if place < len(region) and region[place] in images:
                region[place] = self.newest[place]
        runs = _NOT_ZERO.finditer(region)
        return all(run.group() == self.newest[run.start() : run.end()] for run in runs)
