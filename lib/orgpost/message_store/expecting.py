"""What senders wait for, and the one bounce that each gets whose time ran out.

The message itself is never changed by that. A bounce has an id made from the message's, so that any
number of programs that look at the same time store it once. (To be rid of one, archive it: one that
was deleted is not there, and comes again.)
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from orgpost.errors import Conflict
from orgpost.message import POST_OFFICE, Message, is_due, utc_or_none
from orgpost.message_store.shelf import found_around, spans_of
from orgpost.org.syntax import TITLE_LIMIT
from orgpost.states import MessageState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orgpost.message_store.desk import Desk
    from orgpost.message_store.shelf import Found, Shelf, Source
    from orgpost.message_store.storing import Storing

_EXPIRES: Final = rb"(?mi)^[ \t]*:EXPIRES:"


class Expecting:
    """Looks after what messages expect."""

    def __init__(self, desk: Desk, shelf: Shelf, storing: Storing) -> None:
        self._desk, self._shelf, self._storing = desk, shelf, storing

    def settle(self, actor: str) -> list[str]:
        """Bounce what expired of all messages to or from an actor; give the bounces' ids.

        With contacts that cannot be relied on nothing is written, and nothing is settled.
        """
        return self._send_bounces(m for m in self._dated() if actor in {m.sender, m.to})

    def bounce(self, message: Message) -> None:
        """Bounce a message if it is expired and has no bounce yet."""
        self._send_bounces([message])

    def bounce_of(self, message: Message) -> str | None:
        """Give the id of the bounce that the sender of a message got."""
        return _bounce_id(message) if self._bounced([message]) else None

    def waiting(self, messages: Iterable[Message]) -> set[str]:
        """Give the ids of those whose senders wait: neither met, nor bounced."""
        unmet = self._shelf.unmet([message for message in messages if self._can_bounce(message)])
        return {message.id for message in unmet} - self._bounced(unmet)

    def _send_bounces(self, messages: Iterable[Message]) -> list[str]:
        now = self._desk.clock.now()
        due = [message for message in messages if is_due(message, now)]
        waiting = self.waiting(due)
        return [id for m in due if m.id in waiting and (id := self._send_bounce(m))]

    def _send_bounce(self, message: Message) -> str | None:
        try:
            stored = self._storing.put(self._bounce(message), supplied=True)
        except Conflict:
            # Somebody was faster, and saw another state of the message: one bounce is enough.
            return None
        return None if stored.duplicate else stored.message.id

    def _can_bounce(self, message: Message) -> bool:
        if message.expires is None:
            return False
        contacts = self._desk.contacts()
        return not contacts.problems and contacts.get(message.sender) is not None

    def _bounced(self, messages: Iterable[Message]) -> set[str]:
        """Give the ids of those that have a bounce, looked for in the mail of their senders."""
        senders: dict[str, dict[str, str]] = {}
        for message in filter(self._can_bounce, messages):
            senders.setdefault(message.sender, {})[_bounce_id(message)] = message.id
        return {
            bounces[id]
            for sender, bounces in senders.items()
            for data in self._mail_of(sender)
            for id in spans_of(data, list(bounces))
        }

    def _mail_of(self, actor: str) -> Iterator[bytes]:
        yield self._shelf.inbox(actor).data
        yield from (source.data for source in self._shelf.archives(actor))

    def _dated(self) -> Iterator[Message]:
        """Give the messages of all hot files that say until when they wait."""
        for source in self._shelf.inboxes():
            for found in _with_expiry(source):
                if found.entry().id is not None:
                    yield self._shelf.plain_message(found)

    def _bounce(self, message: Message) -> Message:
        return Message(
            id=_bounce_id(message),
            state=str(MessageState.UNREAD),
            sender=POST_OFFICE,
            to=message.sender,
            subject=f"Expired: {message.subject}"[:TITLE_LIMIT],
            body=_words(message),
            created=self._desk.clock.now().replace(microsecond=0),
            thread=message.thread,
            reply_to=message.id,
            kind="bounce",
        )


def _with_expiry(source: Source) -> Iterator[Found]:
    if not re.search(rb"(?i):EXPIRES:", source.data):
        return  # a tenth of the search for lines, and most files end here
    end = 0
    for line in re.finditer(_EXPIRES, source.data):
        if line.start() >= end:
            found = found_around(source, line.start())
            end = found.span.end
            yield found


def _bounce_id(message: Message) -> str:
    return f"msg-bounce-{message.id.partition('-')[2]}"


def _words(message: Message) -> str:
    """Say how far it got."""
    far = "was never read" if message.state_before == MessageState.UNREAD else "was read"
    wanted = {"reply": ", but not answered", "result": ", but brought no result"}
    missing = wanted.get(message.expects, "")
    until = utc_or_none(message.expires)
    return f"Your message {message.id} to {message.to} expired at {until}: it {far}{missing}.\n"
