"""Who else writes a file: Emacs's lock beside it, and whether the file is quiet.

An editor that locks a file has changes that are not in it yet; writing then was seen to destroy
both sides' work.  Our own hold of that lock lasts for one write.
"""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING, Final

from orgpost.frozen import NamedTuple
from orgpost.store.disk import GONE, print_of
from orgpost.store.sign import ME, Sign

if TYPE_CHECKING:
    from orgpost.clock import Clock
    from orgpost.store.disk import Disk, Print

QUIET_NS: Final = 250_000_000
SAVE_SECONDS: Final = 2.0
_FUTURE_SECONDS: Final = 0.06
_NEVER: Final = (None, 0.0)
_LOCK: Final = r"(?P<user>.*)@(?P<host>.+)\.(?P<pid>[0-9]{1,10})(?::(?P<boot>[0-9]+))?"
_CLOCK_SLACK: Final = 2.0
_BOOT_SLACK: Final = 60


class Editor(NamedTuple):
    """Who holds Emacs's lock of a file."""

    user: str
    host: str
    pid: int

    def words(self, path: str) -> str:
        """Say it to a person."""
        if self.user == ME:
            return f"orgpost (process {self.pid} on {self.host}) is writing {path}"
        if not self.pid:
            return f"somebody has unsaved changes in {path} (a lock that is not readable)"
        return f"{self.user}@{self.host} has unsaved changes in {path} (Emacs {self.pid})"


UNREADABLE: Final = Editor("", "", 0)


class Hold:
    """Emacs's lock for one block, which is given who has it instead."""

    __slots__ = ("_folder", "_name", "_taken", "_watch")

    def __init__(self, watch: Watch, folder: int, name: str) -> None:
        self._watch, self._folder, self._name = watch, folder, name
        self._taken = False

    def __enter__(self) -> Editor | None:
        """Take it."""
        editor = self._watch.take(self._folder, self._name)
        self._taken = editor is None
        return editor

    def __exit__(self, *_: object) -> None:
        """Take it away."""
        if self._taken:
            self._watch.drop(self._folder, self._name)


class Watch:
    """Looks at editors' locks and at the age of files."""

    def __init__(self, disk: Disk, clock: Clock) -> None:
        self._calls, self._clock = disk.calls, clock
        self._sign = Sign(disk)
        self._seen: dict[str, tuple[Print, float]] = {}

    def editor(self, folder: int, name: str) -> Editor | None:
        """Say who has unsaved changes in the file; a dead process has none."""
        lock = f".#{name}"
        try:
            made = self._calls.lstat(lock, folder=folder)
            linked = stat.S_ISLNK(made.st_mode)
            read = self._calls.readlink if linked else self._regular
            words = read(lock, folder=folder)
        except FileNotFoundError:
            return None
        found = re.fullmatch(_LOCK, words)
        if found is None:
            return UNREADABLE
        editor = Editor(found["user"], found["host"], int(found["pid"]))
        return None if self._stale(editor, made.st_mtime, found["boot"]) else editor

    def _regular(self, lock: str, *, folder: int) -> str:
        # Where the file system has no links, Emacs writes the same words into a file.
        fd = self._calls.open(lock, os.O_RDONLY | os.O_NONBLOCK, folder=folder)
        try:
            return self._calls.pread(fd, 300, 0).decode("utf-8", "replace").strip()
        finally:
            self._calls.close(fd)

    def _stale(self, editor: Editor, made: float, boot: str | None) -> bool:
        if editor.host != self._calls.host():
            return False
        if not self._calls.process_alive(editor.pid):
            return True
        started = self._calls.process_started(editor.pid)
        if started is not None and started > made + _CLOCK_SLACK:
            # After a wall clock was set forward, each living process looks younger than its locks.
            return "emacs" not in self._calls.process_name(editor.pid).casefold()
        booted = self._calls.booted_at()
        return bool(boot and booted and int(boot) < booted - _BOOT_SLACK)

    def hold(self, folder: int, name: str) -> Hold:
        """Hold Emacs's lock for one write; gives who has it instead, and then holds nothing."""
        return Hold(self, folder, name)

    def take(self, folder: int, name: str) -> Editor | None:
        """Take Emacs's lock, or say who has it."""
        while True:
            try:
                self._sign.put(folder, f".#{name}")
            except FileExistsError:
                editor = self.editor(folder, name)
                if editor is not None:
                    return editor
                self.drop(folder, name)
            else:
                return None

    def drop(self, folder: int, name: str) -> None:
        """Take a lock away."""
        try:
            self._calls.unlink(f".#{name}", folder=folder)
        except FileNotFoundError:
            return

    def may_be_a_save(
        self, path: str, folder: int, found: os.stat_result | None, *, odd: bool
    ) -> bool:
        """Ask whether an editor may be in the middle of a save; no longer than two seconds.

        `odd` says that the file is empty or lacks its cookie; `found` is None where it is missing
        and was not missing before.
        """
        if found is None:
            # Some editors save by moving the old file away first.
            there = self._calls.fstat(folder).st_mtime_ns
            return self._is_fresh(there) and not self._is_old(path, GONE, SAVE_SECONDS)
        if self._seen.get(path, _NEVER)[0] == GONE:
            # The next time that it is missing is another save, and not two seconds old already.
            del self._seen[path]
        return not self._quiet(path, found) or (odd and self._is_fresh(found.st_mtime_ns))

    def _is_fresh(self, mtime_ns: int) -> bool:
        return abs(self._clock.wall_ns() - mtime_ns) < SAVE_SECONDS * 10**9

    def _quiet(self, path: str, found: os.stat_result) -> bool:
        age = self._clock.wall_ns() - found.st_mtime_ns
        # A time that lies in the future says nothing; two equal looks do.
        return age >= QUIET_NS if age >= 0 else self._is_old(path, print_of(found), _FUTURE_SECONDS)

    def _is_old(self, path: str, print_: Print, seconds: float) -> bool:
        now = self._clock.monotonic()
        seen, since = self._seen.get(path, (None, now))
        if seen != print_:
            self._seen[path] = (print_, now)
        return seen == print_ and now - since >= seconds

    def close(self) -> None:
        """Take our own sign away."""
        self._sign.close()
