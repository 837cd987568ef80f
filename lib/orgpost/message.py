"""A message: what it says, where it came from and how far it got. A frozen value; pure.

`read` and `draft` are each other's inverse over the Org entry; `to_dict` is what ``--json`` prints.
What a message expects, and when it has waited too long for that, is decided here too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from orgpost.frozen import dataclass, field
from orgpost.org.entry import Draft
from orgpost.org.stamp import format_stamp, parse_created, parse_utc, utc_text
from orgpost.org.syntax import REFUSED, TITLE_LIMIT
from orgpost.states import MessageState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, tzinfo

    from orgpost.org.entry import Entry, Priority

PRIORITIES: Final = ("high", "normal", "low")
EXPECTATIONS: Final = ("none", "ack", "reply", "result")
SILENT_KINDS: Final = frozenset({"bounce", "refusal", "result"})
POST_OFFICE: Final = "orgpost"

_COOKIES: Final[Mapping[str, Priority | None]] = {"high": "A", "normal": None, "low": "C"}
_READ_COOKIES: Final = {"A": "high", "B": "normal", None: "normal"}

# Properties that `Message` has a field for, or that only say how a text is stored.
_OWN: Final = frozenset(
    {"ID", "FROM", "TO", "CREATED", "THREAD", "REPLY_TO", "EXPECTS", "EXPIRES", "KIND", "VIA"}
    | {"RECIPIENTS", "ANSWER_ROUTE", "FILES", "SUBJECT", "BODY_ENC"}
)
_UNDECODED: Final = "[\ud800-\udfff]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message, as it stands in its file."""

    id: str
    state: str
    sender: str
    to: str
    subject: str
    body: str
    created: datetime | None
    thread: str
    reply_to: str | None = None
    priority: str = "normal"
    tags: tuple[str, ...] = ()
    expects: str = "none"
    expires: datetime | None = None
    scheduled: str | None = None
    deadline: str | None = None
    kind: str = "message"
    via: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    answer_route: str | None = None
    files: tuple[Mapping[str, object], ...] = ()
    stored: str = "file"
    expired: bool = False
    archived: bool = False
    properties: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """Give the message as JSON has it; bytes that are no UTF-8 show as U+FFFD."""
        facts: dict[str, Any] = {
            "id": self.id,
            "state": self.state,
            "from": self.sender,
            "to": self.to,
            "subject": self.subject,
            "body": self.body,
            "created": utc_or_none(self.created),
            "thread": self.thread,
            "reply_to": self.reply_to,
            "priority": self.priority,
            "tags": self.tags,
            "expects": self.expects,
            "expires": utc_or_none(self.expires),
            "scheduled": self.scheduled,
            "deadline": self.deadline,
            "kind": self.kind,
            "via": self.via,
            "recipients": self.recipients,
            "answer_route": self.answer_route,
            "files": self.files,
            "stored": self.stored,
            "expired": self.expired,
            "archived": self.archived,
            "properties": self.properties,
        }
        return {name: for_json(value) for name, value in facts.items()}

    @property
    def state_before(self) -> str:
        """The state, of an archived message the one that it had before."""
        if self.state == MessageState.ARCHIVED:
            return self.properties.get("ARCHIVE_TODO", self.state)
        return self.state

    @property
    def asks(self) -> bool:
        """Whether only an answer is enough for it."""
        return self.expects in {"reply", "result"} and not self.is_silent

    @property
    def is_silent(self) -> bool:
        """Whether it never bounces and expects nothing, so that no two programs ever chat."""
        return self.kind in SILENT_KINDS or self.sender == POST_OFFICE


def utc_or_none(moment: datetime | None) -> str | None:
    """Give a time as JSON has it."""
    return None if moment is None else utc_text(moment)


def for_json(value: Any) -> Any:
    """Give a value as JSON can hold it."""
    if isinstance(value, str):
        return value if value.isascii() else re.sub(_UNDECODED, "\ufffd", value)
    if isinstance(value, tuple):
        return [for_json(item) for item in value]
    if isinstance(value, dict):
        return {for_json(key): for_json(item) for key, item in value.items()}
    return value


# --- to Org and back ----------------------------------------------------------------------------


def read(
    entry: Entry, *, to: str, zone: tzinfo, stored: str = "file", archived: bool = False
) -> Message:
    """Make a message of an entry that has an id; `to` is whose file it stands in."""
    id = entry.id or ""
    expires = entry.get("EXPIRES")
    planning = dict(entry.planning)
    return Message(
        id=id,
        state=entry.keyword,
        sender=entry.get("FROM") or "",
        to=entry.get("TO") or to,
        subject=entry.title,
        body=entry.body,
        created=parse_created(entry.get("CREATED") or "", zone, id),
        thread=entry.get("THREAD") or id,
        reply_to=entry.get("REPLY_TO"),
        priority=_READ_COOKIES.get(entry.priority, "low"),
        tags=entry.tags,
        expects=entry.get("EXPECTS") or "none",
        expires=parse_utc(expires) if expires else None,
        scheduled=planning.get("SCHEDULED"),
        deadline=planning.get("DEADLINE"),
        kind=entry.get("KIND") or "message",
        via=tuple((entry.get("VIA") or "").split()),
        recipients=tuple((entry.get("RECIPIENTS") or "").split()),
        answer_route=entry.get("ANSWER_ROUTE"),
        stored=stored,
        archived=archived,
        properties=_rest(entry),
    )


def _rest(entry: Entry) -> dict[str, str]:
    rest: dict[str, str] = {}
    for key, value in entry.properties:
        if key not in _OWN:
            rest.setdefault(key, value)  # of two equal keys the first counts
    return rest


def draft(message: Message, zone: tzinfo) -> Draft:
    """Make of a message what an entry says of it."""
    facts = {
        "FROM": message.sender,
        "TO": message.to,
        "CREATED": format_stamp(message.created, zone, seconds=True) if message.created else "",
        "THREAD": message.thread,
        "REPLY_TO": message.reply_to or "",
        "EXPECTS": "" if message.expects == "none" else message.expects,
        "EXPIRES": utc_or_none(message.expires) or "",
        "KIND": "" if message.kind == "message" else message.kind,
        "ANSWER_ROUTE": message.answer_route or "",
        "RECIPIENTS": " ".join(message.recipients),
        "VIA": " ".join(message.via),
        "FILES": str(len(message.files)) if message.files else "",
    }
    stamps = {"SCHEDULED": message.scheduled, "DEADLINE": message.deadline}
    return Draft(
        id=message.id,
        keyword=message.state,
        title=message.subject,
        planning=[(name, stamp) for name, stamp in stamps.items() if stamp],
        properties=[
            *((key, value) for key, value in facts.items() if value),
            *message.properties.items(),
        ],
        body=message.body,
        priority=_COOKIES[message.priority],
        tags=message.tags,
    )


# --- what it expects ----------------------------------------------------------------------------


def is_met(message: Message, replies: Iterable[Message]) -> bool:
    """Say whether the message got what it expects; `replies` are all that answer it."""
    if message.is_silent:
        return True
    answers = [reply for reply in replies if reply.sender == message.to]
    match message.expects:
        case "reply":
            return bool(answers)
        case "result":
            return any(reply.kind == "result" for reply in answers)
        case _:
            return message.state_before != MessageState.UNREAD


def is_due(message: Message, now: datetime) -> bool:
    """Say whether the time is over in which the message had to get what it expects."""
    return message.expires is not None and message.expires <= now


# --- a subject ----------------------------------------------------------------------------------

EXCERPT: Final = 72
NO_SUBJECT: Final = "(no subject)"
# What a tool tells its terminal: colours and moves, titles and links, and the short ones.
_TERMINALS: Final = (
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c\x9d]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"
)


def excerpt(body: str) -> str:
    """Give the subject of a message that has none: its first line with words in it."""
    lines = (_words_of(line) for line in body.split("\n"))
    line = next((line for line in lines if line), "")
    return line[:EXCERPT] or NO_SUBJECT


def _words_of(line: str) -> str:
    words = line if line.isprintable() else re.sub(_TERMINALS, "", line)
    return re.sub(r"[\x00-\x1f\x7f-\x9f\s]+", " ", words).strip()


def answer_subject(subject: str) -> str:
    """Give the subject of a reply, on one line whatever a person made of it; no second ``Re:``."""
    line = re.sub(REFUSED, " ", subject)
    return (line if re.match(r"(?i)re:", line) else f"Re: {line}")[:TITLE_LIMIT]
