"""When a client comes back: the table, cell by cell, and the stories that it must tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgpost.relay.policy import (
    Decision,
    Ended,
    Setbacks,
    Trouble,
    decide,
    trouble_of_close,
    trouble_of_http,
)
from orgpost.relay.protocol import CLOSES

DROPPED = Ended(Trouble.TRANSIENT, "dropped")
REFUSED = Ended(Trouble.REJECTED, "HTTP 401")


NEW = Setbacks()


def after(
    ended: Ended, setbacks: Setbacks = NEW, *, chance: float = 1.0, backoff: float = 300
) -> Decision:
    """What is decided."""
    return decide(
        setbacks, ended, chance=chance, backoff_seconds=backoff, remedy="a new one: COMMAND"
    )


def story(*ends: Ended) -> list[Decision]:
    """What is decided after one end, then after the next, up to the one that stops."""
    setbacks, told = Setbacks(), []
    for ended in ends:
        decision = after(ended, setbacks)
        told.append(decision)
        if decision.seconds is None:
            break
        setbacks = decision.setbacks
    return told


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        (401, "rejected"),
        (403, "rejected"),
        (429, "transient"),
        (500, "transient"),
        (404, "transient"),
    ],
)
def test_what_an_answer_before_the_upgrade_means(status: int, trouble: str) -> None:
    """A token that is refused is not the same as a server that is in trouble."""
    assert trouble_of_http(status) is Trouble(trouble)


def test_what_each_close_means() -> None:
    """As the table of the wire tells clients."""
    words = {
        "comes back": Trouble.TRANSIENT,
        "treats it as HTTP 401": Trouble.REJECTED,
        "stops at once": Trouble.FINAL,
    }
    assert {each.code: trouble_of_close(each.code) for each in CLOSES} == {
        each.code: words[each.client] for each in CLOSES
    }
    assert {trouble_of_close(code) for code in (None, 1000, 1006, 1009, 4000, 4499)} == {
        Trouble.TRANSIENT
    }
    assert trouble_of_close(4509) is Trouble.REJECTED
    assert trouble_of_close(4510) is trouble_of_close(4999) is Trouble.FINAL


def test_waits_grow_and_have_an_end() -> None:
    """From a fifth of a second up to 1, 2, 4 … 60 seconds, as chance has it."""
    longest = [each.seconds for each in story(*[DROPPED] * 9)]
    assert longest == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert after(DROPPED, Setbacks(failures=8), chance=0.0).seconds == pytest.approx(0.2)


@given(failures=st.integers(0, 10_000), chance=st.floats(0, 1), asked=st.floats(0, 1000))
def test_no_wait_is_shorter_than_was_asked_or_longer_than_it_may(
    failures: int, chance: float, asked: float
) -> None:
    """However often it went wrong; and it is for ever."""
    ended = DROPPED._replace(retry_after=asked)
    seconds = after(ended, Setbacks(failures=failures), chance=chance).seconds
    assert seconds is not None
    assert max(0.2, asked) <= seconds <= max(60, asked) + 1e-9


def test_a_person_hears_of_the_first_failure_and_of_each_tenth() -> None:
    """Not of each."""
    levels = [each.level for each in story(*[DROPPED] * 20)]
    assert levels == ["warning", *[""] * 8, "error", *[""] * 9, "error"]


def test_who_was_connected_for_a_while_begins_anew() -> None:
    """After ten seconds, or where the relay has said goodbye; not after a moment."""
    many = Setbacks(failures=7)
    for good in (DROPPED._replace(lived=10.0), DROPPED._replace(lived=0.1, clean=True)):
        assert after(good, many).setbacks == Setbacks(failures=1)
    assert after(DROPPED._replace(lived=9.9), many).setbacks == Setbacks(failures=8)
    assert after(DROPPED, many).setbacks == Setbacks(failures=8)


def test_a_relay_that_only_restarts_alarms_nobody() -> None:
    """It said goodbye."""
    assert after(DROPPED._replace(lived=60.0, clean=True)).level == ""


def test_five_refusals_in_a_row_are_the_end() -> None:
    """Each five minutes apart; the last line says where the token is from, and what makes one."""
    told = story(*[REFUSED] * 6)
    assert [each.seconds for each in told] == [300, 300, 300, 300, None]
    assert [each.level for each in told] == ["warning"] * 4 + ["error"]
    assert [f"({n}/5)" in each.words for n, each in enumerate(told, 1)] == [True] * 5
    assert told[-1].words.endswith("HTTP 401; a new one: COMMAND")


@pytest.mark.parametrize(
    "between", [DROPPED, DROPPED._replace(lived=1.0), REFUSED._replace(lived=1.0)]
)
def test_refusals_that_are_not_in_a_row_are_not_the_end(between: Ended) -> None:
    """401 four times, a line that was dropped or a login, and 401 again: it goes on trying."""
    told = story(*[REFUSED] * 4, between, *[REFUSED] * 3)
    assert len(told) == 8
    assert all(each.seconds is not None for each in told)


def test_no_setting_makes_a_tighter_loop_than_a_second() -> None:
    """Whatever is configured."""
    assert after(REFUSED, backoff=0).seconds == 1


def test_who_was_told_to_go_does_not_come_back() -> None:
    """Taken over by another of the same name, or an older protocol: one line, at once."""
    decision = after(Ended(Trouble.FINAL, "taken over", lived=100.0))
    assert (decision.seconds, decision.level) == (None, "error")
    assert "taken over" in decision.words
