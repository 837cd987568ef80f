"""Completing a task with a reply, which then is the task's one answer.

Everything is checked first; the reply is stored, then the task is completed, then routes run. A
completion that is refused leaves the reply where it is, and the error names it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orgpost.cli.show import one_line
from orgpost.cli.task_working import token_of
from orgpost.errors import Conflict, OrgpostError, Usage, WrongState
from orgpost.refusals import LeaseLost

if TYPE_CHECKING:
    from orgpost.agent_inbox import AgentInbox, Hold
    from orgpost.cli.desk import Desk
    from orgpost.message import Message
    from orgpost.message_store import Letter, Sent
    from orgpost.task import Task


def complete(args: Any, desk: Desk, task: Task, to: str | None) -> None:
    """Store the reply, complete the task, run the routes."""
    from orgpost.agent_inbox import Hold
    from orgpost.cli.send_reply import facts

    if to not in {None, task.sender}:
        hint = f"leave out --complete, or write to {task.sender}"
        raise Usage(f"{task.id} is of {task.sender}, and answered to nobody else", hint=hint)
    body = desk.body(" ".join(args.text), None) or ""
    inbox = desk.post.inbox(task.agent)
    hold = Hold(task.id, args.token if args.token is not None else token_of(task.id))
    used = {"tokens_used": args.tokens, "result_path": args.result_path}
    is_answer = _is_answer(inbox, task, hold, used)
    ended: list[Task] = []

    def end(message: Message) -> None:
        desk.show.stored = [message.id]
        try:
            ended.append(inbox.complete(hold, result=body, **used))
        except OrgpostError as error:
            stored = f"the reply is stored: {message.id}"
            error.hint = f"{error.hint}; {stored}" if error.hint else stored
            error.details["reply"] = message.id
            raise

    def send(*, is_answer: bool) -> Sent:
        letter = _letter(desk, task, hold, body, is_answer=is_answer)
        return desk.messages.send(replace(letter, routes=args.route), then=end)

    try:
        sent = send(is_answer=is_answer)
    except Conflict:
        if desk.show.stored:
            raise
        # It was answered before, in other words: these are one more message about it.
        sent = send(is_answer=False)
    data = {**facts(sent), "answered": {"id": task.id, "state": ended[0].state}}
    words = "Completed" if ended[0].state == "DONE" else ended[0].state.capitalize()
    lines = [f"[messaging] Sent: {sent.message.id}", f"[messaging] {words}: {task.id}"]
    desk.show.answer(data, map(one_line, lines))


def _is_answer(inbox: AgentInbox, task: Task, hold: Hold, used: dict[str, Any]) -> bool:
    """Ask whether this claim may end the task, or has: only then is the reply the one answer."""
    try:
        inbox.check_complete(hold, **used)
    except LeaseLost:
        return False
    except WrongState as error:
        is_first = hold.token is None and task.token == 1 and task.state_before == "DONE"
        return is_first or bool(getattr(error, "by_this_token", False))
    return not task.cancel_requested


def _letter(desk: Desk, task: Task, hold: Hold, body: str, *, is_answer: bool) -> Letter:
    token = task.token if hold.token is None else hold.token
    letter = desk.post.answering.answer_to(task, token, body, status="done")
    if is_answer:
        return letter
    from orgpost.answering import about_task

    return replace(letter, id=None, kind="message", sender=desk.me, about=about_task(task))
