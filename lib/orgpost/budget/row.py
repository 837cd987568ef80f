r"""One row of a ledger: from its text and to its text. Pure.

What we write we can read; what we cannot read is told with its line, and never guessed at. Lines
that are no rows of the table are a person's, and so is how the table is aligned.
"""

from __future__ import annotations

import re
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.names import TIERS
from orgpost.org import syntax

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TypeAlias

    Raw: TypeAlias = tuple[str, str, str, str, str, str, str, str]

COLUMNS: Final = ("time", "event", "sender", "agent", "task", "tokens", "tier", "note")
NOTHING: Final = "-"
TIME: Final = "%Y-%m-%dT%H:%M:%SZ"

HOLD, RESERVE, SETTLE, RELEASE, SPEND, REFUSE, CARRY, VOID = EVENTS = (
    *("hold", "reserve", "settle", "release"),
    *("spend", "refuse", "carry", "void"),
)
AGAIN, MORE, OVER, ORPHAN = "again", "more", "over", "orphan"
START, UNTIL = "start", "until"

_DAY: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
# Quantifiers that give nothing back.
_CLOCK: Final = r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"
_NAME: Final = r"[a-z0-9][a-z0-9_-]{0,47}+|-"
# A task that a person made has an id of Emacs's.
_TASK: Final = r"[^|\s\x00-\x1f\x7f\ud800-\udfff]{1,128}+"
_MOST_TOKENS: Final = 10**15 - 1
_CELLS: Final = (
    "|".join(EVENTS),
    _NAME,
    _NAME,
    _TASK,
    r"[0-9]{1,15}+",
    "|".join((*TIERS, "-")),
    r"[^|\n]*+",
)
_FAULTS: Final = (
    "is no event",
    "is no actor",
    "is no agent",
    "is no id of a task",
    "is no whole number of tokens",
    "is no tier",
)
_ROW_LIKE: Final = r"\n[ \t]*+\|(?!-)"
_LINE: Final = r"(?m)^[ \t]*\|(?!-)[^\n]*"
_BAR: Final = r"[ \t]*+\|[ \t]*+"
# Much memory that is asked for at once costs more than what is done in it.
PIECE: Final = 1 << 14
_PLAIN_NOTE: Final = r"(?:[^|\s][^|\n]*+)?"
_TITLES: Final = rf"{_BAR}{_BAR.join(COLUMNS)}{_BAR}\r?"
_VERT: Final = re.compile(r"\\(?=vert|backslash\{\})")
_ENTITY: Final = re.compile(r"\\vert|\\backslash\{\}(?=vert|backslash\{\})")


class Row(NamedTuple):
    """One event; `time` is UTC as it is written, so that rows sort as their times do."""

    time: str
    event: str
    sender: str = NOTHING
    agent: str = NOTHING
    task: str = NOTHING
    tokens: int = 0
    tier: str = NOTHING
    note: str = ""

    def to_text(self) -> str:
        """Write it as a line of the table."""
        note = _VERT.sub(r"\\backslash{}", " ".join(self.note.split())).replace("|", r"\vert")
        cells = " | ".join(map(str, self[:-1]))
        return f"| {cells} | {note} |\n" if note else f"| {cells} | |\n"


class Bad(NamedTuple):
    """A line of the table that is no row, counted from 1, and why."""

    line: int
    text: str
    what: str


class Reading(NamedTuple):
    """The cells of all rows, still as text, to be taken once; and the lines that are none."""

    rows: Iterable[Raw]
    bad: Sequence[Bad] = ()


def fitting(row: Row) -> Row:
    """Leave out what no cell may hold: a person wrote the task, and all others need the ledger."""
    cells = ((_NAME, row.sender), (_NAME, row.agent), (_TASK, row.task))
    sender, agent, task = (cell if _fits(right, cell) else NOTHING for right, cell in cells)
    return row._replace(sender=sender, agent=agent, task=task, tokens=min(row.tokens, _MOST_TOKENS))


def to_bytes(rows: Iterable[Row]) -> bytes:
    """Write rows as lines of the table; what is no text in a note shows as a question mark."""
    return "".join(each.to_text() for each in rows).encode("utf-8", "replace")


def stamp(moment: datetime) -> str:
    """Write a time as rows have it."""
    return moment.strftime(TIME)


def moment(time: str) -> datetime:
    """Read a time as rows have it."""
    # Not `strptime`: whoever asks for budget looks at each submission of the last hour.
    return datetime.fromisoformat(time)


def read(text: str, day: str) -> Reading:
    """Read the ledger of a day."""
    start = f"\n{text}".find(f"\n| {day}T")
    if start >= 0 and _are_plain(text, start, day) and not any(_bad(text[:start], day)):
        plain = chain.from_iterable(map(_plain_rows, _pieces(text, start)))
        return Reading(_spelt_out(plain, text))
    rows = _pattern(day).findall(text)
    titles = re.search(_LINE, text)
    wanted = len(rows) + (titles is not None and _is_titles(titles[0]))
    bad = () if wanted == len(re.findall(_ROW_LIKE, f"\n{text}")) else tuple(_bad(text, day))
    return Reading(_spelt_out(rows, text), bad)


def row_of(raw: Raw) -> Row:
    """Make a value of the cells of a row."""
    time, event, sender, agent, task, tokens, tier, note = raw
    return Row(time, event, sender, agent, task, int(tokens), tier, note.strip())


def is_whole(line: bytes, day: str) -> bool:
    """Ask whether a line that lacks its line end is a row all the same."""
    return _pattern(day).fullmatch(line.decode("utf-8", "replace")) is not None


def is_torn(line: bytes, day: str) -> bool:
    """Ask whether the last line, which lacks its line end, is the beginning of a row."""
    return line.lstrip(b" \t").startswith(b"|") and not is_whole(line, day)


def header(day: str) -> str:
    """Give what a ledger begins with."""
    titles = f"| {' | '.join(COLUMNS)} |\n"
    rule = "+".join("-" * (len(name) + 2) for name in COLUMNS)
    head = syntax.header(f"ledger/{day}.org", f"Ledger of {day} (UTC)").decode()
    return f"{head}{titles}|{rule}|\n"


def _pattern(day: str) -> re.Pattern[str]:
    row = _BAR.join(f"({cell})" for cell in (re.escape(day) + _CLOCK, *_CELLS))
    return re.compile(rf"(?m)^{_BAR}{row}\|[ \t]*+\r?$")


def _are_plain(text: str, start: int, day: str) -> bool:
    """Ask whether nothing follows but rows as we write them: many are then read at once."""
    cells = (re.escape(day) + _CLOCK, *_CELLS[:-1], _PLAIN_NOTE)
    row = r" \| ".join(f"(?:{cell})" for cell in cells)
    return re.compile(rf"(?>(?:\| {row} ?+\|\n)*)").fullmatch(text, start) is not None


def _pieces(text: str, start: int) -> Iterator[str]:
    while start < len(text):
        end = text.find("\n", start + PIECE) + 1 or len(text)
        yield text[start:end]
        start = end


def _plain_rows(text: str) -> Iterable[Raw]:
    cells = text.split(" | ")
    # A note, empty or not, comes in one piece with the time of the next row.
    seams = cells[:: len(COLUMNS) - 1]
    times = [seam[-len("2026-11-20T09:00:00Z") :] for seam in seams[:-1]]
    notes = ["" if seam[0] == "|" else seam[: seam.index("|")] for seam in seams[1:]]
    event, sender, agent, task, tokens, tier = (cells[n :: len(COLUMNS) - 1] for n in range(1, 7))
    return zip(times, event, sender, agent, task, tokens, tier, notes, strict=True)


def _spelt_out(rows: Iterable[Raw], text: str) -> Iterable[Raw]:
    if "\\" not in text:
        return rows
    return [raw if "\\" not in raw[-1] else _spelt(raw) for raw in rows]


def _spelt(raw: Raw) -> Raw:
    time, event, sender, agent, task, tokens, tier, note = raw
    return time, event, sender, agent, task, tokens, tier, _ENTITY.sub(_plain, note)


def _plain(found: re.Match[str]) -> str:
    return "|" if found[0] == r"\vert" else "\\"


def _bad(text: str, day: str) -> Iterator[Bad]:
    row, titles_seen = _pattern(day), False
    for number, line in enumerate(text.split("\n"), 1):
        if re.match(_LINE, line) is None or row.fullmatch(line):
            continue
        if not titles_seen and _is_titles(line):
            titles_seen = True
            continue
        yield Bad(number, line, _what(line, day))


def _is_titles(line: str) -> bool:
    return re.fullmatch(_TITLES, line) is not None


def _what(line: str, day: str) -> str:
    cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
    if len(cells) != len(COLUMNS):
        return f"{len(cells)} columns instead of {len(COLUMNS)}"
    time, *rest = cells
    if re.fullmatch(_DAY + _CLOCK, time) is None:
        return f"{time[:40]!r} is no time"
    if not time.startswith(day):
        return f"{time} is not of {day}"
    faults = zip(_CELLS, _FAULTS, rest, strict=False)
    wrong = (f"{cell[:40]!r} {what}" for right, what, cell in faults if not _fits(right, cell))
    return next(wrong, "is no row")


def _fits(right: str, cell: str) -> bool:
    return re.fullmatch(right, cell) is not None
