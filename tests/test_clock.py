"""The clock: times, ids and tokens, on a machine whose wall clock cannot be trusted."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

import pytest

from orgpost.clock import Clock, FakeClock, LocalZone

if TYPE_CHECKING:
    from collections.abc import Iterator

AN_ID: Final = re.compile(r"msg-\d{8}-\d{6}-[0-9abcdefghjkmnpqrstvwxyz]{10}")

JUMPS: Final = {
    "a day back": datetime(2026, 11, 19, 8, 31, 5, tzinfo=UTC),
    "a day on": datetime(2026, 11, 21, 8, 31, 5, tzinfo=UTC),
    "frozen": datetime(2026, 11, 20, 8, 31, 5, tzinfo=UTC),
    "the hour that comes twice": datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    "1970": datetime(1970, 1, 1, tzinfo=UTC),
    "2038": datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC),
    "2106": datetime(2106, 2, 7, 6, 28, 16, tzinfo=UTC),
}


class JumpingClock(Clock):
    """A machine's clock whose wall time is set by hand; chance is real."""

    def __init__(self) -> None:
        """Begin at one of the jumps."""
        self.wall = JUMPS["frozen"]

    def now(self) -> datetime:
        """Give what was set."""
        return self.wall


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalZone]:
    """Live in a zone with a summer."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        time.tzset()
        yield LocalZone()
    time.tzset()


@pytest.mark.parametrize("wall", JUMPS.values(), ids=JUMPS)
def test_no_jump_of_the_wall_clock_makes_an_id_repeat(wall: datetime) -> None:
    """An id is unique by chance, not by time."""
    clock = JumpingClock()
    before = {clock.new_id("msg") for _ in range(200)}
    clock.wall = wall
    after = {clock.new_id("msg") for _ in range(200)}
    assert len(before | after) == 400


@pytest.mark.parametrize("wall", JUMPS.values(), ids=JUMPS)
def test_an_id_has_its_form_at_any_time(wall: datetime) -> None:
    """Readers match ids by their form: four digits of year, never fewer."""
    clock = JumpingClock()
    clock.wall = wall
    assert AN_ID.fullmatch(clock.new_id("msg"))


def test_an_id_tells_when_it_was_made_in_utc() -> None:
    """Two people in two zones see the same time in it."""
    assert FakeClock().new_id("task").startswith("task-20261120-083105-")


def test_an_id_holds_fifty_bits_of_chance() -> None:
    """Each of the ten places takes all of the 32 letters."""
    places: list[set[str]] = [set() for _ in range(10)]
    for _ in range(2000):
        for place, letter in zip(places, Clock().new_id("msg")[-10:], strict=True):
            place.add(letter)
    assert [len(place) for place in places] == [32] * 10


def test_a_token_has_as_many_bits_as_asked() -> None:
    """Nobody can guess the word that ends a frame."""
    tokens = {Clock().token(128) for _ in range(100)}
    assert {len(token) for token in tokens} == {32}
    assert len(tokens) == 100


def test_now_is_aware_and_utc() -> None:
    """A naive time would be read in another zone by the next machine."""
    assert Clock().now().utcoffset() == timedelta(0)


def test_the_clocks_of_one_machine_agree() -> None:
    """What files are stamped with can be compared with now."""
    clock = Clock()
    assert abs(clock.now().timestamp() - clock.wall_ns() / 1e9) < 5


def test_a_wait_is_measured_by_the_clock_that_never_jumps() -> None:
    """A second later is later."""
    clock = Clock()
    before = clock.monotonic()
    clock.sleep(0.02)
    assert clock.monotonic() >= before + 0.02


@pytest.mark.parametrize(("month", "hours"), [(1, 1), (7, 2)], ids=["in winter", "in summer"])
def test_a_local_stamp_has_the_offset_of_its_own_day(
    month: int, hours: int, berlin: LocalZone
) -> None:
    """The offset of today is wrong for half of the year."""
    there = datetime(2026, month, 10, 12, tzinfo=UTC).astimezone(berlin)
    assert (there.hour, there.utcoffset()) == (12 + hours, timedelta(hours=hours))


def test_both_of_the_hours_that_come_twice_find_back_to_their_utc(berlin: LocalZone) -> None:
    """On the night when summer ends, no stamp moves by an hour."""
    hours = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in range(4)]
    local = [hour.astimezone(berlin) for hour in hours]
    assert [hour.hour for hour in local] == [2, 2, 3, 4]
    assert [hour.astimezone(UTC) for hour in local] == hours


@pytest.mark.parametrize(("fold", "hours"), [(0, 1), (1, 2)])
def test_an_hour_that_never_was_has_the_offset_before_it_or_behind_it(
    fold: int, hours: int, berlin: LocalZone
) -> None:
    """A person may write it in spring; Python's own rule says which time that is."""
    never = datetime(2026, 3, 29, 2, 30, tzinfo=berlin, fold=fold)
    assert never.utcoffset() == timedelta(hours=hours)


def test_a_moment_is_local_as_the_library_has_it(berlin: LocalZone) -> None:
    """Around both changes of the clock, before 1970, and to the microsecond far from it."""
    first = (datetime(year, 3, 28, tzinfo=UTC) for year in (1960, 2026, 2100, 9000))
    autumn = (datetime(year, 10, 24, tzinfo=UTC) for year in (1969, 2026, 2027))
    step = timedelta(minutes=31, microseconds=333_333)
    for start in (*first, *autumn):
        for number in range(100):
            moment = start + number * step
            there, here = moment.astimezone(), moment.astimezone(berlin)
            assert here.replace(tzinfo=None) == there.replace(tzinfo=None)
            assert (here.utcoffset(), here.astimezone(UTC)) == (there.utcoffset(), moment)


def test_a_year_that_the_machine_cannot_say_has_no_offset(berlin: LocalZone) -> None:
    """A person's typing error in a stamp stops nobody."""
    assert datetime(1, 1, 1, tzinfo=berlin).utcoffset() == timedelta(0)


def test_the_zone_of_the_machine_has_its_name(berlin: LocalZone) -> None:
    """For people who ask."""
    assert datetime(2026, 7, 10, tzinfo=berlin).tzname() == "CEST"


def test_the_machines_clock_reads_in_the_machines_zone(berlin: LocalZone) -> None:
    """People read local time."""
    summer = datetime(2026, 7, 10, 12, tzinfo=UTC)
    zone = Clock().zone()
    assert summer.astimezone(zone).hour == 14
    assert isinstance(zone, LocalZone)


def test_the_double_stands_still_until_it_is_told() -> None:
    """A test says itself how much time passes."""
    clock = FakeClock()
    before = clock.now(), clock.monotonic(), clock.wall_ns()
    assert (clock.now(), clock.monotonic(), clock.wall_ns()) == before


def test_the_double_passes_time_on_all_its_clocks() -> None:
    """Sleeping is advancing."""
    clock = FakeClock()
    now, monotonic, wall = clock.now(), clock.monotonic(), clock.wall_ns()
    clock.sleep(1.5)
    clock.advance(0.5)
    passed = clock.now() - now, clock.monotonic() - monotonic, clock.wall_ns() - wall
    assert passed == (timedelta(seconds=2), 2.0, 2_000_000_000)


def test_the_double_jumps_on_the_wall_only() -> None:
    """A wait does not notice that somebody set the clock."""
    clock = FakeClock()
    before = clock.monotonic()
    clock.set(datetime(1970, 1, 1, tzinfo=UTC))
    assert (clock.monotonic(), clock.wall_ns()) == (before, 0)


def test_the_double_makes_the_same_ids_and_tokens_in_each_run() -> None:
    """So that a test can name them."""
    clock = FakeClock(first=31)
    made = clock.new_id("msg"), clock.new_id("msg"), clock.token(16)
    assert made == ("msg-20261120-083105-000000000z", "msg-20261120-083105-0000000010", "0021")


def test_the_double_lives_where_it_is_put() -> None:
    """A test of stamps names its zone."""
    zone = timezone(timedelta(hours=1))
    assert FakeClock(zone=zone).zone() is zone


@pytest.mark.parametrize("zone", ["UTC-14", "UTC+12"])
@pytest.mark.parametrize(
    "moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
)
def test_the_ends_of_the_calendar_have_a_local_time(
    zone: str, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who writes 9999-12-31 for "never" must not make a list unreadable, east or west of London."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        there = moment.astimezone(LocalZone())
        assert (there.year, there.tzname() is None) == (moment.year, False)
    time.tzset()
