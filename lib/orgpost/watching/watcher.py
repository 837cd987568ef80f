"""`Watcher`: a file watch and a sight that run together, for whoever has a thread to give.

`run` is the thread's whole life; `stop` ends it from outside. The store is asked for nothing while
nothing moves.
"""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from orgpost.watching.file_watch import FileWatch
    from orgpost.watching.sight import Sight

_IDLE_SECONDS: Final = 5.0


class Watcher:
    """Looks at what moves, as long as it runs."""

    def __init__(self, files: FileWatch, sight: Sight) -> None:
        self.files, self.sight = files, sight
        self._over = Event()

    def run(self) -> None:
        """Watch until somebody says stop."""
        try:
            while not self._over.is_set():
                self.step(_IDLE_SECONDS)
        finally:
            self.files.close()

    def step(self, seconds: float) -> None:
        """Wait at most so long for something to move, and tell what it means."""
        due = self.sight.due()
        moved = self.files.next(seconds if due is None else min(due, seconds))
        if moved is not None:
            self.sight.look(moved.paths, everything=moved.everything)
        elif due is not None:
            self.sight.look()

    def stop(self) -> None:
        """Let `run` end soon."""
        self._over.set()
        self.files.wake()
