"""Replying: to whom an answer goes, what it is called, and what becomes of the question."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orgpost.errors import Busy, Usage
from orgpost.message import answer_subject
from orgpost.states import MessageState, move

if TYPE_CHECKING:
    from orgpost.message import Message
    from orgpost.message_store.composing import Letter
    from orgpost.message_store.desk import Desk
    from orgpost.message_store.moving import Moving
    from orgpost.message_store.sending import Sending, Sent
    from orgpost.message_store.shelf import Shelf

_NOBODY_READS: frozenset[str] = frozenset({"orgpost", "import"})
_TRUSTED: frozenset[str] = frozenset({"owner", "team"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Replied:
    """What became of a reply, and the state of the message that it answers.

    `left` names an answer route that was not obeyed, `busy` who kept us from marking the question.
    """

    sent: Sent
    answered: str
    state: str
    left: str | None = None
    busy: str | None = None


class Replying:
    """Answers messages."""

    def __init__(self, desk: Desk, shelf: Shelf, sending: Sending, moving: Moving) -> None:
        self._desk, self._shelf, self._sending, self._moving = desk, shelf, sending, moving

    def reply(self, letter: Letter, *, done: bool = False, obey_route: bool = True) -> Replied:
        """Send a letter that answers `letter.reply_to`, then mark what it answers.

        Without a recipient it goes to whoever sent the question, or to whom it was sent where the
        sender answers himself.
        """
        sender = self._desk.good_contacts().resolve(letter.sender).id
        parent = self._shelf.plain_message(self._shelf.get(letter.reply_to or ""))
        mine = parent.to == sender
        if mine and done:
            move(parent.state, MessageState.DONE, event="reply", id=parent.id)
        routes, left = self._answer_routes(parent, letter) if obey_route else ([], None)
        sent = self._sending.send(
            replace(
                letter,
                sender=sender,
                to=letter.to or _recipient(parent, sender),
                subject=letter.subject or answer_subject(parent.subject),
                routes=[*letter.routes, *routes],
            )
        )
        state, busy = self._mark(parent, done=done) if mine else (parent.state, None)
        return Replied(sent=sent, answered=parent.id, state=state, left=left, busy=busy)

    def _answer_routes(self, parent: Message, letter: Letter) -> tuple[list[str], str | None]:
        """Give the route that the asker wants answers to take, if he is trusted that far."""
        route = parent.answer_route
        if route is None or route in letter.routes:
            return [], None
        tier = self._desk.contacts().effective_tier(parent.sender, parent.via)
        return ([route], None) if tier in _TRUSTED else ([], route)

    def _mark(self, parent: Message, *, done: bool) -> tuple[str, str | None]:
        to = MessageState.DONE if done else MessageState.READ
        if not done and parent.state != MessageState.UNREAD:
            return parent.state, None
        try:
            return self._moving.mark([parent.id], to)[0].state, None
        except Busy as busy:
            # The reply is stored: an error now would make people send it again.
            return parent.state, busy.holder


def _recipient(parent: Message, sender: str) -> str:
    recipient = parent.to if parent.sender == sender else parent.sender
    if recipient in _NOBODY_READS:
        raise Usage(f"nobody reads replies to {recipient}", hint="orgpost send ACTOR TEXT")
    return recipient
