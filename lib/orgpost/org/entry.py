"""One entry: `parse` reads its bytes, `render` writes a new one's, each the other's inverse.

Parsing never raises: what cannot be understood is a note, or an entry whose `flaw` says why.
Bodies, drawers and sub-headings are looked at only when they are asked for.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

from orgpost.errors import InvalidField
from orgpost.frozen import NamedTuple
from orgpost.org import quote, scan, syntax
from orgpost.org.logbook import slack
from orgpost.org.scan import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from orgpost.org.syntax import FileKind

Priority = Literal["A", "B", "C"]
Pairs = tuple[tuple[str, str], ...]


class Sub(NamedTuple):
    """A sub-heading; one of ours where it has a drawer."""

    level: int
    title: str
    properties: Pairs
    body: str
    span: Span

    def get(self, name: str) -> str | None:
        """Give a property's value."""
        return _first(self.properties, name)


class Heading(NamedTuple):
    """The words of a heading's line."""

    keyword: str
    keyword_span: Span
    priority: Priority | None
    commented: bool
    text: str
    tags: tuple[str, ...]


class Entry(NamedTuple):
    """A level-1 heading and everything up to the next one, and where in it things are."""

    raw: bytes
    kind: FileKind
    heading: Heading
    id: str | None
    properties: Pairs
    planning_span: Span
    drawer: Span
    after: int
    flaw: str

    @property
    def is_note(self) -> bool:
        """Whether it is a person's: no valid drawer, or no ID in it."""
        return self.id is None

    @property
    def keyword(self) -> str:
        """The state; empty where the first word is no keyword of the file."""
        return self.heading.keyword

    @property
    def priority(self) -> Priority | None:
        """``A`` is high, ``B`` or none is normal, ``C`` stands for anything lower."""
        return self.heading.priority

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags at the heading's end."""
        return self.heading.tags

    @property
    def title(self) -> str:
        """SUBJECT where the heading still shows it; else the heading, which a person edited."""
        subject = self.get("SUBJECT")
        if subject is not None and quote.shown(subject) == self.heading.text:
            return subject
        return self.heading.text

    def get(self, name: str) -> str | None:
        """Give a property's value; of equal keys the first counts."""
        return _first(self.properties, name)

    @property
    def planning(self) -> Pairs:
        """The planning keywords with their stamps, as they stand."""
        if self.planning_span.start == self.planning_span.end:
            return ()
        line = _text(self.raw, self.planning_span, self.kind)
        return tuple(syntax.text_pattern(syntax.PLANNED).findall(line))

    @property
    def logbook_span(self) -> Span | None:
        """Where the first LOGBOOK's lines are."""
        return _contents(self.raw, self.after, self.end, self.kind)[1]

    @property
    def logbook(self) -> str:
        """The first LOGBOOK's lines, slack and all."""
        span = self.logbook_span
        return _text(self.raw, span, self.kind) if span else ""

    @property
    def body(self) -> str:
        """The text, decoded."""
        end = self.end
        start, _ = _contents(self.raw, self.after, end, self.kind)
        stored = _text(self.raw, Span(start, end), self.kind)
        return quote.decode_body(self.get("BODY_ENC") or "", stored)

    @property
    def end(self) -> int:
        """Where the body ends: at the next heading of any level."""
        return _next_heading(self.raw, self.after)

    @property
    def subs(self) -> tuple[Sub, ...]:
        """The sub-headings of all levels, in their order."""
        return tuple(_subs(self.raw, self.end, self.kind))


def _first(properties: Pairs, name: str) -> str | None:
    for key, value in properties:
        if key == name:
            return value
    return None


# --- reading ------------------------------------------------------------------------------------


def parse(raw: bytes, kind: FileKind) -> Entry:
    """Read an entry's bytes, which begin with its heading."""
    line = raw.find(b"\n") + 1 or len(raw)
    heading = _read_heading(raw[:line], kind)
    found = scan.head(raw, Span(0, len(raw)), crlf=kind.crlf)
    if found is None:
        flaw = _flaw_of_a_note(raw, heading, kind)
        return Entry(raw, kind, heading, None, (), Span(line, line), Span(line, line), line, flaw)
    id = scan.id_in(found)
    properties = _read_drawer(raw, Span(*found.span("drawer")), kind)
    encoding = _first(properties, "BODY_ENC") or ""
    return Entry(
        raw,
        kind,
        heading,
        None if id is None else id.decode("utf-8", "surrogateescape"),
        properties,
        Span(*found.span("planning")) if found["planning"] else Span(line, line),
        Span(*found.span("drawer")),
        found.end(),
        _flaw(raw, encoding),
    )


def _flaw(raw: bytes, encoding: str) -> str:
    if b"\0" in raw:
        return "it holds a NUL"
    if encoding and encoding not in quote.ENCODINGS:
        return f"nobody knows the BODY_ENC {encoding!r}"
    return ""


_COMMENTED: Final = r"COMMENT(?=[ \t]|\Z)"
_PROPERTY: Final = rf"(?m)^{syntax.DRAWER_LINE}$"
_OPENS_A_DRAWER: Final = (
    rb"[^\n]*\n(?:%b\n)?[ \t]*:(?i:PROPERTIES):[ \t]*\r?$" % syntax.PLANNING_LINE.encode()
)


def _flaw_of_a_note(raw: bytes, heading: Heading, kind: FileKind) -> str:
    if b"\0" in raw:
        return "it holds a NUL"
    if re.match(_OPENS_A_DRAWER, raw, re.MULTILINE):
        return "its drawer is not closed, or holds a line that is no property"
    if heading.keyword in kind.keywords and not raw.endswith(b"\n"):
        return "it is cut off"
    return ""


def _read_heading(line: bytes, kind: FileKind) -> Heading:
    words = line[2:].lstrip(b" ")
    start = end = len(line) - len(words)
    word = _decode(words, kind).removesuffix("\n").partition(" ")[0]
    keyword = word if word in kind.keywords else ""
    if keyword:
        after = words[len(keyword.encode("utf-8", "surrogateescape")) :]
        words = after.lstrip(b" \t")
        end = len(line) - len(words)
    priority, text = _read_priority(_decode(words, kind).removesuffix("\n"))
    commented = syntax.text_pattern(_COMMENTED).match(text)
    title, tags = _read_tags(text[7:] if commented else text)
    return Heading(keyword, Span(start, end), priority, commented is not None, title, tags)


def _read_priority(text: str) -> tuple[Priority | None, str]:
    found = syntax.text_pattern(syntax.PRIORITY).match(text)
    if found is None:
        return None, text
    priority: Priority = "A" if found[1] == "A" else "B" if found[1] == "B" else "C"
    return priority, text[found.end() :]


def _read_tags(text: str) -> tuple[str, tuple[str, ...]]:
    text = text.rstrip(" \t")
    blank = max(text.rfind(" "), text.rfind("\t"))
    tags = quote.read_tags(text[blank + 1 :]) if blank >= 0 else None
    return (text if tags is None else text[:blank]).strip(" \t"), tags or ()


def _read_drawer(raw: bytes, span: Span, kind: FileKind) -> Pairs:
    lines = syntax.text_pattern(_PROPERTY).findall(_text(raw, span, kind))
    return tuple((_raised(key), quote.unquote_value(value.strip(" \t"))) for key, value in lines)


def _raised(key: str) -> str:
    # Only ASCII: to Unicode the capital of the Turkish dotless i is the I of ID.
    return key.upper() if key.isascii() else key


def _subs(raw: bytes, start: int, kind: FileKind) -> Iterator[Sub]:
    while start < len(raw):
        line = raw.find(b"\n", start) + 1 or len(raw)
        end = _next_heading(raw, line)
        stars, _, title = _text(raw, Span(start, line), kind).partition(" ")
        found = scan.head(raw, Span(start, end), crlf=kind.crlf)
        properties = _read_drawer(raw, Span(*found.span("drawer")), kind) if found else ()
        body, _ = _contents(raw, found.end() if found else line, end, kind)
        encoding = _first(properties, "BODY_ENC") or ""
        text = quote.decode_body(encoding, _text(raw, Span(body, end), kind))
        yield Sub(len(stars), title.strip(" \t\n"), properties, text, Span(start, end))
        start = end


def _next_heading(raw: bytes, start: int) -> int:
    found = syntax.byte_pattern(rb"\n\*+ ").search(raw, max(start - 1, 0))
    return found.start() + 1 if found else len(raw)


@cache
def _skipped(cr: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    blank = rf"(?>(?:[ \t]*{cr}\n)*)"
    skipped = rf"{blank}(?:{syntax.CLOCK}(?:\n|\Z)|{syntax.OPENING}{cr}(?P<eol>\n))"
    closing = rf"\n({syntax.CLOSING}(?:{cr}\n|\Z))"
    return re.compile(skipped.encode()), re.compile(closing.encode())


def _contents(raw: bytes, start: int, end: int, kind: FileKind) -> tuple[int, Span | None]:
    """Give where the body begins, after closed drawers and clock lines, and the LOGBOOK's lines."""
    skipped, closing = _skipped(r"\r?" if kind.crlf else "")
    logbook: Span | None = None
    while found := skipped.match(raw, start, end):
        body = found.end()
        if found["eol"]:
            closed = closing.search(raw, found.start("eol"), end)
            if closed is None:
                break
            if logbook is None and found[1].upper() == b"LOGBOOK":
                logbook = Span(body, closed.start(1))
            body = closed.end()
        start = body
    return start, logbook


def _text(raw: bytes, span: Span, kind: FileKind) -> str:
    return _decode(raw[span.start : span.end], kind)


def _decode(raw: bytes, kind: FileKind) -> str:
    if kind.crlf:
        raw = raw.replace(b"\r\n", b"\n")
    return raw.decode("utf-8", "surrogateescape")


# --- writing ------------------------------------------------------------------------------------


class Draft(NamedTuple):
    """What a new entry says; SUBJECT and BODY_ENC are not told, they follow from title and body."""

    id: str
    keyword: str
    title: str
    properties: Sequence[tuple[str, str]] = ()
    body: str = ""
    priority: Priority | None = None
    tags: Sequence[str] = ()
    planning: Sequence[tuple[str, str]] = ()
    logbook: Sequence[str] = ()
    slack: int = 0


def render(draft: Draft, kind: FileKind) -> bytes:
    """Give a new entry's bytes, from ``* `` to a line end."""
    encoding, stored = quote.encode_body(draft.body)
    safe = quote.safe_title(draft.title)
    title = draft.title if safe else quote.shown(draft.title)
    properties = [
        ("ID", draft.id),
        *([] if safe else [("SUBJECT", draft.title)]),
        *([("BODY_ENC", encoding)] if encoding else []),
        *draft.properties,
    ]
    lines = [
        _heading_line(draft, title, kind),
        *([" ".join(f"{name}: {stamp}" for name, stamp in draft.planning)] * bool(draft.planning)),
        *drawer_lines(properties),
    ]
    return written(lines, kind) + _logbook(draft, kind) + written(stored.split("\n")[:-1], kind)


def drawer_lines(properties: Iterable[tuple[str, str]]) -> list[str]:
    """Give a drawer's lines, in the order of the format's table."""
    ordered = sorted(properties, key=lambda pair: syntax.PLACE.get(pair[0], len(syntax.PLACE)))
    names = [name for name, _ in ordered]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidField(field=twice, why="is given twice")
    return [":PROPERTIES:", *(property_line(name, value) for name, value in ordered), ":END:"]


def property_line(name: str, value: str) -> str:
    """Write one property."""
    return f"{f':{name}:':<10} {property_value(name, value)}"


def property_value(name: str, value: str) -> str:
    """Write a property's value; LEASE has a width, so that a renewal need not change the length."""
    if name not in syntax.PLACE and not re.fullmatch(syntax.PROPERTY, name):
        raise InvalidField(field="property name", why=f"{name!r} is not {syntax.PROPERTY}")
    if len(value) > syntax.VALUE_LIMIT and name not in syntax.UNLIMITED_VALUES:
        raise InvalidField(field=name, why=f"is longer than {syntax.VALUE_LIMIT} characters")
    quoted = quote.quote_value(value)
    return quoted.ljust(syntax.LEASE_WIDTH) if name == "LEASE" else quoted


def _heading_line(draft: Draft, title: str, kind: FileKind) -> str:
    if draft.keyword not in kind.keywords:
        raise InvalidField(field="keyword", why=f"{draft.keyword!r} is none of a {kind.name}")
    cookie = f"[#{draft.priority}] " if draft.priority else ""
    line = f"* {draft.keyword:<{kind.pad}} {cookie}{title}"
    if not draft.tags:
        return line
    tags = ":".join(["", *map(quote.check_tag, draft.tags), ""])
    return f"{line} {tags:>{max(syntax.TAG_COLUMN - len(line) - 1, 0)}}"


def _logbook(draft: Draft, kind: FileKind) -> bytes:
    if not draft.logbook and not draft.slack:
        return b""
    opened, closed = written([":LOGBOOK:", *draft.logbook], kind), written([":END:"], kind)
    return opened + slack(draft.slack, kind.eol) + closed


def written(lines: Iterable[str], kind: FileKind) -> bytes:
    """Give lines as the file ends them."""
    text = "\n".join([*lines, ""]).encode()
    return text.replace(b"\n", kind.eol) if kind.crlf else text
