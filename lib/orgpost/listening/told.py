"""What a listener has told of each box, so that each change is told once. Pure.

However a change was learnt, by an event, a hint, a look at everything or a restart, it is compared
with this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from orgpost.frozen import NamedTuple
from orgpost.watching.change import EDIT, GONE, NEW, STATE, WORK, Change

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

INBOX: Final = "inbox"
UNREAD: Final = "UNREAD"


class Mark(NamedTuple):
    """How an entry was when it was told of."""

    state: str
    digest: str


class Told:
    """Of one box: each entry that was told of, or was there before."""

    def __init__(self, box: str, marks: dict[str, Mark] | None = None) -> None:
        self.box, self._marks = box, {} if marks is None else marks
        self._kind = box.partition("/")[0]

    def begin(self, known: Iterable[Change]) -> None:
        """Take what is there for told."""
        self._marks = {each.id: Mark(each.state, each.digest) for each in known}

    def take(self, change: Change) -> Change | None:
        """Take a change for told; give what is to be told of it, None where it was told before."""
        before = self._marks.get(change.id)
        if change.kind == GONE:
            self._marks.pop(change.id, None)
            return change if before is not None and self._kind != INBOX else None
        self._marks[change.id] = now = Mark(change.state, change.digest)
        kind = self._what_became(before, now)
        return None if kind is None else change._replace(kind=kind)

    def missed(self, known: Iterable[Change]) -> Iterator[Change]:
        """Give what is to be taken so that all that is in the box now was told."""
        there = list(known)
        yield from there
        for id in sorted(self._marks.keys() - {each.id for each in there}):
            mark = self._marks[id]
            yield Change(GONE, id, mark.state, "", "unknown", "normal", mark.digest)

    def _what_became(self, before: Mark | None, now: Mark) -> str | None:
        has_words = self._kind == INBOX or self._kind in WORK
        if before is None and has_words:
            return NEW
        if before is None:
            # It came since, and of that this box does not tell; but somebody was here already.
            return None if now.state == UNREAD else STATE
        if before.state != now.state and self._kind != INBOX:
            return STATE
        return EDIT if before.digest != now.digest and has_words else None

    # -- between two lives ---------------------------------------------------------------------

    def to_list(self) -> list[list[str]]:
        """Give it as a cursor keeps it."""
        return [[id, *mark] for id, mark in self._marks.items()]

    @classmethod
    def of(cls, box: str, kept: Any) -> Told:
        """Read what a cursor kept; raises `ValueError` or `TypeError` where it is nothing such."""
        return cls(box, {str(id): Mark(str(state), str(digest)) for id, state, digest in kept})
