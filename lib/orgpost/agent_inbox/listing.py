"""Lists of one agent's tasks: what is whose turn, and whether anything can still happen."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from orgpost.agent_inbox.dependencies import is_due
from orgpost.agent_inbox.queue import Queue
from orgpost.agent_inbox.rows import rows
from orgpost.agent_inbox.shelf import Found
from orgpost.org.scan import Span
from orgpost.states import TaskState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orgpost.agent_inbox.shelf import TaskShelf
    from orgpost.task import Task


class Standing(NamedTuple):
    """What can be claimed now, what cannot, and what of that needs a person.

    `drained`: nobody works, and every queued task is stuck; nothing happens by itself any more.
    """

    ready: int
    blocked: int
    stuck: int
    working: int

    @property
    def drained(self) -> bool:
        """Whether nothing happens by itself any more."""
        return not self.working and not self.ready and self.blocked == self.stuck


def standing(shelf: TaskShelf, name: str) -> Standing:
    """Count what is ready, blocked, stuck and worked on."""
    source = shelf.agent(name)
    all_rows = rows(source.data, source.kind)
    queued = [row for row in all_rows if row.state == TaskState.QUEUED]
    waits_for_others = any(row.depends_on for row in queued)
    known = shelf.dependencies() if waits_for_others else None
    ready = stuck = 0
    for row in queued:
        blocks = known.blocks(row.id, row.depends_on) if known and row.depends_on else []
        ready += not blocks and is_due(row, shelf.clock)
        stuck += bool(known and blocks and known.is_stuck(blocks))
    working = sum(row.state == TaskState.WORKING for row in all_rows)
    return Standing(ready, len(queued) - ready, stuck, working)


def in_turn(shelf: TaskShelf, name: str, boosts: Mapping[str, float]) -> list[Task]:
    """Give what is worked on, then what is queued in the order of claims, then what waits."""
    source = shelf.agent(name)
    all_rows = rows(source.data, source.kind)
    queue = Queue(boosts, all_rows)
    waiting = [row for row in all_rows if row.state == TaskState.WAITING]
    order = [*queue.working(), *queue.queued(), *waiting]
    known = shelf.dependencies() if any(row.depends_on for row in order) else None
    return [shelf.task(Found(source, Span(row.start, row.end)), known) for row in order]
