"""Times at the border: Org's stamps for people, in local time, and UTC for programs.

What cannot be read is no time: it blocks nothing, and stays as it stands.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from orgpost.org import syntax
from orgpost.org.syntax import text_pattern

if TYPE_CHECKING:
    from datetime import tzinfo

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_STAMP: Final = (
    r"[<\[]([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[ \t]++[^-+0-9>\]\s][^>\]\s]*+)?"
    r"(?:[ \t]++([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?)?[^>\]\n]*+[>\]]"
)
# Hours only up to 23: some versions of Python would read 24:00:00, others not.
_UTC: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}Z"


def parse_stamp(text: str, zone: tzinfo) -> datetime | None:
    """Read the stamp with which a text begins, active or not; its day's name is not looked at."""
    local = _local(text)
    return local and _in_utc(local.replace(tzinfo=zone))


def parse_created(text: str, zone: tzinfo, id: str) -> datetime | None:
    """Read CREATED; where a clock change makes it two times, the id may tell which."""
    local = _local(text)
    if local is None:
        return None
    first = _in_utc(local.replace(tzinfo=zone))
    second = _in_utc(local.replace(tzinfo=zone, fold=1))
    return second if second and second != first and second == id_time(id) else first


def possible_times(text: str, zone: tzinfo) -> tuple[datetime, ...]:
    """Give the time that a stamp may mean: two where a clock change made it two, or none."""
    local = _local(text)
    if local is None:
        return ()
    read = (_in_utc(local.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    return tuple(dict.fromkeys(moment for moment in read if moment is not None))


def format_stamp(
    moment: datetime, zone: tzinfo, *, seconds: bool = False, active: bool = False
) -> str:
    """Write a stamp in local time, days named in English whatever the locale."""
    local = moment.astimezone(zone)
    day = f"{local.year:04}-{local.month:02}-{local.day:02} {_DAYS[local.weekday()]}"
    text = f"{day} {local.hour:02}:{local.minute:02}" + (f":{local.second:02}" if seconds else "")
    return f"<{text}>" if active else f"[{text}]"


def utc_text(moment: datetime) -> str:
    """Write a time that programs decide by."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z"


def parse_utc(text: str) -> datetime | None:
    """Read a time that programs decide by."""
    if not text_pattern(_UTC).fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def id_time(id: str) -> datetime | None:
    """Give the time that is in an id that orgpost made."""
    found = text_pattern(syntax.MADE_ID).fullmatch(id)
    if found is None:
        return None
    day, time = found[2].split("-")
    return parse_utc(f"{day[:4]}-{day[4:6]}-{day[6:]}T{time[:2]}:{time[2:4]}:{time[4:]}Z")


def made_at(id: str) -> datetime | None:
    """Give the time in an id that orgpost made, or made from one for a copy."""
    found = text_pattern(syntax.MADE_ID).match(id)
    return id_time(found[0]) if found else None


def _local(text: str) -> datetime | None:
    found = text_pattern(_STAMP).match(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups("0"))
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def _in_utc(moment: datetime) -> datetime | None:
    try:
        return moment.astimezone(UTC)
    except (OverflowError, ValueError):  # the first and the last day that Python can say
        return None
