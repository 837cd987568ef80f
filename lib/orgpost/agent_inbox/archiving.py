"""Archiving: tasks that are over leave the hot file, whole, into the archive of their month.

Only the keyword changes, ARCHIVE_TODO says what it was, and the slack goes. The copy is synced
before the original goes: at no instant is it in neither file.
"""

from __future__ import annotations

from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from orgpost.agent_inbox.rights import must_be_in, must_be_owner
from orgpost.agent_inbox.rows import rows
from orgpost.agent_inbox.shelf import Found, as_bytes
from orgpost.org import scan
from orgpost.org.change import archived
from orgpost.org.entry import parse
from orgpost.org.splice import without_slack
from orgpost.org.stamp import id_time, parse_created
from orgpost.org.syntax import TASK, archive_path
from orgpost.states import TASK_ENDS, Event
from orgpost.store.page import Move

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime, timedelta

    from orgpost.agent_inbox.desk import TaskDesk
    from orgpost.agent_inbox.shelf import TaskShelf
    from orgpost.org.entry import Entry
    from orgpost.store.page import Page
    from orgpost.task import Task

# One move is one journal record, and a record has a limit; this is well below it.
_BATCH_BYTES = 4 << 20


class ArchivedTasks(NamedTuple):
    """What was archived, or would be: ids, the files that they are in now, how many are left."""

    ids: list[str]
    files: list[str]
    left: int
    dry_run: bool


class TaskArchiving:
    """Moves tasks out of one agent's hot file."""

    def __init__(self, desk: TaskDesk, shelf: TaskShelf, name: str) -> None:
        self._desk, self._shelf, self._name = desk, shelf, name
        self._path = f"agents/{name}.org"

    def archive(self, ids: Iterable[str], *, dry_run: bool = False) -> ArchivedTasks:
        """Archive tasks, which only their owner may; one bad id or state, and nothing changes."""
        must_be_owner(self._desk.good_contacts(), self._desk.me(), self._name, Event.ARCHIVE)
        tasks = []
        for id in dict.fromkeys(ids):
            found = self._shelf.get(id, event=str(Event.ARCHIVE), agent=self._name)
            tasks.append(self._shelf.plain_task(found))
        for task in tasks:
            must_be_in(task, Event.ARCHIVE)
        return self._move(tasks, dry_run=dry_run)

    def archive_old(
        self, age: timedelta | None, keep: int | None, *, dry_run: bool = False
    ) -> ArchivedTasks:
        """Archive what is over for longer than that, and what is more than a file may keep."""
        source = self._shelf.agent(self._name)
        over = [
            self._shelf.plain_task(Found(source, scan.Span(row.start, row.end)))
            for row in rows(source.data, source.kind)
            if row.state in TASK_ENDS
        ]
        newest = sorted(over, key=self._ended, reverse=True)
        limit = None if age is None else self._desk.clock.now() - age
        old = [
            task
            for place, task in enumerate(newest)
            if (keep is not None and place >= keep)
            or (limit is not None and self._ended(task) < limit)
        ]
        return self._move(old[::-1], dry_run=dry_run)

    def _ended(self, task: Task) -> datetime:
        return task.closed or task.created or id_time(task.id) or self._desk.clock.now()

    def _move(self, tasks: Sequence[Task], *, dry_run: bool) -> ArchivedTasks:
        targets = {task.id: self._target(task.created, task.id) for task in tasks}
        done = list(targets) if dry_run else list(self._moved(list(targets)))
        source = self._shelf.agent(self._name)
        left = len(rows(source.data, source.kind)) - (len(done) if dry_run else 0)
        return ArchivedTasks(done, sorted({targets[id] for id in done}), left, dry_run)

    def _moved(self, ids: list[str]) -> Iterator[str]:
        for batch in self._batches(ids):
            moved = self._desk.store.move(self._path, partial(self._moves, batch))
            yield from (id.decode("utf-8", "surrogateescape") for id in moved)

    def _batches(self, ids: list[str]) -> Iterator[list[str]]:
        data, size = self._shelf.agent(self._name).data, 0
        batch: list[str] = []
        for id in ids:
            span = scan.find_id(data, as_bytes(id))
            length = span.end - span.start if span else 0
            if batch and size + length > _BATCH_BYTES:
                yield batch
                batch, size = [], 0
            batch.append(id)
            size += length
        if batch:
            yield batch

    def _moves(self, ids: Sequence[str], page: Page) -> list[Move]:
        kind = scan.file_kind(page.data, TASK)
        moves = []
        for id in ids:
            span = scan.find_id(page.data, as_bytes(id))
            raw = page.data[span.start : span.end] if span else b""
            entry = parse(raw, kind)
            if span is not None and entry.keyword in TASK_ENDS:
                target = self._target_of(entry)
                moves.append(
                    Move(
                        span, target, archived(parse(without_slack(raw, kind), kind)), as_bytes(id)
                    )
                )
        return moves

    def _target_of(self, entry: Entry) -> str:
        id = entry.id or ""
        return self._target(
            parse_created(entry.get("CREATED") or "", self._desk.clock.zone(), id), id
        )

    def _target(self, made: datetime | None, id: str) -> str:
        """Name the archive of the month, in UTC, in which a task was made."""
        made = made or id_time(id) or self._desk.clock.now()
        return archive_path(self._path, f"{made.astimezone(UTC):%Y-%m}")
