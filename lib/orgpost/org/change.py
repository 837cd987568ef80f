"""Changes of one entry, bytes to bytes: what a change does not mean, it does not touch.

Each keeps a person's indentation, blanks and order, and ends new lines as the file ends its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from orgpost.org import quote, syntax
from orgpost.org.entry import drawer_lines, parse, property_value, written
from orgpost.org.scan import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orgpost.org.entry import Entry
    from orgpost.org.syntax import FileKind


def with_keyword(raw: bytes, keyword: str, kind: FileKind) -> bytes:
    """Give the entry another state, padded where words follow."""
    span = _ours(raw, kind).heading.keyword_span
    nothing_follows = raw.startswith((b"\n", kind.eol), span.end)
    text = keyword if nothing_follows else f"{keyword:<{kind.pad}} "
    return _replaced(raw, span, text.encode("utf-8", "surrogateescape"))


def _ours(raw: bytes, kind: FileKind) -> Entry:
    entry = parse(raw, kind)
    if entry.is_note:
        raise ValueError("a note is a person's, and changed by nobody else")
    return entry


def _replaced(raw: bytes, span: Span, new: bytes) -> bytes:
    return raw[: span.start] + new + raw[span.end :]


# --- properties ---------------------------------------------------------------------------------


def with_property(raw: bytes, name: str, value: str, kind: FileKind) -> bytes:
    """Set a property: its value's bytes where it stands already, else a line at its place."""
    text = property_value(name, value).encode()
    lines = _property_lines(raw, kind)
    for key, _, old in lines:
        if key == name:
            return _with_value(raw, name, old, text)
    last = len(syntax.PLACE)
    place = syntax.PLACE.get(name, last)
    above = [line for key, line, _ in lines if syntax.PLACE.get(key, last) <= place][-1]
    indent = raw[above.start : raw.index(b":", above.start)]
    line = indent + f"{f':{name}:':<10} ".encode() + text + kind.eol
    return _replaced(raw, Span(above.end, above.end), line)


def without_property(raw: bytes, name: str, kind: FileKind) -> bytes:
    """Take a property away; equal ones too, or the second would count now."""
    gone = [line for key, line, _ in _property_lines(raw, kind) if key == name]
    starts, ends = [0, *(line.end for line in gone)], [*(line.start for line in gone), len(raw)]
    return b"".join(raw[start:end] for start, end in zip(starts, ends, strict=True))


def _with_value(raw: bytes, name: str, old: Span, text: bytes) -> bytes:
    if raw[old.start : old.end].strip(b" \t") == text.strip(b" \t"):
        return raw
    if raw.startswith(b":", old.start - 1):
        text = f"{f':{name}:':<10} ".removeprefix(f":{name}:").encode() + text
    return _replaced(raw, old, text)


_PROPERTY_LINE: Final = re.compile(rb"[ \t]*:([^ \t\n]+):[ \t]*([^\n]*?)\r?\n")


def _property_lines(raw: bytes, kind: FileKind) -> list[tuple[str, Span, Span]]:
    """Give key, line and value of each property."""
    drawer = _ours(raw, kind).drawer
    return [
        (found[1].upper().decode("utf-8", "surrogateescape"), Span(*found.span()), _value(found))
        for found in _PROPERTY_LINE.finditer(raw, drawer.start, drawer.end)
    ]


def _value(found: re.Match[bytes]) -> Span:
    return Span(*found.span(2))


# --- planning -----------------------------------------------------------------------------------


def with_planning(raw: bytes, name: str, stamp: str | None, kind: FileKind) -> bytes:
    """Set CLOSED, SCHEDULED or DEADLINE, or with None remove it; an empty line then goes."""
    line = _ours(raw, kind).planning_span
    old = raw[line.start : line.end]
    found = re.search(rb"\b%b:[ \t]*[<\[][^\]>\n]{0,80}[\]>]" % name.encode(), old)
    if stamp is None:
        return _replaced(raw, line, _without(old, found) if found else old)
    item = f"{name}: {stamp}".encode()
    if found:
        return _replaced(raw, line, old[: found.start()] + item + old[found.end() :])
    words = old.lstrip(b" \t")
    indent = old[: len(old) - len(words)]
    return _replaced(raw, line, indent + item + (b" " + words if words else kind.eol))


def _without(line: bytes, item: re.Match[bytes]) -> bytes:
    left, right = line[: item.start()], line[item.end() :].lstrip(b" \t")
    if not right.strip():
        left = left.rstrip(b" \t")
    return left + right if left.strip() or right.strip() else b""


# --- LOGBOOK and sub-headings -------------------------------------------------------------------


def with_logbook(raw: bytes, kind: FileKind) -> bytes:
    """Give the entry a LOGBOOK, below its drawer, where it has none."""
    entry = _ours(raw, kind)
    if entry.logbook_span is not None:
        return raw
    gap = b"" if raw[: entry.after].endswith(b"\n") else kind.eol
    empty = gap + written([":LOGBOOK:", ":END:"], kind)
    return _replaced(raw, Span(entry.after, entry.after), empty)


def with_log_item(raw: bytes, item: str, kind: FileKind) -> bytes:
    """Put an item, of one line or several, on top of the LOGBOOK."""
    raw = with_logbook(raw, kind)
    span = parse(raw, kind).logbook_span
    at = span.start if span else len(raw)
    return _replaced(raw, Span(at, at), written(item.split("\n"), kind))


def with_sub(
    raw: bytes, title: str, properties: Iterable[tuple[str, str]], text: str, kind: FileKind
) -> bytes:
    """Put a sub-heading of ours at the entry's end."""
    encoding, stored = quote.encode_body(text)
    named = [*properties, *([("BODY_ENC", encoding)] if encoding else [])]
    lines = [f"** {title}", *drawer_lines(named), *stored.split("\n")[:-1]]
    return raw + (b"" if raw.endswith(b"\n") else kind.eol) + written(lines, kind)
