"""Marking: all ids are found and all moves are legal before the first byte is written.

Within one file it is one edit, decided again under the lock from what is in the file then. Only
the keyword's bytes are written; everything else in an entry may be a person's.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from orgpost.errors import InvalidField, UnknownId
from orgpost.frozen import NamedTuple
from orgpost.message_store.shelf import spans_of
from orgpost.org import scan
from orgpost.org.change import with_keyword
from orgpost.org.entry import parse
from orgpost.org.splice import smallest
from orgpost.org.syntax import MESSAGE
from orgpost.states import MessageState, move

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from orgpost.message_store.desk import Desk
    from orgpost.message_store.shelf import Found, Shelf
    from orgpost.org.scan import Span
    from orgpost.org.syntax import FileKind
    from orgpost.store.page import Page

WORDS: Final = {
    "unread": MessageState.UNREAD,
    "read": MessageState.READ,
    "clear": MessageState.READ,
    "todo": MessageState.TODO,
    "done": MessageState.DONE,
}


class Marked(NamedTuple):
    """One message that was marked: its state before and now."""

    id: str
    before: str
    state: str
    changed: bool


def state_named(word: str) -> MessageState:
    """Give the state that a word means; ``clear`` is read."""
    try:
        return WORDS[word.lower()]
    except KeyError:
        raise InvalidField("state", f"{word!r} is none of {' '.join(WORDS)}") from None


class Moving:
    """Changes the state of messages."""

    def __init__(self, desk: Desk, shelf: Shelf) -> None:
        self._desk, self._shelf = desk, shelf

    def mark(self, ids: Iterable[str], to: MessageState) -> list[Marked]:
        """Mark messages; one bad id or move, and nothing changes."""
        wanted = list(dict.fromkeys(ids))
        places = self._shelf.locate(wanted)
        for id, place in places.items():
            move(place.entry().keyword, to, id=id)
        done: dict[str, Marked] = {}
        for path, here in by_path(places).items():
            if all(place.entry().keyword == to for place in here.values()):
                done |= {id: Marked(id, to, to, changed=False) for id in here}
            else:
                done |= self._desk.store.edit(path, partial(_mark, list(here), to))
        return [done[id] for id in wanted]


def by_path(places: Mapping[str, Found]) -> dict[str, dict[str, Found]]:
    """Sort places by the file that they are in."""
    files: dict[str, dict[str, Found]] = {}
    for id, place in places.items():
        files.setdefault(place.source.path, {})[id] = place
    return files


def _mark(ids: Sequence[str], to: MessageState, page: Page) -> dict[str, Marked]:
    kind = scan.file_kind(page.data, MESSAGE)
    spans = spans_of(page.data, ids)
    if missing := [id for id in ids if id not in spans]:
        raise UnknownId(missing[0])
    return {id: _mark_one(page, id, spans[id], to, kind) for id in ids}


def _mark_one(page: Page, id: str, span: Span, to: MessageState, kind: FileKind) -> Marked:
    raw = page.data[span.start : span.end]
    before = parse(raw, kind).keyword
    if not move(before, to, id=id):
        return Marked(id, before, before, changed=False)
    for at, old, new in smallest(raw, with_keyword(raw, to, kind), span.start):
        page.replace((at, at + len(old)), new)
    return Marked(id, before, str(to), changed=True)
