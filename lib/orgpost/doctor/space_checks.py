"""What is wrong between the entries of a space: ids that are there twice, threads, people. Pure.

Each check is a function from the patient to findings; `SPACE_CHECKS` is the table of them.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from orgpost.frozen import NamedTuple
from orgpost.names import fault_of_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from orgpost.doctor.finding import Finding
    from orgpost.doctor.patient import OrgFile, Patient, Placed
    from orgpost.org.entry import Entry

LINKS: Final = ("REPLY_TO", "THREAD", "PARENT", "DEPENDS_ON")
ARCHIVE_TODO: Final = "ARCHIVE_TODO"


class Place(NamedTuple):
    """Where an entry is."""

    file: OrgFile
    placed: Placed

    def __str__(self) -> str:
        return f"{self.file.file}:{self.placed.line}"


def check_ids(patient: Patient) -> Iterator[Finding]:
    """An id is there once; in a hot file and its archive it is a move that was cut short."""
    for id, places in _by_id(patient).items():
        first, *others = places
        for other in others:
            if other.file.is_archive and not first.file.is_archive and _same_holder(first, other):
                yield _archived_twice(id, first, other)
            else:
                yield _duplicate(id, first, other)


def check_links(patient: Patient) -> Iterator[Finding]:
    """What an entry names as parent, thread or dependency is there.

    The copies of a broadcast share a thread that is no message's id; so do the answers to them.
    """
    known = patient.ids
    threads = {thread for file, placed in _mail(patient) if (thread := _shared(file, placed.entry))}
    for file, placed in _mail(patient):
        for name in LINKS:
            ids = (placed.entry.get(name) or "").split()
            for id in dict.fromkeys(ids):
                if id not in known and not (name == "THREAD" and id in threads):
                    message = f"{name} of {placed.entry.id} names {id[:128]}, which is nowhere"
                    yield file.finding("dangling", message, line=placed.line)


def _shared(file: OrgFile, entry: Entry) -> str | None:
    thread = entry.get("THREAD")
    return thread if entry.id == f"{thread}-{file.holder}" else None


def check_holders(patient: Patient) -> Iterator[Finding]:
    """Each inbox belongs to somebody, and tasks are for agents."""
    persons = {actor.id for actor in patient.contacts.actors if actor.kind == "person"}
    for file in patient.files:
        if file.folder == "agents" and file.holder in persons:
            message = f"{file.holder} is a person: nobody claims what stands here"
            yield file.finding("no-contact", message)
        elif file.folder in {"inbox", "agents"} and file.holder not in patient.actors:
            fault = fault_of_name(file.holder)
            if fault or patient.knows_everybody:
                message = f"{file.holder} {fault or 'is in no registry'}"
                yield file.finding("no-contact", message)


SPACE_CHECKS: Final[tuple[Callable[[Patient], Iterator[Finding]], ...]] = (
    check_ids,
    check_links,
    check_holders,
)


def is_cut_short(hot: Entry, archived: Entry) -> bool:
    """Say whether the archived entry is the hot one: then nothing is lost with the hot copy."""
    return (
        archived.get(ARCHIVE_TODO) == hot.keyword
        and _said(hot) == _said(archived)
        and _below(hot) == _below(archived)
    )


def _said(entry: Entry) -> tuple[object, ...]:
    properties = tuple(pair for pair in entry.properties if pair[0] != ARCHIVE_TODO)
    return entry.heading.text, entry.tags, entry.priority, entry.planning, properties


def _below(entry: Entry) -> list[bytes]:
    """Give what stands below the drawer, but for blank lines: the archive has no slack."""
    return [line for line in entry.raw[entry.after :].split(b"\n") if line.strip()]


def _archived_twice(id: str, hot: Place, archived: Place) -> Finding:
    same = is_cut_short(hot.placed.entry, archived.placed.entry)
    also = "" if same else "; they are no longer equal, so look at both"
    message = f"{id} is in {archived} too: a move that was cut short{also}"
    span, line = hot.placed.span, hot.placed.line
    return hot.file.finding("archived-twice", message, line=line, span=span, fixable=same)


def _duplicate(id: str, first: Place, second: Place) -> Finding:
    equal = first.file is second.file and _raw(first) == _raw(second)
    how = "byte for byte" if equal else "and the first one counts"
    message = f"{id} is in {first} already, {how}"
    placed = second.placed
    return second.file.finding(
        "duplicate-id", message, line=placed.line, span=placed.span, fixable=equal
    )


def _raw(place: Place) -> bytes:
    return place.placed.entry.raw.rstrip(b"\r\n")


def _same_holder(first: Place, other: Place) -> bool:
    return (first.file.folder, first.file.holder) == (other.file.folder, other.file.holder)


def _by_id(patient: Patient) -> dict[str, list[Place]]:
    """Give the places of each id; hot files come first, since they count."""
    places: dict[str, list[Place]] = defaultdict(list)
    for file, placed in sorted(_mail(patient), key=lambda pair: pair[0].is_archive):
        places[placed.entry.id or ""].append(Place(file, placed))
    return places


def _mail(patient: Patient) -> Iterator[tuple[OrgFile, Placed]]:
    return ((file, placed) for file in patient.files for placed in file.mail)
