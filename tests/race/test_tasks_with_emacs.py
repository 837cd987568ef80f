"""A person in a real Emacs edits the tasks that agents work on: nobody loses a word."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.door import process
from tests.emacs.session import LiveEmacs
from tests.race.agents import add, make, said, tasks
from tests.race.claimants import AGENT, PATH, result_of, start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SAVES = {"small": 15, "ci": 30, "nightly": 600}[os.environ.get("SIZE", "ci")]
AGENTS = 3
BUSY = 75


@pytest.fixture
def space(tmp_path: Path) -> Path:
    """A space whose commands do not wait long for a person."""
    return make(tmp_path, "store: {sync: off, lock_seconds: 0.3}\n")


@pytest.fixture
def emacs() -> Iterator[LiveEmacs]:
    """An Emacs as it is delivered."""
    with LiveEmacs() as running:
        yield running


def file_of(space: Path) -> Path:
    """Give the Org file."""
    return space / "org/messaging" / PATH


def command(space: Path, *words: str) -> tuple[int, Any]:
    """Run `task …` as the agent; its status, and its data or its error."""
    done = process("--space", str(space), "--as", AGENT, "--json", "task", *words)
    document = json.loads(done.stdout)
    return done.returncode, document.get("data", document.get("error"))


def test_saves_of_a_person_and_results_of_agents_are_all_there_once(
    tmp_path: Path, emacs: LiveEmacs
) -> None:
    """Whoever saves first: each result is there once, and each heading of the person's."""
    space = make(tmp_path)
    ids, told = add(space, 150), space / "told"
    emacs.open(file_of(space))
    agents = [start(space, "keep", told=told, stdin=subprocess.PIPE) for _ in range(AGENTS)]
    emacs.rounds(file_of(space), SAVES, pause=0.02)
    deadline = time.monotonic() + 120
    while len(said(told.read_text().split("\n"), "done")) < len(ids):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    for agent in agents:
        agent.communicate(timeout=60)
    assert [agent.returncode for agent in agents] == [0] * AGENTS
    done, found = said(told.read_text().split("\n"), "done"), tasks(space)
    assert sorted(done) == [(id, 1) for id in sorted(ids)]
    assert {id: found[id].result for id in ids} == {id: result_of(id, 1) for id in ids}
    assert {task.state for task in found.values()} == {"DONE"}
    text = file_of(space).read_text()
    assert text.count("** Result") == len(ids)
    notes = re.findall(r"(?m)^\* note-([0-9]+)$", text)
    assert sorted(map(int, notes)) == list(range(SAVES))
    print(f"{len(done)} done, {len(notes)} saves of a person")


def test_a_result_waits_for_a_persons_save_and_is_put_in_once(
    space: Path, emacs: LiveEmacs
) -> None:
    """It is told at once; nobody else can claim meanwhile, and nothing in the file is touched."""
    add(space, 2)
    _, claimed = command(space, "claim")
    id, file = claimed["task"]["id"], file_of(space)
    emacs.open(file)
    emacs.modify(file, "* a note of mine\n")
    before = file.read_bytes()
    status, told = command(space, "complete", id, "--token", "1", "--result", "* found it")
    assert (status, told["state"], told["outcome"]) == (0, "WORKING", "waiting")
    status, again = command(space, "complete", id, "--token", "1", "--result", "twice")
    assert (status, again["code"], again["details"]["by_this_token"]) == (4, "wrong_state", True)
    status, busy = command(space, "claim")
    assert (status, busy["code"]) == (BUSY, "busy")
    assert "has unsaved changes" in busy["message"]
    assert command(space, "show", id)[1]["outcome"] == "waiting"
    assert file.read_bytes() == before
    emacs.save(file)
    time.sleep(0.3)
    task = command(space, "show", id)[1]
    assert (task["state"], task["result"], task["outcome"]) == ("DONE", "* found it", None)
    assert file.read_bytes().count(b"** Result") == 1
    assert b"* a note of mine\n" in file.read_bytes()
    after = file.read_bytes()
    assert command(space, "show", id)[1] == task
    assert file.read_bytes() == after
    status, second = command(space, "claim")
    assert (status, second["token"]) == (0, 1)
    assert second["task"]["id"] != id


def test_a_person_who_cancels_in_that_buffer_is_obeyed_and_the_result_is_kept(
    space: Path, emacs: LiveEmacs
) -> None:
    """The person's word stands; what the holder said lies in quarantine, once."""
    (id,) = add(space, 1)
    command(space, "claim")
    file = file_of(space)
    emacs.open(file)
    emacs.replace(file, "* WORKING ", "* CANCELLED ")
    assert command(space, "complete", id, "--token", "1", "--result", "too late")[0] == 0
    emacs.save(file)
    time.sleep(0.3)
    assert [command(space, "show", id)[1]["state"] for _ in range(2)] == ["CANCELLED"] * 2
    kept = [place.read_text() for place in (space / ".orgpost/quarantine").glob("*/bytes")]
    assert len(kept) == 1
    assert "too late" in kept[0]


@pytest.mark.parametrize("end", ["revert", "kill9"])
def test_a_result_waits_no_longer_than_the_unsaved_words(
    space: Path, emacs: LiveEmacs, end: str
) -> None:
    """After a revert, and after the death of the Emacs, it is put in by the next command."""
    (id,) = add(space, 1)
    command(space, "claim")
    file = file_of(space)
    emacs.open(file)
    emacs.modify(file)
    assert (
        command(space, "fail", id, "--token", "1", "--error", "it broke")[1]["state"] == "WORKING"
    )
    if end == "revert":
        emacs.revert(file)
    else:
        emacs.kill9()
    task = command(space, "show", id)[1]
    assert (task["state"], task["errors"], task["outcome"]) == ("QUEUED", ["it broke"], None)
    assert file.read_bytes().count(b"** Error") == 1
