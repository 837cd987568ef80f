"""Who may write: the kernel's lock, its waiters, and what a death, a fork or a removal does."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orgpost.errors import Busy, NestedLock
from orgpost.store import FileStore

if TYPE_CHECKING:
    from collections.abc import Iterator

INBOX = "inbox/tex.org"
LIB = str(Path(__file__).parents[2] / "lib")
HOLDER = """
import sys, time
sys.path.insert(0, {lib!r})
from orgpost.store import FileStore
store = FileStore({space!r})
with store.held("inbox/tex.org"):
    print("held", flush=True)
    time.sleep(60)
"""
SENDER = """
import sys
sys.path.insert(0, {lib!r})
from orgpost.store import FileStore
store = FileStore({space!r})
for number in range({count}):
    name = b"msg-{who}-%d" % number
    text = b"* UNREAD   x\\n:PROPERTIES:\\n:ID:       " + name + b"\\n:END:\\n"
    store.append("inbox/tex.org", [(name, text)])
store.close()
"""


def entry(name: str) -> tuple[bytes, bytes]:
    """Make an entry of that id."""
    id = name.encode()
    return id, b"* UNREAD   x\n:PROPERTIES:\n:ID:       " + id + b"\n:END:\n"


@pytest.fixture
def space(tmp_path: Path) -> Path:
    """Give a space with one message in it."""
    (tmp_path / "org/messaging/inbox").mkdir(parents=True)
    with FileStore(tmp_path) as store:
        store.append(INBOX, [entry("msg-first")])
    return tmp_path


@contextmanager
def holder(space: Path) -> Iterator[subprocess.Popen[str]]:
    """Let another process hold the lock of the inbox."""
    code = HOLDER.format(lib=LIB, space=str(space))
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]


def test_the_lock_is_one_file_for_ever(space: Path) -> None:
    """Who unlinks it when done lets in a waiter, who has the old one, beside whoever comes next."""
    place = space / ".orgpost/locks/inbox+tex.org.lock"
    before = place.stat().st_ino
    with FileStore(space) as one, FileStore(space) as other:
        for store in (one, other, one):
            with store.held(INBOX):
                assert place.stat().st_ino == before
            assert place.stat().st_ino == before
    assert place.stat().st_ino == before


def test_busy_names_who_holds_the_file(space: Path) -> None:
    """Who waits in vain learns which process it waits for."""
    with holder(space) as process, pytest.raises(Busy) as refused:
        FileStore(space, lock_seconds=0.1).append(INBOX, [entry("msg-second")])
    assert f"process {process.pid}" in str(refused.value)


@pytest.mark.slow
def test_the_next_writer_comes_as_soon_as_the_holder_is_dead(space: Path) -> None:
    """The kernel drops the lock with its process: there is no stale lock that runs out."""
    with holder(space) as process:
        threading.Timer(0.3, process.kill).start()
        begin = time.monotonic()
        FileStore(space, lock_seconds=60).append(INBOX, [entry("msg-second")])
    assert time.monotonic() - begin < 10  # at rest it comes within a millisecond


def test_a_stopped_holder_blocks_writers_but_no_reader(space: Path) -> None:
    """A stopped process keeps its lock; readers never ask for it."""
    with holder(space) as process:
        os.kill(process.pid, signal.SIGSTOP)
        store = FileStore(space, lock_seconds=0.1)
        with pytest.raises(Busy):
            store.append(INBOX, [entry("msg-second")])
        os.kill(process.pid, signal.SIGCONT)
        assert b"msg-first" in store.view(INBOX).data


def test_a_lock_that_comes_too_late_is_dropped_at_once(space: Path) -> None:
    """Who gave up waiting does not hold the lock later by accident."""
    waiter = FileStore(space, lock_seconds=0.2)
    with holder(space), pytest.raises(Busy):
        waiter.append(INBOX, [entry("msg-late")])
    other = FileStore(space, lock_seconds=2)
    assert other.append(INBOX, [entry("msg-other")]).stored == "file"
    assert waiter.append(INBOX, [entry("msg-late")]).stored == "file"


def test_a_thread_that_asks_twice_is_told_instead_of_waiting_for_itself(space: Path) -> None:
    """The same path twice in one thread is a fault of the program, named at once."""
    store = FileStore(space)
    with store.held(INBOX), pytest.raises(NestedLock):
        store.append(INBOX, [entry("msg-second")])


def test_threads_of_one_process_exclude_each_other(space: Path) -> None:
    """One descriptor does not exclude threads; the store does."""
    store, inside, most = FileStore(space), [0], [0]

    def work() -> None:
        for _ in range(50):
            with store.held(INBOX):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                time.sleep(0)
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_a_child_forked_under_the_lock_waits_like_a_stranger(space: Path) -> None:
    """An inherited descriptor would let parent and child in together."""
    store = FileStore(space, lock_seconds=0.2)
    with store.held(INBOX):
        child = os.fork()
        if child == 0:
            try:
                store.append(INBOX, [entry("msg-child")])
            except Busy:
                os._exit(7)
            except BaseException:  # noqa: BLE001  a child must not run the rest of the tests
                os._exit(8)
            os._exit(0)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 7


@pytest.mark.slow
def test_removing_the_locks_under_four_writers_loses_and_doubles_nothing(space: Path) -> None:
    """Somebody deletes .orgpost/locks in mid-run: writers notice and agree on a new lock."""
    codes = [SENDER.format(lib=LIB, space=str(space), who=who, count=100) for who in range(4)]
    writers = [subprocess.Popen([sys.executable, "-c", code]) for code in codes]
    while any(writer.poll() is None for writer in writers):
        shutil.rmtree(space / ".orgpost/locks", ignore_errors=True)
        time.sleep(0.05)
    assert [writer.returncode for writer in writers] == [0] * 4
    text = FileStore(space).view(INBOX).data
    counts = {
        text.count(f":ID:       msg-{w}-{n}\n".encode()) for w in range(4) for n in range(100)
    }
    assert counts == {1}


@pytest.mark.slow
def test_eight_waiting_writers_are_served_within_a_second(space: Path) -> None:
    """Waiting in the kernel is fair: polling alone was seen to starve."""
    code = SENDER + "\nimport time\n"
    codes = [code.format(lib=LIB, space=str(space), who=who, count=60) for who in range(8)]
    writers = [subprocess.Popen([sys.executable, "-c", each]) for each in codes]
    store, worst = FileStore(space), 0.0
    while any(writer.poll() is None for writer in writers):
        begin = time.monotonic()
        with store.held(INBOX):
            worst = max(worst, time.monotonic() - begin)
            time.sleep(0.001)
    assert worst < 1.0
