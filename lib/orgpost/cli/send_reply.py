"""`hooks/send-reply.py`: write to somebody, or answer a message, and say that it is done with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from orgpost.cli.script import Parser, run
from orgpost.errors import Busy, NotPermitted, UnknownActor, UnknownId, Usage, WrongKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orgpost.cli.desk import Desk
    from orgpost.message_store import Letter, Replied, Sent

_DONE: Final = "DONE"


def main(words: Sequence[str] | None = None) -> int:
    """Send the text; gives the exit status."""
    what = "Send a text to somebody, or answer a message with it."
    parser = Parser("send-reply.py", what)
    parser.add_argument("--reply-to", metavar="ID", help="the message that this one answers")
    parser.add_argument(
        "--complete",
        "--complete-task",
        metavar="ID",
        help="answer this message, then mark it DONE",
    )
    parser.add_argument(
        "--route", action="append", default=[], metavar="DEST", help="@user, file:PATH, github:N"
    )
    parser.add_argument("to", metavar="TO", help="an actor, a handle, or the message to answer")
    parser.add_argument("text", metavar="TEXT", nargs="+", help="the words; - reads stdin")
    return run(parser, _send_reply, words)


def _send_reply(args: Any, desk: Desk) -> int:
    """Check everything, then store the reply, then mark what it answers."""
    about = [_message(id, desk) for id in (args.complete, args.reply_to) if id]
    to = _actor(args.to, desk)
    if to is None:
        about.append(_message(args.to, desk))
    if len(set(about)) > 1:
        raise Usage(f"one message is answered at a time, not {' and '.join(about)}")
    letter = _letter(args, desk, to or "", about[0] if about else None)
    if args.complete:
        _must_be_mine(about[0], desk)
    if args.complete or to is None:
        _tell_answered(desk.messages.reply(letter, done=bool(args.complete)), args, desk)
    else:
        _tell(desk.messages.send(letter), desk)
    return 0


def _actor(name: str, desk: Desk) -> str | None:
    """Give whom TO names; None where it is a message."""
    try:
        return desk.actor(name)
    except UnknownActor:
        try:
            desk.id(name)
        except UnknownId:
            pass
        else:
            return None
        # Neither the one nor the other: the names that are near it help most.
        raise


def _message(part: str, desk: Desk) -> str:
    if part.startswith("task-"):
        raise WrongKind(part, "message", "task")
    return desk.id(part)


def _letter(args: Any, desk: Desk, to: str, reply_to: str | None) -> Letter:
    from orgpost.message_store import Letter

    body = desk.body(" ".join(args.text), None) or ""
    return Letter(sender=desk.me, to=to, body=body, reply_to=reply_to, routes=args.route)


def _must_be_mine(id: str, desk: Desk) -> None:
    """Refuse before anything is stored: a message is done when its recipient says so."""
    message = desk.messages.find_by_id(id)
    if message.to != desk.me:
        raise NotPermitted(f"complete {id}", f"it was sent to {message.to}")


def _tell(sent: Sent, desk: Desk) -> None:
    desk.show.stored = [sent.message.id]
    desk.show.answer(_facts(sent), [f"[messaging] Sent: {sent.message.id}"])


def _tell_answered(done: Replied, args: Any, desk: Desk) -> None:
    facts = {**_facts(done.sent), "answered": {"id": done.answered, "state": done.state}}
    lines = [f"[messaging] Sent: {done.sent.message.id}"]
    if args.complete and done.state != _DONE:
        # The reply is stored; its id goes out, so that nobody sends it again.
        raise Busy(f"{done.answered} (the reply {done.sent.message.id} is sent)", done.busy or "")
    if args.complete:
        lines.append(f"[messaging] Completed: {done.answered}")
    desk.show.stored = [done.sent.message.id]
    desk.show.answer(facts, lines)


def _facts(sent: Sent) -> dict[str, object]:
    routes = [route._asdict() for route in sent.routes]
    return {**sent.message.to_dict(), "duplicate": sent.duplicate, "routes": routes}
