"""The ends of files, and locks that are no file's, on a disk and in memory."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from orgpost.errors import Busy, NestedLock
from orgpost.store.page import Tail
from orgpost.store.person import SAVES
from tests.store.stages import INBOX, STAGES, Stage, entry, stage

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 100


@pytest.fixture(name="stage", params=STAGES)
def fixture_stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    """Each test is played on each stage."""
    return stage(request.param, tmp_path)


def test_the_end_of_a_file_is_its_last_bytes(stage: Stage) -> None:
    """With the offset where they begin; a small file is all there, a missing one is empty."""
    store = stage.store()
    assert store.tail(INBOX, SIZE) == Tail(b"", 0)
    for number in range(5):
        store.append(INBOX, [entry(f"msg-{number}")])
    data = store.view(INBOX).data
    assert store.tail(INBOX, SIZE) == Tail(data[-SIZE:], len(data) - SIZE)
    assert stage.store().tail(INBOX, len(data) + 1) == Tail(data, 0)


def test_the_end_of_a_file_that_orgpost_never_wrote(stage: Stage) -> None:
    """It is a person's, and lies quiet."""
    data = b"# -*- mode: org; coding: utf-8-unix -*-\n" + entry("msg-1", "x" * 500)[1]
    stage.person.save(INBOX, data)
    stage.pass_time(3)
    assert stage.store().tail(INBOX, SIZE) == Tail(data[-SIZE:], len(data) - SIZE)
    assert stage.names("") == ["org"]


@pytest.mark.parametrize("how", SAVES)
def test_the_end_of_a_file_that_a_person_changed(stage: Stage, how: str) -> None:
    """What is acknowledged and what was saved are both there, whatever is read of it."""
    store = stage.store()
    store.append(INBOX, [entry("msg-1")])
    stage.person.edit(INBOX, lambda data: data + entry("msg-2", "x" * 500)[1], how=how)
    stage.pass_time(3)
    tail = stage.store().tail(INBOX, SIZE)
    assert stage.person.read(INBOX).endswith(tail.data[-SIZE:])
    store.append(INBOX, [entry("msg-3")])
    tail, data = stage.store().tail(INBOX, SIZE), stage.person.read(INBOX)
    assert data[tail.start :] == tail.data
    assert b"msg-3" in tail.data


def test_the_end_of_a_file_has_what_waits_for_an_editor(stage: Stage) -> None:
    """It is mail, though it is not in the file."""
    store = stage.store()
    store.append(INBOX, [entry("msg-1", "x" * 500)])
    stage.person.lock(INBOX)
    assert store.append(INBOX, [entry("msg-2")]).stored == "waiting"
    tail = stage.store().tail(INBOX, SIZE)
    assert b"msg-2" in tail.data
    assert b"msg-2" not in stage.person.read(INBOX)


def test_a_lock_that_is_no_files_excludes_others(stage: Stage) -> None:
    """Processes and threads alike; another name is another lock, and so is each file's."""
    ours, theirs = stage.store(), stage.store()
    with ours.lock("sent/crt"):
        with pytest.raises(Busy), theirs.lock("sent/crt", seconds=0.0):
            pass
        with pytest.raises(NestedLock), ours.lock("sent/crt"):
            pass
        with theirs.lock("sent/mira"):
            ours.append(INBOX, [entry("msg-1")])
    with theirs.lock("sent/crt", seconds=0.0):
        pass
    assert "sent+crt.lock" in stage.names(".orgpost/locks")


def test_threads_of_one_store_take_turns(stage: Stage) -> None:
    """One waits until the other is done, and no longer."""
    store, told = stage.store(5.0), []
    inside, leave = threading.Event(), threading.Event()

    def first() -> None:
        with store.lock("sent/crt"):
            inside.set()
            leave.wait(5)
            told.append("first")

    def second() -> None:
        inside.wait(5)
        leave.set()
        with store.lock("sent/crt"):
            told.append("second")

    threads = [threading.Thread(target=work) for work in (second, first)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == ["first", "second"]


def test_a_block_that_fails_gives_the_lock_back(stage: Stage) -> None:
    """Whatever happens in it."""
    store = stage.store()
    with pytest.raises(ZeroDivisionError), store.lock("sent/crt"):
        raise ZeroDivisionError
    with store.lock("sent/crt", seconds=0.0):
        pass
    store.close()
    with stage.store().lock("sent/crt", seconds=0.0):
        pass
