"""Changing YAML by place: the bytes that were not meant are there afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from orgpost.errors import Failed
from orgpost.yaml_place import add_item, flow, remove_item, set_value
from orgpost.yaml_text import read_yaml

if TYPE_CHECKING:
    import random

    from orgpost.errors import KeyPath

TWO_COMMENTS: Final = "actors:\n  # me\n  # him\n  - id: b\n"
NEW: Final = {"id": "new", "kind": "person"}


def put(text: str, path: KeyPath, value: object) -> str:
    """Set a value in a text."""
    return set_value(read_yaml(text.encode(), "f.yaml"), path, value).decode()


def added(text: str) -> str:
    """Add an actor to a text."""
    return add_item(read_yaml(text.encode(), "f.yaml"), ("actors",), NEW).decode()


def removed(text: str, number: int) -> str:
    """Take an actor out of a text."""
    return remove_item(read_yaml(text.encode(), "f.yaml"), ("actors",), number).decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "a:\n  b: 7\n"),
        ("# only this\n", "# only this\na:\n  b: 7\n"),
        ("# no end", "# no end\na:\n  b: 7\n"),
        ("a:\n", "a:\n  b: 7\n"),
        ("a:   # soon\nz: 1\n", "a:   # soon\n  b: 7\nz: 1\n"),
        ("a: {}\n", "a:\n  b: 7\n"),
        ("a: ~  # x\n", "a:  # x\n  b: 7\n"),
        ("a:\n  c: 1  # one\n\n# z\nz: 1\n", "a:\n  c: 1  # one\n  b: 7\n\n# z\nz: 1\n"),
        ("a:\n  b: 1  # one\n  c: 2\n", "a:\n  b: 7  # one\n  c: 2\n"),
        ("a:\n  b:   # one\n  c: 2\n", "a:\n  b: 7   # one\n  c: 2\n"),
        ("a: {c: 1}  # one\n", "a: {c: 1, b: 7}  # one\n"),
        ("a: {b: 1, c: 2, }\n", "a: {b: 7, c: 2, }\n"),
        ("a: {c: 2, }\n", "a: {c: 2, b: 7, }\n"),
        ("{a: {}}\n", "{a: {b: 7}}\n"),
        ("{}\n", "{a: {b: 7}}\n"),
        ('{"a": {"c": 1}}', '{"a": {"c": 1, b: 7}}'),
        ("z: 1\r\na:\r\n  c: 2\r\n", "z: 1\r\na:\r\n  c: 2\r\n  b: 7\r\n"),
        (
            "a:\n  b:  # list\n    - 1\n    # in it\n    - 2  # two\n  c: 1\n",
            "a:\n  b: 7  # list\n  c: 1\n",
        ),
        ("a:\n  b: |\n    x\n    y\n\n  # c\n  c: 1\n", "a:\n  b: 7\n\n  # c\n  c: 1\n"),
        ("a:\n  b:\n    x\n", "a:\n  b:\n    7\n"),
        ("  a:\n      b: 1\n", "  a:\n      b: 7\n"),
        ("'a':\n  \"b\": 1\n", "'a':\n  \"b\": 7\n"),
        ("---\na: {b: 1}\n...\n", "---\na: {b: 7}\n...\n"),
        ("a:\n  c: 1", "a:\n  c: 1\n  b: 7\n"),
    ],
)
def test_a_value_is_set_and_nothing_else(before: str, after: str) -> None:
    """Comments, blanks, line ends, quotes and order stay as the person left them."""
    assert put(before, ("a", "b"), 7) == after


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("a:\n  c: 1\n", ["@x", "z"], 'a:\n  c: 1\n  b: ["@x", z]\n'),
        ("a:\n  c: 1\n", {"x": "z"}, "a:\n  c: 1\n  b:\n    x: z\n"),
        ("a:\n  b: {c: 1}  # z\n", {"x": "z"}, "a:\n  b: {x: z}  # z\n"),
        ("a:\n  b:\n    c: 1\n", {}, "a:\n  b: {}\n"),
        ("a:\n  b:\n    c: 1\n", [{}], "a:\n  b: [{}]\n"),
    ],
)
def test_lists_and_maps_are_written_where_they_are_easy_to_read(
    before: str, value: object, after: str
) -> None:
    """Words in a line of their own brackets, a new map in lines; what was flow stays flow."""
    assert put(before, ("a", "b"), value) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "actors:\n  - id: new\n    kind: person\n"),
        ("x: 1\n", "x: 1\nactors:\n  - id: new\n    kind: person\n"),
        ("actors:\n", "actors:\n  - id: new\n    kind: person\n"),
        ("actors: []  # none\nx: 1\n", "actors:  # none\n  - id: new\n    kind: person\nx: 1\n"),
        (
            "actors:\n- id: tex  # me\n\n# end\n",
            "actors:\n- id: tex  # me\n- id: new\n  kind: person\n\n# end\n",
        ),
        (
            "actors:\n  -  id: a\n     x: |\n      y\n\n#end\n",
            "actors:\n  -  id: a\n     x: |\n      y\n  - id: new\n    kind: person\n\n#end\n",
        ),
        (
            "actors:\r\n  - {id: tex}",
            "actors:\r\n  - {id: tex}\r\n  - id: new\r\n    kind: person\r\n",
        ),
        (
            "actors: [{id: tex}, {id: crt}]  # two\n",
            "actors:  # two\n  - {id: tex}\n  - {id: crt}\n  - id: new\n    kind: person\n",
        ),
        (
            "actors: [ # 1\n {id: a,\n  x: 1}, # me\n # b:\n {id: b}\n #z\n]\n",
            (
                "actors:\n  # 1\n  - {id: a,\n      x: 1}  # me\n  # b:\n  - {id: b}\n  #z\n  "
                "- id: new\n    kind: person\n"
            ),
        ),
        ('{"actors": [{"id": "tex"}]}', '{"actors": [{"id": "tex"}, {id: new, kind: person}]}'),
        ("{actors: []}", "{actors: [{id: new, kind: person}]}"),
    ],
)
def test_an_item_is_added_and_only_flow_style_changes(before: str, after: str) -> None:
    """A list in flow style becomes one in block style; its items and comments stay."""
    assert added(before) == after


@pytest.mark.parametrize(
    ("before", "number", "after"),
    [
        (
            "actors:\n  # me\n  - id: a  # x\n    k: 1\n  # him\n  - id: b\n",
            0,
            "actors:\n  # me\n  # him\n  - id: b\n",
        ),
        ("actors:\n- id: a\n\n# him\n-\n  id: b\n# end\n", 1, "actors:\n- id: a\n\n# him\n# end\n"),
        ("actors:\n  - id: a\nx: 1\n", 0, "actors:\nx: 1\n"),
        ("actors:\n  - id: a", 0, "actors:\n"),
        ("actors: [{id: a}, {id: b}, {id: c}]\n", 0, "actors: [{id: b}, {id: c}]\n"),
        ("actors: [{id: a}, {id: b}, {id: c}]\n", 1, "actors: [{id: a}, {id: c}]\n"),
        ("actors: [{id: a}, {id: b}, {id: c}]\n", 2, "actors: [{id: a}, {id: b}]\n"),
        ("actors: [{id: a}]  # z\n", 0, "actors: []  # z\n"),
        (
            "actors: [{id: a}, # me, I\n  {id: b} # him\n]\n",
            0,
            "actors: [# me, I\n  {id: b} # him\n]\n",
        ),
        ("actors: [{id: a} # me, I\n , {id: b}]\n", 1, "actors: [{id: a} # me, I\n ]\n"),
    ],
)
def test_an_item_is_removed_and_nothing_else(before: str, number: int, after: str) -> None:
    """The comments of others stay, also those beside it."""
    assert removed(before, number) == after


def test_what_cannot_be_proved_is_refused() -> None:
    """A change that would say something else as well is left to a person."""
    with pytest.raises(Failed) as refused:
        put("a: 1\nb: 2\n", ("b",), float("nan"))
    assert refused.value.hint == "edit line 2 of f.yaml by hand"


WORDS: Final = (
    *("yes", "No", "null", "~", "1", "1.5", "0x1", "2026-11-20", "12:30", "@tex", "#", "-", "[a]"),
    *("{a}", "'", '"', "\\", "&a", "*a", "!a", "%", "=", "<<", "é", "😀", "/tmp/x", "~/x"),
)
LINES: Final = ["", " a", "a ", "a: b", "a #b", "a, b", "x\ty", "x\ny", "Tex Novak", "a  b"]


@pytest.mark.parametrize("text", [*WORDS, *LINES, *"\x7f\x85\u2028\ufeff"], ids=ascii)
def test_text_comes_back_as_text(text: str) -> None:
    """Whatever YAML might take it for."""
    assert yaml.safe_load(f"a: {flow(text)}") == {"a": text}
    assert yaml.safe_load(f"[{flow([text])}, {flow({text: text})}]") == [[text], {text: text}]


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.dates()
    | st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abc:#-' é", max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(PLAIN)
def test_one_line_says_what_the_data_says(data: object) -> None:
    """Write and read are inverses."""
    assert read_yaml(flow(data).encode(), "f").data == data


def scribble(draw: random.Random, actors: list[dict[str, Any]]) -> str:
    """Write contacts as some person might: any style, comments anywhere."""
    newline = draw.choice(["\n", "\n", "\r\n"])
    pad = " " * draw.choice([0, 2, 4])

    def remark(*indents: str) -> list[str]:
        return [f"{draw.choice(indents)}# {draw.choice(['- id: x', 'a, b', ']'])}"] * draw.choice(
            [0, 0, 1]
        )

    def beside() -> str:
        return draw.choice(["", "", "  # so: it, is", " "])

    lines = remark("", "  ")
    if draw.random() < 0.3:
        items = [
            f"{flow(actor)}{draw.choice([',', ' , ', ',  # one, two' + newline + '   '])}"
            for actor in actors
        ]
        lines.append(f"actors: [{''.join(items)}]{beside()}")
    else:
        lines.append(f"actors:{beside()}")
        for actor in actors:
            lines += remark(pad)
            if draw.random() < 0.3:
                lines.append(f"{pad}- {flow(actor)}{beside()}")
                continue
            entries = [f"{key}: {flow(value)}{beside()}" for key, value in actor.items()]
            lines.append(f"{pad}- {entries[0]}")
            for entry in entries[1:]:
                lines += [*remark(pad + "  ", pad), f"{pad}  {entry}"]
    lines += remark("")
    if draw.random() < 0.4:
        lines += ["", f"other: 1{beside()}", *remark("")]
    return newline.join(lines) + draw.choice([newline, newline, ""])


@pytest.mark.parametrize("turn", range(120))
def test_in_any_style_a_change_says_what_is_meant_and_keeps_the_rest(
    turn: int, rng: random.Random
) -> None:
    """No style of a person's is refused, and what goes is what was named."""
    fields = {"id": "tex", "kind": "person", "name": "Tex: #1", "handles": ["@a", "@b"]}
    actors = [
        {key: value for key, value in fields.items() if key == "id" or rng.random() < 0.6}
        for _ in range(rng.randrange(1, 5))
    ]
    text = scribble(rng, actors)
    number = rng.randrange(len(actors))
    tiered = put(text, ("actors", number, "trust_tier"), "team")
    grown, shrunk = added(text), removed(text, number)
    del actors[number]
    assert (yaml.safe_load(shrunk)["actors"] or []) == actors
    assert is_inside(text, tiered)
    assert is_inside(text, grown) or "actors: [" in text
    assert is_inside(shrunk, text)
    assert [line.count("#") for line in (grown, tiered)] == [text.count("#")] * 2


def is_inside(small: str, large: str) -> bool:
    """Tell whether one can be made of the other by leaving out."""
    rest = iter(large)
    return all(letter in rest for letter in small)
