"""The tasks of a space as every reader sees them: hot files first, then archives, one at a time.

What stands in a hot file and in its archive is a move that was cut short: the hot one counts.
Reading never writes: a lease that has run out is shown, and settled by whoever changes the file.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.agent_inbox.dependencies import Dependencies, Known, is_due
from orgpost.agent_inbox.rows import Row, row_of, rows
from orgpost.errors import AmbiguousId
from orgpost.names import NAME
from orgpost.org import scan
from orgpost.org.entry import Entry, parse
from orgpost.org.syntax import TASK
from orgpost.refusals import NotATask, UnknownTask
from orgpost.states import TaskState
from orgpost.task_entry import read

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime

    from orgpost.clock import Clock
    from orgpost.org.syntax import FileKind
    from orgpost.store.page import Store
    from orgpost.task import Task

_HOT: Final = rf"(agents|trays)/({NAME})\.org"
_ARCHIVE: Final = rf"archive/(agents|trays)-({NAME})-[0-9]{{4}}-[0-9]{{2}}\.org"
_OTHER_KINDS: Final = {"msg": "message", "file": "file", "chg": "change"}
_PARENT: Final = rb"(?mi)^[ \t]*:PARENT:[ \t]+([^ \t\r\n]+)"
_SHORTEST_PART: Final = 4
_ANY: Final = ""


class Source(NamedTuple):
    """One file as it was read, and whose tasks it holds."""

    path: str
    folder: str
    name: str
    data: bytes
    kind: FileKind
    waiting: frozenset[bytes] = frozenset()
    outcomes: frozenset[bytes] = frozenset()
    archived: bool = False


class Found(NamedTuple):
    """Where a task stands."""

    source: Source
    span: scan.Span

    @property
    def raw(self) -> bytes:
        """The entry's bytes."""
        return self.source.data[self.span.start : self.span.end]

    @property
    def line(self) -> int:
        """The number of its heading's line, from 1."""
        return self.source.data.count(b"\n", 0, self.span.start) + 1

    def entry(self) -> Entry:
        """Parse it."""
        return parse(self.raw, self.source.kind)


class TaskShelf:
    """Reads the task files of a space."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self.clock = store, clock

    def now(self) -> datetime:
        """Give the time that leases are shown by."""
        return self.clock.now()

    # -- files -----------------------------------------------------------------------------------

    def agent(self, name: str) -> Source:
        """Read an agent's hot file; no file is made by looking."""
        return self._viewed(f"agents/{name}.org", "agents", name)

    def hot(self) -> Iterator[Source]:
        """Read all hot files."""
        for folder in ("agents", "trays"):
            for path in self._store.names(folder):
                if found := re.fullmatch(_HOT, path):
                    yield self._viewed(path, found[1], found[2])

    def archives(self, folder: str = _ANY, name: str = _ANY) -> Iterator[Source]:
        """Read the archives, the newest first, and where Emacs archives by itself."""
        for path in reversed(self._store.names("archive")):
            found = re.fullmatch(_ARCHIVE, path)
            if found and folder in {_ANY, found[1]} and name in {_ANY, found[2]}:
                yield self._viewed(path, found[1], found[2], archived=True)
        for path in (path for folder in ("agents", "trays") for path in self._store.names(folder)):
            found = re.fullmatch(_HOT, path)
            if found and folder in {_ANY, found[1]} and name in {_ANY, found[2]}:
                data = self._store.read(f"{path}_archive")
                if data is not None:
                    yield source(f"{path}_archive", found[1], found[2], data, archived=True)

    def everything(self) -> Iterator[Source]:
        """Read all files, hot ones first."""
        yield from self.hot()
        yield from self.archives()

    def _viewed(self, path: str, folder: str, name: str, *, archived: bool = False) -> Source:
        view = self._store.view(path)
        found = source(path, folder, name, view.data, view.waiting, archived=archived)
        return found._replace(outcomes=view.outcomes)

    # -- one task --------------------------------------------------------------------------------

    def find(self, id: str, sources: Iterable[Source]) -> Found | None:
        """Find a task by its exact id."""
        needle = as_bytes(id)
        for each in sources:
            if span := scan.find_id(each.data, needle):
                return Found(each, span)
        return None

    def get(self, id: str, *, event: str = "show", agent: str = _ANY) -> Found:
        """Find a task by its exact id, archives included; it must be there."""
        check_kind(id, event)
        files = [self.agent(agent)] if agent else self.hot()
        found = self.find(id, files) or self.find(id, self.archives("agents" * bool(agent), agent))
        if found is None:
            raise UnknownTask(id, event)
        return found

    def resolve(self, part: str, *, event: str = "show", agent: str = _ANY) -> Found:
        """Find the task that a person means by a part of its id; an exact id wins."""
        check_kind(part, event)
        if exact := self.find(part, self._files_of(agent)):
            return exact
        matches: dict[str, Found] = {}
        if len(part) >= _SHORTEST_PART:
            for each in self._files_of(agent):
                for id, span in scan.find_all_ids(each.data):
                    text = id.decode("utf-8", "surrogateescape")
                    if part in text:
                        matches.setdefault(text, Found(each, span))
        if len(matches) > 1:
            raise AmbiguousId(part, sorted(matches))
        if not matches:
            raise UnknownTask(part, event)
        return next(iter(matches.values()))

    def _files_of(self, agent: str) -> Iterator[Source]:
        if not agent:
            yield from self.everything()
            return
        yield self.agent(agent)
        yield from self.archives("agents", agent)

    def made_from(self, messages: Collection[str]) -> dict[str, Task]:
        """Find the tasks that were made from messages, which are their PARENT; a DONE one first."""
        made: dict[str, Task] = {}
        for each in self.everything():
            for found in _children(each, frozenset(map(as_bytes, messages))):
                task = self.plain_task(found)
                parent = task.parent or ""
                if parent in messages and (parent not in made or is_done(task)):
                    made[parent] = task
        return made

    # -- tasks as values -------------------------------------------------------------------------

    def task(self, found: Found, dependencies: Dependencies | None = None) -> Task:
        """Make a task, with what only others know: whether it is ready, and what blocks it."""
        plain = self.plain_task(found)
        row = row_of(found.raw, found.span.start, found.source.kind)
        if plain.state != TaskState.QUEUED or row is None:
            return plain
        if dependencies is None or not plain.depends_on:
            dependencies = self.dependencies() if plain.depends_on else Dependencies(())
        blocked = dependencies.blocks(plain.id, plain.depends_on, self._tray(found.source))
        ready = not blocked and is_due(row, self.clock)
        return replace(plain, ready=ready, blocked_by=tuple(blocked))

    def plain_task(self, found: Found) -> Task:
        """Make a task of what its entry alone says."""
        return task_of(found.entry(), found.source, self.clock)

    @staticmethod
    def _tray(of: Source) -> str:
        return of.path if of.folder == "trays" else ""

    def dependencies(self) -> Dependencies:
        """Read what every task of the space waits for, and how each one stands."""
        return Dependencies(self._known())

    def _known(self) -> Iterator[Known]:
        for each in self.everything():
            for row in rows(each.data, each.kind):
                yield Known(row.id, state_of(each, row), row.depends_on, self._tray(each))


def _children(of: Source, parents: frozenset[bytes]) -> Iterator[Found]:
    """Find the entries that may have one of these parents."""
    # Most files end at the first search, in a tenth of the time that one for lines takes.
    for line in re.finditer(_PARENT, of.data) if re.search(rb"(?i):PARENT:", of.data) else ():
        if line[1].strip(b'"') in parents:
            start = of.data.rfind(b"\n* ", 0, line.start()) + 1
            yield Found(of, scan.span_at(of.data, start))


def is_done(task: Task) -> bool:
    """Ask whether a task came to its end as it should."""
    return task.state_before == TaskState.DONE


def source(
    path: str,
    folder: str,
    name: str,
    data: bytes,
    waiting: frozenset[bytes] = frozenset(),
    *,
    archived: bool = False,
) -> Source:
    """Make a source of a file's bytes."""
    kind = scan.file_kind(data, TASK)
    return Source(path, folder, name, data, kind, waiting, archived=archived)


def state_of(of: Source, row: Row) -> str:
    """Give a task's state, of an archived one the one that it had before."""
    if row.state != TaskState.ARCHIVED:
        return row.state
    return parse(of.data[row.start : row.end], of.kind).get("ARCHIVE_TODO") or row.state


def task_of(entry: Entry, of: Source, clock: Clock) -> Task:
    """Make a task of its entry."""
    id = as_bytes(entry.id or "")
    return read(
        entry,
        agent=of.name,
        zone=clock.zone(),
        now=clock.now(),
        stored="waiting" if id in of.waiting else "file",
        outcome="waiting" if id in of.outcomes else None,
        archived=of.archived,
    )


def check_kind(id: str, event: str) -> None:
    """Refuse the id of something else."""
    if other := _OTHER_KINDS.get(id.partition("-")[0]):
        raise NotATask(id, "task", other, event=event)


def as_bytes(text: str) -> bytes:
    """Give a text as a file has it, bytes that are no UTF-8 included."""
    return text.encode("utf-8", "surrogateescape")
