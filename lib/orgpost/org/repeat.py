"""Repeating dates: what a stamp with a repeater becomes when its task is done. Pure.

It moves as Org moves it, in local time and one step after the other: what overflows a month goes
on in the next one, a time that a clock change leaves out is the one after it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.errors import InvalidField
from orgpost.org.stamp import format_stamp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

# Steps that are taken one by one; from further back a single leap leads to where they begin.
LITERAL_STEPS: Final = 2000

_REPEATED: Final = (
    r"<([0-9]{4})-([0-9]{2})-([0-9]{2})(?: +[^]+0-9>\s-]+)?"
    r"(?: +(?P<time>([0-9]{1,2}):([0-9]{2})))?"
    r"(?P<rest>(?P<until>-[0-9]{2}:[0-9]{2})?(?: +--?[0-9]+[hdwmy])?"
    r" +(?P<kind>[.+]?)\+(?P<count>[0-9]{1,9})(?P<unit>[hdwmy])(?: +--?[0-9]+[hdwmy])?)>"
)
_ONCE: Final = r" --[0-9]+[hdwmy]"
_LONGEST: Final = {
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "m": timedelta(days=31),
    "y": timedelta(days=366),
}


class _Wall(NamedTuple):
    """A time as it stands in a stamp; its fields may overflow."""

    y: int
    m: int
    d: int
    h: int
    minute: int


class _Step(NamedTuple):
    """How far a date moves; a week is seven days."""

    many: int
    unit: str


def moved(planning: Mapping[str, str], now: datetime, zone: tzinfo) -> dict[str, str | None]:
    """Give the dates of a task that was done now; nothing where it does not repeat.

    A SCHEDULED without a repeater is over, and goes; a DEADLINE without one stays.
    """
    dates: dict[str, str | None] = {}
    for name in ("SCHEDULED", "DEADLINE"):
        stamp = planning.get(name, "")
        if next_stamp := _moved(name, stamp, now, zone):
            dates[name] = next_stamp
    if dates and "SCHEDULED" not in dates and planning.get("SCHEDULED", "").startswith("<"):
        dates["SCHEDULED"] = None
    return dates


def _moved(name: str, stamp: str, now: datetime, zone: tzinfo) -> str | None:
    if not stamp.startswith("<") or "+" not in stamp:
        return None
    found = re.fullmatch(_REPEATED, stamp)
    if found is None:
        raise InvalidField(name, f"{stamp} repeats in a way that only Org knows")
    count, unit = int(found["count"]), found["unit"]
    if not count:
        # So Org writes a repeater that somebody cancelled.
        return None
    if unit == "h" and (not found["time"] or found["until"]):
        raise InvalidField(name, f"{stamp} repeats by hours, so it needs one time of the day")
    step = _Step(count * 7, "d") if unit == "w" else _Step(count, unit)
    at = _Wall(*(int(found[group] or 0) for group in (1, 2, 3, 5, 6)))
    try:
        then = _instant(_next(at, found["kind"], step, now, zone), zone)
        text = format_stamp(then, zone, active=True)
    except (ValueError, OverflowError):
        raise InvalidField(name, f"{stamp} repeats after the end of the calendar") from None
    day = text.removesuffix(">") if found["time"] else text[: len("<2026-11-20 Fri")]
    return day + re.sub(_ONCE, "", found["rest"]) + ">"


def _next(at: _Wall, kind: str, step: _Step, now: datetime, zone: tzinfo) -> _Wall:
    if kind == "+":
        # There and back, as Org goes: over a clock change the two ways may differ.
        at = _shifted(_past(at, step, now, zone), step._replace(many=-step.many), zone)
    elif kind == ".":
        at = _shifted(at, _up_to(now, at, step, zone), zone)
    return _shifted(at, step, zone)


def _up_to(now: datetime, at: _Wall, step: _Step, zone: tzinfo) -> _Step:
    then = _instant(at, zone)
    if step.unit == "h":
        return _Step((now - then) // timedelta(minutes=1), "minute")
    today, day = now.astimezone(zone).date(), then.astimezone(zone).date()
    return _Step((today - day).days, "d")


def _past(at: _Wall, step: _Step, now: datetime, zone: tzinfo) -> _Wall:
    steps = (now - _instant(at, zone)) // (step.many * _LONGEST[step.unit])
    if steps > LITERAL_STEPS:
        leap = step.many * (steps - LITERAL_STEPS)
        at = _shifted(at, step._replace(many=leap), zone)
    at = _shifted(at, step, zone)
    while _instant(at, zone) <= now:
        at = _shifted(at, step, zone)
    return at


def _shifted(at: _Wall, step: _Step, zone: tzinfo) -> _Wall:
    fields = at._asdict()
    fields[step.unit] += step.many
    there = _instant(_Wall(**fields), zone).astimezone(zone)
    return _Wall(there.year, there.month, there.day, there.hour, there.minute)


def _instant(at: _Wall, zone: tzinfo) -> datetime:
    """Say when that is: of two equal hours the first, in the hole of a clock change the later."""
    years, months = divmod(at.m - 1, 12)
    wall = datetime(at.y + years, months + 1, 1, tzinfo=UTC)
    wall += timedelta(days=at.d - 1, hours=at.h, minutes=at.minute)
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    exists = first.astimezone(zone).replace(tzinfo=UTC, fold=0) == wall
    return first if exists else max(first, second)
