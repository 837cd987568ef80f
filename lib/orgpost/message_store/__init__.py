"""`MessageStore`: send, read, mark, follow, archive. The door to everything about mail.

Each method is one verb of the command line, with the same meaning. Ids are exact here; what a
person types goes through `resolve` first.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from orgpost.message_store.desk import Desk, Rules
from orgpost.message_store.reading import Listing, Query, Reading
from orgpost.message_store.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from orgpost.limits import Judgement
    from orgpost.message import Message
    from orgpost.message_store.archiving import Archived, Archiving
    from orgpost.message_store.composing import About, Letter
    from orgpost.message_store.digesting import Digest, Digesting
    from orgpost.message_store.expecting import Expecting
    from orgpost.message_store.moving import Marked, Moving
    from orgpost.message_store.replying import Replied, Replying
    from orgpost.message_store.saving import Saving
    from orgpost.message_store.searching import Hits, Search, Searching, Thread
    from orgpost.message_store.sending import Broadcast, Sending, Sent
    from orgpost.message_store.shelf import Found
    from orgpost.message_store.storing import Storing
    from orgpost.message_store.tracing import Trace, Tracing

__all__ = [
    "About",
    "Archived",
    "Broadcast",
    "Desk",
    "Digest",
    "Hits",
    "Letter",
    "Listing",
    "Marked",
    "MessageStore",
    "Query",
    "Replied",
    "Rules",
    "Search",
    "Sent",
    "Thread",
    "Trace",
]


_HOMES: Final[Mapping[str, str]] = {
    "About": "composing",
    "Archived": "archiving",
    "Broadcast": "sending",
    "Digest": "digesting",
    "Hits": "searching",
    "Letter": "composing",
    "Marked": "moving",
    "Replied": "replying",
    "Search": "searching",
    "Sent": "sending",
    "Thread": "searching",
    "Trace": "tracing",
}


def __getattr__(name: str) -> Any:
    """Load a name when it is first asked for."""
    if name not in _HOMES:
        message = f"module {__name__} has no attribute {name}"
        raise AttributeError(message)
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


class MessageStore:
    """The mail of one space."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._shelf = Shelf(desk)
        self._reading = Reading(desk, self._shelf)

    # Whoever only lists mail does not pay, at each start, for all that could be done with it.

    @cached_property
    def _searching(self) -> Searching:
        from orgpost.message_store.searching import Searching

        return Searching(self._desk, self._shelf)

    @cached_property
    def _moving(self) -> Moving:
        from orgpost.message_store.moving import Moving

        return Moving(self._desk, self._shelf)

    @cached_property
    def _saving(self) -> Saving:
        from orgpost.message_store.saving import Saving

        return Saving(self._desk, self._shelf)

    @cached_property
    def _storing(self) -> Storing:
        from orgpost.message_store.storing import Storing

        return Storing(self._desk, self._shelf)

    @cached_property
    def _sending(self) -> Sending:
        from orgpost.message_store.limiting import Limiting
        from orgpost.message_store.routing import Routing
        from orgpost.message_store.sending import Sending

        limiting = Limiting(self._desk, self._shelf)
        return Sending(self._desk, self._shelf, self._storing, Routing(self._desk), limiting)

    @cached_property
    def _replying(self) -> Replying:
        from orgpost.message_store.replying import Replying

        return Replying(self._desk, self._shelf, self._sending, self._moving)

    @cached_property
    def _expecting(self) -> Expecting:
        from orgpost.message_store.expecting import Expecting

        return Expecting(self._desk, self._shelf, self._storing)

    @cached_property
    def _archiving(self) -> Archiving:
        from orgpost.message_store.archiving import Archiving

        return Archiving(self._desk, self._shelf, self._expecting.waiting)

    @cached_property
    def _tracing(self) -> Tracing:
        from orgpost.message_store.tracing import Tracing

        return Tracing(self._desk, self._shelf, self._expecting)

    @cached_property
    def _digesting(self) -> Digesting:
        from orgpost.message_store.digesting import Digesting

        return Digesting(self._desk, self._shelf, self._reading)

    # -- sending -----------------------------------------------------------------------------

    def create_message(  # noqa: PLR0913  the promised signature: each is a field of the message
        self,
        from_actor: str,
        to_actor: str,
        content: str,
        *,
        subject: str = "",
        reply_to: str | None = None,
        priority: str = "normal",
        tags: Sequence[str] = (),
        expects: str = "none",
        expires: datetime | None = None,
        id: str | None = None,
        **extra_props: str,
    ) -> Message:
        """Send a message; on return it is on disk and synced."""
        from orgpost.message_store.composing import Letter

        letter = Letter(
            sender=from_actor,
            to=to_actor,
            body=content,
            subject=subject,
            reply_to=reply_to,
            priority=priority,
            tags=tags,
            expects=expects,
            expires=expires,
            id=id,
            properties=extra_props,
        )
        return self.send(letter).message

    def create_file_delivery(
        self, from_actor: str, to_actor: str, path: str | Path, *, note: str = ""
    ) -> Message:
        """Send one file, with a word about it or without."""
        from orgpost.message_store.composing import Letter

        letter = Letter(sender=from_actor, to=to_actor, body=note, kind="file", attach=[path])
        return self.send(letter).message

    def send(self, letter: Letter, *, then: Callable[[Message], None] | None = None) -> Sent:
        """Send a letter with its copies and files, do what `then` says, run its routes."""
        return self._sending.send(letter, then=then)

    def reply(self, letter: Letter, *, done: bool = False, obey_route: bool = True) -> Replied:
        """Answer `letter.reply_to` and mark it READ or DONE; nobody named means the other side."""
        return self._replying.reply(letter, done=done, obey_route=obey_route)

    def broadcast(
        self, letter: Letter, *, exclude: Sequence[str] = (), kind: str = "person"
    ) -> Broadcast:
        """Send a copy each to all of a kind (``person``, ``agent``, ``all``) but the sender."""
        return self._sending.broadcast(letter, exclude=exclude, kind=kind)

    def judge(self, from_actor: str, to_actor: str, size: int) -> Judgement:
        """Judge a message of that size as it would be now; nothing is written."""
        return self._sending.judge(from_actor, to_actor, size)

    # -- reading -----------------------------------------------------------------------------

    def find_unread(self, actor: str) -> Listing:
        """List what is unread: high first, then the newest."""
        return self._reading.listing(actor, Query())

    def find_messages(
        self,
        actor: str,
        *,
        state: str | None = None,
        sender: str | None = None,
        since: datetime | None = None,
        limit: int = 0,
    ) -> Listing:
        """List an inbox, all states where none is named; no limit is 0."""
        query = Query(states=[state] if state else (), sender=sender, since=since)
        found = self._reading.listing(actor, query)
        return found[:limit] if limit else found

    def list_inbox(self, actor: str, query: Query) -> Listing:
        """List an inbox as a query asks; its length counts, its messages are made when taken."""
        return self._reading.listing(actor, query)

    def find_file_deliveries(self, actor: str) -> Listing:
        """List what brought files, in all states."""
        return self._reading.listing(actor, Query(states=(), with_files=True))

    def find_by_id(self, id: str) -> Message:
        """Find a message by its exact id, archives included; `UnknownId` where it is not."""
        return self._shelf.message(self._shelf.get(id))

    def find_thread(self, id: str) -> list[Message]:
        """Give the thread of a message in the order of time."""
        return self._searching.thread(id).messages

    def find_newest(self, actor: str) -> Message | None:
        """Give the newest message of an inbox, in whatever state."""
        return self._reading.newest(actor)

    def thread(self, id: str) -> Thread:
        """Give a thread, with its id."""
        return self._searching.thread(id)

    def search(self, actor: str, asked: Search, *, limit: int = 0) -> Hits:
        """Look for words in the mail of an actor, of all, or in the archives; newest first."""
        return self._searching.search(actor, asked, limit=limit)

    def resolve(self, part: str, actor: str) -> str:
        """Give the id that a person means by a part of it."""
        return self._searching.resolve(part, actor)

    def locate(self, id: str) -> Found:
        """Say where a message stands: its file, its line, its bytes."""
        return self._shelf.get(id)

    def sent_since(self, actor: str, since: datetime) -> list[str]:
        """Give the ids of what an actor sent since then, the newest first."""
        from orgpost.message_store.recent import sent_by

        found = sent_by(actor, self._desk, self._shelf, since)
        return [each.id for each in sorted(found, key=lambda each: each.at, reverse=True)]

    def digest(self, actor: str, *, since: datetime | None = None) -> Digest:
        """Give an inbox in numbers."""
        return self._digesting.digest(actor, since=since)

    # -- following ---------------------------------------------------------------------------

    def settle(self, actor: str) -> list[str]:
        """Bounce what expired of an actor's mail, once; give the new bounces' ids."""
        return self._expecting.settle(actor)

    def trace(self, id: str) -> Trace:
        """Say how far a message got; settles what it expects."""
        return self._tracing.trace(id)

    def last_seen(self, actor: str) -> datetime | None:
        """Say when a session of this actor was last there; None where nobody knows."""
        return self._desk.notes.last_seen(actor)

    # -- changing ----------------------------------------------------------------------------

    def mark(self, ids: str | Iterable[str], state: str) -> list[Marked]:
        """Mark messages ``unread``, ``read``, ``todo`` or ``done``: all of them, or none."""
        from orgpost.message_store.moving import state_named

        return self._moving.mark([ids] if isinstance(ids, str) else ids, state_named(state))

    def mark_read(self, *ids: str) -> list[Marked]:
        """Mark messages READ: all of them, or none."""
        return self.mark(ids, "read")

    def archive(self, *ids: str, dry_run: bool = False) -> Archived:
        """Move finished messages to the archive of their month: all of them, or none."""
        return self._archiving.archive(ids, dry_run=dry_run)

    def archive_old(
        self, actor: str | None = None, *, before: datetime | None = None, dry_run: bool = False
    ) -> Archived:
        """Archive what is finished and old, by the settings or a time; of one actor, or of all."""
        return self._archiving.archive_old(actor, before=before, dry_run=dry_run)

    def save_files(self, id: str, folder: Path, *, force: bool = False) -> list[Path]:
        """Save a message's files into a folder, if each is what was sent: all of them, or none."""
        return self._saving.save_files(id, folder, force=force)
