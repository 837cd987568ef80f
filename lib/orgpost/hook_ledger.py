"""What hooks have put into sessions' contexts, and so what it cost: their ledgers, added up.

Each injected text is a line of `.orgpost/hooks/injected-YYYY-MM`, written by the hook's second
stage (`orgpost.hook.log`). Only numbers are there, and no word of anybody's.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from orgpost.org.stamp import utc_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

BY: Final = ("day", "client", "session")
BYTES_OF_A_TOKEN: Final = 4
_WORDS: Final = 4
_NUMBERS: Final = 3
_DAY: Final = 10


class Injection(NamedTuple):
    """One text that a session was given; `session` is a hash."""

    time: str
    client: str
    session: str
    event: str
    characters: int
    bytes: int
    entries: int

    def key(self, by: str) -> str:
        """Say what it is counted under: the day (UTC), the client or the session."""
        return {"day": self.time[:_DAY], "client": self.client, "session": self.session}[by]


class Sum(NamedTuple):
    """Several of them, added up."""

    key: str
    injections: int
    characters: int
    bytes: int
    entries: int

    @property
    def estimated_tokens(self) -> int:
        """Estimate what they cost: nobody but the model's maker can count it."""
        return round(self.bytes / BYTES_OF_A_TOKEN)


class Stats(NamedTuple):
    """All texts since a time, and the same in parts."""

    since: datetime | None
    total: Sum
    rows: list[Sum]

    def to_dict(self) -> dict[str, Any]:
        """Give what `--json` shows."""
        total = self.total
        return {
            "since": utc_text(self.since) if self.since else None,
            "injections": total.injections,
            "characters": total.characters,
            "bytes": total.bytes,
            "estimated_tokens": total.estimated_tokens,
            "rows": [row._asdict() for row in self.rows],
        }


def stats(space: Path, *, since: datetime | None = None, by: str = "day") -> Stats:
    """Add up what was injected in a space."""
    start = utc_text(since) if since else ""
    found = [each for each in _injections(space / ".orgpost" / "hooks") if each.time >= start]
    parts: defaultdict[str, list[Injection]] = defaultdict(list)
    for each in found:
        parts[each.key(by)].append(each)
    return Stats(since, _sum("", found), [_sum(key, parts[key]) for key in sorted(parts)])


def _sum(key: str, found: Sequence[Injection]) -> Sum:
    return Sum(
        key,
        len(found),
        sum(each.characters for each in found),
        sum(each.bytes for each in found),
        sum(each.entries for each in found),
    )


def _injections(notes: Path) -> Iterator[Injection]:
    for ledger in sorted(notes.glob("injected-*")):
        try:
            lines = ledger.read_text("ascii", "replace").split("\n")
        except OSError:
            continue
        for line in lines:
            words, numbers = line.split(" ")[:_WORDS], line.split(" ")[_WORDS:]
            # A line that a kill cut short, or somebody's hand, counts for nothing.
            if len(numbers) == _NUMBERS and all(number.isdecimal() for number in numbers):
                time, client, session, event = words
                characters, size, entries = map(int, numbers)
                yield Injection(time, client, session, event, characters, size, entries)
