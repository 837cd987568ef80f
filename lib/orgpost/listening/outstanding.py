"""What there is for an actor now: orders, results, mail, tasks; and whether it must leave.

It is asked of the same readers that the lists ask. To look writes nothing but a bounce that is due.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from orgpost.errors import UnknownId, WrongKind
from orgpost.frozen import NamedTuple
from orgpost.listening.heads import message_head, short, task_head
from orgpost.listening.orders import order_of
from orgpost.meaning import agent_of
from orgpost.message import utc_or_none
from orgpost.states import TaskState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from orgpost.contact import Actor, Contacts
    from orgpost.listening.handed import Handed
    from orgpost.listening.orders import Order
    from orgpost.message import Message
    from orgpost.message_store.tracing import Rung
    from orgpost.post import Post
    from orgpost.task import Task

ORDERS, DONES, MESSAGES, TASKS, HELD, ACKS = LISTS = (
    *("orders", "dones", "messages", "tasks", "held", "acks"),
)
_OBEYED_ALREADY: Final = "it was obeyed already"
_ACKED: Final = ("announced", "read", "answered", "done")
_ACKED_FOR: Final = timedelta(hours=24)
_MOST_ACKED: Final = 20


class Item(NamedTuple):
    """One thing in one list of the answer; `key` tells it from what was handed out before."""

    where: str
    key: str
    head: dict[str, Any]


class Outstanding(NamedTuple):
    """All of it, in the order in which it is handed out; `reason` says why to leave, if so."""

    items: Sequence[Item]
    reason: str | None = None

    def new_to(self, handed: Handed) -> Outstanding:
        """Leave out what was handed out before; what is held is told each time."""
        items = [each for each in self.items if each.where == HELD or each.key not in handed.told]
        return self._replace(items=items)

    def wakes(self, wanted: frozenset[str]) -> bool:
        """Ask whether it is a reason to return, for who waits for these lists."""
        return self.reason is not None or any(each.where in wanted for each in self.items)


def outstanding(
    post: Post, me: str, obeyed: Collection[str], *, bodies: bool = False, acks: bool = False
) -> Outstanding:
    """Look at everything that there is for an actor; orders in `obeyed` count no more.

    Without `acks` it is not asked how far the actor's own mail got: that wakes nobody.
    """
    contacts = post.contacts.load()
    if contacts.get(me) is None and not contacts.problems:
        return Outstanding((), "actor_unknown")
    looking = _Looking(post, me, contacts, bodies=bodies)
    mail = [*looking.mail(obeyed)]
    commands = [each for each in mail if each.where == ORDERS and each.head["obeyed"]]
    reason = f"order_{commands[0].head['order']}" if commands else None
    found = [*mail, *looking.tasks(), *(looking.acks() if acks else ())]
    return Outstanding(sorted(found, key=lambda each: LISTS.index(each.where)), reason)


class _Looking:
    def __init__(self, post: Post, me: str, contacts: Contacts, *, bodies: bool) -> None:
        self._post, self._me, self._contacts, self._bodies = post, me, contacts, bodies

    def mail(self, obeyed: Collection[str]) -> Iterator[Item]:
        now = self._post.clock.now()
        for message in self._post.messages.find_unread(self._me):
            head = message_head(message, self._contacts, bodies=self._bodies)
            order = order_of(message, self._me, self._contacts, now)
            if order is not None:
                if message.id in obeyed and order.counts:
                    order = order._replace(why=_OBEYED_ALREADY)
                yield _ordered(message, order, head)
            elif message.kind == "result":
                yield Item(DONES, _key_of_mail(message), head)
            else:
                yield Item(MESSAGES, _key_of_mail(message), head)

    def tasks(self) -> Iterator[Item]:
        me = self._contacts.get(self._me)
        agent = self._contacts.get(agent_of(self._me, self._contacts)) if _works(me) else None
        if agent is None or not _works(agent):
            return
        for task in self._post.inbox(agent.id).in_turn():
            head = task_head(task, self._contacts, bodies=self._bodies)
            if task.state == TaskState.WORKING and _name_in(task.holder) == self._me:
                yield Item(HELD, task.id, head)
            elif task.state == TaskState.QUEUED and task.ready:
                yield Item(TASKS, _key_of_task(task), head)

    def acks(self) -> Iterator[Item]:
        since = self._post.clock.now() - _ACKED_FOR
        for id in self._post.messages.sent_since(self._me, since)[:_MOST_ACKED]:
            for rung in self._rungs(id):
                if rung.reached and rung.rung in _ACKED:
                    head = {"id": id, "rung": rung.rung, "at": utc_or_none(rung.at)}
                    yield Item(ACKS, f"{id} {rung.rung}", head)

    def _rungs(self, id: str) -> Sequence[Rung]:
        # A person may have moved a task among the mail, or removed what was looked at just now.
        with suppress(UnknownId, WrongKind):
            return self._post.messages.trace(id).rungs
        return ()


def _works(actor: Actor | None) -> bool:
    return actor is not None and actor.kind != "person"


def _name_in(holder: str | None) -> str:
    return (holder or "").partition("@")[0]


def _ordered(message: Message, order: Order, head: dict[str, Any]) -> Item:
    facts = {"order": order.word, "obeyed": order.counts, "why": order.why or None}
    # The same order is another thing to tell once it does not count any more.
    return Item(ORDERS, message.id, {**head, **facts})


def _key_of_mail(message: Message) -> str:
    words = "\n".join((message.subject, message.priority, message.body, short(repr(message.files))))
    digest = blake2b(words.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    return f"{message.id} {digest}"


def _key_of_task(task: Task) -> str:
    return f"{task.id} {task.attempt} {task.returns} {task.revision}"
