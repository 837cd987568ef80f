"""The state tables are the law: a move that does not stand in them cannot happen.

The pictures in the docs are drawn from the tables, and a test walks every cell of them.
A person may set any keyword in Emacs; the tables bind programs only.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from orgpost.errors import WrongState

if TYPE_CHECKING:
    from collections.abc import Mapping


class MessageState(StrEnum):
    """The keyword of a message."""

    UNREAD = "UNREAD"
    READ = "READ"
    TODO = "TODO"
    DONE = "DONE"
    ARCHIVED = "ARCHIVED"


_UNREAD, _READ, _TODO, _DONE, _ARCHIVED = MessageState

MOVES: Final[Mapping[MessageState, tuple[MessageState, ...]]] = MappingProxyType(
    {
        _UNREAD: (_READ, _TODO),
        _READ: (_UNREAD, _TODO, _DONE, _ARCHIVED),
        _TODO: (_READ, _DONE),
        _DONE: (_READ, _ARCHIVED),
        _ARCHIVED: (),
    }
)

# The hooks have always promised that unread mail can be marked done, so these two legal moves may
# be made in one edit. No other move is composed.
COMPOSED: Final[Mapping[tuple[MessageState, MessageState], tuple[MessageState, ...]]] = (
    MappingProxyType({(_UNREAD, _DONE): (_READ, _DONE)})
)

# Finished mail may leave the hot file: whatever has a way to ARCHIVED.
FINISHED: Final[frozenset[str]] = frozenset(
    state for state, ways in MOVES.items() if _ARCHIVED in ways
)


def move(
    state: str, to: MessageState, *, event: str = "mark", id: str = ""
) -> tuple[MessageState, ...]:
    """Give the steps from `state` to `to`, none where it is there already, or refuse.

    `state` is a keyword as the file has it, so it may be one that only a person knows; `id` is
    whose it is, for the refusal.
    """
    if state == to:
        return ()
    steps = _steps(state, to)
    if not steps:
        raise WrongState(event=event, expected=_ways_to(to), found=state, id=id)
    return steps


def diagram() -> str:
    """Draw the table, one line a state, for the docs."""
    width = max(map(len, MOVES))
    return "\n".join(f"{state:<{width}} -> {_ways(state)}" for state in MOVES)


def _steps(state: str, to: MessageState) -> tuple[MessageState, ...]:
    if state not in MOVES:
        return ()
    known = MessageState(state)
    return (to,) if to in MOVES[known] else COMPOSED.get((known, to), ())


def _ways_to(to: MessageState) -> list[str]:
    return [str(state) for state in MOVES if state != to and _steps(state, to)]


def _ways(state: MessageState) -> str:
    return " | ".join(MOVES[state]) or "(the end)"


# --- tasks --------------------------------------------------------------------------------------


class TaskState(StrEnum):
    """The keyword of a task."""

    WAITING = "WAITING"
    QUEUED = "QUEUED"
    WORKING = "WORKING"
    DONE = "DONE"
    FAILED = "FAILED"
    DEAD = "DEAD"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"
    ARCHIVED = "ARCHIVED"


class Event(StrEnum):
    """What can happen to a task; each but ``expire`` is a verb of the command line."""

    APPROVE = "approve"
    REJECT = "reject"
    CANCEL = "cancel"
    CLAIM = "claim"
    RENEW = "renew"
    RELEASE = "release"
    COMPLETE = "complete"
    FAIL = "fail"
    EXPIRE = "expire"
    RETRY = "retry"
    REVISE = "revise"
    ARCHIVE = "archive"


_T, _E = TaskState, Event

# Where several ways lead on, the first is the plain one: a holder that finds its task cancelled
# ends it with whatever it does, and a task that repeats is queued again, or waits.
TASK_MOVES: Final[Mapping[tuple[TaskState, Event], tuple[TaskState, ...]]] = MappingProxyType(
    {
        (_T.WAITING, _E.APPROVE): (_T.QUEUED,),
        (_T.WAITING, _E.REJECT): (_T.REJECTED,),
        (_T.WAITING, _E.CANCEL): (_T.CANCELLED,),
        (_T.QUEUED, _E.CANCEL): (_T.CANCELLED,),
        (_T.WORKING, _E.CANCEL): (_T.WORKING, _T.CANCELLED),
        (_T.QUEUED, _E.CLAIM): (_T.WORKING,),
        (_T.WORKING, _E.RENEW): (_T.WORKING, _T.CANCELLED),
        (_T.WORKING, _E.RELEASE): (_T.QUEUED, _T.CANCELLED, _T.DEAD),
        (_T.WORKING, _E.COMPLETE): (_T.DONE, _T.CANCELLED, _T.QUEUED, _T.WAITING),
        (_T.WORKING, _E.FAIL): (_T.QUEUED, _T.DEAD, _T.CANCELLED),
        (_T.WORKING, _E.EXPIRE): (_T.QUEUED, _T.DEAD, _T.CANCELLED),
        (_T.DEAD, _E.RETRY): (_T.QUEUED,),
        (_T.FAILED, _E.RETRY): (_T.QUEUED,),
        (_T.CANCELLED, _E.RETRY): (_T.QUEUED,),
        (_T.DONE, _E.REVISE): (_T.QUEUED,),
        (_T.DONE, _E.ARCHIVE): (_T.ARCHIVED,),
        (_T.FAILED, _E.ARCHIVE): (_T.ARCHIVED,),
        (_T.DEAD, _E.ARCHIVE): (_T.ARCHIVED,),
        (_T.REJECTED, _E.ARCHIVE): (_T.ARCHIVED,),
        (_T.CANCELLED, _E.ARCHIVE): (_T.ARCHIVED,),
    }
)

# A task is made in one of these: the governor says in which.
TASK_BEGINNINGS: Final = (_T.QUEUED, _T.WAITING)

# Nothing happens to these by itself any more. FAILED is a person's word: do not try again.
TASK_ENDS: Final[frozenset[str]] = frozenset(
    state for state, event in TASK_MOVES if event is _E.ARCHIVE
)

# Entering one of these sets CLOSED, leaving it takes CLOSED away.
TASK_CLOSED: Final[frozenset[str]] = TASK_ENDS


def has_move(state: str, event: Event) -> bool:
    """Say whether an event may happen in a state, which may be a person's own keyword."""
    return state in _TASK_STATES and (TaskState(state), event) in TASK_MOVES


def states_with(event: Event) -> list[str]:
    """Give the states in which an event may happen."""
    return [str(state) for state in TaskState if (state, event) in TASK_MOVES]


_TASK_STATES: Final = frozenset(map(str, TaskState))


def task_diagram() -> str:
    """Draw the table of tasks, one line a move, for the docs."""
    begin = f"{'(none)':<9} {'create':<8} -> {' | '.join(TASK_BEGINNINGS)}"
    moves = (
        f"{state:<9} {event:<8} -> {' | '.join(ways)}"
        for (state, event), ways in TASK_MOVES.items()
    )
    return "\n".join((begin, *moves))
