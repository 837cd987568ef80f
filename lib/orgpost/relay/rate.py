"""How many frames somebody may send: buckets that fill by the second, and give up one a frame.

A frame costs one in the bucket of its connection and one in that of its actor, or none in either.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from orgpost.frozen import NamedTuple

_MOST_REFUSED: Final = 100
_REFUSED_WITHIN: Final = 10.0


class Pace(NamedTuple):
    """So many a second for long, and so many at once."""

    rate: float
    burst: float

    def times(self, factor: int) -> Pace:
        """Give one that is so much faster."""
        return Pace(self.rate * factor, self.burst * factor)


class Bucket:
    """One bucket, full at first."""

    def __init__(self, pace: Pace, now: float) -> None:
        self._pace, self._level, self._at = pace, pace.burst, now

    def wait(self, now: float) -> float:
        """Say in how many seconds one could be taken; 0 is now."""
        self._level = min(self._pace.burst, self._level + (now - self._at) * self._pace.rate)
        self._at = now
        return 0.0 if self._level >= 1 else (1 - self._level) / self._pace.rate

    def take(self) -> None:
        """Take one."""
        self._level -= 1


def take_one(buckets: tuple[Bucket, ...], now: float) -> float:
    """Take one of each bucket, or of none; gives the seconds to wait, 0 where they were taken."""
    wait = max(bucket.wait(now) for bucket in buckets)
    if wait == 0:
        for bucket in buckets:
            bucket.take()
    return wait


class Patience:
    """How often somebody was refused lately."""

    def __init__(self, most: int = _MOST_REFUSED, within: float = _REFUSED_WITHIN) -> None:
        self._most, self._within = most, within
        self._times: deque[float] = deque(maxlen=most)

    def is_over(self, now: float) -> bool:
        """Note one more refusal; whether it is one too many."""
        self._times.append(now)
        return len(self._times) == self._most and now - self._times[0] <= self._within


class Attempts:
    """Failed logins by address: so many in a minute, then a wait."""

    MOST: Final = 30
    SECONDS: Final = 60.0
    _MOST_ADDRESSES: Final = 10_000

    def __init__(self) -> None:
        self._failed: dict[str, deque[float]] = {}

    def wait(self, address: str, now: float) -> float:
        """Say in how many seconds this address may try again; 0 is now."""
        times = self._failed.get(address)
        if times is None or len(times) < self.MOST:
            return 0.0
        return max(0.0, times[0] + self.SECONDS - now)

    def failed(self, address: str, now: float) -> None:
        """Note a failure."""
        self._forget(now)
        self._failed.setdefault(address, deque(maxlen=self.MOST)).append(now)

    def _forget(self, now: float) -> None:
        if len(self._failed) < self._MOST_ADDRESSES:
            return
        kept = {a: times for a, times in self._failed.items() if now - times[-1] < self.SECONDS}
        # Whoever has that many addresses is not stopped by counting; our memory must last.
        self._failed = kept if len(kept) < self._MOST_ADDRESSES else {}
