"""What counting and ordering need of an inbox, by one search of its bytes and without parsing.

A row is made for each entry that has one of the wanted keywords, a valid drawer and an id. What
orgpost wrote is matched in one go; what a person or an editor changed is read the long way.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from orgpost.frozen import NamedTuple
from orgpost.org import scan
from orgpost.org.entry import parse
from orgpost.org.syntax import FILE_BYTES_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orgpost.org.syntax import FileKind


class Row(NamedTuple):
    """One entry, in the order of the inbox: high first, then the newest, then the last in the file.

    `created` is the stamp's text, which sorts as times do.
    """

    high: bool
    created: bytes
    start: int
    id: bytes
    sender: bytes


def rows(data: bytes, kind: FileKind, keywords: Iterable[str]) -> list[Row]:
    """Give the rows of the entries with one of these keywords (with any, if none is named)."""
    pattern = _pattern(tuple(keywords))
    # The search wants a line end before the heading; a file may begin with one.
    starts = ((found.start() + 1, found) for found in pattern.finditer(data))
    first = [_read(data, 0, kind)] if pattern.match(b"\n" + _head_line(data)) else []
    found = [*first, *(_row(data, start, match, kind) for start, match in starts)]
    return _without_copies(data, [row for row in found if row])


def newest_first(found: list[Row], *, oldest: bool = False, by_time: bool = False) -> list[Row]:
    """Sort rows as an inbox lists them; `oldest` turns the age, not the priority.

    `by_time` is for who turns pages: no priority keeps old mail before new.
    """
    if by_time:
        return sorted(found, key=lambda row: (row.created, row.start), reverse=not oldest)
    if not oldest:
        return sorted(found, reverse=True)
    return sorted(found, key=lambda row: (not row.high, row.created, row.start))


@lru_cache(maxsize=32)
def _pattern(keywords: tuple[str, ...]) -> re.Pattern[bytes]:
    """Match a heading, and its drawer where it is as orgpost writes it."""
    words = b"|".join(re.escape(_bytes(word)) for word in keywords) or rb"[^ \r\n]+"
    return re.compile(
        rb"\n\* +(?:" + words + rb")(?:"
        rb" +(?P<high>\[#A\])?[^\n]*\n:PROPERTIES:\n:ID: +(?P<id>[^ \t\n]+)\n"
        rb":FROM: +(?P<sender>[^ \t\n]+)\n:TO: [^\n]*\n:CREATED: +\[(?P<created>[^\]\n]*)\]\n"
        rb"(?>(?:(?!:END:):[^ \t\n]+: [^\r\n]*\n)*):END:(?=\n)"  # then comes the next heading
        rb"|(?= |\r?\n|\Z))"
    )


def _head_line(data: bytes) -> bytes:
    return data[: data.find(b"\n") + 1] if data.startswith(b"* ") else b""


def _row(data: bytes, start: int, found: re.Match[bytes], kind: FileKind) -> Row | None:
    high, id, sender, created = found.groups()
    if id is None or sender.startswith(b'"'):
        return _read(data, start, kind)
    return Row(high is not None, created, start, id, sender)


def _read(data: bytes, start: int, kind: FileKind) -> Row | None:
    span = scan.span_at(data, start)
    entry = parse(data[span.start : span.end], kind)
    if entry.id is None:
        return None
    created, sender = entry.get("CREATED") or "", entry.get("FROM") or ""
    return Row(
        entry.priority == "A",
        _bytes(created.strip("[]<>")),
        start,
        _bytes(entry.id),
        _bytes(sender),
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


# What orgpost writes, with no id where the entry is not as it would be, and what any reader may
# take for an ID: the second finds more and is slower.
_OUR_IDS: Final = rb"\n\* (?:[^\n]*\n(?:CLOSED:[^\n]*\n)?:PROPERTIES:\n:ID: +([^ \t\n]+)(?= *\n))?"
_ANY_ID: Final = rb"(?mi)^[ \t]*:ID:[ \t]+([^ \t\r\n]+)"

_LARGE: Final = 2 * FILE_BYTES_LIMIT
_FEW: Final = 32


def _without_copies(data: bytes, found: list[Row]) -> list[Row]:
    """Leave out whatever repeats an id: of two entries with one id the first counts.

    In a file so large that no editor likes to open it (mail is archived long before) only entries
    that were found are compared, or looking for copies would take longer than all the rest.
    """
    if len(data) > _LARGE:
        alone: dict[bytes, Row] = {}
        for row in found:
            alone.setdefault(row.id, row)
        return list(alone.values())
    if len(found) <= _FEW and not _are_said_before(data, found):
        return found
    ids = re.findall(_OUR_IDS, data)
    if b"" in ids or data.startswith(b"* "):
        ids = re.findall(_ANY_ID, data)
    wanted = {row.id for row in found}
    if len(wanted) == len(found) == sum(map(wanted.__contains__, ids)):
        return found
    firsts: dict[bytes, int] = {}
    for id, span in scan.find_all_ids(data):
        firsts.setdefault(id, span.start)
    return [row for row in found if firsts.get(row.id) == row.start]


def _are_said_before(data: bytes, found: list[Row]) -> bool:
    """Ask whether one of few ids stands anywhere before its entry, as that of a copy does."""
    starts = {row.id: row.start for row in reversed(found)}
    if len(starts) != len(found) or not found:
        return bool(found)
    # The longest first: one id may be the beginning of another.
    ids = re.compile(b"|".join(map(re.escape, sorted(starts, key=len, reverse=True))))
    before = ids.finditer(data, 0, max(starts.values()))
    return any(said.start() < starts[said[0]] for said in before)
