"""From what a sender gives to a message that may be stored, or a refusal that names the field.

Nothing is written here, and whatever can be refused is refused here: one-line fields, sizes,
names, dates. What is stored is what the command returns.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.errors import InvalidField, TooLarge
from orgpost.message import EXPECTATIONS, PRIORITIES, Message, excerpt
from orgpost.org.fields import checked_id, checked_tags
from orgpost.org.quote import check_property, one_line
from orgpost.org.syntax import (
    CALLERS_PROPERTIES_LIMIT,
    CALLERS_VALUE_LIMIT,
    TITLE_LIMIT,
)
from orgpost.states import MessageState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from orgpost.clock import Clock

UNREAD: Final = str(MessageState.UNREAD)


class About(NamedTuple):
    """The task that a letter is about: it is answered, its thread goes on; `status` is its end.

    `via` is who stands behind the task: on their account an agent writes about it.
    """

    task: str
    thread: str
    via: tuple[str, ...] = ()
    status: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a sender asks for.

    `id` makes sending again harmless; `cc` get copies; `attach` are files to deliver; `routes` are
    further places to which the text goes; `via` is the id of the message or task on whose account
    an agent writes; `expires` is a time in UTC; `about` is for the doors, which know tasks.
    """

    sender: str
    to: str
    body: str = ""
    subject: str = ""
    reply_to: str | None = None
    priority: str = "normal"
    tags: Sequence[str] = ()
    expects: str = "none"
    expires: datetime | None = None
    id: str | None = None
    kind: str = "message"
    cc: Sequence[str] = ()
    attach: Sequence[str | Path] = ()
    routes: Sequence[str] = ()
    answer_route: str | None = None
    via: str | None = None
    about: About | None = None
    properties: Mapping[str, str] = field(default_factory=dict)


def compose(letter: Letter, *, sender: str, to: str, clock: Clock, max_body_bytes: int) -> Message:
    """Check everything that can be checked without looking anywhere, and make the message.

    `sender` and `to` are the names that the letter's mean.
    """
    _check_size(letter, max_body_bytes)
    prefix = "file" if letter.kind == "file" else "msg"
    id = checked_id(letter.id, prefix) if letter.id is not None else clock.new_id(prefix)
    moment = clock.now().replace(microsecond=0)
    return Message(
        id=id,
        state=UNREAD,
        sender=sender,
        to=to,
        subject=checked_subject(letter),
        body=letter.body,
        created=moment,
        thread=letter.about.thread if letter.about else id,
        reply_to=letter.about.task if letter.about else None,
        priority=_one_of("priority", letter.priority, PRIORITIES),
        tags=checked_tags(letter.tags),
        expects=_one_of("expects", letter.expects, EXPECTATIONS),
        expires=_checked_expiry(letter.expires, moment),
        kind=letter.kind,
        answer_route=_checked_value("answer_route", letter.answer_route),
        properties=_checked_properties(letter.properties) | _status(letter),
    )


def checked_subject(letter: Letter) -> str:
    """Give the subject; where there is none, the body's first line with words in it."""
    subject = one_line("subject", letter.subject)
    if len(subject) > TITLE_LIMIT:
        raise InvalidField("subject", f"is longer than {TITLE_LIMIT} characters")
    if not (subject or letter.body or letter.attach):
        why = "a message needs a subject, a body or a file"
        raise InvalidField("body", why, hint="give a text, or a subject that says it all")
    return subject or one_line("subject", excerpt(letter.body))


def _check_size(letter: Letter, max_body_bytes: int) -> None:
    size = len(letter.body)
    if size * 4 > max_body_bytes:  # below that no text can be too large, and most are below
        size = len(letter.body.encode("utf-8", "surrogatepass"))
    if size > max_body_bytes:
        raise TooLarge("the body", size, max_body_bytes, hint="send it as a file: --attach")


def _status(letter: Letter) -> dict[str, str]:
    return {"STATUS": letter.about.status} if letter.about and letter.about.status else {}


def _one_of(name: str, value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise InvalidField(name, f"{value!r} is none of {', '.join(allowed)}")
    return value


def _checked_expiry(expires: datetime | None, now: datetime) -> datetime | None:
    if expires is None:
        return None
    if expires.tzinfo is None:
        raise InvalidField("expires", "says no time zone")
    if expires <= now:
        raise InvalidField("expires", "is in the past")
    # The file holds whole seconds, and what is stored is what we return.
    from datetime import UTC

    return expires.astimezone(UTC).replace(microsecond=0)


def _checked_value(name: str, value: str | None) -> str | None:
    if value is None:
        return None
    text = one_line(name, value)
    if len(text) > CALLERS_VALUE_LIMIT:
        raise InvalidField(name, f"is longer than {CALLERS_VALUE_LIMIT} characters")
    return text or None


def _checked_properties(properties: Mapping[str, str]) -> dict[str, str]:
    if len(properties) > CALLERS_PROPERTIES_LIMIT:
        raise InvalidField("property", f"more than {CALLERS_PROPERTIES_LIMIT} properties")
    checked: dict[str, str] = {}
    for name, value in properties.items():
        key, text = check_property(name, value)
        if key in checked:
            raise InvalidField(key, "is given twice")
        checked[key] = text
    return checked
