"""The journal of one Org file on disk: read it, put a record in, forget what is confirmed.

Every method but `peek` is called under the file's lock.  A record is acknowledged when `put`
returns: its room was written and synced before, so that this is one write and one sync.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from orgpost.errors import DiskFailed
from orgpost.store.disk import trouble
from orgpost.store.journal import (
    FIRST,
    MAX_RECORD,
    NEW_SIZE,
    SHRINK_ABOVE,
    VOID_SIZE,
    Header,
    Kind,
    Reading,
    Record,
    decode_header,
    decode_record,
    encode_header,
    encode_record,
    header_place,
    read,
)
from orgpost.store.lock import slug

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orgpost.clock import Clock
    from orgpost.store.disk import Disk

FOLDER: Final = ".orgpost/journal"


class JournalFile:
    """The journal of one path."""

    def __init__(self, disk: Disk, clock: Clock, path: str) -> None:
        self._disk, self._clock = disk, clock
        self._name = f"{slug(path)}.j"
        self._shown = f"{FOLDER}/{self._name}"
        self._fd: int | None = None

    def peek(self) -> Reading | None:
        """Read it without a lock and without making anything; None where there is none."""
        try:
            with self._disk.folder(FOLDER) as folder:
                found = self._disk.read(folder, self._name)
        except FileNotFoundError:
            return None
        return None if found is None else read(found[0])

    def exists(self) -> bool:
        """Ask whether there is one, without a lock."""
        try:
            with self._disk.folder(FOLDER) as folder:
                return self._disk.print_of(folder, self._name) is not None
        except OSError:
            return False

    def stands_behind(self, last: int, end: int) -> bool:
        """Ask without a lock whether a record stands behind the last known one."""
        try:
            with self._disk.folder(FOLDER) as folder:
                fd = self._disk.open_to_read(folder, self._name)
        except FileNotFoundError:
            return False
        if fd is None:
            return False
        try:
            return _is_record(self._disk.calls.pread(fd, VOID_SIZE, end), last + 1)
        finally:
            self._disk.calls.close(fd)

    def load(self, done: int) -> tuple[Reading, bytes | None]:
        """Read it; make it where it is missing, with `done` as its last forgotten sequence.

        Also gives the bytes of a journal that could not be read: a new one stands in its place.
        """
        unreadable = None
        with trouble(self._shown, "read"):
            if self._open() is not None:
                data = self._disk.read_all(self._descriptor())
                reading = read(data)
                if reading is not None:
                    return reading, None
                unreadable = data
        self.rebuild((), done)
        return Reading(Header(1, done, FIRST), (), (), FIRST), unreadable

    def follows(self, last: int, end: int) -> bool:
        """Ask whether a record stands behind the last known one, waiting or a dead man's."""
        with trouble(self._shown, "read"):
            if self._open() is None:
                return True
            return _is_record(self._disk.calls.pread(self._descriptor(), VOID_SIZE, end), last + 1)

    def put(self, record: Record, end: int) -> int:
        """Write a record at `end` and sync it: it is acknowledged. Gives where the next one goes.

        Raises `NoSpace` or `DiskFailed`, and then nothing is acknowledged; after a failed sync
        the journal is another file.
        """
        data = encode_record(record)
        fd = self._descriptor()
        with trouble(self._shown, "write"):
            self._make_room(fd, end + len(data) + VOID_SIZE)
            self._disk.write_at(fd, data, end)
        try:
            self._disk.sync_data(fd)
        except OSError as error:
            # Refused is refused: who reads what the kernel still has of it must not find it.
            with suppress(OSError):
                self._disk.write_at(fd, bytes(VOID_SIZE), end)
            raise self._failed(error) from error
        return end + len(data)

    def fits(self, record: Record) -> bool:
        """Ask whether a record is small enough for any journal."""
        sizes = (len(part.id) + len(part.old) + len(part.new) + 64 for part in record.parts)
        return sum(sizes) <= MAX_RECORD

    def _make_room(self, fd: int, needed: int) -> None:
        size = self._disk.calls.fstat(fd).st_size
        if needed <= size:
            return
        grown = max(size, NEW_SIZE)
        while grown < needed:
            grown *= 2
        try:
            self._disk.write_at(fd, bytes(grown - size), size)
        except OSError:
            with suppress(OSError):
                self._disk.calls.truncate(fd, size)
            raise
        self._sync(self._disk.sync, fd)

    def _sync(self, sync: Callable[[int], None], fd: int) -> None:
        try:
            sync(fd)
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> DiskFailed:
        # The next sync of this descriptor would be called fine, whatever was lost.
        self._drop()
        return DiskFailed(self._shown, "sync", os.strerror(error.errno or 0))

    def forget(self, upto: int, last: int, end: int) -> int:
        """Forget all records up to that one, and sync that. Gives where the next one goes."""
        with trouble(self._shown, "sync"):
            fd = self._descriptor()
            header = decode_header(self._disk.calls.pread(fd, FIRST, 0))
            if header is None:
                raise DiskFailed(self._shown, "read", "its header is gone")
            start = FIRST if upto == last else self._start_of(fd, header, upto + 1)
            if upto < last and start - FIRST >= end - start:
                end = self._move_down(fd, start, end)
                start = FIRST
            new = Header(header.turn + 1, upto, start)
            self._disk.write_at(fd, encode_header(new), header_place(new))
            self._sync(self._disk.sync_data, fd)
            if upto == last:
                end = FIRST
                self._shrink(fd)
        return end

    def _start_of(self, fd: int, header: Header, sequence: int) -> int:
        data = self._disk.read_all(fd)
        at = header.start
        for _ in range(header.done + 1, sequence):
            found = decode_record(data, at)
            if found is None:
                raise DiskFailed(self._shown, "read", "a record is gone")
            at = found[1]
        return at

    def _move_down(self, fd: int, start: int, end: int) -> int:
        # Under steady load the journal is never empty: without this it would grow for ever.
        self._disk.write_at(fd, self._disk.calls.pread(fd, end - start, start), FIRST)
        self._sync(self._disk.sync_data, fd)
        return FIRST + end - start

    def _shrink(self, fd: int) -> None:
        if self._disk.calls.fstat(fd).st_size > SHRINK_ABOVE:
            self._disk.calls.truncate(fd, NEW_SIZE)

    def rebuild(self, records: Sequence[Record], done: int) -> int:
        """Make a fresh journal with these records in it. Gives where the next one goes."""
        self._drop()
        body = b"".join(map(encode_record, records))
        head = encode_header(Header(1, done, FIRST))
        data = (bytes(header_place(Header(1, done, FIRST))) + head).ljust(FIRST, b"\0") + body
        with trouble(self._shown, "write"), self._disk.folder(FOLDER, make=True) as folder:
            self._disk.replace(folder, self._name, data.ljust(NEW_SIZE, b"\0"), like=0o600)
        with trouble(self._shown, "open"):
            self._open()
        return FIRST + len(body)

    def _open(self) -> int | None:
        if self._fd is not None and self._disk.calls.fstat(self._fd).st_nlink == 0:
            self._drop()
        if self._fd is None:
            with suppress(FileNotFoundError), self._disk.folder(FOLDER) as folder:
                self._fd = self._disk.calls.open(self._name, os.O_RDWR, folder=folder)
        return self._fd

    def _descriptor(self) -> int:
        if self._fd is None:
            raise DiskFailed(self._shown, "open", "it is gone")
        return self._fd

    def _drop(self) -> None:
        if self._fd is not None:
            fd, self._fd = self._fd, None
            with suppress(OSError):
                self._disk.calls.close(fd)

    def close(self) -> None:
        """Close the kept descriptor."""
        self._drop()


def void(sequence: int, wall_ns: int) -> Record:
    """Make the record that withdraws the one before it."""
    return Record(sequence, Kind.VOID, wall_ns, ())


def _is_record(head: bytes, sequence: int) -> bool:
    # The checksum is not asked here: in every doubt the whole journal is read.
    return head[:4] == b"OPJ1" and int.from_bytes(head[8:16], "little") == sequence
