"""What a hook costs: the gate against a shell, news against a bare Python, in one run.

Each side is a whole process, from its start to the end of its stdout and its exit, with what the
client really sends on stdin. News is the first call of a session, so each call is another session.
"""

from __future__ import annotations

import itertools
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.timing import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

GATE = Path(__file__).parent.parent / "hooks" / "orgpost-hook"
UNREAD = 10
BLOCKS = 3
SESSION = "5b0c3c1e-6f0e-4f0e-9a55-0d6f2d7a1c11"
PAYLOAD = (
    '{"session_id":"%s","transcript_path":"/home/u/.claude/projects/-home-u-proj/t.jsonl",'
    '"cwd":"/home/u/proj","permission_mode":"default","hook_event_name":"UserPromptSubmit",'
    '"prompt":"Fix the failing parser test"}'
)
CONTACTS = """\
actors:
  - {id: tex, kind: person, trust_tier: owner}
  - {id: crt, kind: person, trust_tier: team}
  - {id: tex-agent, kind: agent, owner: tex, trust_tier: team}
"""
HEADER = """\
# -*- mode: org; coding: utf-8-unix -*-
#+TITLE: Inbox of tex-agent
#+TODO: UNREAD(u) READ(r) TODO(t) | DONE(d) ARCHIVED(a)
#+STARTUP: overview logdrawer

"""
ENTRY = """\
* {state:<8} Report {number:06d} of the night's run                           :ops:
:PROPERTIES:
:ID:       msg-20261120-083105-{number:010d}
:FROM:     crt
:TO:       tex-agent
:CREATED:  [2026-11-20 Fri 09:31:05]
:THREAD:   msg-20261120-083105-{number:010d}
:END:
Build {number} is green. Two tests were slow; the log is where it always is, and nothing else.
"""


def rows(rounds: int = 40) -> Iterator[Row]:
    """Measure what docs/hooks.md promises."""
    with tempfile.TemporaryDirectory(prefix="orgpost-bench-") as folder:
        for messages in (10, 10_000):
            yield idle(space(Path(folder, f"idle-{messages}"), messages, unread=0), rounds)
        for messages, goal in ((10, "<= 3"), (10_000, "<= 3"), (100_000, "<= 6")):
            yield news(space(Path(folder, f"news-{messages}"), messages), messages, goal, rounds)


def idle(place: Path, rounds: int) -> Row:
    """The gate where nothing is new, against the shell that runs it."""
    os.environ["ORGPOST_PYTHON"] = sys.executable
    gate = process([str(GATE), *words(place)])
    gate()  # leaves the stamp
    shell = process(["/bin/sh", "-c", ":"])
    ours, floor = in_turn(gate, shell, 5 * rounds)
    count = (place / "org/messaging/inbox/tex-agent.org").read_bytes().count(b"\n* ")
    what = f"hook, nothing new, {count:,} messages"
    return Row(what, ours / floor, "<= 2", "sh -c :", ours * 1e3, floor * 1e3, 5 * rounds)


def news(place: Path, messages: int, goal: str, rounds: int) -> Row:
    """The first call of a session with unread mail, against a Python that does nothing."""
    os.environ["ORGPOST_PYTHON"] = sys.executable
    gate = process([str(GATE), *words(place)], speaks=True)
    python = process([sys.executable, "-I", "-S", "-c", "pass"])
    ours, floor = in_turn(gate, python, rounds)
    what = f"hook, news, {messages:,} messages"
    return Row(what, ours / floor, goal, "python3 -I -S -c pass", ours * 1e3, floor * 1e3, rounds)


def in_turn(ours: Callable[[], None], floor: Callable[[], None], rounds: int) -> tuple[float, ...]:
    """The medians of both, in seconds, of the block with the middle ratio.

    Before each call all is quiet: what the gate leaves in the background would slow the floor.
    What else the machine does comes in bursts, so one block of three may be off without harm.
    """
    blocks = [_block(ours, floor, max(1, rounds // BLOCKS)) for _ in range(BLOCKS)]
    return sorted(blocks, key=lambda medians: medians[0] / medians[1])[BLOCKS // 2]


def _block(ours: Callable[[], None], floor: Callable[[], None], rounds: int) -> tuple[float, ...]:
    times = [(_timed(ours), _timed(floor)) for _ in range(rounds + 1)]
    # The first one only warms up.
    return tuple(statistics.median(side) for side in zip(*times[1:], strict=True))


def _timed(side: Callable[[], None]) -> float:
    time.sleep(0.01)
    begin = time.perf_counter()
    side()
    return time.perf_counter() - begin


def words(place: Path) -> list[str]:
    """What a registration says after the gate's path."""
    return ["claude", "UserPromptSubmit", "--space", str(place), "--as", "tex-agent"]


def space(place: Path, messages: int, unread: int = UNREAD) -> Path:
    """Make a space with so much mail, as old as a hook finds it."""
    inbox = place / "org/messaging/inbox/tex-agent.org"
    inbox.parent.mkdir(parents=True)
    contacts = place / "org/messaging/contacts.yaml"
    contacts.write_text(CONTACTS)
    entries = (
        ENTRY.format(state="UNREAD" if number > messages - unread else "READ", number=number)
        for number in range(1, messages + 1)
    )
    inbox.write_text(HEADER + "".join(entries))
    minute_ago = time.time() - 60
    for path in (inbox, contacts):
        os.utime(path, (minute_ago, minute_ago))
    return place


def process(command: Sequence[str], *, speaks: bool = False) -> Callable[[], None]:
    """Make a side: start it, give it what a client gives, take its answer, wait for its exit."""
    sessions = itertools.count()

    def run() -> None:
        payload = PAYLOAD % (SESSION[:-6] + f"{next(sessions):06d}")
        answer, status = call(command, payload.encode())
        if status or speaks != bool(answer):
            message = f"{command[0]} ended with {status} and {len(answer)} bytes"
            raise RuntimeError(message)

    return run


def call(command: Sequence[str], payload: bytes) -> tuple[bytes, int]:
    """Run a command with as little of our own around it as can be."""
    stdin, give = os.pipe()
    take, stdout = os.pipe()
    os.write(give, payload)  # first: the floors end without reading it
    actions = [(os.POSIX_SPAWN_DUP2, stdin, 0), (os.POSIX_SPAWN_DUP2, stdout, 1)]
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    os.close(stdin)
    os.close(stdout)
    os.close(give)
    answer = b""
    while piece := os.read(take, 1 << 16):
        answer += piece
    os.close(take)
    return answer, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
