"""What one logged-in client says, frame by frame, and what it is answered.

Its sends are done in order, beside everything else it says; it is not read from while too many of
them are under way, nor while it does not take its answers.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from orgpost.errors import OrgpostError
from orgpost.message import utc_or_none
from orgpost.relay import errands
from orgpost.relay.boxes import PRESENCE, Box, box_of
from orgpost.relay.events import fault, say
from orgpost.relay.protocol import (
    FAULT,
    FRAME_BYTES,
    PROTOCOL,
    RATE,
    SENDS_UNDER_WAY,
    SUBSCRIPTIONS,
    Asked,
    BadFrame,
    read_frame,
)
from orgpost.relay.rate import take_one

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from orgpost.clock import Clock
    from orgpost.message_store import Sent
    from orgpost.relay.connection import Connection
    from orgpost.relay.desk import Desk
    from orgpost.relay.tokens import Grant

_NOT_YOURS: Final = "this is not for you"
_DRAINING_SECONDS: Final = 5.0
_SETTLE_SECONDS: Final = 6.0


class Conversation:
    """One client's words and our answers."""

    def __init__(self, connection: Connection, grant: Grant, desk: Desk) -> None:
        self._connection, self._grant, self._desk = connection, grant, desk
        self._sends: asyncio.Queue[Asked] = asyncio.Queue(SENDS_UNDER_WAY)
        self._sending: asyncio.Task[None] | None = None
        self._answers: Mapping[str, Callable[[Asked], Awaitable[None]]] = {
            "sub": self._sub,
            "unsub": self._unsub,
            "fetch": self._fetch,
            "mark": self._mark,
            "status": self._status,
            "who": self._who,
            "ping": self._ping,
        }

    @property
    def _clock(self) -> Clock:
        return self._desk.clock

    async def begin(self) -> None:
        """Tell a client what counts for it."""
        options, settings = self._desk.options, self._desk.office.settings
        self._connection.say(
            "auth_ok",
            protocol=PROTOCOL,
            actor=self._grant.actor,
            client=self._connection.client,
            scope=self._grant.scope,
            expires=utc_or_none(self._grant.expires),
            heartbeat_seconds=options.heartbeat,
            limits={
                "frame_bytes": FRAME_BYTES,
                "body_bytes": settings.whole("messaging.limits.max_body_bytes"),
                "rate": options.rate,
                "burst": options.burst,
                "subscriptions": SUBSCRIPTIONS,
            },
        )

    async def hear(self, text: str) -> None:
        """Take one text frame; when it returns, the next one may be read."""
        try:
            asked = read_frame(text)
        except BadFrame as bad:
            self._desk.metrics.count("bad_frames")
            if self._may_say(bad.kind, bad.ref):
                self._refuse(bad.kind, bad.ref, bad.code, bad.message)
        else:
            self._desk.metrics.count("frames", asked.kind)
            if self._may_say(asked.kind, asked.ref):
                await self._answer(asked)
        await self._connection.outbox.room()

    def hear_nothing(self) -> None:
        """Take a frame that is no text."""
        self._desk.metrics.count("bad_frames")
        if self._may_say("", None):
            self._connection.refuse("bad_frame", "must be text")

    async def hear_ping(self, payload: bytes) -> None:
        """Answer the peer's own ping, within what it may say."""
        if self._may_say("", None):
            self._connection.answer_ping(payload)

    async def settled(self) -> None:
        """Wait until all that was sent is acknowledged, within bounds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_SETTLE_SECONDS):
                await self._sends.join()

    async def finish(self) -> None:
        """Let the send that has begun come to its end; the others nobody waits for any more."""
        while not self._sends.empty():
            self._sends.get_nowait()
            self._sends.task_done()
        await self._sends.join()
        if self._sending is not None:
            self._sending.cancel()
            with suppress(asyncio.CancelledError):
                await self._sending

    # -- how much ------------------------------------------------------------------------------

    def _may_say(self, kind: str, ref: object) -> bool:
        now = self._clock.monotonic()
        wait = take_one(self._connection.buckets, now)
        if not wait:
            return True
        self._desk.metrics.count("rate_limited")
        if self._connection.patience.is_over(now):
            self._connection.end(RATE)
        else:
            self._refuse(kind, ref, "rate_limited", "too many frames", wait)
        return False

    def _refuse(
        self, kind: str, ref: object, code: str, message: str, retry_after: float | None = None
    ) -> None:
        if kind == "send":
            self._ack(ref, {"code": code, "message": message, "hint": ""}, retry_after)
        else:
            self._connection.refuse(code, message, ref, retry_after)

    def _ack(self, ref: object, error: dict[str, Any], retry_after: float | None = None) -> None:
        more = {} if retry_after is None else {"retry_after": round(retry_after, 3)}
        self._desk.metrics.count("sends", str(error["code"]))
        self._connection.say("send_ack", ref, ok=False, error={**error, **more})

    # -- answers -------------------------------------------------------------------------------

    async def _answer(self, asked: Asked) -> None:
        if asked.kind == "auth":
            message = "the socket keeps who it is"
            self._connection.refuse("already_authenticated", message, asked.ref)
        elif asked.kind == "send":
            await self._send(asked)
        else:
            try:
                await self._answers[asked.kind](asked)
            except OrgpostError as error:
                told = errands.told_error(error, is_trusted=self._is_trusted())
                retry_after = told.get("retry_after")
                self._connection.refuse(told["code"], told["message"], asked.ref, retry_after)

    def _is_trusted(self) -> bool:
        return errands.is_trusted(self._desk.guard.contacts.tier(self._grant.actor))

    def _has_scope(self, scope: str, asked: Asked) -> bool:
        if self._grant.allows(scope):
            return True
        self._refuse(asked.kind, asked.ref, "not_permitted", f"the token has no scope {scope}")
        return False

    async def _sub(self, asked: Asked) -> None:
        name, connection = asked.get("box"), self._connection
        box = self._desk.guard.may_subscribe(name, self._grant)
        if box is None:
            connection.refuse("not_permitted", _NOT_YOURS, asked.ref)
            return
        if name not in connection.boxes and len(connection.boxes) >= SUBSCRIPTIONS:
            connection.refuse("too_many", f"at most {SUBSCRIPTIONS} boxes", asked.ref)
            return
        if isinstance(box, Box):
            await self._desk.feed.follow(box)
        if connection.ended_by is not None:
            return
        recovery = self._desk.hub.subscribe(
            connection, name, asked.get("epoch"), asked.get("offset")
        )
        more = {"who": self._desk.hub.who()} if box == PRESENCE else {}
        connection.say(
            "subbed",
            asked.ref,
            box=name,
            **recovery.point._asdict(),
            recovered=recovery.recovered,
            changes=recovery.changes,
            **more,
        )

    async def _unsub(self, asked: Asked) -> None:
        self._desk.hub.unsubscribe(self._connection, asked.get("box"))
        self._connection.say("ok", asked.ref)

    async def _fetch(self, asked: Asked) -> None:
        if not self._has_scope("read", asked):
            return
        box, actor = box_of(asked.get("box")), self._grant.actor
        if box is None:
            self._connection.refuse("not_permitted", _NOT_YOURS, asked.ref)
            return
        # Where the box is before it is read: what comes later comes as a hint.
        point = self._desk.hub.history.point(str(box))
        found = await self._desk.office.ask(lambda post: errands.fetch(post, actor, box, asked))
        self._connection.say(
            "entries", asked.ref, box=str(box), **point._asdict(), **found._asdict()
        )

    async def _mark(self, asked: Asked) -> None:
        if not self._has_scope("mark", asked):
            return
        actor, ids, state = self._grant.actor, asked.get("ids"), asked.get("state")
        marked = await self._desk.office.ask(lambda post: errands.mark(post, actor, ids, state))
        self._connection.say("mark_ack", asked.ref, **marked._asdict())

    async def _status(self, asked: Asked) -> None:
        if not self._has_scope("presence", asked):
            return
        word = self._desk.hub.presence.set(
            self._grant.actor,
            asked.get("status"),
            asked.get("note", ""),
            asked.get("for_seconds"),
            self._clock.monotonic(),
            self._clock.now(),
        )
        self._desk.hub.tell_presence(word)
        if asked.ref is not None:
            self._connection.say("ok", asked.ref)

    async def _who(self, asked: Asked) -> None:
        if self._has_scope("presence", asked):
            self._connection.say("who", asked.ref, who=self._desk.hub.who())

    async def _ping(self, asked: Asked) -> None:
        self._connection.say("pong", asked.ref, at=utc_or_none(self._clock.now()))

    # -- sending -------------------------------------------------------------------------------

    async def _send(self, asked: Asked) -> None:
        if not self._has_scope("send", asked):
            return
        if self._desk.is_draining:
            self._refuse("send", asked.ref, "draining", "the relay ends", _DRAINING_SECONDS)
            return
        if self._sending is None:
            self._sending = asyncio.get_running_loop().create_task(self._send_in_order())
        await self._sends.put(asked)

    async def _send_in_order(self) -> None:
        while True:
            asked = await self._sends.get()
            try:
                await self._send_one(asked)
            finally:
                self._sends.task_done()

    async def _send_one(self, asked: Asked) -> None:
        began, actor = self._clock.monotonic(), self._grant.actor
        try:
            sent, seen = await self._desk.office.ask(lambda post: errands.send(post, actor, asked))
            delivered = await self._desk.tell_of(sent)
            self._ack_sent(asked, sent, delivered, seen)
        except OrgpostError as error:
            self._ack(asked.ref, errands.told_error(error, is_trusted=self._is_trusted()))
        except Exception as error:  # noqa: BLE001  a fault of ours is an answer, and ours alone
            fault("send_failed", error, conn=self._connection.number, actor=actor)
            self._ack(asked.ref, {"code": "failed", "message": "our fault", "hint": ""})
            self._connection.end(FAULT)
        finally:
            seconds = self._clock.monotonic() - began
            self._desk.metrics.histograms["send_seconds"].observe(seconds)

    def _ack_sent(self, asked: Asked, sent: Sent, delivered: int, seen: Any) -> None:
        message = sent.message
        self._desk.metrics.count("sends", "duplicate" if sent.duplicate else "ok")
        say("sent", logging.DEBUG, conn=self._connection.number, actor=self._grant.actor)
        last_seen = self._clock.now() if self._desk.hub.connections_of(message.to) else seen
        self._connection.say(
            "send_ack",
            asked.ref,
            ok=True,
            id=message.id,
            stored=message.stored,
            duplicate=sent.duplicate,
            delivered=delivered,
            recipient_last_seen=utc_or_none(last_seen),
        )
