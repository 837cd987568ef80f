"""Where time, ids and chance come from; nobody else asks the machine for them.

Decisions use `Clock.now` (UTC) and waits use `Clock.monotonic`: the wall clock of a laptop jumps.
`FakeClock` is the double for tests, and ships beside the real one.
"""

from __future__ import annotations

import itertools
import os
import time
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_LETTERS_OF_AN_ID: Final = 10
_LETTER_OF_A_BYTE: Final = (ALPHABET * 8).encode()


class LocalZone(tzinfo):
    """The zone of this machine, asked anew for each moment.

    The offset of *now* is not enough: a stamp of last winter has the offset of last winter. Each
    message has stamps, so there is no `astimezone` here, which makes a zone each time.
    """

    def utcoffset(self, moment: datetime | None) -> timedelta:
        """Give the offset that was, or will be, in force here at that local time."""
        here = datetime.now() if moment is None else _naive(moment)  # noqa: DTZ005  local by intent
        there = datetime.combine(here.date(), here.time(), UTC)
        try:
            return timedelta(seconds=round(there.timestamp() - here.timestamp()))
        except (OverflowError, ValueError, OSError):  # a year that the C library cannot say
            return timedelta(0)

    def dst(self, moment: datetime | None) -> None:
        """Say nothing: no stamp needs it."""

    def tzname(self, moment: datetime | None) -> str:
        """Name the zone as the machine does."""
        try:
            return (moment and moment.replace(tzinfo=None).astimezone().tzname()) or "local"
        except (OverflowError, ValueError, OSError):  # a year that the C library cannot say
            return "local"

    def fromutc(self, moment: datetime) -> datetime:
        """Turn a UTC time into local time; the second of two equal hours has ``fold=1``."""
        since = _naive(moment) - _EPOCH
        try:
            # Whole seconds: far from 1970 a float holds no microseconds.
            there = datetime.fromtimestamp(since.days * 86_400 + since.seconds)  # noqa: DTZ006  local by intent
        except (OverflowError, ValueError, OSError):  # the calendar ends sooner here than in London
            return moment
        day, clock = (there.year, there.month, there.day), (there.hour, there.minute, there.second)
        return datetime(*day, *clock, moment.microsecond, tzinfo=self, fold=there.fold)


_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  in UTC, which is taken away from what is in it


def _naive(moment: datetime) -> datetime:
    # `replace` takes five times as long.
    return datetime.combine(moment.date(), moment.time())


class Clock:
    """The machine's clock and its source of chance."""

    def now(self) -> datetime:
        """Give the time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Give seconds that never run backwards, to measure waits with."""
        return time.monotonic()

    def wall_ns(self) -> int:
        """Give nanoseconds since 1970, as file systems count them."""
        return time.time_ns()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def zone(self) -> tzinfo:
        """Give the zone in which people read stamps."""
        return LocalZone()

    def new_id(self, kind: str) -> str:
        """Make an id: ``msg-20261120-083105-7k3m9q2xwd``.

        It is unique by its 50 random bits; the time in it is for people, and may jump.
        """
        now = self.now()
        day = f"{now.year:04}{now.month:02}{now.day:02}"
        return f"{kind}-{day}-{now.hour:02}{now.minute:02}{now.second:02}-{self._letters()}"

    def token(self, bits: int) -> str:
        """Give random bits as hexadecimal digits."""
        return os.urandom((bits + 7) // 8).hex()

    def _letters(self) -> str:
        return os.urandom(_LETTERS_OF_AN_ID).translate(_LETTER_OF_A_BYTE).decode()


class FakeClock(Clock):
    """A clock that stands still until it is told; its ids and tokens count up."""

    def __init__(
        self,
        now: datetime = datetime(2026, 11, 20, 8, 31, 5, tzinfo=UTC),
        zone: tzinfo = UTC,
        *,
        first: int = 1,
    ) -> None:
        self._now = now
        self._zone = zone
        self._monotonic = 1000.0
        self._count = itertools.count(first)

    def set(self, now: datetime) -> None:
        """Let the wall clock jump; waits do not notice."""
        self._now = now.astimezone(UTC)

    def advance(self, seconds: float) -> None:
        """Let time pass on both clocks."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def now(self) -> datetime:
        """Give the time that was set."""
        return self._now

    def monotonic(self) -> float:
        """Give the seconds that were advanced."""
        return self._monotonic

    def wall_ns(self) -> int:
        """Give the time that was set, in nanoseconds since 1970."""
        return (self._now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000

    def sleep(self, seconds: float) -> None:
        """Pass the time at once."""
        self.advance(seconds)

    def zone(self) -> tzinfo:
        """Give the zone that was set."""
        return self._zone

    def token(self, bits: int) -> str:
        """Give the next number, as wide as the bits."""
        return f"{next(self._count):0{(bits + 7) // 8 * 2}x}"

    def _letters(self) -> str:
        return _spell(next(self._count))


def _spell(number: int) -> str:
    letters = (ALPHABET[number >> 5 * place & 31] for place in reversed(range(_LETTERS_OF_AN_ID)))
    return "".join(letters)
