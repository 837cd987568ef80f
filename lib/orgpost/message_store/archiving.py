"""Archiving: finished mail leaves the hot file, whole, into the archive of its month.

Only the keyword changes, and ARCHIVE_TODO says what it was. The copy is synced before the original
goes: at no instant is it in neither file.
"""

from __future__ import annotations

from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING, Final

from orgpost.frozen import NamedTuple
from orgpost.message_store.moving import by_path
from orgpost.message_store.shelf import as_bytes, found_at, spans_of
from orgpost.org import scan
from orgpost.org.change import archived
from orgpost.org.entry import parse
from orgpost.org.stamp import format_stamp, id_time, parse_created
from orgpost.org.syntax import MESSAGE, archive_path
from orgpost.states import FINISHED, MessageState, move
from orgpost.store.page import Move

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from orgpost.message import Message
    from orgpost.message_store.desk import Desk
    from orgpost.message_store.rows import Row
    from orgpost.message_store.shelf import Found, Shelf, Source
    from orgpost.org.entry import Entry
    from orgpost.store.page import Page

# One move is one journal record, and a record has a limit; this is well below it.
_BATCH_BYTES: Final = 4 << 20


class Archived(NamedTuple):
    """What was archived, or would be: ids, the files that they are in now, how many are left."""

    ids: list[str]
    files: list[str]
    left: int
    dry_run: bool


class Archiving:
    """Moves messages out of hot files."""

    def __init__(
        self, desk: Desk, shelf: Shelf, waiting: Callable[[Iterable[Message]], set[str]]
    ) -> None:
        self._desk, self._shelf, self._waiting = desk, shelf, waiting

    def archive(self, ids: Iterable[str], *, dry_run: bool = False) -> Archived:
        """Archive messages; one bad id or move, and nothing changes."""
        places = self._shelf.locate(ids)
        for id, place in places.items():
            move(place.entry().keyword, MessageState.ARCHIVED, event="archive", id=id)
        actors = {place.source.actor for place in places.values()}
        return self._move(places, actors, dry_run=dry_run)

    def archive_old(
        self, actor: str | None = None, *, before: datetime | None = None, dry_run: bool = False
    ) -> Archived:
        """Archive what is finished and old; of one actor, or of all.

        Old is what was made before that time; without one, what the settings call old, and what is
        more than they let a hot file keep. What somebody still waits for stays.
        """
        sources = list(self._shelf.inboxes() if actor is None else [self._shelf.inbox(actor)])
        places = {
            row.id.decode("utf-8", "surrogateescape"): found_at(source, row.start)
            for source in sources
            for row in self._old_rows(source, before)
        }
        dated = [found for found in places.values() if b"EXPIRES:" in found.raw.upper()]
        for id in self._waiting(map(self._shelf.plain_message, dated)):
            del places[id]
        return self._move(places, {source.actor for source in sources}, dry_run=dry_run)

    def _old_rows(self, source: Source, before: datetime | None) -> Iterator[Row]:
        rules, keep = self._desk.rules, None if before else self._desk.rules.archive_keep
        if before is None and rules.archive_after is not None:
            before = self._desk.clock.now() - rules.archive_after
        limit = self._stamp(before) if before else b""
        finished = self._shelf.rows(source, sorted(FINISHED))
        newest = sorted(finished, key=lambda row: (row.created, row.start), reverse=True)
        old = []
        for place, row in enumerate(newest):
            too_many = keep is not None and place >= keep
            if too_many or b"" < row.created < limit:
                old.append(row)
        return reversed(old)

    def _stamp(self, moment: datetime) -> bytes:
        return format_stamp(moment, self._desk.clock.zone(), seconds=True)[1:-1].encode()

    def _move(self, places: dict[str, Found], actors: Iterable[str], *, dry_run: bool) -> Archived:
        targets = {
            id: self._target(found.source.path, found.entry()) for id, found in places.items()
        }
        done = list(places) if dry_run else list(self._moved(places))
        rows = sum(len(self._shelf.rows(self._shelf.inbox(actor), ())) for actor in actors)
        left = rows - len(done) if dry_run else rows
        return Archived(done, sorted({targets[id] for id in done}), left, dry_run)

    def _moved(self, places: dict[str, Found]) -> Iterator[str]:
        for path, here in by_path(places).items():
            for batch in _batches(here):
                ids = self._desk.store.move(path, partial(self._moves, batch, path))
                yield from (id.decode("utf-8", "surrogateescape") for id in ids)

    def _moves(self, ids: Sequence[str], path: str, page: Page) -> list[Move]:
        kind = scan.file_kind(page.data, MESSAGE)
        moves = []
        for id, span in spans_of(page.data, ids).items():
            raw = page.data[span.start : span.end]
            entry = parse(raw, kind)
            if entry.keyword in FINISHED:
                moves.append(Move(span, self._target(path, entry), archived(entry), as_bytes(id)))
        return moves

    def _target(self, path: str, entry: Entry) -> str:
        """Name the archive of the month, in UTC, in which a message was made."""
        id = entry.id or ""
        made = parse_created(entry.get("CREATED") or "", self._desk.clock.zone(), id)
        made = made or id_time(id) or self._desk.clock.now()
        return archive_path(path, f"{made.astimezone(UTC):%Y-%m}")


def _batches(places: dict[str, Found]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for id, place in places.items():
        length = place.span.end - place.span.start
        if batch and size + length > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(id)
        size += length
    if batch:
        yield batch
