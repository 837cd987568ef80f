"""Tables that are only appended to, and one lock for all that must be decided alone.

Whoever decides by what a table says holds the lock of that decision, in which the lock of the
table's file is taken for each write. What an editor is in the middle of saving is never taken for
an empty table: everything is let go, and looked at again a moment later.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from orgpost.errors import Conflict
from orgpost.org import scan
from orgpost.store.disk import print_of, trouble
from orgpost.store.held import Held
from orgpost.store.journal import blank_block
from orgpost.store.lock import FileLock
from orgpost.store.page import ROOT
from orgpost.store.row_file import RowFile, Table
from orgpost.store.watch import SAVE_SECONDS

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    from orgpost.clock import Clock
    from orgpost.store.disk import Disk
    from orgpost.store.watch import Watch

    T = TypeVar("T")

__all__ = ["Alone", "Rows", "Table"]

_TRIES: Final = 5
_LOOK_SECONDS: Final = 0.02


class _Saving(Exception):
    """An editor may be in the middle of a save."""


class Rows:
    """The tables of one store."""

    def __init__(self, disk: Disk, clock: Clock, watch: Watch, *, lock_seconds: float) -> None:
        self._disk, self._clock, self._watch = disk, clock, watch
        self._lock_seconds = lock_seconds
        self._locks: dict[str, FileLock] = {}

    def alone(self, name: str, work: Callable[[Alone], T]) -> T:
        """Let nobody else in while `work` reads, decides and writes; it may be asked again.

        It is asked again only where it has written nothing yet.
        """
        lock = self.lock(name)
        deadline = self._clock.monotonic() + SAVE_SECONDS
        while True:
            lock.acquire(self._lock_seconds)
            try:
                patient = self._clock.monotonic() < deadline
                return self._in_turn(lock, work, patient=patient)
            except _Saving:
                pass
            finally:
                lock.release()
            self._clock.sleep(_LOOK_SECONDS)

    def _in_turn(self, lock: FileLock, work: Callable[[Alone], T], *, patient: bool) -> T:
        block = lock.block()
        alone = Alone(self, new_boot=block is None, patient=patient)
        result = work(alone)
        if block is None and not alone.new_boot:
            lock.write(blank_block(self._disk.boot(), turn=2))
        return result

    def read(self, table: Table) -> bytes | None:
        """Read a table without a lock: whole rows, then those that wait; None where it is not."""
        deadline = self._clock.monotonic() + SAVE_SECONDS
        while True:
            try:
                return self.look(table, patient=self._clock.monotonic() < deadline)
            except _Saving:
                self._clock.sleep(_LOOK_SECONDS)

    def look(self, table: Table, *, patient: bool) -> bytes | None:
        """Read a table once."""
        folder = f"{ROOT}/{table.path.rpartition('/')[0]}"
        with (
            trouble(table.path, "read"),
            suppress(FileNotFoundError),
            self._disk.folder(folder) as fd,
        ):
            file = RowFile(self._disk, table, fd)
            found = file.read()
            if patient and self._may_be_a_save(table, fd, found):
                raise _Saving
            return file.with_waiting(None if found is None else found[0])
        return None

    def _may_be_a_save(
        self, table: Table, folder: int, found: tuple[bytes, os.stat_result] | None
    ) -> bool:
        block = FileLock(self._disk, self._clock, table.path).peek()
        size = 0 if block is None else block.size
        if found is not None and len(found[0]) >= size and scan.has_cookie(found[0]):
            return False
        if found is None and not size:
            return False
        there = self._disk.calls.fstat(folder) if found is None else found[1]
        age = self._clock.wall_ns() - there.st_mtime_ns
        return abs(age) < SAVE_SECONDS * 10**9

    def waiting(self, table: Table) -> tuple[int, str | None]:
        """Count the rows that wait, and say in words for whom, if an editor keeps them waiting."""
        folder, _, name = table.path.rpartition("/")
        with suppress(FileNotFoundError), self._disk.folder(f"{ROOT}/{folder}") as fd:
            editor = self._watch.editor(fd, name)
            words = None if editor is None else editor.words(table.path)
            return RowFile(self._disk, table, fd).waiting(), words
        return 0, None

    def append(self, table: Table, rows: bytes, *, synced: bool = False) -> None:
        """Put rows at the end of a table, or let them wait for a person's unsaved changes.

        On return they survive a kill; a power cut only if `synced`.
        """
        with self._held(table) as (fd, file, lock):
            with self._watch.hold(fd, table.path.rpartition("/")[2]) as editor:
                if editor is not None:
                    file.wait(rows, synced=synced)
                    return
                if not any(file.append(rows, synced=synced) for _ in range(_TRIES)):
                    raise Conflict(f"{table.path} is being written by another program")
            self._note(fd, table, lock)

    def create(self, table: Table, rows: bytes) -> bool:
        """Make a table with its first rows, synced; False where it is there already."""
        with self._held(table) as (fd, file, lock):
            made = file.create(rows)
            self._note(fd, table, lock)
            return made

    @contextmanager
    def _held(self, table: Table) -> Iterator[tuple[int, RowFile, FileLock]]:
        folder, _, name = table.path.rpartition("/")
        with trouble(table.path, "open"), self._disk.folder(f"{ROOT}/{folder}", make=True) as fd:
            found = self._disk.print_of(fd, name)
            Held.check_writable(self._disk, fd, table.path, found)
            lock = self.lock(table.path)
            lock.acquire(self._lock_seconds)
            try:
                yield fd, RowFile(self._disk, table, fd), lock
            finally:
                lock.release()

    def _note(self, folder: int, table: Table, lock: FileLock) -> None:
        found = self._disk.print_of(folder, table.path.rpartition("/")[2])
        before = lock.block() or blank_block(self._disk.boot(), turn=0)
        size, mtime_ns, inode = print_of(found)
        lock.write(before._replace(turn=2, size=size, mtime_ns=mtime_ns, inode=inode))

    def lock(self, name: str) -> FileLock:
        """Give the lock of a table, or of a decision, as this process keeps it."""
        kept = self._locks.get(name)
        if kept is None:
            kept = self._locks[name] = FileLock(self._disk, self._clock, name)
        return kept

    def close(self) -> None:
        """Let go of all locks."""
        for lock in self._locks.values():
            lock.close()
        self._locks.clear()


class Alone:
    """What may be done while nobody else is let in.

    `new_boot` says that since this machine was started nobody has yet looked for what was lost;
    whoever has done that says so with `know_boot`.
    """

    def __init__(self, rows: Rows, *, new_boot: bool, patient: bool) -> None:
        self._rows, self._patient = rows, patient
        self.new_boot = new_boot

    def know_boot(self) -> None:
        """Say that what the machine's end had lost is there again."""
        self.new_boot = False

    def read(self, table: Table) -> bytes | None:
        """Read a table, and what waits to be put into it; None where it is not."""
        return self._rows.look(table, patient=self._patient)

    def append(self, table: Table, rows: bytes, *, synced: bool = False) -> None:
        """Put rows at the end."""
        self._patient = False
        self._rows.append(table, rows, synced=synced)

    def create(self, table: Table, rows: bytes) -> bool:
        """Make a table with its first rows; False where it is there already."""
        self._patient = False
        return self._rows.create(table, rows)
