"""What senders, owners and agents see of the governor, day by day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from orgpost.budget import Unneeded, Verdict, work
from orgpost.errors import Busy, DiskFailed, InvalidField
from orgpost.refusals import (
    AlreadyRefused,
    BudgetExceeded,
    EffortExceeded,
    GlobalBudgetExceeded,
    Loop,
    NotAccepted,
    QueueFull,
    RateLimited,
    TaskTooLarge,
    TooManyHops,
)

if TYPE_CHECKING:
    from tests.governor.conftest import Treasury


def refuse_to_put(verdict: Verdict) -> None:
    """Fail as a task inbox does that another one holds."""
    raise Busy("agents/tex-agent.org", "somebody")


# -- letting in ----------------------------------------------------------------------------------


def test_a_team_member_has_its_tokens_reserved_and_is_queued_at_once(treasury: Treasury) -> None:
    """One row, before the task; the verdict says what was reserved and for whom."""
    verdict = treasury.governor.admit(treasury.ask(tokens=12_000, task_id="task-1"), lambda it: it)
    assert treasury.told() == [("reserve", "crt", 12_000)]
    assert verdict.to_dict() == {
        "allowed": True,
        "code": "",
        "reason": "",
        "retry_after_seconds": None,
        "tier": "team",
        "auto_accept": True,
        "priority_boost": 1.5,
        "charged_to": "crt",
        "reserved_tokens": 12_000,
        "not_before": None,
        "awaiting": None,
        "task_id": "task-1",
    }


def test_a_stranger_waits_and_its_hold_becomes_a_reservation_when_the_owner_approves(
    treasury: Treasury,
) -> None:
    """The hold counts for the sender, not for all; approved, it counts for all."""
    fact = treasury.add("joe", tokens=900)
    held = treasury.governor.accounts.today()[0].books
    assert (fact.state, held.open_of("joe"), held.reserved_by_all()) == ("WAITING", 900, 0)
    treasury.again(fact, "approve")
    books = treasury.governor.accounts.today()[0].books
    assert treasury.told() == [("hold", "joe", 900), ("reserve", "joe", 900)]
    assert (books.open_of("joe"), books.reserved_by_all()) == (900, 900)
    assert len(books.submissions["joe"]) == 1


def test_the_plain_task_of_an_owner_touches_nothing(treasury: Treasury) -> None:
    """No estimate, none used: three hundred of them are let in, and no ledger is made."""
    for _ in range(300):
        treasury.governor.settle(treasury.add("tex", tokens=0), 0)
    assert treasury.store.names("ledger") == []


def test_an_owner_with_an_estimate_reserves_like_anybody(treasury: Treasury) -> None:
    """The day's tokens bind an owner too; what binds senders does not."""
    treasury.with_limits(per_sender_daily_max=10)
    treasury.add("tex", tokens=5000, effort=100)
    assert treasury.told() == [("reserve", "tex", 5000)]


def test_without_an_estimate_the_default_is_reserved(treasury: Treasury) -> None:
    """And so tasks that name nothing cannot pass a budget for fewer."""
    treasury.with_limits(daily_budget_tokens=2000, default_task_tokens=1000)
    treasury.add(tokens=0)
    treasury.add(tokens=0)
    with pytest.raises(GlobalBudgetExceeded, match="Global budget exceeded: 2000/2000"):
        treasury.add(tokens=0)


def test_a_budget_is_used_up_to_its_last_token_and_no_further(treasury: Treasury) -> None:
    """The limit itself passes; the refusal says how much was used, and until when."""
    treasury.with_limits(tasks_per_hour=0)
    for tokens in (50_000, 40_000, 10_000):
        treasury.add(tokens=tokens)
    with pytest.raises(BudgetExceeded) as refused:
        treasury.add(tokens=1)
    assert str(refused.value) == "Budget exceeded: 100000/100000 tokens today"
    assert refused.value.details["retry_after_seconds"] == 15 * 3600 + 28 * 60 + 55
    assert refused.value.verdict["code"] == "budget_exceeded"
    assert treasury.told()[-1] == ("refuse", "crt", 1)


def test_what_was_spent_counts_and_what_was_given_back_does_not(treasury: Treasury) -> None:
    """Settled at what was used; released in whole."""
    first, second = treasury.add(tokens=40_000), treasury.add(tokens=40_000)
    treasury.done(first, 10_000)
    treasury.governor.release(treasury.board.change(second.id, state="CANCELLED"))
    treasury.governor.release(second.id)
    assert treasury.told()[2:] == [("settle", "crt", 10_000), ("release", "crt", 40_000)]
    usage = treasury.governor.get_usage("crt")
    assert usage == {
        "tokens_today": 10_000,
        "tasks_today": 2,
        "reserved_tokens": 0,
        "limit": 100_000,
        "remaining": 90_000,
        "tasks_this_hour": 2,
    }


@pytest.mark.parametrize(
    ("used", "spent", "note"),
    [(0, 0, ""), (300, 300, ""), (1000, 1000, ""), (1700, 1700, "over"), (None, 1000, "")],
)
def test_a_task_is_settled_at_what_it_used(
    treasury: Treasury, used: int | None, spent: int, note: str
) -> None:
    """Nothing, less, all, more (with a note), or, where nobody says, what was reserved."""
    treasury.done(treasury.add(tokens=1000), used)
    last = treasury.rows()[-1]
    assert (last.event, last.tokens, last.note) == ("settle", spent, note)


def test_a_task_is_settled_once(treasury: Treasury) -> None:
    """Whoever found it done was faster, perhaps before midnight: the holder adds nothing."""
    fact = treasury.add(tokens=1000)
    treasury.board.change(fact.id, state="DONE", tokens_used=700, claimed=True)
    treasury.add("ann", tokens=5)
    treasury.clock.advance(86_400)
    treasury.add("ann", tokens=5)
    treasury.governor.settle(treasury.board.facts[fact.id], 700)
    rows = treasury.rows() + treasury.rows("2026-11-21")
    assert [each.tokens for each in rows if each.event == "settle"] == [700]


def test_a_settlement_without_a_reservation_counts_as_spent(treasury: Treasury) -> None:
    """A task that a person wrote into the file costs what it cost."""
    ask = treasury.ask(tokens=2000)
    fact = treasury.board.put(ask, Verdict(allowed=True, tier="team"), treasury.clock.now())
    treasury.done(fact)
    assert treasury.told() == [("settle", "crt", 2000)]


def test_more_is_let_go_on_within_the_limits(treasury: Treasury) -> None:
    """The difference is reserved; a task that grew too large is not let go on."""
    fact = treasury.add(tokens=1000)
    treasury.governor.more(fact, 800)
    treasury.governor.more(fact, 1500)
    assert treasury.rows()[-1][1:6] == ("reserve", "crt", "tex-agent", fact.id, 500)
    assert treasury.rows()[-1].note == "more"
    with pytest.raises(TaskTooLarge, match="Task too large: 60000/50000 tokens"):
        treasury.governor.more(fact, 60_000)
    assert len(treasury.rows()) == 2


def test_what_an_owner_used_without_asking_is_reserved_when_it_is_told(treasury: Treasury) -> None:
    """The plain task becomes one that costs."""
    treasury.governor.more(treasury.add("tex", tokens=0), 700)
    assert treasury.told() == [("reserve", "tex", 700)]


# -- what is refused -----------------------------------------------------------------------------


def test_effort_size_and_chain_are_refused_with_their_sentences(treasury: Treasury) -> None:
    """In their order, and each leaves one row."""
    with pytest.raises(EffortExceeded, match="Effort 9 exceeds tier limit 8"):
        treasury.add(effort=9)
    with pytest.raises(TaskTooLarge, match="Task too large: 60000/50000 tokens"):
        treasury.add(tokens=60_000)
    with pytest.raises(TooManyHops, match="Too many hops: 9/8"):
        treasury.add("tex-agent", via=("crt", "mira") * 4 + ("ann",))
    with pytest.raises(Loop, match="Loop: crt is in the chain 3 times"):
        treasury.add(via=("crt", "tex-agent", "crt"))
    assert [event for event, *_ in treasury.told()] == ["refuse"] * 4


def test_a_plain_task_in_a_circle_is_refused_too(treasury: Treasury) -> None:
    """A chain binds an owner; that it was refused is written down."""
    with pytest.raises(Loop):
        treasury.add("tex", tokens=0, via=("tex", "tex"))
    assert treasury.told() == [("refuse", "tex", 0)]


def test_the_rate_is_of_one_hour_and_says_when_there_is_room(treasury: Treasury) -> None:
    """Until the oldest of them is an hour old."""
    treasury.with_limits(tasks_per_hour=2)
    treasury.add()
    treasury.clock.advance(600)
    treasury.add()
    with pytest.raises(RateLimited, match="Rate limit: 2/2 tasks this hour") as refused:
        treasury.add()
    assert refused.value.details["retry_after_seconds"] == 3000
    treasury.clock.advance(3000)
    treasury.add()


def test_a_full_queue_is_full_for_senders_not_for_owners(treasury: Treasury) -> None:
    """Queued and working count for who is queued, waiting ones for who waits."""
    treasury.with_limits(max_queue_depth=2, tasks_per_hour=0)
    treasury.add()
    treasury.add("mira")
    with pytest.raises(QueueFull, match="Queue full: 2/2"):
        treasury.add()
    first = treasury.add("joe", tokens=10)
    treasury.add("ann", tokens=10)
    with pytest.raises(QueueFull, match="Queue full: 2/2"):
        treasury.add("joe", tokens=10)
    with pytest.raises(QueueFull):
        treasury.again(first, "approve")
    treasury.add("tex", tokens=10)


def test_a_tray_has_neither_rate_nor_queue(treasury: Treasury) -> None:
    """A swarm is filled at once; its budget is one all the same."""
    treasury.with_limits(tasks_per_hour=1, max_queue_depth=1)
    for _ in range(5):
        treasury.add(agent="build", tray=True, tokens=20_000)
    with pytest.raises(BudgetExceeded):
        treasury.add(agent="build", tray=True)


def test_who_is_not_on_the_list_is_not_accepted_nor_who_hides_behind_an_agent(
    treasury: Treasury,
) -> None:
    """The owner always passes; a tier on the list means that tier or a higher one."""
    treasury.with_limits(whitelists={"tex-agent": ("tier:team",)})
    treasury.add("mira")
    treasury.add("tex", tokens=1)
    words = "Not accepted: joe is not on the list of tex-agent"
    for sender, via in (("joe", ()), ("lab-agent", ("joe", "mira"))):
        with pytest.raises(NotAccepted, match="Not accepted"):
            treasury.add(sender, via=via)
    assert treasury.governor.check_task("joe", agent="tex-agent").reason == words
    treasury.with_limits(whitelists={"tex-agent": ("joe",), "lab-agent": ("all",)})
    assert treasury.governor.check_task("joe", agent="tex-agent").allowed
    assert treasury.governor.check_task("joe", agent="lab-agent").allowed
    assert treasury.governor.check_task("ann", agent="tex-agent").code == "not_accepted"


def test_over_the_budget_of_all_a_task_waits_where_the_settings_say_so(
    treasury: Treasury,
) -> None:
    """It is held, and reserves when it is approved, if there is room by then."""
    treasury.with_limits(daily_budget_tokens=1500, over_global_budget="wait")
    treasury.add(tokens=1000)
    ask = treasury.ask("mira", tokens=1000)
    verdict = treasury.governor.admit(ask, lambda it: it)
    fact = treasury.board.put(ask, verdict, treasury.clock.now())
    assert (verdict.awaiting, treasury.rows()[-1].event) == ("budget", "hold")
    with pytest.raises(GlobalBudgetExceeded):
        treasury.again(fact, "approve")
    treasury.with_limits(daily_budget_tokens=5000)
    assert treasury.again(fact, "approve").reserved_tokens == 1000


def test_a_task_that_waits_for_budget_counts_with_those_that_wait(treasury: Treasury) -> None:
    """Where the queue of the waiting is full, it is refused, though the other has room."""
    treasury.with_limits(
        daily_budget_tokens=1000, over_global_budget="wait", max_queue_depth=1, tasks_per_hour=0
    )
    treasury.add("mira", tokens=1000)
    treasury.add("crt", tokens=10)
    with pytest.raises(GlobalBudgetExceeded):
        treasury.add("crt", tokens=10)


def test_the_cooldown_delays_and_never_refuses(treasury: Treasury) -> None:
    """The second starts a minute after the first, the third after the second."""
    starts = [treasury.governor.admit(treasury.ask(), lambda it: it).not_before for _ in range(3)]
    now = treasury.clock.now()
    assert starts == [None, now + timedelta(seconds=60), now + timedelta(seconds=120)]
    assert treasury.governor.check_task("tex", estimated_tokens=1).not_before is None
    assert treasury.governor.check_task("crt", agent="lab-agent").not_before is None


def test_one_row_tells_of_a_refusal_however_often_somebody_tries_in_a_minute(
    treasury: Treasury,
) -> None:
    """The ledger does not grow by who runs in a loop."""
    for seconds in (0, 30, 29, 2):
        treasury.clock.advance(seconds)
        with pytest.raises(EffortExceeded):
            treasury.add(effort=9, content_hash="0123456789abcdef")
    assert len(treasury.rows()) == 2


# -- work that comes back ------------------------------------------------------------------------

HASH = work.content_hash("Paint the shed", "Blue, please.")


def test_work_is_recognised_by_its_words() -> None:
    """Blanks, capitals and widths do not make it another."""
    assert work.content_hash("PAINT  the shed", "Blue,\n\tplease.") == HASH
    assert work.content_hash("Paint the ﬁeld", "") == work.content_hash("paint the field", "")
    assert work.content_hash("Paint the shed", "Red, please.") != HASH
    assert len(HASH) == 16


def test_refused_work_that_comes_back_by_another_way_is_recognised(treasury: Treasury) -> None:
    """From the same sender it is judged anew, from others it is not."""
    with pytest.raises(EffortExceeded):
        treasury.add(effort=9, content_hash=HASH)
    with pytest.raises(AlreadyRefused) as refused:
        treasury.add("mira", content_hash=HASH)
    assert str(refused.value) == "Already refused: effort_exceeded for crt on 2026-11-20"
    assert refused.value.details["retry_after_seconds"] == 7 * 86_400
    with pytest.raises(AlreadyRefused):
        treasury.add("lab-agent", via=("mira",), content_hash=HASH)
    treasury.add(effort=5, content_hash=HASH)


def test_refused_work_is_forgotten_in_time(treasury: Treasury) -> None:
    """After its days; the day's budget and the hour's rate lapse earlier."""
    with pytest.raises(EffortExceeded):
        treasury.add(effort=9, content_hash=HASH)
    treasury.clock.advance(7 * 86_400)
    treasury.add("mira", content_hash=HASH)


@pytest.mark.parametrize(
    ("limits", "error", "seconds"),
    [
        ({"tasks_per_hour": 1}, RateLimited, 3600),
        ({"per_sender_daily_max": 1500}, None, 55_735),
    ],
)
def test_what_only_the_hour_or_the_day_refused_may_come_back_after_it(
    treasury: Treasury, limits: dict[str, int], error: type[Exception] | None, seconds: int
) -> None:
    """Until then it is recognised, afterwards it is as new."""
    treasury.with_limits(**limits)
    treasury.add()
    code = treasury.governor.submit_task("crt", content_hash=HASH, agent="tex-agent").code
    assert code == ("rate_limited" if error else "sender_limit_exceeded")
    check = treasury.governor.check_task
    assert check("mira", content_hash=HASH).code == "already_refused"
    treasury.clock.advance(seconds - 1)
    assert check("mira", content_hash=HASH).retry_after_seconds == 1
    treasury.clock.advance(1)
    assert check("mira", content_hash=HASH).allowed


def test_what_nobody_could_pay_is_not_remembered(treasury: Treasury) -> None:
    """A full queue and an empty purse of all say nothing of the work."""
    treasury.with_limits(daily_budget_tokens=10)
    with pytest.raises(GlobalBudgetExceeded):
        treasury.add(content_hash=HASH)
    treasury.with_limits(daily_budget_tokens=0)
    treasury.add("mira", content_hash=HASH)


def test_what_an_owner_rejected_is_refused_from_everybody(treasury: Treasury) -> None:
    """From the sender too; the owner itself may have it done, and that ends the memory."""
    fact = treasury.add("joe", tokens=900, content_hash=HASH)
    treasury.governor.release(treasury.board.change(fact.id, state="REJECTED"), rejected=HASH)
    for sender in ("joe", "mira"):
        with pytest.raises(AlreadyRefused, match="Already refused: rejected for joe on 2026-11-20"):
            treasury.add(sender, content_hash=HASH)
    treasury.clock.advance(1)
    treasury.add("tex", tokens=100, content_hash=HASH)
    treasury.add("mira", content_hash=HASH)


def test_a_plain_task_of_an_owner_ends_the_memory_while_it_is_there(treasury: Treasury) -> None:
    """It has no row, so it is the task that tells."""
    with pytest.raises(EffortExceeded):
        treasury.add(effort=9, content_hash=HASH)
    treasury.clock.advance(1)
    fact = treasury.add("tex", tokens=0, content_hash=HASH)
    assert treasury.governor.check_task("mira", content_hash=HASH).allowed
    treasury.board.change(fact.id, created=datetime(2026, 11, 1, tzinfo=UTC))
    assert not treasury.governor.check_task("mira", content_hash=HASH).allowed


def test_a_reject_of_what_had_nothing_open_is_remembered_all_the_same(treasury: Treasury) -> None:
    """The row says so with no tokens."""
    fact = treasury.add("tex", tokens=0, content_hash=HASH)
    treasury.governor.release(treasury.board.change(fact.id, state="REJECTED"), rejected=HASH)
    assert treasury.told() == [("release", "tex", 0)]
    assert treasury.governor.check_task("mira", content_hash=HASH).code == "already_refused"


# -- chains --------------------------------------------------------------------------------------


def test_no_route_through_an_agent_buys_more_trust_or_tokens(treasury: Treasury) -> None:
    """The lowest tier of the chain counts, and the first of it pays."""
    fact = treasury.add("tex-agent", via=("joe",), agent="lab-agent", tokens=900)
    last = treasury.rows()[-1]
    assert (fact.state, fact.tier) == ("WAITING", "unknown")
    assert (last.sender, last.note) == ("joe", "tex-agent for joe")
    with pytest.raises(BudgetExceeded, match="Budget exceeded: 900/10000 tokens today"):
        treasury.add("tex-agent", via=("joe",), agent="lab-agent", tokens=9101)


def test_a_helper_is_paid_by_its_parent(treasury: Treasury) -> None:
    """And so are the settlement and what it used besides."""
    treasury.done(treasury.add("crt-help"), 1200)
    treasury.governor.record_usage("crt-help", 5)
    notes = [(each.event, each.sender, each.note) for each in treasury.rows()]
    assert notes == [
        ("reserve", "crt", "crt-help for crt"),
        ("settle", "crt", "crt-help for crt over"),
        ("spend", "crt", "crt-help for crt"),
    ]


# -- when the task cannot be written -------------------------------------------------------------


def test_nothing_stays_reserved_for_a_task_that_was_not_written(treasury: Treasury) -> None:
    """The refusal of the inbox goes on to the caller."""
    with pytest.raises(Busy):
        treasury.governor.admit(treasury.ask(), refuse_to_put)
    assert treasury.told() == [("reserve", "crt", 1000), ("release", "crt", 1000)]
    with pytest.raises(Busy):
        treasury.governor.admit(treasury.ask("tex", tokens=0), refuse_to_put)


def test_what_was_held_before_is_held_again_where_an_approval_fails(treasury: Treasury) -> None:
    """As if nobody had tried; it is no second submission."""
    fact = treasury.add("joe", tokens=900)
    ask = treasury.ask("joe", 900, event="approve", task_id=fact.id)
    with pytest.raises(Busy):
        treasury.governor.admit(ask, refuse_to_put)
    books = treasury.governor.accounts.today()[0].books
    assert (books.open[fact.id].kind, books.open_of("joe")) == ("hold", 900)
    assert len(books.submissions["joe"]) == 1


def test_a_task_that_is_there_already_is_given_back_and_costs_nothing(treasury: Treasury) -> None:
    """Asked for a second time under the same id, by whoever was slower."""

    def put(verdict: Verdict) -> str:
        raise Unneeded("there")

    assert treasury.governor.admit(treasury.ask(), put) == "there"
    assert treasury.governor.admit(treasury.ask("tex", tokens=0), put) == "there"
    assert treasury.governor.get_usage("crt")["reserved_tokens"] == 0


def test_where_nobody_knows_whether_the_task_is_there_it_stays_reserved(
    treasury: Treasury,
) -> None:
    """A disk that failed may have kept it: rather too much is reserved."""

    def put(verdict: Verdict) -> None:
        raise DiskFailed("agents/tex-agent.org", "sync", "broken")

    with pytest.raises(DiskFailed):
        treasury.governor.admit(treasury.ask(), put)
    assert treasury.told() == [("reserve", "crt", 1000)]


def test_a_reservation_without_a_task_is_given_back_after_ten_minutes(treasury: Treasury) -> None:
    """A process died between the two; whoever asks next puts it right."""
    treasury.governor.submit_task("crt", estimated_tokens=90_000 // 2, agent="tex-agent")
    treasury.clock.advance(600)
    treasury.add("ann", tokens=1)
    assert treasury.governor.get_usage("crt")["reserved_tokens"] == 45_000
    treasury.clock.advance(1)
    treasury.add("ann", tokens=1)
    orphan = next(each for each in treasury.rows() if each.event == "release")
    assert (orphan.sender, orphan.tokens, orphan.note) == ("crt", 45_000, "orphan")


@pytest.mark.parametrize(
    ("facts", "event", "tokens"),
    [
        ({"state": "DONE", "tokens_used": 300, "claimed": True}, "settle", 300),
        ({"state": "DONE", "tokens_used": 1300, "claimed": True}, "settle", 1300),
        ({"state": "DEAD", "claimed": True}, "settle", 1000),
        ({"state": "CANCELLED"}, "release", 1000),
        ({"state": "FAILED", "claimed": True}, "settle", 1000),
    ],
)
def test_a_task_that_a_person_ended_is_settled_by_whoever_asks_next(
    treasury: Treasury, facts: dict[str, object], event: str, tokens: int
) -> None:
    """By what it says it used, else by all if it was ever worked on, else nothing is spent."""
    fact = treasury.add(tokens=1000)
    treasury.board.change(fact.id, **facts)
    treasury.add("ann", tokens=1)
    ended = [each for each in treasury.rows() if each.task == fact.id][-1]
    assert (ended.event, ended.tokens) == (event, tokens)


def test_nobody_is_refused_for_tokens_that_only_seem_to_be_used(treasury: Treasury) -> None:
    """Of very many open tasks only some are looked at by each who asks, but then all are."""
    treasury.with_limits(tasks_per_hour=0, max_queue_depth=0)
    facts = [treasury.add(tokens=1000) for _ in range(100)]
    for fact in facts:
        treasury.board.change(fact.id, state="CANCELLED")
    treasury.add("ann", tokens=1)
    released = [each for each in treasury.rows() if each.event == "release"]
    assert 0 < len(released) < 100
    treasury.add(tokens=50_000)
    treasury.add(tokens=50_000)
    assert treasury.governor.get_usage("crt")["reserved_tokens"] == 100_000


# -- what is asked and told ----------------------------------------------------------------------


def test_a_check_writes_nothing(treasury: Treasury) -> None:
    """Not even a ledger."""
    assert treasury.governor.check_task("crt", estimated_tokens=10, agent="tex-agent").allowed
    assert treasury.store.names("ledger") == []


def test_submitting_reserves_under_a_new_id_and_answers_no_without_an_error(
    treasury: Treasury,
) -> None:
    """Also what costs nothing has an answer."""
    verdict = treasury.governor.submit_task("crt", estimated_tokens=30_000)
    assert verdict.task_id == treasury.rows()[0].task
    assert not treasury.governor.submit_task("crt", estimated_tokens=60_000).allowed
    assert treasury.governor.submit_task("tex").allowed


def test_a_number_that_is_none_is_refused_before_anything_is_read(treasury: Treasury) -> None:
    """Negative, broken, a truth: nothing is written."""
    for tokens in (-1, 1.5, True, "7"):
        with pytest.raises(InvalidField):
            treasury.governor.record_usage("crt", tokens)  # type: ignore[arg-type]
        with pytest.raises(InvalidField):
            treasury.governor.check_task("crt", estimated_tokens=tokens)  # type: ignore[arg-type]
    assert treasury.store.names("ledger") == []


def test_a_day_is_summed_up_by_sender(treasury: Treasury) -> None:
    """What was spent, what is still promised, and how many tasks."""
    treasury.done(treasury.add(), 700)
    treasury.add("mira", tokens=2000)
    treasury.governor.record_usage("mira", 30)
    assert treasury.governor.daily_summary() == {
        "date": "2026-11-20",
        "total_tokens": 730,
        "reserved_tokens": 2000,
        "by_sender": {"crt": {"tokens": 700, "tasks": 1}, "mira": {"tokens": 30, "tasks": 1}},
    }
    assert treasury.governor.daily_summary("2026-11-19")["by_sender"] == {}
    with pytest.raises(InvalidField, match="day"):
        treasury.governor.daily_summary("yesterday")


def test_the_tightest_limit_is_told_and_none_where_there_is_none(treasury: Treasury) -> None:
    """Of the tier's and the sender's, whichever is less."""
    assert treasury.governor.get_usage("joe")["limit"] == 10_000
    treasury.with_limits(per_sender_daily_max=70_000)
    assert treasury.governor.get_usage("crt")["limit"] == 70_000
    owner = treasury.governor.get_usage("tex")
    assert (owner["limit"], owner["remaining"]) == (0, None)


def test_a_retry_reserves_anew_and_is_no_submission(treasury: Treasury) -> None:
    """Its effort and its budget are looked at again, its rate is not."""
    treasury.with_limits(tasks_per_hour=1)
    fact = treasury.add()
    treasury.done(fact, 400)
    for event in ("retry", "revise"):
        treasury.again(fact, event)
        treasury.done(fact, 100)
    assert treasury.told()[1:] == [
        ("settle", "crt", 400),
        *[("reserve", "crt", 1000), ("settle", "crt", 100)] * 2,
    ]
    assert {each.note for each in treasury.rows() if each.event == "reserve"} == {"", "again"}
    assert treasury.governor.get_usage("crt")["tasks_today"] == 1
