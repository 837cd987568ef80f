"""Times for people and times for programs, and what is none."""

from __future__ import annotations

import locale
import time
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgpost.org.stamp import (
    format_stamp,
    id_time,
    parse_created,
    parse_stamp,
    parse_utc,
    utc_text,
)

CET = timezone(timedelta(hours=1))
PRAGUE = ZoneInfo("Europe/Prague")
NOON = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
moments = st.datetimes(
    min_value=datetime(1000, 1, 2),  # noqa: DTZ001  hypothesis wants naive bounds
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001  hypothesis wants naive bounds
    timezones=st.just(UTC),
).map(lambda moment: moment.replace(microsecond=0))


@given(moments)
def test_a_time_is_read_as_it_was_written(moment: datetime) -> None:
    """In UTC for programs, in local time for people."""
    assert parse_utc(utc_text(moment)) == moment
    assert parse_stamp(format_stamp(moment, CET, seconds=True), CET) == moment
    minutes = moment.replace(second=0)
    assert parse_stamp(format_stamp(moment, CET, active=True), CET) == minutes


def test_a_stamp_is_written_in_english_and_local_time() -> None:
    """Whatever the locale of the machine."""
    before = locale.setlocale(locale.LC_TIME)
    assert format_stamp(NOON, CET) == "[2026-11-20 Fri 12:00]"
    assert format_stamp(NOON, CET, seconds=True) == "[2026-11-20 Fri 12:00:00]"
    assert format_stamp(NOON, CET, active=True) == "<2026-11-20 Fri 12:00>"
    assert utc_text(datetime(9, 1, 2, 3, 4, 5, 6, tzinfo=UTC)) == "0009-01-02T03:04:05Z"
    assert locale.setlocale(locale.LC_TIME) == before


@pytest.mark.parametrize(
    "text",
    [
        "[2026-11-20 Fri 12:00]",
        "<2026-11-20 12:00>",
        "[2026-11-20 pá 12:00:00]",
        "<2026-11-20 Fr. 12:00 +1w -3d>",
        "<2026-11-20 金 12:00-13:30>",
        "[2026-11-20  Fri\t12:00] and words",
        "<2026-11-20 Fri 12:00>--<2026-11-21 Sat>",
    ],
)
def test_the_days_name_is_not_looked_at(text: str) -> None:
    """Emacs writes it in the user's language."""
    assert parse_stamp(text, CET) == NOON


def test_a_day_begins_at_midnight() -> None:
    """Where the stamp says no time."""
    assert parse_stamp("<2026-11-20 Fri +1w>", CET) == NOON - timedelta(hours=12)
    assert parse_stamp("<2026-11-20>", CET) == NOON - timedelta(hours=12)


@pytest.mark.parametrize(
    "text",
    [
        "<2026-02-30>",
        "[2026-13-45]",
        "[2026-11-20 Fri 25:00]",
        "[2026-11-20 Fri",
        "2026-11-20",
        "soon",
        "",
        "[2026-11-20\n]",
        "[0001-01-01 Mon 00:00]",
    ],
)
def test_what_cannot_be_read_is_no_time(text: str) -> None:
    """And blocks nothing."""
    assert parse_stamp(text, CET) is None


def test_a_stamp_that_never_ends_is_given_up_at_once() -> None:
    """In one pass, however long it is."""
    start = time.process_time()
    assert parse_stamp("[2026-11-20 " + "x" * 1_000_000, CET) is None
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize(
    "text", ["2026-11-20T08:47:10", "2026-11-20 08:47:10Z", "-", "", "2026-02-30T00:00:00Z"]
)
def test_a_time_of_programs_is_exact(text: str) -> None:
    """No other form is guessed at."""
    assert parse_utc(text) is None


def test_the_id_tells_which_of_two_equal_hours_it_was() -> None:
    """When the clocks go back 02:30 comes twice; a stranger's id tells nothing."""
    text = "[2026-10-25 Sun 02:30:00]"
    first, second = (
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    )
    assert parse_created(text, PRAGUE, "msg-20261025-003000-7k3m9q2xwd") == first
    assert parse_created(text, PRAGUE, "msg-20261025-013000-7k3m9q2xwd") == second
    assert parse_created(text, PRAGUE, "msg-mine") == first
    assert parse_created("soon", PRAGUE, "msg-mine") is None


def test_an_id_that_orgpost_made_tells_its_time() -> None:
    """In UTC; any other tells none."""
    assert id_time("task-20261120-110000-7k3m9q2xwd") == NOON
    assert id_time("task-20261320-110000-7k3m9q2xwd") is None
    assert id_time("task-20261120-110000-7k3m9q2xwi") is None
