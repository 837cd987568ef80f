"""Whose lock beside a file is obeyed: each kind that Emacs leaves, alive and dead."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, ClassVar

import pytest

from orgpost.errors import Busy
from orgpost.store import FileStore, Page
from orgpost.store.calls import Calls
from tests.race.writers import INBOX, entry

if TYPE_CHECKING:
    from pathlib import Path

HOST = socket.gethostname()
DEAD = 2**22 + 1


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give the inbox of a space, with one message in it."""
    (tmp_path / "org/messaging/inbox").mkdir(parents=True)
    with FileStore(tmp_path) as store:
        store.append(INBOX, [entry("msg-first")])
    return tmp_path / "org/messaging" / INBOX


def lock(file: Path, words: str) -> Path:
    """Leave Emacs's lock beside a file."""
    place = file.with_name(f".#{file.name}")
    place.symlink_to(words)
    return place


def sent(file: Path, calls: Calls | None = None) -> str:
    """Send one more, and give what became of it: `file` or `waiting`."""
    with FileStore(file.parents[3], calls=calls) as store:
        return store.append(INBOX, [entry(f"msg-{time.time_ns()}")]).stored


def booted() -> int:
    """Give when this machine booted."""
    seconds = Calls().booted_at()
    assert seconds is not None
    return seconds


@pytest.mark.parametrize(
    ("words", "stored"),
    [
        (f"tex@{HOST}.{os.getpid()}", "waiting"),
        (f"tex@{HOST}.{os.getpid()}:{booted()}", "waiting"),
        (f"tex@home@{HOST}.{os.getpid()}", "waiting"),
        (f"tex@{HOST}.{DEAD}", "file"),
        (f"tex@{HOST}.{DEAD}:{booted()}", "file"),
        (f"tex@{HOST}.{os.getpid()}:{booted() - 5000}", "file"),
        ("tex@elsewhere.1", "waiting"),
        (f"tex@elsewhere.{DEAD}", "waiting"),
        ("no words of Emacs", "waiting"),
        ("", "waiting"),
    ],
    ids=[
        "live",
        "live-with-boot",
        "live-with-an-at",
        "dead",
        "dead-with-boot",
        "earlier-boot",
        "other-host",
        "other-host-dead-here",
        "unreadable",
        "empty",
    ],
)
def test_a_live_lock_makes_mail_wait_and_a_dead_one_does_not(
    file: Path, words: str, stored: str
) -> None:
    """A lock of this host is as alive as its process; any other lock is alive."""
    before = file.read_bytes()
    if words:
        place = lock(file, words)
    else:
        place = file.with_name(f".#{file.name}")
        place.write_text("")
    assert sent(file) == stored
    assert (file.read_bytes() == before) == (stored == "waiting")
    assert (place.is_symlink() or place.exists()) == (stored == "waiting")


def test_a_lock_that_is_older_than_its_process_is_of_a_dead_one(file: Path) -> None:
    """Process ids come again: who began after the lock was made did not make it."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        place = lock(file, f"tex@{HOST}.{child.pid}")
        os.utime(place, (time.time() - 100, time.time() - 100), follow_symlinks=False)
        assert sent(file) == "file"
    finally:
        child.kill()
        child.wait()


def test_a_process_that_only_waits_to_be_buried_holds_no_lock(file: Path) -> None:
    """An Emacs that was killed keeps its number until its parent looks, which may be never."""
    with subprocess.Popen(["true"]) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        os.kill(child.pid, 0)  # it still has its number
        place = lock(file, f"tex@{HOST}.{child.pid}")
        assert (sent(file), place.is_symlink()) == ("file", False)


def test_a_lock_that_is_a_file_says_the_same(file: Path) -> None:
    """Where a file system has no links, Emacs writes its words into a file."""
    place = file.with_name(f".#{file.name}")
    place.write_text(f"tex@{HOST}.{os.getpid()}:{booted()}")
    assert sent(file) == "waiting"
    place.write_text(f"tex@{HOST}.{DEAD}:{booted()}")
    assert sent(file) == "file"


def test_an_edit_under_a_live_lock_is_busy_and_names_the_person(file: Path) -> None:
    """A change of state waits for the person, then says who is in the way."""
    lock(file, f"tex@{HOST}.{os.getpid()}")

    def decide(page: Page) -> None:
        page.insert(len(page.data), b"* note\n")

    before = file.read_bytes()
    store = FileStore(file.parents[3], lock_seconds=0.2)
    with pytest.raises(Busy, match=f"tex@{HOST} has unsaved changes in {INBOX}"):
        store.edit(INBOX, decide)
    assert file.read_bytes() == before


def test_what_waited_goes_in_once_when_the_lock_is_gone(file: Path) -> None:
    """The next command of any kind puts it in, in order, once."""
    place = lock(file, "tex@elsewhere.1")
    assert [sent(file), sent(file)] == ["waiting", "waiting"]
    place.unlink()
    assert sent(file) == "file"
    assert file.read_bytes().count(b":ID:") == 4


def test_our_own_lock_stands_only_for_the_write(file: Path) -> None:
    """Nothing is left beside the file, and it was there when the file was written."""

    class Looking(Calls):
        seen: ClassVar[set[str]] = set()

        def write(self, fd: int, data: bytes | memoryview) -> int:
            """Look who is there while we write."""
            Looking.seen |= {name for name in os.listdir(file.parent) if name.startswith(".#")}
            return super().write(fd, data)

    assert sent(file, Looking()) == "file"
    assert Looking.seen == {f".#{file.name}"}
    assert [name for name in os.listdir(file.parent) if name.startswith(".#")] == []
