"""What a session is told of tasks: of the one that it holds, or that somebody else works. Pure.

A task is told in full when it is new to the session, or a fact of it changed: who sent it, how
far that one is trusted, its title in quotes, and the commands as they are typed. Else it is one
short line.
"""

from _blake2 import blake2b

from .digest import LONGEST_CHAIN, SUBJECT_CHARS, escaped
from .places import is_name
from .told import Told
from .work import Work

CUT_TITLE_CHARS = 20
COOKIES = ("A", "B", "C")
TIERS = ("owner", "team", "trusted", "unknown")


def claim_revision(token: str, canceller: str) -> str:
    """The half of a revision that the bytes of an entry are enough for."""
    return _hash(f"{token}\n{canceller}")


def _hash(facts: str) -> str:
    return blake2b(facts.encode("utf-8", "surrogatepass"), digest_size=3).hexdigest()


class Held:
    """The task that the session holds; without a token nobody could ask what it is about."""

    def __init__(self, facts: dict[str, str]) -> None:
        self._facts = facts
        self.id, self.until = facts["id"], facts["until"]
        self.token = facts.get("token", "")
        self.sender = facts.get("from", "")
        # A name that is none is not a word of orgpost's, and reaches nobody outside of quotes.
        self.has_sender = is_name(self.sender)
        self.tier = facts["tier"] if facts.get("tier") in TIERS and self.has_sender else TIERS[-1]

    @property
    def is_known(self) -> bool:
        """Whether all of it is known, and not only that it is held."""
        return self.token.isdigit()

    @property
    def revision(self) -> str:
        """What tells these facts from others; until when it is held is told each time."""
        names = ("feedback", "is_last")
        rest = "\n".join(self._facts.get(name, "") for name in names)
        return claim_revision(self.token, self._facts.get("canceller", "")) + _hash(rest)

    @property
    def is_to_end(self) -> bool:
        """Whether somebody asked for its end."""
        return bool(self._facts.get("canceller"))

    @property
    def short(self) -> str:
        """One short line of it."""
        return ", ".join([f"{self.id} until {self._until}", *self._changes])

    @property
    def _until(self) -> str:
        return f"{self.until} at the latest" if self._facts.get("is_last") else self.until

    @property
    def _changes(self) -> list[str]:
        canceller, feedback = self._facts.get("canceller", ""), self._facts.get("feedback", "")
        who = f" by {canceller}" if is_name(canceller) else ""
        return [
            *([f"cancel requested{who}"] if canceller else []),
            *([f"{feedback} feedback"] if feedback.isdigit() else []),
        ]

    def blocks(self) -> list[list[str]]:
        """The lines that tell it in full; then less and less of them, where room is short."""
        full, cut, bare = (self._line(title) for title in (SUBJECT_CHARS, CUT_TITLE_CHARS, 0))
        give_back = f"To give it back: orgpost task release {self.id} {self._claim}"
        commands = [self._commands(), give_back]
        via = f", via {' '.join(self._chain)}" if self._chain else ""
        return [
            *([line, *commands] for line in (full + via, full, cut, bare)),
            [bare, commands[0]],
            [bare],
        ]

    @property
    def _chain(self) -> list[str]:
        return [name for name in self._facts.get("via", "").split() if is_name(name)][
            :LONGEST_CHAIN
        ]

    @property
    def _claim(self) -> str:
        return f"--token {self.token}"

    def _line(self, title: int) -> str:
        cookie = self._facts.get("priority", "")
        who = self.sender if self.has_sender else "somebody without a name"
        # Of strangers not a word reaches a session unasked; `task show` has it, in its frame.
        shown = title if self.tier != TIERS[-1] else 0
        cookie = cookie if cookie in COOKIES else "B"
        parts = [
            f"- {self.id} WORKING [#{cookie}] from {who} ({self.tier})",
            *([f'"{escaped(self._facts.get("title", ""), title)}"'] if shown else []),
            f"yours until {self._until}",
        ]
        return ", ".join(parts + self._changes)

    def _commands(self) -> str:
        end = f"orgpost task complete {self.id} {self._claim} --result TEXT"
        ask = f". To ask: orgpost send {self.sender} TEXT" if self.has_sender else ""
        return (
            f"To read it: orgpost task show {self.id}. "
            f"To end it: {end}, or task release or task fail likewise{ask}"
        )


class WorkNews:
    """What there is to tell of tasks at one event: pieces of line 1, and the lines of a task.

    `is_any` says whether it is worth a text; how many tasks wait is not, by itself.
    """

    def __init__(
        self, work: Work | None, told: Told, *, repeats: bool, urgent: bool = False
    ) -> None:
        self.counts: list[str] = []
        self.blocks: list[list[str]] = []
        self.is_any = False
        self._held = Held(work.held) if work and work.held else None
        self._is_told = self._held is not None and (self._held.is_to_end or not urgent)
        self._is_busy = bool(work and work.busy and not urgent and not told.knows_busy())
        if self._held is not None:
            self._tell_held(self._held, told, repeats=repeats)
        if work and work.busy and self._is_busy:
            self.counts.append(f"busy: {work.busy[0]} is held elsewhere until {work.busy[1]}")
            self.is_any = True
        if work and work.queued:
            one = work.queued == 1
            self.counts.append(f"{work.queued} task{'' if one else 's'} wait{'s' if one else ''}")

    def _tell_held(self, held: Held, told: Told, *, repeats: bool) -> None:
        is_news = self._is_told and held.is_known and not told.knows_task(held.id, held.revision)
        self.blocks = held.blocks() if is_news else []
        self.is_any = is_news or repeats
        self.counts.append("1 task is yours" if is_news else f"1 task is yours, {held.short}")

    def note(self, told: Told, now: int) -> None:
        """Note what the session knows now."""
        if self._held is not None and self._held.is_known and self._is_told:
            told.note_task(self._held.id, self._held.revision, now)
        if self._is_busy:
            told.note_busy(now)
