"""What programs and editors left behind: journals, locks, scratch files, quarantine.

These look through the store's own eyes, and only look.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from orgpost.doctor.finding import Finding
from orgpost.doctor.patient import FOLDERS, unreadable
from orgpost.errors import OrgpostError
from orgpost.org import scan
from orgpost.store.inspection import Inspector
from orgpost.store.journal import Kind, outcomes_of, without_voids
from orgpost.store.journal_file import JournalFile
from orgpost.store.page import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orgpost.doctor.patient import Case
    from orgpost.store import FileStore

JOURNALS: Final = ".orgpost/journal"
PLACES: Final = ("", *FOLDERS)
_DOUBTFUL_SECONDS: Final = 24 * 3600
# The line is for an init file: Emacs locks by itself, until somebody tells it not to.
_SAVED_OVER: Final = (
    "saved over what had come meanwhile ({} put back); in Emacs's init file: "
    "(setq create-lockfiles t file-precious-flag nil) (global-auto-revert-mode)"
)
_STALE: Final = re.compile(r"\.#(.+)")


def journalled(space: Path) -> list[str]:
    """Name the files that have a journal."""
    journals = sorted((space / JOURNALS).glob("*.j"))
    return [place.name.removesuffix(".j").replace("+", "/") for place in journals]


def check_files(case: Case) -> Iterator[Finding]:
    """Each file with its journal, its editors and its other names."""
    patient, store = case.patient, case.store
    paths = dict.fromkeys([*(file.path for file in patient.files), *journalled(patient.space)])
    for path in paths:
        try:
            yield from _check_file(path, store)
        except OrgpostError as error:
            yield Finding(check="unreadable", file=f"{ROOT}/{path}", message=str(error))
        except OSError as error:
            why = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
            yield unreadable(f"{ROOT}/{path}", why)


def check_scratch(case: Case) -> Iterator[Finding]:
    """Scratch files and locks of the dead."""
    for folder in PLACES:
        with suppress(OrgpostError, OSError):
            for name in case.store.left_over(folder):
                file = f"{ROOT}/{folder}/{name}".replace("//", "/")
                message = "a process that died left this scratch file"
                yield Finding(check="scratch", file=file, message=message, fixable=True)
            for name in stale_locks(case.store, folder):
                file = f"{ROOT}/{folder}/.#{name}".replace("//", "/")
                message = "a process that died left this lock"
                yield Finding(check="scratch", file=file, message=message, fixable=True)


def check_quarantine(case: Case) -> Iterator[Finding]:
    """What could not stay where it was waits for a person."""
    try:
        for kept in case.store.quarantined():
            what = f"{kept.why.get('reason')}: {len(kept.data)} bytes of {kept.why.get('path')}"
            message = f"{what}; orgpost doctor --restore {kept.name}"
            file = f".orgpost/quarantine/{kept.name}"
            yield Finding(check="quarantine", file=file, message=message)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        message = f"it cannot be read: {why}"
        yield Finding(check="quarantine", file=".orgpost/quarantine", message=message)


LEFT_CHECKS: Final = (check_files, check_scratch, check_quarantine)


def stale_locks(store: FileStore, folder: str) -> list[str]:
    """Name the files of a folder that have an editor's lock whose process is dead."""
    stale = []
    with suppress(FileNotFoundError), store.disk.folder(f"{ROOT}/{folder}") as fd:
        for lock in sorted(store.disk.calls.names(fd)):
            found = _STALE.fullmatch(lock)
            if found and store.watch.editor(fd, found[1]) is None:
                stale.append(found[1])
    return stale


def _check_file(path: str, store: FileStore) -> Iterator[Finding]:
    file = f"{ROOT}/{path}"
    waiting, outcomes = _waiting(path, store)
    waits = [f"{waiting} entries"] * (waiting > 0) + [f"{outcomes} outcomes"] * (outcomes > 0)
    seen = Inspector(store.disk, store.clock, store.watch).inspect(path, waiting)
    if not seen.journal_readable:
        message = "its journal cannot be read"
        yield Finding(check="journal", file=file, message=message, fixable=True)
    if seen.editor:
        wait = f"{' and '.join(waits)} wait: " if waits else ""
        message = f"{wait}{seen.editor}{_doubt(file, seen.doubted_seconds)}"
        yield Finding(check="editor", file=file, message=message)
    elif waits:
        message = f"{' and '.join(waits)} are not in the file yet"
        yield Finding(check="waiting", file=file, message=message, fixable=True)
    elif seen.unconfirmed:
        message = f"not confirmed yet: {seen.unconfirmed} of its last writes"
        yield Finding(check="journal", file=file, message=message, fixable=True)
    for sign in seen.others:
        message = f"another editor may have it open: {sign}"
        yield Finding(check="other-editor", file=file, message=message)
    if seen.restored:
        message = f"an editor without lock files {_SAVED_OVER.format(seen.restored)}"
        yield Finding(check="saved-over", file=file, message=message, fixable=True)
    if seen.links > 1:
        message = f"it has {seen.links} names; a change makes this one another file"
        yield Finding(check="hard-link", file=file, message=message)


def _doubt(file: str, seconds: float) -> str:
    if seconds < _DOUBTFUL_SECONDS:
        return ""
    folder, _, name = file.rpartition("/")
    return f", for {int(seconds // 3600)} hours; if that editor is gone, remove {folder}/.#{name}"


def _waiting(path: str, store: FileStore) -> tuple[int, int]:
    """Count the journal's entries that the file does not have, and what holders reported."""
    reading = JournalFile(store.disk, store.clock, path).peek()
    if reading is None or not reading.records:
        return 0, 0
    there = {id for id, _ in scan.find_all_ids(store.read(path) or b"")}
    records = without_voids(reading.records)
    entries = [part for each in records if each.kind == Kind.ENTRY for part in each.parts]
    return sum(part.id not in there for part in entries), len(outcomes_of(records))
