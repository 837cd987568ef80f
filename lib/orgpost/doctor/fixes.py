"""What `--fix` does about a finding. It never decides for a person, and copies what it changes.

`FIXES` has one function for each check that can be fixed. Each decides again under the lock, from
what is in the file then; whether it helped is seen by looking again.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from orgpost.doctor.ledger_checks import fix_ledger, fix_waiting_rows
from orgpost.doctor.patient import OrgFile
from orgpost.doctor.space_checks import is_cut_short
from orgpost.doctor.task_checks import fix_leases
from orgpost.doctor.text_checks import with_head
from orgpost.org import scan
from orgpost.org.entry import parse
from orgpost.org.syntax import COOKIE, kind_of
from orgpost.store import make_private
from orgpost.store.backup import back_up
from orgpost.store.page import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from orgpost.doctor.finding import Finding
    from orgpost.doctor.patient import Case
    from orgpost.org.scan import Span
    from orgpost.store import Page

CHANGES_A_FILE: Final = frozenset(
    {"cookie", "todo-line", "duplicate-id", "archived-twice", "expired-lease"}
)


def fix(case: Case, findings: Iterable[Finding]) -> None:
    """Put right what can be put right, each file copied to the backup before it is changed."""
    fixable = [each for each in findings if each.fixable]
    changed = {each.file for each in fixable if each.check in CHANGES_A_FILE}
    copies = {file.file: file.data for file in case.patient.files if file.file in changed}
    if copies:
        back_up(case.patient.space, copies, case.store.clock)
    for each in fixable:
        FIXES[each.check](case, each)


def _fix_modes(case: Case, finding: Finding) -> None:
    place = case.patient.space / finding.file
    place.chmod(place.stat().st_mode & 0o700)


def _fix_folders(case: Case, finding: Finding) -> None:
    if finding.file == ".orgpost":
        make_private(case.patient.space, finding.file)
        return
    messaging = case.patient.space / ROOT
    shared = messaging.is_dir() and messaging.stat().st_mode & 0o020
    mode = 0o770 if shared else 0o700
    (case.patient.space / finding.file).mkdir(mode=mode, parents=True, exist_ok=True)


def _fix_head(case: Case, finding: Finding) -> None:
    path = _path(finding)
    kind = kind_of(path)

    def decide(page: Page) -> None:
        if page.exists and kind is not None:
            page.rewrite(with_head(OrgFile(path, page.data), COOKIE, kind.todo_line))

    case.store.edit(path, decide)


def _fix_duplicate(case: Case, finding: Finding) -> None:
    path = _path(finding)
    data = case.store.view(path).data
    for span, id in _equal_copies(data).items():
        raw = data[span.start : span.end]
        case.store.quarantine(path, "duplicate", raw, id=id.decode("utf-8", "replace"))

    def decide(page: Page) -> None:
        for span in _equal_copies(page.data):
            page.remove(span)

    case.store.edit(path, decide)


def _equal_copies(data: bytes) -> dict[Span, bytes]:
    """Find entries that are, byte for byte, one that stands above them."""
    first: dict[bytes, bytes] = {}
    copies: dict[Span, bytes] = {}
    for id, span in scan.find_all_ids(data):
        raw = data[span.start : span.end].rstrip(b"\r\n")
        if id not in first:
            first[id] = raw
        elif raw == first[id]:
            copies[span] = id
    return copies


def _fix_archived_twice(case: Case, finding: Finding) -> None:
    path = _path(finding)
    kind = kind_of(path)
    archived = {
        placed.entry.id: placed.entry
        for file in case.patient.files
        if file.is_archive
        for placed in file.mail
    }

    def decide(page: Page) -> None:
        for id, span in scan.find_all_ids(page.data):
            other = archived.get(id.decode("utf-8", "surrogateescape"))
            if kind and other and is_cut_short(parse(page.data[slice(*span)], kind), other):
                page.remove(span)

    case.store.edit(path, decide)


def _fix_journal(case: Case, finding: Finding) -> None:
    # An edit that changes nothing settles what is left over, and makes a journal that reads.
    case.store.edit(_path(finding), lambda _: None)
    case.store.confirm(_path(finding))


def _forget_restored(case: Case, finding: Finding) -> None:
    case.store.forget_restored(_path(finding))


def _fix_scratch(case: Case, finding: Finding) -> None:
    folder, _, name = _path(finding).rpartition("/")
    case.store.sweep(folder)
    if name.startswith(".#"):
        store = case.store
        with store.disk.folder(f"{ROOT}/{folder}") as fd, store.watch.hold(fd, name[2:]):
            pass  # taking the lock of a dead process over, and giving it back, removes it


def _fix_orphans(case: Case, finding: Finding) -> None:
    folder = case.patient.space / finding.file
    manifest = folder.with_name(f"{folder.name}.org")
    places = [*(sorted(folder.iterdir()) if folder.is_dir() else []), manifest]
    for place in (place for place in places if place.is_file() and not place.is_symlink()):
        name = str(place.relative_to(case.patient.space / ROOT))
        case.store.quarantine(name, "orphan", place.read_bytes())
        place.unlink()
    with suppress(OSError):  # something that is no plain file stays
        folder.rmdir()


FIXES: Final[Mapping[str, Callable[[Case, Finding], None]]] = {
    "modes": _fix_modes,
    "folders": _fix_folders,
    "cookie": _fix_head,
    "todo-line": _fix_head,
    "duplicate-id": _fix_duplicate,
    "archived-twice": _fix_archived_twice,
    "journal": _fix_journal,
    "waiting": _fix_journal,
    "saved-over": _forget_restored,
    "scratch": _fix_scratch,
    "orphan-files": _fix_orphans,
    "ledger": fix_ledger,
    "waiting-rows": fix_waiting_rows,
    "expired-lease": fix_leases,
}


def _path(finding: Finding) -> str:
    return finding.file.removeprefix(f"{ROOT}/")
