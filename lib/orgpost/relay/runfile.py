"""Which relay serves a space: a kernel lock while it runs, and a file that tells where it is.

A file whose lock is free is of a relay that is gone, and says nothing. Nothing here knows the
network, so that clients can ask before they load any of it.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self

from orgpost.frozen import NamedTuple
from orgpost.relay.refusals import RelayRuns
from orgpost.space import PRIVATE
from orgpost.store import make_private, replace_file
from orgpost.store.page import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from orgpost.clock import Clock

LOCK: Final = f"{PRIVATE}/run/relay.lock"
FILE: Final = f"{PRIVATE}/run/relay.json"
_LARGEST: Final = 65_536
_TRIES: Final = 20
_AGAIN_SECONDS: Final = 0.05


class Running(NamedTuple):
    """A relay that serves a space."""

    url: str
    pid: int
    started: str

    @property
    def ws(self) -> str:
        """Where its socket is."""
        return f"ws{self.url.removeprefix('http')}/ws"


def find_running(space: Path) -> Running | None:
    """Give the relay that serves a space now; None where none does."""
    try:
        with (space / LOCK).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(space)
    except OSError:
        return None
    return None


class Seat:
    """The seat of the one relay of a space: held for a block, and taken again where it was lost.

    Somebody may delete `.orgpost/run/` while a relay runs. The lock that it holds is then of no
    file that others see: no client would find it, and another relay could begin beside it.
    """

    def __init__(self, space: Path, clock: Clock) -> None:
        self._space, self._clock = space, clock
        self._file: BinaryIO
        self._running: Running | None = None

    def __enter__(self) -> Self:
        """Take the seat; `RelayRuns` where another relay has it."""
        self._file = self._taken()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave it; what another relay wrote there meanwhile stays."""
        if self._is_ours():
            with suppress(OSError):
                (self._space / FILE).unlink()
        self._file.close()

    def tell(self, running: Running) -> None:
        """Let clients of this host find us."""
        self._running = running
        replace_file(self._space / FILE, json.dumps(running._asdict()).encode() + b"\n")

    def keep(self) -> None:
        """Take it again where what tells of it was deleted; `RelayRuns` if another was faster."""
        if not (self._space / ROOT).is_dir():
            return  # the whole space is being deleted, or put back: nothing of it is to be made
        was_ours = self._is_ours()
        if not was_ours:
            file = self._taken()
            self._file.close()
            self._file = file
        if self._running is not None and not (was_ours and (self._space / FILE).exists()):
            self.tell(self._running)

    def _is_ours(self) -> bool:
        try:
            there = (self._space / LOCK).stat()
        except OSError:
            return False
        ours = os.fstat(self._file.fileno())
        return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)

    def _taken(self) -> BinaryIO:
        path = self._space / LOCK
        make_private(self._space, f"{PRIVATE}/run")
        file = path.open("ab")
        try:
            self._lock(file.fileno())
        except BaseException:
            file.close()
            raise
        return file

    def _lock(self, fd: int) -> None:
        # A client that asks whether somebody serves holds the lock for an instant.
        for _ in range(_TRIES):
            with suppress(BlockingIOError):
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            self._clock.sleep(_AGAIN_SECONDS)
        found = _read(self._space)
        raise RelayRuns("it has only just begun" if found is None else found.url)


def _read(space: Path) -> Running | None:
    try:
        with (space / FILE).open("rb") as file:
            data: Any = json.loads(file.read(_LARGEST))
        return Running(str(data["url"]), int(data["pid"]), str(data["started"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
