"""`hooks/send-reply.py`: write to somebody, or answer a message or a task, and say it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from orgpost.cli.script import Parser, run
from orgpost.cli.tasks import token, whole
from orgpost.errors import (
    Busy,
    NotPermitted,
    UnknownActor,
    UnknownId,
    Usage,
    WrongKind,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orgpost.cli.desk import Desk
    from orgpost.message_store import Letter, Replied, Sent
    from orgpost.task import Task

_DONE: Final = "DONE"


class _Meant(NamedTuple):
    """What is answered: a message, or the task if it is one."""

    id: str
    task: Task | None = None


def main(words: Sequence[str] | None = None) -> int:
    """Send the text; gives the exit status."""
    what = "Send a text to somebody, or answer a message or a task with it."
    parser = Parser("send-reply.py", what)
    parser.add_argument("--reply-to", metavar="ID", help="the message or task that this answers")
    parser.add_argument(
        "--complete",
        "--complete-task",
        metavar="ID",
        help="answer this message or task, then mark it DONE",
    )
    parser.add_argument("--token", type=token, metavar="T", help="which claim of the task")
    parser.add_argument("--tokens", type=whole, metavar="N", help="what the task really used")
    parser.add_argument("--result-path", metavar="P", help="an address, or a file of the space")
    parser.add_argument(
        "--route", action="append", default=[], metavar="DEST", help="@user, file:PATH, github:N"
    )
    parser.add_argument("to", metavar="TO", help="an actor, a handle, or what is answered")
    parser.add_argument("text", metavar="TEXT", nargs="+", help="the words; - reads stdin")
    return run(parser, _send_reply, words)


def _send_reply(args: Any, desk: Desk) -> int:
    """Check everything, then store the reply, then mark what it answers."""
    about = [_meant(id, desk) for id in (args.complete, args.reply_to) if id]
    to = _actor(args.to, desk)
    if to is None:
        about.append(_meant(args.to, desk))
    if len({each.id for each in about}) > 1:
        ids = " and ".join(dict.fromkeys(each.id for each in about))
        raise Usage(f"one message is answered at a time, not {ids}")
    task = about[0].task if about else None
    if args.complete and task is not None:
        from orgpost.cli.completing import complete

        complete(args, desk, task, to)
        return 0
    _no_flags_of_tasks(args)
    letter = _letter(args, desk, to or "", about[0] if about else None)
    if args.complete:
        _must_be_mine(about[0].id, desk)
    if task is None and (args.complete or to is None):
        _tell_answered(desk.messages.reply(letter, done=bool(args.complete)), args, desk)
    else:
        _tell(desk.messages.send(letter), desk)
    return 0


def _actor(name: str, desk: Desk) -> str | None:
    """Give whom TO names; None where it is a message or a task."""
    try:
        return desk.actor(name)
    except UnknownActor:
        try:
            _meant(name, desk)
        except UnknownId:
            pass
        else:
            return None
        # Neither the one nor the other: the names that are near it help most.
        raise


def _meant(part: str, desk: Desk) -> _Meant:
    """Find the message that is meant, else the task."""
    if not part.startswith("task-"):
        try:
            return _Meant(desk.messages.resolve(part, desk.me))
        except UnknownId as unknown:
            try:
                return _task(part, desk)
            except (UnknownId, WrongKind):
                raise unknown from None
    return _task(part, desk)


def _task(part: str, desk: Desk) -> _Meant:
    task = desk.post.tasks.plain_task(desk.post.tasks.resolve(part, event="reply"))
    return _Meant(task.id, task)


def _no_flags_of_tasks(args: Any) -> None:
    for flag in ("token", "tokens", "result_path"):
        if getattr(args, flag) is not None:
            raise Usage(f"--{flag.replace('_', '-')} goes with --complete TASK")


def _letter(args: Any, desk: Desk, to: str, meant: _Meant | None) -> Letter:
    from orgpost.message_store import Letter

    body = desk.body(" ".join(args.text), None) or ""
    if meant is None or meant.task is None:
        reply_to = meant.id if meant else None
        return Letter(sender=desk.me, to=to, body=body, reply_to=reply_to, routes=args.route)
    from orgpost.answering import about_task
    from orgpost.message import answer_subject

    task, me = meant.task, desk.me
    return Letter(
        sender=me,
        to=to or (task.agent if task.sender == me else task.sender),
        subject=answer_subject(task.title),
        body=body,
        about=about_task(task),
        routes=args.route,
    )


def _must_be_mine(id: str, desk: Desk) -> None:
    """Refuse before anything is stored: a message is done when its recipient says so."""
    message = desk.messages.find_by_id(id)
    if message.to != desk.me:
        raise NotPermitted(f"complete {id}", f"it was sent to {message.to}")


def _tell(sent: Sent, desk: Desk) -> None:
    desk.show.stored = [sent.message.id]
    desk.show.answer(facts(sent), [f"[messaging] Sent: {sent.message.id}"])


def _tell_answered(done: Replied, args: Any, desk: Desk) -> None:
    answered = {"answered": {"id": done.answered, "state": done.state}}
    lines = [f"[messaging] Sent: {done.sent.message.id}"]
    if args.complete and done.state != _DONE:
        # The reply is stored; its id goes out, so that nobody sends it again.
        raise Busy(f"{done.answered} (the reply {done.sent.message.id} is sent)", done.busy or "")
    if args.complete:
        lines.append(f"[messaging] Completed: {done.answered}")
    desk.show.stored = [done.sent.message.id]
    desk.show.answer({**facts(done.sent), **answered}, lines)


def facts(sent: Sent) -> dict[str, object]:
    """Give what became of a reply."""
    routes = [route._asdict() for route in sent.routes]
    return {**sent.message.to_dict(), "duplicate": sent.duplicate, "routes": routes}
