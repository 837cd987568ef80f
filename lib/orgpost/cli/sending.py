"""`send`, `reply` and `broadcast`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orgpost.cli.desk import plain_text
from orgpost.cli.show import one_line
from orgpost.errors import InvalidField, UnknownId, Usage, WrongKind

if TYPE_CHECKING:
    import argparse

    from orgpost.cli.desk import Desk
    from orgpost.message_store import Letter, Replied, Sent


def add(command: str, parser: argparse.ArgumentParser) -> None:
    """Say what the command understands."""
    {"send": _add_send, "reply": _add_reply, "broadcast": _add_broadcast}[command](parser)


def _add_text(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("body", nargs="?", metavar="TEXT", help="the text; - reads stdin")
    parser.add_argument("--body-file", metavar="F", help="take the text from a file")
    parser.add_argument("--subject", default="", help="one line; else the text's first line")
    parser.add_argument("--priority", default="normal", help="high, normal or low")
    parser.add_argument("--tag", action="append", default=[], help="letters, digits and _@#%%")
    parser.add_argument("--id", help="send again with the same id: nothing happens twice")
    parser.add_argument("--expires", metavar="WHEN", help="a time, or +2h: it bounces then")


def _add_letter(parser: argparse.ArgumentParser) -> None:
    _add_text(parser)
    parser.add_argument("--expects", default="none", help="none, ack, reply or result")
    parser.add_argument("--attach", action="append", default=[], metavar="PATH", help="a file")
    parser.add_argument("--cc", action="append", default=[], metavar="ACTOR", help="a copy")
    parser.add_argument(
        "--prop", action="append", default=[], metavar="NAME=VALUE", help="a property of yours"
    )
    parser.add_argument(
        "--route", action="append", default=[], metavar="DEST", help="@user, file:PATH, github:N"
    )
    parser.add_argument("--answer-route", metavar="DEST", help="replies should go there too")
    parser.add_argument("--via", metavar="ID", help="the message on whose account an agent writes")


def _add_send(parser: argparse.ArgumentParser) -> None:
    parser.description = "Write to somebody."
    parser.add_argument("to", metavar="TO", help="an actor or a handle")
    _add_letter(parser)
    parser.add_argument("--reply-to", metavar="ID", help="the message that this one answers")
    parser.set_defaults(run=_send)


def _add_reply(parser: argparse.ArgumentParser) -> None:
    parser.description = "Answer a message; it is marked READ, with --done DONE."
    parser.add_argument("message", metavar="ID|last", help="an id, a part of one, or last")
    _add_letter(parser)
    parser.add_argument("--to", metavar="ACTOR", help="somebody else than its sender")
    parser.add_argument("--done", action="store_true", help="mark the message DONE")
    parser.add_argument("--no-answer-route", action="store_true", help="reply here only")
    parser.set_defaults(run=_reply)


def _add_broadcast(parser: argparse.ArgumentParser) -> None:
    parser.description = "Write to everybody."
    _add_text(parser)
    parser.add_argument(
        "--exclude", action="append", default=[], metavar="A,B", help="but not to these"
    )
    kinds = ["person", "agent", "all"]
    parser.add_argument("--kind", default="person", choices=kinds, help="to these only")
    parser.set_defaults(run=_broadcast)


def _send(args: Any, desk: Desk) -> None:
    reply_to = desk.id(args.reply_to) if args.reply_to else None
    sent = desk.messages.send(_letter(args, desk, to=args.to, reply_to=reply_to))
    _show_sent(sent, desk)


def _reply(args: Any, desk: Desk) -> None:
    parent = _last(desk) if args.message == "last" else _answered(args.message, desk)
    letter = _letter(args, desk, to=args.to or "", reply_to=parent)
    obey = not args.no_answer_route
    _show_sent(desk.messages.reply(letter, done=args.done, obey_route=obey), desk)


def _answered(part: str, desk: Desk) -> str:
    """Give the message that is answered; a task gets its one answer when it is completed."""
    try:
        return desk.id(part)
    except WrongKind as error:
        if error.found == "task":
            error.hint = _instead(part, desk)
        raise


def _instead(part: str, desk: Desk) -> str:
    task = desk.post.tasks.plain_task(desk.post.tasks.resolve(part, event="reply"))
    if task.sender == desk.me:
        return f"orgpost send {task.agent} TEXT"
    answer = f"its answer: orgpost task complete {task.id} --result TEXT"
    if desk.contacts.get(task.sender) is None:
        return answer
    return f"{answer}; a word meanwhile: orgpost send {task.sender} TEXT --via {task.id}"


def _last(desk: Desk) -> str:
    newest = desk.messages.find_newest(desk.me)
    if newest is None:
        raise UnknownId("last", hint=f"{desk.me} has no mail")
    return newest.id


def _broadcast(args: Any, desk: Desk) -> None:
    exclude = [desk.actor(name) for words in args.exclude for name in words.split(",") if name]
    letter = _letter(args, desk, to="", reply_to=None)
    result = desk.messages.broadcast(letter, exclude=exclude, kind=args.kind)
    names = " ".join(copy.to for copy in result.sent)
    sent = [copy._asdict() for copy in result.sent]
    data = {"thread": result.thread, "sent": sent, "failed": []}
    desk.show.stored = [copy.id for copy in result.sent]
    desk.show.answer(data, [f"sent to {len(sent)}: {names}"])


def _letter(args: Any, desk: Desk, *, to: str, reply_to: str | None) -> Letter:
    from orgpost.cli.when import when
    from orgpost.message_store import Letter

    body = desk.body(args.body, args.body_file)
    attach = getattr(args, "attach", [])
    if body is None and not attach:
        raise Usage(
            "a message needs a text", hint="give TEXT, - for stdin, --body-file or --attach"
        )
    via = getattr(args, "via", None)
    return Letter(
        sender=desk.me,
        to=to,
        body=body or "",
        subject=plain_text("subject", args.subject),
        reply_to=reply_to,
        priority=args.priority,
        tags=[plain_text("tag", tag) for tag in args.tag],
        expects=getattr(args, "expects", "none"),
        expires=when(args.expires, desk.clock, "expires") if args.expires else None,
        id=args.id,
        cc=getattr(args, "cc", []),
        attach=attach,
        routes=getattr(args, "route", []),
        answer_route=getattr(args, "answer_route", None),
        via=_via(via, desk) if via else None,
        properties=_properties(getattr(args, "prop", [])),
    )


def _via(id: str, desk: Desk) -> str:
    """Give the message that is meant; a task is named whole."""
    return id if id.startswith("task-") else desk.id(id)


def _properties(words: list[str]) -> dict[str, str]:
    properties: dict[str, str] = {}
    for word in words:
        name, equals, value = plain_text("prop", word).partition("=")
        if not equals:
            raise InvalidField("prop", f"{word!r} is not NAME=VALUE")
        if name in properties:
            raise InvalidField(name, "is given twice")
        properties[name] = value
    return properties


def _show_sent(done: Sent | Replied, desk: Desk) -> None:
    from orgpost.message import utc_or_none
    from orgpost.message_store import Replied

    sent = done.sent if isinstance(done, Replied) else done
    message = sent.message
    desk.show.stored = [message.id, *(copy.id for copy in sent.copies)]
    data: dict[str, Any] = {
        **message.to_dict(),
        "duplicate": sent.duplicate,
        "copies": [copy._asdict() for copy in sent.copies],
        "routes": [route._asdict() for route in sent.routes],
        "recipient_last_seen": utc_or_none(desk.messages.last_seen(message.to)),
    }
    lines = _sent_lines(sent, desk)
    if isinstance(done, Replied):
        data["answered"] = {"id": done.answered, "state": done.state}
        lines += _reply_lines(done)
    desk.show.answer(data, lines)


def _reply_lines(done: Replied) -> list[str]:
    lines = [f"{done.answered} is {done.state}"]
    if done.busy:
        lines.append(f"{done.busy}; mark it later: orgpost mark {done.answered} read")
    if done.left:
        lines.append(f"not sent on to {done.left}: its sender is not trusted that far")
    return [one_line(line) for line in lines]


def _sent_lines(sent: Sent, desk: Desk) -> list[str]:
    from orgpost.cli.ages import ago

    message = sent.message
    words = "was sent before" if sent.duplicate else "sent"
    lines = [f"{words} {message.id} to {message.to}"]
    lines += [f"sent {copy.id} to {copy.to}" for copy in sent.copies]
    lines += [f"{'routed' if r.ok else 'not routed'} to {one_line(r.dest)}" for r in sent.routes]
    last_seen = desk.messages.last_seen(message.to)
    if last_seen is not None:
        lines.append(f"{message.to} was last seen {ago(last_seen, desk.clock)}")
    if message.stored == "waiting":
        who = sent.editor or f"{message.to} saves"
        lines.append(f"{one_line(who)}; it is delivered when that is saved")
    return lines
