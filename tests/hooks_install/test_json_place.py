"""What we did not write we do not touch: any JSON, however it is spelt."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgpost.hooks_install.entry import GATE, Entry
from orgpost.hooks_install.json_form import JsonForm
from orgpost.hooks_install.json_place import Page
from orgpost.hooks_install.json_text import Unfit, exact, parse

NUMBERS: Final = ["0", "-0", "1.0", "1e3", "1E+03", "-2.50e-7", "12345678901234567890", "1e400"]
WORDS: Final = ["true", "false", "null"]
STRINGS: Final = ['"a"', '""', r'"é\/\n"', '"é"', r'"\ud800"', '"}],{"', '"// no"', r'"\""']
KEYS: Final = ['"a"', '"b"', '"hooks"', r'"a"', '"x // y"', '"{"']
BLANKS: Final = ["", "", " ", "  ", "\n", "\n  ", "\t", "\r\n\t", " \n \n "]
COMMENTS: Final = ["// c, }\n", "/* c */", "/* {\n, */ ", " // \u00e9\r\n"]
OURS: Final = {"hooks": [{"type": "command", "args": ["a", "--b"], "timeout": 10}]}


@st.composite
def documents(draw: st.DrawFn, *, comments: bool = False) -> str:
    """The text of an object, with any blanks, spellings and keys that come twice."""
    blanks = st.sampled_from([*BLANKS, *(COMMENTS if comments else [])])

    def gap() -> str:
        return draw(blanks)

    def value(depth: int) -> str:
        kind = draw(st.integers(0, 4 if depth < 3 else 2))
        if kind > 2:
            return container(depth, is_object=kind == 3)
        return (
            draw(st.sampled_from([NUMBERS, WORDS, STRINGS][kind]))
            if kind
            else draw(st.sampled_from(NUMBERS))
        )

    def container(depth: int, *, is_object: bool) -> str:
        items = []
        for _ in range(draw(st.integers(0, 3))):
            key = f"{draw(st.sampled_from(KEYS))}{gap()}:{gap()}" if is_object else ""
            items.append(f"{gap()}{key}{value(depth + 1)}{gap()}")
        opening, closing = "{}" if is_object else "[]"
        return f"{opening}{','.join(items) or gap()}{closing}"

    return f"{gap()}{container(0, is_object=True)}{gap()}"


@st.composite
def tidy_documents(draw: st.DrawFn) -> str:
    """The text of an object as some program or person would write it."""
    leaf = st.integers() | st.text(max_size=5) | st.booleans() | st.none()
    tree = st.recursive(
        leaf,
        lambda t: st.lists(t, max_size=3) | st.dictionaries(st.text(max_size=4), t, max_size=3),
    )
    value = draw(st.dictionaries(st.text(max_size=4), tree, max_size=4))
    indent = draw(st.sampled_from([None, 1, 2, 4, 8, "\t"]))
    tight = draw(st.booleans())
    separators = (",", ":") if tight and indent is None else None
    text = json.dumps(value, indent=indent, separators=separators, ensure_ascii=draw(st.booleans()))
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    return text.replace("\n", newline) + draw(st.sampled_from(["", newline]))


def containers(page: Page) -> list[tuple[int, ...]]:
    """The places of all containers."""
    found: list[tuple[int, ...]] = []
    todo: list[tuple[int, ...]] = [()]
    while todo:
        place = todo.pop()
        node = page.at(place)
        if node.kind in {"{", "["}:
            found.append(place)
            todo += [(*place, number) for number in range(len(node.children))]
    return found


@given(st.data(), documents() | documents(comments=True) | tidy_documents())
def test_what_is_put_in_can_be_taken_out_to_the_byte(data: st.DataObject, text: str) -> None:
    """Into any container of any text; and nothing that was there is lost or moved."""
    page = Page(text)
    place = data.draw(st.sampled_from(containers(page)))
    box = page.at(place)
    key = "orgpost" if box.kind == "{" else None
    grown = page.insert(place, OURS, key)
    number = len(box.children)
    assert _is_within(text, grown.text)
    assert grown.at((*place, number)).exact() == exact(OURS)
    assert grown.cut((*place, number), text[box.start + 1 : box.end - 1]).text == text


ENTRIES: Final = [
    [
        Entry((), 1, key="version", is_mark=True),
        Entry(
            ("hooks", "a"), {"hooks": [{"command": "/x/orgpost-hook", "args": ["c"]}]}, event="a"
        ),
        Entry(("hooks", "b"), {"command": "/x/orgpost-hook c b"}, event="b"),
        Entry(("mcpServers",), {"command": "orgpost", "args": ["mcp"]}, key="orgpost"),
    ],
    [Entry(("hooks",), {"trigger": "a", "action": {"command": "/x/orgpost-hook c a"}}, event="a")],
]


@given(st.sampled_from(ENTRIES), documents() | documents(comments=True) | tidy_documents())
def test_all_that_a_client_gets_can_be_taken_out_of_any_file(
    entries: list[Entry], text: str
) -> None:
    """By place, with the containers that held nothing else; or nothing is put in at all."""
    form = JsonForm()
    try:
        grown = form.put(text, entries)
    except Unfit:
        return
    assert form.strip(grown, lambda found: found.program.name == GATE, entries, text) == text


@pytest.mark.slow
@given(st.data(), tidy_documents())
def test_other_readers_see_the_same(data: st.DataObject, text: str) -> None:
    """The standard library reads what was there, and ours."""
    grown = Page(text).insert((), OURS, "orgpost! ours")
    said = json.loads(grown.text)
    assert said.pop("orgpost! ours") == OURS
    assert said == json.loads(text)


@given(st.data(), documents(comments=True))
def test_a_value_is_exchanged_where_it_stands(data: st.DataObject, text: str) -> None:
    """What is before and behind stays."""
    page = Page(text)
    places = [
        (*place, number)
        for place in containers(page)
        for number in range(len(page.at(place).children))
    ]
    if not places:
        return
    place = data.draw(st.sampled_from(places))
    old = page.at(place)
    new = page.exchange(place, OURS)
    assert new.text.startswith(text[: old.start])
    assert new.text.endswith(text[old.end :])
    assert new.at(place).exact() == exact(OURS)


@given(st.data(), documents(comments=True))
def test_any_child_can_be_taken_out_or_it_is_said_that_it_cannot(
    data: st.DataObject, text: str
) -> None:
    """Also one that somebody else wrote: the rest says what it said."""
    page = Page(text)
    number = data.draw(st.integers(0, max(0, len(page.root.children) - 1)))
    if not page.root.children:
        return
    try:
        left = page.cut((number,))
    except Unfit:
        return
    wanted = [each for n, each in enumerate(page.root.children) if n != number]
    assert [each.exact() for each in left.root.children] == [each.exact() for each in wanted]


def _is_within(short: str, long: str) -> bool:
    """Every character of one text stands in the other, in order."""
    rest = iter(long)
    return all(letter in rest for letter in short)


@given(st.text(alphabet='{}[]",:0 1e.-\n/*truefalsn\\u', max_size=30))
def test_what_the_library_refuses_is_refused(text: str) -> None:
    """Except for comments we read exactly what is JSON."""
    try:
        said: Any = json.loads(text, parse_constant=_no)
    except (ValueError, RecursionError):
        if "/" not in text:
            with pytest.raises(Unfit):
                parse(text)
        return
    assert _same(parse(text).value(), said)


def _no(_word: str) -> None:
    raise ValueError


def _same(ours: Any, theirs: Any) -> bool:
    if isinstance(theirs, dict):
        return set(ours) == set(theirs) and all(_same(ours[key], theirs[key]) for key in theirs)
    if isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_same, ours, theirs))
    return bool((ours if isinstance(theirs, str) else json.loads(ours)) == theirs)


@pytest.mark.parametrize(
    ("text", "grown"),
    [
        ("{}", '{\n  "k": 1\n}'),
        ("{ }", '{\n  "k": 1\n }'),
        ("{\n}\n", '{\n  "k": 1\n}\n'),
        ('{"a":1}', '{"a":1,"k":1}'),
        ('{"a": 1}', '{"a": 1, "k": 1}'),
        ('{\n\t"a": 1\n}', '{\n\t"a": 1,\n\t"k": 1\n}'),
        ('{\r\n    "a": 1\r\n}', '{\r\n    "a": 1,\r\n    "k": 1\r\n}'),
        ('{\n  "a": 1 // one\n}', '{\n  "a": 1, // one\n  "k": 1\n}'),
        ('{"a": 1,\n "b": 2}', '{"a": 1,\n "b": 2,\n "k": 1}'),
        ("{\n  // nothing yet\n}", '{\n  // nothing yet\n  "k": 1\n}'),
    ],
)
def test_new_text_follows_the_manner_of_the_old(text: str, grown: str) -> None:
    """Indentation, blanks, line ends."""
    assert Page(text).insert((), 1, "k").text == grown


def test_a_comma_before_the_end_stays_one() -> None:
    """Where a client may write it."""
    page = Page('{\n  "a": 1,\n}', trailing_commas=True)
    grown = page.insert((), 1, "k")
    assert grown.text == '{\n  "a": 1,\n  "k": 1,\n}'
    assert grown.cut((1,)).text == page.text


def test_of_two_equal_keys_the_last_one_counts() -> None:
    """It is the one that every client reads."""
    page = Page('{"a": {"x": 1}, "a": {"y": 2}}')
    assert page.find(("a", "y")) == ((1, 0), 2)


@pytest.mark.parametrize("text", ["[" * 1000, "", "{", '{"a" 1}', '{"a": 1,}', "{'a': 1}", "{} {}"])
def test_what_is_no_json_is_refused_with_its_line(text: str) -> None:
    """Never a recursion error."""
    with pytest.raises(Unfit, match="line 1: "):
        parse(text)
