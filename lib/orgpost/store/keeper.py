"""One Org file with its journal and its state block, while its lock is held: the single steps.

`orgpost.store.held` puts them in the order that is the promise.  A step that fails leaves what
was there: the file is only ever appended to, patched at known places, or replaced as a whole.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from orgpost.errors import DiskFailed, NoSpace
from orgpost.org import scan, syntax
from orgpost.store.disk import Print, trouble
from orgpost.store.journal import (
    FIRST,
    NOWHERE,
    Block,
    Flag,
    Kind,
    Part,
    Reading,
    Record,
    read,
)
from orgpost.store.journal_file import void

if TYPE_CHECKING:
    from collections.abc import Callable

    from orgpost.clock import Clock
    from orgpost.store.disk import Disk
    from orgpost.store.journal_file import JournalFile
    from orgpost.store.lock import FileLock

    Report = Callable[[str, str, Part], None]

_GONE: Final = Print(0, 0, 0)


def _print(found: os.stat_result | None) -> Print:
    return _GONE if found is None else Print.of(found)


class Changed(Exception):
    """Somebody wrote to the file between our reading and our writing."""


class Keeper:
    """`data` is the file as it was read in this holding, None where nobody needed it yet."""

    def __init__(
        self,
        path: str,
        folder: int,
        *,
        disk: Disk,
        clock: Clock,
        lock: FileLock,
        journal: JournalFile,
        report: Report,
    ) -> None:
        self.path, self.folder, self.name = path, folder, path.rpartition("/")[2]
        self.disk, self.clock, self.report = disk, clock, report
        self.kind = syntax.kind_of(path)
        self.data: bytes | None = None
        self.found = disk.print_of(folder, self.name)
        self.block = lock.block()
        self._lock, self._journal = lock, journal
        self.at = NOWHERE if self.block is None else self.block.position
        self._flags = 0 if self.block is None else self.block.flags

    # -- what is there -------------------------------------------------------------------------

    def is_as_we_left_it(self) -> bool:
        """Ask whether the file is what our last write made, and nothing waits to be put in."""
        block = self.block
        if block is None or block.turn % 2 or block.flags & (Flag.BROKEN | Flag.REPLACING):
            return False
        return self.is_our_print(block) and not self._journal.goes_on(block.position)

    def is_our_print(self, block: Block) -> bool:
        """Ask whether the file has the size, time and inode of our last write."""
        return _print(self.found) == (block.size, block.mtime_ns, block.inode)

    def load(self) -> Reading:
        """Read the journal; a new one is made for one that is missing, broken or unreadable."""
        data = self._journal.content()
        reading = None if data is None else read(data)
        if reading is None:
            if data is not None:
                self.report("journal-unreadable", self.path, Part(b"", 0, 0, b"", data))
            reading = self._journal.rebuild((), self.at.last, self.at)
        elif self.block is not None and self.block.flags & Flag.BROKEN:
            done = reading.header.done
            reading = self._journal.rebuild(reading.records, done, reading.position)
        self.at = reading.position
        return reading

    def distrust(self) -> None:
        """Sync the file's name too, the next time: it may be another file with the same number."""
        if self.block is not None:
            self.block = self.block._replace(confirmed_inode=0)

    def sweep(self) -> None:
        """Remove what dead processes left beside the file."""
        with trouble(self.path, "sweep"):
            self.disk.sweep(self.folder)
            self._journal.sweep()

    def read(self) -> bytes:
        """Read the file anew, and remember which state of it that was."""
        with trouble(self.path, "read"):
            found = self.disk.read(self.folder, self.name)
        self.data, self.found = found if found is not None else (b"", None)
        self._flags = self._flags_of(self.data)
        return self.data

    def content(self) -> bytes:
        """Give the file as it was read in this holding; `Changed` if it is another by now."""
        if self.data is None:
            then = self.found
            self.read()
            if _print(then) != _print(self.found):
                raise Changed
        return self.data or b""

    def has(self, flag: int) -> bool:
        """Ask what a writer must know of the file."""
        if self.data is None and self.block is None:
            self.content()
        return bool(self._flags & flag)

    def _flags_of(self, data: bytes) -> int:
        flags = Flag.CRLF if scan.is_crlf(data) else 0
        flags |= Flag.BARE if self.kind is not None and not scan.has_cookie(data) else 0
        return flags | (Flag.OPEN if data and not data.endswith(b"\n") else 0)

    def with_header(self, data: bytes) -> bytes:
        """Give the bytes with the cookie that an Org file of ours begins with."""
        if self.kind is None or scan.has_cookie(data):
            return data
        if not data.strip():
            return syntax.header(self.path)
        mark = syntax.BOM if data.startswith(syntax.BOM) else b""
        line_end = b"\r\n" if scan.is_crlf(data) else b"\n"
        return mark + syntax.COOKIE + line_end + data.removeprefix(mark)

    # -- the journal and the block -------------------------------------------------------------

    def record(self, kind: Kind, parts: tuple[Part, ...]) -> Record:
        """Write a record and sync it: it is acknowledged, if the lock is still the lock."""
        record = Record(self.at.last + 1, kind, self.clock.wall_ns(), parts)
        self._put(record)
        if not self._lock.is_kept():
            raise Changed
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
            self._journal.rebuild(kept, reading.header.done, reading.position)

    def mark_broken(self) -> None:
        """Let whoever comes next make the journal anew and look at everything."""
        self._warn(Flag.BROKEN)

    def _warn(self, flag: int) -> None:
        block = self.block
        if block is None:
            # Nobody knows anything yet, and that must not be taken for knowledge.
            unknown = (1, 0, *_GONE, *NOWHERE, 0, 0, 0)
            block = Block(*unknown, self.disk.boot())
        self.block = block._replace(flags=block.flags | flag)
        self._lock.write(self.block)

    def begin(self) -> None:
        """Say that the file is being written: who finds that, after our death, recovers it."""
        block = self._block_now(0) if self.block is None else self.block
        self._lock.write(block._replace(turn=block.turn | 1))

    def note(self, *, mark: int | None = None) -> None:
        """Say that the file is as we left it; all up to `mark` is to be confirmed later."""
        self.block = self._block_now(self._mark() if mark is None else mark)
        self._lock.write(self.block)

    def _mark(self) -> int:
        return 0 if self.block is None else self.block.mark

    def note_written(self, record: Record) -> None:
        """Say that a record is in the file now."""
        self.note(mark=self._mark() or record.sequence)

    def _block_now(self, mark: int) -> Block:
        turn, inode, mark_ns = 0, 0, self.clock.wall_ns()
        if self.block is not None:
            turn, inode = (self.block.turn + 2) & 0xFFFF_FFFE, self.block.confirmed_inode
            mark_ns = self.block.mark_ns if mark == self.block.mark else mark_ns
        flags, boot = self._flags, self.disk.boot()
        return Block(turn, flags, *_print(self.found), *self.at, mark, mark_ns, inode, boot)

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

    def _is_still(self, fd: int) -> bool:
        return _print(self.disk.calls.fstat(fd)) == _print(self.found)

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
        if _print(self.disk.print_of(self.folder, self.name)) != _print(self.found):
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

    def _arrived(self, data: bytes) -> None:
        self.data, self.found = data, self.disk.print_of(self.folder, self.name)
        self._flags = self._flags_of(data)
        if self.block is not None and self.found is not None:
            self.block = self.block._replace(confirmed_inode=self.found.st_ino)

    def _look_at_old(self, before: int | None) -> None:
        # An editor without locks may have saved into the file that we replaced: its bytes win.
        if before is None or self._is_still(before):
            return
        theirs, like = self.disk.read_all(before), self.disk.calls.fstat(before)
        self.report("saved-under-us", self.path, Part(b"", 0, 0, b"", theirs))
        with trouble(self.path, "replace"):
            self.disk.replace(self.folder, self.name, theirs, like=like)
        raise Changed
