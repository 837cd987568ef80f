"""The ledger on disk: one table a UTC day, read on where it only grew, carried over midnight.

The day never goes back: while the clock is behind the newest ledger, that one is gone on with.
"""

from __future__ import annotations

import re
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.budget import mending, row, work
from orgpost.budget.books import Books
from orgpost.refusals import LedgerCorrupt
from orgpost.store.rows import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from typing import TypeAlias

    from orgpost.budget.row import Bad, Row
    from orgpost.store import FileStore
    from orgpost.store.rows import Alone

    Read: TypeAlias = Callable[[Table], bytes | None]

FOLDER: Final = "ledger"
_PATH: Final = re.compile(rf"{FOLDER}/([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})\.org")


class Account(NamedTuple):
    """One day's ledger as it was read: its sums, and the lines that could not be read."""

    day: str
    books: Books
    bad: Sequence[Bad] = ()

    def must_be_good(self) -> Account:
        """Give it back, or refuse: nobody knows what was spent."""
        for bad in self.bad:
            raise LedgerCorrupt(path_of(self.day), bad.line, bad.what)
        return self


class Leaf:
    """The ledger's newest day, for one reading; with `alone`, it can be written to.

    A day that has no table yet is begun, with `first`, by the first row that is written; `now` and
    `time` are the clock's, but never before the latest row.
    """

    def __init__(
        self,
        ledger: Ledger,
        account: Account,
        now: datetime,
        alone: Alone | None,
        first: Sequence[Row] | None = None,
    ) -> None:
        self.account, self.books = account, account.books
        self._ledger, self._alone, self._first = ledger, alone, first
        # The clock may have been set back: rows never go back.
        last = row.moment(self.books.last or f"{account.day}T00:00:00Z")
        self.now = max(now, last) if f"{now:%Y-%m-%d}" == account.day else last
        self.time = row.stamp(self.now)

    @property
    def is_new(self) -> bool:
        """Whether this day has no table yet."""
        return self._first is not None

    def carry(self, rows: Sequence[Row]) -> None:
        """Let a new day begin with these rows too."""
        fitting = [row.fitting(each) for each in rows]
        self._first = [*(self._first or ()), *fitting]
        self.books.read_on(fitting)

    def write(self, *rows: Row, synced: bool = False) -> None:
        """Put rows at the end, and go on from there."""
        if self._alone is None or not rows:
            return
        fitting = [row.fitting(each) for each in rows]
        table, text = table_of(self.account.day), row.to_bytes(fitting)
        if self._first is None:
            self._alone.append(table, text, synced=synced)
        else:
            text = row.to_bytes(self._first) + text
            if not self._alone.create(table, text):
                self._alone.append(table, text, synced=True)
        self._first = None
        self.books.read_on(fitting)
        self._ledger.grown(self.account.day, text, self.books)


class Ledger:
    """All days; what was read of one is kept, as long as it only grows.

    One that is kept belongs to who holds the lock: whoever reads without it opens its own.
    """

    def __init__(self, store: FileStore) -> None:
        self._store = store
        self._seen: dict[str, tuple[bytes, Books]] = {}

    def days(self) -> list[str]:
        """Name the days that have a ledger, oldest first."""
        found = map(_PATH.fullmatch, self._store.names(FOLDER))
        return [name[1] for name in found if name is not None and _is_day(name[1])]

    def open(self, now: datetime, alone: Alone | None = None, *, tolerant: bool = False) -> Leaf:
        """Read the newest day; one that is corrupt is refused, unless `tolerant`."""
        read = self.reader(alone)
        today, days = f"{now:%Y-%m-%d}", self.days()
        day = max([today, *days[-1:]])
        data = read(table_of(day))
        if data is not None:
            account = self._account(day, data)
            return Leaf(self, account if tolerant else account.must_be_good(), now, alone)
        before = [each for each in days if each < day][-1:]
        return self._begun(day, before, now, alone, tolerant=tolerant)

    def _begun(
        self,
        day: str,
        before: Sequence[str],
        now: datetime,
        alone: Alone | None,
        *,
        tolerant: bool,
    ) -> Leaf:
        first: list[Row] = []
        for yesterday in before:
            account = self.account(yesterday, alone)
            if account.bad and tolerant:
                # A new day would forget what nobody can read: so the old one is gone on with.
                return Leaf(self, account, now, alone)
            first += mending.carried(account.must_be_good().books, f"{day}T00:00:00Z")
        return Leaf(self, Account(day, Books().read_on(first)), now, alone, first)

    def reader(self, alone: Alone | None) -> Read:
        """Give the way to read a table: with the lock, or without one."""
        return self._store.rows.read if alone is None else alone.read

    def account(self, day: str, alone: Alone | None = None) -> Account:
        """Read one day; one without a ledger is empty."""
        return self._account(day, self.reader(alone)(table_of(day)) or b"")

    def telling(self, content_hash: str, days: Sequence[str], alone: Alone | None) -> Iterator[Row]:
        """Give the rows of these days that tell of one work; nothing else is read closely."""
        mark, read = work.mark(content_hash).encode(), self.reader(alone)
        for day in days:
            data = read(table_of(day)) or b""
            if mark in data:
                lines = [line for line in data.split(b"\n") if mark in line]
                found = row.read(b"\n".join(lines).decode("utf-8", "replace"), day)
                yield from map(row.row_of, found.rows)

    def _account(self, day: str, data: bytes) -> Account:
        seen, books = self._seen.pop(day, (b"", Books()))
        if not data.startswith(seen):
            seen, books = b"", Books()
        whole = data.rfind(b"\n") + 1
        new = row.read(data[len(seen) : whole].decode("utf-8", "surrogateescape"), day)
        books.read_on(new.rows)
        if new.bad:
            above = seen.count(b"\n")
            return Account(day, books, [bad._replace(line=bad.line + above) for bad in new.bad])
        self._seen[day] = data[:whole], books
        return Account(day, books)

    def grown(self, day: str, text: bytes, books: Books) -> None:
        """Know that these rows are in these sums already, and stand at the end."""
        seen, known = self._seen.pop(day, (b"", None))
        if known is books:
            self._seen[day] = seen + text, books


def _is_day(name: str) -> bool:
    # The calendar's last day is none: after it no budget could begin anew.
    try:
        return date.fromisoformat(name) < date.max
    except ValueError:
        return False


def path_of(day: str) -> str:
    """Name the file of a day."""
    return f"{FOLDER}/{day}.org"


def table_of(day: str) -> Table:
    """Describe the table of a day."""
    return Table(path_of(day), row.header(day).encode(), partial(row.is_torn, day=day))
