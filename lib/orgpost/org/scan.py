"""Where the entries are: bytes in, offsets out, nothing parsed that was not asked for.

In Org a line that begins with stars and a space is a heading, always. So entries, their states and
their ids are found by searching bytes, and only line feed ends a line.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from orgpost.frozen import NamedTuple
from orgpost.org import syntax

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orgpost.org.syntax import FileKind


class Span(NamedTuple):
    """A pair of offsets into a file's bytes."""

    start: int
    end: int


# --- a file -------------------------------------------------------------------------------------


def has_cookie(data: bytes) -> bool:
    """Say whether line 1 is the cookie; a BOM and CRLF are somebody's, and stay."""
    line = data[: data.find(b"\n") + 1]
    return line.removeprefix(syntax.BOM).rstrip(b"\r\n") == syntax.COOKIE


def is_crlf(data: bytes) -> bool:
    """Say whether line 1 ends in CRLF, and with it all lines of ours."""
    return data[: data.find(b"\n") + 1].endswith(b"\r\n")


def preamble(data: bytes) -> bytes:
    """Give everything before the first heading of any level."""
    if found := re.search(rb"(?:\A|\n)(?=\*+ )", data):
        return data[: found.end()]
    return data


_TODO_LINE: Final = rb"(?mi)^[ \t]*#\+(?:SEQ_|TYP_)?TODO:([^\n]*)"


def file_kind(data: bytes, kind: FileKind) -> FileKind:
    """Give the kind as this file has it: with its own keywords too, and its line ends."""
    opened, closed = list(kind.keywords_open), list(kind.keywords_closed)
    for line in re.findall(_TODO_LINE, preamble(data)):
        words = line.decode("utf-8", "surrogateescape").split()
        bar = words.index("|") if "|" in words else len(words) - 1
        opened += _new_keywords(words[:bar], [*opened, *closed])
        closed += _new_keywords(words[bar:], [*opened, *closed])
    own = tuple(opened), tuple(closed)
    if own == (kind.keywords_open, kind.keywords_closed) and kind.crlf == is_crlf(data):
        return kind
    return kind._replace(keywords_open=own[0], keywords_closed=own[1], crlf=is_crlf(data))


def _new_keywords(words: list[str], known: list[str]) -> list[str]:
    names = dict.fromkeys(re.sub(r"\([^)]*\)\Z", "", word) for word in words)
    return [name for name in names if name not in {"", "|", *known}]


# --- its entries --------------------------------------------------------------------------------


def entry_starts(data: bytes) -> list[int]:
    """Give the offset of each level-1 heading."""
    starts = [found.start() + 1 for found in re.finditer(rb"\n\* ", data)]
    return [0, *starts] if data.startswith(b"* ") else starts


def spans(data: bytes) -> list[Span]:
    """Give the span of each entry; with what is before the first they tile the data."""
    starts = entry_starts(data)
    return list(map(Span, starts, [*starts[1:], len(data)]))


def span_at(data: bytes, start: int) -> Span:
    """Give the span of the entry whose heading begins at an offset."""
    end = data.find(b"\n* ", start) + 1
    return Span(start, end or len(data))


def keyword_starts(data: bytes, keyword: bytes) -> list[int]:
    """Give the offset of each entry that bears a keyword, padded or not."""
    pattern = rb"\* +" + re.escape(keyword) + rb"(?= |\r?\n|\Z)"
    starts = [found.start() + 1 for found in re.finditer(rb"\n" + pattern, data)]
    return [0, *starts] if re.match(pattern, data) else starts


def with_keyword(data: bytes, keyword: bytes) -> Iterator[Span]:
    """Find the entries that bear a keyword, padded or not, in the file's order."""
    return (span_at(data, start) for start in keyword_starts(data, keyword))


# --- their ids ----------------------------------------------------------------------------------


@cache
def _head(cr: str) -> re.Pattern[bytes]:
    """Match heading, planning and a valid drawer (docs/format.md, Scanning).

    The loop is atomic, so that a drawer that never closes is given up in one pass.
    """
    closing = rf"{syntax.CLOSING}(?:{cr}\n|\Z)"
    line = rf"(?!{closing}){syntax.DRAWER_LINE}(?<!\r){cr}\n"
    return re.compile(
        (
            rf"\*+ [^\n]*\n(?P<planning>{syntax.PLANNING_LINE}\n)?"
            rf"[ \t]*:(?i:PROPERTIES):[ \t]*{cr}\n(?P<drawer>(?>(?:{line})*)){closing}"
        ).encode()
    )


_ID_LINE: Final = re.compile(rb"(?mi)^[ \t]*:ID:(?:[ \t]([^\n]*)|\r)?$")
_ID: Final = re.compile(syntax.READ_ID.encode())


def head(data: bytes, span: Span, *, crlf: bool) -> re.Match[bytes] | None:
    """Match an entry's heading, planning and drawer; None where it has no valid drawer."""
    return _head(r"\r?" if crlf else "").match(data, span.start, span.end)


def id_in(found: re.Match[bytes]) -> bytes | None:
    """Give the first ID of a matched drawer, as it stands; None where it cannot be one."""
    line = _ID_LINE.search(found.string, found.start("drawer"), found.end("drawer"))
    if line is None or line[1] is None:
        return None
    value = line[1].removesuffix(b"\r").strip(b" \t")
    return value if _ID.fullmatch(value) else None


def entry_id(data: bytes, span: Span) -> bytes | None:
    """Give an entry's id; None for a note."""
    found = head(data, span, crlf=is_crlf(data))
    return found and id_in(found)


def find_all_ids(data: bytes) -> Iterator[tuple[bytes, Span]]:
    """Give id and span of each entry that has one, in the file's order, equal ones too."""
    crlf = is_crlf(data)
    for span in spans(data):
        found = head(data, span, crlf=crlf)
        if found and (id := id_in(found)):
            yield id, span


def find_id(data: bytes, id: bytes) -> Span | None:
    """Find the first entry whose id this is, wherever else its letters stand."""
    crlf = is_crlf(data)
    at = data.find(id)
    while at >= 0:
        line = data.rfind(b"\n", 0, at) + 1
        if _BEFORE_AN_ID.fullmatch(data, line, at):
            span = _around(data, line)
            # What is before the first entry may itself begin with a heading, of a deeper level.
            found = data.startswith(b"* ", span.start) and head(data, span, crlf=crlf)
            if found and id_in(found) == id:
                return span
            at = data.find(id, span.end)
        else:
            at = data.find(id, _next_chance(data, at, id))
    return None


_BEFORE_AN_ID: Final = re.compile(rb"(?i)[ \t]*:ID:[ \t]+")


def _around(data: bytes, line: int) -> Span:
    """Give the entry that a line is in; before the first one, everything up to it."""
    return span_at(data, data.rfind(b"\n* ", 0, line) + 1)


def _next_chance(data: bytes, at: int, id: bytes) -> int:
    # A line says an id once; but the letters of a person's id may stand in ":ID:" itself.
    if id.upper() in b":ID:":
        return at + 1
    return (data.find(b"\n", at) + 1) or len(data)
