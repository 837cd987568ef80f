"""What a holder reports while a person has unsaved changes: kept at once, applied once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orgpost.clock import FakeClock
from orgpost.errors import Busy
from orgpost.org import scan
from orgpost.store.memory import MemoryCalls, MemoryStore
from orgpost.store.memory_disk import SPACE, MemoryDisk
from orgpost.store.page import Outcome
from orgpost.store.person import Person
from tests.store.stages import INBOX, entry, marking

if TYPE_CHECKING:
    from orgpost.org.syntax import FileKind
    from orgpost.store.page import Page

ONE, TWO = entry("msg-1"), entry("msg-2")


def apply(raw: bytes, _: FileKind, payload: bytes) -> bytes | None:
    """Let an unread message be whatever the payload says; who has moved it was faster."""
    if raw.startswith(b"* " + payload):
        return raw  # it was applied before
    return raw.replace(b"* UNREAD  ", b"* " + payload.ljust(8), 1) if b"* UNREAD" in raw else None


class World:
    """Processes on one disk, and a person with an editor."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.machine = MemoryDisk(self.clock)
        self.person = Person(SPACE, MemoryCalls(self.machine, "emacs"))
        self.store = self.process()
        self.store.append(INBOX, [ONE, TWO])
        self.clock.advance(1)

    def process(self) -> MemoryStore:
        """Start a process."""
        return MemoryStore(disk=self.machine, lock_seconds=0, apply=apply)

    def report(self, keyword: bytes = b"DONE", id: str = "msg-1") -> str | None:
        """Report an outcome; gives who keeps it waiting."""
        asked: list[str | None] = []

        def decide(page: Page) -> None:
            asked.append(page.editor)
            span = scan.find_id(page.data, id.encode())
            assert span is not None
            assert page.data[span.start :].startswith(b"* UNREAD"), "it is over"
            if page.editor is None:
                raw = page.data[span.start : span.end]
                page.replace(span, raw.replace(b"* UNREAD  ", b"* " + keyword.ljust(8)))

        self.store.edit(INBOX, decide, outcome=Outcome(id.encode(), keyword))
        return asked[-1]

    def keyword(self, id: str = "msg-1") -> bytes:
        """The keyword of an entry in the file."""
        data = self.person.read(INBOX)
        span = scan.find_id(data, id.encode())
        assert span is not None
        return data[span.start : span.end].split()[1]


@pytest.fixture
def world() -> World:
    """Two unread messages, some time ago."""
    return World()


def test_an_outcome_is_written_at_once_where_nobody_edits(world: World) -> None:
    """It is an edit like any other."""
    assert world.report() is None
    assert world.keyword() == b"DONE"
    assert world.store.view(INBOX).outcomes == frozenset()


def test_an_outcome_waits_for_a_persons_save_and_is_applied_once(world: World) -> None:
    """Told at once, kept where a kill cannot reach it, and shown as waiting meanwhile."""
    buffer = world.person.read(INBOX)
    world.person.lock(INBOX)
    assert world.report() is not None
    assert world.person.read(INBOX) == buffer
    view = world.process().view(INBOX)
    assert (view.data, view.outcomes) == (buffer, frozenset({b"msg-1"}))
    with pytest.raises(Busy):
        world.process().edit(INBOX, marking("msg-2", "READ"))
    world.person.save(INBOX, buffer.replace(b"hello", b"good morning"))
    world.person.unlock(INBOX)
    world.clock.advance(1)
    assert world.process().view(INBOX).outcomes == frozenset()
    assert world.keyword() == b"DONE"
    assert world.person.read(INBOX).count(b"good morning") == 2
    after = world.person.read(INBOX)
    world.process().edit(INBOX, marking("msg-2", "READ"))
    assert world.person.read(INBOX) == after.replace(b"* UNREAD  ", b"* READ    ")


def test_a_second_outcome_is_decided_on_what_waits(world: World) -> None:
    """Nobody finishes a task twice behind an editor's back."""
    world.person.lock(INBOX)
    world.report()
    with pytest.raises(AssertionError, match="it is over"):
        world.report()


def test_a_persons_own_change_of_the_same_entry_wins(world: World) -> None:
    """Theirs stands, ours is kept aside."""
    world.person.lock(INBOX)
    world.report()
    world.person.edit(INBOX, lambda data: data.replace(b"* UNREAD  ", b"* TODO    ", 1))
    world.person.unlock(INBOX)
    world.clock.advance(1)
    store = world.process()
    store.view(INBOX)
    assert world.keyword() == b"TODO"
    assert [kept.why["reason"] for kept in store.quarantined()] == ["overtaken"]
    store.view(INBOX)
    assert len(store.quarantined()) == 1


def test_what_is_only_looked_at_is_decided_without_waiting(world: World) -> None:
    """A holder that renews is not kept waiting, and nothing is written."""
    before = world.person.read(INBOX)
    world.person.lock(INBOX)
    assert world.store.edit(INBOX, lambda page: page.editor, unwritten=True) is not None
    assert world.person.read(INBOX) == before
    assert world.store.view(INBOX).outcomes == frozenset()


def test_outcomes_and_new_entries_keep_their_order(world: World) -> None:
    """All that waited comes in with one write, once."""
    world.person.lock(INBOX)
    world.report(b"DONE")
    three = entry("msg-3")
    assert world.store.append(INBOX, [three]).stored == "waiting"
    world.report(b"READ", "msg-3")
    world.person.unlock(INBOX)
    view = world.process().view(INBOX)
    assert (view.waiting, view.outcomes) == (frozenset(), frozenset())
    assert [world.keyword(f"msg-{n}") for n in (1, 2, 3)] == [b"DONE", b"UNREAD", b"READ"]


def test_a_program_that_does_not_know_outcomes_leaves_them(world: World) -> None:
    """It reads; whoever knows them applies them later."""
    world.person.lock(INBOX)
    world.report()
    world.person.unlock(INBOX)
    stranger = MemoryStore(disk=world.machine, lock_seconds=0)
    assert stranger.view(INBOX).outcomes == {b"msg-1"}
    with pytest.raises(Busy, match="outcome"):
        stranger.edit(INBOX, marking("msg-2", "READ"))
    world.process().view(INBOX)
    assert world.keyword() == b"DONE"


def test_the_time_of_a_foreign_save_is_known(world: World) -> None:
    """Leases have some time of grace after it."""
    assert world.store.edit(INBOX, lambda page: page.foreign_ns) == 0
    world.person.edit(INBOX, lambda data: data + b"* a note\n")
    world.clock.advance(1)
    seen = world.process().edit(INBOX, lambda page: page.foreign_ns)
    assert seen == world.clock.wall_ns()
    world.clock.advance(5)
    assert world.store.edit(INBOX, lambda page: page.foreign_ns) == seen
