"""The limits as decisions: values in, a refusal or nothing out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgpost.limits import (
    Member,
    Recent,
    Refusal,
    check_chain,
    check_list,
    check_rate,
    check_replies,
)
from orgpost.names import TIERS

NOW = datetime(2026, 11, 20, 8, 31, 5, tzinfo=UTC)
PERSONS, AGENTS = {"tex"}, {"one", "two"}


def sent(number: int, seconds_ago: float = 0.0, **facts: object) -> Recent:
    """A message of `one` to `two`."""
    at = NOW - timedelta(seconds=seconds_ago)
    known = {"id": f"msg-{number}", "sender": "one", "to": "two", "at": at, "thread": "msg-0"}
    return Recent(**{**known, **facts})  # type: ignore[arg-type]


def member(id: str = "crt", tier: str = "team", *parents: str) -> Member:
    """One of a chain."""
    return Member(id, tier, (id, *parents))


# --- lists ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("listed", "passes"),
    [
        (["crt"], True),
        (["all"], True),
        (["mira"], False),
        (["tier:team"], True),
        (["tier:trusted"], True),
        (["tier:unknown"], True),
        (["tier:owner"], False),
        (["mira", "tier:team"], True),
        ([], False),
    ],
)
def test_a_list_names_actors_tiers_or_everybody(listed: list[str], *, passes: bool) -> None:
    """A tier means that tier and all above it."""
    assert (check_list("tex-agent", listed, [member()]) is None) is passes


def test_who_is_not_on_the_list_is_named() -> None:
    """The first of the chain who is not, in the contract's words."""
    chain = [member("mira"), member("crt"), member("lab")]
    assert check_list("tex-agent", ["mira"], chain) == Refusal(
        "not_accepted", "Not accepted: crt is not on the list of tex-agent"
    )


@pytest.mark.parametrize(
    "free", [member("tex", "owner"), member("tex-agent"), member("h-1", "team", "tex-agent")]
)
def test_owner_agent_and_its_helpers_need_no_list(free: Member) -> None:
    """The owner always passes; an agent may write to itself, and its helpers report to it."""
    assert check_list("tex-agent", ["nobody"], [free]) is None


def test_who_lists_a_parent_lists_its_helpers() -> None:
    """A helper stands for its parent, and its name is made up by the hour."""
    assert check_list("lab", ["tex-agent"], [member("h-1", "unknown", "tex-agent")]) is None


# --- chains ---------------------------------------------------------------------------------------


def test_a_chain_may_be_as_long_as_the_limit_and_no_longer() -> None:
    """Eight hops pass, nine do not."""
    via = [f"a{number}" for number in range(8)]
    assert check_chain(via, "me", 8) is None
    assert check_chain([*via, "a8"], "me", 8) == Refusal("too_many_hops", "Too many hops: 9/8")


def test_an_actor_may_be_in_a_chain_twice_and_not_a_third_time() -> None:
    """Who sends is the chain's last."""
    assert check_chain(["crt", "one", "crt"], "one", 8) is None
    assert check_chain(["crt", "one", "crt", "one"], "crt", 8) == Refusal(
        "loop", "Loop: crt is in the chain 3 times"
    )


# --- a minute -------------------------------------------------------------------------------------


def test_the_limit_of_a_minute_is_inclusive() -> None:
    """Ten are let in, the eleventh waits until the oldest is a minute old."""
    ten = [sent(number, seconds_ago=10 + number) for number in range(10)]
    assert check_rate(sent(99), ten[:9], 10, NOW) is None
    assert check_rate(sent(99), ten, 10, NOW) == Refusal(
        "rate_limited", "Rate limit: 10/10 messages this minute", 60 - 19
    )


def test_who_is_over_a_lower_limit_waits_until_it_is_below_that() -> None:
    """Three of a minute, and two are allowed: both of the two oldest must be a minute old."""
    three = [sent(1, 50), sent(2, 40), sent(3, 30)]
    assert check_rate(sent(9), three, 2, NOW) == Refusal(
        "rate_limited", "Rate limit: 3/2 messages this minute", 20
    )


def test_a_message_of_a_minute_ago_counts_no_more() -> None:
    """Fifty-nine seconds count, sixty do not."""
    assert check_rate(sent(9), [sent(1, 59)], 1, NOW) is not None
    assert check_rate(sent(9), [sent(1, 60)], 1, NOW) is None


def test_no_limit_is_zero() -> None:
    """However many there are."""
    assert check_rate(sent(99), [sent(number) for number in range(50)], 0, NOW) is None


def test_copies_of_one_message_count_once() -> None:
    """And the rest of them may follow, even where nothing else may."""
    copies = [
        sent(n, id=f"msg-b-{to}", to=to, copy_of="msg-b", recipients=("two", "tex"))
        for n, to in enumerate(("two", "tex"))
    ]
    assert check_rate(sent(9), copies, 2, NOW) is None
    assert check_rate(sent(9), copies, 1, NOW) is not None
    again = sent(9, id="msg-b", to="", recipients=("tex", "two"))
    assert check_rate(again, copies, 1, NOW) is None


def test_one_id_for_many_messages_saves_nothing() -> None:
    """A sender chooses the id: it is a broadcast only where all its recipients are the same."""
    same = [sent(1, id="msg-x", to=to) for to in ("tex", "mira")]
    cc = [sent(1, id="msg-x", recipients=(to, "crt")) for to in ("tex", "mira")]
    assert check_rate(sent(9), [*same, *cc], 4, NOW) is not None


@pytest.mark.parametrize(("ahead", "counts"), [(30, True), (59, True), (60, False), (3600, False)])
def test_a_clock_that_was_set_back_gives_no_new_minute(ahead: int, *, counts: bool) -> None:
    """A stamp just ahead counts; one that is far ahead blocks nobody for an hour."""
    refusal = check_rate(sent(9), [sent(1, -ahead)], 1, NOW)
    assert (refusal is not None) is counts
    if refusal is not None:
        assert refusal.retry_after_seconds == 60 + ahead


@given(
    ages=st.lists(st.integers(-120, 240), max_size=40),
    limit=st.integers(1, 12),
    fraction=st.integers(0, 999_999),
)
def test_whoever_waits_as_long_as_told_is_let_in(
    ages: list[int], limit: int, fraction: int
) -> None:
    """The promise of retry_after_seconds, where nothing else is sent and no stamp is ahead."""
    now = NOW.replace(microsecond=fraction)
    recent = [sent(number, abs(age)) for number, age in enumerate(ages)]
    refusal = check_rate(sent(99), recent, limit, now)
    if refusal is None:
        return
    wait = refusal.retry_after_seconds or 0
    assert 1 <= wait <= 60
    assert check_rate(sent(99), recent, limit, now + timedelta(seconds=wait)) is None
    assert check_rate(sent(99), recent, limit, now + timedelta(seconds=wait - 1)) is not None


# --- a circle -------------------------------------------------------------------------------------


def replies(count: int, *, first: int = 1, seconds_ago: int = 30) -> list[Recent]:
    """Agents answer each other; each answer stands in the other's file."""
    pair = ("one", "two")
    return [
        sent(
            number,
            seconds_ago,
            sender=pair[number % 2],
            to=pair[(number + 1) % 2],
            reply_to=f"msg-{number - 1}",
            place=(pair[(number + 1) % 2], number),
        )
        for number in range(first, first + count)
    ]


def judge(thread: list[Recent], limit: int = 20) -> Refusal | None:
    """Ask for one more reply."""
    new = sent(999, reply_to="msg-20")
    return check_replies(new, thread, limit, NOW, persons=PERSONS, agents=AGENTS)


def test_agents_may_answer_each_other_so_often_and_no_more() -> None:
    """Twenty replies; the message that began the thread is none."""
    assert judge([sent(0, 30), *replies(19)]) is None
    assert judge([sent(0, 30), *replies(20)]) == Refusal(
        "loop", "Loop: 20/20 replies in this thread in 10 minutes", 570
    )
    assert judge(replies(20), limit=0) is None
    assert judge(replies(20, seconds_ago=600)) is None


def test_replies_to_and_from_persons_do_not_count() -> None:
    """Nor those of the post office."""
    others = [
        sent(number, 30, sender=sender, to=to, reply_to="msg-0")
        for number, (sender, to) in enumerate([("one", "tex"), ("orgpost", "one")] * 20)
    ]
    assert judge(others) is None


def test_a_word_from_a_person_begins_a_new_count() -> None:
    """Whatever came before it does not count; what came after it does."""
    before, word = replies(20, seconds_ago=90), sent(500, 60, sender="tex", to="one")
    assert judge([*before, word]) is None
    assert judge([*before, word, *replies(19, first=600)]) is None
    assert judge([*before, word, *replies(20, first=600)]) is not None


def test_what_answers_a_word_comes_after_it_even_in_its_second() -> None:
    """Stamps are of seconds, agents are faster: twenty more, and not one more than that."""
    before, word = replies(20), sent(500, 30, sender="tex", to="one", place=("one", 50))
    after = replies(20, first=501)
    assert judge([*before, word, *after[:19]]) is None
    assert judge([*before, word, *after]) is not None


def test_what_stands_below_a_word_comes_after_it() -> None:
    """Also where it answers something older."""
    word = sent(500, 30, sender="tex", to="two", place=("two", 50))
    below = [sent(number, 30, reply_to="msg-0", place=("two", number)) for number in range(51, 71)]
    assert judge([word, *below]) is not None
    assert judge([word._replace(place=("two", 70)), *below]) is None


def test_every_tier_is_on_a_list_of_the_lowest() -> None:
    """The order of the tiers is the order of trust."""
    assert [check_list("a", ["tier:unknown"], [member("x", tier)]) for tier in TIERS] == [None] * 4
