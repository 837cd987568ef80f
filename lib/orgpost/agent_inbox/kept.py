"""The queue of one file, kept between calls: what others changed is read again, entry by entry.

A long-lived worker claims from ten thousand tasks at the cost of one. Where anybody moved entries,
or what happened is forgotten already, the whole file is read again; nothing is relied on that the
store does not vouch for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from orgpost.agent_inbox.queue import Queue
from orgpost.agent_inbox.rows import row_in, row_of, rows
from orgpost.org import scan
from orgpost.org.syntax import TASK
from orgpost.states import TaskState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orgpost.org.entry import Entry
    from orgpost.org.syntax import FileKind
    from orgpost.store.journal import Layout, Part
    from orgpost.store.page import Page
    from orgpost.task import Task


class Place(NamedTuple):
    """One task of a page: its bytes in the file, and what it is by now, but for its slack.

    What only a whole reading tells is None until somebody asks.
    """

    old: bytes
    new: bytes
    entry: Entry
    task: Task | None = None


class Reading(NamedTuple):
    """The queue of a file as it is under the lock, how the file spells things, and its layout.

    `working` is what was written of tasks that somebody holds: its holder comes back to it.
    """

    queue: Queue
    kind: FileKind
    generation: int | None
    working: dict[scan.Span, Place]


class KeptQueue:
    """Keeps the queue of one path."""

    def __init__(self, boosts: Mapping[str, float]) -> None:
        self._boosts = boosts
        self._kept: tuple[Layout, Reading] | None = None

    def read(self, page: Page) -> Reading:
        """Give the queue of a page away; it is kept again when it is given back to `keep`.

        Whoever changes his mind, or fails, leaves nothing behind that is not true; and two
        threads never have the same queue.
        """
        kept, self._kept = self._kept, None
        if kept is not None and page.editor is None and self._catch_up(page, *kept):
            return kept[1]._replace(generation=_generation(page))
        kind = scan.file_kind(page.data, TASK)
        return Reading(Queue(self._boosts, rows(page.data, kind)), kind, _generation(page), {})

    def keep(self, page: Page, reading: Reading, changed: Mapping[scan.Span, Place]) -> None:
        """Rely on what was read, with what was written since: entries by their places.

        A whole write may have moved all of them, though each is as long as before: it puts back
        the first line that a person took away.
        """
        layout = page.layout
        if page.editor is not None or layout is None or layout.generation != reading.generation:
            return
        for span, place in changed.items():
            if len(place.new) != span.end - span.start:
                return
            if row := row_in(place.entry, *span):
                reading.queue.put(row)
            reading.working.pop(span, None)
            if place.entry.keyword == TaskState.WORKING:
                reading.working[span] = place
        self._kept = layout, reading

    def _catch_up(self, page: Page, known: Layout, reading: Reading) -> bool:
        records = page.since(known)
        if records is None:
            return False
        queue, kind = reading.queue, reading.kind
        for part in (part for record in records for part in record.parts):
            if not self._take_in(page, part, queue, kind):
                return False
        return True

    @staticmethod
    def _take_in(page: Page, part: Part, queue: Queue, kind: FileKind) -> bool:
        """Read one entry again; False where only the whole file can tell."""
        old = queue.on(part.entry)
        if old is not None:
            row = row_of(page.at(old.start, old.end), old.start, kind)
        elif part.old or part.offset != part.entry:
            return False
        else:
            row = row_of(part.new, part.entry, kind)
        if row is None or (old is None and queue.at(row.id) is not None):
            return False
        queue.put(row)
        return True


def _generation(page: Page) -> int | None:
    return None if page.layout is None else page.layout.generation
