"""`task add`: everything is checked, the governor judges, then the task is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from orgpost.cli.desk import plain_text
from orgpost.cli.show import one_line
from orgpost.cli.task_words import agent_of
from orgpost.errors import InvalidField, UnknownId

if TYPE_CHECKING:
    from datetime import datetime

    from orgpost.agent_inbox import Created, NewTask
    from orgpost.cli.desk import Desk

_MESSAGES = ("msg-", "file-")


def run_add(args: Any, desk: Desk) -> None:
    """Give an agent a task."""
    inbox = desk.post.inbox(agent_of(args.agent, desk))
    created = inbox.create(_asked(args, desk))
    desk.show.stored = [created.task.id]
    verdict = None if created.verdict is None else created.verdict.to_dict()
    data = {
        **created.task.to_dict(),
        "duplicate": created.duplicate,
        "verdict": verdict,
        "warnings": list(created.warnings),
    }
    if not desk.show.json:
        for warning in created.warnings:
            desk.show.warn(warning)
    desk.show.answer(data, [one_line(line) for line in _lines(created, desk)])


def _asked(args: Any, desk: Desk) -> NewTask:
    from orgpost.agent_inbox import NewTask

    account = _account(args.parent, desk)
    return NewTask(
        sender=desk.me,
        title=plain_text("title", args.title),
        body=desk.body(args.body, args.body_file) or "",
        effort=args.effort,
        estimated_tokens=args.tokens,
        priority=args.priority,
        tags=args.tag,
        depends_on=[_dependency(part, desk) for part in args.depends_on],
        scheduled=_when(args.scheduled, "scheduled", desk),
        deadline=_when(args.deadline, "deadline", desk),
        task_type=args.type or "",
        payload=_payload(args.payload, desk),
        max_attempts=args.max_attempts,
        timeout=args.timeout,
        accept=args.accept,
        expects=args.expects,
        id=args.id,
        **account,
    )


def _account(parent: str | None, desk: Desk) -> dict[str, Any]:
    """Say on whose account it is added: a task's, or that of a message from which it is made."""
    if parent is None:
        return {}
    if not parent.startswith(_MESSAGES):
        found = desk.post.tasks.resolve(parent, event="add")
        return {"parent": found.entry().id}
    message = desk.messages.find_by_id(desk.id(parent))
    actor = desk.contacts.get(desk.me)
    answers_for_itself = actor is None or actor.kind == "person"
    via = None if answers_for_itself else (*message.via, message.sender)
    return {"parent": message.id, "thread": message.thread, "via": via}


def _dependency(part: str, desk: Desk) -> str:
    """Give the id that is meant; a whole one may be of a task that is still to come."""
    try:
        return desk.post.tasks.resolve(part, event="add").entry().id or part
    except UnknownId:
        if part.startswith("task-"):
            return part
        raise


def _when(text: str | None, field: str, desk: Desk) -> str | datetime | None:
    """Give a time for the planning line; what is no time of ours may be one of Org's."""
    from orgpost.cli.when import when

    if text is not None and not text.strip():
        raise InvalidField(field, "is no date", hint=f"--{field} 2026-11-20, or +2h")
    if text is not None and re.match(r"\+[0-9]|[0-9-]{10}T", text):
        return when(text, desk.clock, field)
    return text


def _payload(text: str | None, desk: Desk) -> Any:
    if text is None:
        return None
    import json

    source = desk.body(None, text[1:]) if text.startswith("@") else plain_text("payload", text)
    try:
        return json.loads(source or "")
    except (ValueError, RecursionError) as error:
        why = f"is no JSON: {error}"
        hint = "--payload takes a JSON value, or @FILE"
        raise InvalidField("payload", why, hint=hint) from None


def _lines(created: Created, desk: Desk) -> list[str]:
    task, verdict = created.task, created.verdict
    if created.duplicate:
        return [f"is there already: {task.id}, {task.state}"]
    if task.awaiting == "budget":
        lines = [f"waiting for tokens: {task.id}"]
    elif task.awaiting:
        lines = [f"waiting for approval by {_owner(task.agent, desk)}: {task.id}"]
    else:
        tokens = verdict.reserved_tokens if verdict else 0
        reserved = f", {tokens} tokens reserved" if tokens else ""
        lines = [f"queued {task.id} for {task.agent} ({task.trust_tier}{reserved})"]
    if created.editor:
        lines.append(f"{created.editor} has unsaved edits; the task is put in when they are saved")
    return lines


def _owner(agent: str, desk: Desk) -> str:
    actor = desk.contacts.get(agent)
    return actor.owner if actor and actor.owner else "an owner"
