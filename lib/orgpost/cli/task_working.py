"""`task claim, renew, release, complete, fail`: what somebody does who works on tasks.

A result or an error that comes with a refused call is kept, and the refusal says where.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from orgpost import meaning
from orgpost.cli.desk import plain_text
from orgpost.cli.show import one_line
from orgpost.cli.task_words import inbox_of, local, meant, tell
from orgpost.errors import InvalidField, Usage
from orgpost.org.stamp import utc_text
from orgpost.states import Event, TaskState

if TYPE_CHECKING:
    from orgpost.agent_inbox import AgentInbox, Hold
    from orgpost.cli.desk import Desk
    from orgpost.meaning import Meant
    from orgpost.task import Claim, Task


def run_claim(args: Any, desk: Desk) -> None:
    """Take what is ready, in order, under a lease."""
    id = None
    if args.id is None:
        inbox = inbox_of(args.agent, desk)
    else:
        id, inbox = meant(args.id, desk, Event.CLAIM)
        if args.agent is not None and desk.actor(args.agent) != inbox.name:
            raise Usage(f"{id} is a task of {inbox.name}", hint="leave AGENT out")
    taken = inbox.take(
        id=id, lease_seconds=args.lease_seconds, holder=args.holder, limit=args.limit
    )
    for task in taken.expired:
        answer(task, desk)
    if not taken.claims:
        _tell_nothing(inbox, desk)
        return
    first, *more = taken.claims
    desk.show.stored = [claim.task.id for claim in taken.claims]
    data = {
        "claimed": True,
        **first.to_dict(),
        "more": [claim.to_dict() for claim in more],
    }
    desk.show.answer(
        data, [one_line(line) for claim in taken.claims for line in _lines(claim, desk)]
    )


def _tell_nothing(inbox: AgentInbox, desk: Desk) -> None:
    prospects = inbox.prospects()
    data = {
        "claimed": False,
        "drained": prospects.drained,
        "blocked": prospects.blocked,
        "stuck": prospects.stuck,
    }
    stuck = f": {prospects.blocked} blocked, {prospects.stuck} of them stuck"
    why = stuck if prospects.blocked else ""
    desk.show.answer(data, [f"nothing to claim for {inbox.name}{why}"])


def _lines(claim: Claim, desk: Desk) -> list[str]:
    task, until = claim.task, local(claim.lease_until, desk)
    return [
        f"claimed {task.id} until {until}, token {claim.token}",
        f"  {task.title} (from {task.sender or '?'}, {task.trust_tier})",
        f"  orgpost task complete {task.id} --token {claim.token} --result -",
    ]


def run_renew(args: Any, desk: Desk) -> None:
    """Keep a task for another lease."""
    each, hold = _held(args, desk, Event.RENEW)
    claim = each.inbox.renew(hold, lease_seconds=args.lease_seconds, tokens_used=args.tokens)
    words = f"{claim.task.id} is yours until {local(claim.lease_until, desk)}"
    until = utc_text(claim.lease_until)
    tell(claim.task, words, desk, token=claim.token, lease_until=until)


def run_release(args: Any, desk: Desk) -> None:
    """Give a task back."""
    each, hold = _held(args, desk, Event.RELEASE)
    task = each.inbox.release(hold, args.reason)
    answer(task, desk)
    tell(task, f"{task.id} {task.state}", desk)


def run_complete(args: Any, desk: Desk) -> None:
    """Finish a task, and answer its sender."""
    if args.quality is not None and not 0 <= args.quality <= 1:
        raise InvalidField("quality", "must be from 0 to 1")
    result = desk.body(args.result, None) or ""
    each, hold = _held(args, desk, Event.COMPLETE)
    with desk.post.answering.keeping(each.id, "result", result):
        task = each.inbox.complete(
            hold,
            result=result,
            tokens_used=args.tokens,
            result_path=args.result_path,
            quality_score=args.quality,
        )
    if not args.quiet:
        answer(task, desk)
    was_cancelled = task.state == TaskState.CANCELLED
    words = ": it was cancelled meanwhile, the result is kept" if was_cancelled else ""
    tell(task, f"{task.id} {task.state}{words}", desk, quiet=args.quiet)


def run_fail(args: Any, desk: Desk) -> None:
    """Report a failed attempt."""
    error = plain_text("error", args.error)
    each, hold = _held(args, desk, Event.FAIL)
    with desk.post.answering.keeping(each.id, "error", error):
        task = each.inbox.fail(hold, error, retryable=not args.final, tokens_used=args.tokens)
    if not args.quiet:
        answer(task, desk)
    rests = task.state == TaskState.QUEUED and task.not_before is not None
    words = f", not before {local(task.not_before, desk)}" if rests else ""
    tell(task, f"{task.id} {task.state}{words}", desk, quiet=args.quiet)


def answer(task: Task, desk: Desk) -> None:
    """Send the one answer of a task that is over; the task is done, whatever becomes of that."""
    with desk.only_warned(f"the sender of {task.id} was not answered"):
        desk.post.answering.answer(task)


def _held(args: Any, desk: Desk, event: Event) -> tuple[Meant, Hold]:
    from orgpost.agent_inbox import Hold

    each = meant(args.id, desk, event)
    return each, Hold(each.id, args.token if args.token is not None else token_of(each.id))


def token_of(id: str) -> int | None:
    """Give the token that the environment has for this very task."""
    return meaning.token_of(id, os.environ)
