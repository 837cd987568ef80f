"""`hooks/mark-message.py`: say of messages that they are read, done or to be moved away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from orgpost.cli.script import Parser, run
from orgpost.errors import Usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orgpost.cli.desk import Desk

STATES: Final = ("read", "unread", "todo", "done", "clear", "archive")


def main(words: Sequence[str] | None = None) -> int:
    """Mark them all, or none; gives the exit status."""
    parser = Parser("mark-message.py", "Mark messages; of an id a unique part is enough.")
    parser.add_argument("ids", metavar="ID", nargs="+")
    parser.add_argument("state", metavar="STATE", help=", ".join(STATES))
    return run(parser, _mark_message, words)


def _mark_message(args: Any, desk: Desk) -> int:
    state = args.state.lower()
    if state not in STATES:
        raise Usage(f"no state {args.state!r}", hint=f"one of {' '.join(STATES)}")
    desk.contacts.must_be_good()
    ids = [desk.id(part) for part in args.ids]
    if state == "archive":
        marked = [{"id": id, "state": "ARCHIVED"} for id in desk.messages.archive(*ids).ids]
    else:
        marked = [each._asdict() for each in desk.messages.mark(ids, state)]
    desk.show.answer({"marked": marked}, [f"{each['id']} {each['state']}" for each in marked])
    return 0
