"""Epochs and offsets: who comes back is told exactly what was missed, or that nobody knows."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgpost.relay.history import MOST_TOLD, History
from orgpost.relay.protocol import OUR_FRAME_BYTES, encode


def history(most: int = 500, most_in_all: int = 100_000) -> History:
    """A history whose epochs count up."""
    numbers = itertools.count(1)
    return History(lambda: f"e{next(numbers)}", most=most, most_in_all=most_in_all)


def changes(*ids: str) -> list[dict[str, Any]]:
    """Some changes."""
    return [{"id": id} for id in ids]


def ids(found: Any) -> list[str]:
    """The ids of changes."""
    return [change["id"] for change in found]


def test_what_was_missed_is_told_exactly_and_in_order() -> None:
    """From the point that a client knows, perhaps nothing."""
    past = history()
    start = past.point("inbox/tex")
    past.add("inbox/tex", changes("a", "b"))
    middle = past.point("inbox/tex")
    past.add("inbox/tex", changes("c"))
    recovered = past.recover("inbox/tex", *start)
    assert (recovered.recovered, ids(recovered.changes)) == (True, ["a", "b", "c"])
    assert [change["offset"] for change in recovered.changes] == [1, 2, 3]
    assert ids(past.recover("inbox/tex", *middle).changes) == ["c"]
    end = past.recover("inbox/tex", *past.point("inbox/tex"))
    assert (end.recovered, end.changes) == (True, [])


@pytest.mark.parametrize("offset", [-1, 4, 10**30, True, "1", 1.0, None, [], {}])
def test_an_offset_that_nobody_gave_is_not_believed(offset: object) -> None:
    """Ahead, behind, or of another kind: no changes, and where the box is now."""
    past = history()
    epoch = past.point("b").epoch
    past.add("b", changes("a", "b", "c"))
    found = past.recover("b", epoch, offset)
    assert (found.recovered, found.changes, found.point) == (False, (), (epoch, 3))


@pytest.mark.parametrize("epoch", ["", "e2", None, 1, ["e1"], True])
def test_another_epoch_is_not_ours(epoch: object) -> None:
    """An offset of it means nothing here."""
    past = history()
    past.add("b", changes("a"))
    assert past.recover("b", epoch, 0).recovered is False


def test_what_is_too_old_is_forgotten() -> None:
    """As many as are kept can be told, one more cannot."""
    past = history(most=3)
    epoch = past.point("b").epoch
    past.add("b", changes("a", "b", "c", "d"))
    assert ids(past.recover("b", epoch, 1).changes) == ["b", "c", "d"]
    assert past.recover("b", epoch, 0).recovered is False


def test_more_than_fits_into_a_frame_is_not_told() -> None:
    """Whoever missed that much looks at the files."""
    past = history(most=10_000)
    epoch = past.point("b").epoch
    past.add("b", changes(*map(str, range(MOST_TOLD + 1))))
    assert past.recover("b", epoch, 0).recovered is False
    found = past.recover("b", epoch, 1)
    assert (found.recovered, len(found.changes)) == (True, MOST_TOLD)
    change = {"kind": "new", "id": "m" * 120, "state": "ARCHIVED", "from": "a" * 48}
    frame = encode("subbed", changes=[{"offset": 10**9, **change, "tier": "unknown"}] * MOST_TOLD)
    assert len(frame) < OUR_FRAME_BYTES


def test_a_reset_begins_anew() -> None:
    """Another epoch, from nothing; what was before is not told any more."""
    past = history()
    before = past.point("b")
    past.add("b", changes("a"))
    after = past.reset("b")
    assert after.epoch != before.epoch
    assert after.offset == 0
    assert past.recover("b", *before).recovered is False
    past.add("b", changes("x"))
    assert ids(past.recover("b", *after).changes) == ["x"]


def test_boxes_share_the_room_and_the_quiet_ones_give_way() -> None:
    """In all not more than that many, whatever the number of boxes."""
    past = history(most=10, most_in_all=15)
    quiet, busy = past.point("quiet"), past.point("busy")
    past.add("quiet", changes(*map(str, range(10))))
    past.add("busy", changes(*map(str, range(10))))
    assert past.recover("busy", *busy).recovered is True
    assert past.recover("quiet", *quiet).recovered is False
    assert ids(past.recover("quiet", quiet.epoch, 5).changes) == ["5", "6", "7", "8", "9"]


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 4) | st.just("reset")), max_size=40),
    st.integers(0, 6),
    st.integers(1, 12),
)
def test_recovery_never_lies(rounds: list[tuple[str, Any]], most: int, in_all: int) -> None:
    """Whatever happened: what is recovered from any point is all that came after it, in order."""
    past, all_of, points = history(most, in_all), {"a": [], "b": []}, []  # type: ignore[var-annotated]
    numbers = map(str, itertools.count())
    for box, what in rounds:
        if what == "reset":
            past.reset(box)
            all_of[box] = []
        else:
            new = list(itertools.islice(numbers, what))
            past.add(box, changes(*new))
            all_of[box] += new
        points.append((box, past.point(box)))
    for box, point in points:
        found = past.recover(box, *point)
        if found.recovered:
            assert ids(found.changes) == all_of[box][point.offset :]
        now = past.recover(box, *past.point(box))
        assert now.recovered
