"""When a client comes back after a connection ended, or stays away: one policy. Pure.

Trouble on the way is waited out for ever; a token that is refused is not tried again and again; and
who was told to go does not come back.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from orgpost.frozen import NamedTuple

LEAST_SECONDS: Final = 0.2
MOST_SECONDS: Final = 60.0
LEAST_BACKOFF_SECONDS: Final = 1.0
MOST_REJECTIONS: Final = 5
LIVED_SECONDS: Final = 10.0
_LOUD_EVERY: Final = 10
_LARGEST_POWER: Final = 6
_HTTP_REJECTED: Final = frozenset({401, 403})
_REJECTED: Final = range(4500, 4510)
_FINAL: Final = range(4510, 5000)


class Trouble(Enum):
    """What kind of end it was."""

    TRANSIENT = "transient"
    REJECTED = "rejected"
    FINAL = "final"


def trouble_of_http(status: int) -> Trouble:
    """Say what an answer before the upgrade means."""
    return Trouble.REJECTED if status in _HTTP_REJECTED else Trouble.TRANSIENT


def trouble_of_close(code: int | None) -> Trouble:
    """Say what the code of a close means; none is a line that was dropped."""
    if code in _REJECTED:
        return Trouble.REJECTED
    return Trouble.FINAL if code in _FINAL else Trouble.TRANSIENT


class Ended(NamedTuple):
    """How a try to be connected ended; `lived` is for how many seconds it was logged in."""

    trouble: Trouble
    reason: str
    lived: float | None = None
    clean: bool = False
    retry_after: float = 0.0


class Setbacks(NamedTuple):
    """How often it went wrong in a row."""

    failures: int = 0
    rejections: int = 0


class Decision(NamedTuple):
    """What to do: wait so long and come back, or never, where `seconds` is None.

    `level` is ``warning``, ``error`` or empty, where there is nothing to say.
    """

    setbacks: Setbacks
    seconds: float | None
    level: str = ""
    words: str = ""


def decide(
    setbacks: Setbacks, ended: Ended, *, chance: float, backoff_seconds: float, remedy: str
) -> Decision:
    """Say what to do after an end; `chance` is from 0 to 1, `remedy` what mends a bad token."""
    if ended.lived is not None:
        setbacks = setbacks._replace(rejections=0)
        if ended.clean or ended.lived >= LIVED_SECONDS:
            setbacks = Setbacks()
    match ended.trouble:
        case Trouble.FINAL:
            words = f"the relay has ended it for good: {ended.reason}"
            return Decision(setbacks, None, "error", words)
        case Trouble.REJECTED:
            return _after_rejection(
                setbacks, ended, max(backoff_seconds, LEAST_BACKOFF_SECONDS), remedy
            )
    return _after_failure(setbacks, ended, chance)


def _after_failure(setbacks: Setbacks, ended: Ended, chance: float) -> Decision:
    n = setbacks.failures
    longest = min(MOST_SECONDS, 2.0 ** min(n, _LARGEST_POWER))
    seconds = max(LEAST_SECONDS + chance * (longest - LEAST_SECONDS), ended.retry_after)
    level = "error" if (n + 1) % _LOUD_EVERY == 0 else "warning" if n == 0 else ""
    words = f"the relay is away: {ended.reason}"
    if ended.clean:
        level = ""
    elif level == "error":
        words = f"{words} ({n + 1} tries)"
    return Decision(Setbacks(failures=n + 1), seconds, level, words)


def _after_rejection(setbacks: Setbacks, ended: Ended, seconds: float, remedy: str) -> Decision:
    count = setbacks.rejections + 1
    after = setbacks._replace(rejections=count)
    words = f"the relay does not let us in ({count}/{MOST_REJECTIONS}): {ended.reason}"
    if count < MOST_REJECTIONS:
        return Decision(after, max(seconds, ended.retry_after), "warning", words)
    return Decision(after, None, "error", f"{words}; {remedy}")
