"""Agents that keep positions while everything moves: they never work on what stands there now."""

from __future__ import annotations

import os
import subprocess
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from orgpost.org import syntax
from orgpost.post import Post
from orgpost.store.calls import Calls
from orgpost.store.person import SAVES, Person
from tests.race.agents import add, make, said
from tests.race.claimants import AGENT, PATH, result_of, start

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ROUNDS = {"small": 15, "ci": 40, "nightly": 2000}[os.environ.get("SIZE", "ci")]
AGENTS = 3


def unpads(data: bytes, number: int) -> bytes:
    """Let the blanks after each waiting task's keyword stand at the end of its title."""
    lines = data.split(b"\n")
    for at, line in enumerate(lines):
        if line.startswith(b"* QUEUED   "):
            lines[at] = b"* QUEUED " + line.removeprefix(b"* QUEUED   ") + b"  "
    return b"\n".join(lines)


def writes_a_note(data: bytes, number: int) -> bytes:
    """Write a note of one's own before all tasks."""
    at = data.find(b"\n* ") + 1 or len(data)
    return data[:at] + b"* note-%d\n" % number + data[at:]


def takes_the_first_line_away(data: bytes, number: int) -> bytes:
    """Lose the line that says how to read the file."""
    return data.removeprefix(syntax.COOKIE + b"\n")


def turns_around(data: bytes, number: int) -> bytes:
    """Let the last entry stand before all others, where that is one of the same length or not."""
    head, *entries = data.split(b"\n* ")
    return b"\n* ".join([head, entries[-1].rstrip(b"\n"), *entries[:-1]]) + b"\n"


PERSON: tuple[Callable[..., bytes], ...] = (
    *(unpads, writes_a_note, takes_the_first_line_away, turns_around),
)


def test_no_agent_works_on_what_stands_where_its_task_stood(
    space: Path, rng: random.Random
) -> None:
    """A person moves and re-saves, others add and archive: each result stands with its own task."""
    ids, told = add(space, 20), space / "told"
    agents = [start(space, "keep", told=told, stdin=subprocess.PIPE) for _ in range(AGENTS)]
    person, notes = Person(str(space), Calls()), 0
    with Post.open(space, me="tex") as post:
        inbox = post.inbox(AGENT)
        for number in range(ROUNDS):
            made = range(rng.randrange(8))
            ids += [inbox.create_task("tex", f"more {number} {each}").id for each in made]
            if number % 5 == 4:
                over = [task.id for task in inbox.find_by_state("DONE")]
                inbox.archive(*over[: len(over) // 2])
            change = rng.choice(PERSON)
            notes += change is writes_a_note
            _edit(post, person, rng.choice(SAVES), partial(change, number=number))
            time.sleep(rng.uniform(0, 0.1))
        deadline = time.monotonic() + 120
        while inbox.counts()["queued"] and time.monotonic() < deadline:
            time.sleep(0.05)
        for agent in agents:
            agent.communicate(timeout=60)
        assert [agent.returncode for agent in agents] == [0] * AGENTS
        done = said(told.read_text().split("\n"), "done")
        assert sorted(done) == [(id, 1) for id in sorted(ids)]
        for id, token in done:
            task = inbox.find_by_id(id)
            assert (task.state_before, task.result) == ("DONE", result_of(id, token))
        assert post.store.view(PATH).data.count(b"* note-") == notes
        assert post.store.quarantined() == []
    print(f"{len(done)} done while {ROUNDS} saves moved them")


def _edit(post: Post, person: Person, how: str, change: Callable[[bytes], bytes]) -> None:
    """Let a person edit with manners: nobody writes between the reading and the save."""
    with post.store.held(PATH):
        person.lock(PATH)
    person.edit(PATH, change, how=how)
    person.unlock(PATH)


@pytest.fixture
def space(tmp_path: Path) -> Path:
    """A space in which tex-agent has no tasks yet."""
    return make(tmp_path)
