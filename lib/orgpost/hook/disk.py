"""Files as the hook meets them: read whatever lies there, write only what may be thrown away.

The module `os` costs more than all that is done here, so this speaks to the kernel through `posix`.
Reading never blocks and never raises; writing answers whether it went well, because a hook that
cannot take a note has still something to say.
"""

import posix
import stat
import time
from fcntl import LOCK_EX, LOCK_NB, flock

READ = posix.O_RDONLY | posix.O_NONBLOCK | posix.O_CLOEXEC
PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700

# The kernel refuses with an OSError; a path that it could not even be asked about (a zero byte,
# half a character) comes as a ValueError.
REFUSALS = (OSError, ValueError)


def identity(path: str) -> tuple[int, int, int] | None:
    """What tells one version of a file from the next: time, size and inode; None without one."""
    try:
        found = posix.stat(path)
    except REFUSALS:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def is_folder(path: str) -> bool:
    """Whether a folder lies there, itself or through a link."""
    try:
        return stat.S_ISDIR(posix.stat(path).st_mode)
    except REFUSALS:
        return False


def open_regular(path: str, flags: int = READ) -> int | None:
    """A descriptor of a regular file; None for anything else, a pipe without a writer included."""
    try:
        descriptor = posix.open(path, flags, PRIVATE_FILE)
    except REFUSALS:
        return None
    if stat.S_ISREG(posix.fstat(descriptor).st_mode):
        return descriptor
    posix.close(descriptor)
    return None


def read(path: str, limit: int = 1 << 22) -> bytes | None:
    """The bytes of a regular file, or None."""
    descriptor = open_regular(path)
    if descriptor is None:
        return None
    try:
        return read_from(descriptor, limit)
    except OSError:
        return None
    finally:
        posix.close(descriptor)


def read_from(descriptor: int, limit: int = 1 << 22) -> bytes:
    """All bytes of an open file from its start, at most `limit`."""
    pieces, at = [], 0
    while at < limit:
        piece = posix.pread(descriptor, limit - at, at)
        if not piece:
            break
        pieces.append(piece)
        at += len(piece)
    return b"".join(pieces)


def own_folder(path: str, *, make: bool = True) -> bool:
    """Make the folder if it is missing; whether it is a folder of this user's now, and no link."""
    try:
        if make:
            posix.mkdir(path, PRIVATE_FOLDER)
    except FileExistsError:
        pass
    except REFUSALS:
        return False
    try:
        found = posix.lstat(path)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == posix.geteuid()


def names(folder: str) -> list[str]:
    """What lies in a folder; nothing where there is none."""
    try:
        return posix.listdir(folder)
    except REFUSALS:
        return []


def replace(path: str, data: bytes) -> bool:
    """Put a whole file in place at once, so that nobody ever reads half of it."""
    scratch = f"{path}.{posix.getpid()}.new"
    try:
        descriptor = posix.open(
            scratch, posix.O_WRONLY | posix.O_CREAT | posix.O_TRUNC | posix.O_CLOEXEC, PRIVATE_FILE
        )
        try:
            complete = posix.write(descriptor, data) == len(data)
        finally:
            posix.close(descriptor)
        if complete:
            posix.rename(scratch, path)
        else:
            posix.unlink(scratch)
    except REFUSALS:
        remove(scratch)
        return False
    return complete


def append(path: str, data: bytes) -> bool:
    """Add one line to a file, making it if it is missing; lines of several writers do not mix."""
    flags = posix.O_WRONLY | posix.O_CREAT | posix.O_APPEND | posix.O_NONBLOCK | posix.O_CLOEXEC
    descriptor = open_regular(path, flags)
    if descriptor is None:
        return False
    try:
        return posix.write(descriptor, data) == len(data)
    except OSError:
        return False
    finally:
        posix.close(descriptor)


def remove(path: str) -> None:
    """Remove a file, if it is there."""
    try:
        posix.unlink(path)
    except REFUSALS:
        return


def remove_folder(path: str) -> None:
    """Remove a folder and the files in it."""
    for name in names(path):
        remove(f"{path}/{name}")
    try:
        posix.rmdir(path)
    except REFUSALS:
        return


def lock(path: str, seconds: float) -> int | None:
    """Open a note, made if missing, and lock it; None where it cannot be made.

    TimeoutError where somebody else keeps it locked. The file may be removed by whoever held the
    lock before, so it is looked at again: a lock on a file without a name would keep nobody out.
    """
    flags = posix.O_RDWR | posix.O_CREAT | posix.O_NOFOLLOW | posix.O_NONBLOCK | posix.O_CLOEXEC
    deadline = time.monotonic() + seconds
    while True:
        descriptor = open_regular(path, flags)
        if descriptor is None:
            return None
        _wait_for(descriptor, deadline)
        found = identity(path)
        if found is not None and found[2] == posix.fstat(descriptor).st_ino:
            return descriptor
        posix.close(descriptor)


def close(descriptor: int) -> None:
    """Let go of a file, and of its lock."""
    posix.close(descriptor)


def _wait_for(descriptor: int, deadline: float) -> None:
    while True:
        try:
            flock(descriptor, LOCK_EX | LOCK_NB)
        except OSError as refusal:
            if time.monotonic() >= deadline:
                posix.close(descriptor)
                raise TimeoutError from refusal
            time.sleep(0.002)
        else:
            return


def rewrite(descriptor: int, data: bytes) -> bool:
    """Put other bytes into a locked note; what a kill leaves of it is read as far as it goes."""
    try:
        complete = posix.pwrite(descriptor, data, 0) == len(data)
        posix.ftruncate(descriptor, len(data))
    except OSError:
        return False
    return complete
