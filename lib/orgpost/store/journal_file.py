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
    NEW_SIZE,
    SHRINK_ABOVE,
    VOID_SIZE,
    Header,
    Kind,
    Position,
    Reading,
    Record,
    decode_header,
    decode_record,
    encode_header,
    encode_record,
    goes_on,
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
        self._headers, self._header = b"", decode_header(b"")
        self._folder: object = None
        self._room = (0, 0)  # the header's turn, without which it never gets shorter, and the size

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

    def goes_on_after(self, at: Position) -> bool:
        """Ask without a lock whether it is not where it was left; a missing one is nowhere."""
        try:
            with self._disk.folder(FOLDER) as folder:
                fd = self._disk.open_to_read(folder, self._name)
        except FileNotFoundError:
            return False
        if fd is None:
            return False
        try:
            return self._goes_on(fd, at)
        finally:
            self._disk.calls.close(fd)

    def goes_on(self, at: Position) -> bool:
        """Ask whether it is not where it was left: a record waits, or is a dead man's."""
        with trouble(self._shown, "read"):
            fd = self._open()
            return fd is None or self._goes_on(fd, at)

    def _goes_on(self, fd: int, at: Position) -> bool:
        pread = self._disk.calls.pread
        headers = pread(fd, FIRST, 0)
        if headers != self._headers:
            self._headers, self._header = headers, decode_header(headers)
        return goes_on(self._header, pread(fd, VOID_SIZE, at.end), at)

    def content(self) -> bytes | None:
        """Give all its bytes; None where it is missing."""
        with trouble(self._shown, "read"):
            fd = self._open()
            return None if fd is None else self._disk.read_all(fd)

    def since(self, then: Position, now: Position) -> list[Record] | None:
        """Give what was written between two positions; None where some of it is forgotten."""
        with trouble(self._shown, "read"):
            return self._between(self._descriptor(), then, now)

    def peek_since(self, then: Position, now: Position) -> list[Record] | None:
        """Give the same without a lock, and without making anything."""
        if then.last == now.last:
            return []
        with trouble(self._shown, "read"), suppress(FileNotFoundError):
            with self._disk.folder(FOLDER) as folder:
                fd = self._disk.open_to_read(folder, self._name)
            if fd is None:
                return None
            try:
                return self._between(fd, then, now)
            finally:
                self._disk.calls.close(fd)
        return None

    def _between(self, fd: int, then: Position, now: Position) -> list[Record] | None:
        at = then.end if then.turn == now.turn else self._start_after(fd, then.last)
        data = b"" if at is None else self._disk.calls.pread(fd, max(now.end - at, 0), at)
        records: list[Record] = []
        at = 0
        for sequence in range(then.last + 1, now.last + 1):
            found = decode_record(data, at)
            if found is None or found[0].sequence != sequence:
                return None
            records.append(found[0])
            at = found[1]
        return records

    def _start_after(self, fd: int, last: int) -> int | None:
        header = decode_header(self._disk.calls.pread(fd, FIRST, 0))
        if header is None or header.done > last:
            return None
        return self._start_of(fd, header, last + 1)

    def sweep(self) -> None:
        """Remove what dead processes left of journals."""
        with suppress(FileNotFoundError), self._disk.folder(FOLDER) as folder:
            self._disk.sweep(folder)

    def put(self, record: Record, at: Position) -> Position:
        """Write a record and sync it: it is acknowledged. Gives where to go on.

        Raises `NoSpace` or `DiskFailed`, and then nothing is acknowledged; after a failed sync
        the journal is another file.
        """
        data, end = encode_record(record), at.end
        fd = self._descriptor()
        with trouble(self._shown, "write"):
            if self._room[0] != at.turn or self._room[1] < end + len(data) + VOID_SIZE:
                self._room = at.turn, self._make_room(fd, end + len(data) + VOID_SIZE)
            self._disk.write_at(fd, data, end)
        try:
            self._disk.sync_data(fd)
        except OSError as error:
            # Refused is refused: who reads what the kernel still has of it must not find it.
            with suppress(OSError):
                self._disk.write_at(fd, bytes(VOID_SIZE), end)
            raise self._failed(error) from error
        return Position(at.turn, record.sequence, end + len(data))

    def _make_room(self, fd: int, needed: int) -> int:
        size = self._disk.calls.fstat(fd).st_size
        if needed <= size:
            return size
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
        return grown

    def _sync(self, sync: Callable[[int], None], fd: int) -> None:
        try:
            sync(fd)
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> DiskFailed:
        # The next sync of this descriptor would be called fine, whatever was lost.
        self._drop()
        return DiskFailed(self._shown, "sync", os.strerror(error.errno or 0))

    def forget(self, upto: int, at: Position) -> Position:
        """Forget all records up to that one, and sync that. Gives where to go on."""
        with trouble(self._shown, "sync"):
            fd = self._descriptor()
            header = decode_header(self._disk.calls.pread(fd, FIRST, 0))
            if header is None:
                raise DiskFailed(self._shown, "read", "its header is gone")
            if upto == at.last:
                header = self._next(fd, header, upto, FIRST)
                self._shrink(fd)
                return Position(header.turn, at.last, FIRST)
            start = self._start_of(fd, header, upto + 1)
            header = self._next(fd, header, upto, start)
            if start - FIRST < at.end - start:
                return at._replace(turn=header.turn)
            return self._move_down(fd, header, at)

    def _next(self, fd: int, header: Header, done: int, start: int) -> Header:
        new = Header(header.turn + 1, done, start)
        self._disk.write_at(fd, encode_header(new), header_place(new))
        self._sync(self._disk.sync_data, fd)
        return new

    def _start_of(self, fd: int, header: Header, sequence: int) -> int:
        data = self._disk.read_all(fd)
        at = header.start
        for _ in range(header.done + 1, sequence):
            found = decode_record(data, at)
            if found is None:
                raise DiskFailed(self._shown, "read", "a record is gone")
            at = found[1]
        return at

    def _move_down(self, fd: int, header: Header, at: Position) -> Position:
        # Under steady load the journal is never empty: without this it would grow for ever.
        # What is written over was forgotten before, durably: no header starts there any more.
        size = at.end - header.start
        self._disk.write_at(fd, self._disk.calls.pread(fd, size, header.start), FIRST)
        self._sync(self._disk.sync_data, fd)
        header = self._next(fd, header, header.done, FIRST)
        return Position(header.turn, at.last, FIRST + size)

    def _shrink(self, fd: int) -> None:
        if self._disk.calls.fstat(fd).st_size > SHRINK_ABOVE:
            self._disk.calls.truncate(fd, NEW_SIZE)

    def rebuild(
        self, records: Sequence[Record], done: int, at: Position, *, check: Callable[[], None]
    ) -> Reading:
        """Make a fresh journal with these records in it, and say what it holds.

        `check` is asked at the last moment whether it may take the place of the old one.
        """
        self._drop()
        header = Header(at.turn + 1, done, FIRST)
        head = bytes(header_place(header)) + encode_header(header)
        data = head.ljust(FIRST, b"\0") + b"".join(map(encode_record, records))
        with trouble(self._shown, "write"), self._disk.folder(FOLDER, make=True) as folder:
            pieces = [data.ljust(NEW_SIZE, b"\0")]
            with self._disk.scratch(folder, self._name, pieces, like=0o600) as scratch:
                check()
                self._disk.calls.rename(scratch, self._name, folder=folder)
            self._disk.sync_folder(folder)
        with trouble(self._shown, "open"):
            self._open()
        return Reading(header, tuple(records), len(data))

    def _open(self) -> int | None:
        if self._fd is not None and not self._has_its_name(self._fd):
            self._drop()
        if self._fd is None:
            with suppress(FileNotFoundError), self._disk.folder(FOLDER) as folder:
                self._fd = self._disk.calls.open(self._name, os.O_RDWR, folder=folder)
        return self._fd

    def _has_its_name(self, fd: int) -> bool:
        # A look at the journal itself makes its next write change its inode too, and a sync would
        # write that as well: an old folder in which nothing changed tells as much.
        folder = self._disk.fingerprint(FOLDER, self._clock.wall_ns())
        if folder is None or folder != self._folder:
            self._folder = None
            if self._disk.calls.fstat(fd).st_nlink == 0:
                return False
            self._folder = folder
        return True

    def _descriptor(self) -> int:
        if self._fd is None:
            raise DiskFailed(self._shown, "open", "it is gone")
        return self._fd

    def _drop(self) -> None:
        if self._fd is not None:
            fd, self._fd = self._fd, None
            self._folder, self._room = None, (0, 0)
            with suppress(OSError):
                self._disk.calls.close(fd)

    def close(self) -> None:
        """Close the kept descriptor."""
        self._drop()


def void(sequence: int, wall_ns: int) -> Record:
    """Make the record that withdraws the one before it."""
    return Record(sequence, Kind.VOID, wall_ns, ())
