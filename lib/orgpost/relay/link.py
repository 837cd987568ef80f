"""`Link`: a thread that keeps a connection to the relay, if there is one, and tells what comes.

It looks for a relay anew at each try, and for the token too. What network there is is loaded when a
relay was found, and not before. Nobody depends on it: without a link the files say the same.
"""

from __future__ import annotations

import asyncio
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final

from orgpost.errors import OrgpostError
from orgpost.relay.policy import Ended, Setbacks, Trouble, decide

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orgpost.clock import Clock
    from orgpost.relay.finding import Finding

    Frame = dict[str, Any]

UP, DOWN = "up", "down"
_LOOK_SECONDS: Final = 1.0
_END_SECONDS: Final = 1.0
_CHANCES: Final = 1 << 32


class Link:
    """Follows some boxes. `hear` is told each frame, and `{"type": "up"}` and `"down"`, here.

    `report` is told what a person should know. Both are called from this thread.
    """

    def __init__(
        self,
        finding: Finding,
        boxes: Sequence[str],
        hear: Callable[[Frame], None],
        report: Callable[[str], None],
        *,
        clock: Clock,
        backoff_seconds: float,
    ) -> None:
        self._finding, self._boxes, self._hear, self._report = finding, tuple(boxes), hear, report
        self._clock, self._backoff_seconds = clock, backoff_seconds
        self._over = Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._talk: asyncio.Task[Ended] | None = None
        self._thread = Thread(target=self._run, name="orgpost link", daemon=True)
        self.is_up = False

    def start(self) -> None:
        """Begin to look for a relay."""
        self._thread.start()

    def stop(self) -> None:
        """Let go of the relay, and end."""
        self._over.set()
        loop, talk = self._loop, self._talk
        if loop is not None and talk is not None:
            try:
                loop.call_soon_threadsafe(talk.cancel)
            except RuntimeError:  # it has ended by itself
                return
        if self._thread.is_alive():
            self._thread.join(_END_SECONDS)

    # -- in the thread -------------------------------------------------------------------------

    def _run(self) -> None:
        setbacks = Setbacks()
        while not self._over.is_set():
            ended = self._try()
            if ended is None:
                self._over.wait(_LOOK_SECONDS)
                continue
            decision = decide(
                setbacks,
                ended,
                chance=int(self._clock.token(32), 16) / _CHANCES,
                backoff_seconds=self._backoff_seconds,
                remedy=self._finding.remedy,
            )
            setbacks = decision.setbacks
            if decision.level and not self._over.is_set():
                self._report(decision.words)
            if decision.seconds is None:
                return
            self._over.wait(decision.seconds)

    def _try(self) -> Ended | None:
        """Be connected as long as it lasts; None where there is no relay."""
        try:
            place = self._finding.find()
        except OrgpostError as error:
            return Ended(Trouble.REJECTED, str(error))
        if place is None:
            return None
        try:
            return asyncio.run(self._connected(place.url, place.token))
        except asyncio.CancelledError:
            return Ended(Trouble.TRANSIENT, "we ended it", clean=True)
        finally:
            self._loop = self._talk = None

    async def _connected(self, url: str, token: str) -> Ended:
        from orgpost.relay.client import talk

        self._loop = asyncio.get_running_loop()
        self._talk = self._loop.create_task(talk(url, token, self._boxes, self._take, self._clock))
        if self._over.is_set():
            self._talk.cancel()
        try:
            ended = await self._talk
        finally:
            was_up, self.is_up = self.is_up, False
        if was_up:
            self._hear({"type": DOWN, "reason": ended.reason})
        return ended

    def _take(self, frame: Frame) -> None:
        if frame["type"] == "auth_ok":
            self.is_up = True
            self._hear({"type": UP})
        elif frame["type"] == "error":
            self._report(f"the relay refused: {frame.get('message')}")
        else:
            self._hear(frame)
