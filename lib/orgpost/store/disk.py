"""Files and folders of one space, on top of the system calls: open, read, write, sync, replace.

Nowhere else is a file opened for writing.  Below `org/messaging` and `.orgpost` every folder is
opened by its own name, without following links.  `OSError` becomes one of ours at `trouble`.
"""

from __future__ import annotations

import errno
import itertools
import os
import re
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from orgpost.errors import DiskFailed, NoSpace, NotPermitted, UnsafePath

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType
    from typing import TypeAlias

    from orgpost.store.calls import Calls

    # Size, modification time in nanoseconds, inode; a plain tuple, for each write makes several.
    Print: TypeAlias = tuple[int, int, int]

SCRATCH: Final = ".orgpost-tmp"
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_REFUSED: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_LINKED: Final = frozenset({errno.ELOOP, errno.ENOTDIR, errno.EMLINK, errno.ENXIO, errno.EISDIR})
_OURS_TO_SEE: Final = (FileNotFoundError, FileExistsError)
_SCRATCH_NAME: Final = rf"\..+\.(?P<pid>[0-9]+)-[0-9]+{re.escape(SCRATCH)}"
_READ: Final = os.O_RDONLY | os.O_NONBLOCK
_PIECE: Final = 1 << 24
_HEAD_BYTES: Final = 128  # more than the cookie
_SURE_NS: Final = 2_000_000_000  # the coarsest times that a file system keeps
_scratches = itertools.count()


class trouble:  # noqa: N801  used as a statement: `with trouble(path, "sync"):`
    """Turn an `OSError` of the block into the error that says what to do."""

    def __init__(self, path: str, operation: str) -> None:
        self._path, self._operation = path, operation

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Raise ours instead."""
        if isinstance(error, OSError) and not isinstance(error, _OURS_TO_SEE):
            raise self._ours(error) from error
        if isinstance(error, UnsafePath) and self._path.endswith(f"/{error.path}"):
            # Who looked into a folder knew no more than the name.
            raise UnsafePath(self._path, error.why) from error

    def _ours(self, error: OSError) -> Exception:
        reason = os.strerror(error.errno) if error.errno else str(error)
        if error.errno in _FULL:
            return NoSpace(self._path, self._operation)
        if error.errno in _REFUSED:
            return NotPermitted(f"{self._operation} {self._path}", reason)
        if error.errno in _LINKED:
            return UnsafePath(self._path, "it is a link, or no plain file")
        return DiskFailed(self._path, self._operation, reason)


GONE: Final = (0, 0, 0)


def print_of(found: os.stat_result | None) -> Print:
    """Give what tells a state of a file from another; a missing one has none of it."""
    return GONE if found is None else (found.st_size, found.st_mtime_ns, found.st_ino)


class Disk:
    """The files of one space; `sync` off leaves every sync out."""

    def __init__(self, space: str, calls: Calls, *, sync: bool) -> None:
        self.space, self.calls, self._sync = space, calls, sync
        self._boot: bytes | None = None

    def boot(self) -> bytes:
        """Name this boot of the machine; asked once."""
        if self._boot is None:
            self._boot = self.calls.boot()
        return self._boot

    @contextmanager
    def folder(self, path: str, *, make: bool = False) -> Iterator[int]:
        """Open a folder of the space for one block."""
        fd = self.open_folder(path, make=make)
        try:
            yield fd
        finally:
            self.calls.close(fd)

    def open_folder(self, path: str, *, make: bool = False) -> int:
        """Open a folder of the space; with `make`, what is missing is made, private or as above it.

        Raises `FileNotFoundError` where it is missing and `make` is not given.
        """
        parts = [part for part in path.split("/") if part]
        first = 2 if parts[:2] == ["org", "messaging"] else 0
        fd = self.calls.open_root("/".join([self.space, *parts[:first]]))
        try:
            for part in parts[first:]:
                below = self._step(fd, part, make=make, private=parts[0] == ".orgpost")
                self.calls.close(fd)
                fd = below
        except BaseException:
            self.calls.close(fd)
            raise
        return fd

    def lstat(self, path: str) -> os.stat_result | None:
        """Stat a path of the space; None where there is nothing, or nothing that can be seen."""
        try:
            return self.calls.lstat(f"{self.space}/{path}")
        except OSError:
            return None

    def fingerprint(self, path: str, now_ns: int) -> object:
        """Give what tells one state of a file or folder from another; None where nothing does.

        What changed just now may change again with nothing of this being different.
        """
        found = self.lstat(path)
        if found is None or now_ns - found.st_ctime_ns < _SURE_NS:
            return None
        return print_of(found), found.st_ctime_ns

    def _step(self, fd: int, part: str, *, make: bool, private: bool) -> int:
        flags = os.O_RDONLY | os.O_DIRECTORY
        try:
            return self.calls.open(part, flags, folder=fd)
        except FileNotFoundError:
            if not make:
                raise
        shared = not private and self.calls.fstat(fd).st_mode & stat.S_IWGRP
        with suppress(FileExistsError):
            self.calls.mkdir(part, 0o770 if shared else 0o700, folder=fd)
            self.sync_folder(fd)
        below = self._step(fd, part, make=self.calls.fstat(fd).st_nlink > 0, private=private)
        if part == ".orgpost":
            self._keep_out_of_git(below)
        return below

    def _keep_out_of_git(self, folder: int) -> None:
        # Who deletes the folder may do so; what comes to be in it again is still nobody's to share.
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with suppress(OSError):
            fd = self.calls.open(".gitignore", flags, 0o600, folder=folder)
            try:
                self.calls.write(fd, b"*\n")
            finally:
                self.calls.close(fd)

    def print_of(self, folder: int, name: str) -> os.stat_result | None:
        """Stat a plain file; None where it is missing, `UnsafePath` where it is something else."""
        try:
            found = self.calls.lstat(name, folder=folder)
        except FileNotFoundError:
            return None
        return self._plain(found, name)

    def _plain(self, found: os.stat_result, name: str) -> os.stat_result:
        if not stat.S_ISREG(found.st_mode):
            raise UnsafePath(name, "it is no plain file")
        return found

    def open_to_read(self, folder: int, name: str) -> int | None:
        """Open a plain file; None where it is missing. A pipe is refused, never waited for."""
        try:
            fd = self.calls.open(name, _READ, folder=folder)
        except FileNotFoundError:
            return None
        try:
            self._plain(self.calls.fstat(fd), name)
        except BaseException:
            self.calls.close(fd)
            raise
        return fd

    def read_all(self, fd: int) -> bytes:
        """Read the whole file, however much it is."""
        # In one piece where it is one: joining several needs twice the memory of the file.
        pieces, at, size = [], 0, self.calls.fstat(fd).st_size
        while piece := self.calls.pread(fd, max(size - at, _PIECE), at):
            pieces.append(piece)
            at += len(piece)
        return b"".join(pieces)

    def read(self, folder: int, name: str) -> tuple[bytes, os.stat_result] | None:
        """Read a plain file, and say which state of it that was; None where it is missing."""
        fd = self.open_to_read(folder, name)
        if fd is None:
            return None
        try:
            return self.read_all(fd), self.calls.fstat(fd)
        finally:
            self.calls.close(fd)

    def read_end(
        self, folder: int, name: str, size: int
    ) -> tuple[bytes, bytes, int, os.stat_result] | None:
        """Read the first bytes of a plain file, and its last, with the offset where those begin."""
        fd = self.open_to_read(folder, name)
        if fd is None:
            return None
        try:
            found = self.calls.fstat(fd)
            start = max(0, found.st_size - size)
            head = self.calls.pread(fd, _HEAD_BYTES, 0)
            return head, self.calls.pread(fd, found.st_size - start, start), start, found
        finally:
            self.calls.close(fd)

    def write_at(self, fd: int, data: bytes, offset: int) -> None:
        """Write all of it; short writes are continued."""
        done = self.calls.pwrite(fd, data, offset)
        while done < len(data):
            done += self.calls.pwrite(fd, memoryview(data)[done:], offset + done)

    def append(self, fd: int, data: bytes) -> None:
        """Write all of it at the end; short writes are continued."""
        view = memoryview(data)
        while view:
            view = view[self.calls.write(fd, view) :]

    def sync(self, fd: int) -> None:
        """Sync a file whose size may have changed. An error is never retried on this descriptor."""
        if self._sync:
            self.calls.fsync(fd)

    def sync_data(self, fd: int) -> None:
        """Sync content. An error is never retried on this descriptor."""
        if self._sync:
            self.calls.fdatasync(fd)

    def sync_folder(self, folder: int) -> None:
        """Sync the names in a folder."""
        if self._sync:
            self.calls.fsync(folder)

    @contextmanager
    def scratch(
        self, folder: int, name: str, pieces: Iterable[bytes], *, like: os.stat_result | int
    ) -> Iterator[str]:
        """Write a synced scratch file beside `name`; it is gone afterwards, unless it was renamed.

        `like` is the file whose mode, owner and attributes it takes, or the mode of a new one.
        """
        self.sweep(folder)
        scratch, fd = self._new_scratch(folder, name)
        try:
            try:
                for piece in pieces:
                    self.append(fd, piece)
                self._dress(fd, folder, name, like)
                self.sync(fd)
            finally:
                self.calls.close(fd)
            yield scratch
        finally:
            with suppress(FileNotFoundError):
                self.calls.unlink(scratch, folder=folder)

    def _new_scratch(self, folder: int, name: str) -> tuple[str, int]:
        # A dead process may have had our number, and have left its scratch file.
        while True:
            # A name may have 255 bytes, and so may this one: only its beginning stands in it.
            scratch = f".{name[:50]}.{self.calls.pid()}-{next(_scratches)}{SCRATCH}"
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            with suppress(FileExistsError):
                return scratch, self.calls.open(scratch, flags, 0o600, folder=folder)

    def left_over(self, folder: int) -> list[str]:
        """Name the scratch files of dead processes in a folder."""
        found = (re.fullmatch(_SCRATCH_NAME, name) for name in self.calls.names(folder))
        return sorted(
            name[0] for name in found if name and not self.calls.process_alive(int(name["pid"]))
        )

    def sweep(self, folder: int) -> list[str]:
        """Remove the scratch files of dead processes in a folder; names them."""
        swept = self.left_over(folder)
        for name in swept:
            with suppress(FileNotFoundError):
                self.calls.unlink(name, folder=folder)
        return swept

    def _dress(self, fd: int, folder: int, name: str, like: os.stat_result | int) -> None:
        if isinstance(like, int):
            self.calls.chmod(fd, like)
            return
        mine = self.calls.fstat(fd)
        if (mine.st_uid, mine.st_gid) != (like.st_uid, like.st_gid):
            try:
                self.calls.chown(fd, like.st_uid, like.st_gid)
            except PermissionError:
                raise NotPermitted(f"replace {name}", "its owner could not be kept") from None
        self.calls.chmod(fd, stat.S_IMODE(like.st_mode))
        source = self.open_to_read(folder, name)
        if source is not None:
            self.calls.copy_attributes(source, fd)
            self.calls.close(source)

    def replace(
        self, folder: int, name: str, data: bytes, *, like: os.stat_result | int
    ) -> os.stat_result:
        """Put a file in place of another: scratch, sync, rename, sync of the folder."""
        with self.scratch(folder, name, [data], like=like) as scratch:
            self.calls.rename(scratch, name, folder=folder)
        self.sync_folder(folder)
        return self.calls.lstat(name, folder=folder)

    def create(self, folder: int, name: str, pieces: Iterable[bytes], *, mode: int) -> None:
        """Make a file that must not be there yet; `FileExistsError` where it is."""
        with self.scratch(folder, name, pieces, like=mode) as scratch:
            self.calls.link(scratch, name, folder=folder)
        self.sync_folder(folder)

    def new_mode(self) -> int:
        """Give the mode of a new Org file: private, or the group's where the folder is."""
        root = self.calls.open_root(f"{self.space}/org/messaging")
        try:
            shared = self.calls.fstat(root).st_mode & stat.S_IWGRP
        finally:
            self.calls.close(root)
        return 0o660 if shared else 0o600


class KeptFolder:
    """A folder that stays open: it is opened anew only where its path means another one.

    Whoever uses it holds the lock of the file that it is kept for.
    """

    def __init__(self, disk: Disk, path: str) -> None:
        self._disk, self._path = disk, path
        self._fd: int | None = None
        self._which = (0, 0)

    def open(self) -> tuple[int, os.stat_result]:
        """Give its descriptor, not to be closed, and what it is; what is missing is made."""
        if self._fd is not None:
            there = self._disk.lstat(self._path)
            if there is not None and (there.st_dev, there.st_ino) == self._which:
                return self._fd, there
            self.close()
        self._fd = self._disk.open_folder(self._path, make=True)
        found = self._disk.calls.fstat(self._fd)
        self._which = found.st_dev, found.st_ino
        return self._fd, found

    def close(self) -> None:
        """Close it."""
        if self._fd is not None:
            fd, self._fd = self._fd, None
            self._disk.calls.close(fd)
