"""One connection: who is at its other end, what it asked to hear, and how it is ended.

It is known by this object and by nothing else: names can be had twice, an object cannot.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol

from orgpost.relay.events import say
from orgpost.relay.outbox import Outbox, Way
from orgpost.relay.protocol import encode, on_the_wire
from orgpost.relay.rate import Bucket, Patience

if TYPE_CHECKING:
    from typing import Any

    from aiohttp import web
    from aiohttp.abc import AbstractStreamWriter

    from orgpost.relay.outbox import Joiner
    from orgpost.relay.presence import Word
    from orgpost.relay.protocol import Close
    from orgpost.relay.rate import Pace
    from orgpost.relay.tokens import Grant
    from orgpost.watching.change import News

PONG_SECONDS: Final = 10.0
CLOSE_SECONDS: Final = 2.0


class Translator(Protocol):
    """Who tells a client of the earlier relay in its own words."""

    def news(self, news: News) -> None:
        """Tell of what happened in a box."""

    def word(self, word: Word) -> None:
        """Tell of somebody's presence."""


class Connection:
    """A socket; `grant` is None until somebody logged in."""

    def __init__(
        self,
        number: int,
        address: str,
        ws: web.WebSocketResponse,
        writer: AbstractStreamWriter,
        transport: asyncio.Transport,
        joiner: Joiner,
    ) -> None:
        self.number, self.address, self._ws = number, address, ws
        self._transport = transport
        # What the kernel does not take waits in our queue, where it can be folded.
        transport.set_write_buffer_limits(high=0)
        way = Way(transport.write, transport.get_write_buffer_size, writer.drain)
        self.outbox = Outbox(way, joiner)
        self.grant: Grant | None = None
        self.client = ""
        self.boxes: set[str] = set()
        self.buckets: tuple[Bucket, ...] = ()
        self.patience = Patience()
        self.translator: Translator | None = None
        self.ended_by: Close | None = None
        self.pinged_at: float | None = None
        self.next_ping = 0.0
        self._ending: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"Connection({self.number})"

    @property
    def actor(self) -> str:
        """Who is there; nobody before a login."""
        return "" if self.grant is None else self.grant.actor

    def log_in(self, grant: Grant, client: str, own: Pace, shared: Bucket, now: float) -> None:
        """Let it be somebody, for good."""
        self.grant, self.client = grant, client
        self.buckets = (Bucket(own, now), shared)

    # -- saying --------------------------------------------------------------------------------

    def say(self, kind: str, ref: object = None, **fields: Any) -> None:
        """Send a frame of its own."""
        self.outbox.push(on_the_wire(encode(kind, ref, **fields)))

    def refuse(
        self, code: str, message: str, ref: object = None, retry_after: float | None = None
    ) -> None:
        """Send an error."""
        more = {} if retry_after is None else {"retry_after": round(retry_after, 3)}
        self.say("error", ref, code=code, message=message, **more)

    # -- is it alive ---------------------------------------------------------------------------

    def ping(self, now: float, every: float) -> None:
        """Ask whether it is alive, if it is time; one that takes no bytes would not hear it."""
        if now < self.next_ping or self.pinged_at is not None or not self.outbox.is_free:
            return
        self.next_ping, self.pinged_at = now + every, now
        self._transport.write(b"\x89\x00")

    def has_no_pulse(self, now: float) -> bool:
        """Ask whether it owes an answer for too long."""
        return self.pinged_at is not None and now - self.pinged_at > PONG_SECONDS

    def pong_came(self) -> None:
        """Note that it is alive."""
        self.pinged_at = None

    def answer_ping(self, payload: bytes) -> None:
        """Answer the peer's own ping, unless it does not take what it is given."""
        if self.outbox.is_free:
            self._transport.write(b"\x8a" + bytes((len(payload),)) + payload)

    # -- the end -------------------------------------------------------------------------------

    def end(self, close: Close, *, bye: float | None = None) -> asyncio.Task[None]:
        """Close it for a reason, once; nobody waits for that but who wants to."""
        if self._ending is None:
            self.ended_by = close
            if bye is not None:
                self.say("bye", reason=close.reason, retry_after=round(bye, 2))
            say("close", conn=self.number, actor=self.actor or "-", code=close.code)
            self._ending = asyncio.get_running_loop().create_task(self._close(close))
        return self._ending

    async def _close(self, close: Close) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.outbox.flush()
                await self._ws.close(code=close.code, message=close.reason.encode())
            self._transport.close()
        except (TimeoutError, ConnectionError, RuntimeError):
            self.abort()
        finally:
            self.outbox.close()

    def abort(self) -> None:
        """Let go of the socket, whatever is still unsent."""
        self._transport.abort()

    async def ended(self) -> None:
        """Wait until the closing is over, where there is one."""
        if self._ending is not None:
            await asyncio.shield(self._ending)
