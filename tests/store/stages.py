"""Three stages on which the same promises are played: a disk, a disk without syncs, and memory."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orgpost.clock import Clock, FakeClock
from orgpost.org import scan
from orgpost.store.calls import Calls
from orgpost.store.disk import Disk
from orgpost.store.files import FileStore
from orgpost.store.memory import MemoryCalls, MemoryStore
from orgpost.store.memory_disk import SPACE, MemoryDisk
from orgpost.store.person import Person

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from orgpost.store.page import Page

INBOX = "inbox/tex.org"
ARCHIVE = "archive/inbox-tex-2026-11.org"
STAGES = ("full", "off", "memory")
SECOND_NS = 10**9


class JumpingClock(Clock):
    """The machine's clock, with a wall clock that can be moved."""

    def __init__(self) -> None:
        self.ahead_ns = 0

    def wall_ns(self) -> int:
        """Give the moved time."""
        return time.time_ns() + self.ahead_ns


@dataclass
class Stage:
    """One stage: processes on one disk, and a person."""

    name: str
    space: str
    clock: JumpingClock | FakeClock
    person: Person
    start: Callable[[float], FileStore]

    def store(self, lock_seconds: float = 0.0) -> FileStore:
        """Start a process that has the space open."""
        return self.start(lock_seconds)

    def pass_time(self, seconds: float) -> None:
        """Let the wall clock go on; on a disk nobody waits for that."""
        if isinstance(self.clock, FakeClock):
            self.clock.advance(seconds)
        else:
            self.clock.ahead_ns += int(seconds * SECOND_NS)

    def disk(self) -> Disk:
        """The bare files."""
        return Disk(self.space, self.person.calls, sync=True)

    def names(self, folder: str) -> list[str]:
        """Everything that is in a folder of the space."""
        with self.disk().folder(folder) as fd:
            return sorted(self.person.calls.names(fd))

    def inode(self, path: str) -> int:
        """Which file a path means."""
        folder, _, name = path.rpartition("/")
        with self.disk().folder(f"org/messaging/{folder}") as fd:
            return self.person.calls.lstat(name, folder=fd).st_ino


def stage(name: str, tmp_path: Path) -> Stage:
    """Build the stage of that name."""
    if name == "memory":
        clock = FakeClock()
        machine = MemoryDisk(clock)
        person = Person(SPACE, MemoryCalls(machine, "emacs"))
        return Stage(
            name, SPACE, clock, person, lambda wait: MemoryStore(disk=machine, lock_seconds=wait)
        )
    (tmp_path / "org" / "messaging").mkdir(parents=True)
    jumping = JumpingClock()
    person = Person(str(tmp_path), Calls())
    return Stage(
        name,
        str(tmp_path),
        jumping,
        person,
        lambda wait: FileStore(tmp_path, jumping, sync=name, lock_seconds=wait),
    )


def entry(name: str, body: str = "hello", keyword: str = "UNREAD") -> tuple[bytes, bytes]:
    """Make a message's entry of that id."""
    head = f"* {keyword:<8} About {name}\n:PROPERTIES:\n:ID:       {name}\n:FROM:     crt\n:END:\n"
    return name.encode(), f"{head}{body}\n".encode()


def entries_of(data: bytes) -> list[bytes]:
    """The entries of a file, in its order."""
    return [data[start:end] for start, end in scan.spans(data)]


def marking(name: str, keyword: str) -> Callable[[Page], None]:
    """Decide to set the keyword of an entry, which keeps its length."""

    def decide(page: Page) -> None:
        span = scan.find_id(page.data, name.encode())
        assert span is not None, f"{name} is not there"
        start = span.start + 2
        page.replace((start, start + 8), f"{keyword:<8}".encode())

    return decide


def writing(name: str, text: str) -> Callable[[Page], None]:
    """Decide to add a line to an entry, which makes it longer."""

    def decide(page: Page) -> None:
        span = scan.find_id(page.data, name.encode())
        assert span is not None, f"{name} is not there"
        page.insert(span.end, f"{text}\n".encode())

    return decide
