"""What tasks cost: their life beside that in other queues, and asking the governor.

All queues stand on this checkout's own disk, filled without a sync and measured with as many as
each can be made to do.  The sides of a row take turns, and each has the disk that the others leave
it.  The peers are the extra `bench`; `make bench` installs it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING

from bench import queues
from bench.claimants import Claimants
from bench.timing import NO_GOAL, Row, interleaved
from orgpost.budget.row import Row as LedgerRow
from orgpost.post import Post

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from orgpost.task import Claim

SMALL, LARGE = 100, 10_000
LEDGER_ROWS = 10_000
# So large that nobody is refused, and yet looked at.
SETTINGS = """\
messaging:
  trust_tiers: {team: {daily_token_limit: 1000000000, max_task_effort: 10}}
  compute:
    daily_budget_tokens: 1000000000
    per_sender_daily_max: 1000000000
    cooldown_between_tasks: 0
    max_queue_depth: 100000
    rate_limits: {tasks_per_hour: 100000}
"""
LEDGER_HEAD = """\
# -*- mode: org; coding: utf-8-unix -*-
#+TITLE: Ledger of {} (UTC)
#+STARTUP: overview logdrawer

| time | event | sender | agent | task | tokens | tier | note |
|------+-------+--------+-------+------+--------+------+------|
"""


def rows() -> Iterator[Row]:
    """Measure all of it."""
    yield from _cycles()
    for waiting in (SMALL, LARGE):
        yield _claimants(waiting)
    yield from _others()
    yield from _stages()
    yield from _submissions()


# --- against huey -------------------------------------------------------------------------------


def _cycles(rounds: int = 300) -> Iterator[Row]:
    kinds = (queues.Orgpost, queues.SqliteHuey)
    with queues.real_disk() as disk:
        made = [
            kind.filled(disk / f"{kind.__name__}-{waiting}", waiting)
            for waiting in (SMALL, LARGE)
            for kind in kinds
        ]
        ours, huey, ours_large, huey_large = interleaved([each.cycle for each in made], rounds)
        _all_must_be_finished(made, rounds)
    name = "huey on SQLite, fsync, results"
    yield _faster(f"task cycle, {SMALL} waiting", ours, ">= 1", name, huey, rounds)
    yield _faster(f"task cycle, {LARGE:,} waiting", ours_large, ">= 1", name, huey_large, rounds)
    what, floor = f"task cycle, {LARGE:,} waiting", f"{SMALL} waiting"
    yield Row(what, ours_large / ours, "<= 1.5", floor, ours_large * 1e3, ours * 1e3, rounds)


def _all_must_be_finished(made: list[queues.Queue], rounds: int) -> None:
    for queue in made:
        finished = queue.finished()
        queue.close()
        if finished != rounds + 1:
            message = f"{type(queue).__name__} has finished {finished} of {rounds + 1}"
            raise RuntimeError(message)


def _faster(what: str, ours: float, goal: str, floor: str, theirs: float, rounds: int) -> Row:
    return Row(what, theirs / ours, goal, floor, ours * 1e3, theirs * 1e3, rounds)


def _claimants(waiting: int, rounds: int = 15, each: int = 40) -> Row:
    kinds = (queues.Orgpost, queues.SqliteHuey)
    times: list[list[float]] = [[] for _ in kinds]
    with queues.real_disk() as disk:
        first, second = (Claimants(kind, disk / kind.__name__, waiting) for kind in kinds)
        with first, second:
            for number in range(rounds + 1):
                for side, taken in zip((first, second), times, strict=True):
                    seconds = side.run(each)
                    if number:
                        taken.append(seconds / (2 * each))
    ours, theirs = map(median, times)
    what = f"claim and complete, two processes, {waiting:,} waiting, for each task"
    return _faster(what, ours, ">= 1", "huey, the same", theirs, rounds)


# --- against the rest ---------------------------------------------------------------------------

_WHAT_THEY_ARE = {
    queues.PersistQueue: "persist-queue, synced, no results",
    queues.FileHuey: "huey on files, never synced",
    queues.Metaspn: "metaspn-ops, only leases synced",
    queues.OrgWorkspace: "org-workspace, never synced, one process",
}


def _others() -> Iterator[Row]:
    for kind, waiting, rounds, goal in (
        (queues.PersistQueue, SMALL, 100, ">= 1"),
        (queues.PersistQueue, LARGE, 100, ">= 1"),
        (queues.FileHuey, SMALL, 100, NO_GOAL),
        (queues.FileHuey, LARGE, 100, NO_GOAL),
        (queues.Metaspn, SMALL, 100, NO_GOAL),
        (queues.Metaspn, LARGE, 20, ">= 1"),
        (queues.OrgWorkspace, SMALL, 20, ">= 1"),
        (queues.OrgWorkspace, LARGE, 2, ">= 1"),
    ):
        yield _other(kind, waiting, rounds, goal)


def _other(kind: type[queues.Queue], waiting: int, rounds: int, goal: str) -> Row:
    with queues.real_disk() as disk:
        made = [each.filled(disk / each.__name__, waiting) for each in (queues.Orgpost, kind)]
        ours, theirs = interleaved([each.cycle for each in made], rounds)
        _all_must_be_finished(made, rounds)
    what = f"task cycle, {waiting:,} waiting"
    return _faster(what, ours, goal, _WHAT_THEY_ARE[kind], theirs, rounds)


# --- where the time goes ------------------------------------------------------------------------


def _stages(rounds: int = 300) -> Iterator[Row]:
    """Take the cycle apart, without syncs: what is left is ours."""
    for waiting in (SMALL, LARGE):
        with queues.real_disk() as disk:
            queues.Orgpost.fill(disk / "ours", waiting)
            queue = queues.Orgpost(disk / "ours", synced=False)
            stages = _stages_of(queue)
            times = interleaved(list(stages.values()), rounds)
            _all_must_be_finished([queue], rounds)
        whole = sum(times)
        for name, seconds in zip(stages, times, strict=True):
            what, ms = f"{name}, unsynced, {waiting:,} waiting", seconds * 1e3
            yield Row(what, seconds / whole, NO_GOAL, "its cycle", ms, whole * 1e3, rounds)


def _stages_of(queue: queues.Orgpost) -> dict[str, Callable[[], object]]:
    claims: list[Claim] = []
    return {
        "create": queue.add,
        "claim": lambda: claims.extend(queue.inbox.claim()),
        "complete": lambda: queue.inbox.complete(claims.pop(), result=queues.RESULT),
    }


# --- asking the governor ------------------------------------------------------------------------


def _submissions() -> Iterator[Row]:
    with queues.real_disk() as disk:
        for known in (0, LEDGER_ROWS):
            place = disk / f"ledger-{known}"
            queues.opened(place, me="crt", settings=SETTINGS).close()
            _write_ledger(place, known)
            goal = "<= 20" if known else NO_GOAL
            yield _submission(f"submission, {known:,} ledger rows, cold", goal, _cold(place))
            yield _submission(f"submission, {known:,} ledger rows, warm", goal, _warm(place))


def _submission(what: str, goal: str, submit: Callable[[], object], rounds: int = 60) -> Row:
    (seconds,) = interleaved([submit], rounds)
    return Row(what, seconds * 1e3, goal, "1 ms", seconds * 1e3, 1.0, rounds)


def _cold(place: Path) -> Callable[[], object]:
    def submit() -> None:
        with Post.open(space=place, me="crt") as post:
            inbox = post.inbox("tex-agent")
            task = inbox.create_task("crt", queues.TITLE, body=queues.BODY, estimated_tokens=900)
        assert task.state == "QUEUED"

    return submit


def _warm(place: Path) -> Callable[[], object]:
    inbox = Post.open(space=place, me="crt").inbox("tex-agent")

    def submit() -> None:
        task = inbox.create_task("crt", queues.TITLE, body=queues.BODY, estimated_tokens=900)
        assert task.state == "QUEUED"

    return submit


def _write_ledger(place: Path, count: int) -> None:
    """Write what half as many tasks of today have reserved and used, as of some time ago."""
    if not count:
        return
    now = datetime.now(UTC)
    first = now.replace(hour=0, minute=0, second=0, microsecond=0)
    apart = (now - first - timedelta(minutes=1)) / count
    text = [LEDGER_HEAD.format(f"{now:%Y-%m-%d}")]
    for number in range(count):
        moment = first + number * apart
        event, tokens = (("reserve", 1000), ("settle", 700))[number % 2]
        id = f"task-{now:%Y%m%d}-000000-{number // 2:010}"
        at = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
        text.append(LedgerRow(at, event, "crt", "tex-agent", id, tokens, "team").to_text())
    ledger = place / f"org/messaging/ledger/{now:%Y-%m-%d}.org"
    ledger.parent.mkdir(exist_ok=True)
    ledger.write_text("".join(text))
    time.sleep(1)  # an editor that has just written a file may write on
