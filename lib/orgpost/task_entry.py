"""How an Org entry says what a task is: `read` and `draft` are each other's inverse. Pure.

What a person made of a value that cannot be read counts as if it were not there.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from orgpost.message import utc_or_none
from orgpost.names import TIERS
from orgpost.org.entry import Draft
from orgpost.org.logbook import state_items
from orgpost.org.stamp import format_stamp, parse_created, parse_stamp, parse_utc
from orgpost.org.syntax import VALUE_LIMIT, text_pattern
from orgpost.states import TaskState
from orgpost.task import (
    ERROR,
    FEEDBACK,
    MAX_ATTEMPTS,
    NO_LEASE,
    PAYLOAD,
    RESULT,
    BeforeClaim,
    Lease,
    Task,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime, tzinfo

    from orgpost.org.entry import Entry, Priority, Sub

_COOKIES: Final[Mapping[str, Priority]] = {"high": "A", "normal": "B", "low": "C"}
_READ_COOKIES: Final = {"A": "high", "B": "normal", None: "normal"}


# --- from Org -----------------------------------------------------------------------------------


def read(
    entry: Entry,
    *,
    agent: str,
    zone: tzinfo,
    now: datetime,
    stored: str = "file",
    outcome: str | None = None,
    archived: bool = False,
) -> Task:
    """Make a task of an entry that has an id; `agent` is whose file or which tray it stands in."""
    id, lease = entry.id or "", read_lease(entry)
    # Of two equal keys the first counts.
    known = dict(reversed(entry.properties))
    facts: dict[str, Any] = {}
    for name, value in known.items():
        if field := _FIELDS.get(name):
            facts[field[0]] = field[1](value)
    return Task(
        id=id,
        agent=agent,
        state=entry.keyword,
        sender=known.get("FROM", ""),
        title=entry.title,
        body=entry.body,
        created=parse_created(known.get("CREATED", ""), zone, id),
        priority=priority_of(entry),
        tags=entry.tags,
        thread=known.get("THREAD") or id,
        lease_until=lease.until,
        token=lease.token,
        holder=lease.holder,
        expired=_has_run_out(entry, lease, now),
        stored=stored,
        outcome=outcome,
        archived=archived or entry.keyword == TaskState.ARCHIVED,
        properties={name: value for name, value in known.items() if name not in _OWN},
        **facts,
        **_planned(entry, zone),
        **_below(entry),
    )


def _text(value: str) -> str:
    return value


def _words(value: str) -> tuple[str, ...]:
    return tuple(value.split())


def whole(text: str | None, default: int = 0) -> int:
    """Read a whole number; what a person made of it that is none counts as the default."""
    return int(text) if text and text_pattern("[0-9]{1,18}").fullmatch(text) else default


def _score(text: str) -> float | None:
    return float(text) if re.fullmatch(r"[01](?:\.[0-9]{1,4})?", text) else None


def _context(text: str) -> Mapping[str, Any]:
    value = _json(text)
    return value if isinstance(value, dict) else {}


def _json(text: str | None) -> Any:
    try:
        return None if text is None else json.loads(text)
    except (ValueError, RecursionError):  # a person edited it
        return None


# What a property says of a task; whatever is not there is as `Task` has it.
_FIELDS: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = {
    "TRUST_TIER": ("trust_tier", lambda text: text if text in TIERS else "unknown"),
    "APPROVAL": ("approval", _text),
    "AWAITING": ("awaiting", _text),
    "EFFORT_LEVEL": ("effort", lambda text: whole(text, 1)),
    "ESTIMATED_TOKENS": ("estimated_tokens", whole),
    "ESTIMATED_COST": ("estimated_cost", _text),
    "TASK_TYPE": ("task_type", _text),
    "TRACE_CONTEXT": ("trace_context", _context),
    "DEPENDS_ON": ("depends_on", _words),
    "PARENT": ("parent", _text),
    "VIA": ("via", _words),
    "HASH": ("content_hash", _text),
    "EXPECTS": ("expects", _text),
    "MAX_ATTEMPTS": ("max_attempts", lambda text: whole(text, MAX_ATTEMPTS)),
    "TIMEOUT": ("timeout_seconds", whole),
    "ACCEPT": ("accept", _text),
    "ATTEMPT": ("attempt", whole),
    "STARTED": ("started", parse_utc),
    "NOT_BEFORE": ("not_before", parse_utc),
    "RETURNS": ("returns", whole),
    "REVISION": ("revision", whole),
    "SOURCE_ID": ("source_id", _text),
    "TOKENS_USED": ("tokens_used", whole),
    "COST": ("cost", _text),
    "RESULT_PATH": ("result_path", _text),
    "RESULT_SHA256": ("result_sha256", _text),
    "QUALITY_SCORE": ("quality_score", _score),
    "REJECTION_REASON": ("rejection_reason", _text),
    "CANCELLATION_REASON": ("cancellation_reason", _text),
    "CANCEL_REQUESTED": ("cancel_requested", _text),
}
_OWN: Final = frozenset(
    {*_FIELDS, "ID", "FROM", "CREATED", "THREAD", "SUBJECT", "BODY_ENC", "PAYLOAD", "LEASE"}
)


def _has_run_out(entry: Entry, lease: Lease, now: datetime) -> bool:
    # Who set WORKING by hand has no lease that could run out.
    return entry.keyword == TaskState.WORKING and lease.until is not None and lease.until <= now


def _planned(entry: Entry, zone: tzinfo) -> dict[str, Any]:
    planning = dict(entry.planning)
    if not planning:
        return {}
    return {
        "scheduled": planning.get("SCHEDULED"),
        "deadline": planning.get("DEADLINE"),
        "closed": parse_stamp(planning.get("CLOSED", ""), zone),
    }


def _below(entry: Entry) -> dict[str, Any]:
    """Give what stands under sub-headings of ours."""
    subs = entry.subs
    if not subs:
        return {"payload": _json(entry.get("PAYLOAD"))}
    results, payloads = texts_of(subs, RESULT), texts_of(subs, PAYLOAD)
    return {
        "result": results[-1] if results else None,
        "feedback": texts_of(subs, FEEDBACK),
        "errors": texts_of(subs, ERROR),
        "payload": _json(payloads[-1] if payloads else entry.get("PAYLOAD")),
    }


_LEASE: Final = r"(\S+) ([0-9]{1,18}) (\S+)"


def read_lease(entry: Entry) -> Lease:
    """Read the lease; where a person removed it, the tokens go on behind those given before."""
    found = text_pattern(_LEASE).fullmatch(entry.get("LEASE") or "")
    if found is None:
        claims = sum(item.to == TaskState.WORKING for item in state_items(entry.logbook))
        return Lease(None, max(claims, whole(entry.get("ATTEMPT"))), None)
    until = parse_utc(found[1])
    return Lease(until, int(found[2]), found[3] if until else None)


def before_claim(entry: Entry) -> BeforeClaim:
    """Read how a task stands, and no more."""
    return BeforeClaim(entry.keyword, whole(entry.get("ATTEMPT")), read_lease(entry).token)


def priority_of(entry: Entry) -> str:
    """Say how urgent an entry is: none or B is normal."""
    return _READ_COOKIES.get(entry.priority, "low")


def texts_of(subs: Iterable[Sub], title: str) -> tuple[str, ...]:
    """Give the texts of the sub-headings of ours with this title, the oldest first."""
    return tuple(sub.body for sub in subs if sub.title == title and sub.properties)


# --- to Org -------------------------------------------------------------------------------------


def draft(task: Task, zone: tzinfo, *, slack: int) -> Draft:
    """Make of a new task what its entry says."""
    payload = "" if task.payload is None else json_line(task.payload)
    facts = {
        "FROM": task.sender,
        "TRUST_TIER": task.trust_tier,
        "CREATED": format_stamp(task.created, zone, seconds=True) if task.created else "",
        "THREAD": task.thread if task.thread != task.id else "",
        "EXPECTS": "" if task.expects == "result" else task.expects,
        "VIA": " ".join(task.via),
        "HASH": task.content_hash or "",
        "APPROVAL": task.approval or "",
        "AWAITING": task.awaiting or "",
        "EFFORT_LEVEL": str(task.effort),
        "ESTIMATED_TOKENS": str(task.estimated_tokens or ""),
        "ESTIMATED_COST": task.estimated_cost or "",
        "TASK_TYPE": task.task_type or "",
        "PAYLOAD": payload if len(payload) <= VALUE_LIMIT else "",
        "TRACE_CONTEXT": json_line(task.trace_context) if task.trace_context else "",
        "DEPENDS_ON": " ".join(task.depends_on),
        "PARENT": task.parent or "",
        "MAX_ATTEMPTS": "" if task.max_attempts == MAX_ATTEMPTS else str(task.max_attempts),
        "TIMEOUT": str(task.timeout_seconds or ""),
        "ACCEPT": task.accept or "",
        "ATTEMPT": str(task.attempt),
        "LEASE": NO_LEASE,
        "NOT_BEFORE": utc_or_none(task.not_before) or "",
        "SOURCE_ID": task.source_id or "",
    }
    stamps = {"SCHEDULED": task.scheduled, "DEADLINE": task.deadline}
    return Draft(
        id=task.id,
        keyword=task.state,
        title=task.title,
        properties=[
            *((key, value) for key, value in facts.items() if value),
            *task.properties.items(),
        ],
        body=task.body,
        priority=_COOKIES[task.priority],
        tags=task.tags,
        planning=[(name, stamp) for name, stamp in stamps.items() if stamp],
        slack=slack,
    )


def long_payload(task: Task) -> str | None:
    """Give the payload that is too long for a property; it stands under a sub-heading."""
    text = "" if task.payload is None else json_line(task.payload)
    return text if len(text) > VALUE_LIMIT else None


def json_line(value: Any) -> str:
    """Write a JSON value on one line, as the file holds it."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
