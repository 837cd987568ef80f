"""What wakes who waits: files that moved. Where one comes from it says with `via`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from orgpost.watching.file_watch import AUTO, FileWatch

if TYPE_CHECKING:
    from orgpost.post import Post
    from orgpost.watching.file_watch import Moved

FILES: Final = "files"


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
    """The files of the space, watched by this very process."""

    via = FILES

    def __init__(self, post: Post, *, mode: str = AUTO) -> None:
        self._watch = watch_of(post, mode=mode)

    def next(self, seconds: float) -> Moved | None:
        """Wait at most so long for a file to move."""
        return self._watch.next(seconds)

    def close(self) -> None:
        """Watch no more."""
        self._watch.close()


def watch_of(post: Post, *, mode: str = AUTO) -> FileWatch:
    """Begin to watch the files of a space, as its settings say."""
    debounce = post.settings.whole("messaging.relay.debounce_ms")
    return FileWatch(post.space, post.clock, mode=mode, debounce_ms=debounce)
