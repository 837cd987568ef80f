"""Agents on a real disk that die at a given call of a task's step, and what the next ones find."""

from __future__ import annotations

import os
import shutil
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.agent_inbox import AgentInbox, Hold, TaskDesk, TaskRules
from orgpost.agent_inbox.outcomes import apply
from orgpost.contact import Contacts
from orgpost.org import scan
from orgpost.store.calls import Calls
from orgpost.store.disk import SCRATCH
from orgpost.store.files import FileStore
from orgpost.store.page import ROOT
from orgpost.store.person import Person
from tests.crash.kills import Ahead, Aim, Killer, dies
from tests.tasks.conftest import ACTORS, Gate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from orgpost.task import Task

AGENT: Final = "tex-agent"
PATH: Final = f"agents/{AGENT}.org"
LONG: Final = "a line of the result\n" * 40
SLACK: Final = 400


class Stands(NamedTuple):
    """How a task stands, without the times of day."""

    state: str
    token: int
    attempt: int
    is_held: bool
    result: str | None
    errors: int
    moves: int


class Case(NamedTuple):
    """What is there before, what is done then; and how many calls and writes it was seen to have.

    With `locked` a person's lock stands until somebody looked at what is left.
    """

    words: str
    steps: tuple[Callable[[Office], object], ...]
    given: tuple[Callable[[Office], object], ...] = ()
    calls: int = 0
    writes: int = 0


class Office:
    """An agent with three tasks, in a space on a real disk, as it is before a case."""

    def __init__(self, space: Path, case: Case) -> None:
        self.space, self.case, self.clock = space, case, Ahead()
        if space.exists():
            shutil.rmtree(space)
        (space / ROOT).mkdir(parents=True)
        self.person = Person(str(space), Calls())
        self.ids: list[str] = []
        self.start(Calls())
        for number in range(3):
            self.ids.append(self.inbox.create_task("tex", f"task {number}").id)
        for act in case.given:
            act(self)
        self.store.close()

    def start(self, calls: Calls) -> None:
        """Go on as another process."""
        contacts, zone = Contacts(ACTORS), self.clock.zone()
        self.store = FileStore(
            self.space,
            self.clock,
            sync="off",
            lock_seconds=2.0,
            calls=calls,
            apply=partial(apply, zone=zone, slack_bytes=SLACK),
        )
        desk = TaskDesk(
            space=self.space,
            store=self.store,
            clock=self.clock,
            contacts=lambda: contacts,
            me=lambda: "tex",
            gate=Gate(lambda: contacts),
            host="laptop",
            pid=lambda: 4711,
            rules=TaskRules(timeout_minutes=0),
        )
        self.inbox = AgentInbox(desk, AGENT)

    def kill(self, aim: Aim) -> int | None:
        """Play the steps in a process that dies; gives how many were told, None if it lived."""
        said, say = os.pipe()

        def play() -> None:
            self.start(Killer(aim))
            for act in self.case.steps:
                act(self)
                os.write(say, b".")
            self.store.close()

        died = dies(play)
        os.close(say)
        told = len(os.read(said, 100))
        os.close(said)
        return told if died else None

    def models(self) -> list[list[Stands]]:
        """Play the steps without a death; how the tasks stand before, and after each of them."""
        self.start(Calls())
        models = [self.stand()]
        for act in self.case.steps:
            act(self)
            models.append(self.stand())
        self.store.close()
        return models

    def stand(self) -> list[Stands]:
        """Say how each task stands, what waits for a person's save put in."""
        data = self.store.view(PATH).data
        waiting = self.store.view(PATH).outcomes
        assert [id.decode() for id, _ in scan.find_all_ids(data)] == self.ids
        return [self._stands(self.inbox.find_by_id(id), waiting) for id in self.ids]

    def _stands(self, task: Task, waiting: frozenset[bytes]) -> Stands:
        span = scan.find_id(self.data(), task.id.encode())
        assert span is not None
        moves = self.data()[span.start : span.end].count(b'- State "')
        held = task.lease_until is not None
        seen = Stands(
            *(task.state, task.token, task.attempt, held, task.result, len(task.errors), moves)
        )
        waits = task.id.encode() in waiting
        return seen._replace(state=f"{task.state}, outcome waits") if waits else seen

    def data(self) -> bytes:
        """The Org file."""
        return (self.space / ROOT / PATH).read_bytes()

    # -- what is found -------------------------------------------------------------------------

    def check(self, allowed: list[list[Stands]]) -> None:
        """Let other processes look: each task stands as before the step, or as after it."""
        self.clock.advance(3)
        self.start(Calls())
        found = self.stand()
        assert found in allowed, "lost, torn or doubled"
        self.store.close()
        self.start(Calls())
        assert self.stand() == found, "the second look differs"
        assert not (self.space / ".orgpost/quarantine").exists(), "something is in quarantine"
        self.person.unlock(PATH)
        self._finish()
        names = [name for _, _, names in os.walk(self.space) for name in names]
        assert [name for name in names if name.endswith(SCRATCH) or name.startswith(".#")] == []

    def _finish(self) -> None:
        """Go on to the end of each task: whoever holds it can finish it, and nobody else can."""
        self.inbox.expire()
        for id in self.ids:
            task = self.inbox.find_by_id(id)
            if task.state == "QUEUED":
                self.clock.advance(3600 if task.not_before else 0)
                (claim,) = self.inbox.claim(id=id)
                assert claim.token == task.token + 1
            if task.state in {"QUEUED", "WORKING"}:
                token = self.inbox.find_by_id(id).token
                self.inbox.complete(Hold(id, token), result=f"after all {id}")
                assert self.inbox.find_by_id(id).result == f"after all {id}"
            assert self.inbox.find_by_id(id).state in {"DONE", "DEAD"}
        self.store.close()


# --- steps --------------------------------------------------------------------------------------


def claim(number: int, seconds: int = 86_400) -> Callable[[Office], object]:
    """Claim a task."""
    return lambda office: office.inbox.claim(id=office.ids[number], lease_seconds=seconds)


def claim_next() -> Callable[[Office], object]:
    """Claim whatever is next; what has run out is settled first."""
    return lambda office: office.inbox.claim(lease_seconds=86_400)


def complete(number: int, result: str = "", token: int = 1) -> Callable[[Office], object]:
    """Finish a task."""
    return lambda office: office.inbox.complete(Hold(office.ids[number], token), result=result)


def fail(number: int, token: int = 1) -> Callable[[Office], object]:
    """Report that it failed."""
    return lambda office: office.inbox.fail(Hold(office.ids[number], token), "it broke")


def release(number: int, token: int = 1) -> Callable[[Office], object]:
    """Give a task back."""
    return lambda office: office.inbox.release(Hold(office.ids[number], token), "not now")


def look() -> Callable[[Office], object]:
    """Read, which puts in what waits where it can."""
    return lambda office: office.store.view(PATH)


def wait(seconds: float) -> Callable[[Office], object]:
    """Let time pass."""
    return lambda office: office.clock.advance(seconds)


def person_locks() -> Callable[[Office], object]:
    """Let a person begin to edit."""
    return lambda office: office.person.lock(PATH)


def person_unlocks() -> Callable[[Office], object]:
    """Let a person be done."""
    return lambda office: office.person.unlock(PATH)


def person_strips_blanks() -> Callable[[Office], object]:
    """Let an editor's hook take all slack away."""

    def strip(data: bytes) -> bytes:
        return b"\n".join(line.rstrip() for line in data.split(b"\n"))

    def act(office: Office) -> None:
        office.store.confirm(PATH)
        office.person.edit(PATH, strip)
        office.clock.advance(60)

    return act
