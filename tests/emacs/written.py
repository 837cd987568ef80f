"""Entries that carry one hostile text in each place that takes one, and what must be read back.

A text goes into body and reason as it is; into title and value only where it is one line, since
the program refuses any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orgpost.errors import InvalidField
from orgpost.org import entry, quote, syntax
from orgpost.org.logbook import exact_lines, said, state_item, state_items
from orgpost.org.scan import spans
from orgpost.org.syntax import MESSAGE, TASK

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from orgpost.org.syntax import FileKind
    from tests.emacs.oracle import Heading

FILES: Final = {MESSAGE.name: "inbox/tex.org", TASK.name: "agents/tex.org"}
KINDS: Final = {kind.name: kind for kind in (MESSAGE, TASK)}
STAMP: Final = "[2026-01-05 Mon 09:31]"

# What may stand below a heading: what the program writes, and in a body marks within a line, lists
# and rules.
HARMLESS: Final = frozenset(
    {
        *("section", "planning", "property-drawer", "node-property", "drawer", "fixed-width"),
        *("paragraph", "plain-list", "item", "horizontal-rule", "bold", "italic", "underline"),
        *("verbatim", "code", "strike-through", "subscript", "superscript", "entity", "link"),
        *("latex-fragment", "line-break", "statistics-cookie"),
    }
)
LOGGED: Final = HARMLESS | {"timestamp"}


@dataclass(frozen=True)
class Written:
    """One text, and the entry that carries it."""

    text: str
    number: int
    kind: FileKind
    keyword: str

    @property
    def id(self) -> str:
        """The entry's ID."""
        return f"{'msg' if self.kind is MESSAGE else 'task'}-20260105-083105-{self.number:010d}"

    @property
    def line(self) -> str | None:
        """The text as one line; None where it cannot be one."""
        try:
            return quote.one_line("title", self.text)
        except InvalidField:
            return None

    @property
    def title(self) -> str:
        """The title that was given."""
        if self.line is None or len(self.line) > syntax.VALUE_LIMIT:
            return f"text {self.number}"
        return self.line

    @property
    def note(self) -> str | None:
        """The value that was given."""
        return self.line if self.line and len(self.line) <= syntax.VALUE_LIMIT else None

    def render(self) -> bytes:
        """Write the entry as the program does."""
        by = said(self.text)
        item = state_item(self.keyword, None, STAMP, f"by tex: {by}") + exact_lines(self.text)
        properties = [("FROM", "crt"), ("TO", "tex"), ("CREATED", "[2026-01-05 Mon 09:31:05]")]
        draft = entry.Draft(
            id=self.id,
            keyword=self.keyword,
            title=self.title,
            body=self.text,
            priority="A",
            tags=("ops",),
            properties=[*properties, *([] if self.note is None else [("NOTE", self.note)])],
            logbook=[item] if self.kind is TASK else [],
            slack=400 if self.kind is TASK else 0,
        )
        return entry.render(draft, self.kind)


def entries(texts: Iterable[str], kind: FileKind) -> list[Written]:
    """Plan one entry for each text."""
    return [Written(text, number, kind, kind.keywords[0]) for number, text in enumerate(texts)]


def write(path: Path, written: Iterable[Written], kind: FileKind) -> None:
    """Write a whole file."""
    path.write_bytes(syntax.header(FILES[kind.name]) + b"".join(one.render() for one in written))


def misread(path: Path, written: list[Written], keyword: str) -> list[str]:
    """Read the file as the program does; return whatever is not what was written."""
    data = path.read_bytes()
    found = [entry.parse(data[start:end], one.kind) for one, (start, end) in _pairs(data, written)]
    wrong = [
        f"{one.text!r}: {name} is {now!r}, not {then!r}"
        for one, read in zip(written, found, strict=True)
        for name, now, then in _fields(one, read, keyword)
        if now != then
    ]
    return wrong[:10]


def _pairs(data: bytes, written: list[Written]) -> Iterable[tuple[Written, tuple[int, int]]]:
    return zip(written, spans(data), strict=True)


def _fields(one: Written, read: entry.Entry, keyword: str) -> Iterable[tuple[str, object, object]]:
    yield "id", read.id, one.id
    yield "flaw", read.flaw, ""
    yield "keyword", read.keyword, keyword
    yield "priority", read.priority, "A"
    yield "title", read.title, one.title
    yield "tags", read.tags, ("ops",)
    yield "sender", read.get("FROM"), "crt"
    yield "value", read.get("NOTE"), one.note
    yield "body", read.body, one.text
    yield "sub-headings", read.subs, ()
    if one.kind is TASK:
        yield "reason", state_items(read.logbook)[-1].exact, one.text


def misunderstood(headings: list[Heading], written: list[Written], keyword: str) -> list[str]:
    """Compare Org's reading of the file; return whatever is not what was written."""
    wrong = [
        f"{one.text!r}: Org's {name} is {now!r}, not {then!r}"
        for one, heading in zip(written, headings, strict=True)
        for name, now, then in _orgs_fields(one, heading, keyword)
        if now != then
    ]
    return wrong[:10]


def _orgs_fields(
    one: Written, heading: Heading, keyword: str
) -> Iterable[tuple[str, object, object]]:
    note = heading.get("NOTE")
    subject = heading.get("SUBJECT")
    yield "level", heading.level, 1
    yield "keyword", heading.keyword, keyword
    yield "priority", heading.priority, "A"
    yield "title", heading.title, one.title if subject is None else quote.shown(one.title)
    yield "subject", subject and quote.unquote_value(subject), subject and one.title
    yield "tags", heading.tags, ["ops"]
    yield "comment", heading.is_comment, False
    yield "archived", heading.is_archived, False
    yield "id", heading.get("ID"), one.id
    yield "sender", heading.get("FROM"), "crt"
    yield "value", note and quote.unquote_value(note), one.note
    yield "things", sorted(set(heading.types) - HARMLESS), []
    yield "things in its drawers", sorted(set(heading.logged) - LOGGED), []
    yield "drawers", heading.drawers, ["LOGBOOK"] if one.kind is TASK else []
