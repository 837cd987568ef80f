"""Holders and a person with unsaved changes in the same file: nobody loses work."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from orgpost.agent_inbox import Hold
from orgpost.errors import Busy
from orgpost.refusals import LeaseLost, WrongTaskState

if TYPE_CHECKING:
    from tests.tasks.conftest import Shop


@pytest.fixture(name="held")
def fixture_held(shop: Shop) -> Shop:
    """A task that the agent works on, in a file that a living Emacs has unsaved changes of."""
    shop.add("first")
    shop.add("second")
    shop.claim(lease_seconds=60)
    lock(shop)
    return shop


def lock(shop: Shop) -> None:
    """A person begins to type."""
    shop.path("agents/.#tex-agent.org").symlink_to(f"tex@{os.uname().nodename}.{os.getpid()}")


def save(shop: Shop, old: str = "", new: str = "") -> None:
    """The person saves, with or without a change of its own."""
    shop.path("agents/.#tex-agent.org").unlink()
    shop.edit(old, new)


def test_a_result_is_told_at_once_and_waits_for_the_save(held: Shop) -> None:
    """Then it is there, once; until then the task is shown as the file has it, with a note."""
    before = held.content()
    working = held.inbox().find_by_state("WORKING")[0]
    with held.acting("tex-agent"):
        told = held.inbox().complete(Hold(working.id, 1), result="* It was the parser.")
    assert (told.state, told.stored, told.outcome) == ("WORKING", "waiting", "waiting")
    assert held.content() == before
    assert held.now(working.id).outcome == "waiting"
    with held.acting("tex-agent"):
        with pytest.raises(WrongTaskState) as again:
            held.inbox().complete(Hold(working.id, 1), result="twice")
        assert again.value.by_this_token
        with pytest.raises(Busy, match="unsaved changes"):
            held.inbox().claim()
    save(held, "second", "second thoughts")
    done = held.now(working.id)
    assert (done.state, done.result, done.outcome) == ("DONE", "* It was the parser.", None)
    assert held.content().count(b"** Result") == 1
    assert b"second thoughts" in held.content()


def test_a_persons_word_on_the_same_task_wins_and_the_result_is_kept_aside(held: Shop) -> None:
    """Theirs stands; nothing that the holder said is lost."""
    task = held.inbox().find_by_state("WORKING")[0]
    with held.acting("tex-agent"):
        held.inbox().complete(Hold(task.id, 1), result="too late")
    save(held, "* WORKING ", "* CANCELLED ")
    assert held.now(task.id).state == "CANCELLED"
    (kept,) = held.store.quarantined()
    assert b"too late" in kept.data


def test_a_renewal_succeeds_unwritten_while_a_person_edits(held: Shop) -> None:
    """No lease in that file runs out meanwhile, and each has 30 s after the save."""
    task = held.inbox().find_by_state("WORKING")[0]
    before = held.content()
    held.clock.advance(3600)
    held.rules = held.rules._replace(timeout_minutes=0)
    with held.acting("tex-agent"):
        claim = held.inbox().renew(Hold(task.id, 1))
    assert claim.lease_until > held.clock.now()
    assert held.content() == before
    save(held, "second", "second thoughts")
    held.store.view("agents/tex-agent.org")
    held.inbox().expire()
    assert held.now(task.id).state == "WORKING"
    held.clock.advance(31)
    with held.acting("tex-agent"), pytest.raises(LeaseLost, match="ran out"):
        held.inbox().release(claim)
