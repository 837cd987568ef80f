"""Reads what v0.2 wrote: one `inbox.org` for all, one file of tasks for each agent. Pure.

Its one rule: an entry begins at a heading with a drawer directly below it; its body was indented
by two blanks, so a line that begins with a star and a blank is a heading and never body text.
The ancestor's own upgrade notes told people to concatenate inboxes of v0.1 into `inbox.org`:
entries of that form are found here too, and are read by the rule of `orgpost.migrate.v01`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from orgpost.migrate import v01
from orgpost.migrate.old import (
    DRAWER,
    PLANNING,
    OldEntry,
    OldFile,
    lines_of,
    plain_lines,
    properties_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYWORDS: Final = frozenset(
    {"TODO", "WAITING", "QUEUED", "WORKING", "DONE", "CANCELLED", "ARCHIVED"}
)

_HEADING: Final = re.compile(r"(?m)^\* +([^\n]*)(?:\n|\Z)")
_BELOW: Final = re.compile(rf"((?:{PLANNING})?){DRAWER}")
_STAMP: Final = re.compile(r"\[(\d{4}-\d\d-\d\d[^\]\n]*)\][ \t]*")
_PRIORITY: Final = re.compile(r"\[#([A-Z])\][ \t]*")
_TAGS: Final = re.compile(r"(?:\A|[ \t]+):([^\s:]+(?::[^\s:]+)*):[ \t]*\Z")
_PRIORITIES: Final = {"A": "high", "B": "normal"}
_TODO_LINE: Final = re.compile(r"(?mi)^#\+TODO:[ \t]+TODO\b[^\n]*\bWORKING\b")


def read_file(text: str) -> OldFile:
    """Read one file of v0.2, with what it holds of v0.1."""
    text = plain_lines(text)
    found = v01.entry_starts(text)
    older = {start.start(): start for start in found}
    starts = _starts(text, older)
    ends = [*starts[1:], len(text)][: len(starts)]
    entries = [
        v01.entry_at(text, older[start], None if end == len(text) else end, line)
        if start in older
        else _entry(text, start, end, line)
        for start, end, line in zip(starts, ends, lines_of(text, starts), strict=True)
    ]
    preamble = text[: starts[0]] if starts else text
    return OldFile(_without_keywords(preamble), tuple(entries), v01.oddities(text, found))


def is_old(text: str) -> bool:
    """Say whether the head of a file is that of v0.2, in a place where ours lie too."""
    head, _, _ = text.partition("\n* ")
    return "-*-" not in head.partition("\n")[0] and bool(_TODO_LINE.search(head))


def read_actors(tree: object) -> tuple[Mapping[str, object], ...]:
    """Give the actors of a parsed contacts.yaml of v0.2, in order; odd ones are left out."""
    actors = tree.get("actors") if isinstance(tree, dict) else None
    if not isinstance(actors, list):
        return ()
    return tuple(actor for actor in actors if isinstance(actor, dict) and actor.get("id"))


def _starts(text: str, older: Mapping[int, object]) -> list[int]:
    """Find the headings that begin an entry: in the body of one of v0.1 most begin none."""
    starts: list[int] = []
    inside_v01 = False
    for match in _HEADING.finditer(text):
        if match.start() in older:
            inside_v01 = True
        elif inside_v01 and not _drawer_with_id(text, match.end()):
            continue
        else:
            inside_v01 = False
        starts.append(match.start())
    return starts


def _drawer_with_id(text: str, offset: int) -> bool:
    below = _BELOW.match(text, offset)
    return below is not None and any(name.upper() == "ID" for name, _ in properties_of(below[2]))


def _entry(text: str, start: int, end: int, line: int) -> OldEntry:
    heading = _HEADING.match(text, start)
    offset = heading.end() if heading else start
    below = _BELOW.match(text, offset)
    keyword, priority, words, tags = _heading(heading[1] if heading else "")
    stamp = _STAMP.match(words)
    return OldEntry(
        version="v0.2",
        line=line,
        keyword=keyword,
        stamp=stamp[1] if stamp else "",
        words=words,
        tags=tags,
        planning=below[1].strip() if below else "",
        properties=(properties_of(below[2]) if below else ()) + priority,
        body=_body(text[below.end() if below else offset : end]),
    )


def _heading(line: str) -> tuple[str, tuple[tuple[str, str], ...], str, tuple[str, ...]]:
    """Part a heading as Org does; a priority is given as the property that v0.2 used for it."""
    line = line.strip()
    first, _, rest = line.partition(" ")
    keyword, rest = (first, rest.lstrip()) if first in KEYWORDS else ("", line)
    cookie = _PRIORITY.match(rest)
    rest = rest[cookie.end() :] if cookie else rest
    tags = _TAGS.search(rest)
    priority = (("PRIORITY", _PRIORITIES.get(cookie[1], "low")),) if cookie else ()
    words = rest[: tags.start()] if tags else rest
    return keyword, priority, words.strip(), tuple(tags[1].split(":")) if tags else ()


def _body(text: str) -> str:
    """Give a body without the writer's indent, where all of its lines have it.

    The writer indented empty lines too: one that has no indent stands between entries.
    """
    text = text.rstrip("\n")
    lines = text.split("\n")
    if all(line.startswith("  ") or not line for line in lines):
        return "\n".join(line[2:] for line in lines)
    return text


def _without_keywords(preamble: str) -> str:
    kept = [line for line in preamble.split("\n") if not _TODO_LINE.match(line)]
    return v01.without_titles("\n".join(kept))
