"""How much agents and helpers send: no chain too long, no minute too full, no circle of replies.

What one sender sends is counted and stored under one lock of its own, so that any number of its
processes stay within its limit together; replies in one thread under one of the thread's.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Final
from zlib import crc32

from orgpost.limits import MINUTE, TEN_MINUTES, check_chain, check_rate, check_replies
from orgpost.message_store.limiting import PERSON, obey, tier_toward
from orgpost.message_store.recent import of_message, said_in, sent_by

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType
    from typing import Self

    from orgpost.limits import Refusal
    from orgpost.message import Message
    from orgpost.message_store.desk import Desk
    from orgpost.message_store.shelf import Shelf

# Locks are never removed, so threads share a few.
_THREAD_LOCKS: Final = 16


class Pacing:
    """Judges what agents and helpers are about to send."""

    def __init__(self, desk: Desk, shelf: Shelf) -> None:
        self._desk, self._shelf = desk, shelf

    def turn(self, sender: str) -> AgentsTurn:
        """Give an agent its turn."""
        return AgentsTurn(self, self._desk, sender)

    def chain(self, message: Message) -> Refusal | None:
        """Judge the chain behind a message."""
        return check_chain(message.via, message.sender, self._desk.rules.max_hops)

    def rate(self, message: Message, tier: str) -> Refusal | None:
        """Judge how many its sender sent, to whomever."""
        now, sender = self._desk.clock.now(), message.sender
        limit = self._desk.rules.messages_per_minute.get(tier, 0)
        if not limit:
            return None
        sent = sent_by(sender, self._desk, self._shelf, now - MINUTE)
        return check_rate(of_message(message, now), sent, limit, now)

    def may_circle(self, message: Message, names: Sequence[str]) -> bool:
        """Ask whether agents talk to each other here."""
        answers = message.reply_to is not None and self._desk.rules.thread_replies > 0
        return answers and not self._kinds()[1].isdisjoint(names)

    def replies(self, message: Message) -> Refusal | None:
        """Judge how many replies agents sent each other in its thread."""
        now, thread = self._desk.clock.now(), message.thread
        persons, agents = self._kinds()
        return check_replies(
            of_message(message, now),
            said_in(thread, self._desk, self._shelf, now - TEN_MINUTES),
            self._desk.rules.thread_replies,
            now,
            persons=persons,
            agents=agents,
        )

    def _kinds(self) -> tuple[set[str], set[str]]:
        """Give the persons of the space, and its agents and helpers."""
        actors = self._desk.contacts().actors
        persons = {actor.id for actor in actors if actor.kind == PERSON}
        return persons, {actor.id for actor in actors} - persons


class AgentsTurn:
    """An agent's turn: it is held from before a message is judged until it is stored."""

    def __init__(self, pacing: Pacing, desk: Desk, sender: str) -> None:
        self._pacing, self._desk, self._sender = pacing, desk, sender
        self._held = ExitStack()

    def __enter__(self) -> Self:
        """Wait for the turn."""
        self._held.enter_context(self._desk.store.lock(f"sent/{self._sender}"))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let the next one have it."""
        self._held.__exit__(kind, error, traceback)

    def check(self, message: Message, names: Sequence[str], is_there: Callable[[], bool]) -> None:
        """Refuse what is too much, `is_there` excepted: that is only said again."""
        contacts = self._desk.contacts()
        obey(self._pacing.chain(message), message, names, contacts)
        if message.is_silent or is_there():
            return  # answers that nobody waits to be refused, and what was let in before
        tier = tier_toward(message, names, contacts)
        obey(self._pacing.rate(message, tier), message, names, contacts)
        if self._pacing.may_circle(message, names):
            lock = crc32(message.thread.encode("utf-8", "surrogateescape")) % _THREAD_LOCKS
            self._held.enter_context(self._desk.store.lock(f"thread/{lock:x}"))
            obey(self._pacing.replies(message), message, names, contacts)
