"""What the kernel tells of changed files: inotify and its kin, through the library watchfiles.

It is an extra, so it is loaded when it is first wanted. `why_not` says in words why there are no
events, where there are none.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orgpost.frozen import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from threading import Event

    from orgpost.clock import Clock

MISSING: Final = "watchfiles is not installed"
# What another machine writes there, this kernel does not hear of.
_FAR: Final = re.compile(r"(?:nfs4?|cifs|smb3|smbfs|9p|afs|ncpfs|vboxsf|prl_fs|fuse(?:\..+)?)")
_MOUNTS: Final = Path("/proc/self/mountinfo")
# How often the library looks whether somebody wants us: that often it wakes the processor.
_SHORTEST_STEP_MS: Final = 5
_LONGEST_STEP_MS: Final = 20
_LONGEST_WAIT: Final = 5
_GRACE_SECONDS: Final = 0.5


def why_not(space: Path) -> str:
    """Say why no events can be had for a space; empty where they can."""
    try:
        import watchfiles  # noqa: F401  asked for only to know that it is there
    except ImportError:
        return MISSING
    kind = _file_system(space / "org/messaging")
    return f"a file system of type {kind} gives no events" if _FAR.fullmatch(kind) else ""


def _file_system(folder: Path) -> str:
    """Name the type of the file system that a folder is on; empty where nobody knows."""
    try:
        device = folder.stat().st_dev
        lines = _MOUNTS.read_bytes().decode("utf-8", "replace").split("\n")
    except OSError:
        return ""
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for line in lines:
        words = line.split(" ")
        if wanted in words[2:3] and "-" in words:
            return words[words.index("-") + 1]
    return ""


class Heard(NamedTuple):
    """What was heard: `sure` says that nothing else happened."""

    paths: frozenset[str] = frozenset()
    sure: bool = True


class Events:
    """The events of some folders, what is below them left out."""

    def __init__(self, folders: Iterable[Path], clock: Clock, *, quiet_ms: int) -> None:
        from watchfiles._rust_notify import RustNotify

        self._clock, self._quiet_ms = clock, quiet_ms
        self._step_ms = min(max(quiet_ms, _SHORTEST_STEP_MS), _LONGEST_STEP_MS)
        paths = [os.fspath(folder) for folder in folders]
        self._notify = RustNotify(paths, False, False, 0, False, True)

    def wait(self, seconds: float, woken: Event) -> Heard:
        """Give the paths that were written to, after so much quiet or five times as long.

        Nothing is given where the time is over, or somebody wants us.
        """
        found = self._take(seconds, woken)
        if not found.paths or self._quiet_ms <= self._step_ms:
            return found
        quiet = self._quiet_ms / 1000
        limit = self._clock.monotonic() + _LONGEST_WAIT * quiet
        while (left := limit - self._clock.monotonic()) > 0:
            more = self._take(min(quiet, left), woken)
            found = Heard(found.paths | more.paths, found.sure and more.sure)
            if not more.paths:
                break
        return found

    def _take(self, seconds: float, woken: Event) -> Heard:
        longest, limit = _LONGEST_WAIT * self._step_ms, max(round(seconds * 1000), 1)
        until = _Until(self._clock, seconds + _GRACE_SECONDS, woken)
        found = self._notify.watch(longest, self._step_ms, limit, until)
        if found == "signal":
            # The library has taken what Python's handler raised.
            raise KeyboardInterrupt
        if isinstance(found, str):
            # Who stops the library has it throw away what it heard last.
            return Heard(sure=found == "timeout")
        return Heard(frozenset(path for _, path in found))

    def close(self) -> None:
        """Hear no more."""
        self._notify.close()


class _Until:
    """Says when to stop. The library's own limit is by the wall clock, which may be set back."""

    def __init__(self, clock: Clock, seconds: float, woken: Event) -> None:
        self._clock, self._woken = clock, woken
        self._deadline = clock.monotonic() + seconds

    def is_set(self) -> bool:
        """Ask whether the time has long been over, or somebody wants us."""
        return self._woken.is_set() or self._clock.monotonic() >= self._deadline
