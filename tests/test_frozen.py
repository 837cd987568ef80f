"""Frozen values are what `dataclasses` would have made, for whoever asks, and cost less."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from orgpost import frozen
from orgpost.contact import Actor
from orgpost.message import Message

LIB: Final = Path(__file__).resolve().parents[1] / "lib"


@frozen.dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """A value."""

    id: str
    size: int = 1
    more: dict[str, str] = frozen.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Theirs:
    """The same value, as the standard library makes it."""

    id: str
    size: int = 1
    more: dict[str, str] = dataclasses.field(default_factory=dict)


ONE: Final = Ours(id="one")


@pytest.mark.parametrize("ask", [dataclasses.asdict, dataclasses.astuple, repr, dataclasses.fields])
def test_it_answers_as_a_dataclass_does(ask: Any) -> None:
    """Whoever has a value of ours may treat it as any dataclass."""
    assert str(ask(ONE)) == str(ask(Theirs(id="one"))).replace("Theirs", "Ours")


@pytest.mark.parametrize("real", [Actor, Message, Ours])
def test_it_is_a_dataclass(real: type) -> None:
    """The promised values are, and say what they are made of."""
    assert dataclasses.is_dataclass(real)
    names = [field.name for field in dataclasses.fields(real)]
    assert list(inspect.signature(real).parameters) == names == list(real.__annotations__)
    assert vars(real)["__slots__"] == tuple(names)
    assert vars(real)["__dataclass_params__"].frozen


def test_it_does_not_change() -> None:
    """Neither by setting nor by deleting; a change is a new value."""
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'id'"):
        ONE.id = "two"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'id'"):
        del ONE.id
    assert ONE.id == "one"


@pytest.mark.parametrize("replace", [dataclasses.replace, frozen.replace])
def test_a_change_is_a_new_value(replace: Any) -> None:
    """By our word for it and by the standard library's."""
    two = replace(ONE, size=2)
    assert (two, ONE.size) == (Ours(id="one", size=2), 1)
    with pytest.raises(TypeError, match="weight"):
        replace(ONE, weight=2)


def test_two_values_are_equal_where_all_is() -> None:
    """Equal ones have the same hash; a value of another class is another one."""
    assert Ours(id="one") == ONE
    assert Ours(id="one", more={"a": "b"}) != ONE
    assert ONE != Theirs(id="one")  # type: ignore[comparison-overlap]
    first, second = (Actor(id="tex", name="Tex", kind="person") for _ in range(2))
    assert hash(first) == hash(second)


def test_a_default_that_is_made_is_made_anew() -> None:
    """Two values never share one."""
    assert Ours(id="one").more is not ONE.more


@pytest.mark.parametrize("facts", [{}, {"id": "one", "weight": 2}])
def test_it_takes_its_facts_by_name_and_no_others(facts: dict[str, Any]) -> None:
    """One that is missing, or that nobody knows, is named."""
    with pytest.raises(TypeError, match=r"Ours: missing or unexpected: (id|weight)"):
        Ours(**facts)


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))]
)
def test_it_can_be_copied_and_sent_elsewhere(copied: Any) -> None:
    """To another process, too."""
    assert copied(ONE) == ONE


def test_only_one_kind_is_made() -> None:
    """Whoever wants another one is told so, not given this one."""
    with pytest.raises(TypeError, match="only frozen"):
        frozen.dataclass(frozen=True, slots=False, kw_only=True)


def test_what_is_no_value_is_no_dataclass() -> None:
    """The frame that all values have in common has no fields of its own."""
    assert not dataclasses.is_dataclass(Ours.__mro__[1])


def test_a_value_is_made_without_what_is_heavy() -> None:
    """To make one, compare it and change it needs no `dataclasses`, and so no `inspect`."""
    program = (
        "import sys; from orgpost.contact import Actor; from orgpost.frozen import replace;"
        "a = Actor(id='tex', name='Tex', kind='person'); assert replace(a, id='crt') != a;"
        "print(*{'dataclasses', 'inspect'} & {*sys.modules})"
    )
    words = [sys.executable, "-S", "-c", f"import sys; sys.path.append({str(LIB)!r}); {program}"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


class Place(frozen.NamedTuple):
    """A named tuple of ours."""

    line: int
    column: int = 0

    @property
    def words(self) -> str:
        """Say it."""
        return f"{self.line}:{self.column}"


class RealPlace(NamedTuple):
    """The same, as the standard library makes it."""

    line: int
    column: int = 0


@pytest.mark.parametrize(
    "ask",
    [
        repr,
        tuple,
        copy.copy,
        lambda place: place._asdict(),
        lambda place: place._replace(column=7),
        lambda place: place._make([1, 2]),
        lambda place: (place._fields, place.__match_args__, place[0], place.column),
    ],
)
def test_a_named_tuple_answers_as_the_real_one(ask: Any) -> None:
    """Whoever knows the one knows the other."""
    assert str(ask(Place(3, column=4))) == str(ask(RealPlace(3, column=4))).replace("Real", "")


def test_a_named_tuple_has_defaults_and_words_of_its_own() -> None:
    """And can be taken apart, compared and pickled."""
    line, column = Place(3)
    assert (line, column, Place(3).words) == (3, 0, "3:0")
    assert pickle.loads(pickle.dumps(Place(3))) == Place(line=3) == (3, 0)
    assert not hasattr(Place(3), "__dict__")


@pytest.mark.parametrize("facts", [{}, {"line": 3, "row": 1}])
def test_a_named_tuple_takes_no_others(facts: dict[str, Any]) -> None:
    """Nor does a change of it."""
    with pytest.raises(TypeError):
        Place(**facts)
    with pytest.raises(ValueError, match="row"):
        Place(3)._replace(row=1)  # type: ignore[call-arg]
