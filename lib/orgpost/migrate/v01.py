"""Reads what v0.1 wrote: `org/inboxes/<name>.org`, one message after the other. Pure.

Its one rule: an entry begins at a line `* MESSAGE [` that is followed by a drawer with an ID, and
nowhere else. The ancestor appended bodies as they came, so every other line is body text, stars
and drawers included; that is how a forged heading stays inside the message that carried it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from orgpost.migrate.old import (
    DRAWER,
    PLANNING,
    OldEntry,
    OldFile,
    lines_of,
    plain_lines,
    properties_of,
    tags_and_words,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

START: Final = re.compile(rf"(?m)^\* MESSAGE \[([^\]\n]*)\]([^\n]*)\n((?:{PLANNING})?){DRAWER}")

_MESSAGE: Final = re.compile(r"(?m)^\* MESSAGE \[")
# The last one is the ancestor's own, and each file of ours says it too.
_TITLES: Final = re.compile(r"(?i)#\+(?:TITLE:|FILETAGS:|STARTUP: overview\Z)")
_SEPARATOR: Final = "\n\n"


def read_inbox(text: str) -> OldFile:
    """Read one inbox of v0.1."""
    text = plain_lines(text)
    starts = entry_starts(text)
    ends = [*[start.start() for start in starts[1:]], None][: len(starts)]
    lines = lines_of(text, [start.start() for start in starts])
    entries = [
        entry_at(text, start, end, line)
        for start, end, line in zip(starts, ends, lines, strict=True)
    ]
    preamble = text[: starts[0].start()] if starts else text
    return OldFile(without_titles(preamble), tuple(entries), oddities(text, starts))


def entry_starts(text: str) -> list[re.Match[str]]:
    """Find where entries begin, in order."""
    return [match for match in START.finditer(text) if _has_id(match[4])]


def entry_at(text: str, start: re.Match[str], end: int | None, line: int) -> OldEntry:
    """Read the entry that begins with `start` and ends where the next begins, or with the file."""
    tags, words = tags_and_words(start[2])
    return OldEntry(
        version="v0.1",
        line=line,
        keyword="",
        stamp=start[1],
        words=words,
        tags=tags,
        planning=start[3].strip(),
        properties=properties_of(start[4]),
        body=_body(text[start.end() : end], last=end is None),
    )


def oddities(text: str, starts: Sequence[re.Match[str]]) -> tuple[tuple[int, str], ...]:
    """Name the lines that look like the beginning of an entry and are text."""
    begins = {start.start() for start in starts}
    odd = [match.start() for match in _MESSAGE.finditer(text) if match.start() not in begins]
    return tuple(
        (line, "a MESSAGE heading without an ID is kept as text") for line in lines_of(text, odd)
    )


def without_titles(preamble: str) -> str:
    """Give a preamble less its titles and file tags, and less blank lines around it."""
    kept = [line for line in preamble.split("\n") if not _TITLES.match(line)]
    return "\n".join(kept).strip("\n")


def read_users(tree: object) -> tuple[tuple[str, Mapping[str, object]], ...]:
    """Give name and fields of each user of a parsed USERS.yaml, in order; odd ones are left out."""
    users = tree.get("users") if isinstance(tree, dict) else None
    if not isinstance(users, dict):
        return ()
    return tuple(
        (str(name), fields if isinstance(fields, dict) else {}) for name, fields in users.items()
    )


def read_whitelist(tree: object) -> frozenset[str]:
    """Give the names that the old settings let talk to an agent."""
    messaging = tree.get("messaging") if isinstance(tree, dict) else None
    names = messaging.get("claude_whitelist") if isinstance(messaging, dict) else None
    return frozenset(map(str, names)) if isinstance(names, list) else frozenset()


def _has_id(drawer: str) -> bool:
    return any(name.upper() == "ID" for name, _ in properties_of(drawer))


def _body(text: str, *, last: bool) -> str:
    # The writer ended a body with one line end and began the next entry with a blank line.
    if not last and (text.endswith(_SEPARATOR) or text == "\n"):
        return text[: -len(_SEPARATOR)]
    return text.removesuffix("\n")
