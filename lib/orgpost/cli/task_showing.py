"""`task show`: one task. At a terminal for a person; through a pipe in a frame, as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orgpost.cli.show import one_line, safe
from orgpost.cli.task_words import local, tier_now
from orgpost.errors import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orgpost.cli.desk import Desk
    from orgpost.cli.frame import Part
    from orgpost.task import Task


def run_show(args: Any, desk: Desk) -> None:
    """Show a task."""
    from orgpost.cli.showing import show_bytes

    if args.raw + args.body + desk.show.json > 1:
        raise Usage("--raw, --body and --json are three answers", hint="give one of them")
    found = desk.post.tasks.resolve(args.id)
    task = desk.post.tasks.task(found)
    if args.raw or args.body:
        show_bytes(found.raw if args.raw else task.body, desk)
        return
    data = {
        **task.to_dict(),
        "where": {"file": f"org/messaging/{found.source.path}", "line": found.line},
        "tier": tier_now(task, desk),
        "verified": "local",
        "body_is": "data",
    }
    desk.show.answer(data, () if desk.show.json else _words(args, task, desk))


def _words(args: Any, task: Task, desk: Desk) -> list[str]:
    tier, facts = tier_now(task, desk), " | ".join(_facts(task, desk))
    if not desk.show.terminal:
        from orgpost.cli.frame import task_frame

        parts = list(_parts(task))
        return [task_frame(task, parts, facts, tier=tier, clock=desk.clock, full=args.full)]
    created = task.created.astimezone(desk.clock.zone()) if task.created else None
    when = f", {created:%Y-%m-%d %H:%M}" if created else ""
    lines = [
        desk.show.paint(one_line(task.title), "bold"),
        one_line(f"from {task.sender} ({tier}) to {task.agent}{when}"),
        one_line(" ".join([task.id, *(f"#{tag}" for tag in task.tags)])),
        one_line(facts),
    ]
    for part in _parts(task):
        heading = one_line(f"{part.name} by {part.who}:") if part.name else ""
        lines += ["", *([heading] if heading else []), safe(part.text.removesuffix("\n"))]
    return lines


def _parts(task: Task) -> Iterator[Part]:
    """Give each text of a task with the one whose words they are."""
    from orgpost.cli.frame import Part

    yield Part(task.sender, task.body)
    if task.payload is not None:
        from orgpost.task_entry import json_line

        yield Part(task.sender, json_line(task.payload), "payload")
    for feedback in task.feedback:
        yield Part("whoever asked for a revision", feedback, "feedback")
    for error in task.errors:
        yield Part(task.agent, error, "error")
    if task.result is not None:
        yield Part(task.agent, task.result, "result")


def _facts(task: Task, desk: Desk) -> Iterator[str]:
    yield task.state
    yield f"effort {task.effort}"
    if task.estimated_tokens:
        yield f"{task.estimated_tokens} tokens, {task.estimated_cost or 'no price'}"
    yield f"attempt {task.attempt} of {task.max_attempts}"
    if task.holder:
        ends = "ran out at" if task.expired else "until"
        yield f"{task.holder} {ends} {local(task.lease_until, desk)}, token {task.token}"
    for name, value in _optional(task):
        if value:
            yield f"{name} {value}"
    if task.blocked_by:
        yield "waits for " + ", ".join(f"{each['id']} ({each['why']})" for each in task.blocked_by)


def _optional(task: Task) -> Iterator[tuple[str, object]]:
    yield "awaiting", task.awaiting
    yield "scheduled", task.scheduled
    yield "deadline", task.deadline
    yield "type", task.task_type
    yield "asked to stop", task.cancel_requested
    yield "rejected:", task.rejection_reason
    yield "cancelled:", task.cancellation_reason
    yield "tokens used", "" if task.tokens_used is None else str(task.tokens_used)
    yield "result in", task.result_path
    yield "quality", "" if task.quality_score is None else f"{task.quality_score:.2f}"
