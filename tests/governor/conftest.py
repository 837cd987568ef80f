"""A small treasury for each test: people, agents, tasks that are only facts, a clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from orgpost.budget import Ask, Limits, TaskFact, Verdict, row
from orgpost.clock import FakeClock
from orgpost.contact import Actor, Contacts
from orgpost.governor import Governor
from orgpost.governor.ledger import table_of
from orgpost.store.memory import MemoryStore
from orgpost.store.memory_disk import MemoryDisk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from orgpost.budget.row import Row

ACTORS = (
    Actor(id="tex", name="Tex", kind="person", trust_tier="owner"),
    Actor(id="crt", name="crt", kind="person", trust_tier="team"),
    Actor(id="mira", name="Mira", kind="person", trust_tier="team"),
    Actor(id="ann", name="Ann", kind="person", trust_tier="trusted"),
    Actor(id="joe", name="Joe", kind="person"),
    Actor(id="tex-agent", name="tex-agent", kind="agent", owner="tex", trust_tier="team"),
    Actor(id="lab-agent", name="lab-agent", kind="agent", owner="mira"),
    Actor(id="crt-help", name="crt-help", kind="helper", owner="crt", trust_tier="team"),
)
CONTACTS = Contacts(ACTORS)
DAY = "2026-11-20"


@dataclass
class TaskBoard:
    """The task inboxes, as far as the governor asks."""

    facts: dict[str, TaskFact] = field(default_factory=dict)
    asked: int = 0

    def find(self, ids: Iterable[str]) -> Mapping[str, TaskFact]:
        """Give those that are there."""
        self.asked += 1
        return {id: self.facts[id] for id in ids if id in self.facts}

    def open_tasks(self) -> Iterable[TaskFact]:
        """Give those that are not over."""
        return [fact for fact in self.facts.values() if not fact.is_over]

    def ended_since(self, moment: datetime) -> Iterable[TaskFact]:
        """Give those that are over since then."""
        facts = self.facts.values()
        return [fact for fact in facts if fact.is_over and fact.ended and fact.ended >= moment]

    def put(self, ask: Ask, verdict: Verdict, now: datetime) -> TaskFact:
        """Make the task that was let in."""
        fact = TaskFact(
            ask.task_id,
            "QUEUED" if verdict.awaiting is None else "WAITING",
            ask.sender,
            ask.agent,
            verdict.tier,
            now,
            ask.via,
            ask.tokens,
            content_hash=ask.content_hash,
        )
        self.facts[fact.id] = fact
        return fact

    def change(self, id: str, **facts: Any) -> TaskFact:
        """Let a task be another one."""
        self.facts[id] = self.facts[id]._replace(**facts)
        return self.facts[id]

    def depth(self, agent: str) -> tuple[int, int]:
        """Count what an agent has before it."""
        states = [fact.state for fact in self.facts.values() if fact.agent == agent]
        return sum(state in {"QUEUED", "WORKING"} for state in states), states.count("WAITING")


@dataclass
class Treasury:
    """One space; `limits` and `contacts` may be changed, and a new process may look at it."""

    clock: FakeClock
    disk: MemoryDisk
    limits: Limits = field(default_factory=Limits)
    contacts: Contacts = CONTACTS
    board: TaskBoard = field(default_factory=TaskBoard)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Go on as another process."""
        self.store = MemoryStore(self.clock, disk=self.disk, lock_seconds=0)
        self.governor = self.with_limits()

    def with_limits(self, **numbers: Any) -> Governor:
        """Let other limits hold."""
        self.limits = self.limits._replace(**numbers)
        contacts: Callable[[], Contacts] = lambda: self.contacts  # noqa: E731  may change
        self.governor = Governor(self.store, self.clock, contacts, self.limits, self.board)
        return self.governor

    def ask(self, sender: str = "crt", tokens: int = 1000, **facts: Any) -> Ask:
        """An ask of crt for tex-agent; a test says only what it is about."""
        made = {"event": "create", "agent": "tex-agent", "task_id": self.clock.new_id("task")}
        return Ask(**{**made, "sender": sender, "tokens": tokens, **facts})

    def add(self, sender: str = "crt", tokens: int = 1000, **facts: Any) -> TaskFact:
        """Create a task, or be refused."""
        ask = self.ask(sender, tokens, **facts)
        return self.governor.admit(
            ask,
            lambda verdict: self.board.put(ask, verdict, self.clock.now()),
            lambda: self.board.depth(ask.agent),
        )

    def again(self, fact: TaskFact, event: str) -> Verdict:
        """Approve, retry or revise a task that is there."""
        ask = Ask(event, fact.sender, fact.agent, fact.id, fact.via, tokens=fact.estimated_tokens)
        verdict = self.governor.admit(ask, lambda it: it, lambda: self.board.depth(fact.agent))
        self.board.change(fact.id, state="QUEUED")
        return verdict

    def done(self, fact: TaskFact, tokens: int | None = None) -> None:
        """Complete a task."""
        over = self.board.change(
            fact.id, state="DONE", tokens_used=tokens, claimed=True, ended=self.clock.now()
        )
        self.governor.settle(over, tokens)

    def text(self, day: str = DAY) -> str:
        """The ledger of a day, with what waits to be put into it."""
        return (self.store.rows.read(table_of(day)) or b"").decode()

    def rows(self, day: str = DAY) -> list[Row]:
        """The rows of a day."""
        found = row.read(self.text(day), day)
        assert found.bad == ()
        return [row.row_of(raw) for raw in found.rows]

    def told(self, day: str = DAY) -> list[tuple[str, str, int]]:
        """Event, sender and tokens of each row of a day."""
        return [(each.event, each.sender, each.tokens) for each in self.rows(day)]

    def write(self, change: Callable[[str], str], day: str = DAY) -> None:
        """Change a ledger as a person does."""
        text = change(self.text(day)).encode()
        with self.store.disk.folder("org/messaging/ledger") as fd:
            there = self.store.disk.print_of(fd, f"{day}.org")
            assert there is not None
            self.store.disk.replace(fd, f"{day}.org", text, like=there)
        self.clock.advance(3)


@pytest.fixture
def treasury() -> Treasury:
    """A treasury on a disk in memory, on a morning in November."""
    clock = FakeClock()
    return Treasury(clock, MemoryDisk(clock))
