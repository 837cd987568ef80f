"""Every disk that a kill or a power cut may leave, and what is made of it.

For each prefix of what a run changes on the disk, and for each way in which what was not synced may
have come out: what was acknowledged is there, whole and once, and to look again changes nothing.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from orgpost.org import scan
from orgpost.store.memory import Killed, MemoryCalls
from orgpost.store.memory_disk import SPACE
from orgpost.store.person import SAVES, Person
from tests.crash.runs import (
    Crash,
    Run,
    files,
    go_on,
    kept_aside,
    process,
    read,
    record,
    recover,
    scratches,
)
from tests.crash.scenarios import (
    SCENARIOS,
    THREE,
    Model,
    Scenario,
    confirm,
    look,
    mark,
    person_locks,
    person_marks,
    person_unlocks,
    report,
    send,
    text_of,
    wait,
)
from tests.store.stages import INBOX

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from orgpost.store.memory_disk import MemoryDisk

pytestmark = pytest.mark.slow

STATES = {"small": 3_000, "ci": 50_000, "nightly": 5_000_000}[os.environ.get("SIZE", "ci")]
PER_SCENARIO = STATES // len(SCENARIOS) + 1
KILLED_RECOVERIES = 1 + PER_SCENARIO // 1000
EACH_SOONER = 16

each_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.words)


def some(run: Run, rng: random.Random, count: int) -> list[Crash]:
    """Draw crashes of a run, each with its own disk."""
    found = {crash.disk.key(run.root): crash for crash in run.crashes(rng, 8)}
    return rng.sample(list(found.values()), min(count, len(found)))


def enough(run: Run, rng: random.Random) -> list[Crash]:
    """Give crashes at all places of a run, as many at each as are enough in all."""
    most, found = PER_SCENARIO // (4 * len(run.history.log)), list[Crash]()
    while len(found) < PER_SCENARIO:
        most += 1 + most // 4
        found = list(run.crashes(rng, most))
    return found


@each_scenario
@pytest.mark.timeout(600)
def test_what_was_told_is_there_after_any_crash(
    scenario: Scenario, rng: random.Random, record_property: Callable[[str, object], None]
) -> None:
    """Nothing told is lost, torn or doubled; what was not told is there whole or not at all."""
    run = record(scenario)
    found = enough(run, rng)
    seen: dict[object, Model] = {}
    for number, crash in enumerate(found):
        key = crash.disk.key(run.root)
        if key not in seen:
            machine = run.machine(crash, 20 if number % 3 else 3)
            seen[key] = recover(machine)
            assert seen[key] in run.allowed(crash), run.words(crash)
            assert kept_aside(machine) == [], run.words(crash)
            if crash.disk.killed or number % EACH_SOONER == 0:
                go_on(machine, seen[key], send(99))
                assert scratches(machine) == [], run.words(crash)
        assert seen[key] in run.allowed(crash), run.words(crash)
    record_property("states", len(found))
    record_property("recoveries", len(seen))


OVERTAKEN = Scenario(
    "overtaken",
    (
        *(person_locks(), report("DONE", 2), look(), person_marks("TODO", 2), person_unlocks()),
        *(wait(1.0), look(), mark("READ", 1), wait(0.6), confirm()),
    ),
    THREE,
)
TOLD, SAVED = 2, 4


def test_an_outcome_is_in_the_file_or_in_quarantine_after_any_crash(rng: random.Random) -> None:
    """Where a person was faster it is kept aside, where nobody was it is put in once."""
    run = record(OVERTAKEN)
    found = {crash.disk.key(run.root): crash for crash in run.crashes(rng, STATES // 1000)}
    print(f"{len(found)} crashes around an outcome")
    for crash in found.values():
        machine = run.machine(crash, 3)
        Person(SPACE, MemoryCalls(machine)).unlock(INBOX)
        words, keyword = run.words(crash), recover(machine)[INBOX][1][2:8].strip()
        there = dict(files(machine.find(SPACE)))
        kept = [data for path, (_, data) in there.items() if path.endswith("overtaken/bytes")]
        if crash.told >= SAVED:
            assert (keyword, set(kept)) == (b"TODO", {b"DONE"}), words
        else:
            assert keyword in ({b"DONE"} if crash.told >= TOLD else {b"UNREAD", b"DONE"}), words
            assert kept == [], words


@each_scenario
def test_a_recovery_may_be_killed_at_each_of_its_calls(
    scenario: Scenario, rng: random.Random
) -> None:
    """Three times in a row, at the same call: in the end it is as if nothing had been killed."""
    run = record(scenario)
    for crash in some(run, rng, KILLED_RECOVERIES):
        nth, done = 0, False
        while not done:
            nth += 1
            machine = run.machine(crash, 3)
            done = all([is_done(machine, nth), is_done(machine, nth), is_done(machine, nth)])
            machine.clock.sleep(1)
            assert recover(machine) in run.allowed(crash), f"{run.words(crash)}, call {nth}"


def is_done(machine: MemoryDisk, nth: int) -> bool:
    """Let a process look at everything, and kill it at its n-th call; say whether it was done."""
    store = process(machine)
    store.calls.die(nth)
    try:
        read(store)
    except Killed:
        return False
    return True


@each_scenario
def test_a_recovery_may_lose_power_at_any_change(scenario: Scenario, rng: random.Random) -> None:
    """A crash in the recovery from a crash is a crash like any other."""
    run = record(scenario)
    for crash in some(run, rng, KILLED_RECOVERIES):
        again = record_recovery(run, crash)
        for second in again.crashes(rng, 8):
            words = f"{run.words(crash)}, then again"
            assert recover(again.machine(second, 3)) in run.allowed(crash), words


def record_recovery(run: Run, crash: Crash) -> Run:
    """Let a recovery be a run of its own."""
    from tests.crash.scenarios import look

    scenario = Scenario("recovery", (look(),))
    return record(scenario, run.machine(crash, 3))


@each_scenario
@pytest.mark.parametrize("how", SAVES)
def test_a_person_may_be_faster_than_the_recovery(
    scenario: Scenario, how: str, rng: random.Random
) -> None:
    """What a person wrote after the crash stands, and what was told is there nevertheless."""
    run = record(scenario)
    for crash in some(run, rng, PER_SCENARIO // 120):
        for edit, expected in EDITS:
            machine = run.machine(crash, 3)
            person = Person(SPACE, MemoryCalls(machine))
            if scenario.given or edit is adds_an_entry:
                person.edit(INBOX, edit, how=how)
                machine.clock.sleep(3)
                found = loosely(recover(machine))
                allowed = [loosely(expected(model)) for model in run.allowed(crash)]
                assert found in allowed, f"{run.words(crash)}, then a person: {edit.__name__}"


def adds_an_entry(data: bytes) -> bytes:
    """Write an entry of one's own at the end."""
    return data + (b"\n" if data and not data.endswith(b"\n") else b"") + text_of(98)


def lengthens_an_entry(data: bytes) -> bytes:
    """Write into the first entry, so that all the others move."""
    return data.replace(b"\n1:0 ", b"\na person's words\n1:0 ")


def removes_an_entry(data: bytes) -> bytes:
    """Delete the second entry."""
    span = scan.find_id(data, b"msg-2")
    return data if span is None else data[: span.start] + data[span.end :]


def with_an_entry(model: Model) -> Model:
    """Give what comes of it."""
    return model | {INBOX: (*model[INBOX], text_of(98))}


def with_a_longer_entry(model: Model) -> Model:
    """Give what comes of it."""
    return model | {INBOX: tuple(map(lengthens_an_entry, model[INBOX]))}


def without_the_second(model: Model) -> Model:
    """Give what comes of it."""
    return model | {INBOX: tuple(raw for raw in model[INBOX] if removes_an_entry(raw))}


EDITS = (
    (adds_an_entry, with_an_entry),
    (lengthens_an_entry, with_a_longer_entry),
    (removes_an_entry, without_the_second),
)


def loosely(model: Model) -> list[list[bytes]]:
    """Compare without order, and without the state of the entry that a person edited."""

    def plain(raw: bytes) -> bytes:
        return raw[10:] if b"a person's words" in raw else raw

    return [sorted(map(plain, there)) for there in model.values()]
