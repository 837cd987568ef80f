"""People in a real Emacs and programs write to one file at the same time: nobody loses a byte."""

from __future__ import annotations

import os
import re
import threading
import time
from typing import TYPE_CHECKING

import pytest

from orgpost.store import FileStore
from tests.emacs.session import LiveEmacs
from tests.race.writers import INBOX, entry, start

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

# How many write how often, how often a person saves, and how long each pauses after it.
SIZES = {"small": (2, 20, 15), "ci": (4, 50, 60), "nightly": (2, 200, 300)}
WRITERS, SENDS, SAVES = SIZES[os.environ.get("SIZE", "ci")]
SLOW_WRITERS, SLOW_SENDS, SLOW_SAVES, SLOW_PAUSE = 2, 600, 120, 0.075


@pytest.fixture
def space(tmp_path: Path) -> Path:
    """Give a space with one message in it."""
    (tmp_path / "org/messaging/inbox").mkdir(parents=True)
    with FileStore(tmp_path) as store:
        store.append(INBOX, [entry("msg-first")])
    return tmp_path


def file_of(space: Path) -> Path:
    """Give the Org file."""
    return space / "org/messaging" / INBOX


class Watcher(threading.Thread):
    """Reads all the time; every view must be whole and never lose what it showed before."""

    def __init__(self, space: Path) -> None:
        super().__init__()
        self.store, self.faults, self.views, self.stop = FileStore(space), [""][:0], 0, False

    def run(self) -> None:
        """Look until it is enough."""
        seen: set[bytes] = set()
        while not self.stop:
            data = self.store.view(INBOX).data
            self.views += 1
            ids = re.findall(rb"(?m)^:ID: +(\S+)$", data)
            if lost := seen - set(ids):
                self.faults.append(f"lost {sorted(lost)[:3]}")
            if len(ids) != len(set(ids)):
                self.faults.append("doubled")
            if b"\0" in data or not data.startswith(b"# -*- mode: org"):
                self.faults.append("torn")
            seen |= set(ids)
            time.sleep(0.001)


OPTIONS = pytest.mark.parametrize(
    "option",
    [None, ("create-lockfiles", "nil"), ("file-precious-flag", "t")],
    ids=["as-delivered", "no-lock-files", "saves-by-rename"],
)


@OPTIONS
def test_saves_of_a_person_and_writes_of_programs_are_all_there_once(
    space: Path, option: tuple[str, str] | None
) -> None:
    """Whatever was acknowledged stands in the file once, and each saved heading of the person's."""
    race(space, option, (WRITERS, SENDS, SAVES), pause=0.005)


@pytest.mark.nightly
@pytest.mark.timeout(600)
@OPTIONS
def test_an_hour_of_a_persons_saves_loses_nothing(
    space: Path, option: tuple[str, str] | None
) -> None:
    """The same at a person's pace, where more is confirmed between two saves."""
    race(space, option, (SLOW_WRITERS, SLOW_SENDS, SLOW_SAVES), pause=SLOW_PAUSE)


def race(
    space: Path, option: tuple[str, str] | None, size: tuple[int, int, int], *, pause: float
) -> None:
    """Let programs send, mark and grow while a person saves; then count everything."""
    writers_count, sends, saves = size
    watcher = Watcher(space)
    with LiveEmacs() as emacs:
        if option is not None:
            emacs.set(*option)
        emacs.open(file_of(space))
        writers = [start(space, str(who), sends, 0.01) for who in range(writers_count)]
        watcher.start()
        emacs.rounds(file_of(space), saves, pause=pause)
        told = [
            line for writer in writers for line in writer.communicate(timeout=300)[0].split("\n")
        ]
    watcher.stop = True
    watcher.join()
    assert [writer.returncode for writer in writers] == [0] * writers_count
    text = file_of(space).read_text()
    marked = [line.removeprefix("READ ") for line in told if line.startswith("READ ")]
    sent = [line for line in told if line.startswith("msg-")]
    grown = [line.removeprefix("GREW ") for line in told if line.startswith("GREW ")]
    assert {name for name in grown if text.count(f"grown by {name}\n") != 1} == set()
    assert len(sent) == writers_count * sends
    assert {
        name: text.count(f":ID:       {name}\n")
        for name in sent
        if text.count(f":ID:       {name}\n") != 1
    } == {}
    assert {name for name in marked if f"* READ     {name}\n" not in text} == set()
    notes = re.findall(r"(?m)^\* note-([0-9]+)$", text)
    assert sorted(map(int, notes)) == list(range(saves))
    assert watcher.faults == []
    with FileStore(space) as store:
        store.clock.sleep(0.5)
        store.confirm(INBOX)
        seen = store.inspect(INBOX)
    assert (seen.waiting, seen.unconfirmed) == (0, 0)
    print(f"{len(sent)} sent, {len(notes)} saves of a person, {seen.restored} redelivered")
