"""Agents that work on one inbox at the same time, for the races: run as a child process.

`python claimants.py LIB SPACE HOW [WORD]` prints what it was told, as soon as it was:

- `claim [COUNT]` takes one task after the other and keeps them: `got ID TOKEN`, then `nothing`;
- `one ID` waits for a line on stdin and takes that task: `got ID TOKEN`, or `no CODE SENTENCE`;
- `work` does what a task's id and token say, until all tasks are over: before it reports a result
  it prints `try ID TOKEN`, then `done`, `failed`, `back` or `late` with the same words;
- `keep` works off what there is, with positions that it keeps: `done ID TOKEN`, until stdin ends.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Callable

    from orgpost.agent_inbox import AgentInbox
    from orgpost.task import Claim

AGENT = "tex-agent"
PATH = f"agents/{AGENT}.org"
LIB = str(Path(__file__).parents[2] / "lib")
LEASE_SECONDS = 2


def start(
    space: Path, *how: str, told: Path | None = None, stdin: int | None = None
) -> subprocess.Popen[str]:
    """Start one; its standard output, or the file `told`, says what it was told."""
    words = [sys.executable, __file__, LIB, str(space), *how]
    if told is None:
        return subprocess.Popen(words, stdin=stdin, stdout=subprocess.PIPE, text=True)
    with told.open("a") as out:
        return subprocess.Popen(words, stdin=stdin, stdout=out, text=True)


def result_of(id: str, token: int) -> str:
    """Give the result that whoever has this token reports."""
    return f"the result of {id} under {token}"


def tell(*words: object) -> None:
    """Print a line, by one call of the system: a kill leaves all of it or nothing."""
    os.write(1, f"{' '.join(map(str, words))}\n".encode())


def _claim(inbox: AgentInbox, most: str = "1000000") -> None:
    for _ in range(int(most)):
        taken = inbox.claim()
        if not taken:
            tell("nothing")
            return
        tell("got", taken[0].task.id, taken[0].token)


def _one(inbox: AgentInbox, id: str) -> None:
    from orgpost.errors import OrgpostError

    tell("ready")
    sys.stdin.readline()
    try:
        (claim,) = inbox.claim(id=id)
    except OrgpostError as no:
        tell("no", no.code, no)
    else:
        tell("got", id, claim.token)


def _work(inbox: AgentInbox) -> None:
    while True:
        taken = inbox.claim(lease_seconds=LEASE_SECONDS)
        if taken:
            tell("got", taken[0].task.id, taken[0].token)
            _work_on(inbox, taken[0])
            continue
        counts = inbox.counts()
        if not counts["queued"] + counts["working"]:
            return
        time.sleep(0.1)


def _work_on(inbox: AgentInbox, claim: Claim) -> None:
    from orgpost.refusals import LeaseLost, WrongTaskState

    words = claim.task.id, claim.token
    what = crc32(f"{words}".encode()) % 40
    time.sleep(what / 1000)
    tell("try", *words)
    try:
        if what == 0:
            inbox.fail(claim, "it cannot be done", retryable=False)
            tell("failed", *words)
        elif what < 4:
            inbox.release(claim, "not now")
            tell("back", *words)
        else:
            if what < 8:
                claim = inbox.renew(claim, lease_seconds=LEASE_SECONDS)
            elif what < 10:
                time.sleep(LEASE_SECONDS)
            inbox.complete(claim, result=result_of(*words) * (1 + what % 3 * 10))
            tell("done", *words)
    except (LeaseLost, WrongTaskState) as no:
        # Who claimed it after us may have finished it; we never did.
        if isinstance(no, WrongTaskState) and no.by_this_token is not False:
            raise
        tell("late", *words)


def _keep(inbox: AgentInbox) -> None:
    import select

    while not select.select([sys.stdin], [], [], 0)[0]:
        taken = inbox.claim()
        for claim in taken:
            inbox.complete(claim, result=result_of(claim.task.id, claim.token))
            tell("done", claim.task.id, claim.token)
        time.sleep(0.002)
    tell("end")


def _main(space: str, how: str, *words: str) -> None:
    from orgpost.post import Post

    ways: dict[str, Callable[..., None]] = {
        "claim": _claim,
        "one": _one,
        "work": _work,
        "keep": _keep,
    }
    with Post.open(space, me=AGENT) as post:
        ways[how](post.inbox(AGENT), *words)


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    _main(*sys.argv[2:])
