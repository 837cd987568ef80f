"""A disk that is only a dictionary, in a machine that is only its clock and its processes.

`orgpost.store.memory` has the system calls on it.  What it does not model: time that a call takes,
and a power cut; a recorder in the tests does that.
"""

from __future__ import annotations

import errno
import itertools
import os
import stat
import threading
from typing import Final

from orgpost.clock import Clock
from orgpost.store.page import ROOT

SPACE: Final = "/space"
_WRITES: Final = os.O_WRONLY | os.O_RDWR
_FIRST_PID: Final = 1000


def error(number: int) -> OSError:
    """Make the error that the kernel would give."""
    return OSError(number, os.strerror(number))


class Node:
    """A file, a folder or a link, whatever names it has."""

    __slots__ = ("content", "group", "inode", "links", "mode", "mtime_ns", "user")

    def __init__(
        self, inode: int, mode: int, content: bytearray | dict[str, Node] | str, mtime_ns: int
    ) -> None:
        self.inode, self.mode, self.content, self.mtime_ns = inode, mode, content, mtime_ns
        self.user, self.group, self.links = 0, 0, 1

    def data(self) -> bytearray:
        """Give a file's bytes."""
        if not isinstance(self.content, bytearray):
            raise error(errno.EISDIR)
        return self.content

    def entries(self) -> dict[str, Node]:
        """Give a folder's names."""
        if not isinstance(self.content, dict):
            raise error(errno.ENOTDIR)
        return self.content

    def entry(self, name: str) -> Node:
        """Give what a name of this folder means."""
        try:
            return self.entries()[name]
        except KeyError:
            raise error(errno.ENOENT) from None

    def check_open(self, flags: int) -> None:
        """Refuse what cannot be opened that way."""
        if flags & os.O_CREAT and flags & os.O_EXCL:
            raise error(errno.EEXIST)
        if isinstance(self.content, str):
            raise error(errno.ENOTDIR if flags & os.O_DIRECTORY else errno.ELOOP)
        if isinstance(self.content, bytearray) and flags & os.O_DIRECTORY:
            raise error(errno.ENOTDIR)
        if isinstance(self.content, dict) and flags & _WRITES:
            raise error(errno.EISDIR)
        if flags & _WRITES and not self.mode & stat.S_IWUSR:
            raise error(errno.EACCES)

    def is_file(self) -> bool:
        """Ask whether it is a plain file."""
        return isinstance(self.content, bytearray)

    def stat(self) -> os.stat_result:
        """Say what it is."""
        size = 0 if isinstance(self.content, dict) else len(self.content)
        facts = (self.mode, self.inode, 1, self.links, self.user, self.group, size, 0, 0, 0)
        times = {"st_mtime_ns": self.mtime_ns, "st_mtime": self.mtime_ns / 10**9}
        times["st_ctime_ns"] = self.mtime_ns
        return os.stat_result(facts, times)


class MemoryDisk:
    """The disk of a machine, with its boot and its living processes."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.inodes, self.fds = itertools.count(1), itertools.count(3)
        self.pids = itertools.count(_FIRST_PID)
        self.root = self.make(stat.S_IFDIR | 0o755, {})
        self.boot = b"first boot".ljust(16)
        self.alive: dict[int, float] = {}
        self.programs: dict[int, str] = {}
        self.locks: dict[int, object] = {}
        self.freed = threading.Condition()
        at = self.root
        for part in f"{SPACE}/{ROOT}".strip("/").split("/"):
            at.entries()[part] = self.make(stat.S_IFDIR | 0o700, {})
            at = at.entries()[part]

    def make(self, mode: int, content: bytearray | dict[str, Node] | str) -> Node:
        """Make a file, a folder or a link that has no name yet."""
        return Node(next(self.inodes), mode, content, self.clock.wall_ns())

    def find(self, path: str) -> Node:
        """Find what an absolute path names; no link is followed."""
        at = self.root
        for part in path.strip("/").split("/"):
            at = at.entry(part) if part else at
        return at

    def start(self, program: str) -> int:
        """Start a process."""
        pid = next(self.pids)
        self.alive[pid], self.programs[pid] = self.clock.monotonic(), program
        return pid

    def reboot(self, name: bytes = b"second boot") -> None:
        """Let the machine start again: every process is dead, and no lock is held."""
        self.boot = name.ljust(16)
        self.alive.clear()
        self.locks.clear()

    def touch(self, node: Node) -> None:
        """Give a new modification time, as a clock that never stands still would."""
        now = self.clock.wall_ns()
        node.mtime_ns = now if now != node.mtime_ns else now + 1
