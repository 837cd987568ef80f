"""Every system call that the store makes, in one small class, so that a test can stand in for it.

`Calls` is the machine itself.  Tests hand the store a recorder, a killer or a liar instead;
`orgpost.store.memory` hands it a disk that is only a dictionary.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_PROC_STARTED: Final = 21  # the 22nd field of /proc/PID/stat, counted from 0
_BOOT: Final = "/proc/sys/kernel/random/boot_id"


class Calls:
    """The machine. Errors are `OSError`, as the kernel gives them."""

    def open(self, name: str, flags: int, mode: int = 0o600, *, folder: int | None = None) -> int:
        """Open without following a link at the last component, not inherited by children."""
        return os.open(name, flags | os.O_CLOEXEC | os.O_NOFOLLOW, mode, dir_fd=folder)

    def open_root(self, path: str) -> int:
        """Open the folder that the user named: links up to here are the user's own."""
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def close(self, fd: int) -> None:
        """Close."""
        os.close(fd)

    def pread(self, fd: int, size: int, offset: int) -> bytes:
        """Read at most `size` bytes at `offset`."""
        return os.pread(fd, size, offset)

    def pwrite(self, fd: int, data: bytes | memoryview, offset: int) -> int:
        """Write at `offset`; may write less."""
        return os.pwrite(fd, data, offset)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        """Write at the end of an appending descriptor; may write less."""
        return os.write(fd, data)

    def fstat(self, fd: int) -> os.stat_result:
        """Say what the descriptor is."""
        return os.fstat(fd)

    def lstat(self, name: str, *, folder: int | None = None) -> os.stat_result:
        """Say what the name is, not what it points to."""
        return os.stat(name, dir_fd=folder, follow_symlinks=False)

    def may_write(self, name: str, *, folder: int) -> bool:
        """Ask whether this process may write there."""
        return os.access(name, os.W_OK, dir_fd=folder, effective_ids=True)

    def fsync(self, fd: int) -> None:
        """Sync content and all metadata."""
        os.fsync(fd)

    def fdatasync(self, fd: int) -> None:
        """Sync content and what is needed to read it back."""
        os.fdatasync(fd)

    def truncate(self, fd: int, size: int) -> None:
        """Cut to `size`."""
        os.ftruncate(fd, size)

    def rename(self, old: str, new: str, *, folder: int) -> None:
        """Put `old` in the place of `new`."""
        os.rename(old, new, src_dir_fd=folder, dst_dir_fd=folder)

    def link(self, old: str, new: str, *, folder: int, source: int | None = None) -> None:
        """Give a file of `source`, else of the folder, a second name; refused where it is taken."""
        there = folder if source is None else source
        os.link(old, new, src_dir_fd=there, dst_dir_fd=folder, follow_symlinks=False)

    def unlink(self, name: str, *, folder: int) -> None:
        """Take a name away."""
        os.unlink(name, dir_fd=folder)

    def symlink(self, target: str, name: str, *, folder: int) -> None:
        """Make a link; refused where the name is taken."""
        os.symlink(target, name, dir_fd=folder)

    def readlink(self, name: str, *, folder: int) -> str:
        """Read a link."""
        return os.readlink(name, dir_fd=folder)

    def mkdir(self, name: str, mode: int, *, folder: int) -> None:
        """Make a folder."""
        os.mkdir(name, mode, dir_fd=folder)

    def rmdir(self, name: str, *, folder: int) -> None:
        """Take an empty folder away."""
        os.rmdir(name, dir_fd=folder)

    def names(self, folder: int) -> list[str]:
        """List a folder."""
        return os.listdir(folder)

    def chmod(self, fd: int, mode: int) -> None:
        """Set the mode, whatever the umask."""
        os.fchmod(fd, mode)

    def chown(self, fd: int, user: int, group: int) -> None:
        """Set owner and group."""
        os.fchown(fd, user, group)

    def copy_attributes(self, source: int, target: int) -> None:
        """Copy extended attributes as far as the file system has them."""
        try:
            names: Iterable[str] = os.listxattr(source)
            for name in names:
                os.setxattr(target, name, os.getxattr(source, name))
        except (OSError, AttributeError):  # a system without them, or one that is not ours to set
            return

    def lock(self, fd: int, seconds: float) -> bool:
        """Take the kernel's lock on a descriptor, waiting in the kernel; False when time is over.

        After a False the descriptor is lost: a thread may still wait on it, and closes it then.
        """
        import filelock

        if filelock.lock_descriptor(fd, blocking=False):
            return True
        return seconds > 0 and _Waiter(fd).wait(seconds)

    def unlock(self, fd: int) -> None:
        """Give the kernel's lock back."""
        import filelock

        filelock.unlock_descriptor(fd)

    def pid(self) -> int:
        """Say who we are."""
        return os.getpid()

    def program(self) -> str:
        """Say what runs, for those who wait for us."""
        return (sys.argv[0] if sys.argv else "").rpartition("/")[2] or "python"

    def host(self) -> str:
        """Say where we are, as Emacs says it in its locks."""
        return os.uname().nodename

    def boot(self) -> bytes:
        """Name this boot of the machine in 16 bytes, zeros where the system does not tell."""
        try:
            fd = os.open(_BOOT, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return bytes(16)
        try:
            return bytes.fromhex(os.read(fd, 64).decode().replace("-", ""))
        finally:
            os.close(fd)

    def booted_at(self) -> int | None:
        """Give when this boot began in seconds since 1970, where the system tells."""
        found = _lines_of("/proc/stat", b"btime ")
        return int(found[6:]) if found else None

    def process_alive(self, pid: int) -> bool:
        """Ask whether a process of this host lives."""
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except OverflowError:
            return True
        except PermissionError:
            pass  # somebody else's
        # Its parent has not asked yet how it ended: it holds nothing any more, and never will.
        return _state_of(pid)[:1] not in ([b"Z"], [b"X"])

    def process_name(self, pid: int) -> str:
        """Give what a process runs, where the system tells."""
        return (_lines_of(f"/proc/{pid}/comm", b"") or b"").decode("utf-8", "replace")

    def process_started(self, pid: int) -> float | None:
        """Give when a process began, in seconds since 1970, where the system tells."""
        booted = self.booted_at()
        fields = _state_of(pid)
        if booted is None or len(fields) < _PROC_STARTED - 1:
            return None
        return booted + int(fields[_PROC_STARTED - 2]) / os.sysconf("SC_CLK_TCK")


def _state_of(pid: int) -> list[bytes]:
    # The second field is the name, in brackets, and may hold anything; these follow it.
    return _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()


def _lines_of(path: str, prefix: bytes) -> bytes | None:
    lines = _read(path).split(b"\n")
    return next((line for line in lines if line.startswith(prefix)), None)


def _read(path: str) -> bytes:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(fd, 1 << 20)
    except ProcessLookupError:  # it ended just now
        return b""
    finally:
        os.close(fd)


class _Waiter:
    """A thread that waits for the lock in the kernel, since polling alone starves.

    Who gives up leaves the descriptor to the thread, which drops the lock at once when it comes.
    """

    def __init__(self, fd: int) -> None:
        # Not at the top: hardly any command ever waits, and each would pay for it at its start.
        from threading import Event, Lock

        self._fd = fd
        self._done = Event()
        self._turn = Lock()
        self._given_up = False

    def wait(self, seconds: float) -> bool:
        from threading import Thread

        Thread(target=self._block, daemon=True).start()
        self._done.wait(seconds)
        with self._turn:
            self._given_up = not self._done.is_set()
        return not self._given_up

    def _block(self) -> None:
        from fcntl import LOCK_EX, flock

        flock(self._fd, LOCK_EX)
        with self._turn:
            if self._given_up:
                os.close(self._fd)
            self._done.set()
