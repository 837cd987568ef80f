"""`AgentInbox`: a task's life: create, approve, claim, renew, complete, fail, retry, archive.

Each method is one verb of the command line, with the same meaning, and re-reads the file under its
lock, decides, and writes once or not at all. Ids are exact here; what a person types goes through
`TaskShelf.resolve` first.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from orgpost.agent_inbox.creating import Created, NewTask
from orgpost.agent_inbox.desk import Rules as TaskRules
from orgpost.agent_inbox.desk import TaskDesk
from orgpost.agent_inbox.lookup import TaskLookup
from orgpost.agent_inbox.rights import Hold
from orgpost.agent_inbox.rows import count_states, rows
from orgpost.agent_inbox.shelf import Found, TaskShelf
from orgpost.org.scan import Span
from orgpost.states import Event, TaskState
from orgpost.task import BUDGET, OWNER_APPROVAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime, timedelta

    from orgpost.agent_inbox.archiving import ArchivedTasks, TaskArchiving
    from orgpost.agent_inbox.changing import Changing
    from orgpost.agent_inbox.claiming import Claiming, Taken
    from orgpost.agent_inbox.creating import Creating
    from orgpost.agent_inbox.deciding import Deciding
    from orgpost.agent_inbox.graph import Graph
    from orgpost.agent_inbox.holding import Holding
    from orgpost.agent_inbox.listing import Prospects, Turns
    from orgpost.task import Claim, Task

__all__ = [
    "AgentInbox",
    "Created",
    "Found",
    "Hold",
    "NewTask",
    "TaskDesk",
    "TaskLookup",
    "TaskRules",
    "TaskShelf",
]

_COUNTED = (
    *(TaskState.WAITING, TaskState.QUEUED, TaskState.WORKING, TaskState.DONE, TaskState.FAILED),
    *(TaskState.DEAD, TaskState.REJECTED, TaskState.CANCELLED, TaskState.ARCHIVED),
)


class AgentInbox:
    """The tasks of one agent; `name` is its id."""

    def __init__(self, desk: TaskDesk, name: str) -> None:
        self.name = name
        self._desk = desk
        self._shelf = TaskShelf(desk.store, desk.clock)

    @cached_property
    def _changing(self) -> Changing:
        from orgpost.agent_inbox.changing import Changing

        return Changing(self._desk, self._shelf, self.name)

    @cached_property
    def _creating(self) -> Creating:
        from orgpost.agent_inbox.creating import Creating

        return Creating(self._desk, self._shelf, self.name, self._deciding.depth)

    @cached_property
    def _deciding(self) -> Deciding:
        from orgpost.agent_inbox.deciding import Deciding

        return Deciding(self._desk, self._shelf, self.name, self._changing)

    @cached_property
    def _claiming(self) -> Claiming:
        from orgpost.agent_inbox.claiming import Claiming

        return Claiming(self._desk, self._shelf, self.name, self._changing)

    @cached_property
    def _holding(self) -> Holding:
        from orgpost.agent_inbox.holding import Holding

        return Holding(self._desk, self._shelf, self.name, self._claiming, self._changing)

    @cached_property
    def _archiving(self) -> TaskArchiving:
        from orgpost.agent_inbox.archiving import TaskArchiving

        return TaskArchiving(self._desk, self._shelf, self.name)

    # -- letting in ------------------------------------------------------------------------------

    def create_task(  # noqa: PLR0913  the promised signature: each is a field of the task
        self,
        from_actor: str,
        title: str,
        *,
        body: str = "",
        effort: int = 1,
        estimated_tokens: int = 0,
        priority: str = "normal",
        tags: Sequence[str] = (),
        depends_on: Sequence[str] = (),
        scheduled: date | datetime | str | None = None,
        deadline: date | datetime | str | None = None,
        task_type: str = "",
        payload: Any = None,
        max_attempts: int | None = None,
        timeout: int | None = None,
        accept: str | None = None,
        expects: str = "result",
        trace_context: Mapping[str, Any] | None = None,
        id: str | None = None,
        parent: str | None = None,
    ) -> Task:
        """Make a task; on return it is on disk and synced. Raises a `Refused` where it is not."""
        new = NewTask(
            sender=from_actor,
            title=title,
            body=body,
            effort=effort,
            estimated_tokens=estimated_tokens,
            priority=priority,
            tags=tags,
            depends_on=depends_on,
            scheduled=scheduled,
            deadline=deadline,
            task_type=task_type,
            payload=payload,
            max_attempts=max_attempts,
            timeout=timeout,
            accept=accept,
            expects=expects,
            trace_context=trace_context,
            id=id,
            parent=parent,
        )
        return self.create(new).task

    def create(self, new: NewTask) -> Created:
        """Make a task, and tell everything that became of it."""
        return self._creating.create(new)

    def approve(self, id: str) -> Task:
        """Let a waiting task in; the owner's word, and the governor judges again."""
        return self._deciding.approve(id)

    def reject(self, id: str, reason: str) -> Task:
        """Turn a waiting task away; the owner's word."""
        return self._deciding.reject(id, reason)

    def cancel(self, id: str, reason: str = "", *, now: bool = False) -> Task:
        """Take a task back; its holder is asked to stop, or with `now` (owner) loses it at once."""
        return self._deciding.cancel(id, reason, now=now)

    def retry(self, id: str) -> Task:
        """Queue a dead, failed or cancelled task again, with all attempts."""
        return self._deciding.retry(id)

    def request_revision(self, id: str, feedback: str) -> Task:
        """Ask for a finished task again, better."""
        return self._deciding.request_revision(id, feedback)

    def check(self, event: Event, *ids: str) -> None:
        """Raise what the event would raise for any of these, before anything is written."""
        self._deciding.check(event, *ids)

    # -- working ---------------------------------------------------------------------------------

    def claim(
        self,
        *,
        id: str | None = None,
        lease_seconds: int | None = None,
        holder: str | None = None,
        limit: int = 1,
    ) -> list[Claim]:
        """Take what is ready, in the order of the queue; nothing ready is an empty list."""
        return self.take(id=id, lease_seconds=lease_seconds, holder=holder, limit=limit).claims

    def take(
        self,
        *,
        id: str | None = None,
        lease_seconds: int | None = None,
        holder: str | None = None,
        limit: int = 1,
        alone: bool = False,
    ) -> Taken:
        """Claim, and tell which leases had run out; what is DEAD by that wants its answer.

        `alone`: nothing, where somebody holds a task of this agent already.
        """
        return self._claiming.claim(
            id=id, lease_seconds=lease_seconds, holder=holder, limit=limit, alone=alone
        )

    def expire(self) -> list[Task]:
        """Settle the leases that have run out; gives those tasks as they are now."""
        return self._claiming.expire()

    def renew(
        self,
        claim: Claim | Hold,
        *,
        lease_seconds: int | None = None,
        tokens_used: int | None = None,
    ) -> Claim:
        """Go on for another lease; `tokens_used` so far may need a larger reservation."""
        return self._holding.renew(claim, lease_seconds=lease_seconds, tokens_used=tokens_used)

    def release(self, claim: Claim | Hold, reason: str = "") -> Task:
        """Give a task back; that is no failed attempt."""
        return self._holding.release(claim, reason)

    def complete(
        self,
        claim: Claim | Hold,
        *,
        result: str = "",
        tokens_used: int | None = None,
        result_path: str | None = None,
        quality_score: float | None = None,
    ) -> Task:
        """Finish a task; `result_path` is an address or a file of the space."""
        from orgpost.agent_inbox.life import Result

        outcome = Result(
            result=result,
            tokens_used=tokens_used,
            result_path=result_path,
            quality_score=quality_score,
        )
        return self._holding.complete(claim, outcome)

    def check_complete(
        self,
        claim: Claim | Hold,
        *,
        tokens_used: int | None = None,
        result_path: str | None = None,
    ) -> None:
        """Raise what `complete` would raise now; the hold is looked at last."""
        from orgpost.agent_inbox.life import Result

        outcome = Result(tokens_used=tokens_used, result_path=result_path)
        self._holding.check(claim, Event.COMPLETE, outcome)

    def fail(
        self,
        claim: Claim | Hold,
        error: str,
        *,
        retryable: bool = True,
        tokens_used: int | None = None,
    ) -> Task:
        """Report a failed attempt; while attempts are left, the task rests and is queued again."""
        return self._holding.fail(claim, error, retryable=retryable, tokens_used=tokens_used)

    # -- reading ---------------------------------------------------------------------------------

    def find_by_id(self, id: str) -> Task:
        """Find a task by its exact id, archives included; `UnknownTask` where it is not."""
        return self._shelf.task(self._shelf.get(id, agent=self.name))

    def find_by_state(self, *states: str) -> list[Task]:
        """Give the tasks in one of these states, in the file's order."""
        source = self._shelf.agent(self.name)
        known = self._shelf.dependencies()
        return [
            self._shelf.task(Found(source, Span(row.start, row.end)), known)
            for row in rows(source.data, source.kind)
            if row.state in states
        ]

    def find_awaiting_approval(self) -> list[Task]:
        """Give the tasks that wait for the owner's word, or for tokens."""
        waiting = self.find_by_state(TaskState.WAITING)
        return [task for task in waiting if task.awaiting in {OWNER_APPROVAL, BUDGET}]

    def counts(self) -> dict[str, int]:
        """Count the tasks by their states; `ready` and `blocked` are the parts of `queued`."""
        counts = count_states(self._shelf.agent(self.name).data)
        told = {str(state).lower(): counts.get(state, 0) for state in _COUNTED}
        told["other"] = counts.get("", 0)
        told["total"] = sum(told.values())
        told["ready"] = self.prospects().ready
        return {**told, "blocked": told["queued"] - told["ready"]}

    def prospects(self) -> Prospects:
        """Say whether anything is left to be done, and what stands in its way."""
        from orgpost.agent_inbox.listing import prospects

        return prospects(self._shelf, self.name)

    def in_turn(self, *, over: bool = False) -> Turns:
        """Give what is not over: worked on first, then in the order of the queue, then waiting.

        With `over`, whatever else the hot file holds comes behind. Tasks are made when taken.
        """
        from orgpost.agent_inbox.listing import in_turn

        return in_turn(self._shelf, self.name, self._desk.rules.boosts, over=over)

    def graph(self) -> Graph:
        """Say which tasks wait for which."""
        from orgpost.agent_inbox.graph import graph

        return graph(self._shelf, self.name)

    # -- the archive -----------------------------------------------------------------------------

    def archive(self, *ids: str, dry_run: bool = False) -> ArchivedTasks:
        """Move tasks that are over to the archive of their month: all of them, or none."""
        return self._archiving.archive(ids, dry_run=dry_run)

    def archive_old(
        self,
        *,
        age: timedelta | None = None,
        keep: int | None = None,
        dry_run: bool = False,
    ) -> ArchivedTasks:
        """Archive what is over for longer than that, and what is more than a file may keep."""
        return self._archiving.archive_old(age, keep, dry_run=dry_run)
