"""The table of task states, walked cell by cell."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from orgpost.errors import WrongState
from orgpost.states import (
    TASK_BEGINNINGS,
    TASK_CLOSED,
    TASK_ENDS,
    TASK_MOVES,
    Event,
    TaskState,
    has_move,
    states_with,
    task_diagram,
)

LEGAL = """
approve: WAITING
reject: WAITING
cancel: WAITING QUEUED WORKING
claim: QUEUED
renew: WORKING
release: WORKING
complete: WORKING
fail: WORKING
expire: WORKING
retry: DEAD FAILED CANCELLED
revise: DONE
archive: DONE FAILED DEAD REJECTED CANCELLED
"""


@pytest.mark.parametrize(("state", "event"), list(product(TaskState, Event)))
def test_every_cell_of_the_table_is_a_move_or_none(state: TaskState, event: Event) -> None:
    """A task moves as the design says, and in no other way."""
    told = dict(line.split(": ") for line in LEGAL.strip().splitlines())
    assert has_move(state, event) == (state in told[event].split())


def test_a_refusal_names_the_states_in_the_order_of_a_life() -> None:
    """The sentence is promised: `expected WAITING, QUEUED or WORKING`."""
    error = WrongState("cancel", states_with(Event.CANCEL), "DONE")
    assert str(error) == "cancel: expected WAITING, QUEUED or WORKING, found DONE"
    assert states_with(Event.RETRY) == ["FAILED", "DEAD", "CANCELLED"]


def test_a_keyword_that_only_a_person_knows_is_moved_by_nobody() -> None:
    """Whatever a person adds to the keywords of a file is theirs."""
    assert not any(has_move("SOMEDAY", event) for event in Event)


def test_no_program_leads_to_failed() -> None:
    """It is a person's word for: do not try again."""
    assert TaskState.FAILED not in {to for ways in TASK_MOVES.values() for to in ways}


def test_what_is_over_is_what_can_be_archived() -> None:
    """And it is closed, as Org says it."""
    assert sorted(TASK_ENDS) == ["CANCELLED", "DEAD", "DONE", "FAILED", "REJECTED"]
    assert TASK_CLOSED == TASK_ENDS
    assert not set(TASK_BEGINNINGS) & TASK_ENDS


def test_the_picture_of_tasks_in_the_docs_is_the_table() -> None:
    """Whoever changes the table changes the page."""
    page = Path(__file__).parents[2].joinpath("docs", "states.md").read_text(encoding="utf-8")
    assert f"\n```\n{task_diagram()}\n```\n" in page
