"""One Org file while its lock is held: what is known of it, and what is remembered for the next.

`orgpost.store.keeper` writes to it; here nothing is written but the state block in the lock file,
which is valid in one boot only and never synced.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orgpost.org import scan, syntax
from orgpost.store.disk import print_of, trouble
from orgpost.store.journal import (
    NOWHERE,
    Block,
    Flag,
    Layout,
    Part,
    Reading,
    Record,
    blank_block,
    read,
    without_voids,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from orgpost.clock import Clock
    from orgpost.store.disk import Disk
    from orgpost.store.journal_file import JournalFile
    from orgpost.store.lock import FileLock

    Report = Callable[[str, str, Part], None]


class Changed(Exception):
    """Somebody wrote to the file between our reading and our writing."""


class FileState:
    """`data` is the file as it was read in this holding, None where nobody needed it yet.

    `restored` counts what an editor had written over and we wrote again, in this boot.
    """

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
        self._generation = 0 if self.block is None else self.block.generation
        self._foreign_ns = 0 if self.block is None else self.block.foreign_ns
        self.restored = 0 if self.block is None else self.block.restored

    # -- what is there -------------------------------------------------------------------------

    def is_as_we_left_it(self) -> bool:
        """Ask whether the file is what our last write made, and nothing waits to be put in."""
        block = self.block
        if block is None or block.turn % 2 or block.flags & (Flag.BROKEN | Flag.REPLACING):
            return False
        return self.is_our_print(block) and not self._journal.goes_on(block.position)

    def is_our_print(self, block: Block) -> bool:
        """Ask whether the file has the size, time and inode of our last write."""
        return print_of(self.found) == (block.size, block.mtime_ns, block.inode)

    def load(self) -> Reading:
        """Read the journal; a new one is made for one that is missing, broken or unreadable."""
        data = self._journal.content()
        reading = None if data is None else read(data)
        if reading is None:
            if data is not None:
                self.report("journal-unreadable", self.path, Part(b"", 0, 0, b"", data))
            reading = self._journal.rebuild((), self.at.last, self.at, check=self.check_lock)
        elif self.block is None or self.block.flags & Flag.BROKEN:
            # Without a block, somebody may have removed the locks. Whoever held one may write to
            # the old journal yet, and must not reach what is acknowledged from here on.
            done = reading.header.done
            reading = self._journal.rebuild(
                reading.records, done, reading.position, check=self.check_lock
            )
        self.at = reading.position
        return reading

    def check_lock(self) -> None:
        """Raise `Changed` where the lock is no longer the one that everybody else would take."""
        if not self._lock.is_kept():
            raise Changed

    def distrust(self) -> None:
        """Take nothing for known: somebody else wrote to the file, or we died while we did.

        Its name is synced too, the next time: it may be another file with the same number.
        """
        self._moved()
        if self.block is None:
            return
        self.block = self.block._replace(confirmed_inode=0)
        if not self.is_our_print(self.block) and not self.block.turn % 2:
            self._foreign_ns = self.clock.wall_ns()

    def _moved(self) -> None:
        # Where nobody knows, time and the journal's turn see to it that none of before is like it.
        known = self._generation or self.clock.wall_ns() // 1000 + (self.at.turn << 20)
        self._generation = (known + 1) & 0xFFFF_FFFF or 1

    def layout(self) -> Layout | None:
        """Say where the entries stand, in a file that is as we left it; None where nobody knows."""
        return Layout(self._generation, self.at) if self._generation else None

    def since(self, layout: Layout) -> list[Record] | None:
        """Give what was written since a layout was known; None where entries may have moved."""
        if layout.generation != self._generation:
            return None
        return [] if layout.position.last == self.at.last else self._since(layout)

    def _since(self, layout: Layout) -> list[Record] | None:
        records = self._journal.since(layout.position, self.at)
        # What was taken back, for the disk was full, never was in the file.
        return None if records is None else without_voids(records)

    def foreign_ns(self) -> int:
        """Say when somebody else's last write was seen; 0 is never."""
        return self._foreign_ns

    def piece(self, start: int, end: int) -> bytes:
        """Read a part of the file; `Changed` if it is another by now."""
        if self.data is not None:
            return self.data[start:end]
        with trouble(self.path, "read"):
            fd = self.disk.open_to_read(self.folder, self.name)
            if fd is None:
                raise Changed
            try:
                data = self.disk.calls.pread(fd, end - start, start)
                if not self._is_still(fd):
                    raise Changed
            finally:
                self.disk.calls.close(fd)
        return data

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
            if print_of(then) != print_of(self.found):
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

    # -- the state block -----------------------------------------------------------------------

    def _arrived(self, data: bytes) -> None:
        self.data, self.found = data, self.disk.print_of(self.folder, self.name)
        self._flags = self._flags_of(data)
        self._moved()
        if self.block is not None and self.found is not None:
            self.block = self.block._replace(confirmed_inode=self.found.st_ino)

    def _is_still(self, fd: int) -> bool:
        return print_of(self.disk.calls.fstat(fd)) == print_of(self.found)

    def mark_broken(self) -> None:
        """Let whoever comes next make the journal anew and look at everything."""
        self._warn(Flag.BROKEN)

    def _warn(self, flag: int) -> None:
        block = self.block
        if block is None:
            # Nobody knows anything yet, and that must not be taken for knowledge.
            block = blank_block(self.disk.boot(), turn=1)
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
        known = (turn, self._flags, *print_of(self.found), *self.at, mark, mark_ns, inode)
        seen = (self._generation, self._foreign_ns, self.restored)
        return Block(*known, *seen, self.disk.boot())
