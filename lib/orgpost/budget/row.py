r"""One row of a ledger: from its text and to its text. Pure.

What we write we can read; what we cannot read is told with its line, and never guessed at. Lines
that are no rows of the table are a person's, and so is how the table is aligned.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.names import TIERS
from orgpost.org import syntax

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
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
# Quantifiers that give nothing back: ten thousand rows are read in a hundredth of a second.
_CLOCK: Final = r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"
_NAME: Final = r"[a-z0-9][a-z0-9_-]{0,47}+|-"
_TASK: Final = r"task-[a-z0-9][a-z0-9._-]{0,119}+|-"
_CELLS: Final = (
    "|".join(EVENTS),
    _NAME,
    _NAME,
    _TASK,
    r"[0-9]{1,15}+",
    "|".join((*TIERS, "-")),
    r"[^|\n]*+",
)
# The same but for alternatives in names, which would take half of the time of a reading.
_LOOSE: Final = (
    *(_CELLS[0], r"[a-z0-9-][a-z0-9_-]{0,47}+", r"[a-z0-9-][a-z0-9_-]{0,47}+"),
    *(r"(?>(?:task)?)-[a-z0-9._-]*+", *_CELLS[4:]),
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
    """The cells of all rows, still as text, and the lines that are none."""

    rows: Sequence[Raw]
    bad: Sequence[Bad] = ()


def stamp(moment: datetime) -> str:
    """Write a time as rows have it."""
    return moment.strftime(TIME)


def moment(time: str) -> datetime:
    """Read a time as rows have it."""
    # Not `strptime`: whoever asks for budget looks at each submission of the last hour.
    return datetime.fromisoformat(time)


def read(text: str, day: str) -> Reading:
    """Read the ledger of a day."""
    rows = _pattern(day, _LOOSE).findall(text)
    titles = re.search(_LINE, text)
    wanted = len(rows) + (titles is not None and _is_titles(titles[0]))
    if wanted == len(re.findall(_ROW_LIKE, f"\n{text}")) and _are_named_right(rows):
        return Reading(_spelt_out(rows, text))
    rows = _pattern(day).findall(text)
    return Reading(_spelt_out(rows, text), tuple(_bad(text, day)))


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


def _are_named_right(rows: Sequence[Raw]) -> bool:
    names = {raw[2] for raw in rows} | {raw[3] for raw in rows}
    name, task = re.compile(_NAME).fullmatch, re.compile(_TASK).fullmatch
    return all(map(name, names)) and all(map(task, {raw[4] for raw in rows}))


def _pattern(day: str, cells: Sequence[str] = _CELLS) -> re.Pattern[str]:
    row = _BAR.join(f"({cell})" for cell in (re.escape(day) + _CLOCK, *cells))
    return re.compile(rf"(?m)^{_BAR}{row}\|[ \t]*+\r?$")


def _spelt_out(rows: Sequence[Raw], text: str) -> Sequence[Raw]:
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
