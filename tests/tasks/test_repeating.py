"""A task that repeats goes on when it is done, and its books are closed each time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from orgpost.errors import Conflict

if TYPE_CHECKING:
    from orgpost.task import Task
    from tests.tasks.conftest import Shop


def done(shop: Shop, **facts: Any) -> Task:
    """Claim the one task that is ready, and complete it."""
    claim = shop.claim()
    with shop.acting("tex-agent"):
        return shop.inbox().complete(claim, **facts)


def test_a_task_that_repeats_is_queued_for_its_next_date(shop: Shop) -> None:
    """With all attempts, nobody's lease, no CLOSED; what it brought is kept and settled."""
    task = shop.add(scheduled="2026-11-16 +1w", deadline="2026-11-18 12:00 ++1w", max_attempts=2)
    claim = shop.claim()
    with shop.acting("tex-agent"):
        shop.inbox().fail(claim, "no")
    shop.clock.advance(5)
    after = done(shop, result="the first report", tokens_used=700)
    assert (after.state, after.attempt, after.token, after.closed) == ("QUEUED", 0, 2, None)
    assert (after.scheduled, after.deadline) == (
        "<2026-11-23 Mon +1w>",
        "<2026-11-25 Wed 12:00 ++1w>",
    )
    assert (after.lease_until, after.not_before, after.result) == (None, None, "the first report")
    assert after.properties["LAST_REPEAT"] == "[2026-11-20 Fri 08:31]"
    assert shop.gate.told[-1] == ("settle", (task.id, 700))
    assert b'\n- State "DONE"       from "WORKING"    [2026-11-20 Fri 08:31] by tex-agent\n' in (
        shop.content()
    )
    with shop.acting("tex-agent"):
        assert shop.inbox().claim() == []
        shop.clock.advance(3 * 86_400)
        (again,) = shop.inbox().claim()
    assert (again.token, again.task.attempt) == (3, 1)


def test_what_a_round_used_is_not_settled_again_with_the_next(shop: Shop) -> None:
    """A holder that says nothing of tokens is charged what was reserved, not what was used last."""
    task = shop.add(scheduled="2026-11-16 .+1d")
    done(shop, tokens_used=700, quality_score=0.5, result_path="https://example.org/1")
    shop.clock.advance(2 * 86_400)
    after = done(shop)
    assert (after.tokens_used, after.cost, after.result_path) == (None, None, None)
    assert (after.quality_score, after.result_sha256) == (None, None)
    assert [told for told in shop.gate.told if told[0] == "settle"] == [
        ("settle", (task.id, 700)),
        ("settle", (task.id, None)),
    ]


def test_a_later_cancelling_gives_back_what_is_reserved(shop: Shop) -> None:
    """What the round before used was settled then."""
    task = shop.add(scheduled="2026-11-16 .+1d")
    done(shop, tokens_used=700)
    shop.inbox().cancel(task.id)
    assert shop.gate.told[-1] == ("release", task.id)


@pytest.mark.parametrize(
    ("wanted", "state", "awaiting"),
    [
        ("WAITING", "WAITING", "owner-approval"),
        ("QUEUED", "QUEUED", None),
        ("WORKING", "QUEUED", None),
        ("DONE", "QUEUED", None),
        ("soon", "QUEUED", None),
    ],
)
def test_a_person_says_to_which_state_a_task_repeats(
    shop: Shop, wanted: str, state: str, awaiting: str | None
) -> None:
    """Where a program may make it: an owner may want to be asked each time."""
    task = shop.add(scheduled="2026-11-16 ++1w")
    shop.edit(":ATTEMPT:", f":REPEAT_TO_STATE: {wanted}\n:ATTEMPT:")
    after = done(shop)
    assert (after.state, after.awaiting, after.attempt) == (state, awaiting, 0)
    if state == "WAITING":
        assert [each.id for each in shop.inbox().find_awaiting_approval()] == [task.id]
        assert shop.inbox().approve(task.id).state == "QUEUED"


@pytest.mark.parametrize("stamp", ["<2026-11-16 Mon +1m/2m>", "<2026-11-16 Mon +2h>"])
def test_a_repeater_that_only_org_knows_refuses_the_completion(shop: Shop, stamp: str) -> None:
    """Nothing is written, the holder keeps its lease, and a person mends the date."""
    shop.add(scheduled="2026-11-16 +1w")
    shop.edit("<2026-11-16 Mon +1w>", stamp)
    claim = shop.claim()
    before = shop.content()
    with shop.acting("tex-agent"):
        with pytest.raises(Conflict, match="complete: SCHEDULED: <2026-11-16 Mon") as refused:
            shop.inbox().complete(claim, result="done")
        assert shop.content() == before
        assert "mend the date" in refused.value.hint
        assert shop.inbox().release(claim).state == "QUEUED"


def test_a_task_that_is_cancelled_while_it_is_worked_on_does_not_repeat(shop: Shop) -> None:
    """It ends, and what the holder brings is kept."""
    task = shop.add(scheduled="2026-11-16 ++1w")
    claim = shop.claim()
    shop.inbox().cancel(task.id, "no more")
    with shop.acting("tex-agent"):
        after = shop.inbox().complete(claim, result="the last", tokens_used=1)
    assert (after.state, after.scheduled) == ("CANCELLED", "<2026-11-16 Mon ++1w>")
    assert shop.gate.told[-1] == ("settle", (task.id, 1))


def test_the_slack_carries_a_repetition(shop: Shop) -> None:
    """After the first round, which adds LAST_REPEAT, a round keeps the length of the file."""
    shop.add(scheduled="2026-11-16 10:00 .+1d")
    size = len(shop.content())
    done(shop)
    assert len(shop.content()) == size
