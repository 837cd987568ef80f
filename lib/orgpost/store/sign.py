"""Our own hold of Emacs's lock: one symbolic link, kept, that gets a second name for each write.

A new link each time would be a new inode each time, and waits for the file system's journal when
others sync; a second name was seen to cost a tenth of that.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from orgpost.store.disk import Disk

ME: Final = "orgpost"
FOLDER: Final = ".orgpost/run"


class Sign:
    """What this process leaves beside a file while it writes it."""

    def __init__(self, disk: Disk) -> None:
        self._disk, self._calls = disk, disk.calls
        self._pid, self._run = 0, -1

    def put(self, folder: int, name: str) -> None:
        """Leave the sign; `FileExistsError` where somebody's is there."""
        if self._pid != self._calls.pid():
            self._try_to_make()
        try:
            self._give_name(folder, name)
        except FileNotFoundError:  # somebody removed .orgpost
            self._try_to_make()
            self._give_name(folder, name)

    def _try_to_make(self) -> None:
        # What was acknowledged must not fail for want of it: a fresh link serves as well.
        with suppress(OSError):
            self._make()

    def _give_name(self, folder: int, name: str) -> None:
        try:
            self._calls.link(self._kept(), name, folder=folder, source=self._run)
        except (FileExistsError, FileNotFoundError):
            raise
        except OSError:  # a file system that gives a link no second name
            self._calls.symlink(self._words(), name, folder=folder)

    def _make(self) -> None:
        # One that is there was left by a dead process of our number: its age would call us dead.
        self.close()
        self._pid = self._calls.pid()
        with self._disk.folder(FOLDER, make=True) as folder:
            for name in self._calls.names(folder):
                if self._is_left_over(name):
                    with suppress(FileNotFoundError):
                        self._calls.unlink(name, folder=folder)
            self._calls.symlink(self._words(), self._kept(), folder=folder)
            self._run = self._calls.open(".", os.O_RDONLY | os.O_DIRECTORY, folder=folder)

    def _is_left_over(self, name: str) -> bool:
        pid = name.removeprefix("lock-")
        if not pid.isdecimal():
            return False
        return int(pid) == self._pid or not self._calls.process_alive(int(pid))

    def _kept(self) -> str:
        return f"lock-{self._pid}"

    def _words(self) -> str:
        return f"{ME}@{self._calls.host()}.{self._pid}"

    def close(self) -> None:
        """Take the kept link away; a forked child leaves its parent's alone."""
        if self._run >= 0:
            if self._pid == self._calls.pid():
                with suppress(OSError):
                    self._calls.unlink(self._kept(), folder=self._run)
            self._calls.close(self._run)
        self._pid, self._run = 0, -1
