"""Files of the space that are no mail, and get a text added: under a lock, whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from orgpost.store.calls import Calls
from orgpost.store.disk import Disk, trouble
from orgpost.store.lock import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from orgpost.clock import Clock

_PRIVATE: Final = 0o600


def amend_file(
    space: Path, path: str, change: Callable[[bytes], bytes], *, clock: Clock, seconds: float
) -> None:
    """Let a file of the space be what `change` makes of it; it and its folders are made if missing.

    `path` is relative to the space; no part of it may be a link. Others who amend it wait.
    """
    disk = Disk(os.fspath(space), Calls(), sync=True)
    folder, _, name = path.rpartition("/")
    lock = FileLock(disk, clock, f"+/{path}")
    with trouble(path, "write"), disk.folder(folder, make=True) as fd:
        lock.acquire(seconds)
        try:
            data, like = disk.read(fd, name) or (b"", _PRIVATE)
            disk.replace(fd, name, change(data), like=like)
        finally:
            lock.release()
            lock.close()
