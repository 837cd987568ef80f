"""What every part of the message store works with: handed over once, by `orgpost.post`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from orgpost.frozen import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from orgpost.clock import Clock
    from orgpost.contact import Contacts
    from orgpost.store.page import Store


class Files(Protocol):
    """Who copies delivered files into the space and out of it; see `orgpost.file_delivery`."""

    def check(self, paths: Sequence[str | Path], roots: Sequence[Path] | None) -> Sequence[Any]:
        """Refuse whatever cannot be sent, before a byte is written."""

    def deliver(self, id: str, sources: Sequence[Any]) -> Mapping[str, str]:
        """Copy the files and give the message's properties."""

    def describe(self, id: str, properties: Mapping[str, str]) -> Sequence[Mapping[str, object]]:
        """List a message's files, each with its status."""

    def save(
        self, id: str, properties: Mapping[str, str], folder: Path, *, force: bool = False
    ) -> list[Path]:
        """Save a message's files into a folder: all of them, or none."""


class Notes(Protocol):
    """Who knows what sessions were told; see `orgpost.message_store.announced`."""

    def announced(self, id: str, actor: str) -> Announcement | None:
        """Say when a session of this actor was first told of a message, and by which client."""

    def last_seen(self, actor: str) -> datetime | None:
        """Say when a session of this actor was last there."""


class Announcement(NamedTuple):
    """When a session was told of a message, and by which client."""

    at: datetime
    by: str


class Rules(NamedTuple):
    """What the settings say about mail."""

    stale_after: timedelta = timedelta(hours=24)
    archive_after: timedelta | None = timedelta(days=30)
    archive_keep: int = 500
    route_timeout_seconds: int = 30
    max_body_bytes: int = 65_536
    attach_roots: tuple[Path, ...] = ()


class Desk(NamedTuple):
    """The store, the clock and the others whom a message store asks."""

    space: Path
    store: Store
    clock: Clock
    contacts: Callable[[], Contacts]
    files: Files
    notes: Notes
    rules: Rules = Rules()

    def good_contacts(self) -> Contacts:
        """Give the contacts; commands that write do not rely on a file with problems."""
        contacts = self.contacts()
        contacts.must_be_good()
        return contacts
