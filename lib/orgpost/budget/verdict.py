"""What is asked of the governor, what it answers, and what it must know of a task. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from orgpost.frozen import NamedTuple, dataclass

if TYPE_CHECKING:
    from datetime import datetime

CREATE, APPROVE, RETRY, REVISE, RENEW = EVENTS = (
    *("create", "approve", "retry", "revise"),
    "renew",
)
# Work that was let in once comes back: it is no new submission, and its chain was looked at.
AGAIN: Final = frozenset({RETRY, REVISE})

_OVER: Final = frozenset({"DONE", "FAILED", "DEAD", "REJECTED", "CANCELLED", "ARCHIVED"})


class Ask(NamedTuple):
    """One wish to have work done; `tokens` is the estimate, 0 where there is none.

    `agent` may be a tray. `tier` is what a task that is there already was let in with; without it
    the chain is judged anew. A claim that goes on asks for all `tokens` that it has used so far.
    """

    event: str
    sender: str
    agent: str
    task_id: str
    via: tuple[str, ...] = ()
    tray: bool = False
    tokens: int = 0
    effort: int = 1
    content_hash: str = ""
    tier: str = ""


class TaskFact(NamedTuple):
    """What the governor must know of a task that is there.

    `tier` is the effective one at creation, `claimed` whether it ever was, `agent` also a tray.
    `ended` is when it came to its end, None while it has not or where nobody knows; `started` when
    its last claim began.
    """

    id: str
    state: str
    sender: str
    agent: str
    tier: str
    created: datetime
    via: tuple[str, ...] = ()
    estimated_tokens: int = 0
    tokens_used: int | None = None
    claimed: bool = False
    content_hash: str = ""
    ended: datetime | None = None
    started: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether no more work is done on it."""
        return self.state in _OVER

    @property
    def is_waiting(self) -> bool:
        """Whether somebody has yet to approve it."""
        return self.state == "WAITING"


class Unneeded(Exception):
    """What `put` raises where the task is there already: nothing is reserved for it.

    `result` is what the caller gets in its place.
    """

    def __init__(self, result: object) -> None:
        super().__init__()
        self.result = result


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer; `code` and `reason` are empty where it is yes.

    `awaiting` says whose approval it waits for; `not_before` is when it may be claimed at the
    earliest, None where that is at once.
    """

    allowed: bool
    code: str = ""
    reason: str = ""
    retry_after_seconds: int | None = None
    tier: str = "unknown"
    auto_accept: bool = False
    priority_boost: float = 1.0
    charged_to: str = ""
    reserved_tokens: int = 0
    not_before: datetime | None = None
    awaiting: str | None = None
    task_id: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give the verdict as ``--json`` prints it."""
        return {
            "allowed": self.allowed,
            "code": self.code,
            "reason": self.reason,
            "retry_after_seconds": self.retry_after_seconds,
            "tier": self.tier,
            "auto_accept": self.auto_accept,
            "priority_boost": self.priority_boost,
            "charged_to": self.charged_to,
            "reserved_tokens": self.reserved_tokens,
            "not_before": self.not_before and f"{self.not_before:%Y-%m-%dT%H:%M:%SZ}",
            "awaiting": self.awaiting,
            "task_id": self.task_id or None,
        }
