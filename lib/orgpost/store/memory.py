"""A disk that is only a dictionary, the machine that has it, and a store and a person on it.

`MemoryStore` is `FileStore` on `MemoryCalls`: the double runs the same protocol as the real thing,
only the kernel is made up.  Each process of a `MemoryDisk` is one `MemoryCalls`; each of its calls
can be made to fail, and the process can be killed at any of them.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from orgpost.store.calls import Calls
from orgpost.store.files import FileStore
from orgpost.store.memory_disk import SPACE, MemoryDisk, error

if TYPE_CHECKING:
    from collections.abc import Callable

    from orgpost.clock import Clock
    from orgpost.store.held import Apply
    from orgpost.store.memory_disk import Node


class Killed(BaseException):
    """The process is dead: none of its calls does anything any more."""


class _Open:
    """What a descriptor stands for."""

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        self.node = node


class MemoryCalls(Calls):
    """One process of such a machine.

    `before` is called with each call's name, before it does anything. `short` is the most bytes
    that one write writes.
    """

    def __init__(self, disk: MemoryDisk, program: str = "python") -> None:
        self.disk, self._pid = disk, disk.start(program)
        self.count = 0
        self.short: int | None = None
        self.before: Callable[[str], None] | None = None
        self._open: dict[int, _Open] = {}
        self._faults: list[tuple[str | None, int, int, int | None]] = []
        self._dies_at: int | None = None

    # -- what can go wrong -----------------------------------------------------------------------

    def fail(
        self, number: int, call: str | None = None, *, nth: int = 1, times: int | None = 1
    ) -> None:
        """Let the n-th call from now fail, of that name if one is given; None is for ever."""
        self._faults.append((call, number, nth, times))

    def die(self, nth: int = 1) -> None:
        """Kill the process at its n-th call from now, before that does anything."""
        self._dies_at = self.count + nth

    def end(self) -> None:
        """Let the process be gone: its descriptors are closed and its locks free."""
        self._dies_at = 0
        self.disk.alive.pop(self._pid, None)
        for fd in list(self._open):
            self._forget(fd)

    def _call(self, name: str) -> None:
        self.count += 1
        if self._dies_at is not None and self.count >= self._dies_at:
            self.end()
            raise Killed
        if self.before is not None:
            self.before(name)
        for place, (call, number, nth, times) in enumerate(self._faults):
            if call in {None, name}:
                self._faults[place] = (call, number, nth - 1, times)
                if nth <= 1 and (times is None or nth > 1 - times):
                    raise error(number)

    # -- descriptors -----------------------------------------------------------------------------

    def _node(self, fd: int) -> Node:
        try:
            return self._open[fd].node
        except KeyError:
            raise error(errno.EBADF) from None

    def _new_fd(self, node: Node) -> int:
        fd = next(self.disk.fds)
        self._open[fd] = _Open(node)
        return fd

    def _forget(self, fd: int) -> None:
        gone = self._open.pop(fd, None)
        if gone is None:
            raise error(errno.EBADF)
        with self.disk.freed:
            if self.disk.locks.get(gone.node.inode) is gone:
                del self.disk.locks[gone.node.inode]
                self.disk.freed.notify_all()

    def open(self, name: str, flags: int, mode: int = 0o600, *, folder: int | None = None) -> int:
        self._call("open")
        place = self._folder(folder)
        node = place if name == "." else place.entries().get(name)
        if node is None and flags & os.O_CREAT:
            new = self.disk.make(stat.S_IFREG | mode, bytearray())
            node = self.made(place, name, new)
            if node is new:
                return self._new_fd(node)
        if node is None:
            raise error(errno.ENOENT)
        node.check_open(flags)
        if flags & os.O_TRUNC:
            self.cut(node, 0)
        return self._new_fd(node)

    def open_root(self, path: str) -> int:
        self._call("open_root")
        node = self.disk.find(path)
        node.entries()
        return self._new_fd(node)

    def close(self, fd: int) -> None:
        self._call("close")
        self._forget(fd)

    def pread(self, fd: int, size: int, offset: int) -> bytes:
        self._call("pread")
        return bytes(self._node(fd).data()[offset : offset + size])

    def pwrite(self, fd: int, data: bytes | memoryview, offset: int) -> int:
        self._call("pwrite")
        return self._write(fd, data, offset)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        self._call("write")
        return self._write(fd, data, len(self._node(fd).data()))

    def _write(self, fd: int, data: bytes | memoryview, offset: int) -> int:
        piece = bytes(data[: self.short])
        self.wrote(self._node(fd), offset, piece)
        return len(piece)

    def fstat(self, fd: int) -> os.stat_result:
        self._call("fstat")
        return self._node(fd).stat()

    def lstat(self, name: str, *, folder: int | None = None) -> os.stat_result:
        self._call("lstat")
        if folder is None:
            return self.disk.find(name).stat()
        return self._node(folder).entry(name).stat()

    def may_write(self, name: str, *, folder: int) -> bool:
        self._call("may_write")
        node = self._node(folder) if name == "." else self._node(folder).entry(name)
        return bool(node.mode & stat.S_IWUSR)

    def fsync(self, fd: int) -> None:
        self._call("fsync")
        self.synced(self._node(fd))

    def fdatasync(self, fd: int) -> None:
        self._call("fdatasync")
        self.synced(self._node(fd))

    def truncate(self, fd: int, size: int) -> None:
        self._call("truncate")
        self.cut(self._node(fd), size)

    def chmod(self, fd: int, mode: int) -> None:
        self._call("chmod")
        node = self._node(fd)
        node.mode = stat.S_IFMT(node.mode) | mode

    def chown(self, fd: int, user: int, group: int) -> None:
        self._call("chown")
        self._node(fd).user, self._node(fd).group = user, group

    def copy_attributes(self, source: int, target: int) -> None:  # noqa: ARG002  there are none
        self._call("copy_attributes")

    # -- names -----------------------------------------------------------------------------------

    def _folder(self, folder: int | None) -> Node:
        node = self.disk.root if folder is None else self._node(folder)
        if node.links == 0:
            raise error(errno.ENOENT)
        return node

    def rename(self, old: str, new: str, *, folder: int) -> None:
        self._call("rename")
        node = self._folder(folder).entry(old)
        self.renamed(self._folder(folder), old, new, node)

    def link(self, old: str, new: str, *, folder: int, source: int | None = None) -> None:
        self._call("link")
        place = self._folder(folder)
        node = self._folder(folder if source is None else source).entry(old)
        if new in place.entries() or self.made(place, new, node) is not node:
            raise error(errno.EEXIST)
        node.links += 1

    def unlink(self, name: str, *, folder: int) -> None:
        self._call("unlink")
        node = self._folder(folder).entry(name)
        if isinstance(node.content, dict):
            raise error(errno.EISDIR)
        self.removed(self._folder(folder), name, node)

    def rmdir(self, name: str, *, folder: int) -> None:
        self._call("rmdir")
        node = self._folder(folder).entry(name)
        if node.entries():
            raise error(errno.ENOTEMPTY)
        self.removed(self._folder(folder), name, node)

    def symlink(self, target: str, name: str, *, folder: int) -> None:
        self._call("symlink")
        self._make(name, self.disk.make(stat.S_IFLNK | 0o777, target), folder)

    def mkdir(self, name: str, mode: int, *, folder: int) -> None:
        self._call("mkdir")
        self._make(name, self.disk.make(stat.S_IFDIR | mode, {}), folder)

    def _make(self, name: str, node: Node, folder: int) -> None:
        if self.made(self._folder(folder), name, node) is not node:
            raise error(errno.EEXIST)

    def readlink(self, name: str, *, folder: int) -> str:
        self._call("readlink")
        content = self._node(folder).entry(name).content
        if not isinstance(content, str):
            raise error(errno.EINVAL)
        return content

    def names(self, folder: int) -> list[str]:
        self._call("names")
        return list(self._node(folder).entries())

    # -- what changes the disk; a recorder of power cuts overrides these -------------------------

    def wrote(self, node: Node, offset: int, data: bytes) -> None:
        """Let bytes of a file change."""
        content = node.data()
        content.extend(bytes(max(0, offset - len(content))))
        content[offset : offset + len(data)] = data
        self.disk.touch(node)

    def cut(self, node: Node, size: int) -> None:
        """Let a file be that long."""
        content = node.data()
        del content[size:]
        content.extend(bytes(size - len(content)))
        self.disk.touch(node)

    def made(self, folder: Node, name: str, node: Node) -> Node:
        """Let a folder have a name, if it is free; gives what has it now."""
        there = folder.entries().setdefault(name, node)
        if there is node:
            self.disk.touch(folder)
        return there

    def renamed(self, folder: Node, old: str, new: str, node: Node) -> None:
        """Let a name be another, in place of what had that."""
        entries = folder.entries()
        if new in entries and entries[new] is not node:
            entries[new].links -= 1
        entries[new] = node
        del entries[old]
        self.disk.touch(folder)

    def removed(self, folder: Node, name: str, node: Node) -> None:
        """Let a name be gone."""
        del folder.entries()[name]
        node.links -= 1
        self.disk.touch(folder)

    def synced(self, node: Node) -> None:
        """Let everything of a node be safe from power cuts."""

    # -- locks and processes ---------------------------------------------------------------------

    def lock(self, fd: int, seconds: float) -> bool:
        self._call("lock")
        mine, locks = self._open[fd], self.disk.locks
        with self.disk.freed:
            got = self.disk.freed.wait_for(
                lambda: locks.setdefault(mine.node.inode, mine) is mine, max(0.0, seconds)
            )
        if not got:
            self._forget(fd)
        return got

    def unlock(self, fd: int) -> None:
        self._call("unlock")
        with self.disk.freed:
            if self.disk.locks.get(self._node(fd).inode) is self._open[fd]:
                del self.disk.locks[self._node(fd).inode]
                self.disk.freed.notify_all()

    def pid(self) -> int:
        return self._pid

    def program(self) -> str:
        return self.disk.programs[self._pid]

    def host(self) -> str:
        return "memory"

    def boot(self) -> bytes:
        return self.disk.boot

    def booted_at(self) -> int | None:
        return None

    def process_alive(self, pid: int) -> bool:
        return pid in self.disk.alive

    def process_name(self, pid: int) -> str:
        return self.disk.programs.get(pid, "")

    def process_started(self, pid: int) -> float | None:
        clock = self.disk.clock
        started = self.disk.alive.get(pid)
        # As a kernel says it: counted back from a wall clock that may have been set.
        return started and clock.wall_ns() / 10**9 - clock.monotonic() + started


class MemoryStore(FileStore):
    """A store that is gone with its process; several can share one disk, as processes do."""

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        disk: MemoryDisk | None = None,
        sync: str = "full",
        lock_seconds: float = 10.0,
        apply: Apply | None = None,
    ) -> None:
        self.machine = disk or MemoryDisk(clock)
        self.calls = MemoryCalls(self.machine)
        super().__init__(
            SPACE,
            clock or self.machine.clock,
            sync=sync,
            lock_seconds=lock_seconds,
            calls=self.calls,
            apply=apply,
        )
