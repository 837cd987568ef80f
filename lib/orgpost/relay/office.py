"""Where the relay meets the store: pieces of work, each in a thread and with a post of its own.

A post is used by one thread at a time and kept for the next, so that contacts and settings are not
read anew for each message.
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar

from orgpost.errors import OrgpostError
from orgpost.post import Post

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from orgpost.clock import Clock
    from orgpost.config import Settings

T = TypeVar("T")

_THREADS: Final = 32
# On whose account this process was started is nothing that clients' mail has to do with.
_OF_A_TASK: Final = ("ORGPOST_TASK_ID", "ORGPOST_TASK_TOKEN")


class Office:
    """The way to one space's files."""

    def __init__(self, space: Path, settings: Settings, clock: Clock) -> None:
        self.space, self.settings, self.clock = space, settings, clock
        self._idle: list[Post] = []

    async def ask(self, work: Callable[[Post], T]) -> T:
        """Do a piece of work; what it refuses is an `OrgpostError`."""
        return await self.cross(lambda: self.with_post(work))

    async def cross(self, work: Callable[[], T]) -> T:
        """Do what may wait for a disk, in a thread."""
        return await asyncio.to_thread(work)

    def with_post(self, work: Callable[[Post], T]) -> T:
        """Do it in this thread."""
        post = self._taken() or self._opened()
        try:
            return work(post)
        finally:
            self._idle.append(post)

    def _taken(self) -> Post | None:
        # To ask first whether there is one would let another thread take it in between.
        with suppress(IndexError):
            return self._idle.pop()
        return None

    def settle(self) -> None:
        """Put in what waits, and let go of all files; the next work opens them anew."""
        while (post := self._taken()) is not None:
            with suppress(OrgpostError):
                post.close()

    def _opened(self) -> Post:
        return Post(self.space, self.settings, clock=self.clock)


def start_threads(loop: asyncio.AbstractEventLoop) -> None:
    """Give a loop so many threads that some may wait for a lock while others work."""
    loop.set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="orgpost"))
    for name in _OF_A_TASK:
        os.environ.pop(name, None)
