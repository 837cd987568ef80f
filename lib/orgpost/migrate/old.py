"""What the ancestor wrote, as values: an entry of v0.1 or v0.2 before anything is decided about it.

Nothing here interprets; `orgpost.migrate.v01` and `orgpost.migrate.v02` do. All of it is pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

PROPERTY: Final = re.compile(r"[ \t]*:([^ \t\n:]+):[ \t]*(.*)")
PLANNING: Final = r"[ \t]*(?:CLOSED|SCHEDULED|DEADLINE):[^\n]*\n"
DRAWER: Final = (
    r"[ \t]*:(?i:PROPERTIES):[ \t]*\n"
    r"((?:(?![ \t]*:(?i:END):)[ \t]*:[^\n]*\n)*)"
    r"[ \t]*:(?i:END):[ \t]*(?:\n|\Z)"
)

_MORE: Final = re.compile(r"[ \t]*:[ \t]+(.*)")
_TAGS: Final = re.compile(r":[^:\s]+(?::[^:\s]+)*:")
_MOMENT: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[ \t]+[^\d\s]+)?(?:[ \t]+(\d{1,2}):(\d\d)(?::(\d\d))?)?[ \t]*"
)
_TIME_OF_ID: Final = re.compile(r"-(\d{8})-(\d{4})(\d\d)(?=-|\Z)")


@dataclass(frozen=True, slots=True)
class OldEntry:
    """One entry as its file has it; `line` is that of its heading, counted from 1.

    `version` says whose manner it has: people concatenated files of v0.1 into one of v0.2.
    """

    version: str
    line: int
    keyword: str
    stamp: str
    words: str
    tags: tuple[str, ...]
    planning: str
    properties: tuple[tuple[str, str], ...]
    body: str

    def get(self, name: str) -> str:
        """Give the first value under that name, in whatever case; empty where there is none."""
        return next((value for key, value in self.properties if key.upper() == name), "")


@dataclass(frozen=True, slots=True)
class OldFile:
    """One file as it was read: what stood before the first entry, the entries, what was odd."""

    preamble: str
    entries: tuple[OldEntry, ...]
    oddities: tuple[tuple[int, str], ...] = ()


def plain_lines(text: str) -> str:
    """Give the text without a byte order mark, and with LF for CRLF where line 1 ends in CRLF."""
    text = text.removeprefix("\ufeff")
    first, _, _ = text.partition("\n")
    return text.replace("\r\n", "\n") if first.endswith("\r") else text


def lines_of(text: str, offsets: Iterable[int]) -> list[int]:
    """Give the line of each offset, counted from 1; the offsets rise."""
    lines, line, last = [], 1, 0
    for offset in offsets:
        line += text.count("\n", last, offset)
        lines.append(line)
        last = offset
    return lines


def properties_of(drawer: str) -> tuple[tuple[str, str], ...]:
    """Give the properties of a drawer's lines; a line of blanks after `:` goes on with the last.

    The ancestor wrote a value of several lines as `:KEY: |` and one `:   ` line for each.
    """
    found: list[tuple[str, str]] = []
    for line in drawer.split("\n"):
        if match := PROPERTY.fullmatch(line):
            found.append((match[1], match[2].rstrip(" \t")))
        elif found and (more := _MORE.fullmatch(line)):
            name, value = found[-1]
            found[-1] = (name, f"{value.removesuffix('|')} {more[1]}".strip())
    return tuple(found)


def tags_and_words(rest: str) -> tuple[tuple[str, ...], str]:
    """Part the rest of a heading into its tags, wherever they stand, and its words."""
    tags: list[str] = []
    words: list[str] = []
    for token in rest.split():
        if _TAGS.fullmatch(token):
            tags += token.strip(":").split(":")
        else:
            words.append(token)
    return tuple(dict.fromkeys(tags)), " ".join(words)


def moment(stamp: str, old_id: str) -> str:
    """Give a stamp's text with seconds, `2026-11-20 09:10:03`, or nothing where it is no time.

    The ancestor's stamps have no seconds but its ids do, in the same local time; they are taken
    where the two agree in all else. Without a stamp the id's time is the next best.
    """
    match = _MOMENT.fullmatch(stamp.strip("[]<> \t"))
    named = _TIME_OF_ID.search(old_id)
    if match and match[4]:
        year, month, day, hour, minute, second = match.groups(default="00")
        date, time = f"{year}{month}{day}", f"{int(hour):02}{minute}"
        if second == "00" and named and named[1] == date and named[2] == time:
            second = named[3]
        return f"{year}-{month}-{day} {int(hour):02}:{minute}:{second}"
    if named and (not match or named[1] == "".join(match.groups()[:3])):
        date, time = named[1], named[2]
        return f"{date[:4]}-{date[4:6]}-{date[6:]} {time[:2]}:{time[2:]}:{named[3]}"
    return f"{match[1]}-{match[2]}-{match[3]} 00:00:00" if match else ""
