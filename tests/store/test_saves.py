"""An editor that moves the old file away before it writes the new one: never "no mail"."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from orgpost.clock import FakeClock
from orgpost.store.memory import MemoryCalls, MemoryStore
from orgpost.store.memory_disk import SPACE, MemoryDisk
from orgpost.store.person import Person
from tests.store.stages import INBOX, entry, marking

if TYPE_CHECKING:
    from collections.abc import Callable


class Waiting(FakeClock):
    """A clock that lets somebody else go on while one waits."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], object] | None = None

    def sleep(self, seconds: float) -> None:
        """Let time pass, and the other do what it wants."""
        super().sleep(seconds)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()


def saves(person: Person, buffer: bytes, clock: FakeClock) -> None:
    """Write the new file at last."""
    person.save(INBOX, buffer)
    clock.advance(0.3)


def test_saves_without_a_pause_hide_no_mail() -> None:
    """Patience ends in the middle of one: what is shown is what the last whole save left."""
    clock = Waiting()
    machine = MemoryDisk(clock)
    person, store = Person(SPACE, MemoryCalls(machine, "emacs")), MemoryStore(disk=machine)
    store.append(INBOX, [entry("msg-1")])
    clock.advance(10)
    whole = person.read(INBOX)

    def save_again(step: int) -> None:
        person.save(INBOX, whole if step % 2 else b"")
        clock.meanwhile = partial(save_again, step + 1)

    save_again(0)
    for _ in range(4):
        assert store.view(INBOX).data == whole
        clock.advance(0.02)


def test_each_save_that_moves_the_file_away_is_waited_for() -> None:
    """Not only the first that a process sees: the file was there again in between."""
    clock = Waiting()
    machine = MemoryDisk(clock)
    person, store = Person(SPACE, MemoryCalls(machine, "emacs")), MemoryStore(disk=machine)
    store.append(INBOX, [entry("msg-1")])
    for words in ("READ", "TODO", "DONE"):
        clock.advance(10)
        buffer = person.read(INBOX)
        with person._disk.folder("org/messaging/inbox") as folder:
            person.calls.rename("tex.org", "tex.org~", folder=folder)
        clock.meanwhile = partial(saves, person, buffer, clock)
        assert store.view(INBOX).data == buffer
        clock.advance(1)
        store.edit(INBOX, marking("msg-1", words))
    assert person.read(INBOX).count(b"* DONE ") == 1
