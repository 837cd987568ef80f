"""A claim for whoever works alone: nothing, where the agent's work is in somebody's hands."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.tasks.conftest import Shop


def take(shop: Shop) -> list[str]:
    """What such a claimant gets: at most one id."""
    with shop.acting("tex-agent"):
        return [claim.task.id for claim in shop.inbox().take(alone=True).claims]


def test_one_task_at_a_time_is_in_somebodys_hands(shop: Shop) -> None:
    """Until it is over; a plain claim may have more."""
    first, second = shop.add("First"), shop.add("Second")
    assert take(shop) == [first.id]
    assert take(shop) == []
    assert shop.claim().task.id == second.id


def test_of_many_at_once_one_gets_something(shop: Shop) -> None:
    """It is decided under the lock of the file."""
    for number in range(4):
        shop.add(f"Number {number}")
    inbox = shop.inbox()
    with shop.acting("tex-agent"), ThreadPoolExecutor(4) as threads:
        taken = [
            each.result() for each in [threads.submit(inbox.take, alone=True) for _ in range(4)]
        ]
        more = inbox.take(alone=True)
    assert len({claim.task.id for each in taken for claim in each.claims}) == 1
    assert more.claims == []


def test_a_lease_that_ran_out_is_in_nobodys_hands(shop: Shop) -> None:
    """It is settled first, and told."""
    first = shop.add("First")
    assert take(shop) == [first.id]
    shop.clock.advance(86_400)
    with shop.acting("tex-agent"):
        taken = shop.inbox().take(alone=True)
    assert [task.id for task in taken.expired] == [first.id]
    assert [claim.token for claim in taken.claims] == [2]


def test_what_a_person_set_working_is_in_nobodys_hands(shop: Shop) -> None:
    """There is no lease, and so no end to wait for."""
    first, second = shop.add("First"), shop.add("Second")
    path = shop.space / "org/messaging/agents/tex-agent.org"
    path.write_text(path.read_text().replace("* QUEUED    [#B] First", "* WORKING   [#B] First"))
    assert first.id != second.id
    assert take(shop) == [second.id]
