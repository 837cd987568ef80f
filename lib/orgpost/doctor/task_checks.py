"""What is wrong with tasks besides what may be wrong with any entry: circles, leases, holders.

Each check is a function from the case to findings; `TASK_CHECKS` is the table of them. A task that
a person set to WORKING has no lease, and is no finding: it is theirs.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from orgpost import settings_file
from orgpost.agent_inbox.dependencies import Dependencies, Known
from orgpost.errors import OrgpostError
from orgpost.org.stamp import utc_text
from orgpost.states import TASK_ENDS, TaskState
from orgpost.store.inspection import Inspector
from orgpost.task_entry import read_lease

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from orgpost.doctor.finding import Finding
    from orgpost.doctor.patient import Case, OrgFile, Patient, Placed

AGENTS: Final = "agents"
_FOLDERS: Final = frozenset({AGENTS, "trays"})
_OVER: Final = frozenset({*TASK_ENDS, TaskState.ARCHIVED})
_LONGEST_SHOWN: Final = 60
# No lease is longer, whatever the settings say; and clocks are put right by little steps, too.
_A_DAY: Final = timedelta(days=1)
_A_STEP: Final = timedelta(minutes=1)


def check_cycles(case: Case) -> Iterator[Finding]:
    """Tasks that wait for each other wait for ever."""
    open_tasks = [
        (file, placed) for file, placed in _tasks(case.patient) if placed.entry.keyword not in _OVER
    ]
    places = {placed.entry.id or "": (file, placed) for file, placed in reversed(open_tasks)}
    known = Dependencies(_known(placed) for _, placed in open_tasks)
    for cycle in known.cycles():
        file, placed = places[cycle[0]]
        way = " → ".join([*cycle, cycle[0]])
        yield file.finding("cycle", f"these wait for each other: {way}", line=placed.line)


def check_leases(case: Case) -> Iterator[Finding]:
    """A lease can be read, and one that has run out is settled by whoever looks next."""
    now = case.store.clock.now()
    latest = now + _longest_lease(case.patient) + _A_STEP
    for file in _hot(case.patient):
        run_out = []
        for placed in file.mail:
            lease, words = read_lease(placed.entry), placed.entry.get("LEASE")
            if words is not None and words != lease.text():
                message = f"LEASE of {placed.entry.id} is none: {words[:_LONGEST_SHOWN]}"
                yield file.finding("bad-lease", message, line=placed.line)
            elif placed.entry.keyword == TaskState.WORKING and lease.until and lease.until <= now:
                run_out.append((placed, utc_text(lease.until)))
            elif placed.entry.keyword == TaskState.WORKING and lease.until:
                yield from _ahead(file, placed, lease.until, latest)
        # While somebody has unsaved changes there nobody can renew, and so no lease ends.
        if run_out and not _is_edited(file, case):
            yield from (_run_out(case, file, placed, until) for placed, until in run_out)


TASK_CHECKS: Final = (check_cycles, check_leases)


def fix_leases(case: Case, finding: Finding) -> None:
    """Let the agent's inbox settle what has run out: the file, the ledger and the answer."""
    name = finding.file.rpartition("/")[2].removesuffix(".org")
    if case.expire is not None:
        with suppress(OrgpostError, OSError):  # it is found again, and then said
            case.expire(name)


def _run_out(case: Case, file: OrgFile, placed: Placed, until: str) -> Finding:
    message = f"the lease on {placed.entry.id} ran out at {until}"
    actor = case.patient.contacts.get(file.holder)
    settled = case.expire is not None and file.folder == AGENTS
    fixable = settled and actor is not None and actor.kind != "person"
    return file.finding(
        "expired-lease", message, line=placed.line, span=placed.span, fixable=fixable
    )


def _longest_lease(patient: Patient) -> timedelta:
    settings = settings_file.examine(patient.space, os.environ)[0]
    minutes = settings["messaging.compute.per_task_timeout_minutes"]
    return min(_A_DAY, timedelta(minutes=minutes)) if minutes else _A_DAY


def _ahead(file: OrgFile, placed: Placed, until: datetime, latest: datetime) -> Iterator[Finding]:
    """Name a lease that no claim of now could have: until its end nobody else gets the task."""
    if until > latest:
        id = placed.entry.id
        message = (
            f"the lease on {id} holds until {utc_text(until)}, longer than any may: was the clock"
            f" set back? orgpost task cancel {id} --now, then orgpost task retry {id}"
        )
        yield file.finding("lease-ahead", message, line=placed.line)


def _is_edited(file: OrgFile, case: Case) -> bool:
    """Ask whether a person has unsaved changes there."""
    store = case.store
    inspector = Inspector(store.disk, store.clock, store.watch)
    with suppress(OrgpostError, OSError):
        return inspector.inspect(file.path, 0).editor is not None
    return False


def _known(placed: Placed) -> Known:
    others = (placed.entry.get("DEPENDS_ON") or "").split()
    return Known(placed.entry.id or "", placed.entry.keyword, tuple(others))


def _hot(patient: Patient) -> Iterator[OrgFile]:
    return (file for file in patient.files if file.folder in _FOLDERS and not file.is_archive)


def _tasks(patient: Patient) -> Iterator[tuple[OrgFile, Placed]]:
    return ((file, placed) for file in _hot(patient) for placed in file.mail)
