"""Yes or no: the checks, their order, their sentences, and whom they bind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgpost.budget import Ask, Limits, TaskFact, mending, row
from orgpost.budget.books import Books
from orgpost.budget.decision import Usage, decide
from orgpost.budget.row import Row
from orgpost.budget.work import Remembered, remembered
from orgpost.names import TIERS

NOW: Final = datetime(2026, 11, 20, 8, 31, 5, tzinfo=UTC)
PAST: Final = Remembered("mira", "effort_exceeded", NOW, NOW + timedelta(days=7))
EVENTS: Final = ("create", "approve", "retry", "revise", "renew")

# What each check stops, with nothing else against it: (code, ask, usage, limits).
STOPS: Final[tuple[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]], ...]] = (
    ("not_accepted", {}, {"not_accepted": "Not accepted: crt"}, {}),
    ("too_many_hops", {"via": ("a", "b")}, {}, {"max_hops": 1}),
    ("already_refused", {}, {"refused": (PAST,)}, {}),
    ("effort_exceeded", {"effort": 9}, {}, {}),
    ("task_too_large", {"tokens": 50_001}, {}, {}),
    ("budget_exceeded", {}, {"spent": 60_000, "open": 39_001}, {"per_sender_daily_max": 0}),
    ("sender_limit_exceeded", {}, {"spent": 900, "open": 100}, {"per_sender_daily_max": 1999}),
    ("global_budget_exceeded", {}, {"spent_by_all": 1, "reserved_by_all": 499_000}, {}),
    ("rate_limited", {}, {"recent": (NOW,) * 5}, {}),
    ("queue_full", {}, {"queued": 20}, {}),
)
BINDS_OWNER: Final = {"too_many_hops", "task_too_large", "global_budget_exceeded"}
AT: Final = {
    "create": {code for code, *_ in STOPS},
    "approve": {"global_budget_exceeded", "queue_full"},
    "renew": {
        *("task_too_large", "budget_exceeded", "sender_limit_exceeded"),
        "global_budget_exceeded",
    },
}
AT["retry"] = AT["revise"] = AT["create"] - {"not_accepted", "too_many_hops", "rate_limited"}


def code_of(tier: str, ask: dict[str, Any], usage: dict[str, Any], limits: dict[str, Any]) -> str:
    """What decides."""
    made = {"event": "create", "sender": "crt", "agent": "bot", "task_id": "task-1", "tokens": 1000}
    asked = Ask(**{**made, **ask})
    return decide(tier, Usage("crt", **usage), asked, Limits(**limits), NOW).code


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop[0])
def test_each_check_stops_where_it_is_made_and_lets_through_elsewhere(
    stop: tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]], event: str
) -> None:
    """To approve is no submission, to go on neither; what comes again keeps its chain."""
    code, ask, usage, limits = stop
    wanted = code if code in AT[event] else ""
    assert code_of("team", {**ask, "event": event}, usage, limits) == wanted


@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop[0])
def test_an_owner_is_bound_by_the_day_the_size_and_the_chain(
    stop: tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]],
) -> None:
    """Not by what is there against senders."""
    code, ask, usage, limits = stop
    assert code_of("owner", ask, usage, limits) == (code if code in BINDS_OWNER else "")


def test_the_first_check_that_fails_decides() -> None:
    """Each one is before all that come after it."""
    for place, (code, *_) in enumerate(STOPS):
        ask: dict[str, Any] = {}
        usage: dict[str, Any] = {}
        limits: dict[str, Any] = {}
        for _, more_ask, more_usage, more_limits in reversed(STOPS[place:]):
            ask, usage, limits = ask | more_ask, usage | more_usage, limits | more_limits
        assert code_of("team", ask, usage, limits) == code


@pytest.mark.parametrize(
    ("stop", "room"),
    [
        (4, {"tokens": 50_000}),
        (5, {"tokens": 999}),
        (6, {"tokens": 999}),
        (7, {"tokens": 999}),
        (3, {"effort": 8}),
    ],
)
def test_a_limit_that_is_just_reached_lets_through(stop: int, room: dict[str, int]) -> None:
    """Limits are inclusive."""
    _, ask, usage, limits = STOPS[stop]
    assert code_of("team", {**ask, **room}, usage, limits) == ""


@pytest.mark.parametrize(
    ("stop", "limit"),
    [
        (4, "per_task_max_tokens"),
        (6, "per_sender_daily_max"),
        (7, "daily_budget_tokens"),
        (8, "tasks_per_hour"),
        (9, "max_queue_depth"),
    ],
)
def test_zero_is_no_limit(stop: int, limit: str) -> None:
    """Wherever there can be none."""
    _, ask, usage, limits = STOPS[stop]
    limits = {**limits, limit: 0, "per_sender_daily_max": 0}
    assert code_of("team", ask, usage, limits) == ""


def test_a_time_that_is_an_hour_old_or_ahead_does_not_count() -> None:
    """The hour ends with its last second."""
    old = (NOW - timedelta(hours=1), NOW + timedelta(seconds=1))
    assert code_of("team", {}, {"recent": old * 5}, {}) == ""


def test_until_the_next_try_is_at_least_a_second() -> None:
    """And is rounded up."""
    almost = NOW - timedelta(hours=1) + timedelta(milliseconds=1)
    usage = Usage("crt", recent=(almost,) * 5)
    verdict = decide("team", usage, Ask("create", "crt", "bot", "task-1"), Limits(), NOW)
    assert verdict.retry_after_seconds == 1


@given(
    st.lists(st.tuples(st.sampled_from(TIERS), st.integers(0, 60_000)), max_size=30),
    st.integers(0, 200_000),
    st.integers(0, 300_000),
)
def test_no_sequence_of_asks_passes_over_a_limit(
    asks: list[tuple[str, int]], sender: int, everybody: int
) -> None:
    """Whatever is let in is counted before the next is judged."""
    limits = Limits(per_sender_daily_max=sender, daily_budget_tokens=everybody, tasks_per_hour=0)
    books = Books()
    for number, (tier, tokens) in enumerate(asks):
        usage = Usage(
            tier,
            spent=books.spent.get(tier, 0),
            open=books.open_of(tier),
            spent_by_all=books.spent_by_all(),
            reserved_by_all=books.reserved_by_all(),
        )
        ask = Ask("create", tier, "bot", f"task-{number}", tokens=tokens)
        verdict = decide(tier, usage, ask, limits, NOW)
        if verdict.allowed and verdict.reserved_tokens:
            event = row.RESERVE if verdict.awaiting is None else row.HOLD
            cells = ("bot", ask.task_id, verdict.reserved_tokens, tier)
            books.read_on([Row(row.stamp(NOW), event, tier, *cells)])
    assert not everybody or books.reserved_by_all() <= everybody
    for tier in TIERS[1:]:
        most = [each for each in (sender, limits.tiers[tier].daily_token_limit) if each]
        assert books.open_of(tier) <= min(most)


def test_the_cost_of_tokens_is_in_dollars() -> None:
    """Two digits, as people write it."""
    assert (Limits().cost_of(12_000), Limits().cost_of(0)) == ("$0.18", "$0.00")


# -- what a ledger lacks -------------------------------------------------------------------------


def fact(**facts: Any) -> TaskFact:
    """A task of crt."""
    made = {"id": "task-1", "state": "QUEUED", "sender": "crt", "agent": "bot", "tier": "team"}
    return TaskFact(**{**made, "created": NOW, "estimated_tokens": 700, **facts})


def payer(_: TaskFact) -> str:
    """Who pays."""
    return "crt"


@pytest.mark.parametrize(
    ("facts", "rows"),
    [
        ({}, ["settle"]),
        ({"tokens_used": 5}, ["settle"]),
        ({"tokens_used": 0}, []),
        ({"state": "CANCELLED"}, []),
        ({"tier": "owner", "estimated_tokens": 0}, []),
    ],
)
def test_what_was_done_and_never_settled_is_settled(facts: dict[str, Any], rows: list[str]) -> None:
    """At what it says it used, else at its estimate; what cost nothing has no row."""
    done = fact(**{"state": "DONE", **facts})
    made = list(mending.unsettled(Books(), [done], Limits(), payer, row.stamp(NOW)))
    assert [each.event for each in made] == rows
    known = Books().read_on(made)
    assert list(mending.unsettled(known, [done], Limits(), payer, row.stamp(NOW))) == []


def test_what_is_over_or_known_is_not_missing() -> None:
    """Only what is to be done and has nothing in the ledger."""
    open_ = fact(id="task-2")
    known = Books().read_on([*mending.missing(Books(), [open_], Limits(), payer, row.stamp(NOW))])
    tasks = [fact(state="DONE"), open_, fact(tier="owner", estimated_tokens=0)]
    assert list(mending.missing(known, tasks, Limits(), payer, "")) == []
    assert list(known.open) == ["task-2"]
    assert known.submissions == {}


def test_only_refusals_are_remembered_of_the_rows_that_tell_of_a_work() -> None:
    """What was held for it, or spent, says nothing against it."""
    note = "effort_exceeded sha256:0123456789abcdef"
    rows = [Row(row.stamp(NOW), event, "crt", note=note) for event in (row.HOLD, row.SPEND)]
    assert remembered(rows, NOW, 7) == ()
    refused = Row(row.stamp(NOW), row.REFUSE, "crt", note=note)
    assert [each.code for each in remembered([*rows, refused], NOW, 7)] == ["effort_exceeded"]
