"""The journal's bytes: what was acknowledged and is not yet confirmed in its Org file.

Pure: bytes in, values out.  A journal is two header blocks, written in turn, and records behind
them; a reader takes the valid header with the higher turn and follows the records from its
start while their checksums hold and their sequences follow each other.  Sequences never
restart, so leftovers of earlier rounds are always lower and end the reading.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import TYPE_CHECKING, Final
from zlib import crc32

from orgpost.errors import Malformed
from orgpost.frozen import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HEADER_SIZE: Final = 512
FIRST: Final = 2 * HEADER_SIZE
NEW_SIZE: Final = 65_536
SHRINK_ABOVE: Final = 1 << 20
MAX_RECORD: Final = 16 << 20

_HEADER: Final = struct.Struct("<8sQQQ")
_RECORD: Final = struct.Struct("<4sIQBQ")
_PART: Final = struct.Struct("<HQQII")
_CRC: Final = struct.Struct("<I")
_HEADER_MAGIC: Final = b"orgpostJ"
_RECORD_MAGIC: Final = b"OPJ1"


class Kind(IntEnum):
    """What a record does."""

    ENTRY = 1
    SPLICE = 2
    INTENT = 3
    VOID = 4


_KINDS: Final = frozenset(map(int, Kind))


class Part(NamedTuple):
    """One change of one entry: at `offset` of the file, `old` became `new`.

    `entry` is where the entry began when the record was made; a new entry has no old bytes.
    """

    id: bytes
    entry: int
    offset: int
    old: bytes
    new: bytes


class Record(NamedTuple):
    """One acknowledged write; `wall_ns` is its time in nanoseconds since 1970, UTC."""

    sequence: int
    kind: Kind
    wall_ns: int
    parts: tuple[Part, ...]


class Header(NamedTuple):
    """`turn` counts its writes, `done` is the last forgotten sequence, `start` where to read."""

    turn: int
    done: int
    start: int


def encode_header(header: Header) -> bytes:
    """Give the 512 bytes of one header block."""
    text = _HEADER.pack(_HEADER_MAGIC, *header)
    return (text + _CRC.pack(crc32(text))).ljust(HEADER_SIZE, b"\0")


def header_place(header: Header) -> int:
    """Say where this header goes: the blocks are written in turn, a torn one loses nothing."""
    return header.turn % 2 * HEADER_SIZE


def decode_header(data: bytes) -> Header | None:
    """Read the valid header with the higher turn from the journal's first kilobyte."""
    found = [_one_header(data[place : place + HEADER_SIZE]) for place in (0, HEADER_SIZE)]
    return max((header for header in found if header is not None), default=None)


def _one_header(block: bytes) -> Header | None:
    if len(block) < _HEADER.size + _CRC.size:
        return None
    magic, count, done, start = _HEADER.unpack_from(block)
    good = magic == _HEADER_MAGIC and _CRC.unpack_from(block, _HEADER.size)[0] == crc32(
        block[: _HEADER.size],
    )
    return Header(count, done, start) if good else None


def _known(kind: int) -> Kind:
    # To read on without it would be to forget what somebody was told of.
    if kind not in _KINDS:
        why = "holds a record of a newer orgpost"
        raise Malformed("the journal", why, hint="upgrade orgpost")
    return Kind(kind)


def encode_record(record: Record) -> bytes:
    """Give the bytes of one record, checksum included."""
    pieces = [struct.pack("<H", len(record.parts))]
    for part in record.parts:
        place = (len(part.id), part.entry, part.offset, len(part.old), len(part.new))
        pieces += (_PART.pack(*place), part.id, part.old, part.new)
    payload = b"".join(pieces)
    head = _RECORD.pack(_RECORD_MAGIC, len(payload), record.sequence, record.kind, record.wall_ns)
    return b"".join((head, payload, _CRC.pack(crc32(payload, crc32(head)))))


VOID_SIZE: Final = len(encode_record(Record(1, Kind.VOID, 0, ())))


def decode_record(data: bytes, at: int) -> tuple[Record, int] | None:
    """Read the record at offset `at`; None where none is whole. Also gives the next offset."""
    if len(data) - at < VOID_SIZE:
        return None
    magic, length, sequence, kind, wall_ns = _RECORD.unpack_from(data, at)
    end = at + _RECORD.size + length
    if magic != _RECORD_MAGIC or end + _CRC.size > len(data):
        return None
    if _CRC.unpack_from(data, end)[0] != crc32(memoryview(data)[at:end]):
        return None
    parts = tuple(_parts(data, at + _RECORD.size))
    return Record(sequence, _known(kind), wall_ns, parts), end + _CRC.size


def _parts(data: bytes, at: int) -> Iterator[Part]:
    (count,) = struct.unpack_from("<H", data, at)
    at += 2
    for _ in range(count):
        id_size, entry, offset, old_size, new_size = _PART.unpack_from(data, at)
        at += _PART.size
        old_at, new_at = at + id_size, at + id_size + old_size
        end = new_at + new_size
        yield Part(data[at:old_at], entry, offset, data[old_at:new_at], data[new_at:end])
        at = end


class Position(NamedTuple):
    """Where to go on writing: the header's turn, the last sequence, and where the next one goes."""

    turn: int
    last: int
    end: int


NOWHERE: Final = Position(0, 0, FIRST)


class Layout(NamedTuple):
    """Where the entries of a file stand, and how far that is known; see `Block.generation`."""

    generation: int
    position: Position


class Reading(NamedTuple):
    """What a journal holds: the live records, and where the next one goes."""

    header: Header
    records: tuple[Record, ...]
    end: int

    @property
    def position(self) -> Position:
        """Say where to go on."""
        return Position(self.header.turn, self.header.done + len(self.records), self.end)


def read(data: bytes) -> Reading | None:
    """Read a whole journal; None where neither header is valid."""
    header = decode_header(data)
    if header is None:
        return None
    records: list[Record] = []
    end = header.start
    while (found := decode_record(data, end)) is not None:
        if found[0].sequence != header.done + len(records) + 1:
            break
        records.append(found[0])
        end = found[1]
    return Reading(header, tuple(records), end)


def goes_on(header: Header | None, head: bytes, at: Position) -> bool:
    """Ask whether a journal is not where it was left: another header, or a record at its end.

    `head` is what stands where the next record goes. The record's checksum is not asked here: in
    every doubt the whole journal is read.
    """
    if header is None or header.turn != at.turn:
        return True
    return head[:4] == _RECORD_MAGIC and int.from_bytes(head[8:16], "little") == at.last + 1


def without_voids(records: Sequence[Record]) -> list[Record]:
    """Drop each void and the record before it."""
    kept: list[Record] = []
    for record in records:
        if record.kind is not Kind.VOID:
            kept.append(record)
        elif kept and kept[-1].sequence == record.sequence - 1:
            kept.pop()
    return kept


def without_outcomes(records: Sequence[Record]) -> list[Record]:
    """Leave out what is not written yet, for it waits until a person has saved."""
    return [record for record in records if record.kind is not Kind.INTENT]


def outcomes_of(records: Sequence[Record]) -> tuple[Part, ...]:
    """Give the outcomes that wait, in their order."""
    return tuple(part for record in records if record.kind is Kind.INTENT for part in record.parts)


class Flag:
    """What a writer must know of a file that it does not read; plain bits, asked at each write."""

    BROKEN: Final = 1  # a sync of the journal failed: it is made anew before it is written to
    CRLF: Final = 2
    BARE: Final = 4  # its first line is not the cookie
    OPEN: Final = 8  # its last line has no line end
    REPLACING: Final = 16  # a scratch file may be beside it


class Block(NamedTuple):
    """What the lock file remembers of the Org file after our last write; valid in one boot only.

    `turn` is odd while the Org file is being written, `flags` are those of `Flag`.  All up to the
    sequence `last` is in the file; a record that stands at the journal's `end` already waits to be
    put there.  All up to `mark` waits since `mark_ns` (wall time) to be confirmed; 0 is nothing.
    `confirmed_inode` is the file whose name in the folder is known to be synced.  `generation`
    names where the entries stand: it is another one whenever an entry may have moved.
    `foreign_ns` is when somebody else's last write was seen (wall time); 0 is never.
    `restored` counts what an editor had written over, and we wrote again.
    """

    turn: int
    flags: int
    size: int
    mtime_ns: int
    inode: int
    journal_turn: int
    last: int
    end: int
    mark: int
    mark_ns: int
    confirmed_inode: int
    generation: int
    foreign_ns: int
    restored: int
    boot: bytes

    @property
    def position(self) -> Position:
        """Say where the journal was left."""
        return Position(self.journal_turn, self.last, self.end)


def blank_block(boot: bytes, *, turn: int) -> Block:
    """Give a block that knows nothing of the file yet."""
    return Block(turn, 0, 0, 0, 0, *NOWHERE, 0, 0, 0, 0, 0, 0, boot)


_BLOCK: Final = struct.Struct("<8sIIQqQQQQQQQQqQ16s")
_BLOCK_MAGIC: Final = b"orgpostD"
BLOCK_SIZE: Final = 144


def encode_block(block: Block) -> bytes:
    """Give the bytes of a state block, always as many."""
    text = _BLOCK.pack(_BLOCK_MAGIC, *block)
    return (text + _CRC.pack(crc32(text))).ljust(BLOCK_SIZE, b"\0")


def decode_block(data: bytes) -> Block | None:
    """Read a state block; None where it does not check."""
    if len(data) < BLOCK_SIZE or _CRC.unpack_from(data, _BLOCK.size)[0] != crc32(
        data[: _BLOCK.size],
    ):
        return None
    magic, *facts = _BLOCK.unpack_from(data)
    return Block(*facts) if magic == _BLOCK_MAGIC else None
