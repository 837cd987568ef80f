"""`FileWatch`: says which files of a space moved, as soon as it can be known.

By the kernel's events, with a comparison of sizes and times as a net under them; or by comparing
alone. It says too much rather than too little: whoever looks finds out what it was.
"""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, Final

from orgpost.errors import Failed
from orgpost.frozen import NamedTuple
from orgpost.watching.events import MISSING, Events, why_not
from orgpost.watching.times import MESSAGING, folders_now, path_of, take

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from orgpost.clock import Clock

AUTO, INOTIFY, POLL = "auto", "inotify", "poll"
MODES: Final = (AUTO, INOTIFY, POLL)

NET_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.2
_STEP_SECONDS: Final = 1.0
_SURE_NS: Final = 2_000_000_000  # the coarsest times that a file system keeps


class Moved(NamedTuple):
    """Paths below org/messaging that moved; `everything` where nobody knows which."""

    paths: frozenset[str] = frozenset()
    everything: bool = False

    def joined(self, other: Moved | None) -> Moved | None:
        """Give both as one; None where neither is anything."""
        if other is None:
            return self if self.paths or self.everything else None
        return Moved(self.paths | other.paths, self.everything or other.everything)


class FileWatch:
    """Watches one space, from one thread; only `wake` may be called from others.

    `mode` is ``auto``, ``inotify`` (`Failed` where there are no events) or ``poll``. What it became
    stands in `mode`, and why in `why`. `caught` counts what only the net has found.
    """

    def __init__(
        self,
        space: Path,
        clock: Clock,
        *,
        mode: str = AUTO,
        debounce_ms: int = 20,
        net_seconds: float = NET_SECONDS,
    ) -> None:
        self._space, self._clock = space, clock
        self._debounce_ms, self._net_seconds = debounce_ms, net_seconds
        self.why = why_not(space) if mode != POLL else "asked for"
        if mode == INOTIFY and self.why:
            hint = "pip install 'orgpost[ui]'" if self.why == MISSING else "--watch poll"
            raise Failed(f"there are no events to watch with: {self.why}", hint=hint)
        self.caught = 0
        self._woken = Event()
        self._events: Events | None = None
        self._unsure: dict[str, int] = {}
        # Events first: what happens while the times are taken is in one of them, or in both.
        self._open()
        self._times = take(space)
        self._net_at = clock.monotonic() + net_seconds

    @property
    def mode(self) -> str:
        """How it watches at present: ``inotify`` or ``poll``."""
        return POLL if self._events is None else INOTIFY

    def next(self, seconds: float) -> Moved | None:
        """Wait at most so long for something to move; None where nothing did, or we were woken."""
        deadline = self._clock.monotonic() + seconds
        while True:
            moved = self._step(max(deadline - self._clock.monotonic(), 0.0))
            if moved is not None:
                return moved
            if self._woken.is_set() or self._clock.monotonic() >= deadline:
                self._woken.clear()
                return None

    def wake(self) -> None:
        """Let `next` return soon."""
        self._woken.set()

    def close(self) -> None:
        """Watch no more."""
        if self._events is not None:
            self._events.close()
            self._events = None

    # -- one step ------------------------------------------------------------------------------

    def _step(self, seconds: float) -> Moved | None:
        if self._events is None:
            self._woken.wait(min(seconds, POLL_SECONDS))
            return self._compare()
        heard = self._events.wait(min(seconds, _STEP_SECONDS), self._woken)
        if folders_now(self._space) != self._times.folders:
            return self._begin_anew()
        moved = self._heard(heard.paths) if heard.paths else None
        if not heard.sure:
            return Moved(moved.paths if moved else frozenset()).joined(self._compare())
        if moved is not None or self._clock.monotonic() < self._net_at:
            return moved
        moved = self._compare()
        self._net_at = self._clock.monotonic() + self._net_seconds
        self.caught += len(moved.paths) if moved else 0
        return moved

    def _heard(self, paths: Iterable[str]) -> Moved | None:
        """Say what events mean. The kernel drops some where there are too many, and says nothing.

        So the net is drawn soon after events, and the times are taken before anybody looks.
        """
        self._net_at = min(self._net_at, self._clock.monotonic() + _STEP_SECONDS)
        known: set[str] = set()
        for folder, name in filter(None, map(self._place, paths)):
            if (path := path_of(folder, name)) is not None:
                known.add(path)
                self._times.renew(self._space, folder, name)
        return Moved(frozenset(known)) if known else None

    def _place(self, path: str) -> tuple[str, str] | None:
        folder, _, name = path.rpartition("/")
        below = folder.removeprefix(f"{self._space}/")
        return (below, name) if below != folder else None

    def _compare(self) -> Moved | None:
        before, now = self._times, take(self._space)
        self._times = now
        is_deaf = self._events is None and not self.why and MESSAGING in now.folders
        if is_deaf or now.folders != before.folders:
            return self._begin_anew()
        moved = now.moved_since(before)
        if self._events is None:
            moved |= self._settled(moved)
        return Moved(frozenset(moved)) if moved else None

    def _settled(self, moved: set[str]) -> set[str]:
        """Give what moved a while ago: it may have moved once more within one tick of its time."""
        now = self._clock.wall_ns()
        self._unsure |= dict.fromkeys(moved, now)
        old = {path for path, since in self._unsure.items() if not 0 <= now - since < _SURE_NS}
        for path in old - moved:
            del self._unsure[path]
        return old - moved

    # -- folders that go and come --------------------------------------------------------------

    def _begin_anew(self) -> Moved:
        self.close()
        self._open()
        self._times = take(self._space)
        return Moved(everything=True)

    def _open(self) -> None:
        """Open the events; without them, or while there is nothing to watch, times must do."""
        if self.why:
            return
        folders = [self._space / folder for folder in folders_now(self._space)]
        if self._space / MESSAGING not in folders:
            return
        try:
            self._events = Events(folders, self._clock, quiet_ms=self._debounce_ms)
        except FileNotFoundError:  # one of them went just now: the next look begins anew
            self._events = None
        except OSError as error:
            self.why = f"the system gives no events: {error}"
