"""Doctor: looks at a whole space, says what is not as it should be, and may put it right.

It works with bad settings, bad contacts and no lock. First it lets the store finish what was
begun; that is all that it writes without being asked to fix.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from orgpost import settings_file
from orgpost.agent_inbox.outcomes import apply
from orgpost.clock import Clock
from orgpost.doctor import file_checks, left_checks
from orgpost.doctor.deep import check_deep
from orgpost.doctor.entry_checks import ENTRY_CHECKS, EntryCheck, check_people, check_times
from orgpost.doctor.finding import Finding, Findings
from orgpost.doctor.fixes import fix
from orgpost.doctor.house_checks import HOUSE_CHECKS
from orgpost.doctor.ledger_checks import LEDGER_CHECKS
from orgpost.doctor.patient import Case, read_patient, unreadable
from orgpost.doctor.space_checks import SPACE_CHECKS
from orgpost.doctor.task_checks import TASK_CHECKS
from orgpost.doctor.text_checks import TEXT_CHECKS
from orgpost.errors import Exists, Malformed, NotPermitted, OrgpostError, UnknownId
from orgpost.org import scan
from orgpost.org.stamp import parse_utc
from orgpost.org.syntax import SLACK_BYTES, kind_of
from orgpost.store import FileStore
from orgpost.store.page import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orgpost.doctor.patient import Expire, OrgFile, Patient
    from orgpost.store import View

CASE_CHECKS: Final = (
    *TASK_CHECKS,
    *file_checks.DELIVERY_CHECKS,
    *left_checks.LEFT_CHECKS,
    *LEDGER_CHECKS,
)
LOCK_SECONDS: Final = 1.0
CONFIRM_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Options:
    """What doctor is asked to do besides looking.

    `fix` puts right what can be put right, `deep` asks orgparse too, `dry_run` writes nothing at
    all, `restore` names what is to come back from quarantine, `prune` empties it of what is old.
    """

    fix: bool = False
    deep: bool = False
    dry_run: bool = False
    restore: str | None = None
    prune: bool = False


def examine(
    space: Path,
    options: Options | None = None,
    clock: Clock | None = None,
    *,
    expire: Expire | None = None,
) -> Findings:
    """Look at a space, and do what the options say.

    `expire` settles the leases of an agent that have run out; without it they are only named.
    """
    options, clock = options or Options(), clock or Clock()
    if options.restore and not options.dry_run:
        restore(space, options.restore, clock)
    if options.prune and not options.dry_run:
        prune(space, clock)
    outcomes = partial(apply, zone=clock.zone(), slack_bytes=SLACK_BYTES)
    with FileStore(space, clock, lock_seconds=LOCK_SECONDS, apply=outcomes) as store:
        if not options.dry_run:
            _finish_what_was_begun(space, store)
        case = Case(read_patient(space), store, expire)
        before = tuple(_look(case, deep=options.deep))
        wanted = options.fix and not options.dry_run
        if not wanted or not any(each.fixable for each in before):
            return Findings(before)
        fix(case, before)
        _finish_what_was_begun(space, store)
        again = case._replace(patient=read_patient(space))
        after = tuple(_look(again, deep=options.deep))
        return Findings((*_gone(before, after), *after))


def restore(space: Path, name: str, clock: Clock | None = None) -> str:
    """Put one thing of the quarantine back into its file, as new; gives the file's path."""
    with FileStore(space, clock or Clock()) as store:
        kept = next((each for each in store.quarantined() if each.name == name), None)
        if kept is None:
            raise UnknownId(name, hint="orgpost doctor lists what is in quarantine")
        path = str(kept.why.get("path"))
        if path.startswith("files/"):
            store.create(path, [kept.data])
        else:
            _put_back(store, path, name, kept.data)
        store.drop_quarantined(name)
        return path


def prune(space: Path, clock: Clock | None = None, *, days: int | None = None) -> list[str]:
    """Remove what has been in quarantine for longer than so many days; gives the names.

    Without `days` the settings say how many.
    """
    clock = clock or Clock()
    if days is None:
        days = settings_file.examine(space, os.environ)[0]["store.quarantine_days"]
    limit = clock.now() - timedelta(days=days)
    with FileStore(space, clock) as store:
        old = [
            kept.name
            for kept in store.quarantined()
            if (at := parse_utc(str(kept.why.get("at")))) is not None and at < limit
        ]
        for name in old:
            store.drop_quarantined(name)
    return old


def _finish_what_was_begun(space: Path, store: FileStore) -> None:
    """Fold, recover and confirm; where a lock is not to be had, looking goes on without."""
    paths: list[str] = []
    with suppress(PermissionError):
        paths = left_checks.journalled(space)
    if paths:
        # An editor may have written over what is younger than this.
        store.clock.sleep(CONFIRM_SECONDS)
    for path in paths:
        with suppress(OrgpostError, OSError):
            store.confirm(path)


def _look(case: Case, *, deep: bool) -> Iterator[Finding]:
    patient, told = case.patient, {each.file for each in case.patient.trouble}
    yield from patient.trouble
    for house_check in HOUSE_CHECKS:
        yield from _what_can_be_seen(house_check(patient), patient, told)
    for file in patient.files:
        yield from _look_at(file, case)
    for space_check in SPACE_CHECKS:
        yield from _what_can_be_seen(space_check(patient), patient, told)
    for case_check in CASE_CHECKS:
        yield from _what_can_be_seen(case_check(case), patient, told)
    if deep:
        yield from check_deep(patient)


def _what_can_be_seen(
    found: Iterator[Finding], patient: Patient, told: set[str]
) -> Iterator[Finding]:
    """Give what a check finds; a folder that it may not look into is a finding, told once."""
    try:
        yield from found
    except PermissionError as error:
        file, why = os.path.relpath(error.filename or patient.space, patient.space), error.strerror
    except NotPermitted as error:
        file, why = ROOT, str(error)
    else:
        return
    if file not in told:
        told.add(file)
        yield unreadable(file, why)


def _look_at(file: OrgFile, case: Case) -> Iterator[Finding]:
    for text_check in TEXT_CHECKS:
        yield from text_check(file)
    checks: tuple[EntryCheck, ...] = (
        *ENTRY_CHECKS,
        partial(check_times, zone=case.store.clock.zone()),
        partial(check_people, patient=case.patient),
    )
    for placed in file.entries:
        for entry_check in checks:
            yield from entry_check(file, placed)


def _gone(before: tuple[Finding, ...], after: tuple[Finding, ...]) -> Iterator[Finding]:
    """Give what could be fixed and is not found again."""
    left = {(each.check, each.file, each.message) for each in after}
    for each in before:
        if each.fixable and (each.check, each.file, each.message) not in left:
            yield replace(each, fixed=True)


def _put_back(store: FileStore, path: str, name: str, data: bytes) -> None:
    ids = [id for id, span in scan.find_all_ids(data) if span.start == 0]
    # What a holder reported is a text, whatever it looks like: it must not become an entry.
    if len(ids) != 1 or kind_of(path) is None:
        why = "it is no whole entry; its bytes are in .orgpost/quarantine"
        raise Malformed(name, why)

    def there(view: View) -> str | None:
        return path if scan.find_id(view.data, ids[0]) else None

    whole = data if data.endswith(b"\n") else data + b"\n"
    if store.append(path, [(ids[0], whole)], unless=there).found is not None:
        raise Exists(f"{ids[0].decode('utf-8', 'replace')} is in {path} already")
