"""Which message is an order to stop or to sleep, and whether it counts. Pure.

Who may give one is asked of the contacts when it is read: not of a property, which anybody could
have written, and never of words in a body.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from orgpost.frozen import NamedTuple
from orgpost.listening.heads import short

if TYPE_CHECKING:
    from datetime import datetime

    from orgpost.contact import Contacts
    from orgpost.message import Message

PROPERTY: Final = "ORDER"
WORDS: Final = ("stop", "sleep")
YOUNG: Final = timedelta(minutes=15)
# Clocks of two machines differ; a stamp of tomorrow would be young for a day.
AHEAD: Final = timedelta(minutes=1)


class Order(NamedTuple):
    """What an order says; `why` says why it does not count, and is empty where it does."""

    word: str
    why: str

    @property
    def counts(self) -> bool:
        """Whether it is to be obeyed."""
        return not self.why


def order_of(message: Message, me: str, contacts: Contacts, now: datetime) -> Order | None:
    """Give the order that a message is; None where it is none."""
    word = message.properties.get(PROPERTY)
    if word is None:
        return None
    if word not in WORDS:
        return Order(short(word), f"there is no order {short(word)}")
    return Order(word, _refused(message, me, contacts) or _stale(message, now))


def _refused(message: Message, me: str, contacts: Contacts) -> str:
    sender = contacts.get(message.sender)
    if sender is not None and not message.via:
        mine = contacts.get(me)
        if sender.kind == "person" and contacts.tier(sender.id) == "owner":
            return ""
        if mine is not None and mine.kind == "helper" and mine.owner == sender.id:
            return ""
    return "its sender may not give orders here"


def _stale(message: Message, now: datetime) -> str:
    if message.created is None:
        return "nobody knows when it was given"
    if message.created > now + AHEAD:
        return "it was given in the future"
    return "" if now - message.created <= YOUNG else "it is older than 15 minutes"
