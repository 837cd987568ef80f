"""The mail of a space as every reader sees it: hot files first, then archives, one file at a time.

What stands in a hot file and in its archive is a move that was cut short: the hot one counts.
Nothing is parsed that was not asked for; ids and words are searched in the files' bytes.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from orgpost.errors import DiskFailed, NotPermitted, UnknownId, UnsafePath, WrongKind
from orgpost.frozen import NamedTuple, replace
from orgpost.message import is_due, is_met, read
from orgpost.message_store.rows import rows
from orgpost.names import NAME, check_name
from orgpost.org import scan
from orgpost.org.entry import Entry, parse
from orgpost.org.syntax import MESSAGE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from orgpost.message import Message
    from orgpost.message_store.desk import Desk, Work
    from orgpost.message_store.rows import Row
    from orgpost.org.scan import Span
    from orgpost.org.syntax import FileKind

_ARCHIVE: Final = rf"archive/inbox-({NAME})-[0-9]{{4}}-[0-9]{{2}}\.org"
_INBOX: Final = rf"inbox/({NAME})\.org"
_REPLY_TO: Final = rb"(?mi)^[ \t]*:REPLY_TO:[ \t]+([^ \t\r\n]+)"
_FEW: Final = 8
_OTHER_KINDS: Final = {"task": "task", "chg": "change"}


class Source(NamedTuple):
    """One file as it was read, and whose mail it holds."""

    path: str
    actor: str
    data: bytes
    kind: FileKind
    waiting: frozenset[bytes] = frozenset()
    archived: bool = False


class Found(NamedTuple):
    """Where a message stands."""

    source: Source
    span: Span

    @property
    def raw(self) -> bytes:
        """The entry's bytes."""
        return self.source.data[self.span.start : self.span.end]

    @property
    def line(self) -> int:
        """The number of its heading's line, from 1."""
        return self.source.data.count(b"\n", 0, self.span.start) + 1

    def entry(self) -> Entry:
        """Parse it."""
        return parse(self.raw, self.source.kind)


class Shelf:
    """Reads the files of a space."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    # -- files -------------------------------------------------------------------------------

    def inbox(self, actor: str) -> Source:
        """Read an actor's hot file."""
        return self._viewed(f"inbox/{check_name(actor, 'actor')}.org", actor)

    def inboxes(self) -> Iterator[Source]:
        """Read all hot files."""
        for path in self._desk.store.names("inbox"):
            if found := re.fullmatch(_INBOX, path):
                yield self._viewed(path, found[1])

    def archives(self, actor: str | None = None) -> Iterator[Source]:
        """Read the archives, the newest first, and where Emacs archives by itself."""
        for path in reversed(self._desk.store.names("archive")):
            found = re.fullmatch(_ARCHIVE, path)
            if found and actor in {None, found[1]}:
                yield self._viewed(path, found[1], archived=True)
        for path in self._desk.store.names("inbox"):
            found = re.fullmatch(_INBOX, path)
            if found and actor in {None, found[1]}:
                data = self._desk.store.read(f"{path}_archive")
                if data is not None:
                    yield source_of(f"{path}_archive", found[1], data, archived=True)

    def everything(self) -> Iterator[Source]:
        """Read all files, hot ones first."""
        yield from self.inboxes()
        yield from self.archives()

    def end_of(self, path: str, size: int) -> tuple[Source, bool]:
        """Read the last entries of a file, about that many bytes; and say whether these are all."""
        data, start = self._desk.store.tail(path, size)
        if start:
            data = data[data.find(b"\n* ") + 1 :] if b"\n* " in data else b""
        found = re.fullmatch(rf"{_INBOX}(?:_archive)?|{_ARCHIVE}", path)
        return source_of(path, found[1] or found[2] if found else "", data), not start

    def _viewed(self, path: str, actor: str, *, archived: bool = False) -> Source:
        view = self._desk.store.view(path)
        return source_of(path, actor, view.data, view.waiting, archived=archived)

    # -- entries -----------------------------------------------------------------------------

    def rows(self, source: Source, keywords: Sequence[str]) -> list[Row]:
        """Give the rows of the entries with one of these keywords, of any with none."""
        return rows(source.data, source.kind, keywords)

    def find(self, id: str) -> Found | None:
        """Find a message by its exact id, wherever it stands."""
        _check_kind(id)
        needle = as_bytes(id)
        for source in self.everything():
            if span := scan.find_id(source.data, needle):
                return Found(source, span)
        return None

    def inbox_with(self, id: str, *, but: str) -> str | None:
        """Say in whose hot file an id stands, besides one; what cannot be read stops nobody."""
        needle = as_bytes(id)
        for path in self._desk.store.names("inbox"):
            found = re.fullmatch(_INBOX, path)
            if found and found[1] != but:
                with suppress(NotPermitted, UnsafePath, DiskFailed):
                    if scan.find_id(self._viewed(path, found[1]).data, needle):
                        return found[1]
        return None

    def get(self, id: str) -> Found:
        """Find a message by its exact id; it must be there."""
        return self.locate([id])[id]

    def locate(self, ids: Iterable[str]) -> dict[str, Found]:
        """Find messages by their exact ids, in that order; all must be there."""
        wanted = list(dict.fromkeys(ids))
        places: dict[str, Found] = {}
        for id in wanted:
            _check_kind(id)
        for source in self.everything():
            missing = [id for id in wanted if id not in places]
            if not missing:
                break
            spans = spans_of(source.data, missing)
            places |= {id: Found(source, span) for id, span in spans.items()}
        if missing := [id for id in wanted if id not in places]:
            raise UnknownId(missing[0])
        return {id: places[id] for id in wanted}

    def hot_ids(self) -> set[str]:
        """Give the ids of everything that stands in a hot file."""
        return {
            id.decode("utf-8", "surrogateescape")
            for source in self.inboxes()
            for id, _ in scan.find_all_ids(source.data)
        }

    def mentioning(self, text: str) -> Iterator[Found]:
        """Find the messages in whose bytes a text stands, each id once, the hot one."""
        needle, seen = as_bytes(text), set[str]()
        for source in self.everything():
            for found in _around(source, needle):
                id = found.entry().id
                if id is not None and id not in seen:
                    seen.add(id)
                    yield found

    def replies(self, id: str) -> list[Message]:
        """Give the messages that answer a message, the oldest first."""
        return self.answers([id])[id]

    def answers(self, ids: Sequence[str]) -> dict[str, list[Message]]:
        """Give the messages that answer each of these, the oldest first; many in one pass."""
        answers: dict[str, dict[str, Message]] = {id: {} for id in ids}
        for source in self.everything() if ids else ():
            for found in _answering(source, ids):
                message = self.plain_message(found)
                if message.reply_to in answers and message.id:
                    answers[message.reply_to].setdefault(message.id, message)
        return {id: sorted(found.values(), key=by_time) for id, found in answers.items()}

    # -- messages ----------------------------------------------------------------------------

    def plain_message(self, found: Found) -> Message:
        """Make a message of what its entry alone says."""
        return self._read(found, found.entry())

    def message(self, found: Found) -> Message:
        """Make a message, with what only other files know: its files, and whether it is expired."""
        entry = found.entry()
        message = self._read(found, entry)
        if entry.get("FILES"):
            id = message.properties.get("MSG_ID", message.id)
            files = self._desk.files.describe(id, message.properties)
            message = replace(message, files=tuple(files))
        if message.expires is not None and self.expired([message]):
            message = replace(message, expired=True)
        return message

    def _read(self, found: Found, entry: Entry) -> Message:
        source = found.source
        waits = bool(source.waiting) and as_bytes(entry.id or "") in source.waiting
        return read(
            entry,
            to=source.actor,
            zone=self._desk.clock.zone(),
            stored="waiting" if waits else "file",
            archived=source.archived or entry.keyword == "ARCHIVED",
        )

    def expired(self, messages: Iterable[Message]) -> list[Message]:
        """Give those whose time is over and that did not get what they expect."""
        now = self._desk.clock.now()
        return self.unmet([message for message in messages if is_due(message, now)])

    def unmet(self, messages: Sequence[Message]) -> list[Message]:
        """Give those that did not get what they expect, so far."""
        answers = self.answers([message.id for message in messages if message.asks])
        left = [message for message in messages if not is_met(message, answers.get(message.id, ()))]
        works = self.works([message.id for message in left if message.expects == "result"])
        met = {id for id, work in works.items() if work.is_done}
        return [message for message in left if message.id not in met]

    def works(self, ids: Collection[str]) -> Mapping[str, Work]:
        """Give the tasks that were made from these messages; without any nobody is asked."""
        works = self._desk.works
        return {} if works is None or not ids else works.made_from(ids)


def by_time(message: Message) -> tuple[str, str]:
    """Sort messages by their time; those of one second by their ids."""
    return (message.created.isoformat() if message.created else "", message.id)


def source_of(
    path: str,
    actor: str,
    data: bytes,
    waiting: frozenset[bytes] = frozenset(),
    *,
    archived: bool = False,
) -> Source:
    """Make a source of a file's bytes."""
    return Source(path, actor, data, scan.file_kind(data, MESSAGE), waiting, archived)


def found_at(source: Source, start: int) -> Found:
    """Give the entry whose heading begins at an offset."""
    return Found(source, scan.span_at(source.data, start))


def spans_of(data: bytes, ids: Sequence[str]) -> dict[str, Span]:
    """Find entries by their ids; many are found in one pass."""
    if len(ids) <= _FEW:
        found = {id: scan.find_id(data, as_bytes(id)) for id in ids}
        return {id: span for id, span in found.items() if span is not None}
    spans: dict[bytes, Span] = {}
    for id, span in scan.find_all_ids(data):
        spans.setdefault(id, span)
    return {id: spans[key] for id in ids if (key := as_bytes(id)) in spans}


def _check_kind(id: str) -> None:
    if other := _OTHER_KINDS.get(id.partition("-")[0]):
        raise WrongKind(id, "message", other, hint=f"orgpost {other} show {id}")


def found_around(source: Source, at: int) -> Found:
    """Give the entry that an offset is in."""
    return found_at(source, source.data.rfind(b"\n* ", 0, at) + 1)


def _around(source: Source, needle: bytes) -> Iterator[Found]:
    """Find the entries that hold these bytes, in the file's order."""
    at = source.data.find(needle)
    while at >= 0:
        found = found_around(source, at)
        if found.raw.startswith(b"* "):
            yield found
        at = source.data.find(needle, found.span.end)


def _answering(source: Source, ids: Sequence[str]) -> Iterator[Found]:
    """Find the entries that may answer one of these."""
    if len(ids) <= _FEW:
        yield from (found for id in ids for found in _around(source, as_bytes(id)))
        return
    wanted = frozenset(map(as_bytes, ids))
    for line in re.finditer(_REPLY_TO, source.data):
        if line[1].strip(b'"') in wanted:
            yield found_around(source, line.start())


def as_bytes(text: str) -> bytes:
    """Give a text as a file has it, bytes that are no UTF-8 included."""
    return text.encode("utf-8", "surrogateescape")
