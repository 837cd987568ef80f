"""Lists of messages, a line each: mark, age, sender, tier, subject, id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orgpost.cli.show import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orgpost.cli.desk import Desk
    from orgpost.message import Message

_MARKS: Final = {"high": "!", "normal": " ", "low": "-"}
_AGE_WIDTH: Final = 5


def message_rows(messages: Sequence[Message], desk: Desk) -> list[str]:
    """Give one line for each message."""
    return [message_row(message, desk) for message in messages]


def message_row(message: Message, desk: Desk) -> str:
    """Give the line of one message."""
    from orgpost.cli.ages import age

    paint = desk.show.paint
    is_told = message.state == "UNREAD" or message.archived
    state = "" if is_told else f"{one_line(message.state)} "
    notes = [note for note, true in _notes(message) if true]
    subject = one_line(message.subject) + (f" ({', '.join(notes)})" if notes else "")
    mark = paint(_MARKS.get(message.priority, " "), "red", "bold")
    who = f"{one_line(message.sender) or '?'} ({desk.tier(message)})"
    when = f"{age(message.created, desk.clock):>{_AGE_WIDTH}}"
    id = paint(one_line(message.id), "dim")
    return f"{mark} {when}  {who}  {state}{paint(subject, 'bold')}  {id}"


def _notes(message: Message) -> list[tuple[str, bool]]:
    files = f"{len(message.files)} file{'s' if len(message.files) > 1 else ''}"
    return [
        (files, bool(message.files)),
        ("waiting", message.stored == "waiting"),
        ("expired", message.expired),
        ("archived", message.archived),
    ]
