"""What watching needs of each entry, by one search of a file's bytes and without parsing. Pure.

Two looks at an entry are compared by its keyword and by a digest of its words: not by what a reader
or an editor does in passing, which is padding, planning, LOGBOOK, DOWNLOADED and blank ends.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from sys import intern
from typing import TYPE_CHECKING, Final

from orgpost.frozen import NamedTuple
from orgpost.org.entry import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orgpost.org.scan import Span
    from orgpost.org.syntax import FileKind

_DIGEST_BYTES: Final = 8


class Row(NamedTuple):
    """One entry; `start` is where its heading begins, `via` the chain behind its sender."""

    start: int
    id: bytes
    state: str
    digest: bytes
    sender: str
    priority: str
    via: str


def rows(data: bytes, spans: Iterable[Span], kind: FileKind) -> Iterator[Row]:
    """Give the rows of the entries at some spans; notes, and what is torn, have none."""
    for span in spans:
        row = _row(data, span, kind)
        if row is not None:
            yield row


# As orgpost writes it. Quotes, small letters in a key and the like are read the long way.
_HEAD: Final = re.compile(
    rb"\* ([A-Z]+) +(?:\[#([ABC])\] |(?![ \t]|\[#))([^\n]*)\n"
    rb"(?:(?:CLOSED|SCHEDULED|DEADLINE):[^\n]*\n)?"
    rb"(?P<drawer>:PROPERTIES:\n):ID: +([^ \t\n]+)\n:FROM: +([a-z0-9_-]+)\n"
    rb"((?::[A-Z0-9_-]+: [^\r\n]*\n)*?):END:(?=\n|\Z)"
)
_PRIORITIES: Final = {b"A": "high", b"B": "normal", None: "normal", b"C": "low"}
_VIA: Final = re.compile(rb"(?m)^:VIA: +([^\n\"]*)$")


def _row(data: bytes, span: Span, kind: FileKind) -> Row | None:
    found = _HEAD.match(data, span.start, span.end)
    if found is None or kind.crlf or found[1].decode() not in kind.keywords:
        return _row_the_long_way(data[span.start : span.end], span.start, kind)
    state, priority, title, _, id, sender, drawer = found.groups()
    via = _VIA.search(drawer) if b":VIA:" in drawer else None
    return Row(
        span.start,
        id,
        intern(state.decode()),
        _digest(title, _PRIORITIES[priority], data[found.start("drawer") : span.end]),
        intern(sender.decode()),
        _PRIORITIES[priority],
        _text(via[1]) if via else "",
    )


_COOKIE: Final = re.compile(rb"[ \t]*\[#[A-Za-z0-9]+\][ \t]*")


def _row_the_long_way(raw: bytes, start: int, kind: FileKind) -> Row | None:
    entry = parse(raw, kind)
    if entry.id is None:
        return None
    cookie = entry.heading.priority
    priority = _PRIORITIES.get(None if cookie is None else cookie.encode(), "low")
    title = raw[entry.heading.keyword_span.end : raw.find(b"\n")]
    if cookie is not None:
        title = _COOKIE.sub(b"", title, count=1)
    rest = raw[entry.planning_span.end :]
    return Row(
        start,
        entry.id.encode("utf-8", "surrogateescape"),
        entry.keyword,
        _digest(title, priority, rest.replace(b"\r\n", b"\n") if kind.crlf else rest),
        entry.get("FROM") or "",
        priority,
        entry.get("VIA") or "",
    )


_IN_PASSING: Final = re.compile(
    rb"(?mi)^[ \t]*:LOGBOOK:[ \t]*\n(?:[^\n]*\n)*?[ \t]*:END:[ \t]*(?:\n|\Z)"
    rb"|^[ \t]*:DOWNLOADED:[^\n]*\n"
)


def _digest(title: bytes, priority: str, rest: bytes) -> bytes:
    if b":LOGBOOK:" in rest or b":DOWNLOADED:" in rest:
        rest = _IN_PASSING.sub(b"", rest)
    words = b" ".join(title.split())
    text = b"\n".join((words, priority.encode(), rest.rstrip()))
    return blake2b(text, digest_size=_DIGEST_BYTES).digest()


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape").strip(" \t")
