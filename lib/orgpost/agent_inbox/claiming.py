"""Claiming: exactly one of N claimants gets a task, under a lease and a token of its own.

What has run out is settled first, in the same edit, and judged by the clock under the lock.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.agent_inbox import life
from orgpost.agent_inbox.changing import Changed, tell_the_ledger
from orgpost.agent_inbox.dependencies import is_due
from orgpost.agent_inbox.rights import must_be_in, must_be_worker
from orgpost.errors import Conflict, InvalidField
from orgpost.org import scan
from orgpost.org.stamp import parse_utc
from orgpost.org.syntax import EMACS_ID, SUPPLIED_ID
from orgpost.refusals import UnknownTask
from orgpost.states import Event
from orgpost.task import HOLDER, Claim, Lease
from orgpost.task_entry import before_claim

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from orgpost.agent_inbox.changing import Changing, Sheet
    from orgpost.agent_inbox.dependencies import Dependencies
    from orgpost.agent_inbox.desk import TaskDesk
    from orgpost.agent_inbox.queue import Queue
    from orgpost.agent_inbox.rows import Row
    from orgpost.agent_inbox.shelf import TaskShelf
    from orgpost.task import Task

MOST_AT_ONCE: Final = 100
LONGEST_LEASE_SECONDS: Final = 86_400


class Wish(NamedTuple):
    """What a claimant wants: any task that is ready, or the one with this id.

    `alone`: only where nobody works for the agent, and only a task with a plain id, which can be
    said outside of quotes.
    """

    me: str
    holder: str
    length: timedelta
    limit: int = 1
    id: str | None = None
    alone: bool = False


class Taken(NamedTuple):
    """What a claimant got, and the tasks whose leases had run out before, as they are now."""

    claims: list[Claim]
    expired: list[Task]


class _Taken(NamedTuple):
    claims: list[Claim]
    expired: list[Changed]


class Claiming:
    """Hands out the tasks of one agent."""

    def __init__(self, desk: TaskDesk, shelf: TaskShelf, name: str, changing: Changing) -> None:
        self._desk, self._shelf, self._name = desk, shelf, name
        self._changing = changing

    def claim(
        self,
        *,
        id: str | None = None,
        lease_seconds: int | None = None,
        holder: str | None = None,
        limit: int = 1,
        alone: bool = False,
    ) -> Taken:
        """Take what is ready, in the order of the queue; nothing ready is an empty list."""
        me, length = self._desk.me(), self.lease_length(lease_seconds)
        wish = Wish(me, self._holder(holder, me), length, limit, id, alone)
        if not 1 <= limit <= MOST_AT_ONCE:
            raise InvalidField("limit", f"must be from 1 to {MOST_AT_ONCE}")
        must_be_worker(self._desk.good_contacts(), me, self._name, Event.CLAIM)
        taken = self._edit(wish)
        for each in taken.expired:
            tell_the_ledger(self._desk, each)
        return Taken(taken.claims, [each.after for each in taken.expired])

    def _edit(self, wish: Wish) -> _Taken:
        if wish.id is None:
            return self._changing.edit(lambda sheet: self._take(sheet, wish))
        with self._changing.known(wish.id, Event.CLAIM):
            return self._changing.edit(lambda sheet: self._take(sheet, wish))

    def expire(self) -> list[Task]:
        """Settle what has run out; gives those tasks as they are now."""
        expired = self._changing.edit(self._expire)
        for each in expired:
            tell_the_ledger(self._desk, each)
        return [each.after for each in expired]

    def lease_length(self, seconds: int | None) -> timedelta:
        """Give the length of a lease, if it is one."""
        seconds = self._desk.rules.lease_seconds if seconds is None else seconds
        if not 1 <= seconds <= LONGEST_LEASE_SECONDS:
            raise InvalidField("lease_seconds", f"must be from 1 to {LONGEST_LEASE_SECONDS}")
        return timedelta(seconds=seconds)

    def lease_until(self, started: datetime, now: datetime, length: timedelta) -> datetime:
        """Say until when a lease may last: not longer than a task may."""
        minutes = self._desk.rules.timeout_minutes
        until = now + length
        return min(until, started + timedelta(minutes=minutes)) if minutes else until

    def _holder(self, named: str | None, me: str) -> str:
        holder = f"{me}@{self._desk.host}:{self._desk.pid()}" if named is None else named
        if not re.fullmatch(HOLDER, holder):
            raise InvalidField("holder", "must be 1 to 100 of A-Z a-z 0-9 . _ @ : + -")
        return holder

    # -- under the lock --------------------------------------------------------------------------

    def _expire(self, sheet: Sheet) -> list[Changed]:
        return [self._end(row, sheet) for row in sheet.queue.run_out(sheet.leases_at)]

    def _end(self, row: Row, sheet: Sheet) -> Changed:
        span = scan.Span(row.start, row.end)
        before, _ = sheet.task_at(span)
        after = sheet.apply(span, life.expired(before, sheet.when))
        sheet.queue.put(row._replace(state=after.state, until="-"))
        return Changed(before, after)

    def _take(self, sheet: Sheet, wish: Wish) -> _Taken:
        expired = self._expire(sheet)
        chosen = self._named(wish.id, sheet) if wish.id else self._ready(wish, sheet.queue)
        return _Taken([self._give(row, sheet, wish) for row in chosen], expired)

    def _ready(self, wish: Wish, queue: Queue) -> list[Row]:
        chosen: list[Row] = []
        known: Dependencies | None = None
        if wish.alone and any(parse_utc(row.until) for row in queue.working()):
            return chosen
        for row in queue.queued():
            if not is_due(row, self._desk.clock) or (wish.alone and not _is_plain(row.id)):
                continue
            if row.depends_on:
                known = self._shelf.dependencies() if known is None else known
                if known.blocks(row.id, row.depends_on):
                    continue
            chosen.append(row)
            if len(chosen) == wish.limit:
                break
        return chosen

    def _named(self, id: str, sheet: Sheet) -> Iterator[Row]:
        row = sheet.queue.at(id)
        if row is None:
            raise UnknownTask(id, str(Event.CLAIM))
        task, _ = sheet.task_at(scan.Span(row.start, row.end))
        must_be_in(task, Event.CLAIM)
        blocks = self._shelf.dependencies().blocks(id, row.depends_on) if row.depends_on else []
        waits = [f"{each['id']} ({each['why']})" for each in blocks]
        waits += [] if is_due(row, self._desk.clock) else ["its time"]
        if waits:
            what = f"claim: {id} is not ready: it waits for {', '.join(waits)}"
            raise Conflict(what, hint="orgpost task claim takes one that is ready")
        yield row

    def _give(self, row: Row, sheet: Sheet, wish: Wish) -> Claim:
        span = scan.Span(row.start, row.end)
        before = before_claim(sheet.entry_at(span))
        until = self.lease_until(sheet.when.now, sheet.when.now, wish.length)
        lease = Lease(until, before.token + 1, wish.holder)
        after = sheet.apply(span, life.claimed(before, wish.me, lease, sheet.when))
        return Claim(after, lease.token, until)


def _is_plain(id: str) -> bool:
    is_ours = id.startswith("task-") and re.fullmatch(SUPPLIED_ID, id) is not None
    return is_ours or re.fullmatch(EMACS_ID, id) is not None
