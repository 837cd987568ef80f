"""What each event makes of a task's entry: from the task and the facts to a revision. Pure.

Whether the event may happen is asked first (`orgpost.states`, `orgpost.agent_inbox.rights`); here
it has happened. Every change of state adds one line to the LOGBOOK, whoever made it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.errors import Conflict, InvalidField
from orgpost.org import repeat
from orgpost.org.change import NewSub, Revision
from orgpost.org.logbook import exact_lines, said, state_item
from orgpost.org.stamp import format_stamp, utc_text
from orgpost.states import TASK_CLOSED, TaskState
from orgpost.task import (
    ERROR,
    FEEDBACK,
    MAX_RETURNS,
    OWNER_APPROVAL,
    OWNER_APPROVED,
    RESULT,
    BeforeClaim,
    Lease,
    backoff,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, tzinfo

    from orgpost.task import Task

_T = TaskState


class When(NamedTuple):
    """One moment, as programs and as people read it."""

    now: datetime
    zone: tzinfo

    @property
    def stamp(self) -> str:
        """The minute, in local time."""
        return format_stamp(self.now, self.zone)

    @property
    def second(self) -> str:
        """The second, in local time."""
        return format_stamp(self.now, self.zone, seconds=True)


class Result(NamedTuple):
    """What a holder reports of finished work."""

    result: str = ""
    tokens_used: int | None = None
    cost: str | None = None
    result_path: str | None = None
    result_sha256: str | None = None
    quality_score: float | None = None


class Step(NamedTuple):
    """Where a task is now, and what that changes in its entry; `reports`: a holder finished it."""

    state: str
    revision: Revision
    reports: bool = False


def by(actor: str, reason: str = "") -> str:
    """Say in the LOGBOOK who did it and why; a reason that cannot stand there follows exactly."""
    if not reason:
        return f"by {actor}"
    shown = said(reason)
    return f"by {actor}: {shown}" + (exact_lines(reason) if shown != reason else "")


def _moved(
    task: Task | BeforeClaim,
    to: TaskState,
    words: str,
    when: When,
    properties: Mapping[str, str | None],
    subs: Sequence[NewSub] = (),
) -> Step:
    planning: dict[str, str | None] = {}
    if to in TASK_CLOSED or task.state in TASK_CLOSED:
        planning["CLOSED"] = when.stamp if to in TASK_CLOSED else None
    item = state_item(to, task.state, when.stamp, words)
    return Step(to, Revision(to, properties, planning, [item], subs))


def _sub(title: str, task: Task, text: str, when: When) -> list[NewSub]:
    if not text:
        return []
    return [NewSub(title, [("CREATED", when.second), ("ATTEMPT", str(task.attempt))], text)]


def _freed(task: Task) -> dict[str, str | None]:
    return {"LEASE": Lease(None, task.token, None).text()}


# --- the owner and the sender -------------------------------------------------------------------


def approved(task: Task, me: str, when: When, *, not_before: datetime | None) -> Step:
    """Let a waiting task in."""
    properties = {"APPROVAL": OWNER_APPROVED, "AWAITING": None} | _gate(not_before)
    return _moved(task, _T.QUEUED, f"approved by {me}", when, properties)


def _gate(not_before: datetime | None) -> dict[str, str | None]:
    return {"NOT_BEFORE": utc_text(not_before)} if not_before else {}


def rejected(task: Task, me: str, reason: str, when: When) -> Step:
    """Turn a waiting task away."""
    properties = {"REJECTION_REASON": reason, "AWAITING": None}
    return _moved(task, _T.REJECTED, by(me, reason), when, properties)


def cancelled(task: Task, me: str, reason: str, when: When) -> Step:
    """Take a task back; whoever held it holds nothing any more."""
    properties = {"CANCELLATION_REASON": reason or None, "CANCEL_REQUESTED": None} | _freed(task)
    return _moved(task, _T.CANCELLED, by(me, reason), when, properties)


def asked_to_stop(task: Task, me: str, reason: str, when: When) -> Step:
    """Ask the holder of a task to stop."""
    asked = f"{utc_text(when.now)} {me}"
    properties = {"CANCEL_REQUESTED": asked, "CANCELLATION_REASON": reason or None}
    return Step(task.state, Revision(properties=properties))


def retried(task: Task, me: str, when: When) -> Step:
    """Begin anew, with all attempts."""
    gone = dict.fromkeys(("NOT_BEFORE", "CANCEL_REQUESTED", "CANCELLATION_REASON", "AWAITING"))
    return _moved(task, _T.QUEUED, f"retried by {me}", when, {"ATTEMPT": "0", **gone})


def revised(task: Task, me: str, feedback: str, when: When) -> Step:
    """Ask for it again, better."""
    gone = dict.fromkeys(("NOT_BEFORE", "CANCEL_REQUESTED", "CANCELLATION_REASON"))
    properties = {"ATTEMPT": "0", "REVISION": str(task.revision + 1), **gone}
    subs = _sub(FEEDBACK, task, feedback, when)
    return _moved(task, _T.QUEUED, f"revision asked for by {me}", when, properties, subs)


# --- the holder ---------------------------------------------------------------------------------


def claimed(task: BeforeClaim, me: str, lease: Lease, when: When) -> Step:
    """Give a task to somebody."""
    properties = {
        "ATTEMPT": str(task.attempt + 1),
        "LEASE": lease.text(),
        "STARTED": utc_text(when.now),
        "NOT_BEFORE": None,
    }
    return _moved(task, _T.WORKING, by(me), when, properties)


def renewed(task: Task, lease: Lease) -> Step:
    """Let a holder go on."""
    return Step(task.state, Revision(properties={"LEASE": lease.text()}))


def released(task: Task, me: str, reason: str, when: When) -> Step:
    """Give a task back, which is no failure; but no task may circle for ever."""
    if task.cancel_requested:
        return stopped(task, when)
    properties = _freed(task) | {"RETURNS": str(task.returns + 1)}
    if task.returns < MAX_RETURNS:
        properties["ATTEMPT"] = str(max(task.attempt - 1, 0))
    elif task.attempt >= task.max_attempts:
        return _moved(task, _T.DEAD, by(me, "given back too often"), when, properties)
    return _moved(task, _T.QUEUED, by(me, reason), when, properties)


def completed(task: Task, me: str, outcome: Result, when: When) -> Step:
    """Finish a task; of a cancelled one the result is kept too."""
    score, tokens = outcome.quality_score, outcome.tokens_used
    facts = {
        "TOKENS_USED": None if tokens is None else str(tokens),
        "COST": outcome.cost,
        "RESULT_PATH": outcome.result_path,
        "RESULT_SHA256": outcome.result_sha256,
        "QUALITY_SCORE": None if score is None else f"{score:.2f}",
    }
    subs = _sub(RESULT, task, outcome.result, when)
    if task.cancel_requested:
        return _with(stopped(task, when), facts, subs)._replace(reports=True)
    done = _moved(task, _T.DONE, by(me), when, facts | _freed(task), subs)._replace(reports=True)
    dates = _next_dates(task, when)
    return _again(task, done, dates, when) if dates else done


def _next_dates(task: Task, when: When) -> dict[str, str | None]:
    planning = {"SCHEDULED": task.scheduled or "", "DEADLINE": task.deadline or ""}
    try:
        return repeat.moved(planning, when.now, when.zone)
    except InvalidField as error:
        hint = "a person has to mend the date; release the task until then"
        raise Conflict(f"complete: {error}", hint=hint) from None


# Where a task that repeats may begin again; its owner may want to be asked each time.
_BEGINNINGS: Final[Mapping[str, Mapping[str, str | None]]] = {
    _T.QUEUED: {"AWAITING": None},
    _T.WAITING: {"AWAITING": OWNER_APPROVAL},
}


def _again(task: Task, done: Step, dates: Mapping[str, str | None], when: When) -> Step:
    """Let a task that was done begin again at its next date, as Org does."""
    wanted = task.properties.get("REPEAT_TO_STATE", "")
    state = TaskState(wanted) if wanted in _BEGINNINGS else _T.QUEUED
    fresh = {"ATTEMPT": "0", "LAST_REPEAT": when.stamp, "NOT_BEFORE": None}
    revision = done.revision._replace(
        keyword=state,
        properties={**done.revision.properties, **fresh, **_BEGINNINGS[state]},
        planning={"CLOSED": None, **dates},
    )
    return done._replace(state=state, revision=revision)


def failed(task: Task, me: str, error: str, when: When, *, retryable: bool = True) -> Step:
    """Report a failed attempt; it rests, then may be claimed again, until there are no attempts."""
    subs = _sub(ERROR, task, error, when)
    if task.cancel_requested:
        return _with(stopped(task, when), {}, subs)
    words = by(me, _first_line(error))
    if not retryable or task.attempt >= task.max_attempts:
        return _moved(task, _T.DEAD, words, when, _freed(task), subs)
    rest = {"NOT_BEFORE": utc_text(when.now + backoff(task.attempt))}
    return _moved(task, _T.QUEUED, words, when, _freed(task) | rest, subs)


def expired(task: Task, when: When) -> Step:
    """Take a task from a holder whose lease has run out; the lease was the delay."""
    if task.cancel_requested:
        return stopped(task, when)
    to = _T.DEAD if task.attempt >= task.max_attempts else _T.QUEUED
    return _moved(task, to, RAN_OUT, when, _freed(task))


RAN_OUT = "lease ran out"


def stopped(task: Task, when: When) -> Step:
    """End a task that was cancelled while it was worked on."""
    who = canceller(task)
    properties = {"CANCEL_REQUESTED": None} | _freed(task)
    words = by(who, task.cancellation_reason or "")
    return _moved(task, _T.CANCELLED, words, when, properties)


def canceller(task: Task) -> str:
    """Say who asked the holder to stop."""
    return (task.cancel_requested or "").rpartition(" ")[2] or "somebody"


def _with(step: Step, properties: Mapping[str, str | None], subs: Sequence[NewSub]) -> Step:
    revision = step.revision
    merged = {**revision.properties, **properties}
    return step._replace(revision=revision._replace(properties=merged, subs=subs))


def _first_line(text: str) -> str:
    return said(next((line.strip() for line in text.split("\n") if line.strip()), ""))
