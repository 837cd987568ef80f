"""A machine in memory with mail, a person's editor, and a sight that notes what it tells."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orgpost.clock import FakeClock
from orgpost.contact import Actor, Contacts
from orgpost.file_delivery import FileDelivery
from orgpost.message_store import Desk, MessageStore
from orgpost.message_store.announced import HookNotes
from orgpost.store.memory import MemoryCalls, MemoryStore
from orgpost.store.memory_disk import SPACE, MemoryDisk
from orgpost.store.person import Person
from orgpost.watching.sight import Sight

if TYPE_CHECKING:
    from collections.abc import Callable

    from orgpost.watching.change import Change, Round

INBOX: Final = "inbox/tex.org"
ACTORS: Final = (
    Actor(id="tex", name="tex", kind="person", trust_tier="owner"),
    Actor(id="crt", name="crt", kind="person", trust_tier="team"),
    Actor(id="mira", name="mira", kind="person"),
)


class Room:
    """One space on one machine; programs of this process share the store with the sight."""

    def __init__(self, disk: MemoryDisk | None = None, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.disk = disk or MemoryDisk(self.clock)
        self.store = MemoryStore(disk=self.disk, lock_seconds=0)
        self.contacts = Contacts(ACTORS)
        self.rounds: list[Round] = []
        self.sight = Sight(self.store, lambda: self.contacts, self.clock, self.rounds.append)
        self.person = Person(SPACE, MemoryCalls(self.disk, "emacs"))
        self.mail = MessageStore(
            Desk(
                space=Path(SPACE),
                store=self.store,
                clock=self.clock,
                contacts=lambda: self.contacts,
                files=FileDelivery(self.store, max_bytes=1000),
                notes=HookNotes(Path(SPACE)),
            )
        )

    @classmethod
    def beside(cls, other: Room) -> Room:
        """Make another one in the same space, which has seen nothing yet."""
        return cls(other.disk, other.clock)

    def send(
        self, body: str = "The body.", sender: str = "crt", to: str = "tex", **more: Any
    ) -> str:
        """Send a message; its id."""
        return self.mail.create_message(sender, to, body, **more).id

    def age(self) -> None:
        """Let what was written be confirmed, so that nothing of it waits for a second look."""
        self.look()
        self.clock.advance(20)
        self.store.confirm(INBOX)
        self.look()

    def edit(
        self, change: Callable[[bytes], bytes], path: str = INBOX, *, how: str = "rename"
    ) -> None:
        """Let a person change a file, a while ago."""
        self.person.edit(path, change, how=how)
        self.clock.advance(1)

    def look(self, *paths: str) -> dict[str, Any]:
        """Look at what moved; what was told, by box: ids with what became of them, or "reset"."""
        self.rounds.clear()
        self.sight.look(paths or (INBOX,))
        assert len(self.rounds) <= 1
        news = self.rounds[0].news if self.rounds else ()
        return {
            each.box: "reset" if each.reset else [(one.kind, one.id) for one in each.changes]
            for each in news
        }

    def change(self) -> Change:
        """Give the one change of the last round's first box."""
        (change,) = self.rounds[-1].news[0].changes
        return change
