"""A program for each event: what it is given, and that nothing that it does stops anything."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import pytest

from orgpost.listening import runner
from orgpost.listening.runner import Job, Runner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LINE = b'{"subject": "$(touch pwned) `x` \\" \\u001b ; & |\\n"}\n'
LONG = 20.0


class Runs:
    """Runners of one test, and what they report."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reports: list[str] = []
        self.runners: list[Runner] = []

    def __call__(self, program: str, *words: str) -> Runner:
        """Run a Python program for each event, in the test's folder."""
        argv = [sys.executable, "-c", f"import os, sys, time\n{program}", *words]
        environ = {**os.environ, "OUT": str(self.folder)}
        return self.of(argv, environ)

    def of(self, argv: list[str], environ: dict[str, str]) -> Runner:
        """Run any program for each event."""
        made = Runner(argv, environ, fold=lambda count: b"%d\n" % count, report=self.reports.append)
        self.runners.append(made)
        return made

    def lines(self) -> list[str]:
        """What the programs wrote."""
        path = self.folder / "out"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    """Nothing is left of any runner."""
    found = Runs(tmp_path)
    yield found
    for each in found.runners:
        each.stop()


WRITE = "open(os.environ['OUT'] + '/out', 'a').write(%s + '\\n')"


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_program_is_given_its_words_and_the_line(runs: Runs) -> None:
    """Its words exactly as given, the line on stdin, the event's name, and nothing else of it."""
    program = WRITE % "repr((sys.argv[1:], sys.stdin.read(), os.environ['ORGPOST_EVENT']))"
    leak = "\nassert not any('pwned' in value for value in os.environ.values())"
    runs(program + leak, "$HOME", "a b", "").put(Job("message", LINE))
    runs.runners[0].finish()
    assert runs.lines() == [repr((["$HOME", "a b", ""], LINE.decode(), "message"))]
    assert runs.reports == []
    assert not (runs.folder / "pwned").exists()


@pytest.mark.slow
def test_events_are_handed_over_one_at_a_time_in_order(runs: Runs) -> None:
    """The second begins when the first is over."""
    runner = runs(
        "n = sys.stdin.read()\n"
        + WRITE % "'begin ' + n"
        + "\ntime.sleep(0.1)\n"
        + WRITE % "'end ' + n"
    )
    for number in range(3):
        runner.put(Job("message", b"%d" % number))
    runner.finish()
    assert runs.lines() == [f"{word} {number}" for number in range(3) for word in ("begin", "end")]


@pytest.mark.parametrize(
    ("program", "report"),
    [("sys.exit(3)", "it ended with 3"), ("os.kill(os.getpid(), 9)", "it ended with -9")],
)
def test_a_program_that_fails_is_reported_and_stops_nothing(
    runs: Runs, program: str, report: str
) -> None:
    """The next event has its turn."""
    runner = runs("if sys.stdin.read() == 'bad': " + program + "\n" + WRITE % "'good'")
    runner.put(Job("message", b"bad"))
    runner.put(Job("message", b"good"))
    runner.finish()
    assert runs.lines() == ["good"]
    assert (runner.failures, runs.reports) == (1, [f"--exec {sys.executable}: {report}"])


@pytest.mark.parametrize("word", ["/nowhere/at/all", "", "with\0nul"])
def test_a_program_that_does_not_exist_is_reported(runs: Runs, word: str) -> None:
    """For each event, and nothing ends."""
    runner = runs.of([word], dict(os.environ))
    runner.put(Job("message", LINE))
    runner.put(Job("message", LINE))
    runner.finish()
    assert runner.failures == len(runs.reports) == 2


def test_a_program_that_reads_nothing_is_no_trouble(runs: Runs) -> None:
    """It may close its stdin, and the line may be longer than a pipe."""
    runner = runs("os.close(0)\n" + WRITE % "'done'")
    runner.put(Job("message", b"x" * 300_000))
    runner.finish()
    assert (runs.lines(), runs.reports) == (["done"], [])


@pytest.mark.slow
def test_a_program_that_hangs_is_ended_with_its_children(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its time; a child of it that holds on goes too, and the next event has its turn."""
    monkeypatch.setattr(runner, "LIMIT_SECONDS", 4.0)  # for a start, however busy the machine is
    program = f"""
if sys.stdin.read() == "hang":
    child = os.fork()
    if child:
        {WRITE % "str(child)"}
    time.sleep(60)
{WRITE % "'next'"}
"""
    each = runs(program)
    each.put(Job("message", b"hang"))
    each.put(Job("message", b"go"))
    each.finish()
    child, last = runs.lines()
    assert last == "next"
    wait_for(lambda: not is_alive(int(child)))
    assert runs.reports == [f"--exec {sys.executable}: it was ended after 4 seconds"]


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet buried does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except FileNotFoundError:
        return False


def test_more_than_a_hundred_are_folded_into_one(runs: Runs) -> None:
    """Which says how many they were; nothing waits without end."""
    gate = runs.folder / "gate"
    program = f"""
while not os.path.exists({str(gate)!r}): time.sleep(0.01)
{WRITE % "os.environ['ORGPOST_EVENT'] + ' ' + sys.stdin.read().strip()"}
"""
    each = runs(program)
    each.put(Job("message", b"first"))
    wait_for(lambda: each._process is not None)
    for number in range(runner.MOST_WAITING + 7):
        each.put(Job("message", b"%d" % number))
    with each._changed:
        # Only the first, the last and the fold matter here, and a hundred starts take long.
        kept = [each._waiting[0], each._waiting[-1]]
        each._waiting.clear()
        each._waiting.extend(kept)
    gate.touch()
    each.finish()
    assert runs.lines() == ["message first", "message 0", "message 99", "folded 7"]


def test_who_stops_does_not_wait_for_anything(runs: Runs) -> None:
    """What runs is ended, what waits is dropped."""
    each = runs(WRITE % "'begun'" + "\ntime.sleep(60)")
    each.put(Job("message", b""))
    each.put(Job("message", b""))
    wait_for(lambda: runs.lines() == ["begun"])
    started = time.monotonic()
    each.stop()
    assert time.monotonic() - started < LONG
    assert runs.lines() == ["begun"]
