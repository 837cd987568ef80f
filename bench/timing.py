"""Fair timings: the sides of a ratio are run in turn in one process, and medians are compared."""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NO_GOAL = "-"
_MANY = 50
_COMPILES_ANEW = "PYTHONDONTWRITEBYTECODE"


class Row(NamedTuple):
    """One figure: `ratio` is ours against the named floor; `goal` says on which side it belongs.

    A row with `NO_GOAL` only tells what was seen.
    """

    what: str
    ratio: float
    goal: str
    floor: str
    ours_ms: float
    floor_ms: float
    rounds: int

    @property
    def holds(self) -> bool:
        """Ask whether the goal is met."""
        if self.goal == NO_GOAL:
            return True
        side, _, number = self.goal.partition(" ")
        return self.ratio <= float(number) if side == "<=" else self.ratio >= float(number)


def interleaved(sides: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """Run the sides in turn; gives the median seconds of each. The first round only warms up.

    In short runs, where one side may leave much behind, that is collected before the next one.
    """
    times: list[list[float]] = [[] for _ in sides]
    for number in range(rounds + 1):
        for side, taken in zip(sides, times, strict=True):
            if rounds < _MANY:
                gc.collect()
            begin = time.perf_counter()
            side()
            if number:
                taken.append(time.perf_counter() - begin)
    return [statistics.median(taken) for taken in times]


def slower(
    what: str,
    ours: Callable[[], object],
    floor_name: str,
    floor: Callable[[], object],
    rounds: int,
    goal: str,
) -> Row:
    """Say how many times slower ours is than the floor."""
    mine, theirs = interleaved([ours, floor], rounds)
    return Row(what, mine / theirs, goal, floor_name, mine * 1e3, theirs * 1e3, rounds)


def faster(
    what: str,
    ours: Callable[[], object],
    floor_name: str,
    floor: Callable[[], object],
    rounds: int,
    goal: str,
) -> Row:
    """Say how many times faster ours is than the floor."""
    mine, theirs = interleaved([ours, floor], rounds)
    return Row(what, theirs / mine, goal, floor_name, mine * 1e3, theirs * 1e3, rounds)


def command(words: Sequence[str]) -> Callable[[], object]:
    """Make a side of a whole process, from its start to its end.

    It may keep what Python compiled, as it does for whoever uses it.
    """
    env = {name: value for name, value in os.environ.items() if name != _COMPILES_ANEW}

    def run() -> object:
        return subprocess.run(words, check=True, capture_output=True, env=env)

    return run
