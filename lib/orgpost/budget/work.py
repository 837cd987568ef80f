"""Which work this is, whom it comes from, and whether it was refused before. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.budget import row
from orgpost.budget.books import Note

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orgpost.budget.row import Row

REJECTED: Final = "rejected"
# Whatever is asked for tomorrow or from elsewhere is refused as well; the day and the hour pass.
_FOR_DAYS: Final = frozenset(
    {"effort_exceeded", "task_too_large", "too_many_hops", "loop", "not_accepted", REJECTED}
)
_FOR_TODAY: Final = frozenset({"budget_exceeded", "sender_limit_exceeded"})
_HOUR: Final = timedelta(hours=1)
_HASH_DIGITS: Final = 16


class Remembered(NamedTuple):
    """A refusal that still counts: of which actor's work, why, and from when to when."""

    sender: str
    code: str
    at: datetime
    until: datetime


def content_hash(title: str, body: str) -> str:
    """Recognise work by its words, whatever blanks and capitals they have."""
    text = unicodedata.normalize("NFKC", f"{title}\n{body}").casefold()
    return hashlib.sha256(re.sub(r"\s+", " ", text).encode("utf-8", "surrogatepass")).hexdigest()[
        :_HASH_DIGITS
    ]


def told(code: str, content_hash: str, until: datetime | None = None) -> str:
    """Write the note by which refused work is recognised."""
    lapses = f" {row.UNTIL} {row.stamp(until)}" if until else ""
    return f"{code} {mark(content_hash)}{lapses}"


def mark(content_hash: str) -> str:
    """Write a hash as notes have it."""
    return f"sha256:{content_hash}"


def remembered(rows: Iterable[Row], now: datetime, days: int) -> tuple[Remembered, ...]:
    """Read, of the rows that tell of one work, which refusals still count.

    An owner who has it done ends all that was before.
    """
    found: list[Remembered] = []
    for each in rows:
        if each.event in {row.HOLD, row.RESERVE} and each.tier == "owner":
            found.clear()
        elif each.event in {row.REFUSE, row.RELEASE}:
            code, at = "".join(Note.of(each.note).words[:1]), row.moment(each.time)
            until = _lapses(code, each.note, at, days)
            if until is not None and until > now:
                found.append(Remembered(each.sender, code, at, until))
    return tuple(found)


def _lapses(code: str, note: str, at: datetime, days: int) -> datetime | None:
    if code in _FOR_DAYS:
        return at + timedelta(days=days)
    if code in _FOR_TODAY:
        return next_day(at)
    if code == "rate_limited":
        until = Note.of(note).after(row.UNTIL)
        return row.moment(until) if until else at + _HOUR
    return None


def next_day(now: datetime) -> datetime:
    """Give the next 00:00 UTC, when budgets begin anew."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
