"""What the verbs of `task` have in common: whose tasks, which tasks, and their words for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from orgpost import meaning
from orgpost.cli.ages import age
from orgpost.cli.show import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from orgpost.agent_inbox import AgentInbox
    from orgpost.cli.desk import Desk
    from orgpost.meaning import Meant
    from orgpost.task import Task

_MARKS: Final = {"high": "!", "normal": " ", "low": "-"}
_AGE_WIDTH: Final = 5


def meant(part: str, desk: Desk, event: str) -> Meant:
    """Find the task that somebody means by a part of its id."""
    return meaning.meant(part, desk.post, event)


def agent_of(name: str | None, desk: Desk) -> str:
    """Give the agent that is meant: the one named, else who acts, else its only one."""
    return meaning.agent_of(desk.me, desk.contacts) if name is None else desk.actor(name)


def my_agents(desk: Desk) -> list[str]:
    """Give the agents whose tasks are mine to look after: me, or those that I own."""
    me = desk.contacts.resolve(desk.me)
    if me.kind == "agent":
        return [me.id]
    return [actor.id for actor in desk.contacts.agents_of(me.id) if actor.kind == "agent"]


def inbox_of(name: str | None, desk: Desk) -> AgentInbox:
    """Give the task inbox of the agent that is meant."""
    return desk.post.inbox(agent_of(name, desk))


def tier_now(task: Task, desk: Desk) -> str:
    """Say how far the sender of a task is trusted, and everybody behind it."""
    return desk.contacts.effective_tier(task.sender, task.via, toward=task.agent)


def tell(task: Task, words: str, desk: Desk, *, quiet: bool = False, **more: Any) -> None:
    """Answer with one task."""
    desk.show.answer({**task.to_dict(), **more}, [] if quiet else [one_line(words)])


def local(moment: datetime | None, desk: Desk) -> str:
    """Write a time as people read it: of today only the clock's."""
    from orgpost.frame import local as as_people_read_it

    return as_people_read_it(moment, desk.clock)


def task_rows(tasks: Sequence[Task], desk: Desk) -> list[str]:
    """Give one line for each task."""
    return [task_row(task, desk) for task in tasks]


def task_row(task: Task, desk: Desk) -> str:
    """Give the line of one task: mark, age, state, sender, tier, title, id."""
    paint = desk.show.paint
    notes = "; ".join(_notes(task, desk))
    title = one_line(task.title) + (f" ({one_line(notes)})" if notes else "")
    mark = paint(_MARKS.get(task.priority, " "), "red", "bold")
    who = f"{one_line(task.sender) or '?'} ({one_line(task.trust_tier)})"
    when = f"{age(task.created, desk.clock):>{_AGE_WIDTH}}"
    id = paint(one_line(task.id), "dim")
    return f"{mark} {when}  {one_line(task.state)}  {who}  {paint(title, 'bold')}  {id}"


def _notes(task: Task, desk: Desk) -> Iterator[str]:
    if task.state == "WORKING" and task.holder:
        until = local(task.lease_until, desk)
        yield f"lease ran out at {until}" if task.expired else f"{task.holder} until {until}"
    if task.cancel_requested:
        yield "asked to stop"
    if task.awaiting:
        yield {"owner-approval": "needs approval", "budget": "needs tokens"}.get(
            task.awaiting, task.awaiting
        )
    if task.blocked_by:
        yield f"waits for {', '.join(each['id'] for each in task.blocked_by)}"
    elif task.state == "QUEUED" and not task.ready:
        yield f"not before {gate(task, desk)}"
    if task.stored == "waiting":
        yield "waiting for an editor"


def gate(task: Task, desk: Desk) -> str:
    """Say what time a queued task waits for."""
    if task.not_before is not None and task.not_before > desk.clock.now():
        return local(task.not_before, desk)
    return task.scheduled or "?"
