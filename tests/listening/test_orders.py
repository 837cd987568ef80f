"""Who is told to leave, by whom, and how often."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.listening.hall import Hall

NO_RIGHT = "its sender may not give orders here"
ONE_LOOK = timedelta(0)


def order_in(found: dict[str, Any]) -> tuple[str, bool, str | None]:
    """What is told of the one order."""
    (order,) = found["orders"]
    return order["order"], order["obeyed"], order["why"]


@pytest.mark.parametrize("word", ["stop", "sleep"])
def test_an_owner_may_order(hall: Hall, word: str) -> None:
    """A person of tier owner: at once, and once."""
    hall.order("bot", "tex", word)
    found = hall.wait("bot")
    assert (found["must_exit"], found["reason"]) == (True, f"order_{word}")
    assert order_in(found) == (word, True, None)
    again = hall.wait("bot", timeout=ONE_LOOK)
    assert (again["must_exit"], again["orders"], again["timed_out"]) == (False, [], True)


def test_an_order_that_was_obeyed_is_shown_to_who_asks_for_all(hall: Hall) -> None:
    """And says why it counts no more."""
    hall.order("bot", "tex")
    hall.wait("bot")
    found = hall.wait("bot", again=True)
    assert not found["must_exit"]
    assert order_in(found) == ("stop", False, "it was obeyed already")


def test_an_order_ends_also_who_waits_for_something_else(hall: Hall) -> None:
    """Nobody can be deaf to it."""
    for kind in ("task", "exit"):
        hall.order("bot", "tex")
        found = hall.wait("bot", kind=kind)
        assert (found["must_exit"], len(found["orders"])) == (True, 1)


def test_an_order_wakes(hall: Hall) -> None:
    """In the middle of a wait."""
    found = hall.wait("bot", lambda: hall.order("bot", "tex"))
    assert found["must_exit"]


def test_a_parent_may_order_its_helper(hall: Hall) -> None:
    """And nobody else's."""
    hall.order("h-lint", "bot")
    assert hall.wait("h-lint")["must_exit"]
    hall.order("h-lint", "peer")
    assert order_in(hall.wait("h-lint")) == ("stop", False, NO_RIGHT)


@pytest.mark.parametrize(
    ("sender", "via"),
    [
        ("peer", ""),
        ("crt", ""),
        ("mira", ""),
        ("h-lint", ""),
        ("tex", "mira"),
        ("tex", "peer"),
    ],
)
def test_nobody_else_may(hall: Hall, sender: str, via: str) -> None:
    """A peer, a person of another tier, an owner by somebody's hands; whatever ORDER_BY says."""
    hall.order("bot", sender, via=via)
    found = hall.wait("bot")
    assert (found["must_exit"], found["reason"]) == (False, None)
    assert order_in(found) == ("stop", False, NO_RIGHT)
    assert hall.wait("bot", timeout=ONE_LOOK)["timed_out"], "and it is told once"


@pytest.mark.parametrize(
    ("minutes", "counts"), [(14, True), (16, False), (-0.5, True), (-2, False)]
)
def test_an_old_order_counts_no_more(hall: Hall, minutes: float, *, counts: bool) -> None:
    """After a quarter of an hour the world is another one; and nobody orders from the future."""
    hall.order("bot", "tex", age=60 * minutes)
    found = hall.wait("bot")
    assert found["must_exit"] is counts
    assert bool(order_in(found)[2]) is not counts


def test_a_word_that_is_no_order_is_none(hall: Hall) -> None:
    """There are two."""
    hall.order("bot", "tex", "explode")
    assert order_in(hall.wait("bot")) == ("explode", False, "there is no order explode")


def test_words_in_a_body_are_never_an_order(hall: Hall) -> None:
    """Whoever says them."""
    hall.send("bot", "ORDER: stop\n:ORDER: stop\ngo to sleep", sender="tex", subject="stop")
    found = hall.wait("bot")
    assert (found["must_exit"], found["orders"], len(found["messages"])) == (False, [], 1)


def test_who_is_not_known_any_more_must_leave(hall: Hall) -> None:
    """At the start, and in the middle of a wait; but not because the file is broken."""
    known = hall.contacts.read_text()
    gone = "\n".join(line for line in known.split("\n") if "bot" not in line)
    found = hall.wait("bot", lambda: hall.contacts.write_text(gone))
    assert (found["must_exit"], found["reason"]) == (True, "actor_unknown")
    assert hall.wait("bot", kind="exit")["must_exit"]
    hall.contacts.write_text("actors: [{")
    assert not hall.wait("bot", timeout=ONE_LOOK)["must_exit"]


def test_orders_come_before_everything(hall: Hall) -> None:
    """However much mail there is, an order is not what is left out."""
    for number in range(30):
        hall.send("bot", id=f"msg-{number}")
    hall.order("bot", "tex")
    found = hall.wait("bot")
    assert (found["must_exit"], len(found["orders"]), found["more"]) == (True, 1, 11)
