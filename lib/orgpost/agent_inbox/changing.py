"""Changing tasks in their file: re-read under the lock, decide, write once or not at all.

A decision is a pure function from the task as it stands to a step.  What the ledger must know of
it is told after the entry was written: a crash between the two leaves too much reserved, never too
little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from orgpost.agent_inbox.life import When
from orgpost.agent_inbox.rights import must_be_in
from orgpost.agent_inbox.shelf import as_bytes, check_kind
from orgpost.budget import TaskFact
from orgpost.org import scan
from orgpost.org.change import revised
from orgpost.org.entry import parse
from orgpost.org.splice import fit, smallest
from orgpost.org.syntax import TASK
from orgpost.refusals import UnknownTask
from orgpost.states import TaskState
from orgpost.task_entry import read

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from orgpost.agent_inbox.desk import TaskDesk
    from orgpost.agent_inbox.life import Step
    from orgpost.agent_inbox.shelf import TaskShelf
    from orgpost.clock import Clock
    from orgpost.org.entry import Entry
    from orgpost.states import Event
    from orgpost.store.page import Page
    from orgpost.task import Task

    Decide: TypeAlias = Callable[[Task, Entry, When], Step]


class Changed(NamedTuple):
    """One task before and after, and whether a holder finished it: a task that repeats goes on."""

    before: Task
    after: Task
    reports: bool = False


class Sheet:
    """A page of tasks while its lock is held; several steps may be made with one task."""

    def __init__(self, page: Page, name: str, desk: TaskDesk) -> None:
        self.page, self._name, self._desk = page, name, desk
        self.kind = scan.file_kind(page.data, TASK)
        self.when = When(desk.clock.now().replace(microsecond=0), desk.clock.zone())
        self._new: dict[scan.Span, bytes] = {}

    def task_at(self, span: scan.Span) -> tuple[Task, Entry]:
        """Read the task that stands there."""
        raw = self._new.get(span) or self.page.data[span.start : span.end]
        return self._read(raw)

    def _read(self, raw: bytes) -> tuple[Task, Entry]:
        entry, clock = parse(raw, self.kind), self._desk.clock
        return read(entry, agent=self._name, zone=self.when.zone, now=clock.now()), entry

    def span_of(self, id: str, event: Event) -> scan.Span:
        """Find a task; of two with one id the first counts."""
        span = scan.find_id(self.page.data, as_bytes(id))
        if span is None:
            raise UnknownTask(id, str(event))
        return span

    def apply(self, span: scan.Span, step: Step) -> Task:
        """Let a step be made, and read what the task is then."""
        old = self.page.data[span.start : span.end]
        new = revised(self._new.get(span, old), step.revision, self.kind)
        new = fit(old, new, self.kind, slack_bytes=self._desk.rules.slack_bytes)
        self._new[span] = new
        return self._read(new)[0]

    def write(self) -> None:
        """Put on the page what all steps changed."""
        for span, new in self._new.items():
            old = self.page.data[span.start : span.end]
            for at, before, after in smallest(old, new, span.start):
                self.page.replace((at, at + len(before)), after)


class Changing:
    """Changes single tasks of one agent."""

    def __init__(self, desk: TaskDesk, shelf: TaskShelf, name: str) -> None:
        self._desk, self._shelf, self._name = desk, shelf, name
        self._path = f"agents/{name}.org"

    def change(self, id: str, event: Event, decide: Decide) -> Changed:
        """Make of a task what `decide` says; it may be asked again, so it is pure."""
        check_kind(id, str(event))

        def on_page(page: Page) -> Changed:
            sheet = Sheet(page, self._name, self._desk)
            span = sheet.span_of(id, event)
            before, entry = sheet.task_at(span)
            step = decide(before, entry, sheet.when)
            after = sheet.apply(span, step)
            sheet.write()
            return Changed(before, after, step.reports)

        try:
            return self._desk.store.edit(self._path, on_page)
        except UnknownTask:
            # An archived one is known, and in no state for anything.
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
    )
