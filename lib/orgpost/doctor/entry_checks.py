"""What is wrong with one entry, by itself and in its file. Pure.

Each check is a function from an entry to findings; `ENTRY_CHECKS` is the table of them. Archived
entries are looked at like all others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, TypeAlias

from orgpost.doctor.finding import Finding
from orgpost.doctor.patient import OrgFile, Patient, Placed
from orgpost.names import fault_of_name
from orgpost.org.stamp import parse_stamp, parse_utc
from orgpost.org.syntax import SUPPLIED_ID

if TYPE_CHECKING:
    from datetime import tzinfo

EntryCheck: TypeAlias = Callable[[OrgFile, Placed], Iterator[Finding]]

STAMPS: Final = ("CREATED",)
TIMES: Final = ("EXPIRES", "NOT_BEFORE", "STARTED")
NOBODY: Final = frozenset({"orgpost", "import"})
_KINDS: Final = ("msg-", "task-", "file-", "chg-")
_REMOTE: Final = re.compile(r"([^@]+)@[A-Za-z0-9.-]+")


def check_id(file: OrgFile, placed: Placed) -> Iterator[Finding]:
    """An entry has an id; what begins like one of ours has the form of ours."""
    entry = placed.entry
    if entry.id is not None:
        if entry.id.startswith(_KINDS) and not re.fullmatch(SUPPLIED_ID, entry.id):
            yield _about(file, placed, "bad-id", f"{entry.id[:80]!r} is no legal id")
    elif entry.get("ID") is not None:
        yield _about(file, placed, "bad-id", "its ID is empty, or holds a blank")
    elif entry.keyword in file.kind.keywords:
        why = entry.flaw or "it has no drawer with an ID directly below its heading"
        yield _about(file, placed, "missing-id", f"{entry.keyword}, but nobody's mail: {why}")


def check_keyword(file: OrgFile, placed: Placed) -> Iterator[Finding]:
    """A message has one of the states of its file."""
    entry = placed.entry
    if entry.id is not None and entry.keyword not in file.kind.keywords:
        word = entry.keyword or entry.heading.text.partition(" ")[0][:40]
        yield _about(file, placed, "unknown-keyword", f"{word!r} is no state of a {file.kind.name}")


def check_flaw(file: OrgFile, placed: Placed) -> Iterator[Finding]:
    """An entry that cannot be read whole is named; those around it are served."""
    entry = placed.entry
    if entry.id is not None and entry.flaw:
        yield _about(file, placed, "torn", f"{entry.id}: {entry.flaw}")


def check_keys(file: OrgFile, placed: Placed) -> Iterator[Finding]:
    """Of two equal keys the first counts here, and in Org 9.8 the last."""
    counts = Counter(name for name, _ in placed.entry.properties)
    for name in (name for name, count in counts.items() if count > 1):
        yield _about(file, placed, "double-key", f"{name} is there twice; the first counts")


def check_nested(file: OrgFile, placed: Placed) -> Iterator[Finding]:
    """An ID below level 1 is no entry."""
    for sub in placed.entry.subs:
        if sub.get("ID"):
            message = f"{sub.get('ID')} stands at level {sub.level}, so it is no entry"
            yield _about(file, placed, "nested-id", message)


def check_times(file: OrgFile, placed: Placed, zone: tzinfo) -> Iterator[Finding]:
    """What cannot be read is no time."""
    entry = placed.entry
    if entry.id is None:
        return
    stamps = [(name, entry.get(name)) for name in STAMPS] + list(entry.planning)
    bad = [(name, text) for name, text in stamps if text and parse_stamp(text, zone) is None]
    times = [(name, entry.get(name)) for name in TIMES]
    bad += [(name, text) for name, text in times if text and parse_utc(text) is None]
    for name, text in bad:
        yield _about(file, placed, "bad-time", f"{name} is no time: {text[:40]}")


def check_place(file: OrgFile, placed: Placed) -> Iterator[Finding]:
    """A message lies in the file of whom it is to."""
    to = placed.entry.get("TO")
    if placed.entry.id is not None and file.folder == "inbox" and to and to != file.holder:
        message = f"{placed.entry.id} is to {to[:48]}, and lies in the file of {file.holder}"
        yield _about(file, placed, "wrong-file", message)


def check_people(file: OrgFile, placed: Placed, patient: Patient) -> Iterator[Finding]:
    """Senders and recipients are actors; those of other hosts, and two of ours, need not be."""
    if placed.entry.id is None:
        return
    for name in ("FROM", "TO"):
        told = placed.entry.get(name)
        if told is None:
            if name == "FROM":
                yield _about(file, placed, "unknown-actor", f"{placed.entry.id} has no FROM")
        elif message := _fault_of_actor(told, patient):
            yield _about(file, placed, "unknown-actor", f"{name} of {placed.entry.id}: {message}")


ENTRY_CHECKS: Final[tuple[EntryCheck, ...]] = (
    check_id,
    check_keyword,
    check_flaw,
    check_keys,
    check_nested,
    check_place,
)


def _fault_of_actor(told: str, patient: Patient) -> str | None:
    if told in NOBODY or told in patient.actors:
        return None
    remote = _REMOTE.fullmatch(told)
    if fault := fault_of_name(remote[1] if remote else told):
        return f"{told[:60]!r} {fault}"
    may_be_known = remote or not patient.knows_everybody
    return None if may_be_known else f"{told} is nobody's name here"


def _about(file: OrgFile, placed: Placed, check: str, message: str) -> Finding:
    return file.finding(check, message, line=placed.line, span=placed.span)
