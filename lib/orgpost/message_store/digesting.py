"""What waits in an inbox, in numbers: counted from the same rows that the inbox lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orgpost.frozen import NamedTuple, dataclass
from orgpost.message import utc_or_none
from orgpost.message_store.reading import Query
from orgpost.message_store.rows import newest_first
from orgpost.message_store.shelf import found_at
from orgpost.org.stamp import parse_created
from orgpost.states import MessageState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from orgpost.message_store.desk import Desk
    from orgpost.message_store.reading import Reading
    from orgpost.message_store.rows import Row
    from orgpost.message_store.shelf import Shelf, Source


class FromSender(NamedTuple):
    """How much is unread from one sender, and when the newest of it was written."""

    sender: str
    unread: int
    latest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """An inbox in numbers; `stale` and `expired` are ids."""

    actor: str
    unread: int
    high: int
    todo: int
    by_sender: Sequence[FromSender]
    stale: Sequence[str]
    expired: Sequence[str]

    def to_dict(self) -> dict[str, object]:
        """Give the digest as ``--json`` prints it."""
        return {
            "actor": self.actor,
            "unread": self.unread,
            "high": self.high,
            "todo": self.todo,
            "by_sender": [
                {"from": sender, "count": count, "latest": utc_or_none(latest)}
                for sender, count, latest in self.by_sender
            ],
            "stale": list(self.stale),
            "expired": list(self.expired),
        }


class Digesting:
    """Counts what an inbox holds."""

    def __init__(self, desk: Desk, shelf: Shelf, reading: Reading) -> None:
        self._desk, self._shelf, self._reading = desk, shelf, reading

    def digest(self, actor: str, *, since: datetime | None = None) -> Digest:
        """Count an inbox, or what came into it since a time."""
        source = self._shelf.inbox(actor)
        todo = Query(states=(str(MessageState.TODO),), since=since)
        unread = newest_first(self._reading.rows(source, Query(since=since)))
        stale = newest_first(self._reading.rows(source, Query(since=since, stale=True)))
        return Digest(
            actor=actor,
            unread=len(unread),
            high=sum(row.high for row in unread),
            todo=len(self._reading.rows(source, todo)),
            by_sender=self._by_sender(unread),
            stale=[_text(row.id) for row in stale],
            expired=self._expired(source, unread),
        )

    def _by_sender(self, rows: Iterable[Row]) -> list[FromSender]:
        senders: dict[bytes, list[Row]] = {}
        for row in rows:
            senders.setdefault(row.sender, []).append(row)
        many = sorted(senders.items(), key=lambda pair: (-len(pair[1]), pair[0]))
        return [FromSender(_text(sender), len(of), self._latest(of)) for sender, of in many]

    def _latest(self, rows: Iterable[Row]) -> datetime | None:
        newest = max(rows, key=lambda row: (row.created, row.start))
        return parse_created(
            f"[{_text(newest.created)}]", self._desk.clock.zone(), _text(newest.id)
        )

    def _expired(self, source: Source, rows: Iterable[Row]) -> list[str]:
        places = (found_at(source, row.start) for row in rows)
        dated = [found for found in places if b"EXPIRES:" in found.raw.upper()]
        return [m.id for m in self._shelf.expired(map(self._shelf.plain_message, dated))]


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
