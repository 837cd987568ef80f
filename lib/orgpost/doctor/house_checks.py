"""What is wrong with the house around the mail: settings, contacts, folders, modes, what is left.

These look at the disk, and only look. Each is a function from the patient to findings;
`HOUSE_CHECKS` is the table of them.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orgpost import config, settings_file
from orgpost.contact import Contacts, Trust
from orgpost.doctor.finding import Finding
from orgpost.doctor.patient import CONTACTS
from orgpost.store.page import FOLDERS, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from orgpost.doctor.patient import Patient
    from orgpost.errors import Problem

PRIVATE: Final = (".orgpost", settings_file.NAME)
NEEDED: Final = (ROOT, *(f"{ROOT}/{name}" for name in FOLDERS), ".orgpost")
_SYNCED: Final = re.compile(
    r"(?i)\.sync-conflict-|\((?:.* )?conflicted copy|_conf\(|\(case conflict|\.orig\Z"
    r"|\((?:konflikt|conflit)"
)
_NETWORKS: Final = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p"})
_OLD: Final = ("org/inboxes", f"{ROOT}/inbox.org", f"{ROOT}/USERS.yaml")
_OLD_CONTACTS: Final = re.compile(r"(?m)^actors:")


def check_settings(patient: Patient) -> Iterator[Finding]:
    """All problems of all files of settings."""
    settings, problems = settings_file.examine(patient.space, os.environ)
    trust = Trust(overrides=settings.tiers("messaging.trust_overrides"))
    if patient.knows_everybody:
        nobodies = Contacts(patient.contacts.actors, trust).bad_overrides()
        problems += config.refuse_overrides(settings, nobodies)
    yield from _told("settings", problems, patient.space)


def check_contacts(patient: Patient) -> Iterator[Finding]:
    """All problems of contacts.yaml; keys that nobody knows are kept, and named."""
    if not patient.has_contacts:
        message = "it is not there: nobody can be written to"
        yield Finding(check="contacts", file=f"{ROOT}/{CONTACTS}", message=message)
    yield from _told("contacts", patient.contacts.problems, patient.space)
    yield from _told("contact-key", patient.contacts.warnings, patient.space)


def check_modes(patient: Patient) -> Iterator[Finding]:
    """Secrets and the journal are the owner's only."""
    for name in PRIVATE:
        place = patient.space / name
        if place.exists() and (mode := place.stat().st_mode & 0o077):
            message = f"others can read it (mode …{mode:02o})"
            yield Finding(check="modes", file=name, message=message, fixable=True)


def check_folders(patient: Patient) -> Iterator[Finding]:
    """The folders of a space are there."""
    for name in NEEDED:
        place = patient.space / name
        if place.is_symlink() or (place.exists() and not place.is_dir()):
            yield Finding(check="unsafe-path", file=name, message="it is a link, or no folder")
        elif not place.exists():
            yield Finding(check="folders", file=name, message="it is missing", fixable=True)


def check_copies(patient: Patient) -> Iterator[Finding]:
    """Programs that sync files leave copies; two copies of an inbox are two truths."""
    for place in _walk(patient.space / ROOT):
        if _SYNCED.search(place.name):
            message = "a sync program made this copy; bring its entries over and remove it"
            yield Finding(check="sync-copy", file=_named(patient, place), message=message)
        elif place.name.endswith(".org_archive"):
            message = "somebody archived here from Emacs; it is found, and left there"
            yield Finding(check="emacs-archive", file=_named(patient, place), message=message)


def check_old_layout(patient: Patient) -> Iterator[Finding]:
    """What v0.1 and v0.2 left is no mail of ours yet."""
    olds = [*(name for name in _OLD if (patient.space / name).exists()), *patient.old]
    contacts = patient.space / CONTACTS
    if contacts.is_file() and _OLD_CONTACTS.search(contacts.read_text("utf-8", "replace")):
        olds.append(CONTACTS)
    for name in olds:
        message = "it is of an older version: orgpost migrate brings it over"
        yield Finding(check="old-layout", file=name, message=message)


def check_network(patient: Patient) -> Iterator[Finding]:
    """Locks between hosts are not to be relied on."""
    kind = file_system(patient.space.resolve(), _mounts())
    if kind in _NETWORKS:
        message = f"the space lies on {kind}: only one host may write there, readers may be many"
        yield Finding(check="network", file=".", message=message)


def file_system(place: Path, mounts: Iterable[str]) -> str:
    """Give the kind of file system of a place, by the lines of /proc/mounts. Pure."""
    best, kind = -1, ""
    for line in mounts:
        fields = line.split(" ")
        root = Path(fields[1].replace("\\040", " ")) if len(fields) > 2 else Path("/nowhere")  # noqa: PLR2004  device, place, kind
        if place.is_relative_to(root) and len(root.parts) >= best:
            best, kind = len(root.parts), fields[2]
    return kind


HOUSE_CHECKS: Final[tuple[Callable[[Patient], Iterator[Finding]], ...]] = (
    check_settings,
    check_contacts,
    check_modes,
    check_folders,
    check_copies,
    check_old_layout,
    check_network,
)


def _told(check: str, problems: Iterable[Problem], space: Path) -> Iterator[Finding]:
    for problem in problems:
        place = Path(problem["file"])
        file = str(place.relative_to(space)) if place.is_relative_to(space) else problem["file"]
        key = f"{problem['key']}: " if problem["key"] else ""
        hint = f" ({problem['hint']})" if problem["hint"] else ""
        message = f"{key}{problem['problem']}{hint}"
        yield Finding(check=check, file=file, line=problem["line"], message=message)


def _walk(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name != "files")
        yield from (Path(folder) / name for name in sorted(names))


def _named(patient: Patient, place: Path) -> str:
    return str(place.relative_to(patient.space))


def _mounts() -> list[str]:
    try:
        return Path("/proc/self/mounts").read_text("utf-8", "replace").split("\n")
    except OSError:
        return []
