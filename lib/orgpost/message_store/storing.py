"""Putting one message into its recipient's file, once.

An id that a caller supplied makes storing again harmless: the same id with the same sender,
recipient and body is the same message, also from many processes at once. With other content it is
a conflict, because dropping it silently would lose a message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orgpost.errors import Conflict
from orgpost.frozen import NamedTuple, replace
from orgpost.message import Message, draft
from orgpost.message_store.shelf import Found, source_of
from orgpost.org import scan
from orgpost.org.entry import render
from orgpost.org.stamp import made_at
from orgpost.org.syntax import MESSAGE, archive_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orgpost.message_store.desk import Desk
    from orgpost.message_store.shelf import Shelf, Source
    from orgpost.store.page import View


class Stored(NamedTuple):
    """What became of a message; `editor` says who keeps it waiting."""

    message: Message
    duplicate: bool = False
    editor: str | None = None


class Storing:
    """Appends messages to hot files."""

    def __init__(self, desk: Desk, shelf: Shelf) -> None:
        self._desk, self._shelf = desk, shelf

    def put(self, message: Message, *, supplied: bool) -> Stored:
        """Store a message; `supplied` says that others may have stored one with this id."""
        path = f"inbox/{message.to}.org"
        raw = render(draft(message, self._desk.clock.zone()), MESSAGE)
        entry = (message.id.encode(), raw)
        if not supplied:
            receipt = self._desk.store.append(path, [entry])
        elif (there := self.find_same(message)) is not None:
            return Stored(there, duplicate=True)
        else:
            receipt = self._desk.store.append(
                path, [entry], unless=lambda view: self._same_in(view, path, message)
            )
        if isinstance(receipt.found, Message):
            return Stored(receipt.found, duplicate=True)
        if receipt.stored != "file":
            message = replace(message, stored=receipt.stored)
        return Stored(message, editor=receipt.editor)

    def find_same(self, message: Message) -> Message | None:
        """Find the same message in the recipient's files, without a lock.

        The hot file is read first: what leaves it is in the archive before it is gone here.
        """
        for source in self._files_of(message.to):
            if same := self._same(source, message):
                return same
        return None

    def must_be_nowhere_else(self, message: Message) -> None:
        """Refuse an id that mail to somebody else has: whoever marks one would mark the other.

        Of an id with chance in it nobody else thinks, nor of a task's answer: where there is much
        mail, to look costs more than to send.
        """
        if made_at(message.id) is not None or message.is_silent:
            return
        if (actor := self._shelf.inbox_with(message.id, but=message.to)) is not None:
            what = f"{message.id} is there already, to {actor}"
            raise Conflict(what, hint="give another id, or none; --cc sends copies")

    def _files_of(self, actor: str) -> Iterator[Source]:
        yield self._shelf.inbox(actor)
        yield from self._shelf.archives(actor)

    def _same_in(self, view: View, path: str, message: Message) -> Message | None:
        """Look again under the lock: whatever came since `find_same` was made this month.

        The archive is read as it is: what moved there is confirmed, and a view may want a lock.
        """
        if same := self._same(source_of(path, message.to, view.data, view.waiting), message):
            return same
        archive = archive_path(path, f"{self._desk.clock.now():%Y-%m}")
        data = self._desk.store.read(archive) or b""
        return self._same(source_of(archive, message.to, data, archived=True), message)

    def _same(self, source: Source, message: Message) -> Message | None:
        span = scan.find_id(source.data, message.id.encode())
        if span is None:
            return None
        there = self._shelf.plain_message(Found(source, span))
        if (there.sender, there.to, there.body) != (message.sender, message.to, message.body):
            what = f"{message.id} is there already, with another sender or text"
            raise Conflict(what, hint="give another id, or none")
        return there
