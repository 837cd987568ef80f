"""What the rows of a ledger add up to: who has spent what, and what is still open. Pure.

Books are read on: the same rows in two readings are the same as in one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.budget import row

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from orgpost.budget.row import Raw, Row


class Open(NamedTuple):
    """What a task has and has not used yet; `kind` is hold or reserve, `start` what delays it."""

    sender: str
    agent: str
    tokens: int
    kind: str
    tier: str
    since: str
    start: str = ""
    asker: str = ""


class Note(NamedTuple):
    """What a note says: who asked where another is charged, then words."""

    asker: str
    words: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Note:
        """Read it."""
        words = tuple(text.split())
        if words[1:2] == ("for",):
            return cls(words[0], words[3:])
        return cls("", words)

    def after(self, word: str) -> str:
        """Give the word that follows this one, if any does."""
        following = self.words[self.words.index(word) + 1 :] if word in self.words else ()
        return "".join(following[:1])


class Books:
    """The sums of one ledger so far; `last` is the time of its latest row."""

    def __init__(self) -> None:
        self.open: dict[str, Open] = {}
        self.spent: dict[str, int] = {}
        self.submissions: dict[str, list[str]] = {}
        self.starts: dict[tuple[str, str], str] = {}
        self.settled: dict[str, str] = {}
        self.refusals: dict[tuple[str, ...], str] = {}
        self.last = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Books) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # they are read on

    def read_on(self, rows: Iterable[Raw] | Iterable[Row]) -> Books:
        """Add rows; gives itself."""
        spent, opened, settled, last = self.spent, self.open, self.settled, self.last
        for time, event, sender, agent, task, tokens, tier, text in rows:
            if event == row.SETTLE:
                opened.pop(task, None)
                settled[task] = time
                spent[sender] = spent.get(sender, 0) + int(tokens)
            elif event in _OPENING:
                new = Open(sender, agent, int(tokens), event, tier, time)
                if text or event == row.CARRY or task in opened:
                    new = self._told(event, opened.pop(task, None), new, Note.of(text))
                else:
                    self._count(new, time)
                opened[task] = new
            elif event == row.RELEASE:
                opened.pop(task, None)
            elif event == row.SPEND:
                spent[sender] = spent.get(sender, 0) + int(tokens)
            elif event == row.REFUSE:
                self.refusals[sender, *Note.of(text).words[:2]] = time
            last = time if time > last else last  # noqa: FURB136  a call takes a tenth of it all
        self.last = last
        return self

    def has_settled(self, task: str, since: datetime | None) -> bool:
        """Ask whether a task was settled since then: an earlier round is another matter."""
        at = self.settled.get(task)
        return at is not None and (since is None or at >= row.stamp(since))

    # -- what it adds up to --------------------------------------------------------------------

    def spent_by_all(self) -> int:
        """Give the tokens that were used."""
        return sum(self.spent.values())

    def reserved_by_all(self) -> int:
        """Give the tokens that are promised to tasks; what waits for approval does not count."""
        return sum(left.tokens for left in self.open.values() if left.kind != row.HOLD)

    def open_of(self, sender: str) -> int:
        """Give the tokens of a sender that are promised or wait."""
        return sum(left.tokens for left in self.open.values() if left.sender == sender)

    def senders(self) -> list[str]:
        """Give everybody of whom there is anything to tell."""
        return sorted({*self.spent, *self.submissions, *(o.sender for o in self.open.values())})

    # -- single rows ---------------------------------------------------------------------------

    def _told(self, event: str, before: Open | None, new: Open, note: Note) -> Open:
        if note.asker:
            new = new._replace(asker=note.asker)
        if event == row.CARRY:
            kind = row.HOLD if row.HOLD in note.words else row.RESERVE
            new = new._replace(kind=kind, start=note.after(row.START))
            if new.start:
                place = new.sender, new.agent
                self.starts[place] = max(new.start, self.starts.get(place, ""))
        elif before is not None:
            more = before.tokens if before.kind == event == row.RESERVE else 0
            new = new._replace(
                tokens=new.tokens + more, since=before.since, start=before.start, tier=before.tier
            )
        elif _NOT_NEW.isdisjoint(note.words[:1]):
            new = new._replace(start=note.after(row.START))
            self._count(new, new.start or new.since)
        return new

    def _count(self, new: Open, start: str) -> None:
        self.submissions.setdefault(new.sender, []).append(new.since)
        self.starts[new.sender, new.agent] = start


_OPENING: Final = frozenset({row.HOLD, row.RESERVE, row.CARRY})
_NOT_NEW: Final = frozenset({row.AGAIN, row.MORE})
