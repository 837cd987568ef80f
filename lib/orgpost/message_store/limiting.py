"""Whether a message may be sent: on whose account, to whom; how often is the business of `pacing`.

A person answers for what it writes: it has no chain and no pace, and only lists are for everybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from orgpost.frozen import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from orgpost.contact import Actor, Contacts
    from orgpost.limits import Judgement, Refusal
    from orgpost.message import Message
    from orgpost.message_store.desk import Desk
    from orgpost.message_store.shelf import Shelf

PERSON: Final = "person"
_HINTS: Final = {
    "not_accepted": "messaging.whitelists in the settings says from whom an agent takes mail",
    "too_many_hops": "let a person take it on: what a person sends begins a new chain",
    "loop": "let a person take it on: its word begins a new count",
}


class Turn(Protocol):
    """What a sender holds from before a message is judged until it is stored."""

    def check(self, message: Message, names: Sequence[str], is_there: Callable[[], bool]) -> None:
        """Refuse what is too much, `is_there` excepted: that is only said again."""


class Limiting:
    """Judges what is about to be sent."""

    def __init__(self, desk: Desk, shelf: Shelf) -> None:
        self._desk, self._shelf = desk, shelf

    def turn(self, sender: Actor) -> AbstractContextManager[Turn]:
        """Give a sender its turn, in whose block nobody else sends in its name."""
        if sender.kind == PERSON:
            return _FREE
        from orgpost.message_store.pacing import Pacing

        return Pacing(self._desk, self._shelf).turn(sender.id)

    def via(self, sender: Actor, named: str | None) -> tuple[str, ...]:
        """Give the chain behind what an actor writes, the oldest first.

        `named` is the message or task on whose account; else it is the task of this process, else
        those which the actor holds.
        """
        chain = self._chain_of(named) if named is not None else None
        if sender.kind == PERSON:
            return ()
        return self._standing_chain(sender.id) if chain is None else chain

    def _chain_of(self, id: str) -> tuple[str, ...]:
        if self._desk.chains is not None and id.startswith("task-"):
            return self._desk.chains.of_task(id)
        message = self._shelf.plain_message(self._shelf.get(id))
        return (*message.via, message.sender)

    def _standing_chain(self, actor: str) -> tuple[str, ...]:
        if self._desk.chains is None:
            return ()
        if self._desk.task is not None:
            return self._desk.chains.of_task(self._desk.task)
        return self._desk.chains.held_by(actor)

    def check_lists(self, message: Message, names: Sequence[str]) -> None:
        """Refuse what one of the recipients does not take from this chain."""
        lists = self._desk.rules.whitelists
        for name in names if lists else ():
            if name in lists:
                obey(self._list(message, name), message, [name], self._desk.contacts())

    def judge(self, message: Message) -> Judgement:
        """Judge a message to one recipient as it would be now; nothing is locked or written."""
        from orgpost.limits import Judgement

        contacts = self._desk.contacts()
        sender = contacts.resolve(message.sender)
        message = replace(message, via=self.via(sender, None))
        tier = tier_toward(message, [message.to], contacts)
        refusal = self._list(message, message.to)
        if refusal is None and sender.kind != PERSON:
            from orgpost.message_store.pacing import Pacing

            pacing = Pacing(self._desk, self._shelf)
            refusal = pacing.chain(message) or pacing.rate(message, tier)
        return Judgement(tier, refusal)

    def _list(self, message: Message, agent: str) -> Refusal | None:
        from orgpost.limits import Member, check_list

        contacts, listed = self._desk.contacts(), self._desk.rules.whitelists.get(agent)
        chain = [
            Member(id, contacts.tier(id, toward=agent), contacts.names_of(id))
            for id in (message.sender, *message.via)
        ]
        return None if listed is None else check_list(agent, listed, chain)


class _Free:
    """The turn of whoever needs none."""

    def __enter__(self) -> Turn:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def check(self, message: Message, names: Sequence[str], is_there: Callable[[], bool]) -> None:
        """Let everything pass."""


_FREE: Final = _Free()


def tier_toward(message: Message, names: Sequence[str], contacts: Contacts) -> str:
    """Say how far the chain of a message is trusted: by whichever recipient trusts it least."""
    from orgpost.names import lowest_tier

    sender, via = message.sender, message.via
    return lowest_tier(*(contacts.effective_tier(sender, via, toward=name) for name in names))


def obey(
    refusal: Refusal | None, message: Message, names: Sequence[str], contacts: Contacts
) -> None:
    """Turn a refusal into the error of its code."""
    if refusal is None:
        return
    from orgpost.refusals import REFUSALS

    tier = tier_toward(message, names, contacts)
    verdict = {"allowed": False, **refusal._asdict(), "tier": tier}
    hint = "" if refusal.retry_after_seconds else _HINTS[refusal.code]
    raise REFUSALS[refusal.code](
        refusal.reason, refusal.retry_after_seconds, verdict=verdict, hint=hint
    )
