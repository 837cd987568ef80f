"""Programs that write two files and die of it, each step told to the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    rule,
)

from orgpost.clock import FakeClock
from orgpost.errors import Busy, Conflict
from orgpost.org import scan, syntax
from orgpost.store.memory import Killed, MemoryCalls, MemoryStore
from orgpost.store.memory_disk import SPACE, MemoryDisk
from orgpost.store.page import Move, Page, Receipt
from orgpost.store.person import SAVES, Person
from tests.store.hands import HANDS
from tests.store.model import KEYWORDS, Line, Sheet, keyword
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


class Machine(RuleBasedStateMachine):
    """Two files and three programs; `locked` are the files that a person keeps from them."""

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

    def _id(self, number: int) -> bytes:
        return b"msg-%d" % (number % (self.count + 1))

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
        found = [sheet.first(self._id(number + more)) for more in range(3)]
        slots = [slot for slot in dict.fromkeys(found) if slot and keyword(slot.now) in KEYWORDS]

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
        slot = sheet.first(self._id(number))
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
        slot = source.first(self._id(number))
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
        if not there:
            target.send(slot.now, self.clock.wall_ns(), sure=bool(moved))
        target.rewritten(sure=bool(moved))
        if moved:
            slot.options = {None}
            source.slots.remove(slot)
        elif died:
            slot.options = {slot.now, None}
            self.moving |= set() if slot.later else {identity}

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
