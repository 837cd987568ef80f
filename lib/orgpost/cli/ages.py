"""How long ago something was, in words for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from orgpost.clock import Clock

_STEPS: Final = ((86_400, "d"), (3600, "h"), (60, "m"))
_NOW: Final = "now"


def age(moment: datetime | None, clock: Clock) -> str:
    """Say how long ago a time was, as `4d`, `3h`, `5m` or `now`."""
    if moment is None:
        return "?"
    seconds = int((clock.now() - moment).total_seconds())
    for size, unit in _STEPS:
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return _NOW


def ago(moment: datetime, clock: Clock) -> str:
    """Say the same in a sentence: `4d ago`, or `just now`."""
    words = age(moment, clock)
    return "just now" if words == _NOW else f"{words} ago"
