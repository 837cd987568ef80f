"""Hypothesis drives programs, a dying machine and a person against a model of two files."""

from __future__ import annotations

import copy
import os
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from orgpost.clock import FakeClock
from orgpost.errors import Busy, Conflict
from orgpost.org import scan, syntax
from orgpost.store.memory import Killed, MemoryCalls, MemoryStore
from orgpost.store.memory_disk import SPACE, MemoryDisk, Node
from orgpost.store.page import Move, Page, Receipt
from orgpost.store.person import SAVES, Person
from tests.store.hands import HANDS
from tests.store.model import KEYWORDS, Line, Sheet, id_of, keyword
from tests.store.stages import ARCHIVE, INBOX, entry

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    T = TypeVar("T")

PROCESSES: Final = 3
NEVER: Final = 10**9
STEPS: Final = (0.1, 0.3, 0.6, 3.0, 9.0, 11.0)
DAY: Final = 86_400.0

paths = st.sampled_from((INBOX, INBOX, INBOX, ARCHIVE))
processes = st.integers(0, PROCESSES - 1)
numbers = st.integers(0, 40)
keywords = st.sampled_from(KEYWORDS)
deaths = st.one_of(st.none(), st.none(), st.none(), st.integers(1, 70))
shorts = st.sampled_from((None, None, 3, 40))
bodies = st.sampled_from(("hello", "hello  \n\n words"))
hands = st.sampled_from(HANDS)
saves = st.sampled_from(SAVES)


def copy_of(disk: MemoryDisk) -> tuple[MemoryDisk, FakeClock]:
    """Give another machine that is the same, to look at without touching this one."""
    assert isinstance(disk.clock, FakeClock)
    clock = copy.copy(disk.clock)
    other = MemoryDisk(clock)
    nodes: dict[int, Node] = {}

    def twin(node: Node) -> Node:
        if node.inode in nodes:
            return nodes[node.inode]
        new = nodes[node.inode] = copy.copy(node)
        if isinstance(node.content, dict):
            new.content = {name: twin(each) for name, each in node.content.items()}
        elif isinstance(node.content, bytearray):
            new.content = bytearray(node.content)
        return new

    other.root, other.boot, other.alive = twin(disk.root), disk.boot, dict(disk.alive)
    other.inodes, other.pids = copy.copy(disk.inodes), copy.copy(disk.pids)
    return other, clock


class Office(RuleBasedStateMachine):
    """Two files, three programs and a person."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.disk = MemoryDisk(self.clock)
        self.stores = [self._start() for _ in range(PROCESSES)]
        self.person = Person(SPACE, MemoryCalls(self.disk))
        self.sheets = {path: Sheet(syntax.header(path)) for path in (INBOX, ARCHIVE)}
        self.count = 0
        self.boots = 0
        self.locked: dict[str, tuple[bytes, list[Line]]] = {}
        self.buffers: dict[str, tuple[bytes, list[Line]]] = {}
        self.moving: set[bytes] = set()

    def _start(self) -> MemoryStore:
        return MemoryStore(self.clock, disk=self.disk, lock_seconds=0.5)

    def _act(
        self, process: int, act: Callable[[MemoryStore], T], death: int | None, short: int | None
    ) -> tuple[T | None, bool]:
        """Let a process do something; it may die of it. Gives the result, and whether it died."""
        store = self.stores[process]
        store.calls.short = short
        self.clock.advance(0.001)
        if death is not None:
            store.calls.die(death)
        try:
            return act(store), False
        except Killed:
            self.stores[process] = self._start()
            return None, True
        except (Busy, Conflict):
            return None, False
        finally:
            store.calls.die(NEVER)

    # -- programs --------------------------------------------------------------------------------

    @rule(
        path=paths,
        process=processes,
        death=deaths,
        short=shorts,
        body=st.sampled_from(("hello", "hello  \n\n words")),
    )
    def send(
        self, path: str, process: int, death: int | None, short: int | None, body: str
    ) -> None:
        """A program sends."""
        self.count += 1
        identity, block = entry(f"msg-{self.count}", body)
        receipt, died = self._act(
            process, lambda store: store.append(path, [(identity, block)]), death, short
        )
        self._sent(path, block, receipt, died=died)

    def _sent(self, path: str, block: bytes, receipt: Receipt | None, *, died: bool) -> None:
        sheet = self.sheets[path]
        if died:
            sheet.crash()
            sheet.send(block, self.clock.wall_ns(), sure=False)
        elif receipt is not None:
            waits = receipt.stored == "waiting"
            sheet.send(block, self.clock.wall_ns(), sure=True, waits=waits)

    @rule(path=paths, process=processes, number=numbers)
    def send_again(self, path: str, process: int, number: int) -> None:
        """A program is not sure that it sent, and sends with the same id."""
        identity, block = entry(f"msg-{number % (self.count + 1)}", "again")
        sheet = self.sheets[path]
        slots = [slot for slot in sheet.slots if slot.id == identity]
        receipt, _ = self._act(
            process,
            lambda store: store.append(
                path,
                [(identity, block)],
                unless=lambda view: scan.find_id(view.data, identity),
            ),
            None,
            None,
        )
        if receipt is None or receipt.found is not None:
            assert receipt is None or any(slot.options != {None} for slot in slots)
            return
        assert all(None in slot.options for slot in slots)
        for slot in slots:
            slot.options, slot.later, slot.reserve = {None}, set(), set()
            sheet.any_order = True  # it may come back where the first one was
        self._sent(path, block, receipt, died=False)

    @rule(path=paths, process=processes, number=numbers, new=keywords, death=deaths, short=shorts)
    def mark(
        self,
        path: str,
        process: int,
        number: int,
        new: bytes,
        death: int | None,
        short: int | None,
    ) -> None:
        """A program marks some entries at once."""
        sheet = self.sheets[path]
        found = [sheet.first(f"msg-{number + more}".encode()) for more in range(3)]
        slots = [slot for slot in found if slot and keyword(slot.now) in KEYWORDS]

        def decide(page: Page) -> bool:
            for slot in slots:
                assert slot.id is not None
                span = scan.find_id(page.data, slot.id)
                assert span is not None, f"{slot.id!r} is not there"
                page.replace((span.start + 2, span.start + 10), new)
            return True

        if slots:
            done, died = self._act(process, lambda store: store.edit(path, decide), death, short)
            if died:
                sheet.crash()
            if died or done:
                for slot in slots:
                    sheet.mark(slot, new, self.clock.wall_ns(), sure=not died)

    @rule(path=paths, process=processes, number=numbers, death=deaths, short=shorts)
    def write(
        self, path: str, process: int, number: int, death: int | None, short: int | None
    ) -> None:
        """A program makes an entry longer."""
        sheet = self.sheets[path]
        slot = sheet.first(f"msg-{number}".encode())
        if slot is None or slot.id is None:
            return
        identity, words = slot.id, b"** Reply\nby a program\n"

        def decide(page: Page) -> bool:
            span = scan.find_id(page.data, identity)
            assert span is not None, f"{identity!r} is not there"
            end = b"" if page.data[: span.end].endswith(b"\n") else b"\n"
            page.insert(span.end, end + words)
            return True

        done, died = self._act(process, lambda store: store.edit(path, decide), death, short)
        if died:
            sheet.crash()
        if died or done:
            sheet.rewritten(sure=not died)
            slot.becomes(slot.now + words, sure=not died)

    @rule(process=processes, number=numbers, death=deaths, short=shorts)
    def archive(self, process: int, number: int, death: int | None, short: int | None) -> None:
        """A program moves an entry to the archive."""
        source, target = self.sheets[INBOX], self.sheets[ARCHIVE]
        slot = source.first(f"msg-{number}".encode())
        there = slot and [each for each in target.slots if each.id == slot.id]
        if slot is None or slot.id is None or not all(each.is_certain() for each in there or ()):
            return
        identity = slot.id

        def decide(page: Page) -> list[Move]:
            span = scan.find_id(page.data, identity)
            if span is None:
                return []
            block = page.data[span.start : span.end]
            block = block if block.endswith(b"\n") else block + b"\n"
            return [Move(span, ARCHIVE, block, identity)]

        moved, died = self._act(process, lambda store: store.move(INBOX, decide), death, short)
        if moved == []:
            raise AssertionError(f"{identity!r} is not there")
        if died:
            source.crash()
            target.crash()
        source.rewritten(sure=bool(moved))
        target.rewritten(sure=bool(moved))
        if not there:
            target.send(slot.now, self.clock.wall_ns(), sure=bool(moved))
        if moved:
            slot.options = {None}
            source.slots.remove(slot)
        elif died:
            slot.options = {slot.now, None}
            self.moving.add(identity)

    @rule(path=paths, process=processes, death=deaths)
    def confirm(self, path: str, process: int, death: int | None) -> None:
        """Somebody empties the journal."""
        _, died = self._act(process, lambda store: store.confirm(path), death, None)
        self.sheets[path].epoch += 1
        if died:
            self.sheets[path].crash()

    @rule(path=paths, process=processes)
    def look(self, path: str, process: int) -> None:
        """A program that runs for long reads."""
        view, _ = self._act(process, lambda store: store.view(path), None, None)
        assert view is not None
        self.sheets[path].check(view.data, clean=False)
        self.sheets[path].epoch += 1

    @rule(process=processes)
    def end(self, process: int) -> None:
        """A program ends, and another begins."""
        self._act(process, lambda store: store.close(), None, None)
        self.stores[process].calls.end()
        self.stores[process] = self._start()

    # -- the machine -----------------------------------------------------------------------------

    @rule(seconds=st.sampled_from(STEPS))
    def pass_time(self, seconds: float) -> None:
        """Time passes."""
        self.clock.advance(seconds)
        for sheet in self.sheets.values():
            sheet.pass_time(jump=False)

    @rule(days=st.sampled_from((-1, 1)))
    def jump(self, days: int) -> None:
        """Somebody sets the clock."""
        monotonic = self.clock.monotonic()
        self.clock.advance(days * DAY)
        self.clock._monotonic = monotonic
        for sheet in self.sheets.values():
            sheet.pass_time(jump=True)

    @rule()
    def reboot(self) -> None:
        """The machine starts again; what was written is all on the disk."""
        self.boots += 1
        self.disk.reboot(b"boot %d" % self.boots)
        self.stores = [self._start() for _ in range(PROCESSES)]
        self.person = Person(SPACE, MemoryCalls(self.disk))
        self.locked.clear()
        for sheet in self.sheets.values():
            sheet.crash()

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
        self.moving -= {id_of(line.block) or b"" for line in buffer[1]}

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
        if buffer is not None:
            self.buffers[path] = buffer

    @rule(path=paths, hand=hands, number=numbers, how=saves)
    def save_by_hand(
        self, path: str, hand: Callable[[list[Line], int], list[Line]], number: int, how: str
    ) -> None:
        """That editor saves, whatever was written meanwhile."""
        buffer = None if path in self.locked else self.buffers.pop(path, None)
        if buffer is not None:
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


def _run(examples: int, steps: int) -> None:
    profile = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Office, settings=profile)


def test_a_short_day_at_the_office_loses_nothing() -> None:
    """The view equals the model: each acknowledged entry once, each of a person's bytes."""
    _run(20, 20)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_long_day_at_the_office_loses_nothing() -> None:
    """The same, for as long as SIZE says."""
    _run(*((5_000, 80) if os.environ.get("SIZE") == "nightly" else (200, 40)))
