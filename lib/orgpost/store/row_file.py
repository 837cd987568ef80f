"""One table that is only appended to, while its lock is held: rows at the end, rows that wait.

Rows have no journal: each is one write at the end of the file, and what a kill left of the last is
cut off before the next. Where a person has unsaved changes in the file, rows wait beside the
journals; whoever next finds the file free puts them in, once.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.store.disk import trouble
from orgpost.store.journal_file import FOLDER
from orgpost.store.lock import slug

if TYPE_CHECKING:
    from collections.abc import Callable

    from orgpost.store.disk import Disk

_TAIL: Final = 4096


class Table(NamedTuple):
    """A table's path, what its file begins with, and what of a last line is no whole row."""

    path: str
    header: bytes
    is_torn: Callable[[bytes], bool]


class RowFile:
    """The bytes of one table, in its open folder."""

    def __init__(self, disk: Disk, table: Table, folder: int) -> None:
        self._disk, self._table, self._folder = disk, table, folder
        self._name = table.path.rpartition("/")[2]
        self._waiting = f"{slug(table.path)}.rows"
        self._place = f"{self._waiting}-at"

    # -- reading -------------------------------------------------------------------------------

    def read(self) -> tuple[bytes, os.stat_result] | None:
        """Read the file as it is."""
        return self._disk.read(self._folder, self._name)

    def with_waiting(self, data: bytes | None) -> bytes | None:
        """Give what every reader sees: whole rows, then those that wait; None is no table."""
        rows = self._waiting_rows()
        if rows is not None and not self._are_in(rows, data or b""):
            begun = self._begun()
            if begun is not None and data is not None and rows.startswith(data[begun:]):
                data = data[:begun]
            whole = without_torn(data or b"", self._table)
            return _joined(whole or self._table.header, rows)
        return None if data is None else without_torn(data, self._table)

    def waiting(self) -> int:
        """Count the rows that wait."""
        return (self._waiting_rows() or b"").count(b"\n")

    def _waiting_rows(self) -> bytes | None:
        with suppress(FileNotFoundError), self._disk.folder(FOLDER) as folder:
            found = self._disk.read(folder, self._waiting)
            return None if found is None else without_torn(found[0], self._table)
        return None

    def _are_in(self, rows: bytes, data: bytes) -> bool:
        # A kill may have come between the putting in and the forgetting.
        begun = self._begun()
        return begun is not None and _stand_at(data, rows, begun)

    def _begun(self) -> int | None:
        """Give where the rows that wait were to be put, if somebody has begun to."""
        with suppress(FileNotFoundError), self._disk.folder(FOLDER) as folder:
            found = self._disk.read(folder, self._place)
            return int(found[0]) if found is not None and found[0].strip().isdigit() else None
        return None

    # -- writing -------------------------------------------------------------------------------

    def append(self, rows: bytes, *, synced: bool) -> bool:
        """Put rows at the end, after those that wait; False where the file is another meanwhile."""
        if not self._put_waiting_in():
            return False
        return self._append(rows, synced=synced)

    def create(self, rows: bytes) -> bool:
        """Make the file with its first rows, all at once; False where it is there."""
        try:
            pieces = [self._table.header, rows]
            with trouble(self._table.path, "create"):
                self._disk.create(self._folder, self._name, pieces, mode=self._disk.new_mode())
        except FileExistsError:
            return False
        return True

    def wait(self, rows: bytes, *, synced: bool) -> None:
        """Keep rows until the file is free."""
        with trouble(self._table.path, "write"), self._disk.folder(FOLDER, make=True) as folder:
            if self._disk.print_of(folder, self._waiting) is None:
                with suppress(FileNotFoundError):
                    self._disk.calls.unlink(self._place, folder=folder)
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
            fd = self._disk.calls.open(self._waiting, flags, folder=folder)
            try:
                self._write(fd, rows)
                if synced:
                    self._disk.sync_data(fd)
                    self._disk.sync_folder(folder)
            finally:
                self._disk.calls.close(fd)

    def _put_waiting_in(self) -> bool:
        rows = self._waiting_rows()
        if rows is None:
            return True
        found = self.read()
        data = b"" if found is None else found[0]
        if not self._are_in(rows, data):
            self._begin(rows, data)
            if not self._append(rows, synced=True):
                return False
        with trouble(self._table.path, "forget"), self._disk.folder(FOLDER) as folder:
            self._disk.calls.unlink(self._waiting, folder=folder)
            self._disk.sync_folder(folder)
            self._disk.calls.unlink(self._place, folder=folder)
        return True

    def _begin(self, rows: bytes, data: bytes) -> None:
        """Cut off what a kill left of an earlier try, and say where these rows go."""
        begun = self._begun()
        with trouble(self._table.path, "write"), self._disk.folder(FOLDER) as folder:
            if begun is not None and begun < len(data) and rows.startswith(data[begun:]):
                self._cut(begun)
                return
            place = str(len(data)).encode().ljust(20) + b"\n"
            flags = os.O_RDWR | os.O_CREAT
            fd = self._disk.calls.open(self._place, flags, folder=folder)
            try:
                self._disk.write_at(fd, place, 0)
                self._disk.sync_data(fd)
            finally:
                self._disk.calls.close(fd)
            self._disk.sync_folder(folder)

    def _cut(self, size: int) -> None:
        fd = self._disk.calls.open(self._name, os.O_RDWR, folder=self._folder)
        try:
            self._disk.calls.truncate(fd, size)
        finally:
            self._disk.calls.close(fd)

    def _append(self, rows: bytes, *, synced: bool) -> bool:
        with trouble(self._table.path, "write"):
            try:
                flags = os.O_RDWR | os.O_APPEND
                fd = self._disk.calls.open(self._name, flags, folder=self._folder)
            except FileNotFoundError:
                return self.create(rows)
            try:
                found = self._disk.calls.fstat(fd)
                if found.st_nlink > 1 or b"\0" in self._tail(fd, found.st_size):
                    return self._replace(rows)
                at = self._write(fd, rows)
                if synced:
                    self._disk.sync_data(fd)
                return self._stands(fd, at, rows)
            finally:
                self._disk.calls.close(fd)

    def _tail(self, fd: int, size: int) -> bytes:
        return self._disk.calls.pread(fd, _TAIL, max(0, size - _TAIL))

    def _write(self, fd: int, rows: bytes) -> int:
        size = self._disk.calls.fstat(fd).st_size
        tail = self._tail(fd, size)
        last = tail[tail.rfind(b"\n") + 1 :]
        if last and self._table.is_torn(last):
            size -= len(last)
            self._disk.calls.truncate(fd, size)
        elif last:
            rows = b"\n" + rows
        try:
            self._disk.append(fd, rows)
        except OSError as error:
            with trouble(self._table.path, "cut back"):
                self._disk.calls.truncate(fd, size)
            raise error from None
        return size + len(rows)

    def _stands(self, fd: int, end: int, rows: bytes) -> bool:
        # An editor without locks may have put another file in its place in the same instant.
        there = self._disk.print_of(self._folder, self._name)
        if there is None or there.st_ino != self._disk.calls.fstat(fd).st_ino:
            return False
        return self._disk.calls.pread(fd, len(rows), end - len(rows)) == rows

    def _replace(self, rows: bytes) -> bool:
        """Write a new file: where a snapshot is a second name of it, or the machine tore it."""
        found = self.read()
        if found is None:
            return False
        data = _joined(without_torn(found[0], self._table), rows)
        self._disk.replace(self._folder, self._name, data, like=found[1])
        return True


def without_torn(data: bytes, table: Table) -> bytes:
    """Leave out what a dead process or machine left of rows: a part of the last, and zeros."""
    if b"\0" in data:
        data = b"\n".join(line for line in data.split(b"\n") if b"\0" not in line)
    last = data[data.rfind(b"\n") + 1 :]
    return data[: len(data) - len(last)] if last and table.is_torn(last) else data


def _joined(data: bytes, rows: bytes) -> bytes:
    return data + (b"" if data.endswith(b"\n") or not data else b"\n") + rows


def _stand_at(data: bytes, rows: bytes, size: int) -> bool:
    if data[size:].lstrip(b"\n").startswith(rows):
        return True
    if len(data) == size or rows.startswith(data[size:]):
        return False
    # A person has aligned the table meanwhile.
    wanted, lines = _cells(rows), _cells(data)
    starts = (place for place, line in enumerate(lines) if line == wanted[0])
    return any(lines[start : start + len(wanted)] == wanted for start in starts)


def _cells(data: bytes) -> list[tuple[bytes, ...]]:
    lines = data.rstrip(b"\n").split(b"\n")
    return [tuple(cell.strip() for cell in line.split(b"|")) for line in lines]
