"""Eight writers, killed at random instants: what was told is there, once, whole.

A writer prints an id only after the call that stored it has returned.
"""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from orgpost.org import scan
from orgpost.store import FileStore
from tests.independent_reader import read_bytes
from tests.race.writers import INBOX, start

if TYPE_CHECKING:
    import random
    from pathlib import Path

pytestmark = pytest.mark.slow

WRITERS = 8
SECONDS = {"ci": 20, "nightly": 1800}[os.environ.get("SIZE", "ci")]


@pytest.mark.timeout(SECONDS + 100)
def test_whatever_was_told_before_a_kill_is_there_once(tmp_path: Path, rng: random.Random) -> None:
    """`kill -9` at random; every told id once, nothing torn, and the next send works."""
    space, said = tmp_path / "space", tmp_path / "told"
    (space / "org/messaging/inbox").mkdir(parents=True)
    told: list[str] = []
    kills, generation, end = 0, 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        before = said.stat().st_size if said.exists() else 0
        writers = [start(space, f"{generation}-{n}", 4000, told=said) for n in range(WRITERS)]
        while said.stat().st_size == before:
            time.sleep(0.01)
        time.sleep(rng.uniform(0.05, 0.8))
        for writer in rng.sample(writers, WRITERS):
            writer.send_signal(signal.SIGKILL)
            kills += 1
            time.sleep(rng.uniform(0, 0.01))
        for writer in writers:
            writer.wait(timeout=60)
        generation += 1
        told = said.read_text().split("\n")[:-1]
        data = FileStore(space).view(INBOX).data
        ids = [id.decode() for id, _ in scan.find_all_ids(data)]
        sent = [line for line in told if line.startswith("msg-")]
        assert len(ids) == len(set(ids))
        assert set(sent) - set(ids) == set()
        states = {entry.id: entry.keyword for entry in read_bytes(data, "message")}
        marked = {line.removeprefix("READ ") for line in told if line.startswith("READ ")}
        assert {id for id in marked if states[id] != "READ"} == set()
        grown = [line.removeprefix("GREW ") for line in told if line.startswith("GREW ")]
        assert {id for id in grown if data.count(f"grown by {id}\n".encode()) != 1} == set()
        assert b"\0" not in data
    print(f"{kills} kills, {len(told)} told")
    assert len(told) > kills
