"""What claiming and counting need of a task file, by one search of its bytes and without parsing.

A row is made of each entry that has an id, its drawer and a keyword of the file.  What a person or
an editor changed is read the long way; of two entries with one id the first counts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.org import scan
from orgpost.org.entry import parse
from orgpost.org.syntax import PLANNED, TASK
from orgpost.states import TaskState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orgpost.org.entry import Entry
    from orgpost.org.syntax import FileKind


class Row(NamedTuple):
    """One task: where it stands, what its turn depends on, and who holds it.

    `created` is the stamp's text, which sorts as times do; `until` is "" or "-" where nobody holds
    it.
    """

    start: int
    end: int
    id: str
    state: str
    priority: str
    tier: str
    created: str
    not_before: str
    scheduled: str
    deadline: str
    depends_on: tuple[str, ...]
    until: str
    token: int


def rows(data: bytes, kind: FileKind) -> list[Row]:
    """Give the rows of a whole file, in its order."""
    seen: set[str] = set()
    return [row for row in rows_of(data, scan.spans(data), kind) if not _twice(row.id, seen)]


def rows_of(data: bytes, spans: Iterable[scan.Span], kind: FileKind) -> Iterator[Row]:
    """Give the rows of some entries of a file."""
    for span in spans:
        row = row_of(data[span.start : span.end], span.start, kind)
        if row is not None:
            yield row


def _twice(id: str, seen: set[str]) -> bool:
    if id in seen:
        return True
    seen.add(id)
    return False


# As orgpost writes it: the rest of the drawer is searched only for what is not in every task.
_HEAD: Final = re.compile(
    rb"\* ([A-Z]+) +(?:\[#([ABC])\] |(?![ \t]|\[#))[^\n]*\n"
    rb"((?:(?:CLOSED|SCHEDULED|DEADLINE): [^\n]*\n)?)"
    rb":PROPERTIES:\n:ID: +([^ \t\n]+)\n((?::[^ \t\n]+: [^\n\r]*\n)*?):END:\n"
)
_FIELD: Final = re.compile(
    rb"(?m)^:(TRUST_TIER|CREATED|NOT_BEFORE|DEPENDS_ON|LEASE): +([^\n]*?) *$"
)
_SMALL_KEY: Final = re.compile(rb"\n:[^:a-z\n]*[a-z]")
_LEASE: Final = re.compile(r"(\S+) ([0-9]{1,18}) \S+")


def row_of(raw: bytes, start: int, kind: FileKind) -> Row | None:
    """Give the row of one entry, whose bytes begin at an offset; None for a note."""
    found = _HEAD.match(raw)
    if found is None or kind.crlf or _SMALL_KEY.search(raw, found.end(4), found.end(5)):
        return _row_the_long_way(raw, start, kind)
    state, priority, planning, id, drawer = found.groups()
    fields = {
        name: value.decode("utf-8", "surrogateescape").strip(" \t")
        for name, value in reversed(_FIELD.findall(drawer))
    }
    lease = _LEASE.fullmatch(fields.get(b"LEASE", ""))
    if lease is None or b'"' in drawer or state.decode() not in kind.keywords:
        return _row_the_long_way(raw, start, kind)
    planned = _planned(planning) if planning else {}
    return Row(
        start,
        start + len(raw),
        id.decode("utf-8", "surrogateescape"),
        state.decode(),
        (priority or b"").decode(),
        fields.get(b"TRUST_TIER", "unknown"),
        fields.get(b"CREATED", ""),
        fields.get(b"NOT_BEFORE", ""),
        planned.get("SCHEDULED", ""),
        planned.get("DEADLINE", ""),
        tuple(fields.get(b"DEPENDS_ON", "").split()),
        lease[1],
        int(lease[2]),
    )


def _planned(line: bytes) -> dict[str, str]:
    return dict(re.findall(PLANNED, line.decode("utf-8", "surrogateescape")))


def _row_the_long_way(raw: bytes, start: int, kind: FileKind) -> Row | None:
    return row_in(parse(raw, kind), start, start + len(raw))


def row_in(entry: Entry, start: int, end: int) -> Row | None:
    """Give the row of an entry that stands there; None for a note."""
    from orgpost.task_entry import read_lease

    if entry.id is None:
        return None
    lease, planning = read_lease(entry), dict(entry.planning)
    return Row(
        start,
        end,
        entry.id,
        entry.keyword,
        entry.priority or "",
        entry.get("TRUST_TIER") or "unknown",
        entry.get("CREATED") or "",
        entry.get("NOT_BEFORE") or "",
        planning.get("SCHEDULED", ""),
        planning.get("DEADLINE", ""),
        tuple((entry.get("DEPENDS_ON") or "").split()),
        lease.text().split(" ")[0],
        lease.token,
    )


def count_states(data: bytes) -> dict[str, int]:
    """Count the tasks of a file by their keywords; "" counts those with none that it knows."""
    counts: dict[str, int] = {}
    known = frozenset(map(str, TaskState))
    for row in rows(data, scan.file_kind(data, TASK)):
        state = row.state if row.state in known else ""
        counts[state] = counts.get(state, 0) + 1
    return counts
