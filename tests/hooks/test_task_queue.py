"""`hooks/task-queue.py`: tasks from a shell, by its path and through a link; never 0 in silence."""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.hooks.world import CONTACTS, HOOKS, Answer, World, run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

COMMANDS = ("status", "next", "approve", "reject", "cancel", "retry", "clear")


@dataclass
class Queue:
    """tex-agent's tasks, and the script as a link from outside of the checkout."""

    world: World
    script: Path

    def __call__(self, *words: str, by: str = "tex") -> Answer:
        """Run the script as somebody."""
        named = ["--space", str(self.world.space), "--as", by]
        return run([sys.executable, str(self.script), *named, *words], b"", dict(os.environ))

    def data(self, *words: str, by: str = "tex") -> Any:
        """Run what must work, with --json; its data."""
        answer = self("--json", *words, by=by)
        assert (answer.status, answer.stderr) == (0, b""), answer
        return json.loads(answer.stdout)["data"]

    def next(self, *words: str) -> Any:
        """What `next` prints as the agent, without --json."""
        answer = self("next", *words, by="tex-agent")
        assert (answer.status, answer.stderr) == (0, b""), answer
        return json.loads(answer.stdout)

    @property
    def file(self) -> bytes:
        """The bytes of the agent's tasks."""
        path = self.world.tasks
        return path.read_bytes() if path.exists() else b""


@pytest.fixture
def queue(world: World, tmp_path: Path) -> Queue:
    """A script that is run by a link to a link."""
    (tmp_path / "one").symlink_to(HOOKS / "task-queue.py")
    (tmp_path / "two").symlink_to("one")
    return Queue(world, tmp_path / "two")


@pytest.mark.parametrize("command", ["approve", "reject", "cancel", "retry"])
def test_a_decision_without_its_task_is_refused_in_words(command: str, queue: Queue) -> None:
    """Without an id 2, with an unknown one 3, in a state for something else 4; never silent."""
    done = queue.world.task("Done", state="complete")
    before = queue.file
    reason = ["--reason", "No."] if command == "reject" else []
    answers = [
        queue(command, *reason),
        queue(command, "task-nosuch", *reason),
        queue(command, "--task-id", "task-nosuch", *reason),
        queue(command, done, *reason),
    ]
    assert [answer.status for answer in answers] == [2, 3, 3, 4]
    assert all(answer.stderr and not answer.stdout for answer in answers)
    assert f"{command}: no task task-nosuch" in answers[1].stderr.decode()
    assert "found DONE" in answers[3].stderr.decode()
    assert queue.file == before


def test_scenario_36(queue: Queue) -> None:
    """Approve without an id, with an unknown one, with one that is QUEUED: 2, 3, 4."""
    queued = queue.world.task("Queued")
    answers = [queue("approve"), queue("approve", "task-nosuch"), queue("approve", queued)]
    assert [answer.status for answer in answers] == [2, 3, 4]
    assert all(answer.stderr for answer in answers)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["approve", "task-a", "--task-id", "task-b"], "two tasks"),
        (["status", "task-a"], "takes no ID"),
        (["next", "--task-id", "task-a"], "takes no ID"),
        (["reject", "task-a"], "--reason"),
        (["approve", "task-a", "--reason", "So."], "--reason"),
        (["status", "--peek"], "--peek"),
        (["nosuch"], "nosuch"),
        ([], "COMMAND"),
        (["status", "--agent", "crt"], "crt"),
    ],
)
def test_words_that_mean_nothing_are_refused(words: list[str], said: str, queue: Queue) -> None:
    """With what is wrong on stderr, and nothing on stdout."""
    answer = queue(*words)
    assert (answer.status, answer.stdout) == (2, b"")
    assert said in answer.stderr.decode()
    assert queue.file == b""


def test_the_same_id_may_be_said_twice(queue: Queue) -> None:
    """As the word and as --task-id."""
    id = queue.world.task("Please", by="gregor")
    (task,) = queue.data("approve", id, "--task-id", id)["tasks"]
    assert (task["id"], task["state"]) == (id, "QUEUED")


def test_a_task_of_another_agent_is_not_meant(queue: Queue) -> None:
    """--agent narrows it down."""
    id = queue.world.task("Please", by="gregor")
    queue.world.contacts(f"{CONTACTS}  - {{id: lab-agent, kind: agent, owner: tex}}\n")
    answer = queue("approve", id, "--agent", "lab-agent")
    assert (answer.status, answer.stdout) == (2, b"")
    assert "a task of tex-agent" in answer.stderr.decode()
    assert queue("approve", id, "--agent", "tex-agent").status == 0


def test_decisions_are_those_of_the_command_line(queue: Queue) -> None:
    """Approved, rejected with a reason that its sender is told, cancelled, and queued again."""
    first, second = (queue.world.task(title, by="gregor") for title in ("One", "Two"))
    assert queue("approve", first).stdout.decode() == f"{first} QUEUED\n"
    assert queue("reject", second, "--reason", "Not now.").stdout.decode() == f"{second} REJECTED\n"
    theirs = queue.world.space / "org/messaging/inbox/gregor.org"
    assert "Not now." in theirs.read_text()
    assert queue("cancel", first, "--reason", "Later.").stdout.decode() == f"{first} CANCELLED\n"
    assert queue("retry", first).stdout.decode() == f"{first} QUEUED\n"


def test_the_status_says_who_works_and_what_is_next(queue: Queue) -> None:
    """Words for people; with --json the tasks, at most five that are next, and all counts."""
    assert queue("status").stdout == b"tex-agent: no tasks\n"
    titles = [f"Number {number}" for number in range(7)]
    ids = [queue.world.task(title) for title in titles]
    claim = queue.next()
    said = queue("status").stdout.decode()
    assert said.startswith("tex-agent: 6 queued, 1 working, 6 ready\nworking:\n")
    assert claim["task"]["holder"] in said
    assert "Number 5" in said
    assert "Number 6" not in said
    data = queue.data("status")
    assert [task["id"] for task in data["working"]] == [ids[0]]
    assert [task["id"] for task in data["next"]] == ids[1:6]
    assert data["counts"]["queued"] == 6


def test_next_claims_once_and_says_what_in_one_object(queue: Queue) -> None:
    """Then it is busy, until that task is over; JSON in any case."""
    assert queue.next() == {"status": "empty"}
    first = queue.world.task("First", "What to do.")
    queue.world.task("Second")
    peeked = queue.next("--peek")
    assert (peeked["status"], peeked["task"]["id"], peeked["queued"]) == ("ok", first, 1)
    assert peeked["task"]["state"] == "QUEUED"
    assert "token" not in peeked
    claim = queue.next()
    assert (claim["status"], claim["token"], claim["queued"]) == ("ok", 1, 1)
    task = claim["task"]
    assert (task["id"], task["from"], task["priority"]) == (first, "tex", "normal")
    assert task["text"] == "First\n\nWhat to do."
    assert (queue.world.space / task["inbox"]).read_bytes() == queue.file
    assert claim["lease_until"] == task["lease_until"]
    assert queue.next() == queue.next("--peek") == {"status": "busy", "working": first}
    wrapped = queue("--json", "next", by="tex-agent").stdout
    assert json.loads(wrapped)["data"] == {"status": "busy", "working": first}


def test_what_waits_for_something_is_blocked(queue: Queue) -> None:
    """Its number is said; nothing is claimed."""
    queue.world.task("Later", scheduled="2999-01-01")
    assert queue.next() == queue.next("--peek") == {"status": "blocked", "blocked": 1}


def test_of_many_at_once_one_gets_something(queue: Queue) -> None:
    """One task at a time is worked on for an agent."""
    for number in range(4):
        queue.world.task(f"Number {number}")
    with ThreadPoolExecutor() as threads:
        answers = [each.result() for each in [threads.submit(queue.next) for _ in range(5)]]
    assert sorted(answer["status"] for answer in answers) == ["busy"] * 4 + ["ok"]
    assert queue.file.count(b"\n* WORKING") == 1


def test_a_lease_that_ran_out_keeps_nobody(queue: Queue) -> None:
    """It is settled, its task is next, and its old holder's token is over."""
    id = queue.world.task("Once more")
    queue.world.orgpost("task", "claim", "--lease-seconds", "1")
    queue.world.let_leases_run_out()
    claim = queue.next()
    assert (claim["task"]["id"], claim["token"], claim["task"]["attempt"]) == (id, 2, 2)


def test_clear_puts_away_what_is_over(queue: Queue) -> None:
    """All of it, or one task; when there is nothing it says so."""
    assert queue("clear").stdout == b"archived 0: nothing is over\n"
    first, second, third = (queue.world.task(t, state="complete") for t in ("One", "Two", "Three"))
    open_task = queue.world.task("Open")
    assert queue("clear", second).stdout == b"archived 1\n"
    assert queue("clear", open_task).status == 4
    assert queue.data("clear")["archived"] == [first, third]
    assert queue.file.count(b"\n* ") == 1
    assert queue("clear", by="tex-agent").status in {0, 6}


def test_a_broken_ledger_stops_no_look_and_no_claim(queue: Queue) -> None:
    """Claims go on; what has to ask the governor does not."""
    queue.world.task("Mine")
    theirs = queue.world.task("Theirs", by="gregor")
    queue.world.break_ledger()
    assert queue("approve", theirs).status == 65
    assert queue("status").status == 0
    assert queue.next()["status"] == "ok"


def test_it_explains_itself(queue: Queue) -> None:
    """With every command."""
    said = queue("--help").stdout.decode()
    assert all(command in said for command in COMMANDS)
    assert all(f"--{flag}" in said for flag in ("space", "as", "json", "task-id", "reason", "peek"))
