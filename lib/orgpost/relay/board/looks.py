"""What a page shows beside the words of others: times, numbers and who is trusted how far. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from orgpost.org.stamp import utc_text

if TYPE_CHECKING:
    from datetime import datetime

    from orgpost.clock import Clock

PAGE = 50


class When(NamedTuple):
    """A time: for machines, at a glance, and in full."""

    utc: str
    short: str
    full: str


class Choice(NamedTuple):
    """One of several lists that a page can show."""

    href: str
    label: str
    total: int | None
    chosen: bool


class Pages(NamedTuple):
    """Where a list goes on; an address is empty where it does not."""

    newer: str
    older: str
    first: int
    last: int
    total: int


def when(moment: datetime | None, clock: Clock) -> When | None:
    """Say a time as people read it: of today the clock's, of this year the day, else all of it."""
    if moment is None:
        return None
    zone = clock.zone()
    there, now = moment.astimezone(zone), clock.now().astimezone(zone)
    if there.date() == now.date():
        short = f"{there:%H:%M}"
    else:
        short = f"{there.day} {there:%b}" if there.year == now.year else f"{there:%Y-%m-%d}"
    return When(utc_text(moment), short, f"{there:%A %Y-%m-%d %H:%M}")


def pages(base: str, page: int, total: int, size: int = PAGE) -> Pages:
    """Say where a list of so many goes on; `base` ends where the number of the page follows."""
    first = (page - 1) * size
    last = min(total, first + size)
    return Pages(
        f"{base}page={page - 1}" if page > 1 else "",
        f"{base}page={page + 1}" if last < total else "",
        min(first + 1, total),
        last,
        total,
    )


def number(value: int) -> str:
    """Write a number so that its thousands are seen; the blank between them breaks no line."""
    return f"{value:,}".replace(",", "\u202f")
