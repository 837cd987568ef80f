"""The ledger over days, crashes, other boots and people's edits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from orgpost.budget import row
from orgpost.clock import FakeClock
from orgpost.errors import NoSpace
from orgpost.refusals import BudgetExceeded, LedgerCorrupt, RateLimited
from orgpost.store.memory import Killed
from orgpost.store.person import Person
from tests.governor.conftest import DAY

if TYPE_CHECKING:
    from orgpost.budget import Verdict
    from tests.governor.conftest import Treasury

NEXT = "2026-11-21"
PATH = f"ledger/{DAY}.org"
BAD = "| 2026-11-20T08:00:00Z | reserve | crt |\n"


def late(treasury: Treasury, hour: int = 23, minute: int = 59) -> None:
    """Let it be late in the evening."""
    treasury.clock.set(datetime(2026, 11, 20, hour, minute, tzinfo=UTC))


# -- midnight ------------------------------------------------------------------------------------


def test_what_is_open_at_midnight_is_carried_and_spent_on_the_day_it_is_settled(
    treasury: Treasury,
) -> None:
    """It counts on each day that it is open, and nothing counts twice on one day."""
    late(treasury)
    fact, other = treasury.add(tokens=40_000), treasury.add("joe", tokens=900)
    treasury.clock.advance(120)
    treasury.done(fact, 30_000)
    assert treasury.told(NEXT) == [
        ("carry", "crt", 40_000),
        ("carry", "joe", 900),
        ("settle", "crt", 30_000),
    ]
    books = treasury.governor.accounts.today()[0].books
    assert (books.spent, books.open[other.id].kind) == ({"crt": 30_000}, "hold")
    assert treasury.governor.daily_summary(DAY)["total_tokens"] == 0
    treasury.again(other, "approve")
    treasury.done(other)
    assert treasury.governor.daily_summary()["total_tokens"] == 30_900


def test_the_budget_of_a_new_day_counts_what_is_still_open(treasury: Treasury) -> None:
    """The first who asks finds the rest of it, not all of it."""
    late(treasury)
    treasury.add(tokens=40_000)
    treasury.add(tokens=40_000)
    treasury.clock.advance(120)
    with pytest.raises(BudgetExceeded, match="80000/100000"):
        treasury.add(tokens=20_001)
    treasury.add(tokens=20_000)


def test_a_day_of_which_nobody_asked_is_carried_over(treasury: Treasury) -> None:
    """However old the newest ledger is."""
    fact = treasury.add(tokens=700)
    treasury.clock.advance(9 * 86_400)
    treasury.add("ann", tokens=5)
    assert treasury.told("2026-11-29")[0] == ("carry", "crt", 700)
    treasury.clock.advance(86_400)
    treasury.done(fact, 10)
    assert treasury.told("2026-11-30") == [
        ("carry", "crt", 700),
        ("carry", "ann", 5),
        ("settle", "crt", 10),
    ]


def test_the_rate_and_the_cooldown_look_back_over_midnight(treasury: Treasury) -> None:
    """An hour is an hour."""
    late(treasury)
    treasury.with_limits(tasks_per_hour=3)
    for _ in range(3):
        treasury.add()
    treasury.clock.advance(90)
    with pytest.raises(RateLimited, match="3/3"):
        treasury.add()
    treasury.with_limits(tasks_per_hour=0)
    verdict = treasury.governor.check_task("crt", agent="tex-agent")
    assert verdict.not_before == datetime(2026, 11, 21, 0, 2, tzinfo=UTC)
    assert treasury.governor.get_usage("crt")["tasks_this_hour"] == 3


def test_a_start_that_lies_behind_midnight_is_carried(treasury: Treasury) -> None:
    """Sixty tasks at a minute's distance end an hour later, also for who asks then."""
    late(treasury)
    treasury.with_limits(tasks_per_hour=0, max_queue_depth=0, cooldown_seconds=600)
    for _ in range(30):
        treasury.add(tokens=1)
    treasury.clock.advance(4 * 3600)
    verdict = treasury.governor.check_task("crt", agent="tex-agent")
    assert verdict.not_before == datetime(2026, 11, 21, 4, 59, tzinfo=UTC)


@pytest.mark.parametrize("hours", [13, -11])
def test_the_day_is_that_of_utc_wherever_the_host_is(treasury: Treasury, hours: int) -> None:
    """At nine in the evening in Auckland it is the same day's morning there where budgets begin."""
    clock = FakeClock(datetime(2026, 11, 20, 8, 0, tzinfo=UTC), timezone(timedelta(hours=hours)))
    treasury.clock = clock
    treasury.restart()
    treasury.add()
    assert treasury.store.names("ledger") == [PATH]


def test_an_hour_that_comes_twice_begins_no_day_twice(treasury: Treasury) -> None:
    """Where summer time ends at midnight the local day begins anew; the budget's does not."""
    # In Havana it is midnight at 04:00 UTC, and at 05:00 UTC once more.
    before = datetime(2026, 11, 1, 3, 59, tzinfo=UTC)
    treasury.clock = FakeClock(before, ZoneInfo("America/Havana"))
    treasury.restart()
    for _ in range(3):
        treasury.add(tokens=30_000)
        treasury.clock.advance(3600)
    with pytest.raises(BudgetExceeded, match="90000/100000"):
        treasury.add(tokens=30_000)
    assert treasury.store.names("ledger") == ["ledger/2026-11-01.org"]


def test_a_clock_that_is_behind_goes_on_with_the_newest_day(treasury: Treasury) -> None:
    """The day never goes back, and no time does."""
    treasury.add()
    treasury.clock.set(datetime(2026, 11, 19, 12, 0, tzinfo=UTC))
    treasury.add("ann", tokens=1)
    treasury.clock.set(datetime(2026, 11, 20, 7, 0, tzinfo=UTC))
    treasury.add("ann", tokens=1)
    times = [each.time for each in treasury.rows()]
    assert treasury.store.names("ledger") == [PATH]
    assert times == ["2026-11-20T08:31:05Z"] * 3


# -- people --------------------------------------------------------------------------------------


def test_a_person_may_align_the_table_and_write_below_it(treasury: Treasury) -> None:
    """Rules, notes, comments, formulas and indentation are theirs, and mean nothing."""
    treasury.add(tokens=30_000)
    before = treasury.governor.get_usage("crt")

    def align(text: str) -> str:
        lines = [line.replace(" | ", "    |  ") for line in text.split("\n")]
        lines.insert(6, "|---------+------|")
        lines.insert(7, "# a comment | with a bar")
        return "\n".join(lines) + "#+TBLFM: $6=0\n\nToday was quiet.\n- | not a row\nno line end"

    treasury.write(align)
    assert treasury.governor.get_usage("crt") == before
    treasury.add(tokens=30_000)
    treasury.add(tokens=30_000)
    with pytest.raises(BudgetExceeded, match="90000/100000"):
        treasury.add(tokens=30_000)
    assert "no line end\n| 2026" in treasury.text()


def test_a_bad_row_closes_the_governor_and_lets_work_be_finished(treasury: Treasury) -> None:
    """Everybody who has to ask is refused; completing, cancelling and failing go on."""
    fact, other = treasury.add(), treasury.add()
    treasury.write(lambda text: text + BAD)
    for sender in ("crt", "tex"):
        with pytest.raises(LedgerCorrupt) as refused:
            treasury.add(sender, tokens=1)
        wanted = {"file": PATH, "line": 9, "what": "3 columns instead of 8"}
        assert refused.value.details == wanted
    for event in ("approve", "retry", "revise"):
        with pytest.raises(LedgerCorrupt):
            treasury.again(fact, event)
    with pytest.raises(LedgerCorrupt):
        treasury.governor.check_task("crt")
    treasury.add("tex", tokens=0)
    treasury.done(fact, 700)
    treasury.governor.release(other)
    treasury.governor.record_usage("crt", 5)
    assert treasury.text().count("\n") == 9 + 3
    assert len(treasury.board.facts) == 3


def test_a_bad_row_of_yesterday_closes_the_governor_until_it_is_carried(
    treasury: Treasury,
) -> None:
    """What is finished meanwhile is written down in yesterday's ledger; today is not begun."""
    fact = treasury.add()
    treasury.write(lambda text: text + BAD)
    treasury.clock.advance(86_400)
    with pytest.raises(LedgerCorrupt, match=f"Ledger unreadable: {PATH} line 8: 3 columns"):
        treasury.add("ann", tokens=1)
    treasury.done(fact, 300)
    assert treasury.store.names("ledger") == [PATH]
    treasury.write(lambda text: text.replace(BAD, ""))
    treasury.add("ann", tokens=1)
    assert treasury.told(NEXT) == [("hold", "ann", 1)]
    assert treasury.told()[-1] == ("settle", "crt", 300)
    treasury.write(lambda text: text + BAD)
    treasury.add("ann", tokens=1)


def test_a_ledger_that_a_person_deleted_begins_with_the_tasks_that_are_there(
    treasury: Treasury,
) -> None:
    """The day is reset, what is open is not; an owner's plain task has nothing to carry."""
    treasury.add(tokens=30_000)
    treasury.add("joe", tokens=900)
    treasury.add("tex", tokens=0)
    treasury.done(treasury.add(tokens=500), 400)
    with treasury.store.disk.folder("org/messaging/ledger") as fd:
        treasury.store.disk.calls.unlink(f"{DAY}.org", folder=fd)
    treasury.clock.advance(3)
    treasury.add("ann", tokens=1)
    rows = [(each.event, each.sender, each.tokens, each.note) for each in treasury.rows()]
    assert rows == [
        ("carry", "crt", 30_000, "reserve"),
        ("carry", "joe", 900, "hold"),
        ("hold", "ann", 1, ""),
    ]


def test_an_editor_in_mid_save_is_not_an_empty_ledger(treasury: Treasury) -> None:
    """Somebody who looked at that instant would let everybody in."""
    treasury.add(tokens=50_000)
    treasury.add(tokens=50_000)
    text = treasury.text().encode()
    person = Person("/space", treasury.store.calls)
    person.save(PATH, b"")
    sleep = treasury.clock.sleep

    def wake(seconds: float) -> None:
        sleep(seconds)
        person.save(PATH, text)

    treasury.clock.sleep = wake  # type: ignore[method-assign]
    with pytest.raises(BudgetExceeded):
        treasury.add(tokens=1)
    person.save(PATH, b"")
    assert treasury.governor.get_usage("crt")["reserved_tokens"] == 100_000


def test_a_ledger_that_stays_empty_is_taken_as_it_is(treasury: Treasury) -> None:
    """After two seconds nobody is in the middle of a save any more."""
    treasury.add(tokens=50_000)
    Person("/space", treasury.store.calls).save(PATH, b"")
    assert treasury.governor.get_usage("crt")["reserved_tokens"] == 0


# -- crashes, other boots ------------------------------------------------------------------------


def test_a_kill_at_any_call_never_lets_a_budget_be_exceeded(treasury: Treasury) -> None:
    """Whatever is there afterwards, what was told is reserved, and the next one can go on."""
    deaths = 0
    for nth in range(1, 400):
        treasury.restart()
        treasury.clock.advance(3601)
        told_before = sum(each.tokens for each in treasury.rows() if each.event == "reserve")
        treasury.store.calls.die(nth)
        try:
            treasury.add("tex", tokens=7)
        except Killed:
            deaths += 1
        else:
            treasury.restart()
            break
        treasury.restart()
        treasury.board.asked = 0
        reserved = sum(each.tokens for each in treasury.rows() if each.event == "reserve")
        assert reserved in {told_before, told_before + 7}
        assert row.read(treasury.text(), DAY).bad == ()
        treasury.clock.set(datetime(2026, 11, 20, 9, 0, tzinfo=UTC))
    assert deaths > 30


def test_after_another_boot_what_was_lost_is_made_again_from_the_tasks(
    treasury: Treasury,
) -> None:
    """Rows are not synced one by one: a power cut may take them, the tasks stay."""
    open_, held = treasury.add(tokens=2000), treasury.add("joe", tokens=900)
    ended = treasury.add(tokens=3000)
    treasury.add("tex", tokens=0)
    treasury.done(ended, 2500)
    treasury.write(lambda text: text[: text.index("| 2026")])
    treasury.disk.boot = b"another boot    "
    treasury.restart()
    treasury.governor.settle(open_._replace(state="DONE"), 1)
    treasury.board.change(open_.id, state="DONE", tokens_used=1, ended=treasury.clock.now())
    treasury.add("ann", tokens=1)
    rows = {each.task: (each.event, each.tokens, each.note) for each in treasury.rows()}
    assert rows[held.id] == ("hold", 900, "again")
    assert rows[ended.id] == ("settle", 2500, "")
    assert rows[open_.id] == ("settle", 1, "")
    assert len(treasury.rows()) == 4
    treasury.write(lambda text: text[: text.index("| 2026")])
    treasury.add("ann", tokens=1)
    assert len(treasury.rows()) == 1


def test_a_full_disk_reserves_nothing_and_lets_nothing_in(treasury: Treasury) -> None:
    """One error, the ledger as it was, and it works when there is room again."""
    treasury.add(tokens=500)
    before = treasury.text()
    treasury.store.calls.fail(28, "write")
    with pytest.raises(NoSpace):
        treasury.add(tokens=600)
    assert treasury.text() == before
    treasury.add(tokens=700)
    assert treasury.governor.get_usage("crt")["reserved_tokens"] == 1200


def test_what_is_known_of_a_ledger_is_what_stands_in_it(treasury: Treasury) -> None:
    """A process that keeps its sums and one that begins anew never differ."""
    for number in range(20):
        fact = treasury.add("tex", tokens=100 + number)
        if number % 3:
            treasury.done(fact, number)
        kept = treasury.governor.accounts.today()[0].books
        treasury.restart()
        assert treasury.governor.accounts.today()[0].books == kept


def test_whoever_only_looks_does_not_disturb_who_decides(treasury: Treasury) -> None:
    """Between the judging and the writing others may read, in the same process."""

    def put(verdict: Verdict) -> None:
        treasury.governor.get_usage("crt")
        treasury.governor.check_task("crt", estimated_tokens=5)
        treasury.governor.daily_summary()

    for _ in range(4):
        treasury.governor.admit(treasury.ask(tokens=20_000), put)
    with pytest.raises(BudgetExceeded, match="80000/100000"):
        treasury.governor.admit(treasury.ask(tokens=20_001), put)


def test_a_day_that_a_person_begins_in_the_same_instant_has_all_the_same_rows(
    treasury: Treasury,
) -> None:
    """What is carried is added to what stands there."""
    treasury.add(tokens=500)
    treasury.clock.advance(86_400)
    person = Person("/space", treasury.store.calls)

    def before(call: str) -> None:
        if call == "link" and f"ledger/{NEXT}.org" not in treasury.store.names("ledger"):
            treasury.store.calls.before = None
            person.save(f"ledger/{NEXT}.org", row.header(NEXT).encode())
            treasury.store.calls.before = before

    treasury.store.calls.before = before
    treasury.add("ann", tokens=5)
    treasury.store.calls.before = None
    assert treasury.told(NEXT) == [("carry", "crt", 500), ("hold", "ann", 5)]


@pytest.mark.parametrize("day", ["2026-13-45", "2027-02-29", "0000-00-00", "9999-12-31"])
def test_a_name_that_is_no_day_is_no_ledger(treasury: Treasury, day: str) -> None:
    """Nor is the last one of the calendar, after which no budget could begin anew."""
    with treasury.store.disk.folder("org/messaging/ledger", make=True) as fd:
        treasury.store.disk.create(fd, f"{day}.org", [row.header(day).encode()], mode=0o644)
    treasury.add(tokens=900)
    assert treasury.told() == [("reserve", "crt", 900)]
    assert treasury.governor.accounts.balance(None, None).resets_at.day == 21
