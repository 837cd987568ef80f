"""What owners and senders decide: let in, turn away, take back, try again, ask for better.

Whatever needs tokens anew goes through the governor first; refused, the task stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orgpost.agent_inbox import life
from orgpost.agent_inbox.changing import fact, tell_the_ledger
from orgpost.agent_inbox.rights import (
    must_be_in,
    must_be_let_in,
    must_be_owner,
    must_be_owner_or_sender,
)
from orgpost.budget import Ask
from orgpost.errors import InvalidField
from orgpost.org.quote import one_line
from orgpost.states import Event, TaskState, has_move

if TYPE_CHECKING:
    from collections.abc import Callable

    from orgpost.agent_inbox.changing import Changed, Changing, Sheet
    from orgpost.agent_inbox.desk import TaskDesk
    from orgpost.agent_inbox.life import Step, When
    from orgpost.agent_inbox.shelf import TaskShelf
    from orgpost.budget import Verdict
    from orgpost.contact import Contacts
    from orgpost.org.entry import Entry
    from orgpost.task import Task


class Deciding:
    """The owner's and the sender's side of one agent's tasks."""

    def __init__(self, desk: TaskDesk, shelf: TaskShelf, name: str, changing: Changing) -> None:
        self._desk, self._shelf, self._name = desk, shelf, name
        self._changing = changing

    def check(self, event: Event, *ids: str) -> None:
        """Raise what the event would raise for any of these, before anything is written."""
        contacts, me = self._desk.good_contacts(), self._desk.me()
        for id in ids:
            task = self._task(id, event)
            self._check_rights(contacts, me, task, event)
            must_be_in(task, event)

    def approve(self, id: str) -> Task:
        """Let a waiting task in."""
        return self._admitted(
            id,
            Event.APPROVE,
            lambda task, verdict, when: life.approved(
                task, self._desk.me(), when, not_before=verdict.not_before
            ),
        )

    def retry(self, id: str) -> Task:
        """Queue a dead, failed or cancelled task again, with all attempts."""
        return self._admitted(
            id, Event.RETRY, lambda task, _, when: life.retried(task, self._desk.me(), when)
        )

    def request_revision(self, id: str, feedback: str) -> Task:
        """Ask for a finished task again, better."""
        if not feedback.strip():
            raise InvalidField("feedback", "must say something")
        return self._admitted(
            id,
            Event.REVISE,
            lambda task, _, when: life.revised(task, self._desk.me(), feedback, when),
        )

    def reject(self, id: str, reason: str) -> Task:
        """Turn a waiting task away; the same work is recognised when it comes back."""
        words = one_line("reason", reason)
        if not words:
            raise InvalidField("reason", "must say something")
        task = self._change(
            id, Event.REJECT, lambda task, when: life.rejected(task, self._desk.me(), words, when)
        ).after
        known_by = task.content_hash or ""
        self._desk.gate.release(fact(task, self._desk.clock), rejected=known_by)
        return task

    def cancel(self, id: str, reason: str = "", *, now: bool = False) -> Task:
        """Take a task back; a holder is asked to stop, or with `now` loses it at once."""
        words = one_line("reason", reason)
        if now:
            must_be_owner(self._desk.good_contacts(), self._desk.me(), self._name, Event.CANCEL)

        def decide(task: Task, when: When) -> Step:
            step = life.asked_to_stop if _is_held(task) and not now else life.cancelled
            return step(task, self._desk.me(), words, when)

        return self._change(id, Event.CANCEL, decide).after

    # -- one change ------------------------------------------------------------------------------

    def _task(self, id: str, event: Event) -> Task:
        found = self._shelf.get(id, event=str(event), agent=self._name)
        return self._shelf.plain_task(found)

    def _check_rights(self, contacts: Contacts, me: str, task: Task, event: Event) -> None:
        if event in {Event.APPROVE, Event.REJECT, Event.ARCHIVE}:
            must_be_owner(contacts, me, self._name, event)
        else:
            must_be_owner_or_sender(contacts, me, task, event)
        if event in {Event.RETRY, Event.REVISE} and has_move(task.state, event):
            must_be_let_in(contacts, me, task, event)

    def _change(self, id: str, event: Event, step: Callable[[Task, When], Step]) -> Changed:
        contacts, me = self._desk.good_contacts(), self._desk.me()

        def decide(task: Task, _: Entry, sheet: Sheet) -> Step:
            self._check_rights(contacts, me, task, event)
            must_be_in(task, event)
            return step(task, sheet.when)

        changed = self._changing.change(id, event, decide)
        tell_the_ledger(self._desk, changed)
        return changed

    def _admitted(self, id: str, event: Event, step: Callable[[Task, Verdict, When], Step]) -> Task:
        """Ask the governor, and change the task in the same critical section."""
        contacts, me = self._desk.good_contacts(), self._desk.me()
        task = self._task(id, event)
        self._check_rights(contacts, me, task, event)
        must_be_in(task, event)

        def put(verdict: Verdict) -> Task:
            def decide(task: Task, _: Entry, sheet: Sheet) -> Step:
                self._check_rights(contacts, me, task, event)
                must_be_in(task, event)
                return step(task, verdict, sheet.when)

            return self._changing.change(id, event, decide).after

        return self._desk.gate.admit(_ask(task, event), put, self.depth)

    def depth(self) -> tuple[int, int]:
        """Count the tasks that are queued or worked on, and those that wait."""
        from orgpost.agent_inbox.rows import count_states

        counts = count_states(self._shelf.agent(self._name).data)
        queued = counts.get(TaskState.QUEUED, 0) + counts.get(TaskState.WORKING, 0)
        return queued, counts.get(TaskState.WAITING, 0)


def _ask(task: Task, event: Event) -> Ask:
    return Ask(
        event=str(event),
        sender=task.sender,
        agent=task.agent,
        task_id=task.id,
        via=task.via,
        tokens=task.estimated_tokens,
        effort=task.effort,
        content_hash=task.content_hash or "",
        tier=task.trust_tier,
    )


def _is_held(task: Task) -> bool:
    # Who set WORKING by hand has no lease, and reads the word CANCELLED in the file.
    return task.state == TaskState.WORKING and task.lease_until is not None and not task.expired
