"""Hypothesis drives programs, a dying machine and a person against a model of two files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    invariant,
    rule,
    run_state_machine_as_test,
)

from orgpost.org import scan
from orgpost.store.memory import MemoryStore
from orgpost.store.person import SAVES
from tests.conftest import SEED
from tests.store.model import Line, is_torn
from tests.store.programs import Machine, hands, keywords, numbers, paths, processes, saves
from tests.store.twin import copy_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    T = TypeVar("T")


class Office(Machine):
    """Those programs, and a person."""

    # -- the person ------------------------------------------------------------------------------

    def _open(self, path: str) -> tuple[bytes, list[Line]] | None:
        self.clock.advance(0.001)
        data = self.person.read(path)
        lines = self.sheets[path].opened(data)
        head = data[: len(data) - sum(len(line.block) for line in lines)]
        return (head, lines) if lines else None

    def _save(
        self,
        path: str,
        buffer: tuple[bytes, list[Line]],
        hand: Callable[[list[Line], int], list[Line]],
        number: int,
        how: str,
    ) -> None:
        self.clock.advance(0.001)
        head, lines = buffer
        lines = hand(list(lines), number % len(lines))
        ended = [_closed(line) for line in lines[:-1]] + lines[-1:]
        self.person.save(path, head + b"".join(line.block for line in ended), how=how)
        self.sheets[path].saved(lines, self.clock.wall_ns())
        self.moving.clear()

    @rule(path=paths, hand=hands, number=numbers, how=saves)
    def edit_by_hand(
        self, path: str, hand: Callable[[list[Line], int], list[Line]], number: int, how: str
    ) -> None:
        """A person opens, changes and saves."""
        buffer = None if path in self.locked else self._open(path)
        if buffer is not None:
            self._save(path, buffer, hand, number, how)

    @rule(path=paths)
    def open_by_hand(self, path: str) -> None:
        """A person opens a file in an editor that never looks at it again."""
        buffer = self._open(path)
        if buffer is not None and not any(map(is_torn, buffer[1])):
            self.buffers[path] = buffer

    @rule(path=paths, hand=hands, number=numbers, how=saves)
    def save_by_hand(
        self, path: str, hand: Callable[[list[Line], int], list[Line]], number: int, how: str
    ) -> None:
        """That editor saves, whatever was written meanwhile."""
        buffer = None if path in self.locked else self.buffers.pop(path, None)
        if buffer is not None:
            self._save(path, buffer, hand, number, how)

    @rule(path=paths, process=processes, number=numbers, new=keywords, hand=hands, how=saves)
    def save_over_a_mark(
        self,
        path: str,
        process: int,
        number: int,
        new: bytes,
        hand: Callable[[list[Line], int], list[Line]],
        how: str,
    ) -> None:
        """That editor saves just when a program has marked what it shows."""
        buffer = None if path in self.locked else self._open(path)
        if buffer is not None and not any(map(is_torn, buffer[1])):
            self.mark(path, process, number, new, None, None)
            self.a_fresh_process_sees_the_model()
            self._save(path, buffer, hand, number, how)

    @rule(path=paths)
    def begin_in_emacs(self, path: str) -> None:
        """A person types the first letter in Emacs, which locks the file."""
        if path in self.locked:
            return
        self.person.unlock(path)  # a dead program's
        self.person.lock(path)
        buffer = self._open(path)
        if buffer is None:
            self.person.unlock(path)
        else:
            self.locked[path] = buffer

    @rule(path=paths, hand=hands, number=numbers, how=st.sampled_from((*SAVES, None)))
    def end_in_emacs(
        self,
        path: str,
        hand: Callable[[list[Line], int], list[Line]],
        number: int,
        how: str | None,
    ) -> None:
        """Emacs saves, or the person reverts, and the lock is gone."""
        buffer = self.locked.pop(path, None)
        if buffer is None:
            return
        if how is not None:
            self._save(path, buffer, hand, number, how)
        self.person.unlock(path)

    # -- what must be true -----------------------------------------------------------------------

    @invariant()
    def a_fresh_process_sees_the_model(self) -> None:
        """Each path, read on a copy of the machine, so that nothing is put right by looking."""
        seen = set[bytes]()
        for path, sheet in self.sheets.items():
            disk, clock = copy_of(self.disk)
            store = MemoryStore(clock, disk=disk, lock_seconds=0.5)
            calls: list[str] = []
            store.calls.before = calls.append
            data = store.view(path).data
            sheet.check(data, clean="lock" not in calls)
            seen |= {identity for identity, _ in scan.find_all_ids(data)}
        assert seen >= self.moving


def _closed(line: Line) -> Line:
    block = line.block
    return line if block.endswith(b"\n") else line._replace(block=block + b"\n")


SIZE: Final = os.environ.get("SIZE", "ci")


def _run(examples: int, steps: int) -> None:
    profile = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        # Who only asks whether a known bug is noticed does not wait for the shortest story of it.
        phases=[Phase.generate] if SIZE == "small" else list(Phase),
        suppress_health_check=list(HealthCheck),
    )
    machine = seed(int(os.environ[SEED]))(Office)
    run_state_machine_as_test(machine, settings=profile)


def test_a_short_day_at_the_office_loses_nothing() -> None:
    """The view equals the model: each acknowledged entry once, each of a person's bytes."""
    _run(20, 20)


@pytest.mark.slow
@pytest.mark.timeout(36_000 if SIZE == "nightly" else 600)
def test_a_long_day_at_the_office_loses_nothing() -> None:
    """The same, for as long as SIZE says."""
    _run(*((5_000, 80) if SIZE == "nightly" else (200, 40)))
