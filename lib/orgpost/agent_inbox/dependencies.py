"""What a task waits for: other tasks that are not done, a time that has not come. Pure.

A dependency that nobody knows blocks, and says so; so does one that waits for the task itself.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.org.stamp import parse_stamp, parse_utc
from orgpost.states import TASK_ENDS, TaskState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from orgpost.agent_inbox.rows import Row
    from orgpost.clock import Clock

MISSING: Final = "missing"
CYCLE: Final = "cycle"


class Known(NamedTuple):
    """One task of the space: how it stands and what it waits for; `tray` is its tray's file."""

    id: str
    state: str
    depends_on: tuple[str, ...] = ()
    tray: str = ""


class Dependencies:
    """How the tasks of a space hang together; of two with one id the first counts."""

    def __init__(self, tasks: Iterable[Known]) -> None:
        self._tasks: dict[str, Known] = {}
        for task in tasks:
            self._tasks.setdefault(task.id, task)

    def blocks(self, id: str, depends_on: Sequence[str], tray: str = "") -> list[dict[str, str]]:
        """Say which of these a task waits for, and why: its state, ``missing`` or ``cycle``."""
        blocked = []
        for each in depends_on:
            why = self._why(id, each, tray)
            if why:
                blocked.append({"id": each, "why": why})
        return blocked

    def _why(self, id: str, other: str, tray: str) -> str:
        known = self._tasks.get(other)
        if known is None or (tray and known.tray != tray):
            return MISSING
        if known.state == TaskState.DONE:
            return ""
        return CYCLE if id in self._tangled and self._way(other, id) else known.state

    def is_stuck(self, id: str, blocked: Iterable[dict[str, str]]) -> bool:
        """Ask whether a person has to do something before a queued task can be worked on.

        So it is where that has to be done for one that it waits for, however far away.
        """
        return id not in self._hopeful or any(each["why"] == CYCLE for each in blocked)

    @cached_property
    def _tangled(self) -> set[str]:
        """The tasks that are in a circle, or behind one."""
        return self._tasks.keys() - self._ending(lambda task: self._there(task.depends_on))

    @cached_property
    def _hopeful(self) -> set[str]:
        """The tasks that come to their end without a person, if all goes well."""
        return self._ending(self._waits_for)

    def _waits_for(self, task: Known) -> Sequence[str] | None:
        """Give what has to end before a task can; None where it cannot."""
        if task.state in TASK_ENDS and task.state != TaskState.DONE:
            return None
        if task.state not in {TaskState.QUEUED, TaskState.WAITING}:
            return ()
        others = {each: self._tasks.get(each) for each in task.depends_on}
        if any(other is None or task.tray not in {"", other.tray} for other in others.values()):
            return None
        return task.depends_on

    def _there(self, ids: Iterable[str]) -> list[str]:
        return [id for id in ids if id in self._tasks]

    def _ending(self, waits_for: Callable[[Known], Sequence[str] | None]) -> set[str]:
        """Give the tasks that come to their end, one after the other, each behind its own."""
        left: dict[str, int] = {}
        behind: dict[str, list[str]] = {}
        for id, task in self._tasks.items():
            others = waits_for(task)
            if others is not None:
                left[id] = len(set(others))
                for each in set(others):
                    behind.setdefault(each, []).append(id)
        order = [id for id, count in left.items() if not count]
        for id in order:
            for each in behind.get(id, ()):
                left[each] -= 1
                if not left[each]:
                    order.append(each)
        return set(order)

    def cycles(self) -> list[list[str]]:
        """Give the circles; of those that have a task in common, one."""
        cycles: list[list[str]] = []
        told: set[str] = set()
        for id, task in self._tasks.items():
            if id in self._tangled and id not in told and (way := self.cycle(id, task.depends_on)):
                told.update(way)
                cycles.append(way[:-1])
        return cycles

    def cycle(self, id: str, depends_on: Iterable[str]) -> list[str]:
        """Give the way from a new task through those it depends on back to it, if there is one."""
        for each in depends_on:
            if each == id:
                return [id, id]
            if way := self._way(each, id):
                return [id, *way]
        return []

    def _way(self, start: str, end: str) -> list[str]:
        """Give a way along dependencies from one task to another; empty where there is none."""
        came_from: dict[str, str] = {}
        stack = [start]
        while stack:
            here = stack.pop()
            for each in self._tasks[here].depends_on if here in self._tasks else ():
                if each == end:
                    return [*self._back(came_from, start, here), end]
                if each not in came_from and each != start:
                    came_from[each] = here
                    stack.append(each)
        return []

    @staticmethod
    def _back(came_from: dict[str, str], start: str, end: str) -> list[str]:
        way = [end]
        while way[-1] != start:
            way.append(came_from[way[-1]])
        return way[::-1]


def is_due(row: Row, clock: Clock) -> bool:
    """Ask whether NOT_BEFORE and SCHEDULED have come; what cannot be read is no time."""
    if not row.not_before and not row.scheduled:
        return True
    gates = (parse_utc(row.not_before), parse_stamp(row.scheduled, clock.zone()))
    now = clock.now()
    return all(gate is None or gate <= now for gate in gates)
