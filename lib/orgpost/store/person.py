"""A person who edits Org files with an editor, good manners or bad: the double of Emacs for tests.

It goes past the store, as a person does, and works on a real disk as on one in memory.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from orgpost.store.disk import Disk
from orgpost.store.page import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from orgpost.store.calls import Calls

TRUNCATE: Final = "truncate"
RENAME: Final = "rename"
BACKUP: Final = "backup"
SAVES: Final = (TRUNCATE, RENAME, BACKUP)


class Person:
    """One editor, with its manner to save.

    "truncate" writes into the file, "rename" puts another in its place, and "backup" moves the
    old one aside first, so that for a moment there is none.
    """

    def __init__(self, space: str, calls: Calls, name: str = "tex") -> None:
        self._disk = Disk(space, calls, sync=True)
        self.calls, self.name = calls, name

    def read(self, path: str) -> bytes:
        """Read a file, nothing where there is none."""
        folder, _, name = path.rpartition("/")
        with suppress(FileNotFoundError), self._disk.folder(f"{ROOT}/{folder}") as fd:
            found = self._disk.read(fd, name)
            return b"" if found is None else found[0]
        return b""

    def edit(self, path: str, change: Callable[[bytes], bytes], *, how: str = TRUNCATE) -> None:
        """Read, change, save; with no editor's lock."""
        self.save(path, change(self.read(path)), how=how)

    def save(self, path: str, data: bytes, *, how: str = TRUNCATE) -> None:
        """Save a buffer, whatever the file holds by now."""
        folder, _, name = path.rpartition("/")
        with self._disk.folder(f"{ROOT}/{folder}", make=True) as fd:
            if how == RENAME:
                self._write(fd, f"{name}.new", data)
                self.calls.rename(f"{name}.new", name, folder=fd)
                self.calls.fsync(fd)
                return
            if how == BACKUP:
                with suppress(FileNotFoundError):
                    self.calls.rename(name, f"{name}~", folder=fd)
            self._write(fd, name, data)
            self.calls.fsync(fd)

    def _write(self, folder: int, name: str, data: bytes) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        fd = self.calls.open(name, flags, folder=folder)
        try:
            self._disk.write_at(fd, data, 0)
            self.calls.fsync(fd)
        finally:
            self.calls.close(fd)

    def lock(self, path: str) -> None:
        """Begin to change a buffer: Emacs locks the file."""
        words = f"{self.name}@{self.calls.host()}.{self.calls.pid()}"
        folder, _, name = path.rpartition("/")
        with self._disk.folder(f"{ROOT}/{folder}", make=True) as fd:
            with suppress(FileNotFoundError):
                there = self.calls.readlink(f".#{name}", folder=fd)
                pid = int(there.rpartition(".")[2])
                if pid == self.calls.pid() or not self.calls.process_alive(pid):
                    self.calls.unlink(f".#{name}", folder=fd)
            self.calls.symlink(words, f".#{name}", folder=fd)

    def unlock(self, path: str) -> None:
        """Save or revert the buffer: Emacs takes its lock away."""
        folder, _, name = path.rpartition("/")
        with suppress(FileNotFoundError), self._disk.folder(f"{ROOT}/{folder}") as fd:
            self.calls.unlink(f".#{name}", folder=fd)
