"""What a task waits for: other tasks that are not done, a time that has not come. Pure.

A dependency that nobody knows blocks, and says so; so does one that waits for the task itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.org.stamp import parse_stamp, parse_utc
from orgpost.states import TASK_ENDS, TaskState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
        return CYCLE if self._way(other, id) else known.state

    def is_stuck(self, blocked: Iterable[dict[str, str]]) -> bool:
        """Ask whether a person has to do something before the task can be worked on."""
        return any(each["why"] in {MISSING, CYCLE} or each["why"] in TASK_ENDS for each in blocked)

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
