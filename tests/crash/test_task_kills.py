"""A holder that dies at each call of each step of a task's life, on a real disk; others go on.

The task stands as before the step or as after it, and whoever goes on finishes it once.
"""

from __future__ import annotations

import itertools
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.crash.kills import Aim, at_call, in_write
from tests.crash.task_kills import (
    LONG,
    Case,
    Office,
    claim,
    claim_next,
    complete,
    fail,
    look,
    person_locks,
    person_strips_blanks,
    person_unlocks,
    release,
    wait,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

MEMORY: Final = Path("/dev/shm")

HELD = (claim(0), claim(1))
RAN_OUT = (claim(0, 1), wait(2))
WAITING = (*HELD, person_locks(), complete(0, "done"), fail(1))
CASES = (
    Case("edit in place", (claim(0), complete(0, "done")), calls=96, writes=11),
    Case("edit with a long result", (complete(0, LONG), release(1)), HELD, calls=115, writes=12),
    Case(
        "edit without slack",
        (complete(0, "done"), claim(2)),
        (*HELD, wait(1), person_strips_blanks()),
        calls=125,
        writes=9,
    ),
    Case(
        "outcomes kept", (complete(0, LONG), fail(1)), (*HELD, person_locks()), calls=128, writes=5
    ),
    Case("outcomes folded in", (person_unlocks(), claim(2)), WAITING, calls=105, writes=10),
    Case(
        "outcomes folded in by a reader", (person_unlocks(), look()), WAITING, calls=128, writes=5
    ),
    Case("expired and claimed", (claim_next(),), RAN_OUT, calls=77, writes=8),
)
# Two times that differ in fewer places make fewer places to write.
BY_THE_TIME_OF_DAY = 2
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.words)


@pytest.fixture
def space(tmp_path: Path) -> Iterator[Path]:
    """Give where a space can be, in memory if there is such a place."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else tmp_path) as folder:
        yield Path(folder) / "space"


@pytest.fixture(scope="module")
def tally() -> Iterator[Counter[str]]:
    """Count, and say at the end what was counted."""
    counts: Counter[str] = Counter()
    yield counts
    print(", ".join(f"{count} {words}" for words, count in counts.items()))


@each_case
@pytest.mark.parametrize("aim", [at_call, in_write])
def test_a_task_whose_holder_dies_stands_as_before_the_step_or_as_after_it(
    aim: Callable[[int], Aim], case: Case, space: Path, tally: Counter[str]
) -> None:
    """What was told stands; a claim is whole or not there, and its token works once."""
    models = Office(space, case).models()
    for nth in itertools.count(1):
        office = Office(space, case)
        told = office.kill(aim(nth))
        if told is None:
            office.check(models[-1:])
            break
        office.check(models[told : told + 2])
        tally["kill points of tasks"] += 1
    assert nth - 1 >= (case.calls if aim is at_call else case.writes) - BY_THE_TIME_OF_DAY
