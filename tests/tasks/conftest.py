"""An agent with an owner, two senders, a clock that stands still, and a gate that lets all in."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from orgpost.agent_inbox import AgentInbox, TaskDesk, TaskRules
from orgpost.agent_inbox.outcomes import apply
from orgpost.budget import Unneeded, Verdict
from orgpost.clock import FakeClock
from orgpost.contact import Actor, Contacts
from orgpost.store import FileStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from orgpost.budget import Ask, TaskFact
    from orgpost.task import Claim, Task

ACTORS = (
    Actor(id="tex", name="Tex Novak", kind="person", trust_tier="owner"),
    Actor(id="crt", name="crt", kind="person", trust_tier="team"),
    Actor(id="mira", name="Mira", kind="person"),
    Actor(id="ann", name="Ann", kind="person", trust_tier="trusted"),
    Actor(id="tex-agent", name="tex-agent", kind="agent", owner="tex", trust_tier="team"),
    Actor(id="lab-agent", name="lab-agent", kind="agent", owner="tex", trust_tier="team"),
    Actor(id="tex-help", name="tex-help", kind="helper", owner="tex-agent"),
)


@dataclass
class Gate:
    """Lets in what owners and team members ask, lets the others wait, and remembers all calls."""

    contacts: Callable[[], Contacts]
    told: list[tuple[str, Any]] = field(default_factory=list)
    refuse: Exception | None = None

    def admit(
        self, ask: Ask, put: Callable[[Verdict], Any], depth: Callable[[], tuple[int, int]]
    ) -> Any:
        """Judge by the tier alone."""
        if self.refuse is not None:
            raise self.refuse
        self.told.append((ask.event, depth()))
        tier = self.contacts().effective_tier(ask.sender, ask.via, toward=ask.agent)
        waits = ask.event == "create" and tier not in {"owner", "team"}
        awaiting = "owner-approval" if waits else None
        try:
            return put(Verdict(allowed=True, tier=tier, awaiting=awaiting, task_id=ask.task_id))
        except Unneeded as there:
            return there.result

    def more(self, fact: TaskFact, tokens: int) -> None:
        """Note it."""
        self.told.append(("more", (fact.id, tokens)))

    def settle(self, fact: TaskFact, tokens: int | None) -> None:
        """Note it."""
        self.told.append(("settle", (fact.id, tokens)))

    def release(self, task: TaskFact, *, rejected: str = "") -> None:
        """Note it."""
        self.told.append(("remember" if rejected else "release", task.id))

    def record_usage(self, actor_id: str, tokens: int) -> None:
        """Note it."""
        self.told.append(("spend", (actor_id, tokens)))


@dataclass
class Shop:
    """One space with its tasks; `me` is who acts, and `rules` may be changed before it is used."""

    space: Path
    clock: FakeClock
    store: FileStore
    contacts: Contacts
    gate: Gate
    rules: TaskRules
    me: str = "tex"
    held_task: str | None = None

    def inbox(self, name: str = "tex-agent") -> AgentInbox:
        """An agent's inbox that was just opened."""
        return AgentInbox(
            TaskDesk(
                space=self.space,
                store=self.store,
                clock=self.clock,
                contacts=lambda: self.contacts,
                me=lambda: self.me,
                gate=self.gate,
                host="laptop",
                pid=lambda: 4711,
                held_task=self.held_task,
                rules=self.rules,
            ),
            name,
        )

    def add(self, title: str = "Look at it", sender: str = "tex", **facts: Any) -> Task:
        """Make a task of tex for tex-agent; a test says only what it is about."""
        return self.inbox(facts.pop("agent", "tex-agent")).create_task(sender, title, **facts)

    def claim(self, **facts: Any) -> Claim:
        """Claim as the agent; there must be something."""
        with self.acting("tex-agent"):
            (claim,) = self.inbox().claim(**facts)
        return claim

    def acting(self, name: str) -> Acting:
        """Let somebody else act, for one block."""
        return Acting(self, name)

    def now(self, id: str, agent: str = "tex-agent") -> Task:
        """A task as its file has it now."""
        return self.inbox(agent).find_by_id(id)

    def path(self, name: str = "agents/tex-agent.org") -> Path:
        """A file below org/messaging."""
        return self.space / "org" / "messaging" / name

    def content(self, name: str = "agents/tex-agent.org") -> bytes:
        """What a file holds now; nothing where it is missing."""
        path = self.path(name)
        return path.read_bytes() if path.exists() else b""

    def edit(self, old: str, new: str, name: str = "agents/tex-agent.org") -> None:
        """A person changes a file, some time ago, as an editor does."""
        import os

        path = self.path(name)
        text = path.read_bytes().decode()
        assert old in text
        scratch = path.with_suffix(".saving")
        scratch.write_bytes(text.replace(old, new, 1).encode())
        scratch.rename(path)
        seconds = self.clock.now().timestamp() - 60
        os.utime(path, (seconds, seconds))


class Acting:
    """A block in which somebody else acts."""

    def __init__(self, shop: Shop, name: str) -> None:
        self._shop, self._name, self._before = shop, name, shop.me

    def __enter__(self) -> None:
        """Begin."""
        self._shop.me = self._name

    def __exit__(self, *_: object) -> None:
        """Let the one before act again."""
        self._shop.me = self._before


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A space without any tasks."""
    (tmp_path / "org" / "messaging" / "agents").mkdir(parents=True)
    clock, contacts = FakeClock(), Contacts(ACTORS)
    outcomes = partial(apply, zone=clock.zone(), slack_bytes=400)
    with FileStore(tmp_path, clock, sync="off", lock_seconds=0.2, apply=outcomes) as store:
        yield Shop(tmp_path, clock, store, contacts, Gate(lambda: contacts), TaskRules())
