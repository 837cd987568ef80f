"""A task that repeats: the same dates from a program as from `org-todo` in a real Emacs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import pytest

from orgpost.errors import InvalidField
from orgpost.org.entry import Draft, Entry, parse, render
from orgpost.org.repeat import moved
from orgpost.org.scan import file_kind, spans
from orgpost.org.stamp import format_stamp, parse_stamp
from orgpost.org.syntax import TASK, header

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from tests.emacs.oracle import Oracle

pytestmark = pytest.mark.slow

# A summer time on either half of the world, one that begins at midnight, and none.
ZONES: Final = ["Europe/Prague", "America/New_York", "Australia/Sydney", "America/Havana", "UTC"]
# Around the clock changes of these zones, at the end of months and of February.
MOMENTS: Final = [
    datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC),
    datetime(2026, 3, 30, 12, 0, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    datetime(2026, 3, 8, 6, 59, 30, tzinfo=UTC),
    datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
    datetime(2026, 4, 4, 15, 45, tzinfo=UTC),
    datetime(2026, 10, 3, 16, 0, tzinfo=UTC),
    datetime(2028, 2, 29, 12, 0, 1, tzinfo=UTC),
    datetime(2026, 1, 31, 23, 30, tzinfo=UTC),
]
EACH: Final = 30


def stamp(rng: random.Random, now: datetime, zone: ZoneInfo) -> str:
    """Draw a stamp in no hour that comes twice: which of them Emacs means depends on its past."""
    while True:
        text = drawn(rng, now, zone)
        local = (parse_stamp(text, zone) or now).astimezone(zone)
        if local.utcoffset() == local.replace(fold=1).utcoffset():
            return text


def drawn(rng: random.Random, now: datetime, zone: ZoneInfo) -> str:
    """Draw a stamp with a repeater, mostly near the present time and near a clock change."""
    unit = rng.choice("hdwmy")
    far = rng.choice([3, 30, 70, 300]) * (1 if unit in "hd" else 8)
    then = now + timedelta(minutes=rng.randint(-far * 1440, far * 360) if rng.random() < 0.8 else 0)
    text = format_stamp(then, zone, active=True)[1:-1]
    day, time = text[: len("2026-11-20 Fri")], text[len("2026-11-20 Fri") :]
    if rng.random() < 0.4:
        time = f" {rng.choice(['0:00', '00:30', '01:30', '2:00', '02:30', '03:15'])}"
    if unit != "h" and rng.random() < 0.4:
        time = ""
    if time and unit != "h" and rng.random() < 0.2:
        time += "-04:10"
    if rng.random() < 0.2:
        day = day[:8] + rng.choice(["29", "30", "31"])
    before, behind = rng.choice([("", ""), ("", ""), (" -3d", ""), ("", " -2w"), ("", " --1d")])
    if "-" in time:  # Org 9.5 finds no stamp with more than 16 characters behind the time
        before = behind = ""
    repeater = rng.choice(["+", "++", ".+"]) + str(rng.choice([1, 1, 2, 3, 5, 13, 24, 90])) + unit
    return f"<{day}{time}{before} {repeater}{behind}>"


def write(path: Path, plans: list[dict[str, str]]) -> None:
    """Write a task that is worked on for each plan."""
    drafts = [
        Draft(
            id=f"task-20261120-083105-{number:010d}",
            keyword="WORKING",
            title="Look at it",
            planning=[*plan.items()],
            properties=[("FROM", "crt"), ("ATTEMPT", "1"), ("LEASE", "- 1 -")],
            slack=400,
        )
        for number, plan in enumerate(plans)
    ]
    entries = b"".join(render(draft, TASK) for draft in drafts)
    path.write_bytes(header("agents/tex.org") + entries)


def read(path: Path) -> list[Entry]:
    """Read all entries."""
    data = path.read_bytes()
    return [parse(data[start:end], file_kind(data, TASK)) for start, end in spans(data)]


@pytest.mark.parametrize("zone", ZONES)
def test_org_todo_and_a_program_give_the_same_dates(
    oracle: Oracle, tmp_path: Path, rng: random.Random, zone: str
) -> None:
    """Many repeaters, many dates, at times when it matters; in the zones where it matters."""
    path, here = tmp_path / "tex.org", ZoneInfo(zone)
    for now in MOMENTS:
        plans = [{name: stamp(rng, now, here) for name in rng.choice(NAMES)} for _ in range(EACH)]
        write(path, plans)
        oracle.do("todo-all-at", path, "DONE", now.timestamp(), zone)
        for plan, entry in zip(plans, read(path), strict=True):
            ours = {name: text for name, text in moved(plan, now, here).items() if text}
            assert (plan, now, dict(entry.planning)) == (plan, now, {**ours})
            assert entry.keyword == "QUEUED"


NAMES: Final = [["SCHEDULED"], ["DEADLINE"], ["SCHEDULED", "DEADLINE"]]

ODD: Final = {
    "a scheduled date that does not repeat goes": {
        "SCHEDULED": "<2026-11-19 Thu>",
        "DEADLINE": "<2026-11-20 Fri +1w>",
    },
    "a deadline that does not repeat stays": {
        "SCHEDULED": "<2026-11-19 Thu .+2d>",
        "DEADLINE": "<2026-11-20 Fri>",
    },
    "a day that is none overflows": {"SCHEDULED": "<2026-02-30 Mon +1m>"},
    "no name of the day": {"SCHEDULED": "<2026-11-19 ++1w>"},
    "a foreign name of the day": {"SCHEDULED": "<2026-11-19 čt 7:05 ++1w>"},
}


@pytest.mark.parametrize("name", ODD)
def test_odd_dates_move_as_org_moves_them(oracle: Oracle, tmp_path: Path, name: str) -> None:
    """What stands beside a repeater, or is written by hand."""
    path, now = tmp_path / "tex.org", datetime(2026, 11, 20, 8, 31, 5, tzinfo=UTC)
    write(path, [ODD[name]])
    oracle.do("todo-all-at", path, "DONE", now.timestamp(), "UTC")
    ours = {**ODD[name], **moved(ODD[name], now, UTC)}
    (entry,) = read(path)
    assert dict(entry.planning) == {name: text for name, text in ours.items() if text}


def test_a_repeater_that_was_cancelled_ends_the_task(oracle: Oracle, tmp_path: Path) -> None:
    """`C-- C-u C-c C-t` in Org makes a zero of it."""
    path, now = tmp_path / "tex.org", datetime(2026, 11, 20, 8, 31, 5, tzinfo=UTC)
    plan = {"SCHEDULED": "<2026-11-19 Thu +0d>"}
    write(path, [plan])
    oracle.do("todo-all-at", path, "DONE", now.timestamp(), "UTC")
    assert read(path)[0].keyword == "DONE"
    assert moved(plan, now, UTC) == {}


def test_what_org_refuses_is_refused(oracle: Oracle, tmp_path: Path) -> None:
    """Hours without a time of the day."""
    path, now = tmp_path / "tex.org", datetime(2026, 11, 20, 8, 31, 5, tzinfo=UTC)
    plan = {"SCHEDULED": "<2026-11-19 Thu +2h>"}
    write(path, [plan])
    with pytest.raises(Exception, match="no hour has been set"):
        oracle.do("todo-all-at", path, "DONE", now.timestamp(), "UTC")
    with pytest.raises(InvalidField, match="time of the day"):
        moved(plan, now, UTC)
