"""Whose turn it is: the tasks of one file in the order in which they are claimed. Pure.

The order is weight x boost, highest first; then the older; then the place in the file.  A queue may
be kept while the file's layout stays: what changed is put in again, row by row.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING, Final

from orgpost.org.stamp import parse_utc
from orgpost.states import TaskState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from typing import TypeAlias

    from orgpost.agent_inbox.rows import Row

    Key: TypeAlias = tuple[float, str, int]

_WEIGHTS: Final = {"A": 4.0, "B": 2.0, "": 2.0}
_LOW: Final = 1.0


class Queue:
    """The tasks of one file, by the offsets at which their entries begin."""

    def __init__(self, boosts: Mapping[str, float], rows: Iterable[Row] = ()) -> None:
        self._boosts = boosts
        self._rows: dict[int, Row] = {}
        self._starts: dict[str, int] = {}
        self._order: list[Key] = []
        self._working: set[int] = set()
        self._load(rows)

    def _load(self, rows: Iterable[Row]) -> None:
        # Sorting once is much cheaper than putting ten thousand in, one by one.
        for row in rows:
            self._note(row)
            if row.state == TaskState.QUEUED:
                self._order.append(self._key(row))
        self._order.sort()

    def _note(self, row: Row) -> None:
        self._rows[row.start] = row
        self._starts.setdefault(row.id, row.start)
        if row.state == TaskState.WORKING:
            self._working.add(row.start)

    def _key(self, row: Row) -> Key:
        weight = _WEIGHTS.get(row.priority, _LOW)
        return (-weight * self._boosts.get(row.tier, 1.0), row.created, row.start)

    def put(self, row: Row) -> None:
        """Take in a task, or what became of it."""
        self.drop(row.start)
        self._note(row)
        if row.state == TaskState.QUEUED:
            insort(self._order, self._key(row))

    def drop(self, start: int) -> None:
        """Forget what stood at an offset."""
        old = self._rows.pop(start, None)
        if old is None:
            return
        self._working.discard(start)
        if self._starts.get(old.id) == start:
            del self._starts[old.id]
        if old.state == TaskState.QUEUED:
            at = bisect_left(self._order, self._key(old))
            del self._order[at]

    def at(self, id: str) -> Row | None:
        """Give the row of a task."""
        start = self._starts.get(id)
        return None if start is None else self._rows[start]

    def on(self, start: int) -> Row | None:
        """Give the row of the entry that begins at an offset."""
        return self._rows.get(start)

    def __len__(self) -> int:
        return len(self._rows)

    def queued(self) -> Iterator[Row]:
        """Give the queued tasks in the order of their turns; only while nothing is put in."""
        return (self._rows[start] for _, _, start in self._order)

    def working(self) -> list[Row]:
        """Give the tasks that somebody works on, in the file's order."""
        return [self._rows[start] for start in sorted(self._working)]

    def run_out(self, now: datetime) -> list[Row]:
        """Give those whose lease has run out; a person who set WORKING by hand has none."""
        return [
            row
            for row in self.working()
            if (until := parse_utc(row.until)) is not None and until <= now
        ]
