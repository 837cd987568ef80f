"""The ledger: rows that nobody can read, promises that no task needs, tasks without a promise.

While a row cannot be read, the governor lets nothing in; so that is an error. The rest is put
right by whoever asks next, and is only a warning.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from orgpost import settings_file, task_entry
from orgpost.budget import Limits, TaskFact, mending, row
from orgpost.doctor.finding import Finding
from orgpost.errors import OrgpostError
from orgpost.governor.ledger import Ledger, path_of, table_of
from orgpost.governor.standing import charged
from orgpost.store.backup import back_up
from orgpost.store.page import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from orgpost.budget.books import Books
    from orgpost.budget.row import Row
    from orgpost.doctor.patient import Case
    from orgpost.governor.ledger import Account
    from orgpost.store import Page
    from orgpost.store.rows import Alone
    from orgpost.task import Task

_FOLDERS: Final = ("agents/", "trays/", "archive/agents-", "archive/trays-")
_LONGEST_SHOWN: Final = 80
_LOCK: Final = "ledger"


def check_ledger(case: Case) -> Iterator[Finding]:
    """Each day's rows, then what the newest day says of tasks."""
    ledger = Ledger(case.store)
    try:
        days = ledger.days()
        for day in days:
            yield from _check_day(case, ledger.account(day))
        for day in days[-1:]:
            yield from _check_newest(case, ledger.account(day))
    except (OrgpostError, OSError) as error:
        yield Finding(check="unreadable", file=f"{ROOT}/ledger", message=str(error))


LEDGER_CHECKS: Final = (check_ledger,)


def fix_ledger(case: Case, finding: Finding) -> None:
    """Make comments of the rows that cannot be read, and say so; what good rows say stays."""
    day = finding.file.rpartition("/")[2].removesuffix(".org")
    if not Ledger(case.store).account(day).bad:
        return
    data = case.store.rows.read(table_of(day)) or b""
    back_up(case.patient.space, {finding.file: data}, case.store.clock)
    case.store.rows.alone(_LOCK, lambda alone: _mend(case, day, alone))


def fix_waiting_rows(case: Case, finding: Finding) -> None:
    """Put rows in that waited for an editor."""
    day = finding.file.rpartition("/")[2].removesuffix(".org")
    case.store.rows.alone(_LOCK, lambda alone: alone.append(table_of(day), b""))


def _check_day(case: Case, account: Account) -> Iterator[Finding]:
    file = f"{ROOT}/{path_of(account.day)}"
    for bad in account.bad:
        message = f"{bad.what}: {bad.text[:_LONGEST_SHOWN]}"
        yield Finding(check="ledger", file=file, line=bad.line, message=message, fixable=True)
    waiting, editor = case.store.rows.waiting(table_of(account.day))
    if waiting and editor:
        yield Finding(check="editor", file=file, message=f"{waiting} rows wait: {editor}")
    elif waiting:
        message = f"{waiting} rows are not in the file yet"
        yield Finding(check="waiting-rows", file=file, message=message, fixable=True)


def _check_newest(case: Case, account: Account) -> Iterator[Finding]:
    now, file = case.store.clock.now(), f"{ROOT}/{path_of(account.day)}"
    if account.day > f"{now:%Y-%m-%d}":
        message = "it is of a day that is still to come: was the clock set back?"
        yield Finding(check="ledger-ahead", file=file, message=message)
    facts = _facts(case)
    known = {fact.id: fact for fact in facts}
    for each in mending.overdue(account.books, known, now, row.stamp(now)):
        why = "has no task" if each.task not in known else "is of a task that is over"
        message = f"what {each.task} has open, {each.tokens} tokens, {why}"
        yield Finding(check="reservation", file=file, message=message)
    for each in _missing(case, account.books, facts, f"{account.day}T00:00:00Z"):
        was_done = each.event == row.SETTLE
        open_ = "is to be done and has nothing reserved"
        message = f"{each.task} {'was done and is not settled' if was_done else open_}"
        yield Finding(check="reservation", file=file, message=message)


def _missing(case: Case, books: Books, facts: list[TaskFact], time: str) -> Iterator[Row]:
    settings = settings_file.examine(case.patient.space, os.environ)[0]
    tokens = settings["messaging.compute.default_task_tokens"]
    limits = Limits()._replace(default_task_tokens=tokens)
    contacts = case.patient.contacts

    def payer(fact: TaskFact) -> str:
        return charged(fact.sender, fact.via, contacts)

    yield from mending.missing(books, facts, limits, payer, time, row.CARRY)
    ended = [fact for fact in facts if fact.ended and f"{fact.ended:%Y-%m-%d}" == time[:10]]
    yield from mending.unsettled(books, ended, limits, payer, time)


def _facts(case: Case) -> list[TaskFact]:
    zone, now = case.store.clock.zone(), case.store.clock.now()
    return [
        _fact(task_entry.read(placed.entry, agent=_agent(file.path), zone=zone, now=now), now)
        for file in case.patient.files
        if file.path.startswith(_FOLDERS)
        for placed in file.mail
    ]


def _agent(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".org")


def _fact(task: Task, now: datetime) -> TaskFact:
    return TaskFact(
        task.id,
        task.state or "",
        task.sender,
        task.agent,
        task.trust_tier,
        task.created or now,
        task.via,
        task.estimated_tokens,
        task.tokens_used,
        claimed=task.token > 0,
        ended=task.closed,
        started=task.started,
    )


def _mend(case: Case, day: str, alone: Alone) -> None:
    ledger = Ledger(case.store)
    account = ledger.account(day, alone)
    lines = {bad.line for bad in account.bad}

    def comment(page: Page) -> None:
        text = page.data.split(b"\n")
        for number in lines:
            text[number - 1] = b"# " + text[number - 1]
        page.rewrite(b"\n".join(text))

    case.store.edit(path_of(day), comment)
    time = account.books.last or f"{day}T00:00:00Z"
    rows = [
        row.Row(time, row.VOID, note=f"{bad.what}: {bad.text[:_LONGEST_SHOWN]}")
        for bad in account.bad
    ]
    if [day] == ledger.days()[-1:]:
        rows += _missing(case, account.books, _facts(case), time)
    text = row.to_bytes(row.fitting(each) for each in rows)
    alone.append(table_of(day), text, synced=True)
