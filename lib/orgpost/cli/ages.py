"""How long ago something was, in words for people; and times as JSON has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orgpost.org.stamp import utc_text

if TYPE_CHECKING:
    from datetime import datetime

    from orgpost.clock import Clock

_STEPS: Final = ((86_400, "d"), (3600, "h"), (60, "m"))


def age(moment: datetime | None, clock: Clock) -> str:
    """Say how long ago a time was, as `4d`, `3h`, `5m` or `now`."""
    if moment is None:
        return "?"
    seconds = int((clock.now() - moment).total_seconds())
    for size, unit in _STEPS:
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return "now"


def seen(moment: datetime | None) -> str | None:
    """Give a time as JSON has it."""
    return None if moment is None else utc_text(moment)
