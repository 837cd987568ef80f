"""People in a real Emacs and programs write to one file at the same time: nobody loses a byte."""

from __future__ import annotations

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

WRITERS, SENDS, SAVES = 4, 50, 60


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


@pytest.mark.parametrize(
    "option",
    [None, ("create-lockfiles", "nil"), ("file-precious-flag", "t")],
    ids=["as-delivered", "no-lock-files", "saves-by-rename"],
)
def test_saves_of_a_person_and_writes_of_programs_are_all_there_once(
    space: Path, option: tuple[str, str] | None
) -> None:
    """Whatever was acknowledged stands in the file once, and each saved heading of the person's."""
    watcher = Watcher(space)
    with LiveEmacs() as emacs:
        if option is not None:
            emacs.set(*option)
        emacs.open(file_of(space))
        writers = [start(space, str(who), SENDS, 0.01) for who in range(WRITERS)]
        watcher.start()
        emacs.rounds(file_of(space), SAVES, pause=0.005)
        told = [
            line for writer in writers for line in writer.communicate(timeout=90)[0].split("\n")
        ]
    watcher.stop = True
    watcher.join()
    assert [writer.returncode for writer in writers] == [0] * WRITERS
    text = file_of(space).read_text()
    marked = [line.removeprefix("READ ") for line in told if line.startswith("READ ")]
    sent = [line for line in told if line.startswith("msg-")]
    grown = [line.removeprefix("GREW ") for line in told if line.startswith("GREW ")]
    assert {name for name in grown if text.count(f"grown by {name}\n") != 1} == set()
    assert len(sent) == WRITERS * SENDS
    assert {
        name: text.count(f":ID:       {name}\n")
        for name in sent
        if text.count(f":ID:       {name}\n") != 1
    } == {}
    assert {name for name in marked if f"* READ     {name}\n" not in text} == set()
    notes = re.findall(r"(?m)^\* note-([0-9]+)$", text)
    assert sorted(map(int, notes)) == list(range(SAVES))
    assert watcher.faults == []
