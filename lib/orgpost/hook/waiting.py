"""What was acknowledged for a file and is not in it yet: entries that wait for an editor's save.

The journal's layout is that of `orgpost.store.journal`, and a test writes with the one and reads
with the other. Only entries matter here: other records repair what every reader sees as it is.
"""

import posix
import time

from .disk import REFUSALS, open_regular, read
from .places import is_name

HEADER_SIZE = 512
FIRST = 2 * HEADER_SIZE
HEADER, RECORD, PART = "<8sQQQ", "<4sIQBQ", "<HQQII"
BLOCK = "<8sIIQqQQQQQQQQq16s"
HEADER_SIZE_USED, RECORD_SIZE, PART_SIZE, BLOCK_SIZE = 32, 25, 26, 120
ENTRY, VOID = 1, 4
YOUNG_SECONDS = 10
PIECE = 1 << 20


class Entry:
    """A new entry of the journal: its id, where it was put in the file, and its bytes."""

    def __init__(self, sequence: int, wall_ns: int, id: bytes, offset: int, raw: bytes) -> None:
        self.sequence, self.id, self.offset = sequence, id, offset
        self.is_young = 0 <= time.time_ns() - wall_ns <= YOUNG_SECONDS * 1_000_000_000
        self.raw = raw.lstrip(b"\n")
        self.lead = len(raw) - len(self.raw)


def waiting_entries(journal: str, lock: str, inbox: int | None) -> list[bytes]:
    """The entries that the journal holds and the inbox does not."""
    descriptor = open_regular(journal)
    if descriptor is None:
        return []
    try:
        header = _header(posix.pread(descriptor, FIRST, 0))
        if header is None or posix.pread(descriptor, 4, header[2]) != b"OPJ1":
            return []
        entries = _entries(descriptor, header[1], header[2])
    except OSError:
        return []
    finally:
        posix.close(descriptor)
    if not entries:
        return []
    applied = _applied(lock)
    return [
        entry.raw
        for entry in entries
        if (entry.sequence > applied or entry.is_young) and not _is_in_file(inbox, entry)
    ]


def _header(data: bytes) -> tuple[int, int, int] | None:
    """Count, last forgotten sequence, first offset: of the valid header with the higher count."""
    found = [_one_header(data[at : at + HEADER_SIZE]) for at in (0, HEADER_SIZE)]
    return max((header for header in found if header is not None), default=None)


def _one_header(block: bytes) -> tuple[int, int, int] | None:
    from struct import unpack_from
    from zlib import crc32

    if len(block) < HEADER_SIZE_USED + 4 or block[:8] != b"orgpostJ":
        return None
    (checked,) = unpack_from("<I", block, HEADER_SIZE_USED)
    if checked != crc32(block[:HEADER_SIZE_USED]):
        return None
    _, count, done, start = unpack_from(HEADER, block)
    return count, done, start


def _entries(descriptor: int, done: int, at: int) -> list[Entry]:
    from struct import unpack_from
    from zlib import crc32

    size = posix.fstat(descriptor).st_size
    data = posix.pread(descriptor, size - at, at)
    at, following = 0, done + 1
    batches: list[list[Entry]] = []
    while at + RECORD_SIZE + 4 <= len(data):
        magic, length, sequence, kind, wall_ns = unpack_from(RECORD, data, at)
        end = at + RECORD_SIZE + length
        if magic != b"OPJ1" or sequence != following or end + 4 > len(data):
            break
        if unpack_from("<I", data, end)[0] != crc32(data[at:end]):
            break
        if kind == VOID:
            batches = batches[:-1]
        else:
            payload = data[at + RECORD_SIZE : end]
            batches.append(_parts(payload, sequence, wall_ns) if kind == ENTRY else [])
        at, following = end + 4, following + 1
    return [entry for batch in batches for entry in batch]


def _parts(payload: bytes, sequence: int, wall_ns: int) -> list[Entry]:
    from struct import unpack_from

    (count,) = unpack_from("<H", payload)
    at, parts = 2, []
    for _ in range(count):
        id_size, _, offset, old_size, new_size = unpack_from(PART, payload, at)
        at += PART_SIZE
        id, at = payload[at : at + id_size], at + id_size + old_size
        parts.append(Entry(sequence, wall_ns, id, offset, payload[at : at + new_size]))
        at += new_size
    return parts


def _applied(lock: str) -> int:
    """The last sequence that is in the file, as the lock file remembers it; 0 where it does not."""
    from struct import unpack_from
    from zlib import crc32

    block = read(lock, BLOCK_SIZE + 4) or b""
    if len(block) < BLOCK_SIZE + 4 or block[:8] != b"orgpostC":
        return 0
    if unpack_from("<I", block, BLOCK_SIZE)[0] != crc32(block[:BLOCK_SIZE]):
        return 0
    return int(unpack_from(BLOCK, block)[6])


def _is_in_file(inbox: int | None, entry: Entry) -> bool:
    if inbox is None:
        return False
    there = posix.pread(inbox, len(entry.raw), entry.offset + entry.lead)
    return there == entry.raw or _is_somewhere(inbox, entry.id)


def _is_somewhere(inbox: int, id: bytes) -> bool:
    """Whether an ID line of the file says this id, wherever it is now."""
    end = posix.fstat(inbox).st_size
    while end > 0:
        start = max(0, end - PIECE)
        piece = b"\n" + posix.pread(inbox, end - start + 2 * HEADER_SIZE, start)
        at = piece.rfind(id)
        while at >= 0:
            line = piece[piece.rfind(b"\n", 0, at) + 1 : piece.find(b"\n", at) + 1 or len(piece)]
            if line.strip().upper().startswith(b":ID:") and line.split()[-1] == id:
                return True
            at = piece.rfind(id, 0, at)
        end = start
    return False


def who_has_it_open(path: str) -> str:
    """Whose unsaved edits an entry waits for, by Emacs's lock beside the file."""
    folder, _, name = path.rpartition("/")
    try:
        words = posix.readlink(f"{folder}/.#{name}")
    except REFUSALS:
        return "an editor"
    user = words.rpartition("@")[0]
    return user if is_name(user) else "an editor"
