"""On whose account an agent acts: the senders of the task that it works on, oldest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orgpost.agent_inbox.rows import rows
from orgpost.agent_inbox.shelf import Found
from orgpost.org.scan import Span
from orgpost.org.stamp import parse_utc
from orgpost.states import TaskState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from orgpost.agent_inbox.shelf import TaskShelf
    from orgpost.contact import Actor, Contacts
    from orgpost.task import Task


class Chains:
    """Answers the message store, which knows no tasks, on whose account somebody acts."""

    def __init__(self, shelf: TaskShelf, contacts: Callable[[], Contacts]) -> None:
        self._shelf, self._contacts = shelf, contacts

    def of_task(self, id: str) -> tuple[str, ...]:
        """Give a task's VIA and its FROM, the oldest first; `UnknownTask` where it is not there."""
        return chain(self._shelf.plain_task(self._shelf.get(id, event="send")))

    def held_by(self, actor: str) -> tuple[str, ...]:
        """Give that of the task which an actor holds WORKING; of several, the least trusted."""
        contacts = self._contacts()
        known = contacts.get(actor)
        return () if known is None else chain_of(self._shelf, known, None, contacts)


def chain_of(
    shelf: TaskShelf, actor: Actor, held: str | None, contacts: Contacts
) -> tuple[str, ...]:
    """Give the chain behind an agent or helper: of the task named, else of those that it holds.

    Of several tasks the one with the least trusted chain counts.
    """
    if held is not None:
        return chain(shelf.plain_task(shelf.get(held, event="create")))
    chains = [chain(task) for task in tasks_held(shelf, actor)]
    ranks = {"owner": 0, "team": 1, "trusted": 2, "unknown": 3}
    return max(
        chains,
        key=lambda each: ranks[contacts.effective_tier(each[-1], each, toward=actor.id)],
        default=(),
    )


def chain(task: Task) -> tuple[str, ...]:
    """Give who stands behind whatever is made for a task."""
    return (*task.via, task.sender)


def tasks_held(shelf: TaskShelf, actor: Actor) -> Iterator[Task]:
    """Find the tasks that an agent or helper works on now."""
    agent = actor.owner if actor.kind == "helper" and actor.owner else actor.id
    source, now = shelf.agent(agent), shelf.now()
    for row in rows(source.data, source.kind):
        until = parse_utc(row.until)
        if row.state == TaskState.WORKING and until is not None and now < until:
            task = shelf.plain_task(Found(source, Span(row.start, row.end)))
            if actor.kind != "helper" or (task.holder or "").startswith(f"{actor.id}@"):
                yield task
