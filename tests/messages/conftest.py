"""A small post office for each test: three people, two agents, a clock that stands still."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from orgpost.clock import FakeClock
from orgpost.contact import Actor, Contacts
from orgpost.file_delivery import FileDelivery
from orgpost.message_store import Desk, Letter, MessageStore, Rules
from orgpost.message_store.announced import HookNotes
from orgpost.store import FileStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orgpost.message import Message
    from orgpost.message_store.sending import Sent

ACTORS = (
    Actor(id="tex", name="Tex Novak", kind="person", trust_tier="owner", handles=("@gz",)),
    Actor(id="crt", name="crt", kind="person", trust_tier="team"),
    Actor(id="mira", name="Mira", kind="person"),
    Actor(id="tex-agent", name="tex-agent", kind="agent", owner="tex", trust_tier="team"),
    Actor(id="crt-agent", name="crt-agent", kind="agent", owner="crt"),
)


@dataclass
class Office:
    """One space with its mail; `contacts` and `rules` may be changed before it is used."""

    space: Path
    clock: FakeClock
    store: FileStore
    contacts: Contacts
    rules: Rules

    @property
    def mail(self) -> MessageStore:
        """A message store that was just opened."""
        return MessageStore(
            Desk(
                space=self.space,
                store=self.store,
                clock=self.clock,
                contacts=lambda: self.contacts,
                files=FileDelivery(self.store, max_bytes=26_214_400),
                notes=HookNotes(self.space),
                rules=self.rules,
            )
        )

    def send(self, body: str = "The body.", **facts: Any) -> Message:
        """Send a message from crt to tex; a test says only what it is about."""
        return self.deliver(body, **facts).message

    def deliver(self, body: str = "The body.", **facts: Any) -> Sent:
        """Send a letter from crt to tex, and tell everything that became of it."""
        return self.mail.send(Letter(**{"sender": "crt", "to": "tex", "body": body, **facts}))

    def path(self, name: str) -> Path:
        """A file below org/messaging."""
        return self.space / "org" / "messaging" / name

    def content(self, name: str = "inbox/tex.org") -> bytes:
        """What a file holds now; nothing where it is missing."""
        path = self.path(name)
        return path.read_bytes() if path.exists() else b""

    def edit(self, old: str, new: str, name: str = "inbox/tex.org") -> None:
        """A person changes a file, some time ago, as an editor does."""
        path = self.path(name)
        text = path.read_bytes().decode()
        assert old in text
        scratch = path.with_suffix(".saving")
        scratch.write_bytes(text.replace(old, new, 1).encode())
        scratch.rename(path)
        self.age(name)

    def write(self, text: str, name: str = "inbox/tex.org") -> None:
        """A file that somebody else wrote, some time ago."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        self.age(name)

    def age(self, name: str) -> None:
        """Let a file's last change be long ago, so that nobody takes it for a save going on."""
        import os

        seconds = self.clock.now().timestamp() - 60
        os.utime(self.path(name), (seconds, seconds))

    def files(self) -> dict[str, bytes]:
        """Every file of the mail, with what is in it."""
        root = self.path("")
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file() and not path.is_symlink()
        }


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A space without any mail."""
    (tmp_path / "org" / "messaging" / "inbox").mkdir(parents=True)
    clock = FakeClock()
    with FileStore(tmp_path, clock, sync="off", lock_seconds=0.2) as store:
        yield Office(tmp_path, clock, store, Contacts(ACTORS), Rules())
