"""A task: what is to be done, who may spend what on it, and how far it got. A frozen value; pure.

`to_dict` is what ``--json`` prints; how an Org entry says it stands in `orgpost.task_entry`.
What only other entries know (`ready`, `blocked_by`) is filled in by whoever has read them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from orgpost.message import for_json, utc_or_none
from orgpost.org.stamp import utc_text
from orgpost.states import TASK_ENDS, TaskState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


HOLDER: Final = r"[A-Za-z0-9._@:+-]{1,100}"
MAX_ATTEMPTS: Final = 3
MAX_RETURNS: Final = 20
NO_LEASE: Final = "- 0 -"
RESULT, FEEDBACK, ERROR, PAYLOAD = "Result", "Feedback", "Error", "Payload"
OWNER_APPROVAL, BUDGET = "owner-approval", "budget"
AUTO_ACCEPTED, OWNER_APPROVED = "auto_accepted", "owner_approved"

_BACKOFF_SECONDS: Final = 5
_LONGEST_BACKOFF_SECONDS: Final = 3600


class Lease(NamedTuple):
    """Until when which claim holds; `until` and `holder` are None where nobody holds it."""

    until: datetime | None
    token: int
    holder: str | None

    def text(self) -> str:
        """Write it as the property holds it."""
        if self.until is None:
            return f"- {self.token} -"
        return f"{utc_text(self.until)} {self.token} {self.holder}"


class BeforeClaim(NamedTuple):
    """What giving a task to somebody depends on; nothing else of it is read for that."""

    state: str
    attempt: int
    token: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task, as it stands in its file."""

    id: str
    agent: str
    state: str
    sender: str
    title: str
    body: str
    created: datetime | None
    priority: str = "normal"
    tags: tuple[str, ...] = ()
    trust_tier: str = "unknown"
    approval: str | None = None
    awaiting: str | None = None
    effort: int = 1
    estimated_tokens: int = 0
    estimated_cost: str | None = None
    attempt: int = 0
    max_attempts: int = MAX_ATTEMPTS
    lease_until: datetime | None = None
    token: int = 0
    holder: str | None = None
    expired: bool = False
    started: datetime | None = None
    not_before: datetime | None = None
    scheduled: str | None = None
    deadline: str | None = None
    closed: datetime | None = None
    depends_on: tuple[str, ...] = ()
    blocked_by: tuple[Mapping[str, str], ...] = ()
    ready: bool = False
    task_type: str | None = None
    payload: Any = None
    parent: str | None = None
    via: tuple[str, ...] = ()
    content_hash: str | None = None
    thread: str = ""
    expects: str = "result"
    timeout_seconds: int | None = None
    accept: str | None = None
    returns: int = 0
    source_id: str | None = None
    tokens_used: int | None = None
    cost: str | None = None
    result_path: str | None = None
    result_sha256: str | None = None
    quality_score: float | None = None
    result: str | None = None
    feedback: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    rejection_reason: str | None = None
    cancellation_reason: str | None = None
    cancel_requested: str | None = None
    stored: str = "file"
    outcome: str | None = None
    trace_context: Mapping[str, Any] = field(default_factory=dict)
    revision: int = 0
    archived: bool = False
    properties: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """Give the task as JSON has it; bytes that are no UTF-8 show as U+FFFD."""
        facts = {name: getattr(self, name) for name in self.__slots__}
        facts |= {name: utc_or_none(facts[name]) for name in _TIMES}
        facts["from"] = facts.pop("sender")
        return {name: for_json(value) for name, value in facts.items()}

    @property
    def lease(self) -> Lease:
        """The lease as one value."""
        return Lease(self.lease_until, self.token, self.holder)

    @property
    def state_before(self) -> str:
        """The state, of an archived task the one that it had before."""
        if self.state == TaskState.ARCHIVED:
            return self.properties.get("ARCHIVE_TODO", self.state)
        return self.state

    @property
    def is_over(self) -> bool:
        """Whether nothing happens to it by itself any more."""
        return self.state_before in TASK_ENDS


_TIMES: Final = ("created", "lease_until", "started", "not_before", "closed")


@dataclass(frozen=True, slots=True)
class Claim:
    """A task that somebody holds: `token` proves it, until `lease_until`."""

    task: Task
    token: int
    lease_until: datetime

    def to_dict(self) -> dict[str, object]:
        """Give the claim as JSON has it."""
        return {
            "task": self.task.to_dict(),
            "token": self.token,
            "lease_until": utc_text(self.lease_until),
        }


def backoff(failures: int) -> timedelta:
    """Say how long a task rests after so many failed attempts: 5, 10, 20 … 3600 seconds."""
    seconds = _BACKOFF_SECONDS * 2 ** min(failures - 1, 20)
    return timedelta(seconds=min(_LONGEST_BACKOFF_SECONDS, seconds))


def cost_of(tokens: int, price_per_1000: float) -> str:
    """Say what tokens cost, in dollars."""
    return f"${tokens / 1000 * price_per_1000:.2f}"
