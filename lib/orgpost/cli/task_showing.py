"""`task show`: one task. At a terminal for a person; through a pipe in a frame, as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orgpost.cli.show import one_line, safe
from orgpost.cli.task_words import tier_now
from orgpost.errors import Usage

if TYPE_CHECKING:
    from orgpost.cli.desk import Desk
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
    from orgpost.frame import LIMIT, facts_of, parts_of, task_frame

    tier = tier_now(task, desk)
    if not desk.show.terminal:
        limit = None if args.full else LIMIT
        return [task_frame(task, tier, desk.clock, limit=limit).text]
    created = task.created.astimezone(desk.clock.zone()) if task.created else None
    when = f", {created:%Y-%m-%d %H:%M}" if created else ""
    lines = [
        desk.show.paint(one_line(task.title), "bold"),
        one_line(f"from {task.sender} ({tier}) to {task.agent}{when}"),
        one_line(" ".join([task.id, *(f"#{tag}" for tag in task.tags)])),
        one_line(" | ".join(facts_of(task, desk.clock))),
    ]
    for part in parts_of(task):
        heading = one_line(f"{part.name} by {part.who}:") if part.name else ""
        lines += ["", *([heading] if heading else []), safe(part.text.removesuffix("\n"))]
    return lines
