"""What the store promises of wall clocks that stand wrong, jump, or stand still."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest

from orgpost.clock import FakeClock
from orgpost.org import syntax
from orgpost.store.memory import Killed, MemoryCalls, MemoryStore
from orgpost.store.memory_disk import SPACE, MemoryDisk
from orgpost.store.person import SAVES, Person
from tests.store.stages import INBOX, entry, marking, writing

if TYPE_CHECKING:
    from collections.abc import Callable

HEADER = syntax.header(INBOX)
ONE, TWO, THREE = entry("msg-1"), entry("msg-2"), entry("msg-3")
READ_ONE = ONE[1].replace(b"UNREAD", b"READ  ")
DAY: Final = timedelta(days=1)
NOW: Final = datetime(2026, 11, 20, 8, 31, 5, tzinfo=UTC)
TIMES: Final = {
    "1970": datetime(1970, 1, 1, tzinfo=UTC),
    "2038": datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC),
    "2106": datetime(2106, 2, 7, 6, 28, 15, tzinfo=UTC),
    "summer-ends": datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC),
    "summer-begins": datetime(2027, 3, 28, 0, 59, 59, tzinfo=UTC),
}
JUMPS: Final = {"a-day-back": -DAY, "a-day-on": DAY, "an-hour-back": -DAY / 24, "none": 0 * DAY}


class World:
    """A machine with a clock that is set by hand, some programs and a person."""

    def __init__(self, now: datetime = NOW) -> None:
        self.clock = FakeClock(now)
        self.disk = MemoryDisk(self.clock)
        self.person = Person(SPACE, MemoryCalls(self.disk))
        self.store = self.start()

    def start(self) -> MemoryStore:
        """Start another program."""
        return MemoryStore(self.clock, disk=self.disk, lock_seconds=1.0)

    def jump(self, by: timedelta) -> None:
        """Set the wall clock; no wait notices."""
        self.clock.set(self.clock.now() + by)

    def data(self) -> bytes:
        """Read the file as a program does that has just begun."""
        return self.start().view(INBOX).data

    def is_confirmed(self) -> bool:
        """Ask whether nothing in the journal waits to be confirmed."""
        return not self.start().inspect(INBOX).unconfirmed


@pytest.fixture(params=list(TIMES.values()), ids=list(TIMES))
def then(request: pytest.FixtureRequest) -> datetime:
    """A second before something rolls over, or at the beginning of time."""
    time: datetime = request.param
    return time


def a_day_of_work(world: World, pause: Callable[[], None]) -> None:
    """Send, mark, write and send, with something in between."""
    steps: tuple[Callable[[], object], ...] = (
        lambda: world.store.append(INBOX, [ONE, TWO]),
        lambda: world.store.edit(INBOX, marking("msg-1", "READ")),
        lambda: world.store.edit(INBOX, writing("msg-2", "more")),
        lambda: world.store.append(INBOX, [THREE]),
    )
    for step in steps:
        step()
        pause()


@pytest.mark.parametrize("seconds", [0, 0.1, 1], ids=["frozen", "slow", "steady"])
def test_at_any_time_all_that_is_written_is_there(then: datetime, seconds: float) -> None:
    """No year is too early or too late, and no second comes twice or not at all."""
    world = World(then)
    a_day_of_work(world, lambda: world.clock.advance(seconds))
    assert world.data() == HEADER + READ_ONE + TWO[1] + b"more\n" + THREE[1]


@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS.keys())
def test_a_clock_that_jumps_between_any_two_writes_loses_nothing(jump: timedelta) -> None:
    """Who writes after the jump finds what was written before it."""
    world = World()
    a_day_of_work(world, lambda: world.jump(jump))
    assert world.data() == HEADER + READ_ONE + TWO[1] + b"more\n" + THREE[1]


@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS.keys())
def test_what_is_due_is_confirmed_whatever_the_clock_did(jump: timedelta) -> None:
    """A record of the future is not young: else a day would pass before it is confirmed."""
    world = World()
    world.store.append(INBOX, [ONE])
    world.clock.advance(1)
    world.jump(jump)
    world.store.settle(INBOX)
    assert world.is_confirmed()


@pytest.mark.parametrize("how", SAVES)
def test_a_record_of_the_future_brings_nothing_back(how: str) -> None:
    """What a person removed stays removed, though the record says that it comes tomorrow."""
    world = World()
    world.store.append(INBOX, [ONE, TWO])
    world.jump(-DAY)
    world.person.save(INBOX, HEADER + TWO[1], how=how)
    world.clock.advance(1)
    assert world.data() == HEADER + TWO[1]
    assert [kept.why["reason"] for kept in world.store.quarantined()] == ["overtaken"]


def test_a_mark_of_the_future_is_not_made_again() -> None:
    """What a person set back stays set back."""
    world = World()
    world.store.append(INBOX, [ONE])
    world.store.confirm(INBOX)
    world.store.edit(INBOX, marking("msg-1", "READ"))
    world.jump(-DAY)
    world.person.save(INBOX, HEADER + ONE[1])
    assert world.data() == HEADER + ONE[1]


@pytest.mark.parametrize("how", SAVES)
@pytest.mark.parametrize("jump", [-DAY, DAY], ids=["a-day-back", "a-day-on"])
def test_a_save_before_a_jump_keeps_nobody_waiting_for_a_day(jump: timedelta, how: str) -> None:
    """A file of tomorrow is quiet when two looks find it the same."""
    world = World()
    world.store.append(INBOX, [ONE])
    world.person.save(INBOX, HEADER + ONE[1] + b"by hand\n", how=how)
    world.jump(jump)
    before = world.clock.monotonic()
    world.store.edit(INBOX, marking("msg-1", "READ"))
    assert world.clock.monotonic() - before < 0.5
    assert world.data() == HEADER + READ_ONE + b"by hand\n"


@pytest.mark.parametrize("jump", [-DAY, DAY], ids=["a-day-back", "a-day-on"])
def test_what_waits_for_an_editor_survives_a_jump(jump: timedelta) -> None:
    """What never was in the file is put into it however old it is, and in order."""
    world = World()
    world.store.append(INBOX, [ONE])
    world.person.lock(INBOX)
    stored = {world.store.append(INBOX, [each]).stored for each in (TWO, THREE)}
    world.jump(jump)
    world.person.save(INBOX, HEADER + ONE[1])
    world.person.unlock(INBOX)
    world.clock.advance(1)
    assert stored == {"waiting"}
    assert world.data() == HEADER + ONE[1] + TWO[1] + THREE[1]


def test_an_editors_lock_of_tomorrow_is_obeyed() -> None:
    """Whether an editor lives is asked of the process, not of the clock."""
    world = World()
    world.store.append(INBOX, [ONE])
    world.person.lock(INBOX)
    world.jump(-DAY)
    assert world.store.append(INBOX, [TWO]).stored == "waiting"


@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS.keys())
def test_a_death_before_a_jump_is_mended_after_it(jump: timedelta) -> None:
    """What was in the journal is in the file at the next look, and once."""
    for nth in range(1, 60):
        world = World()
        world.store.append(INBOX, [ONE])
        world.store.calls.die(nth)
        try:
            world.store.append(INBOX, [TWO])
        except Killed:
            world.jump(jump)
        assert world.data() in {HEADER + ONE[1], HEADER + ONE[1] + TWO[1]}


def test_quarantine_keeps_apart_what_came_in_the_same_instant() -> None:
    """A clock that stands still gives no two things one name."""
    world = World()
    for data in (b"one", b"two"):
        world.store.quarantine(INBOX, "overtaken", data)
    assert [kept.data for kept in world.store.quarantined()] == [b"one", b"two"]


@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS.keys())
def test_no_id_repeats_when_the_clock_does(jump: timedelta) -> None:
    """The same second comes again, and its ids are others."""
    world = World()
    first = world.clock.new_id("msg")
    world.jump(jump)
    world.jump(-jump)
    assert world.clock.new_id("msg") != first
