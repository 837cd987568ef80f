"""What the ledger says, for those who only look: without a lock, and nothing is written."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from orgpost.budget import row
from orgpost.budget.decision import OWNER
from orgpost.budget.work import next_day
from orgpost.errors import InvalidField
from orgpost.governor.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from orgpost.budget import Limits
    from orgpost.budget.books import Books
    from orgpost.clock import Clock
    from orgpost.contact import Contacts
    from orgpost.governor.ledger import Account
    from orgpost.store import FileStore

_HOUR: Final = timedelta(hours=1)


class Left(NamedTuple):
    """What one sender has used, and may still use; `limit` is 0 where there is none."""

    actor: str
    tier: str
    spent: int
    reserved: int
    limit: int
    tasks_today: int
    tasks_this_hour: int

    @property
    def remaining(self) -> int | None:
        """What is left, None without a limit."""
        return max(0, self.limit - self.spent - self.reserved) if self.limit else None


class OpenTask(NamedTuple):
    """A task that has tokens and has not used them yet; `kind` is hold or reserve."""

    task: str
    sender: str
    tokens: int
    kind: str


class Balance(NamedTuple):
    """What was spent and what is promised on a day; `limit` is 0 where there is none."""

    day: str
    resets_at: datetime
    spent: int
    reserved: int
    limit: int
    senders: Sequence[Left]
    open: Sequence[OpenTask]

    def to_dict(self) -> dict[str, Any]:
        """Give it as ``--json`` prints it."""
        numbers = {"spent": self.spent, "reserved": self.reserved, "limit": self.limit}
        return {
            "day": self.day,
            "resets_at": row.stamp(self.resets_at),
            "global": numbers,
            "senders": [{**each._asdict(), "remaining": each.remaining} for each in self.senders],
            "open": [each._asdict() for each in self.open],
        }


class Accounts:
    """Reads one day of the ledger."""

    def __init__(
        self,
        store: FileStore,
        clock: Clock,
        contacts: Callable[[], Contacts],
        limits: Limits,
    ) -> None:
        self._store, self._clock, self._contacts = store, clock, contacts
        self.limits = limits

    @property
    def _ledger(self) -> Ledger:
        return Ledger(self._store)

    def today(self) -> tuple[Account, datetime]:
        """Give the newest day, as the next who asks would find it, and what time it is there."""
        leaf = self._ledger.open(self._clock.now())
        return leaf.account, leaf.now

    def of(self, day: str | None) -> tuple[Account, datetime]:
        """Give a day; without one, today."""
        if day is None:
            return self.today()
        try:
            end = next_day(row.moment(f"{day}T00:00:00Z"))
        except (ValueError, OverflowError):
            raise InvalidField("day", f"{day[:40]!r} is no day", hint="2026-11-20") from None
        now = self._clock.now()
        return self._ledger.account(day).must_be_good(), min(now, end - timedelta(seconds=1))

    def left(self, actor: str, account: Account, now: datetime) -> Left:
        """Say what one sender has used and may still use on a day."""
        books, tier = account.books, self._contacts().tier(actor)
        return Left(
            actor,
            tier,
            books.spent.get(actor, 0),
            books.open_of(actor),
            self._limit(tier),
            len(books.submissions.get(actor, ())),
            _recent([*self._before(account, now), books], actor, now),
        )

    def balance(self, actor: str | None, day: str | None) -> Balance:
        """Give what is known of a day, of all senders or of one."""
        account, now = self.of(day)
        books = account.books
        who = books.senders() if actor is None else [actor]
        return Balance(
            account.day,
            next_day(row.moment(f"{account.day}T00:00:00Z")),
            books.spent_by_all(),
            books.reserved_by_all(),
            self.limits.daily_budget_tokens,
            [self.left(each, account, now) for each in who],
            [
                OpenTask(task, left.sender, left.tokens, left.kind)
                for task, left in books.open.items()
                if actor in {None, left.sender}
            ],
        )

    def usage(self, actor: str) -> dict[str, int | None]:
        """Give what `Governor.get_usage` promises."""
        left = self.left(actor, *self.today())
        return {
            "tokens_today": left.spent,
            "tasks_today": left.tasks_today,
            "reserved_tokens": left.reserved,
            "limit": left.limit,
            "remaining": left.remaining,
            "tasks_this_hour": left.tasks_this_hour,
        }

    def summary(self, day: str | None) -> dict[str, Any]:
        """Give what `Governor.daily_summary` promises."""
        account, _ = self.of(day)
        books = account.books
        return {
            "date": account.day,
            "total_tokens": books.spent_by_all(),
            "reserved_tokens": books.reserved_by_all(),
            "by_sender": {
                actor: {
                    "tokens": books.spent.get(actor, 0),
                    "tasks": len(books.submissions.get(actor, ())),
                }
                for actor in books.senders()
            },
        }

    def _limit(self, tier: str) -> int:
        numbers = self.limits.tiers[tier].daily_token_limit, self.limits.per_sender_daily_max
        return 0 if tier == OWNER else min((each for each in numbers if each), default=0)

    def _before(self, account: Account, now: datetime) -> Iterable[Books]:
        before = f"{now - _HOUR:%Y-%m-%d}"
        return [self._ledger.account(before).books] if before < account.day else []


def _recent(books: Iterable[Books], actor: str, now: datetime) -> int:
    since = row.stamp(now - _HOUR)
    times = (time for each in books for time in each.submissions.get(actor, ()))
    return sum(1 for time in times if time > since)
