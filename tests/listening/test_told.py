"""Each change is told once, however often and by whichever way it is learnt."""

from __future__ import annotations

import pytest

from orgpost.listening.told import Told
from orgpost.watching.change import Change


def change(kind: str, id: str = "msg-1", state: str = "UNREAD", digest: str = "a") -> Change:
    """A change of a message of crt's."""
    return Change(kind, id, state, "crt", "team", "normal", digest)


def told_of(box: str, *known: Change) -> Told:
    """What was told of a box in which these were, when somebody began to listen."""
    told = Told(box)
    told.begin(known)
    return told


def take(told: Told, *changes: Change) -> list[tuple[str, str]]:
    """What is told of these changes."""
    taken = [told.take(each) for each in changes]
    return [(each.kind, each.id) for each in taken if each is not None]


def test_what_was_there_is_not_told() -> None:
    """Nor what is learnt a second time."""
    told = told_of("inbox/tex", change("new"))
    assert take(told, change("new")) == []
    assert take(told, change("new", "msg-2"), change("new", "msg-2")) == [("new", "msg-2")]


def test_other_words_are_an_edit_whatever_the_change_was_called() -> None:
    """After a look at everything each entry is said to be new."""
    told = told_of("inbox/tex", change("new"))
    assert take(told, change("new", digest="b")) == [("edit", "msg-1")]
    assert take(told, change("edit", digest="b")) == []


@pytest.mark.parametrize("box", ["marks/tex", "sent/crt"])
def test_a_box_of_marks_tells_of_states_alone(box: str) -> None:
    """Also of a message that came since, and of one that came and was read while nobody looked."""
    told = told_of(box, change("new"))
    assert take(told, change("state", state="READ")) == [("state", "msg-1")]
    assert take(told, change("state", state="READ"), change("edit", state="READ", digest="b")) == []
    assert take(told, change("new", "msg-2"), change("state", "msg-3", "READ")) == [
        ("state", "msg-3")
    ]
    assert take(told, change("new", "msg-4", "DONE")) == [("state", "msg-4")]
    assert take(told, change("gone", "msg-4", "DONE")) == [("gone", "msg-4")]


def test_an_inbox_does_not_tell_what_became_of_its_mail() -> None:
    """That is what marks are for; and should it come back, it is new."""
    told = told_of("inbox/tex", change("new"))
    assert take(told, change("state", state="READ"), change("gone")) == []
    assert take(told, change("new")) == [("new", "msg-1")]


def test_a_box_of_tasks_tells_of_everything() -> None:
    """New, its state, an edit, gone."""
    told = told_of("agents/bot")
    steps = [
        change("new", "task-1", "QUEUED"),
        change("state", "task-1", "WORKING", "b"),
        change("edit", "task-1", "WORKING", "c"),
        change("gone", "task-1", "DONE"),
    ]
    assert [kind for kind, _ in take(told, *steps, *steps[-1:])] == ["new", "state", "edit", "gone"]


def test_who_was_away_is_told_what_it_missed() -> None:
    """From all that is there now: what came, what changed, and what is gone."""
    before = told_of(
        "agents/bot", change("new", "task-1"), change("new", "task-2"), change("new", "task-3")
    )
    told = Told.of("agents/bot", before.to_list())
    now = [
        change("new", "task-1"),
        change("new", "task-2", "DONE"),
        change("new", "task-4"),
    ]
    assert take(told, *told.missed(now)) == [
        ("state", "task-2"),
        ("new", "task-4"),
        ("gone", "task-3"),
    ]
    assert take(told, *told.missed(now)) == []
