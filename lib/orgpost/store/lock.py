"""The lock of one Org file: a file that is opened once, kept, and never unlinked or replaced.

The kernel drops the lock with its process, so there is no lease and no stale lock.  One
descriptor does not exclude threads, so a thread lock comes first; a forked child opens its own.
"""

from __future__ import annotations

import os
from _thread import allocate_lock, get_ident  # all of threading would cost each start
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from orgpost.errors import Busy, NestedLock
from orgpost.store.disk import trouble
from orgpost.store.journal import BLOCK_SIZE, Block, decode_block, encode_block

if TYPE_CHECKING:
    from orgpost.clock import Clock
    from orgpost.store.disk import Disk

FOLDER: Final = ".orgpost/locks"
_WORDS_AT: Final = 256
_WORDS_SIZE: Final = 256


def slug(path: str) -> str:
    """Name a path in one word; `+` is in no legal name, so it is unique."""
    return path.replace("/", "+")


class FileLock:
    """The lock of one path, for this process; also where the state block lives."""

    def __init__(self, disk: Disk, clock: Clock, path: str) -> None:
        self._disk, self._clock, self._path = disk, clock, path
        self._name = f"{slug(path)}.lock"
        self._shown = f"{FOLDER}/{self._name}"
        self._turn = allocate_lock()
        self._thread: int | None = None
        self._fd: int | None = None
        self._inode = 0
        self._pid = 0
        self._words = ("", "")

    def acquire(self, seconds: float) -> None:
        """Take the lock, or say `Busy` after that long; the same thread twice is `NestedLock`."""
        deadline = self._clock.monotonic() + seconds
        self._leave_parent()
        if self._thread == get_ident():
            raise NestedLock(self._path)
        if not self._turn.acquire(timeout=max(0.0, seconds)):
            raise Busy(self._path, self._holder())
        try:
            while not self._take(deadline - self._clock.monotonic()):
                pass
        except BaseException:
            self._turn.release()
            raise
        self._thread = get_ident()

    def release(self) -> None:
        """Give the lock back; the descriptor is kept."""
        self._thread = None
        try:
            if self._fd is not None:
                self._disk.calls.unlock(self._fd)
        finally:
            self._turn.release()

    def _leave_parent(self) -> None:
        # A forked child that used the inherited descriptor would share its parent's lock.
        if self._pid != self._disk.calls.pid():
            self._turn, self._thread = allocate_lock(), None
            self.close()
            calls = self._disk.calls
            self._pid = calls.pid()
            self._words = f"{self._pid} {calls.program()}", calls.host()

    def _take(self, seconds: float) -> bool:
        fd = self._open()
        if not self._disk.calls.lock(fd, seconds):
            self._fd = None  # a thread may wait on it, and closes it
            raise Busy(self._path, self._holder())
        if not self.is_kept():
            self.close()
            return False
        self._tell(fd)
        return True

    def _open(self) -> int:
        # Somebody may remove .orgpost between any two of these steps: then it is made again.
        while self._fd is None:
            with trouble(self._shown, "open"), suppress(FileNotFoundError):
                self._fd = self._create()
                self._inode = self._disk.calls.fstat(self._fd).st_ino
        return self._fd

    def _create(self) -> int:
        with self._disk.folder(FOLDER, make=True) as folder:
            return self._disk.calls.open(self._name, os.O_CREAT | os.O_RDWR, folder=folder)

    def is_kept(self) -> bool:
        """Ask under the lock whether it is still the one that everybody else would take."""
        # Somebody may have removed .orgpost: then two processes would hold two locks.
        there = self._disk.lstat(self._shown)
        return there is not None and there.st_ino == self._inode

    def _tell(self, fd: int) -> None:
        who, where = self._words
        words = f"{who} {self._clock.wall_ns() // 10**9} {where}"
        self._disk.write_at(fd, words.encode()[:_WORDS_SIZE].ljust(_WORDS_SIZE), _WORDS_AT)

    def _holder(self) -> str:
        text = b""
        with suppress(OSError), self._disk.folder(FOLDER) as folder:
            fd = self._disk.calls.open(self._name, os.O_RDONLY, folder=folder)
            text = self._disk.calls.pread(fd, _WORDS_SIZE, _WORDS_AT)
            self._disk.calls.close(fd)
        pid, _, rest = text.decode("utf-8", "replace").strip(" \0").partition(" ")
        program, _, when = rest.partition(" ")
        since, _, host = when.partition(" ")
        if not since.isdigit():
            return "another process"
        seconds = max(0, self._clock.wall_ns() // 10**9 - int(since))
        return f"process {pid} ({program}) on {host}, for {seconds} s"

    def block(self) -> Block | None:
        """Read the state block under the lock; None where it is of another boot or unknown."""
        if self._fd is None:
            return None
        return self._valid(self._disk.calls.pread(self._fd, BLOCK_SIZE, 0))

    def peek(self) -> Block | None:
        """Read the state block without a lock, and without making anything."""
        try:
            with self._disk.folder(FOLDER) as folder:
                fd = self._disk.calls.open(self._name, os.O_RDONLY, folder=folder)
        except OSError:
            return None
        try:
            return self._valid(self._disk.calls.pread(fd, BLOCK_SIZE, 0))
        except OSError:
            return None
        finally:
            self._disk.calls.close(fd)

    def _valid(self, data: bytes) -> Block | None:
        block = decode_block(data)
        return block if block is not None and block.boot == self._disk.boot() else None

    def write(self, block: Block) -> None:
        """Write the state block; it is never synced, and valid in this boot only."""
        if self._fd is not None:
            self._disk.write_at(self._fd, encode_block(block), 0)

    def close(self) -> None:
        """Close the kept descriptor."""
        if self._fd is not None:
            self._disk.calls.close(self._fd)
            self._fd = None
