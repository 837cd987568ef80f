"""Real processes that claim from one inbox at once, and are killed: no task is lost or doubled."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from orgpost.org import scan
from orgpost.post import Post
from tests.cli.door import command, environment, process
from tests.race.agents import add, make, said, tasks
from tests.race.claimants import AGENT, LEASE_SECONDS, PATH, result_of, start

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from orgpost.task import Task

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SIZE = os.environ.get("SIZE", "ci")
WORKERS = 8
TASKS = 200
KILLS = {"small": 8, "ci": 24, "nightly": 2000}[SIZE]
PAID, TOKENS = 40, 100
MANY = 10_000
EACH = 25


@pytest.fixture
def space(tmp_path: Path) -> Path:
    """A space in which tex-agent has no tasks yet."""
    return make(tmp_path)


def add_many(space: Path, count: int) -> list[str]:
    """Give tex-agent very many tasks, as copies of one."""
    (first,) = add(space, 1)
    with Post.open(space, me="tex") as post:
        raw = post.store.view(PATH).data
        raw = raw[scan.spans(raw)[0].start :]
        ids = [f"{first[:-8]}{n:08}" for n in range(1, count)]
        named = [(id.encode(), raw.replace(first.encode(), id.encode())) for id in ids]
        for at in range(0, len(named), 1000):
            post.store.append(PATH, named[at : at + 1000])
    return [first, *ids]


def claimed_by_hand(space: Path) -> list[tuple[str, int]]:
    """Claim by the command line until nothing is left; each answer is one document."""
    got: list[tuple[str, int]] = []
    while True:
        asked = ("--space", str(space), "--as", AGENT, "--json", "task", "claim")
        done = process(*asked)
        assert (done.returncode, done.stdout.count(b"\n")) == (0, 1), done.stderr
        data = json.loads(done.stdout)["data"]
        if not data["claimed"]:
            return got
        got.append((data["task"]["id"], data["token"]))


def test_eight_who_claim_until_nothing_is_left_share_what_there_is(space: Path) -> None:
    """Two hundred tasks are two hundred claims; each of the eight learns that nothing is left."""
    ids = add(space, TASKS)
    claimants = [start(space, "claim") for _ in range(WORKERS - 1)]
    by_hand = claimed_by_hand(space)
    lines = [claimant.communicate(timeout=250)[0].split("\n") for claimant in claimants]
    assert [claimant.returncode for claimant in claimants] == [0] * (WORKERS - 1)
    assert [each[-2:] for each in lines] == [["nothing", ""]] * (WORKERS - 1)
    got = by_hand + [claim for each in lines for claim in said(each, "got")]
    assert sorted(got) == [(id, 1) for id in sorted(ids)]
    assert {task.state for task in tasks(space).values()} == {"WORKING"}
    print(f"{len(got)} claims")


def test_of_sixteen_who_want_one_task_one_gets_it(space: Path) -> None:
    """The others are told what they found, and the file has one claim."""
    (id,) = add(space, 1)
    claimants = [start(space, "one", id, stdin=subprocess.PIPE) for _ in range(16)]
    for claimant in claimants:
        assert claimant.stdout is not None
        assert claimant.stdout.readline() == "ready\n"
    for claimant in claimants:
        assert claimant.stdin is not None
        claimant.stdin.write("go\n")
        claimant.stdin.flush()
    told = Counter(claimant.communicate(timeout=60)[0] for claimant in claimants)
    no = "no wrong_state claim: expected QUEUED, found WORKING\n"
    assert told == {f"got {id} 1\n": 1, no: 15}
    assert tasks(space)[id].attempt == 1


def test_of_two_commands_that_claim_one_task_one_is_refused(space: Path) -> None:
    """By the command line: one document each, and status 4 for the second."""
    for id in add(space, 4):
        words = command("--space", str(space), "--as", AGENT, "--json", "task", "claim", "--id", id)
        both = [
            subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE) for _ in range(2)
        ]
        answers = [json.loads(each.communicate(timeout=60)[0]) for each in both]
        assert sorted(each.returncode for each in both) == [0, 4]
        (yes,) = [answer["data"] for answer in answers if answer["ok"]]
        (no,) = [answer["error"] for answer in answers if not answer["ok"]]
        assert (yes["claimed"], yes["task"]["id"], yes["token"]) == (True, id, 1)
        assert no["code"] == "wrong_state"
        assert no["message"] == "claim: expected QUEUED, found WORKING"


def test_of_ten_thousand_tasks_each_is_claimed_once_and_in_turn(space: Path) -> None:
    """However many wait, who claims gets the oldest that nobody has."""
    ids = add_many(space, MANY)
    claimants = [start(space, "claim", str(EACH)) for _ in range(WORKERS)]
    by_hand = process("--space", str(space), "--as", AGENT, "--json", "task", "claim")
    lines = [claimant.communicate(timeout=250)[0].split("\n") for claimant in claimants]
    assert [claimant.returncode for claimant in claimants] == [0] * WORKERS
    document = json.loads(by_hand.stdout)
    assert by_hand.stdout.count(b"\n") == 1
    got = [claim for each in lines for claim in said(each, "got")]
    got.append((document["data"]["task"]["id"], document["data"]["token"]))
    assert sorted(got) == sorted((id, 1) for id in ids[: WORKERS * EACH + 1])
    with Post.open(space) as post:
        counts = post.inbox(AGENT).counts()
    assert (counts["working"], counts["queued"]) == (len(got), MANY - len(got))
    print(f"{len(got)} claims of {MANY}")


def test_no_task_is_lost_or_worked_twice_by_workers_that_are_killed(
    space: Path, rng: random.Random
) -> None:
    """In the end each is DONE once, by who held it, or DEAD; no token was given twice."""
    ids, told = add(space, TASKS - PAID), space / "told"
    paid = add(space, PAID, sender="crt", estimated_tokens=TOKENS)
    ids += paid
    told.touch()
    workers = [start(space, "work", told=told) for _ in range(WORKERS)]
    kills = 0
    while kills < KILLS and told.read_text().count("\nd") < TASKS - WORKERS:
        time.sleep(rng.uniform(0.01, 0.15))
        victim = rng.randrange(WORKERS)
        if workers[victim].poll() is None:
            workers[victim].send_signal(signal.SIGKILL)
            workers[victim].wait()
            kills += 1
        workers[victim] = start(space, "work", told=told)
    assert [worker.wait(timeout=120) for worker in workers] == [0] * WORKERS
    lines, found = told.read_text().split("\n"), tasks(space)
    assert set(found) == set(ids)
    assert {task.state for task in found.values()} <= {"DONE", "DEAD"}
    got = said(lines, "got")
    assert len(got) == len(set(got)), "a token was given twice"
    assert {claim for claim in got if claim[1] > found[claim[0]].token} == set()
    done, failed, late = said(lines, "done"), said(lines, "failed"), said(lines, "late")
    assert len(done) == len(dict(done))
    assert {claim for claim in done if found[claim[0]].token != claim[1]} == set()
    assert set(late).isdisjoint(done)
    tried = set(said(lines, "try"))
    for task in found.values():
        if task.state == "DONE":
            assert (task.id, task.token) in tried
            assert _results(task) == 1
        else:
            assert task.attempt >= task.max_attempts or (task.id, task.token) in {*tried, *failed}
            assert task.result is None
    must_have_paid(space, [found[id] for id in paid])
    print(f"{kills} kills, {len(got)} claims, {len(late)} late")


def must_have_paid(space: Path, paid: list[Task]) -> None:
    """Whoever was killed between the entry and the ledger left that to the next submission."""
    add(space, 1, sender="crt", estimated_tokens=TOKENS)
    with Post.open(space, me="tex") as post:
        used = post.governor.get_usage("crt")
    done = sum(task.state == "DONE" for task in paid)
    assert used["reserved_tokens"] == TOKENS
    assert TOKENS * done <= (used["tokens_today"] or 0) <= TOKENS * len(paid)


def _results(task: Task) -> int:
    said_once = result_of(task.id, task.token)
    return len(set(re.findall("the result of .*? under [0-9]+", task.result or "")) & {said_once})


def test_who_was_killed_and_comes_back_with_its_old_token_is_refused(space: Path) -> None:
    """After the recovery somebody else has the task; what the late one says is kept aside."""
    (id,) = add(space, 1)
    told = space / "told"
    first = start(space, "claim", told=told)
    while not said(told.read_text().split("\n"), "got"):
        time.sleep(0.01)
    first.kill()
    first.wait()
    as_agent = ("--space", str(space), "--as", AGENT, "--json", "task")
    process(*as_agent, "renew", id, "--token", "1", "--lease-seconds", "1")
    time.sleep(LEASE_SECONDS)
    second = json.loads(process(*as_agent, "claim").stdout)["data"]
    assert (second["task"]["id"], second["token"]) == (id, 2)
    before = (space / "org/messaging" / PATH).read_bytes()
    for words in (["complete", "--result", "mine"], ["fail", "--error", "mine"], ["renew"]):
        late = process(*as_agent, words[0], id, "--token", "1", *words[1:])
        error = json.loads(late.stdout)["error"]
        assert (late.returncode, error["code"]) == (4, "lease_lost")
        assert error["message"].startswith(f"{words[0]}: {id} is held under token 2 by {AGENT}@")
    assert (space / "org/messaging" / PATH).read_bytes() == before
    kept = [place.read_text() for place in (space / ".orgpost/quarantine").glob("*/bytes")]
    assert kept == ["mine", "mine"]
    done = process(*as_agent, "complete", id, "--token", "2", "--result", "done")
    assert json.loads(done.stdout)["data"]["state"] == "DONE"
