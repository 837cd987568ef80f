"""Lists of one agent's tasks: what is whose turn, and whether anything can still happen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, overload

from orgpost.agent_inbox.dependencies import is_due
from orgpost.agent_inbox.queue import Queue
from orgpost.agent_inbox.rows import rows
from orgpost.agent_inbox.shelf import Found
from orgpost.org.scan import Span
from orgpost.states import TaskState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orgpost.agent_inbox.dependencies import Dependencies
    from orgpost.agent_inbox.rows import Row
    from orgpost.agent_inbox.shelf import Source, TaskShelf
    from orgpost.task import Task


class Turns(Sequence["Task"]):
    """Tasks in an order; its length counts, each task is made when it is taken."""

    def __init__(self, shelf: TaskShelf, source: Source, rows: Sequence[Row]) -> None:
        self._shelf, self._source, self.rows = shelf, source, rows
        self._known: Dependencies | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, at: int) -> Task: ...

    @overload
    def __getitem__(self, at: slice) -> Turns: ...

    def __getitem__(self, at: int | slice) -> Task | Turns:
        if isinstance(at, slice):
            return self._of(self.rows[at])
        row = self.rows[at]
        if row.depends_on and self._known is None:
            self._known = self._shelf.dependencies()
        return self._shelf.task(Found(self._source, Span(row.start, row.end)), self._known)

    def planned(self) -> Turns:
        """Keep those that have a time to begin at, or to be done by."""
        return self._of([row for row in self.rows if row.scheduled or row.deadline])

    def fitting(self, fits: Callable[[Task], bool]) -> Turns:
        """Keep those that fit; each is made to be looked at."""
        return self._of([row for at, row in enumerate(self.rows) if fits(self[at])])

    def in_states(self, states: frozenset[str]) -> Turns:
        """Keep those in one of these states."""
        return self._of([row for row in self.rows if row.state in states])

    def _of(self, rows: Sequence[Row]) -> Turns:
        turns = Turns(self._shelf, self._source, rows)
        turns._known = self._known
        return turns


class Prospects(NamedTuple):
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


def prospects(shelf: TaskShelf, name: str) -> Prospects:
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
        stuck += bool(known and blocks and known.is_stuck(row.id, blocks))
    working = sum(row.state == TaskState.WORKING for row in all_rows)
    return Prospects(ready, len(queued) - ready, stuck, working)


def in_turn(
    shelf: TaskShelf, name: str, boosts: Mapping[str, float], *, over: bool = False
) -> Turns:
    """Give what is worked on, then what is queued in the order of claims, then what waits."""
    source = shelf.agent(name)
    all_rows = rows(source.data, source.kind)
    queue = Queue(boosts, all_rows)
    waiting = [row for row in all_rows if row.state == TaskState.WAITING]
    order = [*queue.working(), *queue.queued(), *waiting]
    if over:
        first = {row.start for row in order}
        order += [row for row in all_rows if row.start not in first]
    return Turns(shelf, source, order)
