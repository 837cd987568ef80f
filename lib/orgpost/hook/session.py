"""One session's note on disk, locked while it is read and written, so that exactly one speaks.

Where the note cannot be made, the session still gets its mail, and gets it again.
"""

import posix
import time

from .disk import lock, names, own_folder, read_from, remove, rewrite
from .told import Told

LOCK_SECONDS = 0.05
KEPT_SECONDS = 14 * 86_400
USED_SECONDS = 86_400


class Session:
    """The notes of a session while nobody else can use them."""

    def __init__(self, notes: str | None, name: str, told: Told) -> None:
        self.told = told
        self._folder = f"{notes}/sessions" if notes else ""
        self._path = f"{self._folder}/{name}"
        self._descriptor: int | None = None
        self._found = b""

    def __enter__(self) -> None:
        """Lock and read the note; TimeoutError where another process has it."""
        if self._folder and own_folder(self._folder):
            self._descriptor = lock(self._path, LOCK_SECONDS)
        if self._descriptor is not None:
            self._found = read_from(self._descriptor)
            self.told.load(self._found)

    def __exit__(self, *_facts: object) -> None:
        if self._descriptor is None:
            return
        if self.told.is_empty and not self._found:
            remove(self._path)
        posix.close(self._descriptor)

    def save(self) -> bool:
        """Write the notes down; whether they are on disk as they are here."""
        if self._descriptor is None:
            return False
        data = self.told.dump()
        if data == self._found:
            self._mark_as_used()
            return True
        if not self._found:
            sweep(self._folder)
        self._found = data
        return rewrite(self._descriptor, data)

    def _mark_as_used(self) -> None:
        if self._descriptor is None:
            return
        try:
            if time.time() - posix.fstat(self._descriptor).st_mtime > USED_SECONDS:
                posix.utime(self._descriptor)
        except OSError:
            return


def sweep(folder: str) -> None:
    """Drop the notes of sessions that nobody has used for two weeks."""
    oldest = time.time() - KEPT_SECONDS
    for name in names(folder):
        path = f"{folder}/{name}"
        try:
            if posix.stat(path).st_mtime < oldest:
                remove(path)
        except OSError:
            continue
