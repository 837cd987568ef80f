"""Where asks are judged by what the ledger says, and the ledger is put right before that.

Whoever asks next puts right what a crash, a midnight or a power cut has left.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.budget import mending, row, work
from orgpost.budget.decision import OWNER, Usage, decide
from orgpost.budget.row import Row
from orgpost.budget.verdict import CREATE, RENEW, RETRY, REVISE, Ask, Verdict
from orgpost.governor.standing import Standing, charged, standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from orgpost.budget import Limits, TaskFact
    from orgpost.budget.books import Books, Open
    from orgpost.clock import Clock
    from orgpost.contact import Contacts
    from orgpost.governor.ledger import Leaf, Ledger
    from orgpost.governor.tasks import Tasks
    from orgpost.store.rows import Alone

_HOUR: Final = timedelta(hours=1)
_ONCE_IN: Final = timedelta(seconds=60)
# To approve or to go on is no submission: what is refused then is not remembered.
_SUBMITTED: Final = frozenset({CREATE, RETRY, REVISE})

# Nobody is refused for tokens that only seem to be used.
_TOKENS_ARE_SHORT: Final = frozenset(
    {"budget_exceeded", "sender_limit_exceeded", "global_budget_exceeded"}
)
# So many of the open tasks are looked at by each who asks: who has thousands is not to wait.
_AT_A_TIME: Final = 32


class Entry(NamedTuple):
    """What became of one ask; `before` is what its task had open until then."""

    verdict: Verdict
    leaf: Leaf
    ask: Ask
    before: Open | None = None


class Gate:
    """Judges, and writes down what was judged."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        contacts: Callable[[], Contacts],
        limits: Limits,
        tasks: Tasks,
    ) -> None:
        self._ledger, self._clock, self._contacts = ledger, clock, contacts
        self._limits, self._tasks = limits, tasks

    def standing(self, ask: Ask) -> Standing:
        """Say who asks."""
        return standing(ask, self._contacts(), self._limits.whitelists)

    def plain(self, ask: Ask) -> Verdict | None:
        """Judge what costs nothing, without a look at the ledger; None where it may cost."""
        who = self.standing(ask)
        if who.tier != OWNER or ask.tokens or ask.event == RENEW:
            return None
        verdict = decide(who.tier, Usage(who.charged_to), ask, self._limits, self._clock.now())
        return verdict if verdict.allowed else None

    def look(self, ask: Ask) -> Verdict:
        """Judge without a lock, and write nothing."""
        leaf = self._ledger.open(self._clock.now())
        return self._judge(leaf, None, ask, (0, 0))

    def enter(self, alone: Alone, ask: Ask, depth: Callable[[], tuple[int, int]]) -> Entry:
        """Judge, and reserve or write down that it was refused."""
        leaf = self.open(alone)
        before_it = (0, 0) if ask.tray else depth()
        verdict = self._judge(leaf, alone, ask, before_it)
        if verdict.code in _TOKENS_ARE_SHORT and self._close_overdue(leaf, list(leaf.books.open)):
            verdict = self._judge(leaf, alone, ask, before_it)
        before = leaf.books.open.get(ask.task_id)
        if not verdict.allowed:
            leaf.write(*self._refusal(leaf, ask, verdict))
        elif verdict.reserved_tokens:
            leaf.write(self._reservation(leaf, ask, verdict))
        return Entry(verdict, leaf, ask, before)

    def undo(self, entry: Entry) -> None:
        """Take a reservation back for which nothing came to be."""
        leaf, task = entry.leaf, entry.ask.task_id
        there = leaf.books.open.get(task)
        if there is None:
            return
        rows = [mending.of_open(row.RELEASE, task, there, leaf.time, note="undone")]
        if entry.before is not None:
            kind, again = entry.before.kind, row.AGAIN
            rows.append(mending.of_open(kind, task, entry.before, leaf.time, note=again))
        leaf.write(*rows)

    def open(self, alone: Alone) -> Leaf:
        """Open the ledger, with all in it that should be; `LedgerCorrupt` where that is unknown."""
        leaf = self._ledger.open(self._clock.now(), alone)
        if leaf.is_new:
            leaf.carry(self._missing(leaf, row.CARRY))
        if alone.new_boot:
            leaf.write(*self._missing(leaf), *self._unsettled(leaf))
            alone.know_boot()
        self._close_overdue(leaf, _in_turn(leaf))
        return leaf

    def _close_overdue(self, leaf: Leaf, ids: Sequence[str]) -> bool:
        """Close what no task needs any more, of these; says whether there was any."""
        found = self._tasks.find(ids) if ids else {}
        rows = list(mending.overdue(leaf.books, found, leaf.now, leaf.time, ids))
        leaf.write(*rows)
        return bool(rows)

    def promised(self, leaf: Leaf, fact: TaskFact) -> list[Row]:
        """Give the row of a task that is to be done and has nothing open, as by its estimate."""
        return [*mending.missing(leaf.books, [fact], self._limits, self._payer, leaf.time)]

    def _missing(self, leaf: Leaf, event: str = "") -> list[Row]:
        tasks = self._tasks.open_tasks()
        return [*mending.missing(leaf.books, tasks, self._limits, self._payer, leaf.time, event)]

    def _unsettled(self, leaf: Leaf) -> list[Row]:
        day = row.moment(f"{leaf.account.day}T00:00:00Z")
        ended = self._tasks.ended_since(day)
        return [*mending.unsettled(leaf.books, ended, self._limits, self._payer, leaf.time)]

    def _payer(self, fact: TaskFact) -> str:
        return charged(fact.sender, fact.via, self._contacts())

    # -- what is known before the ask ----------------------------------------------------------

    def _judge(self, leaf: Leaf, alone: Alone | None, ask: Ask, depth: tuple[int, int]) -> Verdict:
        who = self.standing(ask)
        usage = self._usage(leaf, alone, ask, who)
        queued, waiting = depth
        usage = usage._replace(queued=queued, waiting=waiting)
        return decide(who.tier, usage, ask, self._limits, leaf.now)

    def _usage(self, leaf: Leaf, alone: Alone | None, ask: Ask, who: Standing) -> Usage:
        books, payer = leaf.books, who.charged_to
        own = books.open.get(ask.task_id)
        recent, last_start = self._lately(leaf, alone, payer, ask.agent)
        return Usage(
            payer,
            spent=books.spent.get(payer, 0),
            open=books.open_of(payer),
            own=own.tokens if own is not None else 0,
            spent_by_all=books.spent_by_all(),
            reserved_by_all=books.reserved_by_all(),
            recent=recent,
            last_start=last_start,
            not_accepted=who.not_accepted,
            refused=self._remembered(leaf, alone, ask, who),
        )

    def _lately(
        self, leaf: Leaf, alone: Alone | None, payer: str, agent: str
    ) -> tuple[tuple[datetime, ...], datetime | None]:
        """Give the submissions of the last hour and the latest start, the day before included."""
        books = [*self._yesterday(leaf, alone), leaf.books]
        since = row.stamp(leaf.now - _HOUR)
        times = [time for each in books for time in each.submissions.get(payer, ()) if time > since]
        starts = [each.starts[payer, agent] for each in books if (payer, agent) in each.starts]
        return tuple(map(row.moment, times)), row.moment(max(starts)) if starts else None

    def _yesterday(self, leaf: Leaf, alone: Alone | None) -> Iterator[Books]:
        seconds = max(_HOUR.total_seconds(), self._limits.cooldown_seconds)
        before = f"{leaf.now - timedelta(seconds=seconds):%Y-%m-%d}"
        for day in self._ledger.days():
            if before <= day < leaf.account.day:
                yield self._ledger.account(day, alone).books

    def _remembered(
        self, leaf: Leaf, alone: Alone | None, ask: Ask, who: Standing
    ) -> tuple[work.Remembered, ...]:
        if who.tier == OWNER or not ask.content_hash or ask.event not in _SUBMITTED:
            return ()
        days, since = self._limits.refusal_memory_days, leaf.now
        first = f"{since - timedelta(days=max(1, days)):%Y-%m-%d}"
        read = [day for day in self._ledger.days() if first <= day <= leaf.account.day]
        rows = self._ledger.telling(ask.content_hash, read, alone)
        past = work.remembered(rows, leaf.now, days)
        return self._not_taken_up(past, ask.content_hash) if past else ()

    def _not_taken_up(
        self, past: tuple[work.Remembered, ...], content_hash: str
    ) -> tuple[work.Remembered, ...]:
        """Leave out what an owner has had done since, without an estimate and so without a row."""
        taken = [
            fact.created
            for fact in self._tasks.open_tasks()
            if fact.content_hash == content_hash and fact.tier == OWNER
        ]
        return tuple(each for each in past if all(each.at > created for created in taken))

    # -- what is written down ------------------------------------------------------------------

    def _refusal(self, leaf: Leaf, ask: Ask, verdict: Verdict) -> list[Row]:
        if ask.event not in _SUBMITTED:
            return []
        words = [verdict.code, *([work.mark(ask.content_hash)] if ask.content_hash else [])]
        last = leaf.books.refusals.get((verdict.charged_to, *words))
        if last is not None and leaf.now - row.moment(last) < _ONCE_IN:
            return []
        if verdict.code == "rate_limited" and verdict.retry_after_seconds is not None:
            until = leaf.now + timedelta(seconds=verdict.retry_after_seconds)
            words += [row.UNTIL, row.stamp(until)]
        tokens = self._limits.ask_of(ask.tokens, verdict.tier)
        return [self._row(leaf, row.REFUSE, ask, verdict, tokens, words)]

    def _reservation(self, leaf: Leaf, ask: Ask, verdict: Verdict) -> Row:
        words = []
        if ask.event in {RETRY, REVISE}:
            words.append(row.AGAIN)
        elif ask.event == RENEW:
            words.append(row.MORE)
        if verdict.not_before is not None:
            words += [row.START, row.stamp(verdict.not_before)]
        if verdict.tier == OWNER and ask.content_hash:
            words.append(work.mark(ask.content_hash))
        event = row.RESERVE if verdict.awaiting is None else row.HOLD
        return self._row(leaf, event, ask, verdict, verdict.reserved_tokens, words)

    def _row(
        self, leaf: Leaf, event: str, ask: Ask, verdict: Verdict, tokens: int, words: list[str]
    ) -> Row:
        note = mending.said_for(ask.sender, verdict.charged_to, " ".join(words))
        task = ask.task_id or row.NOTHING
        agent = ask.agent or row.NOTHING
        return Row(leaf.time, event, verdict.charged_to, agent, task, tokens, verdict.tier, note)


def _in_turn(leaf: Leaf) -> Sequence[str]:
    """Choose open tasks to look at: all of them in their turn, as time goes on."""
    ids = list(leaf.books.open)
    if len(ids) <= _AT_A_TIME:
        return ids
    start = int(leaf.now.timestamp()) * _AT_A_TIME % len(ids)
    return (ids[start:] + ids[:start])[:_AT_A_TIME]
