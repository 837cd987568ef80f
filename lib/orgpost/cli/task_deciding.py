"""`task approve, reject, cancel, retry, revise`: what owners and senders decide.

Of many ids all are found and checked before the first is decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orgpost.cli.show import one_line
from orgpost.cli.task_words import meant
from orgpost.errors import InvalidField
from orgpost.org.quote import one_line as checked_line
from orgpost.states import Event, TaskState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orgpost.cli.desk import Desk
    from orgpost.meaning import Meant
    from orgpost.task import Task


def run_approve(args: Any, desk: Desk) -> None:
    """Let waiting tasks in."""
    _decide(args, desk, Event.APPROVE, lambda each: each.inbox.approve(each.id))


def run_reject(args: Any, desk: Desk) -> None:
    """Turn waiting tasks away, and tell their senders why."""
    reason = _reason(args.reason)
    if not reason:
        raise InvalidField("reason", "must say something")

    def reject(each: Meant) -> Task:
        task = each.inbox.reject(each.id, reason)
        if not args.quiet:
            with desk.only_warned(f"the sender of {task.id} was not told"):
                desk.post.answering.refuse(task, desk.me)
        return task

    _decide(args, desk, Event.REJECT, reject)


def run_cancel(args: Any, desk: Desk) -> None:
    """Take tasks back."""
    reason = _reason(args.reason)
    _decide(args, desk, Event.CANCEL, lambda each: each.inbox.cancel(each.id, reason, now=args.now))


def run_retry(args: Any, desk: Desk) -> None:
    """Queue tasks again, with all attempts."""
    _decide(args, desk, Event.RETRY, lambda each: each.inbox.retry(each.id))


def run_revise(args: Any, desk: Desk) -> None:
    """Ask for a finished task again."""
    feedback = desk.body(args.feedback, None) or ""
    if not feedback.strip():
        raise InvalidField("feedback", "must say something")
    args.ids = [args.id]
    _decide(args, desk, Event.REVISE, lambda each: each.inbox.request_revision(each.id, feedback))


def _reason(words: str) -> str:
    """Give a reason that can stand on one line, before any task is looked for."""
    return checked_line("reason", words)


def _decide(args: Any, desk: Desk, event: Event, decide: Callable[[Meant], Task]) -> None:
    wanted = list({each.id: each for each in (meant(id, desk, event) for id in args.ids)}.values())
    for each in wanted:
        each.inbox.check(event, each.id)
    tasks = [decide(each) for each in wanted]
    lines = [] if args.quiet else [one_line(line) for line in _lines(tasks)]
    desk.show.answer({"tasks": [task.to_dict() for task in tasks]}, lines)


def _lines(tasks: Sequence[Task]) -> list[str]:
    return [
        f"{task.id} {task.state}: its holder is asked to stop"
        if task.state == TaskState.WORKING and task.cancel_requested
        else f"{task.id} {task.state}"
        for task in tasks
    ]
