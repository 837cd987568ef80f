"""One Org file with its journal and its state block, while its lock is held: the single steps.

`orgpost.store.held` puts them in the order that is the promise.  A step that fails leaves what
was there: the file is only ever appended to, patched at known places, or replaced as a whole.
"""

from __future__ import annotations

import os

from orgpost.errors import DiskFailed, NoSpace
from orgpost.store.disk import print_of, trouble
from orgpost.store.file_state import Changed, FileState
from orgpost.store.journal import FIRST, Flag, Kind, Part, Record
from orgpost.store.journal_file import void

__all__ = ["Changed", "Keeper"]


class Keeper(FileState):
    """Writes to the file and its journal, step by step."""

    def sweep(self) -> None:
        """Remove what dead processes left beside the file."""
        with trouble(self.path, "sweep"):
            self.disk.sweep(self.folder)
            self._journal.sweep()

    # -- the journal and the block -------------------------------------------------------------

    def record(self, kind: Kind, parts: tuple[Part, ...]) -> Record:
        """Write a record and sync it: it is acknowledged, if the lock is still the lock."""
        record = Record(self.at.last + 1, kind, self.clock.wall_ns(), parts)
        self._put(record)
        self.check_lock()
        return record

    def withdraw(self) -> None:
        """Take the last record back, durably."""
        self._put(void(self.at.last + 1, self.clock.wall_ns()))

    def _put(self, record: Record) -> None:
        try:
            self.at = self._journal.put(record, self.at)
        except DiskFailed:
            self._set_aside(record.sequence)
            raise

    def _set_aside(self, failed: int) -> None:
        # The kernel may have dropped the pages of a failed sync and would call the next one fine.
        self.mark_broken()
        reading = self._journal.peek()
        if reading is not None:
            kept = [record for record in reading.records if record.sequence < failed]
            done, at = reading.header.done, reading.position
            self._journal.rebuild(kept, done, at, check=self.check_lock)

    def forget(self, upto: int) -> None:
        """Forget the records up to that one, and note that."""
        try:
            self.at = self._journal.forget(upto, self.at)
        except DiskFailed:
            self.mark_broken()
            raise
        self.note(mark=self.at.last if self.at.last > upto else 0)

    def confirm(self, upto: int | None = None) -> None:
        """Sync the file, then forget what is in it. A failed sync forgets nothing."""
        if self.at.end == FIRST:
            return
        try:
            self._sync()
        except OSError as error:
            self._rescue(error)
            upto = None
        self.forget(self.at.last if upto is None else upto)

    def _sync(self) -> None:
        if self.found is None:
            return
        fd = self.disk.open_to_read(self.folder, self.name)
        if fd is None:
            raise Changed
        try:
            if not self._is_still(fd):
                raise Changed
            self.disk.sync_data(fd)
        finally:
            self.disk.calls.close(fd)
        if self.block is not None and self.block.confirmed_inode != self.found.st_ino:
            self.disk.sync_folder(self.folder)
            self.block = self.block._replace(confirmed_inode=self.found.st_ino)

    def _rescue(self, error: OSError) -> None:
        reason = os.strerror(error.errno or 0)
        try:
            self.replace(self.read())
        except (DiskFailed, NoSpace, Changed):
            raise DiskFailed(self.path, "sync", reason) from error

    # -- the file ------------------------------------------------------------------------------

    def add(self, record: Record) -> bool:
        """Write new entries at the end; False where the file is not what was decided on."""
        try:
            fd = self.disk.calls.open(self.name, os.O_RDWR | os.O_APPEND, folder=self.folder)
        except OSError:
            return False
        try:
            if self.found is None or not self._is_still(fd):
                return False
            self.begin()
            self._write_tail(fd, record, self.found.st_size)
            self._flags &= ~Flag.OPEN
            if not self._stands(fd, record):
                return False
        finally:
            self.disk.calls.close(fd)
        self.note_written(record)
        return True

    def _write_tail(self, fd: int, record: Record, size: int) -> None:
        try:
            with trouble(self.path, "write"):
                self.disk.append(fd, b"".join(part.new for part in record.parts))
        except (NoSpace, DiskFailed):
            with trouble(self.path, "cut back"):
                self.disk.calls.truncate(fd, size)
                self.disk.sync(fd)
            self._take_back(fd)
            raise

    def _take_back(self, fd: int) -> None:
        self.withdraw()
        self.found = self.disk.calls.fstat(fd)
        self.note(mark=self._mark() or self.at.last)

    def _stands(self, fd: int, record: Record) -> bool:
        # An editor without locks may have written in the same instant: read back what we wrote,
        # and ask whether the name still means this file. The turn stays odd if not.
        self.found = self.disk.calls.fstat(fd)
        there = self.disk.print_of(self.folder, self.name)
        if there is None or there.st_ino != self.found.st_ino:
            return False
        pread = self.disk.calls.pread
        return all(pread(fd, len(part.new), part.offset) == part.new for part in record.parts)

    def patch(self, record: Record) -> None:
        """Write changes of the same length in place; `Changed` where the file is another now."""
        try:
            fd = self.disk.calls.open(self.name, os.O_RDWR, folder=self.folder)
        except OSError:
            self.withdraw()
            raise Changed from None
        try:
            if not self._is_still(fd):
                self.withdraw()
                raise Changed
            self.begin()
            self._write_parts(fd, record)
            if not self._stands(fd, record):
                raise Changed
        finally:
            self.disk.calls.close(fd)
        self.note_written(record)

    def _write_parts(self, fd: int, record: Record) -> None:
        try:
            with trouble(self.path, "write"):
                for part in record.parts:
                    self.disk.write_at(fd, part.new, part.offset)
        except (NoSpace, DiskFailed):
            with trouble(self.path, "undo"):
                for part in record.parts:
                    self.disk.write_at(fd, part.old, part.offset)
            self._take_back(fd)
            raise

    def check_same(self) -> None:
        """Raise `Changed` where the file is not what was read."""
        if print_of(self.disk.print_of(self.folder, self.name)) != print_of(self.found):
            raise Changed

    def replace(self, data: bytes) -> None:
        """Put a file with these bytes in its place: scratch, sync, rename, sync of the folder."""
        self._warn(Flag.REPLACING)
        if self.found is None:
            self._create(data)
            return
        before = self.disk.open_to_read(self.folder, self.name)
        try:
            with (
                trouble(self.path, "replace"),
                self.disk.scratch(self.folder, self.name, [data], like=self.found) as scratch,
            ):
                self.check_same()
                self.disk.calls.rename(scratch, self.name, folder=self.folder)
            with trouble(self.path, "sync"):
                self.disk.sync_folder(self.folder)
            self._look_at_old(before)
        finally:
            if before is not None:
                self.disk.calls.close(before)
        self._arrived(data)

    def _create(self, data: bytes) -> None:
        mode = self.disk.new_mode()
        try:
            with trouble(self.path, "create"):
                self.disk.create(self.folder, self.name, [data], mode=mode)
        except FileExistsError:
            raise Changed from None
        self._arrived(data)

    def _look_at_old(self, before: int | None) -> None:
        # An editor without locks may have saved into the file that we replaced: its bytes win.
        if before is None or self._is_still(before):
            return
        theirs, like = self.disk.read_all(before), self.disk.calls.fstat(before)
        self.report("saved-under-us", self.path, Part(b"", 0, 0, b"", theirs))
        with trouble(self.path, "replace"):
            self.disk.replace(self.folder, self.name, theirs, like=like)
        raise Changed
