"""Times as people give them: ISO with or without a zone, a date, or `+2h` from now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from orgpost.errors import InvalidField

if TYPE_CHECKING:
    from orgpost.clock import Clock

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN: Final = r"(\+?)([0-9]{1,6})([smhdw])"


def when(text: str, clock: Clock, field: str, *, past: bool = False) -> datetime:
    """Give the UTC time that was meant; with `past`, `24h` is that long ago."""
    try:
        span = re.fullmatch(_SPAN, text)
        if span is not None and (span[1] or past):
            length = timedelta(**{_UNITS[span[3]]: int(span[2])})
            return clock.now() - length if past else clock.now() + length
        found = datetime.fromisoformat(text)
        local = found if found.tzinfo else found.replace(tzinfo=clock.zone())
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        hint = "24h, 2026-11-20 or 2026-11-20T09:00Z" if past else "+2h, or 2026-11-20T09:00Z"
        raise InvalidField(field, f"{text[:60]!r} is no time", hint=hint) from None


def duration(text: str, field: str, *, most: timedelta) -> timedelta:
    """Give the length of time that was meant, from a second on: `90s`, `30m`, `12h`, `7d`."""
    span = re.fullmatch(_SPAN, text)
    if span is None or span[1]:
        raise InvalidField(field, f"{text[:60]!r} is no length of time", hint="90s, 30m, 12h or 7d")
    length = timedelta(**{_UNITS[span[3]]: int(span[2])})
    if not timedelta(seconds=1) <= length <= most:
        raise InvalidField(field, f"must be from 1s to {_longest(most, span[3])}")
    return length


def _longest(most: timedelta, unit: str) -> str:
    """Write a limit in the unit that somebody used, where it is whole in that, else in days."""
    for each in (*unit.strip("sm"), "d"):
        count, rest = divmod(most, timedelta(**{_UNITS[each]: 1}))
        if not rest:
            return f"{count}{each}"
    return f"{most // timedelta(hours=1)}h"


def since(text: str | None, clock: Clock, field: str) -> datetime | None:
    """Give the time of a flag about the past, if it was given."""
    return when(text, clock, field, past=True) if text else None
