"""Finding mail: by words, by thread, by a part of an id; archives included."""

from __future__ import annotations

import re
from heapq import nlargest
from typing import TYPE_CHECKING, Final

from orgpost.errors import AmbiguousId, InvalidField, UnknownId
from orgpost.frozen import NamedTuple, dataclass
from orgpost.message_store.shelf import Found, by_time
from orgpost.org.scan import spans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from orgpost.message import Message
    from orgpost.message_store.desk import Desk
    from orgpost.message_store.shelf import Shelf, Source

SCOPES: Final = ("mine", "all", "archive")
SHORTEST_PART: Final = 4
MOST_MATCHES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for: all words, in subject, body, sender, recipient or tags."""

    words: Sequence[str] = ()
    regex: bool = False
    sender: str | None = None
    to: str | None = None
    tag: str | None = None
    state: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    scope: str = "mine"


class Hits(NamedTuple):
    """The newest of what was found, and how many were found in all."""

    messages: list[Message]
    total: int


class Thread(NamedTuple):
    """A thread's id and its messages, in the order of time, a reply after what it answers."""

    id: str
    messages: list[Message]


class Searching:
    """Looks through the mail of a space."""

    def __init__(self, desk: Desk, shelf: Shelf) -> None:
        self._desk, self._shelf = desk, shelf

    def search(self, actor: str, asked: Search, *, limit: int = 0) -> Hits:
        """Give the newest messages that fit; no limit is 0."""
        if asked.scope not in SCOPES:
            raise InvalidField("in", f"{asked.scope!r} is none of {', '.join(SCOPES)}")
        total = 0

        def counted() -> Iterator[Message]:
            nonlocal total
            for message in self._fitting(actor, asked):
                total += 1
                yield message

        if limit > 0:
            newest = nlargest(limit, counted(), key=by_time)
        else:
            newest = sorted(counted(), key=by_time, reverse=True)
        return Hits(newest, total)

    def thread(self, id: str) -> Thread:
        """Give root and replies from the id of any member, or of the thread itself."""
        # A thread may be a task's: then only its id is known here.
        found = None if id.startswith("task-") else self._shelf.find(id)
        thread = self._shelf.plain_message(found).thread if found else id
        messages = [
            message
            for found in self._shelf.mentioning(thread)
            if thread in {(message := self._shelf.message(found)).thread, message.id}
        ]
        if not messages:
            raise UnknownId(id)
        return Thread(thread, _in_order(messages))

    def resolve(self, part: str, actor: str) -> str:
        """Give the id that a person means: exact, or a part of one that fits only once.

        What the acting actor sent or got comes before the mail of others.
        """
        if self._shelf.find(part) is not None:
            return part
        if len(part) < SHORTEST_PART:
            raise UnknownId(part, hint=f"give at least {SHORTEST_PART} characters of an id")
        matches = self._ids_with(part)
        mine = [id for id, people in matches.items() if actor in people]
        fitting = mine or list(matches)
        if not fitting:
            raise UnknownId(part)
        if len(fitting) > 1:
            raise AmbiguousId(part, sorted(fitting)[:MOST_MATCHES])
        return fitting[0]

    def _ids_with(self, part: str) -> dict[str, set[str]]:
        entries = ((found, found.entry()) for found in self._shelf.mentioning(part))
        return {
            entry.id: {entry.get("FROM") or "", entry.get("TO") or found.source.actor}
            for found, entry in entries
            if entry.id and part in entry.id
        }

    def _fitting(self, actor: str, asked: Search) -> Iterator[Message]:
        fits, may_fit = _test(actor, asked), _byte_test(asked)
        # An archived entry that still stands in its hot file is a move that was cut short.
        seen = self._shelf.hot_ids() if asked.scope == "archive" else set()
        for source in self._sources(asked.scope):
            for span in spans(source.data):
                found = Found(source, span)
                if may_fit(found) and (message := self._message(found, seen)) and fits(message):
                    yield self._shelf.message(found)

    def _sources(self, scope: str) -> Iterator[Source]:
        return self._shelf.archives() if scope == "archive" else self._shelf.everything()

    def _message(self, found: Found, seen: set[str]) -> Message | None:
        id = found.entry().id
        if id is None or id in seen:
            return None
        seen.add(id)
        return self._shelf.plain_message(found)


def _in_order(messages: list[Message]) -> list[Message]:
    """Sort by time; in one second a reply comes after what it answers."""
    parents = {message.id: message.reply_to for message in messages}

    def depth(id: str) -> int:
        steps = 0
        while (parent := parents.get(id)) in parents and steps < len(parents):
            id, steps = str(parent), steps + 1
        return steps

    def key(message: Message) -> tuple[str, int, str]:
        moment, id = by_time(message)
        return moment, depth(id), id

    return sorted(messages, key=key)


# --- words --------------------------------------------------------------------------------------


def _test(actor: str, asked: Search) -> Callable[[Message], bool]:
    says = _says(asked)
    exact: list[tuple[str, str]] = [
        (name, value)
        for name, value in (("sender", asked.sender), ("to", asked.to), ("state", asked.state))
        if value is not None
    ]

    def fits(message: Message) -> bool:
        return (
            (asked.scope != "mine" or actor in {message.sender, message.to})
            and all(getattr(message, name) == value for name, value in exact)
            and (asked.tag is None or asked.tag in message.tags)
            and _is_between(message.created, asked.since, asked.until)
            and says(message)
        )

    return fits


def _is_between(moment: datetime | None, since: datetime | None, until: datetime | None) -> bool:
    if moment is None:
        return since is None and until is None
    return (since is None or moment >= since) and (until is None or moment < until)


def _says(asked: Search) -> Callable[[Message], bool]:
    if asked.regex:
        patterns = [_compiled(word) for word in asked.words]
        return lambda message: all(pattern.search(_text(message)) for pattern in patterns)
    words = [word.casefold() for word in asked.words]

    def says(message: Message) -> bool:
        text = _text(message).casefold()
        return all(word in text for word in words)

    return says


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise InvalidField("regex", f"{pattern!r}: {error}") from None


def _text(message: Message) -> str:
    who = (message.sender, message.to, " ".join(message.tags))
    return "\n".join((message.subject, message.body, *who))


def _byte_test(asked: Search) -> Callable[[Found], bool]:
    """Pass over what cannot fit without parsing it.

    Letters and digits of ASCII stand in a file as they were sent. Where a text holds others, upper
    and lower case are more than bytes can say, and it is parsed.
    """
    plain = re.compile(r"[A-Za-z0-9]+")
    words = [
        word.lower().encode()
        for word in ([] if asked.regex else asked.words)
        if plain.fullmatch(word)
    ]

    def may_fit(found: Found) -> bool:
        raw = found.raw
        if not words or not raw.isascii():
            return True
        text = raw.lower() + found.source.actor.encode()
        return all(word in text for word in words)

    return may_fit
