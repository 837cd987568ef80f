"""What a process keeps open between two writes, and how it notices that this is out of date."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from orgpost.errors import NotPermitted
from orgpost.store.memory import MemoryStore
from tests.store.stages import INBOX, STAGES, Stage, entry, stage

if TYPE_CHECKING:
    from pathlib import Path

ONE, TWO, THREE, FOUR = (entry(f"msg-{number}") for number in range(1, 5))


@pytest.fixture(name="stage", params=STAGES)
def fixture_stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    """Each test is played on each stage."""
    return stage(request.param, tmp_path)


def test_a_journal_that_was_taken_away_is_not_written_to(stage: Stage) -> None:
    """However long nothing changed beside it: what is acknowledged stands where others look."""
    store = stage.store()
    for each in (ONE, TWO):
        store.append(INBOX, [each])
        stage.pass_time(5)
    store.append(INBOX, [FOUR])
    with stage.disk().folder(".orgpost/journal") as folder:
        for name in stage.person.calls.names(folder):
            stage.person.calls.unlink(name, folder=folder)
    stage.person.lock(INBOX)
    assert store.append(INBOX, [THREE]).stored == "waiting"
    assert THREE[1] in stage.store().view(INBOX).data
    assert len(stage.names(".orgpost/journal")) == 1


def test_a_folder_that_was_moved_away_is_not_written_to(stage: Stage) -> None:
    """Its path says which folder is meant, and not what was open."""
    store = stage.store()
    store.append(INBOX, [ONE])
    with stage.disk().folder("org/messaging") as folder:
        stage.person.calls.rename("inbox", "elsewhere", folder=folder)
        stage.person.calls.mkdir("inbox", 0o700, folder=folder)
    before = stage.person.read("elsewhere/tex.org")
    store.append(INBOX, [TWO])
    stage.pass_time(5)
    assert TWO[1] in stage.store().view(INBOX).data
    assert stage.person.read("elsewhere/tex.org") == before


def test_a_file_that_may_no_longer_be_written_refuses_before_anything_is_told() -> None:
    """Also for who wrote to it a moment ago; and again where the folder may not be written."""
    store = MemoryStore()
    store.append(INBOX, [ONE])
    for path in (INBOX, "inbox"):
        node = store.machine.find(f"/space/org/messaging/{path}")
        mode, node.mode = node.mode, node.mode & ~0o222
        with pytest.raises(NotPermitted):
            store.append(INBOX, [TWO])
        node.mode = mode
    assert TWO[1] not in store.view(INBOX).data
    assert store.append(INBOX, [TWO]).stored == "file"


def test_nothing_stays_open(tmp_path: Path) -> None:
    """Whoever closes a store has let go of every descriptor."""
    there = stage("full", tmp_path)
    before = os.listdir("/proc/self/fd")
    store = there.store()
    store.append(INBOX, [ONE])
    store.close()
    assert os.listdir("/proc/self/fd") == before
