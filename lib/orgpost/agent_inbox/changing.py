"""Changing tasks in their file: re-read under the lock, decide, write once or not at all.

A decision is a pure function from the task as it stands to a step.  What the ledger must know of
it is told after the entry was written: a crash between the two leaves too much reserved, never too
little.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.agent_inbox.kept import KeptQueue, Place
from orgpost.agent_inbox.life import When
from orgpost.agent_inbox.rights import must_be_in
from orgpost.agent_inbox.shelf import as_bytes, check_kind
from orgpost.budget import TaskFact
from orgpost.org import scan
from orgpost.org.change import revised_entry
from orgpost.org.entry import parse
from orgpost.org.splice import fitted
from orgpost.refusals import UnknownTask
from orgpost.states import TaskState
from orgpost.task_entry import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias, TypeVar

    from orgpost.agent_inbox.desk import TaskDesk
    from orgpost.agent_inbox.life import Step
    from orgpost.agent_inbox.shelf import TaskShelf
    from orgpost.clock import Clock
    from orgpost.org.entry import Entry
    from orgpost.states import Event
    from orgpost.store.page import Outcome, Page
    from orgpost.task import Task

    T = TypeVar("T")
    Decide: TypeAlias = "Callable[[Task, Entry, Sheet], Step]"


class Changed(NamedTuple):
    """One task before and after, and whether a holder finished it: a task that repeats goes on.

    `editor` says who keeps it from being written, in words.
    """

    before: Task
    after: Task
    reports: bool = False
    editor: str | None = None


class Sheet:
    """A page of tasks while its lock is held; several steps may be made with one task.

    `leases_at` is the time by which leases are judged. While a person has unsaved work in the file
    nobody can renew or claim there, and so no lease runs out; nor does one right after the save.
    """

    def __init__(self, page: Page, desk: TaskDesk, name: str, kept: KeptQueue) -> None:
        self.page, self._desk, self._name, self._kept = page, desk, name, kept
        self._reading = kept.read(page)
        self.queue, self.kind = self._reading.queue, self._reading.kind
        now = desk.clock.now()
        self.when = When(now.replace(microsecond=0), desk.clock.zone())
        age = desk.clock.wall_ns() - page.foreign_ns
        is_edited = page.editor is not None or 0 <= age < _GRACE_NS
        self.leases_at = _NO_TIME if is_edited else now
        self._places: dict[scan.Span, Place] = {}
        self._changed: dict[scan.Span, Place] = {}

    def task_at(self, span: scan.Span) -> tuple[Task, Entry]:
        """Read the task that stands there."""
        place = self._place(span)
        task = place.task or self._task(place.entry)
        self._places[span] = place._replace(task=task)
        return task, place.entry

    def entry_at(self, span: scan.Span) -> Entry:
        """Give the entry that stands there."""
        return self._place(span).entry

    def _place(self, span: scan.Span) -> Place:
        place = self._places.get(span)
        if place is None:
            place = self._places[span] = self._found(span)
        return place

    def _found(self, span: scan.Span) -> Place:
        raw, known = self.page.at(*span), self._reading.working.get(span)
        if known is None or known.new != raw:
            return Place(raw, raw, parse(raw, self.kind))
        # That its lease has run out is a matter of the clock, and no longer what it was.
        until = None if known.task is None else known.task.lease_until
        holds = until is not None and until > self.leases_at
        return Place(raw, raw, known.entry, known.task if holds else None)

    def _task(self, entry: Entry) -> Task:
        return read(entry, agent=self._name, zone=self.when.zone, now=self.leases_at)

    def span_of(self, id: str, event: Event) -> scan.Span:
        """Find a task; of two with one id the first counts."""
        row = self.queue.at(id)
        if row is None:
            raise UnknownTask(id, str(event))
        return scan.Span(row.start, row.end)

    def apply(self, span: scan.Span, step: Step) -> Task:
        """Let a step be made, and read what the task is then."""
        before = self._place(span)
        entry = parse(revised_entry(before.entry, step.revision), self.kind)
        task = self._task(entry)
        slack_bytes = self._desk.rules.slack_bytes
        new = fitted(len(before.old), entry, slack_bytes=slack_bytes)
        place = Place(before.old, new, entry, task)
        self._places[span] = self._changed[span] = place
        return task

    def write(self) -> None:
        """Put on the page what all steps changed."""
        for span, place in self._changed.items():
            self.page.change(span, place.old, place.new, as_bytes(place.entry.id or ""))

    def keep(self) -> None:
        """Rely on the queue as it is now that the page is written."""
        self._kept.keep(self.page, self._reading, self._changed)


_NO_TIME: Final = datetime.min.replace(tzinfo=UTC)
_GRACE_NS: Final = 30 * 10**9


class Changing:
    """Changes the tasks of one agent."""

    def __init__(self, desk: TaskDesk, shelf: TaskShelf, name: str) -> None:
        self._desk, self._shelf, self._name = desk, shelf, name
        self._path = f"agents/{name}.org"
        self._kept = KeptQueue(desk.rules.boosts)

    def edit(
        self,
        on_sheet: Callable[[Sheet], T],
        *,
        outcome: Outcome | None = None,
        unwritten: bool = False,
    ) -> T:
        """Make of the file what a decision says; it may be asked again, so it is pure."""
        sheets: list[Sheet] = []

        def on_page(page: Page) -> T:
            sheet = Sheet(page, self._desk, self._name, self._kept)
            sheets[:] = [sheet]
            result = on_sheet(sheet)
            if page.editor is None:
                sheet.write()
            return result

        store = self._desk.store
        result = store.edit(self._path, on_page, outcome=outcome, unwritten=unwritten)
        sheets[0].keep()
        return result

    def change(
        self,
        id: str,
        event: Event,
        decide: Decide,
        *,
        outcome: Outcome | None = None,
        unwritten: bool = False,
    ) -> Changed:
        """Make of a task what `decide` says."""

        def on_sheet(sheet: Sheet) -> Changed:
            span = sheet.span_of(id, event)
            before, entry = sheet.task_at(span)
            step = decide(before, entry, sheet)
            after = sheet.apply(span, step)
            return Changed(before, after, step.reports, sheet.page.editor)

        with self.known(id, event):
            return self.edit(on_sheet, outcome=outcome, unwritten=unwritten)

    @contextmanager
    def known(self, id: str, event: Event) -> Iterator[None]:
        """Say of an id that is not in the file what it is: archived, something else, or nothing."""
        check_kind(id, str(event))
        try:
            yield
        except UnknownTask:
            found = self._shelf.get(id, event=str(event), agent=self._name)
            must_be_in(self._shelf.plain_task(found), event)
            raise


def tell_the_ledger(desk: TaskDesk, changed: Changed) -> None:
    """Give back what is reserved for a task that came to its end, or settle what it used."""
    after = changed.after
    # What is in the entry of an earlier round was settled then.
    used = after.tokens_used if changed.reports else None
    if used is not None or (changed.reports and after.state != TaskState.CANCELLED):
        desk.gate.settle(fact(after, desk.clock), used)
    elif after.is_over:
        desk.gate.release(fact(after, desk.clock))


def fact(task: Task, clock: Clock) -> TaskFact:
    """Give what the governor must know of a task."""
    return TaskFact(
        id=task.id,
        state=task.state_before,
        sender=task.sender,
        agent=task.agent,
        tier=task.trust_tier,
        created=task.created or clock.now(),
        via=task.via,
        estimated_tokens=task.estimated_tokens,
        tokens_used=task.tokens_used,
        claimed=task.token > 0,
        content_hash=task.content_hash or "",
        ended=task.closed,
        started=task.started,
    )
