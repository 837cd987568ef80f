"""From letters to entries: ids, threads and bytes. Pure.

An entry is known again by its old id, its sender and its body. So a second run, or one that goes
on where another died, adds nothing twice; and two different messages with one id both stay.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from orgpost.clock import ALPHABET
from orgpost.frozen import NamedTuple
from orgpost.message import excerpt
from orgpost.org.entry import Draft, render
from orgpost.org.stamp import format_stamp, parse_stamp
from orgpost.org.syntax import ID_LIMIT, MESSAGE, SLACK_BYTES, SUPPLIED_ID, TASK, archive_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import tzinfo
    from typing import TypeAlias

    from orgpost.migrate.letter import Letter
    from orgpost.org.entry import Priority

    Key: TypeAlias = tuple[str, str, str]

ARCHIVED: Final = "ARCHIVED"
NO_LEASE: Final = "- 0 -"
_ONE_WORD: Final = re.compile(r"[^ \t]+")
_PREFIXES: Final = {"message": "msg-", "file": "file-", "task": "task-"}
_COOKIES: Final[Mapping[str, Priority]] = {"high": "A", "normal": "B", "low": "C"}
_LETTERS: Final = 10
_OLD_TASK: Final = "org-"


class When(NamedTuple):
    """What time it is, and in which zone the old stamps were written."""

    now: datetime
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Addressed:
    """A letter with the new names of its people; `path` is the file in which it would be hot."""

    letter: Letter
    path: str
    sender: str
    to: str


@dataclass(frozen=True, slots=True)
class Planned:
    """One entry of the new space: where it goes and its bytes; `there` where it is already."""

    path: str
    holder: str
    id: str
    kind: str
    keyword: str
    raw: bytes
    body: str
    there: bool


def with_ids(
    letters: Sequence[Addressed],
    taken: Iterable[str],
    copies: Mapping[Key, Sequence[str]],
    when: When,
) -> tuple[Planned, ...]:
    """Give each letter its id and its bytes.

    `taken` are the ids that the space has, `copies` the entries that came from old ones.
    """
    ids = _Ids(taken, copies)
    given = [ids.give(each, when) for each in letters]
    links = _Links()
    for each, place in zip(letters, given, strict=True):
        links.learn(each.letter, place.id)
    return tuple(
        _planned(each, place, links, when) for each, place in zip(letters, given, strict=True)
    )


def key_of(old_id: str, sender: str, body: str) -> Key:
    """Give what an entry is known by, whatever has become of its state since."""
    return old_id, sender, body


class _Place(NamedTuple):
    id: str
    old: str
    there: bool


class _Ids:
    """Gives ids: the old one where it is legal and free, else one that is made from it."""

    def __init__(self, taken: Iterable[str], copies: Mapping[Key, Sequence[str]]) -> None:
        self._taken = set(taken)
        self._copies = {key: list(ids) for key, ids in copies.items()}

    def give(self, each: Addressed, when: When) -> _Place:
        """Give the id of a letter, the one that it is known by, and whether it is there."""
        wanted = _wanted(each, when)
        old = each.letter.old_id or wanted
        if copies := self._copies.get(key_of(old, each.sender, each.letter.body)):
            return _Place(copies.pop(0), old, there=True)
        id, count = wanted, 1
        while id in self._taken:
            count += 1
            id = f"{wanted[: ID_LIMIT - 8]}-{count}"
        self._taken.add(id)
        return _Place(id, old, there=False)


def _wanted(each: Addressed, when: When) -> str:
    letter, prefix = each.letter, _PREFIXES[each.letter.kind]
    old = letter.old_id
    if letter.kind == "task":
        old = prefix + old.removeprefix(_OLD_TASK).removeprefix("msg-").removeprefix(prefix)
    legal = letter.old_id and re.fullmatch(SUPPLIED_ID, old)
    return old if legal and old.startswith(tuple(_PREFIXES.values())) else _made(each, when)


def _made(each: Addressed, when: When) -> str:
    """Make an id of the content, so that every run makes the same one."""
    letter = each.letter
    fields = (letter.holder, letter.sender, letter.recipient, letter.created, letter.body)
    said = "\0".join(fields)
    number = int.from_bytes(hashlib.sha256(said.encode()).digest()[:7], "big")
    spelt = "".join(ALPHABET[number >> 5 * place & 31] for place in range(_LETTERS))
    moment = _created(letter, when.zone) or datetime(1970, 1, 1, tzinfo=UTC)
    return f"{_PREFIXES[letter.kind]}{moment.astimezone(UTC):%Y%m%d-%H%M%S}-{spelt}"


class _Links:
    """Knows the new id of each old one; of two equal ones replies mean the first."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[str, Letter]] = {}

    def learn(self, letter: Letter, id: str) -> None:
        """Remember what became of a letter."""
        self._first.setdefault(letter.old_id or id, (id, letter))

    def new(self, old: str) -> str:
        """Give the new form of an id that a letter names; of one that nobody has, the old."""
        found = self._first.get(old)
        return found[0] if found else old

    def thread(self, letter: Letter, id: str) -> str:
        """Give a letter's thread: as it says, else its parent's, else its own."""
        if letter.thread:
            return self.new(letter.thread)
        parent = self._first.get(letter.reply_to)
        if parent and parent[1].thread:
            return self.new(parent[1].thread)
        return self.new(letter.reply_to) or id


def _planned(each: Addressed, place: _Place, links: _Links, when: When) -> Planned:
    letter = each.letter
    moment = _created(letter, when.zone) or when.now
    path = each.path
    if letter.state == ARCHIVED:
        path = archive_path(path, f"{moment.astimezone(UTC):%Y-%m}")
    make = _task if letter.kind == "task" else _message
    raw = make(each, place, links, format_stamp(moment, when.zone, seconds=True))
    holder = each.path.rpartition("/")[2].removesuffix(".org")
    return Planned(path, holder, place.id, letter.kind, letter.state, raw, letter.body, place.there)


def _message(each: Addressed, place: _Place, links: _Links, created: str) -> bytes:
    letter = each.letter
    facts = {
        "FROM": each.sender,
        "TO": each.to,
        "CREATED": created,
        "THREAD": _one_word(links.thread(letter, place.id)) or place.id,
        "REPLY_TO": _one_word(links.new(letter.reply_to)),
        "KIND": "" if letter.kind == "message" else letter.kind,
    }
    cookie = None if letter.priority == "normal" else _COOKIES[letter.priority]
    return render(_draft(letter, place, facts, cookie), MESSAGE)


def _task(each: Addressed, place: _Place, links: _Links, created: str) -> bytes:
    letter = each.letter
    facts = {
        "FROM": each.sender,
        "CREATED": created,
        "LEASE": NO_LEASE,
        "THREAD": _one_word(links.thread(letter, "")),
        "REPLY_TO": _one_word(links.new(letter.reply_to)),
    }
    wanted = _draft(letter, place, facts, _COOKIES[letter.priority])
    slack = 0 if letter.state == ARCHIVED else SLACK_BYTES
    return render(wanted._replace(planning=letter.planning, slack=slack), TASK)


def _draft(
    letter: Letter, place: _Place, facts: Mapping[str, str], cookie: Priority | None
) -> Draft:
    own = {name: value for name, value in facts.items() if value}
    if letter.before:
        own["ARCHIVE_TODO"] = letter.before
    if place.old != place.id:
        own[f"{letter.version}_ID"] = place.old
    return Draft(
        id=place.id,
        keyword=letter.state,
        title=letter.title or excerpt(letter.body),
        properties=list((dict(letter.properties) | own).items()),
        body=letter.body,
        priority=cookie,
        tags=letter.tags,
    )


def _created(letter: Letter, zone: tzinfo) -> datetime | None:
    return parse_stamp(f"[{letter.created}]", zone) if letter.created else None


def _one_word(text: str) -> str:
    return text if _ONE_WORD.fullmatch(text) else ""
