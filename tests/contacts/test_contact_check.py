"""Checking contacts.yaml: every fault with its line, and the actors that are right all the same."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgpost.contact import Actor, Contacts
from orgpost.contact_check import contacts_of
from orgpost.yaml_text import read_yaml

GOOD = """\
# who is who here
actors:
  - id: tex            # required
    name: Tex Novak
    kind: person
    trust_tier: owner
    handles: ["@tex", "@Boss"]
    added: 2026-11-20
  - {id: tex-agent, kind: agent, owner: tex, trust_tier: team, added: "2026-11-20"}
  - {id: crt, kind: person}
  - {id: h-1, kind: helper, owner: tex-agent}
"""


def check(text: str) -> Contacts:
    """Check a text that is good YAML."""
    page = read_yaml(text.encode(), "contacts.yaml")
    assert page.problems == []
    return contacts_of(page.data, "contacts.yaml", page.line)


def told(text: str) -> list[tuple[int | None, str, str]]:
    """The problems, each as line, key and words."""
    return [(it["line"], it["key"], it["problem"]) for it in check(text).problems]


def test_a_good_file_gives_its_actors_in_order() -> None:
    """A person needs no more than id and kind."""
    contacts = check(GOOD)
    assert (contacts.problems, contacts.warnings) == ((), ())
    day = date(2026, 11, 20)
    assert contacts.actors == (
        Actor(
            id="tex",
            name="Tex Novak",
            kind="person",
            trust_tier="owner",
            handles=("@tex", "@Boss"),
            added=day,
        ),
        Actor(
            id="tex-agent",
            name="tex-agent",
            kind="agent",
            owner="tex",
            trust_tier="team",
            added=day,
        ),
        Actor(id="crt", name="crt", kind="person"),
        Actor(id="h-1", name="h-1", kind="helper", owner="tex-agent"),
    )


@pytest.mark.parametrize("text", ["", "actors:\n", "actors: []\n", "# nobody\n", "actors: ~\n"])
def test_nobody_is_no_problem(text: str) -> None:
    """A new space may be empty."""
    assert (check(text).actors, check(text).problems) == ((), ())


@pytest.mark.parametrize(
    ("actor", "key", "problem"),
    [
        ("{kind: person}", "", "has no id"),
        ("{id: Tex, kind: person}", ".id", "'Tex' is no name: 1 to 48 of a-z 0-9 _ -, beginning"),
        ("{id: import, kind: person}", ".id", "'import' is a reserved name"),
        ("{id: 007, kind: person}", ".id", "7 is no text (put it in quotes)"),
        ("{id: on, kind: person}", ".id", "True is no text (put it in quotes)"),
        ("{id: bob@hostb, kind: person}", ".id", "'bob@hostb' is no name"),
        ("{id: ann, kind: person}", ".id", "ann is there twice, first in line 2"),
        ("{id: x}", "", "has no kind"),
        ("{id: x, kind: robot}", ".kind", "'robot' is no kind"),
        ("{id: x, kind: [person]}", ".kind", "what stands here is no kind"),
        ("{id: x, kind: agent}", "", "is of kind agent and has no owner"),
        ("{id: x, kind: helper}", "", "is of kind helper and has no owner"),
        ("{id: x, kind: agent, owner: nobody}", ".owner", "nobody is no actor of this file"),
        ("{id: x, kind: agent, owner: x}", ".owner", "owns itself"),
        ("{id: x, kind: agent, owner: 7}", ".owner", "7 is no text (put it in quotes)"),
        ("{id: x, kind: person, owner: ann}", ".owner", "a person has no owner"),
        ("{id: x, kind: person, trust_tier: boss}", ".trust_tier", "'boss' is no tier"),
        ("{id: x, kind: agent, owner: ann, trust_tier: owner}", ".trust_tier", "only a person can"),
        ("{id: x, kind: person, name: 7}", ".name", "must be text of one line"),
        ('{id: x, kind: person, name: "a\\nb"}', ".name", "must be text of one line"),
        ('{id: x, kind: person, name: "a\\u2028b"}', ".name", "must be text of one line"),
        ('{id: x, kind: person, name: "a\\eb"}', ".name", "must be text of one line"),
        ("{id: x, kind: person, handles: '@x'}", ".handles", "must be a list of handles"),
        ("{id: x, kind: person, handles: [x]}", ".handles[0]", "'x' is no handle"),
        ("{id: x, kind: person, handles: ['@ok', '@a b']}", ".handles[1]", "'@a b' is no handle"),
        (
            "{id: x, kind: person, handles: ['@ANN1']}",
            ".handles[0]",
            "@ANN1 is a handle of ann too",
        ),
        ("{id: x, kind: person, handles: ['@x', '@X']}", ".handles[1]", "@X is a handle of x too"),
        (
            "{id: x, kind: person, handles: ['@Ann']}",
            ".handles[0]",
            "@Ann is the id of another actor",
        ),
        ("{id: x, kind: person, added: soon}", ".added", "'soon' is no date"),
        ("{id: x, kind: person, added: 2026-11-20 10:00:00}", ".added", "datetime.datetime("),
        ("{id: x, kind: person, added: 7}", ".added", "7 is no date"),
        ("x", "", "is no map with id and kind"),
    ],
)
def test_a_fault_is_told_with_place_and_line(actor: str, key: str, problem: str) -> None:
    """And the others are known all the same."""
    text = "actors:\n  - {id: ann, kind: person, handles: ['@ann1']}\n  - " + actor + "\n"
    [(line, place, words)] = told(text)
    assert (line, place) == (3, f"actors[1]{key}")
    assert words.startswith(problem)
    assert check(text).resolve("@ann1").id == "ann"


@pytest.mark.parametrize("text", ["- a\n", "x\n", "7\n", "actors: {}\n", "actors: tex\n"])
def test_a_file_of_another_shape_is_told(text: str) -> None:
    """Once."""
    assert len(told(text)) == 1


def test_two_actors_with_one_handle_are_told_with_both_lines() -> None:
    """Who mends it sees both; until then the first one counts."""
    text = (
        "actors:\n- id: tex\n  kind: person\n  handles: ['@gz']\n"
        "- id: crt\n  kind: person\n  handles:\n  - '@x'\n  - '@GZ'\n"
    )
    assert told(text) == [(9, "actors[1].handles[1]", "@GZ is a handle of tex too, line 4")]
    assert check(text).resolve("@gz").id == "tex"


def test_all_faults_of_all_actors_are_told_at_once() -> None:
    """One look into the file mends them all."""
    text = "actors:\n- {id: A, kind: x, owner: B}\n- {kind: agent}\n- 7\n- {id: b, kind: person}\n"
    assert [line for line, _, _ in told(text)] == [4, 2, 2, 2, 3, 3]
    assert [actor.id for actor in check(text).actors] == ["b"]


def test_whose_id_or_kind_is_no_use_is_nobody() -> None:
    """Whoever has another fault is there, as far as they are trusted without it."""
    text = "actors:\n- {id: a}\n- {id: b, kind: robot}\n- {kind: person}\n"
    text += "- {id: c, kind: person, name: 7, trust_tier: boss, handles: x, added: x}\n"
    assert check(text).actors == (Actor(id="c", name="c", kind="person"),)


def test_a_name_has_an_end() -> None:
    """Two hundred and fifty characters are a name, more are a text."""
    text = "actors: [{id: a, kind: person, name: %s}]"
    assert [len(told(text % ("x" * length))) for length in (250, 251)] == [0, 1]


def test_unknown_keys_are_kept_and_warned_of() -> None:
    """They may be somebody's, or a later version's."""
    contacts = check("version: 2\nactors:\n- {id: a, kind: person, phone: 1}\n")
    assert contacts.problems == ()
    assert [(it["line"], it["key"]) for it in contacts.warnings] == [
        (1, "version"),
        (3, "actors[0].phone"),
    ]


def test_a_name_of_blanks_is_none() -> None:
    """The id stands for it."""
    assert check("actors: [{id: a, kind: person, name: '  '}]").actors[0].name == "a"


TREE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["actors", "id", "kind", "owner", "name", "handles", "trust_tier", "added", "x"]
            ),
            inner,
        )
    ),
)


@given(TREE, st.lists(TREE, max_size=3))
def test_whatever_the_tree_checking_returns(tree: object, actors: list[object]) -> None:
    """No file takes a reader down, and whoever is known has a legal name."""
    for data in (tree, {"actors": actors}):
        contacts = contacts_of(data, "f", lambda _: 1)
        assert all(contacts.resolve(actor.id) is actor for actor in contacts.actors)
