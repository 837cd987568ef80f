"""Programs that ask one governor at the same time, for the races: run as a child process.

`python spenders.py LIB SPACE SENDER COUNT TOKENS [MIDNIGHT]` asks COUNT times for a task of TOKENS,
and prints `yes TASK DAY` or `no CODE REASON` as soon as it was answered; of each third task that it
got it settles half. With MIDNIGHT (seconds from now) its day ends then. The tasks are what was
told: `told` is the file that all of them write to.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orgpost.budget import TaskFact

LIB = str(Path(__file__).parents[2] / "lib")
EVENING = datetime(2026, 11, 21, tzinfo=UTC)


def start(
    space: Path, sender: str, count: int, tokens: int, told: Path, midnight: float | None = None
) -> subprocess.Popen[str]:
    """Start one; it adds to `told` what it is told."""
    words = [sys.executable, __file__, LIB, str(space), sender, str(count), str(tokens)]
    words += [] if midnight is None else [str(midnight)]
    with told.open("a") as out:
        return subprocess.Popen(words, stdout=out, text=True)


class Told:
    """The task inboxes of the race: a task is there from when its line is."""

    def __init__(self, path: str) -> None:
        self._path = path

    def facts(self) -> dict[str, TaskFact]:
        """All of them, as they are by now."""
        from orgpost.budget import TaskFact

        found: dict[str, TaskFact] = {}
        for line in Path(self._path).read_text(encoding="utf-8").split("\n"):
            event, *words = line.split(" ")
            if event == "put":
                task, sender, tokens = words
                made = (task, "QUEUED", sender, "bot", "team", EVENING - timedelta(hours=9))
                found[task] = TaskFact(*made, estimated_tokens=int(tokens))
            elif event == "done":
                used = int(words[1])
                found[words[0]] = found[words[0]]._replace(
                    state="DONE", tokens_used=used, claimed=True
                )
        return found

    def find(self, ids: Iterable[str]) -> Mapping[str, TaskFact]:
        """Give those that are there."""
        facts = self.facts()
        return {id: facts[id] for id in ids if id in facts}

    def open_tasks(self) -> Iterable[TaskFact]:
        """Give those that are not over."""
        return [fact for fact in self.facts().values() if not fact.is_over]

    def ended_since(self, moment: datetime) -> Iterable[TaskFact]:
        """Nobody's machine ends here."""
        return ()


def _main(space: str, sender: str, count: int, tokens: int, midnight: float) -> None:
    from orgpost.budget import Ask, Limits, Verdict
    from orgpost.clock import Clock
    from orgpost.contact import Actor, Contacts
    from orgpost.governor import Governor
    from orgpost.refusals import Refused
    from orgpost.store import FileStore

    class Evening(Clock):
        def now(self) -> datetime:
            return EVENING + timedelta(seconds=time.time() - midnight)

    actors = [Actor(id=sender, name=sender, kind="person", trust_tier="team")]
    limits = Limits(tasks_per_hour=0, max_queue_depth=0, daily_budget_tokens=250)._replace(
        per_sender_daily_max=100, cooldown_seconds=0
    )
    clock, contacts = Evening(), Contacts(actors)
    store = FileStore(space, clock, lock_seconds=30, sync="off")
    told = Told(f"{space}/told")
    governor = Governor(store, clock, lambda: contacts, limits, told)

    def tell(words: str) -> None:
        # One call of the system, so that a kill leaves the whole line or none.
        os.write(1, f"{words}\n".encode())

    for number in range(count):
        ask = Ask("create", sender, "bot", clock.new_id("task"), tokens=tokens)

        def put(verdict: Verdict, ask: Ask = ask) -> None:
            tell(f"put {ask.task_id} {sender} {tokens}")

        try:
            governor.admit(ask, put)
        except Refused as no:
            tell(f"no {no.code} {no}")
            continue
        tell(f"yes {ask.task_id}")
        if number % 3 == 2:
            tell(f"done {ask.task_id} {tokens // 2}")
            governor.settle(told.find([ask.task_id])[ask.task_id], tokens // 2)


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    _midnight = float(sys.argv[6]) if len(sys.argv) > 6 else time.time() + 9 * 3600
    _main(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), _midnight)
