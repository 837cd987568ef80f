"""What a dead machine left of a new entry, and where in the file that is.  Pure.

Bytes that were not synced are absent or zeros; so what is left of an entry is any part of it,
with zeros in between, cut off anywhere.  Mostly it stands where it was written; after a person's
save it may stand elsewhere, and other text behind it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from orgpost.frozen import NamedTuple
from orgpost.org import scan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orgpost.store.journal import Part

_ZEROS: Final = re.compile(rb"\0+")
_AFTER: Final = re.compile(rb"\Z|\r?\n(?=\* |\Z)|(?<=\n)(?=\* )")
_MOST_SUSPECTS: Final = 200
_LINE_STARTS: Final = (b"", b"\n")


class Piece(NamedTuple):
    """What stands somewhere in the file, and what should."""

    span: scan.Span
    new: bytes


class Chain:
    """The contents that the changed places of an entry had, one after the other.

    Places are counted from the entry's start.
    """

    def __init__(self, changes: Sequence[Part]) -> None:
        now: dict[int, int] = {}
        for part in changes:
            for place, byte in enumerate(part.old, part.offset - part.entry):
                now.setdefault(place, byte)
        self.places = sorted(now)
        self.contents = [bytes(map(now.__getitem__, self.places))]
        for part in changes:
            now.update(enumerate(part.new, part.offset - part.entry))
            self.contents.append(bytes(map(now.__getitem__, self.places)))

    def seen(self, data: bytes, start: int) -> bytes:
        """Give what stands at the places now, for an entry that begins at `start`."""
        return bytes(data[start + place] for place in self.places)

    def newest(self, data: bytes, start: int) -> Piece:
        """Let the newest content stand there, and between the places what stands there now."""
        span = scan.Span(start + self.places[0], start + self.places[-1] + 1)
        new = bytearray(data[span.start : span.end])
        for place, byte in zip(self.places, self.contents[-1], strict=True):
            new[place - self.places[0]] = byte
        return Piece(span, bytes(new))

    def may_be_torn(self, seen: bytes) -> bool:
        """Ask whether each byte is one that its place had."""
        return all(byte in images for byte, images in zip(seen, self.images(), strict=True))

    def images(self) -> Iterator[bytes]:
        """Give the bytes that each place had, the newest last."""
        return map(bytes, zip(*self.contents, strict=True))


class Wreck:
    """A new entry as it should be, to be found where a machine died while writing it.

    `lead` is how many bytes of a line end it brings for the line before it.
    """

    def __init__(self, part: Part, changes: Sequence[Part]) -> None:
        self.offset, self.lead = part.offset, part.entry - part.offset
        text, chain = bytearray(part.new), Chain(changes)
        self._images = {
            place + self.lead: images
            for place, images in zip(chain.places, chain.images(), strict=True)
            if place + self.lead < len(text)
        }
        for place, images in self._images.items():
            text[place] = images[-1]
        self.text = bytes(text)

    def at(self, data: bytes, start: int, skip: int = 0) -> Piece | None:
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
        if not size or (size == len(text) and data.startswith(b"\n", end - 1)):
            return Piece(scan.Span(start, end), text) if size else None
        # An editor that found no line end at the end has added one.
        after = _AFTER.match(data, end)
        if after is None and size < len(text):
            return None
        return Piece(scan.Span(start, after.end() if after else end), text)


def _common(one: bytearray, other: bytes) -> int:
    low, high = 0, len(one)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


class Search:
    """Looks for wrecks in a file; `lost` are those whose id is nowhere, in their order."""

    def __init__(self, data: bytes, lost: Sequence[Wreck]) -> None:
        self._data, self._lost = data, lost
        self._taken: list[scan.Span] = []
        self._behind: int | None = None
        self._suspects: list[int] | None = None

    def at(self, wreck: Wreck, start: int) -> Piece | None:
        """Give what is left of one whose heading and id are there."""
        return self._take(wreck.at(self._data, start, wreck.lead))

    def anywhere(self, wreck: Wreck) -> Piece | None:
        """Give what is left of one, if anything is."""
        for at in (self._behind, wreck.offset):
            piece = None if at is None else self._piece(wreck, at)
            if piece is not None:
                return self._take(piece)
        pieces = [
            piece
            for at in self._where_wrecks_may_be()
            for skip in {0, wreck.lead}
            if (piece := self._piece(wreck, at, skip)) is not None
        ]
        return self._take(max(pieces, key=lambda piece: self._fits(wreck, piece), default=None))

    def _take(self, piece: Piece | None) -> Piece | None:
        if piece is not None:
            self._behind = piece.span.end
            self._taken.append(piece.span)
        return piece

    def _piece(self, wreck: Wreck, at: int, skip: int = 0) -> Piece | None:
        # Zeros fit everywhere: so it begins where a line does, or where the one before it ends.
        brings_line_end = wreck.lead != skip
        if (
            at != self._behind
            and not brings_line_end
            and self._data[at - 1 : at] not in _LINE_STARTS
        ):
            return None
        piece = wreck.at(self._data, at, skip)
        return piece if piece is not None and self._is_free(piece.span) else None

    def _is_free(self, span: scan.Span) -> bool:
        return all(span.end <= taken.start or taken.end <= span.start for taken in self._taken)

    def _fits(self, wreck: Wreck, piece: Piece) -> int:
        """Say how much of all that is lost stands where it would, if this piece were right."""
        shift = piece.span.start + len(wreck.text) - len(piece.new) - wreck.offset
        found = (each.at(self._data, each.offset + shift) for each in self._lost)
        return sum(other.span.end - other.span.start for other in found if other)

    def _where_wrecks_may_be(self) -> list[int]:
        if self._suspects is None:
            named = {span.start for _, span in scan.find_all_ids(self._data)}
            notes = [at for at in scan.entry_starts(self._data) if at not in named]
            zeros = [found.start() for found in _ZEROS.finditer(self._data)]
            last = len(self._data.rstrip(b"\r\n"))
            lines = [self._data.rfind(b"\n", 0, at) + 1 for at in (*zeros, last)]
            self._suspects = sorted({*notes, *zeros, *lines})[-_MOST_SUSPECTS:]
        return self._suspects
