"""What happened in each box lately, counted: so that who comes back learns what was missed. Pure.

An epoch says who counted. It is new at each start and whenever nobody can say what happened; an
offset of one epoch means nothing in another.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from orgpost.frozen import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

MOST_IN_ALL: Final = 100_000
# What is told at once must fit into one frame.
MOST_TOLD: Final = 3000


class Point(NamedTuple):
    """Where a box is."""

    epoch: str
    offset: int


class Counted(NamedTuple):
    """Where a box is after some changes, and these with their offsets."""

    point: Point
    changes: Sequence[dict[str, Any]]


class Recovery(NamedTuple):
    """What a client that comes back is told; without `recovered` it must look at the files."""

    point: Point
    recovered: bool
    changes: Sequence[dict[str, Any]] = ()


class _Past:
    """One box."""

    def __init__(self, epoch: str, most: int) -> None:
        self.epoch, self.offset = epoch, 0
        self.changes: deque[dict[str, Any]] = deque(maxlen=most)

    @property
    def point(self) -> Point:
        return Point(self.epoch, self.offset)


class History:
    """All boxes; `new_epoch` gives a word that was never given before."""

    def __init__(
        self, new_epoch: Callable[[], str], *, most: int, most_in_all: int = MOST_IN_ALL
    ) -> None:
        self._new_epoch, self._most, self._most_in_all = new_epoch, most, most_in_all
        self._boxes: dict[str, _Past] = {}
        self._kept = 0

    def point(self, box: str) -> Point:
        """Say where a box is; one that nobody asked for before begins here."""
        return self._past(box).point

    def add(self, box: str, changes: Iterable[Mapping[str, Any]]) -> Counted:
        """Count changes; gives where the box is now, and the changes with their offsets."""
        past = self._boxes.pop(box, None) or _Past(self._new_epoch(), self._most)
        self._boxes[box] = past  # the one that changed last stands last
        counted = []
        for change in changes:
            past.offset += 1
            counted.append({"offset": past.offset, **change})
        before = len(past.changes)
        past.changes.extend(counted)
        self._kept += len(past.changes) - before
        self._forget()
        return Counted(past.point, counted)

    def reset(self, box: str) -> Point:
        """Begin anew: nobody can say what happened in this box."""
        past = self._past(box)
        self._kept -= len(past.changes)
        self._boxes[box] = _Past(self._new_epoch(), self._most)
        return self._boxes[box].point

    def recover(self, box: str, epoch: object, offset: object) -> Recovery:
        """Give exactly what came after a point, or say that nobody can."""
        past = self._past(box)
        if epoch != past.epoch or isinstance(offset, bool) or not isinstance(offset, int):
            return Recovery(past.point, recovered=False)
        missed = past.offset - offset
        if not 0 <= missed <= min(len(past.changes), MOST_TOLD):
            return Recovery(past.point, recovered=False)
        # From the end: what was missed is little, and what is kept may be much.
        newest = [past.changes[-place] for place in range(missed, 0, -1)]
        return Recovery(past.point, recovered=True, changes=newest)

    def _past(self, box: str) -> _Past:
        if box not in self._boxes:
            self._boxes[box] = _Past(self._new_epoch(), self._most)
        return self._boxes[box]

    def _forget(self) -> None:
        """Drop what is kept of the boxes in which nothing happened for longest."""
        for past in self._boxes.values():
            if self._kept <= self._most_in_all:
                return
            while past.changes and self._kept > self._most_in_all:
                past.changes.popleft()
                self._kept -= 1
