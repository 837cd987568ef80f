"""The state table of messages is the law: a move that does not stand in it cannot happen.

The picture in the docs is drawn from the table, and a test walks every cell of it.
A person may set any keyword in Emacs; the table binds programs only.
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


def move(state: str, to: MessageState, *, event: str = "mark") -> tuple[MessageState, ...]:
    """Give the steps from `state` to `to`, none where it is there already, or refuse.

    `state` is a keyword as the file has it, so it may be one that only a person knows.
    """
    if state == to:
        return ()
    steps = _steps(state, to)
    if not steps:
        raise WrongState(event=event, expected=_ways_to(to), found=state)
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
