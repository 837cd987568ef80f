"""The words of the earlier relay, for its clients: off unless the settings turn it on.

Its first frame carries the secret itself and a name. After it the socket speaks the earlier words,
each of them translated into one of ours and back: `send`, `send_ack`, `message`, `status_change`,
`presence`. One connection for a name, and no scope but three.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from orgpost.errors import OrgpostError
from orgpost.relay import errands
from orgpost.relay.boxes import PRESENCE, Box
from orgpost.relay.conversation import Conversation
from orgpost.relay.events import fault, say
from orgpost.relay.protocol import MOST_IDS_FETCHED, Asked, BadFrame, read_object
from orgpost.relay.tokens import Grant

if TYPE_CHECKING:
    from datetime import datetime

    from orgpost.message_store import Sent
    from orgpost.relay.connection import Connection
    from orgpost.relay.desk import Desk
    from orgpost.relay.presence import Word
    from orgpost.watching.change import News

SCOPES: Final = frozenset({"hint", "presence", "send"})
CLIENT: Final = "legacy"
# Such a login has no end of its own.
_LASTS: Final = timedelta(days=1)
_ID_BITS: Final = 64
_KINDS: Final = ("send", "status_change", "presence", "ping")


def legacy_grant(desk: Desk, text: str) -> Grant | None:
    """Give what the earlier login grants; None where it is none, is wrong, or is turned off."""
    if not desk.options.legacy:
        return None
    try:
        frame = read_object(text)
    except BadFrame:
        return None
    secret, actor = frame.get("secret"), frame.get("username")
    if frame.get("type") != "auth" or not isinstance(secret, str) or not isinstance(actor, str):
        return None
    # Both are asked before either decides, so that no time tells of a name.
    is_right, is_known = desk.guard.tokens.is_secret(secret), desk.guard.contacts.get(actor)
    if not is_right or is_known is None:
        return None
    now = desk.clock.now()
    grant = Grant(actor, SCOPES, now, now + _LASTS, f"legacy-{desk.clock.token(_ID_BITS)}")
    say("legacy_login", logging.WARNING, actor=actor)
    return grant


class LegacyConversation(Conversation):
    """What a client of the earlier relay says, and what it is told."""

    def __init__(self, connection: Connection, grant: Grant, desk: Desk) -> None:
        super().__init__(connection, grant, desk)
        self._pushing = asyncio.Lock()
        self._pushes: set[asyncio.Task[None]] = set()

    async def begin(self) -> None:
        """Greet it, and let it hear its mail and who is there, as it always did."""
        box = Box("inbox", self._grant.actor)
        await self._desk.feed.follow(box)
        self._connection.translator = self
        for name in (str(box), PRESENCE):
            self._desk.hub.subscribe(self._connection, name, None, None)
        self._connection.say("auth_ok", username=self._grant.actor)

    async def hear(self, text: str) -> None:
        """Take one frame."""
        try:
            frame = read_object(text)
        except BadFrame as bad:
            self._desk.metrics.count("bad_frames")
            frame = {"type": None, "fault": bad}
        kind = frame.get("type")
        if self._may_say("send" if kind == "send" else "", frame.get("id")):
            await self._take(kind, frame)
        await self._connection.outbox.room()

    async def _take(self, kind: object, frame: dict[str, Any]) -> None:
        match kind:
            case "send":
                await self._send(_as_asked(frame))
            case "status_change":
                await self._change_status(str(frame.get("status")))
            case "presence":
                for here in self._desk.hub.presence.here():
                    self._connection.say("presence", username=here.actor, status=here.status)
            case "ping":
                self._connection.say("pong")
            case _:
                bad = frame.get("fault")
                code = bad.code if isinstance(bad, BadFrame) else "unknown_type"
                self._connection.refuse(code, f"a type is one of {' '.join(_KINDS)}")

    async def _change_status(self, status: str) -> None:
        try:
            await self._status(Asked("status", None, {"status": status}))
        except OrgpostError as error:
            self._connection.refuse(error.code, str(error))

    # -- what it is told -----------------------------------------------------------------------

    def word(self, word: Word) -> None:
        """Tell it of somebody's presence."""
        self._connection.say("presence", username=word.actor, status=word.status)

    def news(self, news: News) -> None:
        """Send it the new messages themselves, which is what such a client expects."""
        ids = [change.id for change in news.changes if change.kind == "new"]
        if ids:
            push = asyncio.get_running_loop().create_task(self._push(ids))
            self._pushes.add(push)
            push.add_done_callback(self._pushes.discard)

    async def _push(self, ids: list[str]) -> None:
        async with self._pushing:  # so that they come in their order
            try:
                for start in range(0, len(ids), MOST_IDS_FETCHED):
                    await self._push_some(ids[start : start + MOST_IDS_FETCHED])
            except OrgpostError as error:
                fault("push_failed", error, conn=self._connection.number)

    async def _push_some(self, ids: list[str]) -> None:
        box, asked = Box("inbox", self._grant.actor), Asked("fetch", None, {"ids": ids})
        found = await self._desk.office.ask(lambda post: errands.fetch(post, box.name, box, asked))
        for entry in found.entries:
            self._connection.say("message", **_as_message(entry))

    def _ack_sent(self, asked: Asked, sent: Sent, delivered: int, _seen: datetime | None) -> None:
        queued, id = not delivered, sent.message.id
        self._connection.say("send_ack", id=asked.ref, msg_id=id, queued=queued)

    def _ack(self, ref: object, error: dict[str, Any], retry_after: float | None = None) -> None:
        more = {} if retry_after is None else {"retry_after": round(retry_after, 3)}
        code, message = error["code"], error["message"]
        self._connection.say("send_ack", id=ref, error=code, message=message, **more)


def _as_asked(frame: dict[str, Any]) -> Asked:
    """Translate a send; what is no text is left out, and refused where it is needed."""
    ours = {
        "to": frame.get("to"),
        "body": frame.get("content", frame.get("text")),
        "reply_to": frame.get("reply_to"),
        "id": frame.get("id"),
    }
    fields = {name: value for name, value in ours.items() if isinstance(value, str)}
    if not fields.get("id", "msg-").startswith("msg-"):
        del fields["id"]  # made up by a client that knows no ids of ours: it is only echoed
    ref = frame.get("id")
    kept = ref if isinstance(ref, str | int) else None
    return Asked("send", kept, {"to": "", "body": "", **fields})


def _as_message(entry: dict[str, Any]) -> dict[str, Any]:
    names = ("from", "to", "id", "thread", "reply_to")
    kept = {name: entry[name] for name in names}
    return {**kept, "content": entry["body"], "timestamp": entry["created"]}
