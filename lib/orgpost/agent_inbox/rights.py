"""Who may do what to a task, and whether a claim still holds. Pure; each refusal is a sentence.

The order of the checks is a promise: state, token, lease, cancel; but a token that is older than
the lease's is lost in any state but a finished one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.agent_inbox.life import RAN_OUT
from orgpost.message import utc_or_none
from orgpost.org.logbook import state_items
from orgpost.refusals import LeaseLost, NotYours, WrongTaskState
from orgpost.states import TASK_ENDS, Event, TaskState, has_move, states_with
from orgpost.task import OWNER_APPROVAL

if TYPE_CHECKING:
    from datetime import datetime

    from orgpost.contact import Contacts
    from orgpost.org.entry import Entry
    from orgpost.task import Task

_STATES: Final = frozenset(map(str, TaskState))


class Hold(NamedTuple):
    """What a holder says of itself: which task, under which token (None: it does not say).

    `must_say` is of those who cannot do without: an agent has several helpers, and only one of
    them holds the task.
    """

    id: str
    token: int | None = None
    must_say: bool = False


def is_owner(contacts: Contacts, me: str, agent: str) -> bool:
    """Ask whether somebody may decide on an agent's tasks."""
    return contacts.tier(me, toward=agent) == "owner"


def is_worker(contacts: Contacts, me: str, agent: str) -> bool:
    """Ask whether somebody may work on an agent's tasks: it, its helpers, its owner."""
    return me == agent or is_helper(contacts, me, agent) or is_owner(contacts, me, agent)


def is_helper(contacts: Contacts, me: str, agent: str) -> bool:
    """Ask whether somebody is one of an agent's helpers."""
    actor = contacts.get(me)
    return actor is not None and actor.kind == "helper" and actor.owner == agent


def must_be_owner(contacts: Contacts, me: str, agent: str, event: Event) -> None:
    """Refuse whoever is not the owner."""
    if not is_owner(contacts, me, agent):
        raise NotYours(str(event), f"only {_owner_of(contacts, agent)}, may do this")


def must_be_owner_or_sender(contacts: Contacts, me: str, task: Task, event: Event) -> None:
    """Refuse whoever neither owns the agent nor sent the task."""
    if me != task.sender and not is_owner(contacts, me, task.agent):
        who = f"only {task.sender}, who sent it, or {_owner_of(contacts, task.agent)}"
        raise NotYours(str(event), f"{who}, may do this")


def may_queue_again(contacts: Contacts, me: str, task: Task) -> bool:
    """Ask whether one may let a task be done again: of one that was never let in, the owner."""
    # What waited for tokens only is asked of the governor anew, which knows.
    nobody_said = not (task.approval or task.awaiting or task.token)
    waits = task.awaiting == OWNER_APPROVAL or nobody_said
    return not waits or is_owner(contacts, me, task.agent)


def must_be_let_in(contacts: Contacts, me: str, task: Task, event: Event) -> None:
    """Refuse that a sender itself queues what waited for the owner's word, and never got it."""
    if not may_queue_again(contacts, me, task):
        who = f"only {_owner_of(contacts, task.agent)}"
        raise NotYours(str(event), f"{task.id} was never let in, and {who}, may do this")


def must_be_worker(contacts: Contacts, me: str, agent: str, event: Event) -> None:
    """Refuse whoever does not work for the agent."""
    if not is_worker(contacts, me, agent):
        who = f"only {agent}, its helpers or {_owner_of(contacts, agent)}"
        raise NotYours(str(event), f"{who}, may do this")


def _owner_of(contacts: Contacts, agent: str) -> str:
    actor = contacts.get(agent)
    return f"{actor.owner}, the owner of {agent}" if actor and actor.owner else "an owner"


def must_be_in(task: Task, event: Event) -> None:
    """Refuse an event that the task's state does not have."""
    if not has_move(task.state, event):
        raise WrongTaskState(str(event), states_with(event), task.state, task.id)


def must_hold(task: Task, entry: Entry, hold: Hold, event: Event, now: datetime) -> None:
    """Refuse a claim that holds no longer."""
    token = hold.token
    if not has_move(task.state, event):
        _refuse_by_state(task, entry, token, event)
    if token is None and (hold.must_say or task.token != 1):
        times = "once" if task.token == 1 else f"{task.token} times"
        why = f"{task.id} was claimed {times}; say which claim with --token"
        raise LeaseLost(str(event), task.id, why)
    if token is not None and token != task.token:
        held = f"{task.id} is held under token {task.token} by {task.holder}"
        why = f"{held}, not under token {token}"
        raise LeaseLost(str(event), task.id, why)
    if task.lease_until is None or now >= task.lease_until:
        until = utc_or_none(task.lease_until) or "a time that nobody knows"
        raise LeaseLost(str(event), task.id, f"the lease on {task.id} ran out at {until}")


def _refuse_by_state(task: Task, entry: Entry, token: int | None, event: Event) -> None:
    is_over = task.state_before in TASK_ENDS
    if token is not None and token <= task.token and task.state in _STATES and not is_over:
        why = f"token {token} on {task.id} is over, the task is {task.state}"
        raise LeaseLost(str(event), task.id, why)
    by_this = None if token is None or not is_over else _was_ended_by(task, entry, token)
    expected = states_with(event)
    raise WrongTaskState(str(event), expected, task.state, task.id, by_this_token=by_this)


def _was_ended_by(task: Task, entry: Entry, token: int) -> bool:
    # A person's word leaves the lease as it stands, and an expiry says so.
    newest = next(iter(state_items(entry.logbook)), None)
    ran_out = newest is not None and newest.words == RAN_OUT
    return task.token == token and task.lease_until is None and not ran_out
