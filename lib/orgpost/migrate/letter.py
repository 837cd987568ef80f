"""What becomes of one old entry: the table of states, tags and properties. Pure.

A `Letter` is decided but for the names of actors and the id, which depend on the whole space.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from orgpost.migrate.old import moment
from orgpost.names import TIERS
from orgpost.org.syntax import (
    PROPERTY,
    REFUSED_TAGS,
    TAG_LIMIT,
    TAG_MARKS,
    TAGS_LIMIT,
    VALUE_LIMIT,
    refused_property,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orgpost.migrate.old import OldEntry

# v0.1 kept states as tags, the strongest first: of several, the first one counts.
V01_STATES: Final = (("done", "DONE"), ("todo", "TODO"), ("unread", "UNREAD"))
V01_STATE_TAGS: Final = frozenset({"unread", "todo", "done", "read", "processed"})
V02_STATES: Final = {
    "TODO": "TODO",
    "DONE": "READ",  # v0.2 had no other word for read mail
    "WAITING": "TODO",
    "CANCELLED": "DONE",
    "ARCHIVED": "ARCHIVED",
}
_TOLD_V02: Final = frozenset({"TODO", "DONE", "ARCHIVED"})
V02_STATE_TAGS: Final = frozenset({"unread", "message", "file_delivery"})
V02_TASK_STATES: Final = {
    "WAITING": "WAITING",
    "QUEUED": "QUEUED",
    "WORKING": "QUEUED",
    "DONE": "DONE",
    "CANCELLED": "CANCELLED",
    "ARCHIVED": "ARCHIVED",
}

_PRIORITIES: Final = frozenset({"high", "normal", "low"})
_CONSUMED: Final = frozenset({"ID", "FROM", "TO", "THREAD", "REPLY_TO", "CREATED", "PRIORITY"})
_V01_OWN: Final = frozenset({"TASK_STATUS", "STARTED_AT", "COMPLETED_AT"})
_OF_FILES: Final = frozenset({"FILENAME", "SIZE", "CONTENT_TYPE", "DOWNLOADED"})
_OF_TASKS: Final = frozenset(
    {
        *("TRUST_TIER", "EFFORT_LEVEL", "ATTEMPT", "APPROVAL", "AWAITING", "ESTIMATED_TOKENS"),
        *("ESTIMATED_COST", "TOKENS_USED", "COST", "RESULT_PATH", "QUALITY_SCORE"),
        *("REJECTION_REASON", "CANCELLATION_REASON"),
    }
)
_TASK_CONSUMED: Final = frozenset({"TRUST_TIER", "SUBMITTED", "RETRY_COUNT", "EFFORT"})
_STAMP_ONLY: Final = re.compile(r"\A\[\d{4}-\d\d-\d\d[^\]]*\][ \t]*")
_PLANNED: Final = re.compile(r"(CLOSED|SCHEDULED|DEADLINE):[ \t]*([<\[][^\]>\n]*[\]>])")
_OPEN_TASKS: Final = frozenset({"WAITING", "QUEUED"})
_PARTED: Final = re.compile(r"[^A-Z0-9_-]")


@dataclass(frozen=True, slots=True)
class Letter:
    """One message or task to be; names of actors are still the old ones, empty where missing.

    `created` is local time as text, `title` is empty where the body gives it, `before` is the
    state before an archived one, `holder` is whose file it lay in.
    """

    version: str
    file: str
    line: int
    kind: str
    holder: str
    sender: str
    recipient: str
    old_id: str
    state: str
    before: str
    created: str
    title: str
    priority: str
    tags: tuple[str, ...]
    thread: str
    reply_to: str
    properties: tuple[tuple[str, str], ...]
    body: str
    planning: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    def with_note(self, note: str, *properties: tuple[str, str]) -> Letter:
        """Give the same letter with one more note, and what it is about kept as properties."""
        return replace(self, notes=(*self.notes, note), properties=(*self.properties, *properties))


def letter_of(entry: OldEntry, file: str, holder: str, *, tasks: bool = False) -> Letter:
    """Decide about one entry; `holder` is the name of its file, empty where that is nobody's."""
    if entry.version == "v0.1":
        return _message_v01(entry, file, holder)
    return _task_v02(entry, file, holder) if tasks else _message_v02(entry, file, holder)


def is_working(letter: Letter) -> bool:
    """Say whether an agent had begun on it in v0.1, and not ended."""
    return letter.state == "TODO" and ("V01_TASK_STATUS", "working") in letter.properties


def clean_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Give tags as Org takes them: other characters are `_`, and at most twenty."""
    cleaned = dict.fromkeys(_clean_tag(tag) for tag in tags if tag)
    return tuple(cleaned)[:TAGS_LIMIT]


def kept_properties(
    properties: Iterable[tuple[str, str]], prefix: str, own: frozenset[str] = frozenset()
) -> tuple[tuple[str, str], ...]:
    """Give properties under names that we may write: `prefix` keeps what Org would understand.

    `own` are names of ours that mean the same in both. Of equal names the second gets a number.
    """
    kept: dict[str, str] = {}
    for name, value in properties:
        wanted = kept_name(name, prefix, own)
        numbered, count = wanted, 1
        while numbered in kept and kept[numbered] != value:
            count += 1
            numbered = f"{wanted[:44]}-{count}"
        kept[numbered] = value[:VALUE_LIMIT]
    return tuple(kept.items())


def kept_name(name: str, prefix: str, own: frozenset[str] = frozenset()) -> str:
    """Give the name under which a foreign property is kept."""
    raised = name.upper()
    if raised in own or (re.fullmatch(PROPERTY, raised) and not refused_property(raised)):
        return raised
    if raised.startswith(prefix) and re.fullmatch(PROPERTY, raised):
        return raised
    return (prefix + _PARTED.sub("-", raised).removesuffix("+"))[:48]


def _message_v01(entry: OldEntry, file: str, holder: str) -> Letter:
    own = [(f"V01_{name.upper()}", value) for name, value in entry.properties if _is_own(name)]
    others = [
        (name, value)
        for name, value in entry.properties
        if not _is_own(name) and name.upper() not in _CONSUMED
    ]
    if entry.planning:
        own.append(("V01_PLANNING", entry.planning))
    if entry.words:
        own.append(("V01_HEADING", entry.words))
    letter = _letter(entry, file, holder, "V01_", kept_properties([*own, *others], "V01_"))
    letter = replace(
        letter,
        state=_state_v01(entry),
        tags=clean_tags(tag for tag in entry.tags if tag not in V01_STATE_TAGS),
        thread=entry.get("THREAD").removeprefix("thread-"),
    )
    if letter.state == "DONE" and _working_v01(entry):
        return letter.with_note("done, though TASK_STATUS still says working: DONE")
    return letter


def _message_v02(entry: OldEntry, file: str, holder: str) -> Letter:
    is_file = "file_delivery" in entry.tags
    others = [(name, value) for name, value in entry.properties if name.upper() not in _CONSUMED]
    own = _OF_FILES if is_file else frozenset()
    odd = _odd_v02(entry, told=entry.keyword in _TOLD_V02)
    if entry.planning:
        odd.append(("V02_PLANNING", entry.planning))
    properties = kept_properties([*odd, *others], "V02_", own)
    state = _state_v02(entry)
    return replace(
        _letter(entry, file, holder, "V02_", properties),
        kind="file" if is_file else "message",
        state=state,
        before="READ" if state == "ARCHIVED" else "",
        title=_STAMP_ONLY.sub("", entry.words),
        tags=clean_tags(tag for tag in entry.tags if tag not in V02_STATE_TAGS),
        thread=entry.get("THREAD").removeprefix("thread-"),
    )


def _task_v02(entry: OldEntry, file: str, holder: str) -> Letter:
    state = _task_state_v02(entry)
    gone = _CONSUMED | _TASK_CONSUMED | ({"AWAITING"} if state != "WAITING" else frozenset())
    others = [(name, value) for name, value in entry.properties if name.upper() not in gone]
    own = (
        ("TRUST_TIER", _tier(entry)),
        ("EFFORT_LEVEL", _number(entry.get("EFFORT"), 1)),
        ("ATTEMPT", _number(entry.get("RETRY_COUNT"), 0)),
    )
    odd = _odd_v02(entry, told=entry.keyword == state)
    properties = kept_properties([*own, *odd, *others], "V02_", _OF_TASKS)
    letter = replace(
        _letter(entry, file, holder, "V02_", properties),
        kind="task",
        state=state,
        before="DONE" if state == "ARCHIVED" else "",
        created=moment(entry.get("SUBMITTED") or entry.get("CREATED"), entry.get("ID")),
        title=entry.words,
        tags=clean_tags(entry.tags),
        planning=_planned(entry, state),
    )
    if entry.keyword == "WORKING":
        return letter.with_note("it was WORKING: QUEUED, nobody holds it")
    return letter


def _letter(
    entry: OldEntry, file: str, holder: str, prefix: str, properties: tuple[tuple[str, str], ...]
) -> Letter:
    priority = entry.get("PRIORITY").lower() or "normal"
    letter = Letter(
        version=prefix.removesuffix("_"),
        file=file,
        line=entry.line,
        kind="message",
        holder=holder,
        sender=entry.get("FROM"),
        recipient=entry.get("TO"),
        old_id=entry.get("ID"),
        state="",
        before="",
        created=moment(entry.stamp or entry.get("CREATED"), entry.get("ID")),
        title="",
        priority=priority if priority in _PRIORITIES else "normal",
        tags=(),
        thread="",
        reply_to=entry.get("REPLY_TO"),
        properties=properties,
        body=entry.body,
    )
    if priority in _PRIORITIES:
        return letter
    told = entry.get("PRIORITY")
    return letter.with_note(f"unknown priority {told}: normal", (f"{prefix}PRIORITY", told))


def _is_own(name: str) -> bool:
    return name.upper() in _V01_OWN


def _working_v01(entry: OldEntry) -> bool:
    return entry.get("TASK_STATUS").lower() == "working"


def _state_v01(entry: OldEntry) -> str:
    working = _working_v01(entry)
    if "done" in entry.tags or (working and entry.get("COMPLETED_AT")):
        return "DONE"
    if working:
        return "TODO"
    return next((state for tag, state in V01_STATES if tag in entry.tags), "READ")


def _state_v02(entry: OldEntry) -> str:
    if entry.keyword == "TODO" and "unread" in entry.tags:
        return "UNREAD"
    return V02_STATES.get(entry.keyword, "TODO" if entry.keyword else "READ")


def _task_state_v02(entry: OldEntry) -> str:
    if entry.keyword == "CANCELLED" and entry.get("REJECTION_REASON"):
        return "REJECTED"
    return V02_TASK_STATES.get(entry.keyword, "WAITING")


def _odd_v02(entry: OldEntry, *, told: bool) -> list[tuple[str, str]]:
    """Keep a state that the new entry no longer tells apart."""
    return [] if told or not entry.keyword else [("V02_STATE", entry.keyword)]


def _planned(entry: OldEntry, state: str) -> tuple[tuple[str, str], ...]:
    """Give a task's planning line: CLOSED exactly where its state is one of the closed ones."""
    found = dict(_PLANNED.findall(entry.planning))
    closed = found.pop("CLOSED", "") or entry.get("COMPLETED") or entry.get("SUBMITTED")
    if state not in _OPEN_TASKS and closed.startswith("["):
        found["CLOSED"] = closed
    return tuple(sorted(found.items()))


def _tier(entry: OldEntry) -> str:
    tier = entry.get("TRUST_TIER")
    return tier if tier in TIERS else "unknown"


def _number(text: str, default: int) -> str:
    return text if text.isascii() and text.isdigit() else str(default)


def _clean_tag(tag: str) -> str:
    cleaned = "".join(letter if _is_tag_letter(letter) else "_" for letter in tag)[:TAG_LIMIT]
    if cleaned.lower() in REFUSED_TAGS or unicodedata.category(cleaned[0])[0] == "M":
        return f"_{cleaned}"[:TAG_LIMIT]
    return cleaned


def _is_tag_letter(letter: str) -> bool:
    category = unicodedata.category(letter)
    return letter in TAG_MARKS or category[0] in "LM" or category == "Nd"
