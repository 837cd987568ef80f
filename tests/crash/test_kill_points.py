"""A process that dies at each system call of each operation, on a real disk; then another looks.

The n-th call is never made, or half of it where it writes, until n passes the end.  What a kill
leaves needs no sync to stay: so there is none here.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from tests.crash.kills import Aim, Room, at_call, at_change, create, in_write
from tests.crash.scenarios import (
    THREE,
    Scenario,
    archive,
    confirm,
    lengthen,
    look,
    mark,
    person_locks,
    person_unlocks,
    send,
    wait,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

MEMORY: Final = Path("/dev/shm")
RECOVERIES: Final = {"small": 1, "ci": 2, "nightly": 30}[os.environ.get("SIZE", "ci")]


class Case(NamedTuple):
    """An operation, and how many calls and how many writes it was seen to have."""

    scenario: Scenario
    calls: int
    writes: int


WAITING = (*THREE, confirm(), person_locks(), send(4), send(5, 6))
CASES = (
    Case(Scenario("first send", (send(1),)), 116, 10),
    Case(Scenario("send", (send(4),), THREE), 58, 5),
    Case(Scenario("send 64 KiB", (send(4, size=65_536),), THREE), 59, 6),
    Case(Scenario("send after a while", (wait(0.6), send(4), send(5, 6)), THREE), 91, 12),
    Case(Scenario("mark", (mark("READ", 2),), THREE), 66, 5),
    Case(Scenario("several marks", (mark("READ", 1, 3), mark("TODO", 2, 3)), THREE), 99, 12),
    Case(Scenario("other length", (lengthen(2), lengthen(1)), THREE), 122, 10),
    Case(Scenario("archive", (archive(1, 3),), THREE), 225, 18),
    Case(Scenario("fold", (person_unlocks(), send(7)), WAITING), 103, 9),
    Case(Scenario("fold by a reader", (person_unlocks(), look()), WAITING), 128, 5),
    Case(Scenario("confirm", (mark("READ", 1), confirm()), THREE), 84, 8),
    Case(Scenario("journal growth", (send(4, size=70_000), mark("READ", 4)), THREE), 90, 11),
    Case(
        Scenario(
            "busy journal",
            (wait(0.3), send(5), wait(0.3), send(6), wait(0.6), mark("READ", 6)),
            (*THREE, confirm(), send(4, size=800)),
        ),
        140,
        23,
    ),
    Case(Scenario("create", (create(20_000),), THREE), 25, 2),
)
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.scenario.words)


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


def each_kill(
    space: Path, scenario: Scenario, aim: Callable[[int], Aim]
) -> Iterator[tuple[Room, int]]:
    """Kill at each call, or in each write, until the end is passed."""
    for nth in itertools.count(1):
        room = Room(space, scenario)
        told = room.kill(aim(nth))
        if told is None:
            room.check(None, 3)
            return
        yield room, told


@each_case
@pytest.mark.parametrize("aim", [at_call, in_write])
def test_killed_anywhere_it_is_wholly_done_or_not_at_all(
    aim: Callable[[int], Aim], case: Case, space: Path, tally: Counter[str]
) -> None:
    """What was told is there once; the rest is old or new; nothing is left beside the files."""
    found = 0
    for found, (room, told) in enumerate(each_kill(space, case.scenario, aim), 1):
        room.check(told, 20 if found % 3 else 3)
    tally["kill points"] += found
    tally["killed"] += found
    assert found >= (case.calls if aim is at_call else case.writes)


@each_case
def test_a_recovery_may_be_killed_at_each_of_its_changes(
    case: Case, space: Path, rng: random.Random, tally: Counter[str]
) -> None:
    """Three times in a row, at the same call: in the end it is as if it had not been killed."""
    calls = rng.sample(range(1, case.calls + 1), min(RECOVERIES, case.calls))
    writes = rng.sample(range(1, case.writes + 1), min(RECOVERIES, case.writes))
    for aim in (*map(at_call, calls), *map(in_write, writes)):
        for nth in itertools.count(1):
            room = Room(space, case.scenario)
            told = room.kill(aim)
            room.clock.advance(3)
            deaths = sum(room.kill_recovery(at_change(nth)) for _ in range(3))
            room.check(told, 0)
            tally["killed in recovery"] += deaths
            if not deaths:
                break
