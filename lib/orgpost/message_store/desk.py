"""What every part of the message store works with: handed over once, by `orgpost.post`."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol

from orgpost.frozen import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from orgpost.clock import Clock
    from orgpost.contact import Contacts
    from orgpost.store.page import Store

DONE: Final = "DONE"


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


class Chains(Protocol):
    """Who knows on whose account somebody acts: the task inboxes."""

    def of_task(self, id: str) -> tuple[str, ...]:
        """Give a task's VIA and its FROM, the oldest first; `UnknownId` where it is not there."""

    def held_by(self, actor: str) -> tuple[str, ...]:
        """Give that of the task which an actor holds WORKING; of several, the least trusted."""


class Works(Protocol):
    """Who knows what was made of messages: the task inboxes."""

    def made_from(self, ids: Collection[str]) -> Mapping[str, Work]:
        """Give the task that was made from each of these messages, one that is DONE before all."""


class Work(NamedTuple):
    """The task that was made from a message; `state` is that before it was archived."""

    id: str
    state: str
    ended: datetime | None = None

    @property
    def is_done(self) -> bool:
        """Whether the message got what it asked for by it."""
        return self.state == DONE


class Announcement(NamedTuple):
    """When a session was told of a message, and by which client."""

    at: datetime
    by: str


class Rules(NamedTuple):
    """What the settings say about mail; a limit of 0 is none."""

    stale_after: timedelta = timedelta(hours=24)
    archive_after: timedelta | None = timedelta(days=30)
    archive_keep: int = 500
    route_timeout_seconds: int = 30
    max_body_bytes: int = 65_536
    attach_roots: tuple[Path, ...] = ()
    whitelists: Mapping[str, Sequence[str]] = MappingProxyType({})
    max_hops: int = 8
    messages_per_minute: Mapping[str, int] = MappingProxyType(
        {"owner": 0, "team": 120, "trusted": 60, "unknown": 10}
    )
    thread_replies: int = 20


class Desk(NamedTuple):
    """The store, the clock and the others whom a message store asks.

    `task` is the id of the task on which this process works, if somebody said so; without `chains`
    and `works` there are no tasks yet: only a message can be what somebody acts on, and a result.
    """

    space: Path
    store: Store
    clock: Clock
    contacts: Callable[[], Contacts]
    files: Files
    notes: Notes
    rules: Rules = Rules()
    chains: Chains | None = None
    works: Works | None = None
    task: str | None = None

    def good_contacts(self) -> Contacts:
        """Give the contacts; commands that write do not rely on a file with problems."""
        contacts = self.contacts()
        contacts.must_be_good()
        return contacts
