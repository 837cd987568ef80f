"""Which rows a ledger lacks: what a midnight, a crash or a power cut makes necessary. Pure.

A reservation is made before its task and settled after it, so a crash only ever leaves too much
reserved; after a power cut rows may be missing, but the tasks themselves were synced.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from orgpost.budget import row
from orgpost.budget.row import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from orgpost.budget.books import Books, Open
    from orgpost.budget.limits import Limits
    from orgpost.budget.verdict import TaskFact

ORPHAN_AFTER: Final = timedelta(minutes=10)


def carried(before: Books, time: str) -> Iterator[Row]:
    """Give the rows with which a new day takes over what the day before left open."""
    for task, left in before.open.items():
        later = f" {row.START} {left.start}" if left.start > time else ""
        yield of_open(row.CARRY, task, left, time, note=f"{left.kind}{later}")


def missing(
    books: Books,
    tasks: Iterable[TaskFact],
    limits: Limits,
    charged: Callable[[TaskFact], str],
    time: str,
    event: str = "",
) -> Iterator[Row]:
    """Give the rows of tasks that are to be done and have nothing in the ledger.

    With `event` carry they are taken over, as if the day before had known of them.
    """
    for fact in tasks:
        tokens = limits.ask_of(fact.estimated_tokens, fact.tier)
        if tokens and not fact.is_over and fact.id not in books.open:
            kind = row.HOLD if fact.is_waiting else row.RESERVE
            note = kind if event else row.AGAIN
            yield of_task(fact, event or kind, charged(fact), time, tokens, note)


def unsettled(
    books: Books,
    tasks: Iterable[TaskFact],
    limits: Limits,
    charged: Callable[[TaskFact], str],
    time: str,
) -> Iterator[Row]:
    """Give the rows of tasks that were done today and of whose end the ledger knows nothing."""
    for fact in tasks:
        known = fact.id in books.open or books.has_settled(fact.id, fact.started)
        tokens = limits.ask_of(fact.estimated_tokens, fact.tier)
        tokens = tokens if fact.tokens_used is None else fact.tokens_used
        if tokens and fact.state == "DONE" and not known:
            yield of_task(fact, row.SETTLE, charged(fact), time, tokens)


def overdue(
    books: Books,
    tasks: Mapping[str, TaskFact | None],
    now: datetime,
    time: str,
    ids: Iterable[str] | None = None,
) -> Iterator[Row]:
    """Give the rows that close what no task needs any more, of these tasks or of all."""
    too_old = row.stamp(now - ORPHAN_AFTER)
    for task in books.open if ids is None else ids:
        left, fact = books.open[task], tasks.get(task)
        if task not in tasks and left.since < too_old:
            yield of_open(row.RELEASE, task, left, time, note=row.ORPHAN)
        if fact is None:
            continue
        if fact.is_over and fact.tokens_used is not None:
            note = row.OVER if fact.tokens_used > left.tokens else ""
            yield of_open(row.SETTLE, task, left, time, fact.tokens_used, note)
        elif fact.is_over:
            yield of_open(row.SETTLE if fact.claimed else row.RELEASE, task, left, time)


def of_task(
    fact: TaskFact, event: str, charged: str, time: str, tokens: int, note: str = ""
) -> Row:
    """Make a row of a task of which the ledger has nothing open."""
    asked = said_for(fact.sender, charged, note)
    return Row(time, event, charged, fact.agent, fact.id, tokens, fact.tier, asked)


def of_open(
    event: str, task: str, left: Open, time: str, tokens: int | None = None, note: str = ""
) -> Row:
    """Make a row of a task of which something is open; without `tokens`, of all of it."""
    amount = left.tokens if tokens is None else tokens
    asked = said_for(left.asker, left.sender, note)
    return Row(time, event, left.sender, left.agent, task, amount, left.tier, asked)


def said_for(sender: str, charged: str, note: str) -> str:
    """Say in a note who asked, where somebody else is charged."""
    return note if sender in {charged, ""} else f"{sender} for {charged} {note}".rstrip()
