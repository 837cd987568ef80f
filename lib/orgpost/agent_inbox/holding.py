"""What a holder may do with its claim: go on, give back, finish, fail.

A holder whose lease has run out can change nothing any more, even if nobody took the task. Each
call is judged by the clock under the file's lock.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from orgpost.agent_inbox import life
from orgpost.agent_inbox.changing import fact, tell_the_ledger
from orgpost.agent_inbox.outcomes import Report
from orgpost.agent_inbox.rights import Hold, is_helper, must_be_worker, must_hold
from orgpost.agent_inbox.shelf import as_bytes
from orgpost.errors import InvalidField, NoSuchFile, OutsideSpace
from orgpost.org.quote import one_line
from orgpost.refusals import CancelRequested, Timeout
from orgpost.states import Event, TaskState
from orgpost.store.page import Outcome
from orgpost.task import Claim, Lease, cost_of

if TYPE_CHECKING:
    from datetime import datetime

    from orgpost.agent_inbox.changing import Changing, Sheet
    from orgpost.agent_inbox.claiming import Claiming
    from orgpost.agent_inbox.desk import TaskDesk
    from orgpost.agent_inbox.life import Result, Step
    from orgpost.agent_inbox.shelf import TaskShelf
    from orgpost.org.entry import Entry
    from orgpost.task import Task

_ADDRESS: Final = r"[A-Za-z][A-Za-z0-9+.-]*://\S+"
_WHERE: Final = "a result's path is an address, or a file of the space"


class Holding:
    """The holder's side of one agent's tasks."""

    def __init__(
        self, desk: TaskDesk, shelf: TaskShelf, name: str, claiming: Claiming, changing: Changing
    ) -> None:
        self._desk, self._shelf, self._name = desk, shelf, name
        self._claiming, self._changing = claiming, changing

    def renew(
        self,
        claim: Claim | Hold,
        *,
        lease_seconds: int | None = None,
        tokens_used: int | None = None,
    ) -> Claim:
        """Go on for another lease; refused, the lease stays as it is."""
        hold, _ = self._hold(claim, Event.RENEW)
        length = self._claiming.lease_length(lease_seconds)
        if tokens_used is not None:
            self._reserve_more(hold, check_tokens(tokens_used))

        def decide(task: Task, entry: Entry, sheet: Sheet) -> Step:
            now = sheet.when.now
            self._refuse_after_timeout(task, hold, now)
            must_hold(task, entry, hold, Event.RENEW, sheet.leases_at)
            if task.cancel_requested:
                return life.stopped(task, sheet.when)
            until = self._claiming.lease_until(task.started or now, now, length)
            if task.started is not None and task.lease_until is not None and now < task.started:
                until = max(until, task.lease_until)  # the clock was set back: nobody loses by it
            return life.renewed(task, Lease(until, task.token, task.holder))

        # While a person has unsaved work there, no lease in the file runs out.
        changed = self._changing.change(hold.id, Event.RENEW, decide, unwritten=True)
        task = changed.after
        if task.state == TaskState.CANCELLED:
            if changed.editor is None:
                tell_the_ledger(self._desk, changed)
            raise self._was_cancelled(changed.before)
        return Claim(task, task.token, task.lease_until or self._desk.clock.now())

    def _reserve_more(self, hold: Hold, tokens: int) -> None:
        found = self._shelf.get(hold.id, event=str(Event.RENEW), agent=self._name)
        task = self._shelf.plain_task(found)
        must_hold(task, found.entry(), hold, Event.RENEW, self._desk.clock.now())
        self._desk.gate.more(fact(task, self._desk.clock), tokens)

    def _refuse_after_timeout(self, task: Task, hold: Hold, now: datetime) -> None:
        minutes = self._desk.rules.timeout_minutes
        said = task.token if hold.token is None and not hold.must_say else hold.token
        holds = task.state == TaskState.WORKING and said == task.token
        if not minutes or not holds or task.started is None:
            return
        if now - task.started >= timedelta(minutes=minutes):
            spent = (now - task.started) // timedelta(minutes=1)
            raise Timeout(f"Timeout: {spent}/{minutes} minutes", event=str(Event.RENEW))

    @staticmethod
    def _was_cancelled(task: Task) -> CancelRequested:
        reason = task.cancellation_reason or "no reason given"
        return CancelRequested(str(Event.RENEW), task.id, life.canceller(task), reason)

    def release(self, claim: Claim | Hold, reason: str = "") -> Task:
        """Give a task back; that is no failed attempt."""
        return self._report(claim, Event.RELEASE, {"reason": one_line("reason", reason)})

    def complete(self, claim: Claim | Hold, result: Result) -> Task:
        """Finish a task; of one that was cancelled meanwhile the result is kept."""
        return self._report(claim, Event.COMPLETE, self._checked(result)._asdict())

    def fail(
        self,
        claim: Claim | Hold,
        error: str,
        *,
        retryable: bool = True,
        tokens_used: int | None = None,
    ) -> Task:
        """Report a failed attempt; while attempts are left, the task rests and is queued again."""
        if not error.strip():
            raise InvalidField("error", "must say something")
        spent = 0 if tokens_used is None else check_tokens(tokens_used)
        task = self._report(claim, Event.FAIL, {"error": error, "retryable": retryable})
        if spent:
            self._desk.gate.record_usage(task.via[0] if task.via else task.sender, spent)
        return task

    def check(self, claim: Claim | Hold, event: Event, result: Result) -> None:
        """Raise what the event would raise now; nothing is written."""
        hold, _ = self._hold(claim, event)
        self._checked(result)
        found = self._shelf.get(hold.id, event=str(event), agent=self._name)
        task = self._shelf.plain_task(found)
        must_hold(task, found.entry(), hold, event, self._desk.clock.now())

    def _report(self, claim: Claim | Hold, event: Event, facts: dict[str, Any]) -> Task:
        """Let a holder's word change its task; while a person edits the file, it waits."""
        hold, me = self._hold(claim, event)
        report = Report(event, 1 if hold.token is None else hold.token, me, facts)

        def decide(task: Task, entry: Entry, sheet: Sheet) -> Step:
            must_hold(task, entry, hold, event, sheet.leases_at)
            return report.step(task, sheet.when)

        outcome = Outcome(as_bytes(hold.id), report.payload(self._desk.clock.now()))
        changed = self._changing.change(hold.id, event, decide, outcome=outcome)
        if changed.editor is not None:
            return replace(changed.before, stored="waiting", outcome="waiting")
        tell_the_ledger(self._desk, changed)
        return changed.after

    def _hold(self, claim: Claim | Hold, event: Event) -> tuple[Hold, str]:
        hold = Hold(claim.task.id, claim.token) if isinstance(claim, Claim) else claim
        me, contacts = self._desk.me(), self._desk.good_contacts()
        must_be_worker(contacts, me, self._name, event)
        return hold._replace(must_say=is_helper(contacts, me, self._name)), me

    # -- what a holder reports -------------------------------------------------------------------

    def _checked(self, result: Result) -> Result:
        tokens, score = result.tokens_used, result.quality_score
        if tokens is not None:
            price = self._desk.rules.price_per_1000_tokens
            result = result._replace(cost=cost_of(check_tokens(tokens), price))
        if score is not None and not 0 <= score <= 1:
            raise InvalidField("quality_score", "must be from 0 to 1")
        if result.result_path is not None:
            path = one_line("result_path", result.result_path)
            result = result._replace(result_path=path, result_sha256=self._sha256(path))
        return result

    def _sha256(self, path: str) -> str | None:
        """Give the checksum of a result's file; an address has none."""
        if re.fullmatch(_ADDRESS, path):
            return None
        space = self._desk.space.resolve()
        try:
            place = (space / path).resolve()
            inside, there = place.is_relative_to(space), place.is_file()
        except (OSError, RuntimeError):  # a name longer than any file's, or a circle of links
            raise NoSuchFile(path, hint=_WHERE) from None
        if not inside:
            raise OutsideSpace(path, _WHERE)
        if not there:
            raise NoSuchFile(path, hint=_WHERE)
        with place.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def check_tokens(tokens: object) -> int:
    """Give a number of tokens, if it is one."""
    if not isinstance(tokens, int) or isinstance(tokens, bool) or tokens < 0:
        raise InvalidField("tokens", "must be a whole number from 0 on")
    return tokens
