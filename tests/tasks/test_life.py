"""A task's life in one file, event by event."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from orgpost.agent_inbox import Hold
from orgpost.contact import Actor, Contacts
from orgpost.errors import InvalidField, NotPermitted, WrongState
from orgpost.refusals import CancelRequested, LeaseLost, NotATask, UnknownTask, WrongTaskState

if TYPE_CHECKING:
    from tests.tasks.conftest import Shop


def test_a_task_of_an_owner_is_queued_claimed_and_done(shop: Shop) -> None:
    """The ordinary life, in one piece: nothing that was there moves, and the length stays."""
    task = shop.add("Summarise last night's incident", body="The body, as sent.\n", effort=3)
    size = len(shop.content())
    claim = shop.claim()
    assert (claim.task.id, claim.token, claim.task.state) == (task.id, 1, "WORKING")
    assert claim.lease_until == shop.clock.now() + timedelta(seconds=900)
    with shop.acting("tex-agent"):
        done = shop.inbox().complete(claim, result="It was the parser.", tokens_used=900)
    assert (done.state, done.result, done.tokens_used) == ("DONE", "It was the parser.", 900)
    assert done.body == "The body, as sent.\n"
    assert (len(shop.content()), shop.now(task.id).token) == (size, 1)
    assert shop.gate.told == [("create", (0, 0)), ("settle", (task.id, 900))]


def test_each_change_of_state_is_told_in_the_logbook(shop: Shop) -> None:
    """With both states, a local stamp, who did it and why."""
    task = shop.add("x", sender="mira")
    shop.inbox().approve(task.id)
    claim = shop.claim()
    with shop.acting("tex-agent"):
        shop.inbox().release(claim, "* not now")
    log = [line for line in shop.content().decode().splitlines() if line.startswith("- State")]
    assert log == [
        '- State "QUEUED"     from "WORKING"    [2026-11-20 Fri 08:31] by tex-agent: not now',
        '- State "WORKING"    from "QUEUED"     [2026-11-20 Fri 08:31] by tex-agent',
        '- State "QUEUED"     from "WAITING"    [2026-11-20 Fri 08:31] approved by tex',
    ]


def test_only_the_owner_decides(shop: Shop) -> None:
    """A stranger cannot approve its own task."""
    task = shop.add(sender="mira")
    assert (task.state, task.awaiting) == ("WAITING", "owner-approval")
    with shop.acting("mira"), pytest.raises(NotPermitted) as refused:
        shop.inbox().approve(task.id)
    assert "only tex, the owner of tex-agent, may do this" in str(refused.value)
    assert shop.inbox().approve(task.id).state == "QUEUED"
    with pytest.raises(WrongState, match="approve: expected WAITING, found QUEUED"):
        shop.inbox().approve(task.id)


def test_a_lease_that_has_run_out_changes_nothing(shop: Shop) -> None:
    """Even where nobody took the task meanwhile."""
    shop.add()
    claim = shop.claim(lease_seconds=1)
    shop.clock.advance(2)
    before = shop.content()
    with (
        shop.acting("tex-agent"),
        pytest.raises(LeaseLost, match="ran out at 2026-11-20T08:31:06Z"),
    ):
        shop.inbox().complete(claim, result="late")
    assert shop.content() == before


def test_an_old_token_is_refused_while_the_new_one_works(shop: Shop) -> None:
    """The fence against the late."""
    task = shop.add()
    old = shop.claim(lease_seconds=1)
    shop.clock.advance(2)
    new = shop.claim()
    assert (new.token, new.task.attempt) == (2, 2)
    before = shop.content()
    inbox = shop.inbox()
    with shop.acting("tex-agent"):
        held = f"{task.id} is held under token 2 by tex-agent@laptop:4711, not under token 1"
        for event in (
            lambda: inbox.renew(old),
            lambda: inbox.release(old),
            lambda: inbox.fail(old, "no"),
            lambda: inbox.complete(old),
        ):
            with pytest.raises(LeaseLost, match=held):
                event()
        assert shop.content() == before
        with pytest.raises(LeaseLost, match="was claimed 2 times; say which claim with --token"):
            inbox.complete(Hold(task.id))
        assert inbox.complete(new).state == "DONE"


def test_a_second_complete_says_whether_this_claim_did_it(shop: Shop) -> None:
    """A caller that lost the answer learns it, and nothing is settled twice."""
    shop.add()
    claim = shop.claim()
    inbox = shop.inbox()
    with shop.acting("tex-agent"):
        inbox.complete(claim)
        before = shop.content()
        for token, by_this in ((1, True), (2, False)):
            with pytest.raises(WrongTaskState, match="complete: expected WORKING, found DONE") as e:
                inbox.complete(Hold(claim.task.id, token))
            assert e.value.by_this_token is by_this
    assert shop.content() == before
    assert [what for what, _ in shop.gate.told] == ["create", "settle"]


def test_attempts_are_counted_until_there_are_none(shop: Shop) -> None:
    """Then the task is dead, what was reserved is given back, and nothing is left to claim."""
    task = after = shop.add(max_attempts=2)
    for rest in (5, 10):
        claim = shop.claim()
        with shop.acting("tex-agent"):
            after = shop.inbox().fail(claim, "it broke\nin the second line")
            assert shop.inbox().claim() == []
        if after.state == "QUEUED":
            assert after.not_before == shop.clock.now() + timedelta(seconds=rest)
            assert not shop.inbox().prospects().drained
        shop.clock.advance(rest)
    assert (after.state, after.errors) == ("DEAD", ("it broke\nin the second line",) * 2)
    assert shop.inbox().counts()["dead"] == 1
    assert shop.inbox().prospects().drained
    assert shop.gate.told[-1] == ("release", task.id)


def test_a_helper_says_which_claim_it_means(shop: Shop) -> None:
    """An agent may have several; only the agent and its owner are taken at their word, once."""
    other = Actor(id="tex-other", name="x", kind="helper", owner="tex-agent")
    shop.contacts = Contacts((*shop.contacts.actors, other))
    task = shop.add()
    with shop.acting("tex-help"):
        (claim,) = shop.inbox().claim()
    before = shop.content()
    for me in ("tex-help", "tex-other"):
        with shop.acting(me):
            for call in (
                lambda: shop.inbox().renew(Hold(task.id)),
                lambda: shop.inbox().release(Hold(task.id)),
                lambda: shop.inbox().complete(Hold(task.id)),
                lambda: shop.inbox().fail(Hold(task.id), "no"),
            ):
                with pytest.raises(LeaseLost, match=f": {task.id} was claimed once; say which"):
                    call()
    assert shop.content() == before
    with shop.acting("tex-help"):
        assert shop.inbox().renew(claim).token == 1
    with shop.acting("tex"):
        assert shop.inbox().complete(Hold(task.id)).state == "DONE"


def test_a_retry_begins_anew_under_a_higher_token(shop: Shop) -> None:
    """No token is ever given twice."""
    task = shop.add(max_attempts=1)
    claim = shop.claim()
    with shop.acting("tex-agent"):
        shop.inbox().fail(claim, "no")
    assert shop.inbox().retry(task.id).state == "QUEUED"
    again = shop.claim()
    assert (again.token, again.task.attempt) == (2, 1)


@pytest.mark.parametrize("canceller", ["mira", "tex"])
def test_what_waited_for_the_owner_is_not_queued_by_its_sender(shop: Shop, canceller: str) -> None:
    """To cancel and to retry is no way around the owner's word, whoever cancelled."""
    task = shop.add(sender="mira")
    with shop.acting(canceller):
        shop.inbox().cancel(task.id)
    before = shop.content()
    with shop.acting("mira"), pytest.raises(NotPermitted) as refused:
        shop.inbox().retry(task.id)
    assert str(refused.value) == (
        f"retry: {task.id} was never let in, and only tex, the owner of tex-agent, may do this"
    )
    assert shop.content() == before
    assert shop.inbox().retry(task.id).state == "QUEUED"


def test_each_round_of_a_task_that_asks_each_time_needs_the_owners_word(shop: Shop) -> None:
    """That an earlier round was let in says nothing of this one."""
    task = shop.add(sender="mira", scheduled="2026-11-20 +1d")
    shop.edit(":ATTEMPT:", ":REPEAT_TO_STATE: WAITING\n:ATTEMPT:")
    shop.inbox().approve(task.id)
    claim = shop.claim()
    with shop.acting("tex-agent"):
        assert shop.inbox().complete(claim).state == "WAITING"
    with shop.acting("mira"):
        shop.inbox().cancel(task.id)
        with pytest.raises(NotPermitted, match="was never let in"):
            shop.inbox().retry(task.id)


def test_what_was_let_in_once_may_be_queued_again_by_its_sender(shop: Shop) -> None:
    """The owner has said yes to it."""
    task = shop.add(sender="mira")
    shop.inbox().approve(task.id)
    with shop.acting("mira"):
        shop.inbox().cancel(task.id)
        assert shop.inbox().retry(task.id).state == "QUEUED"


def test_a_working_task_is_cancelled_by_asking(shop: Shop) -> None:
    """The holder learns it at its next word, and a result that comes then is kept."""
    ended = []
    for end in ("renew", "complete"):
        task = shop.add(end)
        ended.append(task.id)
        claim = shop.claim()
        asked = shop.inbox().cancel(task.id, "no longer wanted")
        assert (asked.state, asked.cancel_requested) == ("WORKING", "2026-11-20T08:31:05Z tex")
        with shop.acting("tex-agent"):
            if end == "renew":
                words = f"renew: {task.id} was cancelled by tex: no longer wanted"
                with pytest.raises(CancelRequested, match=words):
                    shop.inbox().renew(claim)
            else:
                done = shop.inbox().complete(claim, result="all the same", tokens_used=7)
                assert (done.state, done.result) == ("CANCELLED", "all the same")
        assert shop.now(task.id).state == "CANCELLED"
    assert shop.gate.told[-1] == ("settle", (ended[1], 7))


def test_a_lease_ends_with_the_time_that_a_task_may_have(shop: Shop) -> None:
    """Renewing does not help any more then."""
    shop.rules = shop.rules._replace(timeout_minutes=1)
    shop.add()
    claim = shop.claim()
    for _ in range(5):
        shop.clock.advance(10)
        with shop.acting("tex-agent"):
            claim = shop.inbox().renew(claim)
    assert claim.lease_until == claim.task.started + timedelta(seconds=60)  # type: ignore[operator]
    shop.clock.advance(10)
    with shop.acting("tex-agent"):
        with pytest.raises(Exception, match="renew: Timeout: 1/1 minutes"):
            shop.inbox().renew(claim)
        assert shop.inbox().expire()[0].state == "QUEUED"


def test_a_renewal_under_a_clock_that_was_set_back_takes_nothing_away(shop: Shop) -> None:
    """Or somebody else could claim the task as soon as the clock is right again."""
    shop.add()
    claim = shop.claim()
    shop.clock.set(shop.clock.now() - timedelta(days=1))
    with shop.acting("tex-agent"):
        assert shop.inbox().renew(claim).lease_until == claim.lease_until


def test_unknown_ids_and_other_kinds_are_refused_by_name(shop: Shop) -> None:
    """Each with its own sentence."""
    with pytest.raises(UnknownTask, match="approve: no task task-nosuch"):
        shop.inbox().approve("task-nosuch")
    with pytest.raises(NotATask, match="claim: msg-1 is a message, not a task"):
        shop.inbox().claim(id="msg-1")
    with pytest.raises(InvalidField, match="reason"):
        shop.inbox().reject("task-nosuch", " ")


def test_tasks_that_are_over_move_to_the_archive_of_their_month(shop: Shop) -> None:
    """Whole, without slack; what waits for a done one goes on."""
    first = shop.add("first")
    second = shop.add("second", depends_on=[first.id])
    assert shop.now(second.id).blocked_by == ({"id": first.id, "why": "QUEUED"},)
    claim = shop.claim()
    with shop.acting("tex-agent"):
        shop.inbox().complete(claim, result="* done")
    found = shop.inbox().archive(first.id)
    assert (found.ids, found.files) == ([first.id], ["archive/agents-tex-agent-2026-11.org"])
    archived = shop.now(first.id)
    assert (archived.state, archived.state_before, archived.result) == (
        "ARCHIVED",
        "DONE",
        "* done",
    )
    assert b" " * 79 not in shop.content(found.files[0])
    assert shop.now(second.id).ready
    with pytest.raises(WrongState, match="revise: expected DONE, found ARCHIVED"):
        shop.inbox().request_revision(first.id, "better")


def test_what_is_over_and_not_done_releases_nobody_from_the_archive_either(shop: Shop) -> None:
    """Only DONE is done, wherever it stands."""
    dead = shop.add("first", max_attempts=1)
    second = shop.add("second", depends_on=[dead.id])
    with shop.acting("tex-agent"):
        shop.inbox().fail(shop.claim(), "no")
    shop.inbox().archive(dead.id)
    assert (shop.now(dead.id).state, shop.now(dead.id).state_before) == ("ARCHIVED", "DEAD")
    assert not shop.now(second.id).ready
    assert shop.inbox().prospects().drained


def test_weight_and_boost_decide_and_then_age(shop: Shop) -> None:
    """Scenario 13: of equal ones the older goes first; tiers are those at the task's creation."""
    boosts = {"owner": 2.0, "team": 1.5, "trusted": 1.0, "unknown": 0.5}
    assert {tier: shop.rules.boosts[tier] for tier in boosts} == boosts
    asked = (("ann", "normal"), ("tex", "low"), ("mira", "high"), ("crt", "high"))
    for sender, priority in asked:
        task = shop.add(sender, sender=sender, priority=priority)
        if task.state == "WAITING":
            shop.inbox().approve(task.id)
        shop.clock.advance(1)
    listed = [task.title for task in shop.inbox().find_by_state("QUEUED")]
    claimed = [shop.claim().task.title for _ in asked]
    assert listed == ["ann", "tex", "mira", "crt"]  # in the order of the file
    assert claimed == ["crt", "ann", "tex", "mira"]


def test_only_the_owner_archives_by_name(shop: Shop) -> None:
    """What another one sent stays in sight until the owner, or time, puts it away."""
    task = shop.add(sender="crt")
    with shop.acting("crt"):
        shop.inbox().cancel(task.id)
        before = shop.content()
        with pytest.raises(NotPermitted, match="archive: only tex, the owner of tex-agent"):
            shop.inbox().archive(task.id)
        assert shop.content() == before
        shop.clock.advance(60)
        assert shop.inbox().archive_old(age=timedelta(seconds=1)).ids == [task.id]


def test_a_revision_forgets_that_somebody_asked_to_stop(shop: Shop) -> None:
    """A person ended it meanwhile; whoever asks for it again wants it."""
    task = shop.add()
    shop.claim()
    shop.inbox().cancel(task.id, "no longer wanted")
    shop.edit("* WORKING", "* DONE")
    shop.inbox().request_revision(task.id, "after all")
    claim = shop.claim()
    with shop.acting("tex-agent"):
        assert shop.inbox().renew(claim).task.state == "WORKING"
