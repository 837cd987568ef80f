"""How far a message got: stored, announced, read, answered, done. Never guessed.

The files say it all but `announced`, which the hooks noted; a time that nobody wrote down is None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orgpost.frozen import NamedTuple, dataclass
from orgpost.message import utc_or_none
from orgpost.org.logbook import state_items
from orgpost.org.stamp import parse_stamp
from orgpost.states import MessageState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from orgpost.message import Message
    from orgpost.message_store.desk import Desk, Work
    from orgpost.message_store.expecting import Expecting
    from orgpost.message_store.shelf import Found, Shelf
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
    task: Work | None = None

    @property
    def reached(self) -> str | None:
        """The highest rung that is reached; None while it waits for an editor."""
        return next((rung.rung for rung in reversed(self.rungs) if rung.reached), None)

    def to_dict(self) -> dict[str, object]:
        """Give the trace as ``--json`` prints it."""
        message = self.message
        task = None if self.task is None else {"id": self.task.id, "state": self.task.state}
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
        replies, task = self._shelf.replies(id), self._shelf.works([id]).get(id)
        return Trace(
            message=message,
            rungs=[*self._rungs(message, found.entry(), replies), self._done(message, found, task)],
            bounced=self._expecting.bounce_of(message),
            replies=[reply.id for reply in replies],
            recipient_last_seen=self._desk.notes.last_seen(message.to),
            task=task,
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

    def _done(self, message: Message, found: Found, task: Work | None) -> Rung:
        """Say whether the message is done, by itself or by the task that was made from it."""
        if message.state_before == MessageState.DONE:
            return Rung("done", reached=True, at=self._closed(found.entry()))
        if task is not None and task.is_done:
            return Rung("done", reached=True, at=task.ended)
        return _not("done")

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
