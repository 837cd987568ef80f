"""Changes of one entry, bytes to bytes: what a change does not mean, it does not touch.

`revised` makes all that belong together in one pass; the others are its single steps.  Each keeps a
person's indentation, blanks and order, and ends new lines as the file ends its own.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.org import quote, syntax
from orgpost.org.entry import drawer_lines, parse, property_value, written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from orgpost.org.entry import Entry
    from orgpost.org.syntax import FileKind

    Patch = tuple[int, int, bytes]


class NewSub(NamedTuple):
    """A sub-heading of ours that is put at the entry's end."""

    title: str
    properties: Sequence[tuple[str, str]]
    text: str


class Revision(NamedTuple):
    """What changes in an entry; None takes a property or a planning stamp away.

    `items` are put on top of the LOGBOOK, the first of them topmost.
    """

    keyword: str | None = None
    properties: Mapping[str, str | None] = MappingProxyType({})
    planning: Mapping[str, str | None] = MappingProxyType({})
    items: Sequence[str] = ()
    subs: Sequence[NewSub] = ()


def revised(raw: bytes, revision: Revision, kind: FileKind) -> bytes:
    """Make all changes of a revision in an entry that has an id."""
    return revised_entry(parse(raw, kind), revision)


def revised_entry(entry: Entry, revision: Revision) -> bytes:
    """Make all changes of a revision in an entry that was parsed already."""
    raw, kind = entry.raw, entry.kind
    if entry.is_note:
        raise ValueError("a note is a person's, and changed by nobody else")
    patches: list[Patch] = []
    if revision.keyword is not None:
        patches.append(_keyword(entry, revision.keyword, kind))
    if revision.planning:
        patches.append(_planned(entry, revision.planning, kind))
    if revision.properties:
        patches += _properties(entry, revision.properties, kind)
    if revision.items:
        patches.append(_items(entry, revision.items, kind))
    pieces: list[bytes] = []
    at = 0
    # What comes in at a place stands before what goes from there.
    for start, end, new in sorted(patches, key=lambda patch: patch[:2]):
        pieces += (raw[at:start], new)
        at = end
    text = b"".join((*pieces, raw[at:]))
    for sub in revision.subs:
        text = _with_sub(text, sub, kind)
    return text


def with_keyword(raw: bytes, keyword: str, kind: FileKind) -> bytes:
    """Give the entry another state, padded where words follow."""
    return revised(raw, Revision(keyword=keyword), kind)


def _keyword(entry: Entry, keyword: str, kind: FileKind) -> Patch:
    span = entry.heading.keyword_span
    nothing_follows = entry.raw.startswith((b"\n", kind.eol), span.end)
    text = keyword if nothing_follows else f"{keyword:<{kind.pad}} "
    return span.start, span.end, text.encode("utf-8", "surrogateescape")


def archived(entry: Entry) -> bytes:
    """Give an entry as an archive holds it: ARCHIVE_TODO says what it was, and no line is open."""
    raw = revised_entry(entry, Revision("ARCHIVED", {"ARCHIVE_TODO": entry.keyword}))
    # The archive may end its lines otherwise, and ends each of them.
    raw = raw.replace(b"\r\n", b"\n") if entry.kind.crlf else raw
    return raw if raw.endswith(b"\n") else raw + b"\n"


# --- properties ---------------------------------------------------------------------------------


def with_property(raw: bytes, name: str, value: str, kind: FileKind) -> bytes:
    """Set a property: its value's bytes where it stands already, else a line at its place."""
    return revised(raw, Revision(properties={name: value}), kind)


def without_property(raw: bytes, name: str, kind: FileKind) -> bytes:
    """Take a property away; equal ones too, or the second would count now."""
    return revised(raw, Revision(properties={name: None}), kind)


_PROPERTY_LINE: Final = re.compile(rb"[ \t]*:([^ \t\n]+):[ \t]*([^\n]*?)\r?\n")
_LAST: Final = len(syntax.PLACE)


def _properties(entry: Entry, values: Mapping[str, str | None], kind: FileKind) -> Iterator[Patch]:
    raw, drawer = entry.raw, entry.drawer
    lines: dict[str, list[re.Match[bytes]]] = {}
    for found in _PROPERTY_LINE.finditer(raw, drawer.start, drawer.end):
        lines.setdefault(_key(found), []).append(found)
    # Of two that come to stand at one place, the table says which is the first.
    for name in sorted(values, key=_place):
        here, value = lines.get(name, []), values[name]
        if value is None:
            yield from ((*found.span(), b"") for found in here)
        elif here:
            yield from _other_value(raw, name, here[0], property_value(name, value).encode())
        else:
            above = _last_above(lines, _place(name))
            indent = raw[above.start() : raw.index(b":", above.start())]
            text = f"{f':{name}:':<10} {property_value(name, value)}".encode()
            yield above.end(), above.end(), indent + text + kind.eol


def _key(line: re.Match[bytes]) -> str:
    return line[1].upper().decode("utf-8", "surrogateescape")


def _place(name: str) -> int:
    return syntax.PLACE.get(name, _LAST)


def _last_above(lines: Mapping[str, Sequence[re.Match[bytes]]], place: int) -> re.Match[bytes]:
    above = (found[-1] for name, found in lines.items() if _place(name) <= place)
    return max(above, key=re.Match.start)


def _other_value(raw: bytes, name: str, line: re.Match[bytes], text: bytes) -> Iterator[Patch]:
    start, end = line.span(2)
    if raw[start:end].strip(b" \t") == text.strip(b" \t"):
        return
    if raw.startswith(b":", start - 1):
        text = f"{f':{name}:':<10} ".removeprefix(f":{name}:").encode() + text
    yield start, end, text


# --- planning -----------------------------------------------------------------------------------


def with_planning(raw: bytes, name: str, stamp: str | None, kind: FileKind) -> bytes:
    """Set CLOSED, SCHEDULED or DEADLINE, or with None remove it; an empty line then goes."""
    return revised(raw, Revision(planning={name: stamp}), kind)


def _planned(entry: Entry, stamps: Mapping[str, str | None], kind: FileKind) -> Patch:
    start, end = entry.planning_span
    line = entry.raw[start:end]
    for name, stamp in stamps.items():
        line = _with_stamp(line, name, stamp, kind.eol)
    return start, end, line


def _with_stamp(old: bytes, name: str, stamp: str | None, eol: bytes) -> bytes:
    found = re.search(rb"\b%b:[ \t]*[<\[][^\]>\n]{0,80}[\]>]" % name.encode(), old)
    if stamp is None:
        return _without(old, found) if found else old
    item = f"{name}: {stamp}".encode()
    if found:
        return old[: found.start()] + item + old[found.end() :]
    words = old.lstrip(b" \t")
    indent = old[: len(old) - len(words)]
    return indent + item + (b" " + words if words else eol)


def _without(line: bytes, item: re.Match[bytes]) -> bytes:
    left, right = line[: item.start()], line[item.end() :].lstrip(b" \t")
    if not right.strip():
        left = left.rstrip(b" \t")
    return left + right if left.strip() or right.strip() else b""


# --- LOGBOOK and sub-headings -------------------------------------------------------------------


def with_logbook(raw: bytes, kind: FileKind) -> bytes:
    """Give the entry a LOGBOOK, below its drawer, where it has none."""
    if parse(raw, kind).logbook_span is not None:
        return raw
    return revised(raw, Revision(items=[""]), kind)


def with_log_item(raw: bytes, item: str, kind: FileKind) -> bytes:
    """Put an item, of one line or several, on top of the LOGBOOK."""
    return revised(raw, Revision(items=[item]), kind)


def _items(entry: Entry, items: Sequence[str], kind: FileKind) -> Patch:
    lines = [line for item in items if item for line in item.split("\n")]
    span = entry.logbook_span
    if span is not None:
        return span.start, span.start, written(lines, kind)
    gap = b"" if entry.raw[: entry.after].endswith(b"\n") else kind.eol
    return entry.after, entry.after, gap + written([":LOGBOOK:", *lines, ":END:"], kind)


def with_sub(
    raw: bytes, title: str, properties: Iterable[tuple[str, str]], text: str, kind: FileKind
) -> bytes:
    """Put a sub-heading of ours at the entry's end."""
    return _with_sub(raw, NewSub(title, list(properties), text), kind)


def _with_sub(raw: bytes, sub: NewSub, kind: FileKind) -> bytes:
    encoding, stored = quote.encode_body(sub.text)
    named = [*sub.properties, *([("BODY_ENC", encoding)] if encoding else [])]
    lines = [f"** {sub.title}", *drawer_lines(named), *stored.split("\n")[:-1]]
    return raw + (b"" if raw.endswith(b"\n") else kind.eol) + written(lines, kind)
