"""How far a message got: stored, announced, read, answered, done. Never guessed.

The files say it all but `announced`, which the hooks noted; a time that nobody wrote down is None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orgpost.frozen import NamedTuple, dataclass, replace
from orgpost.message import utc_or_none
from orgpost.org.logbook import state_items
from orgpost.org.stamp import parse_stamp
from orgpost.states import MessageState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from orgpost.message import Message
    from orgpost.message_store.desk import Desk
    from orgpost.message_store.expecting import Expecting
    from orgpost.message_store.shelf import Shelf
    from orgpost.org.entry import Entry


class Rung(NamedTuple):
    """One step of the ladder; what is not known is None."""

    rung: str
    reached: bool
    at: datetime | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """How far a message got."""

    message: Message
    rungs: Sequence[Rung]
    bounced: str | None
    replies: Sequence[str]
    recipient_last_seen: datetime | None
    task: tuple[str, str] | None = None

    def with_task(self, id: str, state: str, ended: datetime | None) -> Trace:
        """Add the task that was made from the message; when that is done, so is the message."""
        rungs = list(self.rungs)
        if state == "DONE" and not rungs[-1].reached:
            rungs[-1] = Rung("done", reached=True, at=ended)
        return replace(self, task=(id, state), rungs=rungs)

    @property
    def reached(self) -> str | None:
        """The highest rung that is reached; None while it waits for an editor."""
        return next((rung.rung for rung in reversed(self.rungs) if rung.reached), None)

    def to_dict(self) -> dict[str, object]:
        """Give the trace as ``--json`` prints it."""
        message = self.message
        task = None if self.task is None else {"id": self.task[0], "state": self.task[1]}
        return {
            "id": message.id,
            "from": message.sender,
            "to": message.to,
            "expects": message.expects,
            "expires": utc_or_none(message.expires),
            "reached": self.reached,
            "rungs": [{**rung._asdict(), "at": utc_or_none(rung.at)} for rung in self.rungs],
            "waiting": "editor" if message.stored == "waiting" else None,
            "expired": message.expired,
            "bounced": self.bounced,
            "replies": list(self.replies),
            "task": task,
            "recipient_last_seen": utc_or_none(self.recipient_last_seen),
        }


class Tracing:
    """Follows messages."""

    def __init__(self, desk: Desk, shelf: Shelf, expecting: Expecting) -> None:
        self._desk, self._shelf, self._expecting = desk, shelf, expecting

    def trace(self, id: str) -> Trace:
        """Settle what the message expects, and say how far it got."""
        found = self._shelf.get(id)
        message = self._shelf.message(found)
        self._expecting.bounce(message)
        replies = self._shelf.replies(id)
        return Trace(
            message=message,
            rungs=list(self._rungs(message, found.entry(), replies)),
            bounced=self._expecting.bounce_of(message),
            replies=[reply.id for reply in replies],
            recipient_last_seen=self._desk.notes.last_seen(message.to),
        )

    def _rungs(self, message: Message, entry: Entry, replies: Sequence[Message]) -> Iterator[Rung]:
        if message.stored == "waiting":
            yield Rung("stored", reached=False)
        else:
            yield Rung("stored", reached=True, at=message.created, by=message.sender)
        told = self._desk.notes.announced(message.id, message.to)
        yield Rung("announced", reached=True, at=told.at, by=told.by) if told else _not("announced")
        if message.state_before == MessageState.UNREAD:
            yield _not("read")
        else:
            yield Rung("read", reached=True, at=self._left(entry, MessageState.UNREAD))
        answer = next((reply for reply in replies if reply.sender == message.to), None)
        if answer is None:
            yield _not("answered")
        else:
            yield Rung("answered", reached=True, at=answer.created, by=answer.sender)
        if message.state_before == MessageState.DONE:
            yield Rung("done", reached=True, at=self._closed(entry))
        else:
            yield _not("done")

    def _left(self, entry: Entry, state: str) -> datetime | None:
        """Give when a person's Emacs wrote that a state was left; programs do not log messages."""
        items = state_items(entry.logbook)
        stamp = next((item.stamp for item in items if item.before == state), None)
        return parse_stamp(stamp, self._desk.clock.zone()) if stamp else None

    def _closed(self, entry: Entry) -> datetime | None:
        stamp = dict(entry.planning).get("CLOSED")
        return parse_stamp(stamp, self._desk.clock.zone()) if stamp else None


def _not(name: str) -> Rung:
    return Rung(name, reached=False)
