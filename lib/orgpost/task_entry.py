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
from orgpost.org.syntax import VALUE_LIMIT
from orgpost.states import TaskState
from orgpost.task import ERROR, FEEDBACK, MAX_ATTEMPTS, NO_LEASE, PAYLOAD, RESULT, Lease, Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, tzinfo

    from orgpost.org.entry import Entry, Priority, Sub

_COOKIES: Final[Mapping[str, Priority]] = {"high": "A", "normal": "B", "low": "C"}
_READ_COOKIES: Final = {"A": "high", "B": "normal", None: "normal"}

# Properties that `Task` has a field for, or that only say how a text is stored.
_OWN: Final = frozenset(
    {"ID", "FROM", "TRUST_TIER", "CREATED", "THREAD", "SUBJECT", "BODY_ENC", "EXPECTS", "VIA"}
    | {"HASH", "APPROVAL", "AWAITING", "EFFORT_LEVEL", "ESTIMATED_TOKENS", "ESTIMATED_COST"}
    | {"TASK_TYPE", "PAYLOAD", "TRACE_CONTEXT", "DEPENDS_ON", "PARENT", "MAX_ATTEMPTS", "TIMEOUT"}
    | {"ACCEPT", "ATTEMPT", "LEASE", "STARTED", "NOT_BEFORE", "RETURNS", "REVISION", "SOURCE_ID"}
    | {"TOKENS_USED", "COST", "RESULT_PATH", "RESULT_SHA256", "QUALITY_SCORE"}
    | {"REJECTION_REASON", "CANCELLATION_REASON", "CANCEL_REQUESTED"}
)


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
    get, id, lease = entry.get, entry.id or "", read_lease(entry)
    return Task(
        id=id,
        agent=agent,
        state=entry.keyword,
        sender=get("FROM") or "",
        title=entry.title,
        body=entry.body,
        created=parse_created(get("CREATED") or "", zone, id),
        priority=priority_of(entry),
        tags=entry.tags,
        trust_tier=tier if (tier := get("TRUST_TIER")) in TIERS else "unknown",
        effort=whole(get("EFFORT_LEVEL"), 1),
        max_attempts=whole(get("MAX_ATTEMPTS"), MAX_ATTEMPTS),
        lease_until=lease.until,
        token=lease.token,
        holder=lease.holder,
        expired=_has_run_out(entry, lease, now),
        depends_on=tuple((get("DEPENDS_ON") or "").split()),
        via=tuple((get("VIA") or "").split()),
        thread=get("THREAD") or id,
        expects=get("EXPECTS") or "result",
        quality_score=_score(get("QUALITY_SCORE")),
        stored=stored,
        outcome=outcome,
        trace_context=_context(get("TRACE_CONTEXT")),
        archived=archived or entry.keyword == TaskState.ARCHIVED,
        properties=_rest(entry),
        **_plain_facts(entry),
        **_planned(entry, zone),
        **_below(entry),
    )


_TEXTS: Final = {
    "approval": "APPROVAL",
    "awaiting": "AWAITING",
    "estimated_cost": "ESTIMATED_COST",
    "task_type": "TASK_TYPE",
    "parent": "PARENT",
    "content_hash": "HASH",
    "accept": "ACCEPT",
    "source_id": "SOURCE_ID",
    "cost": "COST",
    "result_path": "RESULT_PATH",
    "result_sha256": "RESULT_SHA256",
    "rejection_reason": "REJECTION_REASON",
    "cancellation_reason": "CANCELLATION_REASON",
    "cancel_requested": "CANCEL_REQUESTED",
}
_NUMBERS: Final = {
    "estimated_tokens": "ESTIMATED_TOKENS",
    "attempt": "ATTEMPT",
    "returns": "RETURNS",
    "revision": "REVISION",
}
_MAYBE_NUMBERS: Final = {"timeout_seconds": "TIMEOUT", "tokens_used": "TOKENS_USED"}
_MOMENTS: Final = {"started": "STARTED", "not_before": "NOT_BEFORE"}


def _plain_facts(entry: Entry) -> dict[str, Any]:
    get = entry.get
    return {
        **{field: get(name) for field, name in _TEXTS.items()},
        **{field: whole(get(name)) for field, name in _NUMBERS.items()},
        **{field: _whole_or_none(get(name)) for field, name in _MAYBE_NUMBERS.items()},
        **{field: _utc(get(name)) for field, name in _MOMENTS.items()},
    }


def _has_run_out(entry: Entry, lease: Lease, now: datetime) -> bool:
    # Who set WORKING by hand has no lease that could run out.
    return entry.keyword == TaskState.WORKING and lease.until is not None and lease.until <= now


def _planned(entry: Entry, zone: tzinfo) -> dict[str, Any]:
    planning = dict(entry.planning)
    return {
        "scheduled": planning.get("SCHEDULED"),
        "deadline": planning.get("DEADLINE"),
        "closed": parse_stamp(planning.get("CLOSED", ""), zone),
    }


def _below(entry: Entry) -> dict[str, Any]:
    """Give what stands under sub-headings of ours."""
    subs = entry.subs
    results, payloads = texts_of(subs, RESULT), texts_of(subs, PAYLOAD)
    return {
        "result": results[-1] if results else None,
        "feedback": texts_of(subs, FEEDBACK),
        "errors": texts_of(subs, ERROR),
        "payload": _json(payloads[-1] if payloads else entry.get("PAYLOAD")),
    }


def read_lease(entry: Entry) -> Lease:
    """Read the lease; where a person removed it, the tokens go on behind those given before."""
    found = re.fullmatch(r"(\S+) ([0-9]{1,18}) (\S+)", entry.get("LEASE") or "")
    if found is None:
        claims = sum(item.to == TaskState.WORKING for item in state_items(entry.logbook))
        return Lease(None, max(claims, whole(entry.get("ATTEMPT"))), None)
    until = parse_utc(found[1])
    return Lease(until, int(found[2]), found[3] if until else None)


def priority_of(entry: Entry) -> str:
    """Say how urgent an entry is: none or B is normal."""
    return _READ_COOKIES.get(entry.priority, "low")


def whole(text: str | None, default: int = 0) -> int:
    """Read a whole number; what a person made of it that is none counts as the default."""
    return int(text) if text and re.fullmatch("[0-9]{1,18}", text) else default


def texts_of(subs: Iterable[Sub], title: str) -> tuple[str, ...]:
    """Give the texts of the sub-headings of ours with this title, the oldest first."""
    return tuple(sub.body for sub in subs if sub.title == title and sub.properties)


def _whole_or_none(text: str | None) -> int | None:
    return None if text is None else whole(text)


def _utc(text: str | None) -> datetime | None:
    return parse_utc(text) if text else None


def _score(text: str | None) -> float | None:
    return float(text) if text and re.fullmatch(r"[01](?:\.[0-9]{1,4})?", text) else None


def _context(text: str | None) -> Mapping[str, Any]:
    value = _json(text)
    return value if isinstance(value, dict) else {}


def _json(text: str | None) -> Any:
    try:
        return None if text is None else json.loads(text)
    except (ValueError, RecursionError):  # a person edited it
        return None


def _rest(entry: Entry) -> dict[str, str]:
    rest: dict[str, str] = {}
    for key, value in entry.properties:
        if key not in _OWN:
            rest.setdefault(key, value)
    return rest


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
