"""What every part of an agent's inbox works with: handed over once, by `orgpost.post`."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol

from orgpost.org.syntax import BODY_BYTES_LIMIT, SLACK_BYTES
from orgpost.task import MAX_ATTEMPTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import TypeVar

    from orgpost.budget import Ask, TaskFact, Verdict
    from orgpost.clock import Clock
    from orgpost.contact import Contacts
    from orgpost.store.page import Store

    T = TypeVar("T")


class Gate(Protocol):
    """Who says whether work may be let in, and keeps the books; see `orgpost.governor`."""

    def admit(
        self, ask: Ask, put: Callable[[Verdict], T], depth: Callable[[], tuple[int, int]]
    ) -> T:
        """Judge, reserve, and call `put` in the same critical section; raises a `Refused`.

        `depth` counts the agent's tasks: those queued or worked on, and those waiting.
        """

    def more(self, fact: TaskFact, tokens: int) -> object:
        """Reserve more for a task that used so many tokens so far; raises a `Refused`."""

    def settle(self, fact: TaskFact, tokens: int | None) -> None:
        """Write down what a task used; None is all that was reserved for it."""

    def release(self, task: TaskFact, *, rejected: str = "") -> None:
        """Give back what is reserved for a task; `rejected` is the hash of work nobody wants."""

    def record_usage(self, actor_id: str, tokens: int) -> None:
        """Write down tokens that were used outside a reservation."""


class Rules(NamedTuple):
    """What the settings say about tasks; 0 minutes is no limit."""

    lease_seconds: int = 900
    max_attempts: int = MAX_ATTEMPTS
    slack_bytes: int = SLACK_BYTES
    timeout_minutes: int = 30
    price_per_1000_tokens: float = 0.015
    max_body_bytes: int = BODY_BYTES_LIMIT
    boosts: Mapping[str, float] = MappingProxyType(
        {"owner": 2.0, "team": 1.5, "trusted": 1.0, "unknown": 0.5}
    )


class TaskDesk(NamedTuple):
    """The store, the clock and the others whom an agent's inbox asks; `me` is who acts."""

    space: Path
    store: Store
    clock: Clock
    contacts: Callable[[], Contacts]
    me: Callable[[], str]
    gate: Gate
    host: str
    pid: Callable[[], int]
    held_task: str | None = None
    rules: Rules = Rules()

    def good_contacts(self) -> Contacts:
        """Give the contacts; commands that write do not rely on a file with problems."""
        contacts = self.contacts()
        contacts.must_be_good()
        return contacts
