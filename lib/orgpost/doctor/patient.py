"""The space as doctor sees it: everything read once, as bytes, without a lock.

Nothing here is trusted: a file may be a link, a folder, unreadable, or no text at all.
"""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from orgpost.contact import Contacts
from orgpost.contact_check import contacts_of
from orgpost.doctor.finding import Finding
from orgpost.frozen import NamedTuple
from orgpost.org import scan
from orgpost.org.entry import Entry, parse
from orgpost.org.syntax import MESSAGE, kind_of
from orgpost.store.page import ROOT
from orgpost.yaml_text import read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import TypeAlias

    from orgpost.org.scan import Span
    from orgpost.org.syntax import FileKind
    from orgpost.store import FileStore

    Expire: TypeAlias = Callable[[str], object]

FOLDERS: Final = ("inbox", "agents", "trays", "archive")
CONTACTS: Final = "contacts.yaml"
_ARCHIVE: Final = re.compile(r"archive/(inbox|agents|trays)-(.+)-[0-9]{4}-[0-9]{2}\.org")
_OF_V02: Final = re.compile(rb"(?mi)^#\+TODO:[ \t]+TODO\b[^\n]*\bWORKING\b")
_HOT: Final = re.compile(r"(inbox|agents|trays)/(.+)\.org")


class Placed(NamedTuple):
    """An entry, with where it stands."""

    entry: Entry
    span: Span
    line: int


@dataclass(frozen=True)
class OrgFile:
    """One Org file: `path` below `org/messaging`, and what it holds."""

    path: str
    data: bytes

    @property
    def file(self) -> str:
        """Its path in the space."""
        return f"{ROOT}/{self.path}"

    @property
    def kind(self) -> FileKind:
        """What its entries are; of a name that is none of ours, messages."""
        return kind_of(self.path) or MESSAGE

    @cached_property
    def entries(self) -> tuple[Placed, ...]:
        """All level-1 headings, notes too."""
        kind = scan.file_kind(self.data, self.kind)
        placed, line, last = [], 1, 0
        for span in scan.spans(self.data):
            line += self.data.count(b"\n", last, span.start)
            last = span.start
            placed.append(Placed(parse(self.data[span.start : span.end], kind), span, line))
        return tuple(placed)

    @property
    def mail(self) -> tuple[Placed, ...]:
        """The entries that have an id."""
        return tuple(placed for placed in self.entries if placed.entry.id is not None)

    @property
    def folder(self) -> str:
        """The folder of the hot file that its entries are, or were, in."""
        found = _HOT.fullmatch(self.path) or _ARCHIVE.fullmatch(self.path)
        return found[1] if found else ""

    @property
    def holder(self) -> str:
        """Whose entries these are, by the file's name."""
        found = _HOT.fullmatch(self.path) or _ARCHIVE.fullmatch(self.path)
        return found[2] if found else ""

    @property
    def is_archive(self) -> bool:
        """Whether it holds what is over."""
        return self.path.startswith("archive/")

    def finding(
        self,
        check: str,
        message: str,
        *,
        line: int | None = None,
        span: Span | None = None,
        fixable: bool = False,
    ) -> Finding:
        """Say something about this file."""
        return Finding(
            check=check,
            file=self.file,
            message=message,
            line=line,
            span=span,
            fixable=fixable,
        )


@dataclass
class Patient:
    """A space, read; `old` names files of tasks that are of v0.2 and lie where ours would."""

    space: Path
    files: tuple[OrgFile, ...] = ()
    contacts: Contacts = field(default_factory=Contacts)
    has_contacts: bool = False
    trouble: tuple[Finding, ...] = ()
    old: tuple[str, ...] = ()

    @cached_property
    def ids(self) -> frozenset[str]:
        """Every id of the space."""
        return frozenset(
            placed.entry.id for file in self.files for placed in file.mail if placed.entry.id
        )

    @property
    def knows_everybody(self) -> bool:
        """Whether who is not known here is nobody: not where the contacts are to blame."""
        return self.has_contacts and not self.contacts.problems

    @cached_property
    def actors(self) -> frozenset[str]:
        """Everybody who may send or receive."""
        return frozenset(actor.id for actor in self.contacts.actors) | _helpers(self.space)


class Case(NamedTuple):
    """A patient, the store that holds the same files, and who settles an agent's leases."""

    patient: Patient
    store: FileStore
    expire: Expire | None = None


def read_patient(space: Path) -> Patient:
    """Read a space; what cannot be read is trouble, never an exception."""
    trouble: list[Finding] = []
    files = [
        OrgFile(path, data)
        for path in _paths(space, trouble)
        if (data := _read(space, f"{ROOT}/{path}", trouble)) is not None
    ]
    old = [file for file in files if is_of_v02(file)]
    data = _read(space, f"{ROOT}/{CONTACTS}", trouble)
    parsed = read_yaml(data or b"", f"{ROOT}/{CONTACTS}")
    contacts = contacts_of(parsed.data, parsed.file, parsed.line)
    contacts = Contacts(
        contacts.actors,
        problems=(*parsed.problems, *contacts.problems),
        warnings=contacts.warnings,
    )
    return Patient(
        space,
        files=tuple(file for file in files if file not in old),
        contacts=contacts,
        has_contacts=data is not None,
        trouble=tuple(trouble),
        old=tuple(file.file for file in old),
    )


def is_of_v02(file: OrgFile) -> bool:
    """Say whether a file is still as v0.2 wrote it: nothing in it may be mended, only migrated."""
    head = scan.preamble(file.data)
    return not scan.has_cookie(file.data) and bool(_OF_V02.search(head))


def _paths(space: Path, trouble: list[Finding]) -> Iterator[str]:
    for folder in FOLDERS:
        place = space / ROOT / folder
        try:
            is_ours = place.is_dir() and not place.is_symlink()
            names = sorted(each.name for each in place.iterdir()) if is_ours else []
        except OSError as error:
            trouble.append(unreadable(f"{ROOT}/{folder}", error.strerror))
            continue
        yield from (
            f"{folder}/{name}"
            for name in names
            if name.endswith(".org") and not name.startswith(".")
        )


def _read(space: Path, file: str, trouble: list[Finding]) -> bytes | None:
    place = space / file
    try:
        if not stat.S_ISREG(place.lstat().st_mode):
            what = "it is a link, or no plain file: nothing below org/messaging may be one"
            trouble.append(Finding(check="unsafe-path", file=file, message=what))
            return None
        return place.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        trouble.append(unreadable(file, error.strerror))
        return None


def unreadable(file: str, why: str | None) -> Finding:
    """Say that something cannot be read."""
    return Finding(
        check="unreadable", file=file, message=f"it cannot be read: {why or 'no reason'}"
    )


def _helpers(space: Path) -> frozenset[str]:
    """Read who stands in the roster of helpers."""
    data = _read(space, f"{ROOT}/helpers.org", [])
    if data is None:
        return frozenset()
    found = (parse(data[slice(*span)], MESSAGE) for span in scan.spans(data))
    return frozenset(entry.heading.text.split()[-1] for entry in found if entry.heading.text)
