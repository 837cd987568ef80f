"""What tasks wait for, however far away it is, and who has to do something about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orgpost.agent_inbox.dependencies import Dependencies, Known
from orgpost.refusals import Cycle

if TYPE_CHECKING:
    from tests.tasks.conftest import Shop


def test_what_waits_for_a_stuck_task_is_stuck(shop: Shop) -> None:
    """However far away it is that a person has to do something; then nothing is left to wait for.

    What waits for something that is worked on, or whose time comes, is only blocked.
    """
    dead = shop.add(max_attempts=1)
    with shop.acting("tex-agent"):
        shop.inbox().fail(shop.claim(), "no")
    second = shop.add(depends_on=[dead.id])
    shop.add(depends_on=[second.id])
    far = shop.add(depends_on=["task-nowhere"], agent="lab-agent")
    shop.add(depends_on=[far.id])
    assert shop.inbox().prospects() == (0, 3, 3, 0)
    assert shop.inbox().prospects().drained
    later = shop.add(scheduled="2030-01-01")
    shop.add(depends_on=[later.id])
    assert shop.inbox().prospects() == (0, 5, 3, 0)
    assert not shop.inbox().prospects().drained
    shop.inbox().retry(dead.id)
    assert shop.inbox().prospects() == (1, 5, 1, 0)


def test_what_waits_for_a_circle_is_stuck(shop: Shop) -> None:
    """Its members, and those behind them; a person who works on one of them changes nothing."""
    first = shop.add(id="task-1")
    shop.add(id="task-2", depends_on=["task-1"])
    shop.add(id="task-3", depends_on=["task-2"])
    shop.edit(f":CREATED: {'':1}", f":DEPENDS_ON: task-2\n:CREATED: {'':1}")
    assert [each["why"] for each in shop.now(first.id).blocked_by] == ["cycle"]
    assert shop.now("task-3").blocked_by == ({"id": "task-2", "why": "QUEUED"},)
    assert shop.inbox().prospects() == (0, 3, 3, 0)


class Counting(Dependencies):
    """Counts how often somebody looks for a way from one task to another."""

    ways = 0

    def _way(self, start: str, end: str) -> list[str]:
        self.ways += 1
        return super()._way(start, end)


def test_a_long_chain_is_looked_at_in_one_pass() -> None:
    """Thousands that all wait for one are no reason to wait for them."""
    links = {f"t{n}": (f"t{n - 1}",) for n in range(1, 3000)}
    tasks = [Known("t0", "WORKING"), *(Known(id, "QUEUED", on) for id, on in links.items())]
    chain = Counting(tasks)
    stuck = [id for id, on in links.items() if chain.is_stuck(id, chain.blocks(id, on))]
    assert (stuck, chain.ways) == ([], 0)


def test_a_long_circle_is_told_in_a_few_words(shop: Shop) -> None:
    """Its ends and its length; nobody reads five thousand ids."""
    for number in range(30):
        shop.add(id=f"task-{number:02}", depends_on=[f"task-{number + 1:02}"])
    with pytest.raises(Cycle) as refused:
        shop.add(id="task-30", depends_on=["task-00"])
    way = "task-30 → task-00 → task-01 → … 27 more … → task-29 → task-30"
    assert str(refused.value) == f"create: dependency cycle: {way}"


def test_a_task_with_an_id_of_emacs_can_be_waited_for(shop: Shop) -> None:
    """It is how a person gives a task by hand."""
    id = "9F1C2F2E-5d0b-4d67-9b1e-1234567890ab"
    by_hand = shop.add("By hand")
    shop.edit(by_hand.id, id)
    assert shop.now(shop.add("Then", depends_on=[id]).id).blocked_by == (
        {"id": id, "why": "QUEUED"},
    )
