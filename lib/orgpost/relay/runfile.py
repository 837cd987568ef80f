"""Which relay serves a space: a kernel lock while it runs, and a file that tells where it is.

A file whose lock is free is of a relay that is gone, and says nothing. Nothing here knows the
network, so that clients can ask before they load any of it.
"""

from __future__ import annotations

import fcntl
import json
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from orgpost.frozen import NamedTuple
from orgpost.relay.refusals import RelayRuns
from orgpost.space import PRIVATE
from orgpost.store import replace_file

if TYPE_CHECKING:
    from collections.abc import Iterator
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


@contextmanager
def served(space: Path, clock: Clock) -> Iterator[None]:
    """Be the one relay of a space for a block; `RelayRuns` where there is another."""
    path = space / LOCK
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("ab") as file:
        _take(file.fileno(), space, clock)
        try:
            yield
        finally:
            with suppress(OSError):
                (space / FILE).unlink()


def tell(space: Path, running: Running) -> None:
    """Let clients of this host find us."""
    replace_file(space / FILE, json.dumps(running._asdict()).encode() + b"\n")


def _take(fd: int, space: Path, clock: Clock) -> None:
    # A client that asks whether somebody serves holds the lock for an instant.
    for _ in range(_TRIES):
        with suppress(BlockingIOError):
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        clock.sleep(_AGAIN_SECONDS)
    found = _read(space)
    raise RelayRuns("it has only just begun" if found is None else found.url)


def _read(space: Path) -> Running | None:
    try:
        with (space / FILE).open("rb") as file:
            data: Any = json.loads(file.read(_LARGEST))
        return Running(str(data["url"]), int(data["pid"]), str(data["started"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
