"""What wakes who waits: files that moved. Where one comes from it says with `via`."""

from __future__ import annotations

import re
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from orgpost.names import NAME
from orgpost.watching.file_watch import AUTO, FileWatch, Moved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from orgpost.post import Post

    Hear: TypeAlias = Callable[[dict[str, Any]], None]

T = TypeVar("T")

FILES, RELAY = "files", "relay"


class Link(Protocol):
    """A connection to a relay; see `orgpost.relay.link`."""

    is_up: bool

    def stop(self) -> None:
        """Let go of it."""


class NoLink:
    """No relay, nor anybody who looks for one."""

    is_up = False

    def stop(self) -> None:
        """There is nothing to let go of."""


def no_relay(_: Hear) -> Link:
    """Join nothing: files are enough."""
    return NoLink()


class Signs(Protocol):
    """Somebody who says that something moved."""

    @property
    def via(self) -> str:
        """How it is learnt at present: ``files`` or ``relay``."""

    def next(self, seconds: float) -> Moved | None:
        """Wait at most so long for something to move."""

    def close(self) -> None:
        """Watch no more."""


class FileSigns:
    """The files of the space, watched by this process; and a relay beside them, where one is.

    `join` is called once, when somebody really begins to wait, and gives the link that wakes us.
    """

    def __init__(
        self, post: Post, join: Callable[[Hear], Link] = no_relay, *, mode: str = AUTO
    ) -> None:
        self._watch = watch_of(post, mode=mode)
        self._join = join
        self._link: Link | None = None
        self._hinted: SimpleQueue[str] = SimpleQueue()

    @property
    def via(self) -> str:
        """How it is learnt at present."""
        return RELAY if self._link is not None and self._link.is_up else FILES

    def next(self, seconds: float) -> Moved | None:
        """Wait at most so long for a file to move, or for a hint that one did."""
        if self._link is None:
            self._link = self._join(self._hear)
        moved = self._watch.next(seconds)
        hinted = frozenset(taken(self._hinted))
        if not hinted:
            return moved
        return Moved(hinted).joined(moved)

    def _hear(self, frame: dict[str, Any]) -> None:
        if path := path_of_box(frame.get("box")):
            self._hinted.put(path)
            self._watch.wake()

    def close(self) -> None:
        """Watch no more."""
        if self._link is not None:
            self._link.stop()
        self._watch.close()


def path_of_box(box: object) -> str | None:
    """Give the file that a hint is about; None where it may be any, or none."""
    kind, _, name = str(box).partition("/")
    folder = {"inbox": "inbox", "marks": "inbox", "agents": "agents", "trays": "trays"}.get(kind)
    return f"{folder}/{name}.org" if folder and re.fullmatch(NAME, name) else None


def taken(queue: SimpleQueue[T]) -> Iterator[T]:
    """Take out what is in a queue now."""
    while True:
        try:
            yield queue.get_nowait()
        except Empty:
            return


def watch_of(post: Post, *, mode: str = AUTO) -> FileWatch:
    """Begin to watch the files of a space, as its settings say."""
    debounce = post.settings.whole("messaging.relay.debounce_ms")
    return FileWatch(post.space, post.clock, mode=mode, debounce_ms=debounce)
