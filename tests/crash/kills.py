"""Processes on a real disk that die at a given call, and what is found there by the next ones."""

from __future__ import annotations

import os
import shutil
import stat
import traceback
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.clock import Clock, FakeClock
from orgpost.org import scan, syntax
from orgpost.store.calls import Calls
from orgpost.store.disk import SCRATCH
from orgpost.store.files import FileStore
from orgpost.store.page import ROOT
from orgpost.store.person import Person
from tests.crash.scenarios import PATHS, Model, Play, Scenario, Step, text_of
from tests.store.stages import INBOX

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

DIED: Final = 9
BROKE: Final = 1
MODE: Final = 0o640
FILE: Final = "files/msg-1/notes.txt"
_NOT_THE_DISK: Final = frozenset({"pid", "program", "host", "boot", "booted_at"})
_CALLS: Final = frozenset(
    name
    for name in vars(Calls)
    if not name.startswith(("_", "process_")) and name not in _NOT_THE_DISK
)
_WRITES: Final = frozenset({"write", "pwrite"})
# A file that was only opened anew is seen by who dies at the next change.
_CHANGES: Final = frozenset(
    {"truncate", "rename", "link", "unlink", "symlink", "mkdir", "rmdir", "chmod", *_WRITES}
)


class Aim(NamedTuple):
    """Which call kills: the n-th of all, of those that change something, or the n-th write.

    A write is half done then, the others are not begun.
    """

    nth: int
    of: frozenset[str] = _CALLS
    half: bool = False


def at_call(nth: int) -> Aim:
    """Die at the n-th call."""
    return Aim(nth)


def at_change(nth: int) -> Aim:
    """Die at the n-th call that changes something; between them a kill leaves the same."""
    return Aim(nth, _CHANGES)


def in_write(nth: int) -> Aim:
    """Die within the n-th write."""
    return Aim(nth, _WRITES, half=True)


class Killer(Calls):
    """A process that dies where it is aimed at."""

    def __init__(self, aim: Aim) -> None:
        self._left, self._of, self._half = aim

    def __getattribute__(self, name: str) -> object:
        """Count each call as it is asked for."""
        if name in _CALLS and name in self._of:
            self._left -= 1
            if not self._left and not self._half:
                os._exit(DIED)
        return super().__getattribute__(name)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        """Write, or half of it."""
        return self._written(super().write(fd, self._part(data)))

    def pwrite(self, fd: int, data: bytes | memoryview, offset: int) -> int:
        """Write, or half of it."""
        return self._written(super().pwrite(fd, self._part(data), offset))

    def _part(self, data: bytes | memoryview) -> bytes | memoryview:
        return data if self._left else data[: len(data) // 2]

    def _written(self, size: int) -> int:
        if not self._left:
            os._exit(DIED)
        return size


class Ahead(FakeClock):
    """The machine's clock, so much ahead; whoever sleeps is ahead of it at once."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead = 0.0

    def advance(self, seconds: float) -> None:
        """Go further ahead."""
        self._ahead += seconds

    def now(self) -> datetime:
        """Give the time in UTC."""
        return Clock.now(self) + timedelta(seconds=self._ahead)

    def wall_ns(self) -> int:
        """Give the time in nanoseconds."""
        return Clock.wall_ns(self) + int(self._ahead * 10**9)

    def monotonic(self) -> float:
        """Give seconds that never run backwards."""
        return Clock.monotonic(self) + self._ahead


class Room(Play):
    """A scenario in a space on a real disk, as far as what is there before it."""

    def __init__(self, space: Path, scenario: Scenario) -> None:
        self.space, self.scenario, self.clock = space, scenario, Ahead()
        if space.exists():
            shutil.rmtree(space)
        (space / ROOT).mkdir(parents=True)
        self.person = Person(str(space), Calls())
        self._aim = Aim(0)
        self.next_process()
        for step in scenario.given:
            step.act(self)
        self.store.close()
        if scenario.given:
            (space / ROOT / INBOX).chmod(MODE)

    def next_process(self) -> None:
        """Go on as another process."""
        self.store = self.process(Killer(self._aim))

    def process(self, calls: Calls) -> FileStore:
        """Start a process."""
        return FileStore(self.space, self.clock, sync="off", lock_seconds=2.0, calls=calls)

    def kill(self, aim: Aim) -> int | None:
        """Play the steps in a process that dies; gives how many were told, None if it lived."""
        said, say = os.pipe()

        def play() -> None:
            self._aim = aim
            self.next_process()
            for step in self.scenario.steps:
                step.act(self)
                os.write(say, b".")
            self.store.close()

        died = dies(play)
        os.close(say)
        told = len(os.read(said, 100))
        os.close(said)
        return told if died else None

    def kill_recovery(self, aim: Aim) -> bool:
        """Look at everything in a process that dies; says whether it did."""

        def look() -> None:
            with self.process(Killer(aim)) as store:
                for path in PATHS:
                    store.view(path)
                    store.confirm(path)

        return dies(look)

    def allowed(self, told: int | None) -> list[Model]:
        """Give what may be found after so many steps were told."""
        models, steps = self.scenario.models(), self.scenario.steps
        if told is None or told == len(steps):
            return models[-1:]
        return steps[told].in_between(models[told])

    # -- what is found -------------------------------------------------------------------------

    def check(self, told: int | None, seconds: float) -> None:
        """Let other processes look, and go on: all is as it should be."""
        self.clock.advance(seconds)
        mode = self._mode()
        found = self.found()
        assert found in self.allowed(told), "lost, torn or doubled"
        assert self.found() == found, "the second look differs"
        assert mode in {None, self._mode()}, "another mode"
        assert not (self.space / ".orgpost/quarantine").exists(), "something is in quarantine"
        self._go_on()
        for path, number in zip(PATHS, (98, 99), strict=True):
            data = (self.space / ROOT / path).read_bytes()
            assert entries(path, data) == (*found[path], text_of(number)), "not in the file"
        assert self._mode() == (MODE if self.scenario.given else 0o600), "another mode"
        assert self.left_over() == [], "left over"

    def found(self) -> Model:
        """Give the entries of each file, as a new process sees them, and the delivered file."""
        with self.process(Calls()) as store:
            model = {path: entries(path, store.view(path).data) for path in PATHS}
            delivered = store.read(FILE)
        return model if delivered is None else model | {FILE: (delivered,)}

    def _go_on(self) -> None:
        with self.process(Calls()) as store:
            for path, number in zip(PATHS, (98, 99), strict=True):
                store.append(path, [(b"msg-%d" % number, text_of(number))])
                store.confirm(path)
            store.create(f"{FILE}.other", [b"more"])

    def _mode(self) -> int | None:
        file = self.space / ROOT / INBOX
        return stat.S_IMODE(file.stat().st_mode) if file.exists() else None

    def left_over(self) -> list[str]:
        """Name what the dead left beside the files."""
        names = [name for _, _, names in os.walk(self.space) for name in names]
        return [name for name in names if name.endswith(SCRATCH) or name.startswith(".#")]


def dies(act: Callable[[], object]) -> bool:
    """Do something in a process of its own; says whether it was killed."""
    pid = os.fork()
    if not pid:
        ending = BROKE
        try:
            act()
            ending = 0
        finally:
            if ending:
                traceback.print_exc()
            os._exit(ending)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert status in {0, DIED}, f"it ended with {status}"
    return status == DIED


def entries(path: str, data: bytes) -> tuple[bytes, ...]:
    """Give the entries of a file; its header is there whole, or nothing is."""
    spans = scan.spans(data)
    before = data[: spans[0].start] if spans else data
    assert before in {b"", syntax.header(path)}, f"torn header: {before!r}"
    return tuple(data[start:end] for start, end in spans)


def create(size: int) -> Step:
    """Deliver a file."""
    data = bytes(range(256)) * (size // 256)
    return Step(
        "create",
        lambda play: play.store.create(FILE, [data[:1000], data[1000:]]),
        lambda model: model | {FILE: (data,)},
    )
