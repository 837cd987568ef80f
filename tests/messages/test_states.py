"""The table of message states, walked cell by cell."""

from __future__ import annotations

from itertools import pairwise, product
from pathlib import Path

import pytest

from orgpost.errors import WrongState
from orgpost.states import COMPOSED, FINISHED, MOVES, MessageState, diagram, move

LEGAL = {
    "UNREAD": "READ TODO",
    "READ": "UNREAD TODO DONE ARCHIVED",
    "TODO": "READ DONE",
    "DONE": "READ ARCHIVED",
    "ARCHIVED": "",
}


@pytest.mark.parametrize(("state", "to"), list(product(MessageState, repeat=2)))
def test_every_cell_of_the_table_is_a_step_or_a_refusal(
    state: MessageState, to: MessageState
) -> None:
    """A message moves as the design says, unread mail may be done at once, and nothing else."""
    expected: object
    if state == to:
        expected = ()
    elif to in LEGAL[state].split():
        expected = (to,)
    elif (state, to) == ("UNREAD", "DONE"):
        expected = ("READ", "DONE")
    else:
        expected = WrongState
    try:
        found: object = move(state, to)
    except WrongState as error:
        found = type(error)
    assert found == expected


def test_each_composed_move_is_made_of_legal_ones() -> None:
    """Two moves in one edit are still two moves of the table."""
    chains = [(start, *steps) for (start, _), steps in COMPOSED.items()]
    assert all(to in MOVES[state] for chain in chains for state, to in pairwise(chain))


def test_a_refusal_names_what_was_expected_and_found() -> None:
    """The sentence that people read says from where it would have been legal."""
    with pytest.raises(WrongState) as refused:
        move("ARCHIVED", MessageState.DONE)
    assert str(refused.value) == "mark: expected UNREAD, READ or TODO, found ARCHIVED"


def test_a_keyword_that_only_a_person_knows_is_moved_by_nobody() -> None:
    """Whatever a person adds to the keywords of a file is theirs."""
    with pytest.raises(WrongState) as refused:
        move("SOMEDAY", MessageState.READ)
    assert refused.value.found == "SOMEDAY"


def test_unread_and_todo_mail_is_never_finished() -> None:
    """Nothing archives what still waits for somebody."""
    assert sorted(FINISHED) == ["DONE", "READ"]


def test_the_picture_in_the_docs_is_the_table() -> None:
    """Whoever changes the table changes the page."""
    page = Path(__file__).parents[2].joinpath("docs", "states.md").read_text(encoding="utf-8")
    assert f"\n```\n{diagram()}\n```\n" in page
