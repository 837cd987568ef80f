"""What the governor must know of tasks, read from their files: they are the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orgpost.agent_inbox.changing import fact
from orgpost.agent_inbox.rows import row_of, rows
from orgpost.agent_inbox.shelf import Found, TaskShelf
from orgpost.org.scan import Span
from orgpost.states import TASK_ENDS, TaskState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from orgpost.budget import TaskFact
    from orgpost.clock import Clock
    from orgpost.store.page import Store

_OPEN = (TaskState.QUEUED, TaskState.WAITING, TaskState.WORKING)


class TaskLookup:
    """Finds tasks in all files of a space."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._shelf, self._clock = TaskShelf(store, clock), clock

    def find(self, ids: Iterable[str]) -> Mapping[str, TaskFact | None]:
        """Find tasks by their exact ids, archives included; unknown ones are left out.

        None is one that is still to be done: that is seen without reading it.
        """
        missing = set(ids)
        found: dict[str, TaskFact | None] = {}
        for source in self._shelf.everything() if missing else ():
            for id in sorted(missing):
                if there := self._shelf.find(id, [source]):
                    row = row_of(there.raw, there.span.start, source.kind)
                    is_open = row is not None and row.state in _OPEN
                    found[id] = None if is_open else self._fact(there)
                    missing.discard(id)
            if not missing:
                break
        return found

    def open_tasks(self) -> Iterator[TaskFact]:
        """Find the tasks that may still cost something."""
        for source in self._shelf.hot():
            for row in rows(source.data, source.kind):
                if row.state in _OPEN:
                    yield self._fact(Found(source, Span(row.start, row.end)))

    def ended_since(self, moment: datetime) -> Iterator[TaskFact]:
        """Find the tasks that came to their end since then; archived ones are found too."""
        for source in self._shelf.everything():
            for row in rows(source.data, source.kind):
                if row.state in TASK_ENDS or row.state == TaskState.ARCHIVED:
                    fact = self._fact(Found(source, Span(row.start, row.end)))
                    if fact.ended is not None and fact.ended >= moment:
                        yield fact

    def _fact(self, found: Found) -> TaskFact:
        return fact(self._shelf.plain_task(found), self._clock)
