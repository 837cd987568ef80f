"""Lists of an inbox: one function behind the count, the list and the digest.

A list knows how long it is and its order; each message is made only when it is asked for, so that
an inbox of 100,000 messages is listed in the memory of its file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, overload

from orgpost.errors import InvalidField
from orgpost.frozen import NamedTuple
from orgpost.message import PRIORITIES, Message
from orgpost.message_store.rows import newest_first
from orgpost.message_store.shelf import Found, found_at
from orgpost.org.stamp import format_stamp
from orgpost.states import MessageState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from orgpost.message_store.desk import Desk
    from orgpost.message_store.rows import Row
    from orgpost.message_store.shelf import Shelf, Source

UNREAD: Final = (str(MessageState.UNREAD),)


class Query(NamedTuple):
    """What an inbox is asked for; no states are all states of the hot file."""

    states: Sequence[str] = UNREAD
    sender: str | None = None
    tag: str | None = None
    priority: str | None = None
    since: datetime | None = None
    with_files: bool = False
    stale: bool = False
    oldest: bool = False
    by_time: bool = False


class Listing(Sequence[Message]):
    """Messages in their order, each made when it is asked for."""

    def __init__(self, found: Sequence[Found], make: Callable[[Found], Message]) -> None:
        self._found, self._make = found, make

    def __len__(self) -> int:
        return len(self._found)

    @overload
    def __getitem__(self, place: int) -> Message: ...
    @overload
    def __getitem__(self, place: slice) -> Listing: ...
    def __getitem__(self, place: int | slice) -> Message | Listing:
        if isinstance(place, slice):
            return Listing(self._found[place], self._make)
        return self._make(self._found[place])

    def __iter__(self) -> Iterator[Message]:
        return map(self._make, self._found)


class _Places(Sequence[Found]):
    """Where the rows of one file stand."""

    def __init__(self, source: Source, rows: Sequence[Row]) -> None:
        self._source, self._rows = source, rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> Found: ...
    @overload
    def __getitem__(self, place: slice) -> _Places: ...
    def __getitem__(self, place: int | slice) -> Found | _Places:
        if isinstance(place, slice):
            return _Places(self._source, self._rows[place])
        return self._found(self._rows[place])

    def __iter__(self) -> Iterator[Found]:
        return map(self._found, self._rows)

    def _found(self, row: Row) -> Found:
        return found_at(self._source, row.start)


class Reading:
    """Answers what an inbox holds."""

    def __init__(self, desk: Desk, shelf: Shelf) -> None:
        self._desk, self._shelf = desk, shelf

    def listing(self, actor: str, query: Query) -> Listing:
        """List an inbox: high first, then the newest; `by_time` the newest first, and no more."""
        source = self._shelf.inbox(actor)
        rows = newest_first(self.rows(source, query), oldest=query.oldest, by_time=query.by_time)
        return Listing(_Places(source, rows), self._shelf.message)

    def rows(self, source: Source, query: Query) -> list[Row]:
        """Give the rows of an inbox that a query asks for."""
        found = self._shelf.rows(source, _checked_states(query, source))
        for keep in self._row_tests(query):
            found = [row for row in found if keep(row)]
        tests = _entry_tests(query)
        places = _Places(source, found)
        return (
            [
                row
                for row, place in zip(found, places, strict=True)
                if all(keep(place) for keep in tests)
            ]
            if tests
            else found
        )

    def newest(self, actor: str) -> Message | None:
        """Give the newest message of an inbox, in whatever state."""
        source = self._shelf.inbox(actor)
        rows = self._shelf.rows(source, ())
        if not rows:
            return None
        last = max(rows, key=lambda row: (row.created, row.start))
        return self._shelf.message(_Places(source, [last])[0])

    def _row_tests(self, query: Query) -> Iterator[Callable[[Row], bool]]:
        if query.sender is not None:
            sender = query.sender.encode()
            yield lambda row: row.sender == sender
        if query.since is not None:
            since = self._stamp(query.since)
            yield lambda row: row.created >= since
        if query.stale:
            before = self._stamp(self._desk.clock.now() - self._desk.rules.stale_after)
            yield lambda row: row.created < before
        if query.priority == "high":
            yield lambda row: row.high

    def _stamp(self, moment: datetime) -> bytes:
        return format_stamp(moment, self._desk.clock.zone(), seconds=True)[1:-1].encode()


def _entry_tests(query: Query) -> list[Callable[[Found], bool]]:
    tests: list[Callable[[Found], bool]] = []
    if query.priority not in {None, "high"}:
        cookies: dict[str, set[str | None]] = {"normal": {"B", None}, "low": {"C"}}
        wanted = cookies[_checked_priority(query.priority)]
        tests.append(lambda found: found.entry().priority in wanted)
    if query.tag is not None:
        tag = query.tag
        tests.append(lambda found: tag in found.entry().tags)
    if query.with_files:
        tests.append(lambda found: b":FILES:" in found.raw and bool(found.entry().get("FILES")))
    return tests


def _checked_states(query: Query, source: Source) -> Sequence[str]:
    if query.stale:
        return UNREAD
    known = {*source.kind.keywords}
    if unknown := [state for state in query.states if state not in known]:
        words = ", ".join(source.kind.keywords)
        raise InvalidField("state", f"{unknown[0]!r} is none of {words}")
    return query.states


def _checked_priority(priority: str | None) -> str:
    if priority not in PRIORITIES:
        raise InvalidField("priority", f"{priority!r} is none of {', '.join(PRIORITIES)}")
    return str(priority)
