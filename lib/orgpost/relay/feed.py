"""How changes of the files reach the loop: a watcher in a thread of its own, and its rounds.

What one look finds is told on the loop in the order in which it was found; who has a look made, or
a box followed, has been told of it before the answer comes.
"""

from __future__ import annotations

from threading import Lock, Thread
from typing import TYPE_CHECKING, Final

from orgpost.post import Post
from orgpost.relay.events import fault
from orgpost.watching.file_watch import FileWatch
from orgpost.watching.sight import Sight
from orgpost.watching.watcher import Watcher

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from orgpost.relay.boxes import Box
    from orgpost.relay.office import Office
    from orgpost.relay.options import Options
    from orgpost.watching.change import Round

_PATIENCE_SECONDS: Final = 5.0


class Feed:
    """What tells of changes; `take` is called on the loop with each round and when it was found."""

    def __init__(
        self,
        office: Office,
        options: Options,
        loop: asyncio.AbstractEventLoop,
        take: Callable[[Round, float], None],
    ) -> None:
        self._office, self._loop, self._take = office, loop, take
        self._post = Post(office.space, office.settings, clock=office.clock)
        self._files = FileWatch(
            office.space, office.clock, mode=options.watch, debounce_ms=options.debounce_ms
        )
        post = self._post
        self._sight = Sight(post.store, post.contacts.load, post.clock, self._tell)
        self._watcher = Watcher(self._files, self._sight)
        self._thread = Thread(target=self._run, name="orgpost watcher", daemon=True)
        self._followed: set[str] = set()
        self._using = Lock()
        self._is_over = False
        self.is_broken = False

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        self._watcher.stop()
        if self._thread.ident is not None:
            self._thread.join(_PATIENCE_SECONDS)
        # Whoever still looks must not have the files closed under its hands.
        with self._using:
            self._is_over = True
            if not self._thread.is_alive():
                self._post.close()

    async def follow(self, box: Box) -> None:
        """See to it that whatever happens in this box from now on is told."""
        if str(box) not in self._followed:
            await self._office.cross(lambda: self._use(lambda: self._sight.follow(str(box))))
            self._followed.add(str(box))

    def is_followed(self, box: Box) -> bool:
        """Ask whether somebody wants to hear of this box."""
        return str(box) in self._followed

    async def look(self, path: str) -> None:
        """Look at a file now: what is in it is told on return."""
        await self._office.cross(lambda: self._use(lambda: self._sight.look([path])))

    @property
    def mode(self) -> str:
        """How it watches."""
        return self._files.mode

    @property
    def why(self) -> str:
        """Say why there are no events, where somebody would want them."""
        return self._files.why

    @property
    def caught(self) -> int:
        """Say how many changes only the net has found."""
        return self._files.caught

    def _use(self, work: Callable[[], None]) -> None:
        with self._using:
            if not self._is_over:
                work()

    def _tell(self, found: Round) -> None:
        # Under the lock of the sight, in whichever thread: so rounds keep their order.
        moment = self._office.clock.monotonic()
        self._loop.call_soon_threadsafe(self._take, found, moment)

    def _run(self) -> None:
        try:
            self._watcher.run()
        except Exception as error:  # noqa: BLE001  the relay goes on, and status says that it is deaf
            self.is_broken = True
            fault("watch_failed", error)
