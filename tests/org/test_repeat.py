"""Where the dates of a task that repeats move to; that Org agrees is proved in tests/emacs."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgpost.clock import LocalZone
from orgpost.errors import InvalidField
from orgpost.org import repeat
from orgpost.org.repeat import moved
from orgpost.org.stamp import parse_stamp

NOW = datetime(2026, 11, 20, 8, 31, 5, tzinfo=UTC)
PRAGUE = ZoneInfo("Europe/Prague")


def scheduled(stamp: str, now: datetime = NOW) -> str | None:
    """Where one date moves to."""
    return moved({"SCHEDULED": stamp}, now, UTC).get("SCHEDULED")


@pytest.mark.parametrize(
    ("stamp", "then"),
    [
        ("<2026-11-20 Fri +1d>", "<2026-11-21 Sat +1d>"),
        ("<2026-11-02 Mon +1w>", "<2026-11-09 Mon +1w>"),
        ("<2026-11-02 Mon ++1w>", "<2026-11-23 Mon ++1w>"),
        ("<2026-11-20 Fri ++1d>", "<2026-11-21 Sat ++1d>"),
        ("<2026-12-24 Thu ++1d>", "<2026-12-25 Fri ++1d>"),
        ("<2026-11-02 Mon .+1w>", "<2026-11-27 Fri .+1w>"),
        ("<2026-11-02 Mon 07:05 .+1d>", "<2026-11-21 Sat 07:05 .+1d>"),
        ("<2026-11-20 Fri 7:05 .+2h>", "<2026-11-20 Fri 10:31 .+2h>"),
        ("<2026-11-20 Fri 07:05 ++2h>", "<2026-11-20 Fri 09:05 ++2h>"),
        ("<2026-01-31 Sat +1m>", "<2026-03-03 Tue +1m>"),
        ("<2028-02-29 Tue +1y>", "<2029-03-01 Thu +1y>"),
        ("<2026-11-20 Fri 10:00-11:30 -3d +1w>", "<2026-11-27 Fri 10:00-11:30 -3d +1w>"),
        ("<2026-11-20 Fri +1w --3d>", "<2026-11-27 Fri +1w>"),
        ("<1000-01-01 ++1d>", "<2026-11-21 Sat ++1d>"),
    ],
)
def test_a_date_moves_as_org_moves_it(stamp: str, then: str) -> None:
    """Once, until it is in the future, or from now; what overflows a month goes on in the next."""
    assert scheduled(stamp) == then


@pytest.mark.parametrize(
    "stamp", ["", "<2026-11-20 Fri>", "<2026-11-20 Fri -3d>", "[2026-11-20 Fri +1w]"]
)
def test_a_date_without_a_repeater_does_not_move(stamp: str) -> None:
    """Neither does an inactive one, which Org does not look at."""
    assert moved({"SCHEDULED": stamp, "DEADLINE": stamp}, NOW, UTC) == {}


def test_a_repeater_that_was_cancelled_is_none() -> None:
    """Org writes a zero for it."""
    assert scheduled("<2026-11-20 Fri +0d>") is None


def test_what_stands_beside_a_repeater() -> None:
    """A deadline stays; when to begin is over, where only the deadline repeats."""
    plain, weekly = "<2026-11-20 Fri>", "<2026-11-20 Fri +1w>"
    assert moved({"SCHEDULED": weekly, "DEADLINE": plain}, NOW, UTC) == {
        "SCHEDULED": "<2026-11-27 Fri +1w>"
    }
    assert moved({"SCHEDULED": plain, "DEADLINE": weekly}, NOW, UTC) == {
        "SCHEDULED": None,
        "DEADLINE": "<2026-11-27 Fri +1w>",
    }


@pytest.mark.parametrize(
    ("stamp", "why"),
    [
        ("<2026-11-20 Fri +1m/2m>", "only Org knows"),
        ("<2026-11-20 Fri .+1d/3d>", "only Org knows"),
        ("<2026-11-20 Fri +1q>", "only Org knows"),
        ("<2026-11-20 Fri +1d +1w>", "only Org knows"),
        ("<2026-11-20 Fri +1w >", "only Org knows"),
        ("<2026-11-20 Fri +2h>", "one time of the day"),
        ("<2026-11-20 Fri 10:00-11:00 .+2h>", "one time of the day"),
        ("<9999-12-31 Fri +1d>", "end of the calendar"),
        ("<2026-11-20 Fri +999999999y>", "end of the calendar"),
        ("<0000-11-20 Fri +1d>", "end of the calendar"),
    ],
)
def test_what_cannot_be_moved_is_refused_by_name(stamp: str, why: str) -> None:
    """Guessing would lose somebody's date."""
    with pytest.raises(InvalidField, match=why) as refused:
        moved({"DEADLINE": stamp}, NOW, UTC)
    assert (refused.value.field, stamp in str(refused.value)) == ("DEADLINE", True)


@pytest.mark.parametrize("zone", [PRAGUE, LocalZone()])
def test_a_time_that_a_clock_change_leaves_out_is_the_one_behind_it(
    zone: ZoneInfo | LocalZone,
) -> None:
    """And stays there, as it does in Org, which goes from date to date."""
    now = datetime(2026, 3, 31, 8, 0, tzinfo=UTC)
    for stamp, then in (
        ("<2026-03-28 Sat 02:30 +1d>", "<2026-03-29 Sun 03:30 +1d>"),
        ("<2026-03-28 Sat 02:30 ++1d>", "<2026-04-01 Wed 03:30 ++1d>"),
        ("<2026-10-24 Sat 02:30 +1d>", "<2026-10-25 Sun 02:30 +1d>"),
    ):
        assert moved({"SCHEDULED": stamp}, now, zone) == {"SCHEDULED": then}


@given(
    st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001  hypothesis wants naive bounds
    st.sampled_from(["+", "++", ".+"]),
    st.integers(1, 400),
    st.sampled_from("hdwmy"),
)
def test_a_date_always_moves_on(then: datetime, kind: str, count: int, unit: str) -> None:
    """The next one is later than the last, and with `++` and `.+` later than now."""
    stamp = f"<{then:%Y-%m-%d %a %H:%M} {kind}{count}{unit}>"
    before, after = parse_stamp(stamp, UTC), parse_stamp(scheduled(stamp) or "", UTC)
    assert before is not None
    assert after is not None
    assert after > (before if kind == "+" else NOW)


def test_a_leap_from_long_ago_ends_where_single_steps_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is only faster."""
    stamps = [f"<2025-01-{day} Mon 10:00 ++{n}{unit}>" for day in (30, 31)
              for n in (1, 3) for unit in "hdwy"]  # fmt: skip
    slow = [scheduled(stamp) for stamp in stamps]
    monkeypatch.setattr(repeat, "LITERAL_STEPS", 1)
    assert [scheduled(stamp) for stamp in stamps] == slow
