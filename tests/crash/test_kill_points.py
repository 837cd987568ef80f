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

from tests.crash.kills import Aim, Room, create
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
    from collections.abc import Iterator

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

MEMORY: Final = Path("/dev/shm")  # noqa: S108  faster than a disk; what is made there is private
RECOVERIES: Final = {"ci": 2, "nightly": 60}[os.environ.get("SIZE", "ci")]


class Case(NamedTuple):
    """An operation, and how many kill points it was seen to have."""

    scenario: Scenario
    points: int


WAITING = (*THREE, confirm(), person_locks(), send(4), send(5, 6), person_unlocks())
CASES = (
    Case(Scenario("first send", (send(1),)), 0),
    Case(Scenario("send", (send(4),), THREE), 0),
    Case(Scenario("send 64 KiB", (send(4, size=65_536),), THREE), 0),
    Case(Scenario("send after a while", (wait(0.6), send(4), send(5, 6)), THREE), 0),
    Case(Scenario("mark", (mark("READ", 2),), THREE), 0),
    Case(Scenario("several marks", (mark("READ", 1, 3), mark("TODO", 2, 3)), THREE), 0),
    Case(Scenario("other length", (lengthen(2), lengthen(1)), THREE), 0),
    Case(Scenario("archive", (archive(1, 3),), THREE), 0),
    Case(Scenario("fold", (wait(0.6), send(7)), WAITING), 0),
    Case(Scenario("fold by a reader", (wait(0.6), look()), WAITING), 0),
    Case(Scenario("confirm", (mark("READ", 1), confirm()), THREE), 0),
    Case(Scenario("journal growth", (send(4, size=70_000), mark("READ", 4)), THREE), 0),
    Case(
        Scenario(
            "busy journal",
            (wait(0.3), send(5), wait(0.3), send(6), wait(0.6), mark("READ", 6)),
            (*THREE, confirm(), send(4, size=800)),
        ),
        0,
    ),
    Case(Scenario("create", (create(20_000),), THREE), 0),
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


def each_kill(space: Path, scenario: Scenario) -> Iterator[tuple[Aim, Room, int]]:
    """Kill at each call, then in each write, until the end is passed."""
    for half in (False, True):
        for nth in itertools.count(1):
            room, aim = Room(space, scenario), Aim(nth, half)
            told = room.kill(aim)
            if told is None:
                room.check(None, 3)
                break
            yield aim, room, told


@each_case
def test_killed_at_each_call_it_is_wholly_done_or_not_at_all(
    case: Case, space: Path, tally: Counter[str]
) -> None:
    """What was told is there once; the rest is old or new; nothing is left beside the files."""
    found = 0
    for found, (_aim, room, told) in enumerate(each_kill(space, case.scenario), 1):
        room.check(told, 20 if found % 3 else 3)
    tally["kill points"] += found
    tally["killed"] += found
    assert found >= case.points
