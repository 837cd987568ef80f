"""Reading YAML that a person wrote: plain data with lines, and every trick as a problem."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import orgpost
from orgpost.yaml_text import DEEPEST, LARGEST_FILE, Parsed, read_yaml

BOMB: Final = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


def read(text: str | bytes) -> Parsed:
    """Read it under some name."""
    return read_yaml(text.encode() if isinstance(text, str) else text, "f.yaml")


def told(text: str | bytes) -> list[tuple[int | None, str, str]]:
    """The problems, each as line, key and words."""
    return [(it["line"], it["key"], it["problem"]) for it in read(text).problems]


def test_plain_data_comes_out_as_yaml_means_it() -> None:
    """Maps, lists, text, numbers, truths, dates and nothing."""
    text = "a: 1\nb: [x, 'y', 2.5, yes, ~]\nc:\n  d: 2026-11-20\n  e: |\n    two\n    lines\n"
    assert read(text).data == {
        "a": 1,
        "b": ["x", "y", 2.5, True, None],
        "c": {"d": dt.date(2026, 11, 20), "e": "two\nlines\n"},
    }


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False)
    | st.dates()
    | st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abc:#-' é", max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(PLAIN, st.sampled_from(["block", "flow", "mixed"]))
def test_plain_data_is_read_as_the_library_reads_it(data: object, style: str) -> None:
    """Our reader adds lines and refuses tricks; it does not have an opinion of its own."""
    text = yaml.safe_dump(
        data, default_flow_style={"block": False, "flow": True}.get(style), allow_unicode=True
    )
    assert (read(text).data, read(text).problems) == (yaml.safe_load(text), [])


def test_each_value_knows_its_text() -> None:
    """An edit by place finds exactly the bytes of a value."""
    page = read("# c\nactors:\n- id: tex   # me\n  tags: [a, 'b ']\n\n# end\nlast:\n")
    texts = {path: page.text[mark.start : mark.end] for path, mark in page.marks.items()}
    assert texts == {
        (): page.text[4:].replace("\n\n# end\n", "\n\n# end\n").rstrip(),
        ("actors",): "- id: tex   # me\n  tags: [a, 'b ']",
        ("actors", 0): "id: tex   # me\n  tags: [a, 'b ']",
        ("actors", 0, "id"): "tex",
        ("actors", 0, "tags"): "[a, 'b ']",
        ("actors", 0, "tags", 0): "a",
        ("actors", 0, "tags", 1): "'b '",
        ("last",): "",
    }


def test_the_line_of_a_value_is_the_line_of_its_key() -> None:
    """That is where a person looks."""
    page = read("a:\n\n  - b\n  - c: 1\n")
    lines = {path: page.line(path) for path in [("a",), ("a", 0), ("a", 1, "c"), ("a", 9, "z")]}
    assert lines == {("a",): 1, ("a", 0): 3, ("a", 1, "c"): 4, ("a", 9, "z"): 1}


@pytest.mark.parametrize("text", ["", "\n\n", "# only\n\n  # comments\n", "---\n", "\ufeff# c\n"])
def test_an_empty_file_is_no_problem(text: str) -> None:
    """It says nothing, and that is allowed."""
    assert (read(text).data, read(text).problems) == (None, [])


def test_a_file_of_comments_does_not_cost_the_import_of_yaml() -> None:
    """The example file is one; a command that starts pays for what it needs."""
    code = (
        "import sys; from orgpost.yaml_text import read_yaml; "
        "read_yaml(b'# a: 1\\n\\n', 'f'); print('yaml' in sys.modules)"
    )
    lib = str(Path(orgpost.__file__).parents[1])
    said = subprocess.check_output([sys.executable, "-c", code], env={"PYTHONPATH": lib}, text=True)
    assert said == "False\n"


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("a: 1\nb: 2\na: 3\n", [(3, "a", "is there twice, first in line 1")]),
        ("a:\n  b: 1\n  b: 2\n", [(3, "a.b", "is there twice, first in line 2")]),
        ("- {a: 1, a: 2}\n", [(1, "[0].a", "is there twice, first in line 1")]),
        ("1: x\n", [(1, "", "has the key '1', which is no text")]),
        ("on: x\n", [(1, "", "has the key 'on', which is no text")]),
        ("? [a]\n: b\n", [(1, "", "has a key that is no text")]),
        ("a: &x 1\nb: *x\n", [(2, "b", "is an alias, and aliases are not followed")]),
        ("a: &x [*x]\n", [(1, "a[0]", "is an alias, and aliases are not followed")]),
        ("a: 1\n---\nb: 2\n", [(2, "", "begins a second document")]),
        ("a: 2026-13-45\n", [(1, "a", "cannot be read as timestamp")]),
        ("a: !!int x\n", [(1, "a", "cannot be read as int")]),
        ("a: !!bool x\n", [(1, "a", "cannot be read as bool")]),
        ("a: !!timestamp x\n", [(1, "a", "cannot be read as timestamp")]),
        ("a: " + "9" * 5000 + "\n", [(1, "a", "cannot be read as int")]),
        ("a: !x 1\n", [(1, "a", "has the tag !x")]),
        ("!x 1\n", [(1, "", "has the tag !x")]),
        ("a: !!set {x}\n", [(1, "a", "has the tag tag:yaml.org,2002:set")]),
        ("a: b\nc: \x01\n", [(2, "", "has the character U+0001, which YAML refuses")]),
        ("a: b\nc: \x00", [(2, "", "has the character U+0000, which YAML refuses")]),
        (b"a: 1\nb: \xff\n", [(2, "", "is not UTF-8 from byte 8 on")]),
        ("a: 1\n".encode("utf-16"), [(1, "", "is not UTF-8 from byte 0 on")]),
        (b"a: \xed\xa0\x80\n", [(1, "", "is not UTF-8 from byte 3 on")]),
    ],
)
def test_what_is_no_plain_data_is_a_problem_with_its_line(
    text: str | bytes, problems: list[tuple[int, str, str]]
) -> None:
    """Nothing is guessed, and nothing is an exception."""
    assert told(text) == problems


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [("a: [\n", 2, 1), ("a: b\n  c: d\n", 2, 4), ("a: b\n\tc: d\n", 2, 1), ("'a\n", 2, 1)],
)
def test_bad_yaml_is_told_with_line_and_column(text: str, line: int, column: int) -> None:
    """The words are the library's; where to look is ours to say."""
    [(where, _, words)] = told(text)
    assert (where, words.split(":")[0]) == (line, f"column {column}")


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system", "!!python/name:os.system", "!!binary", "!<x>"]
)
def test_a_tag_runs_nothing(tag: str) -> None:
    """Neither on a scalar nor on a list."""
    assert [len(told(f"a: {tag} [touch x]\n")), len(told(f"a: {tag} 'touch x'\n"))] == [1, 1]


def test_plain_tags_are_plain_data() -> None:
    """Who writes !!str means text."""
    page = read("a: !!str 3\nb: !!seq [1]\nd: =\n")
    assert (page.data, page.problems) == ({"a": "3", "b": [1], "d": "="}, [])


def test_all_problems_are_told_at_once() -> None:
    """One look into the file mends them all."""
    assert [line for line, _, _ in told("a: 1\na: 2\nb: !x 1\n3: c\nd: *e\n")] == [2, 3, 4, 5]


def test_a_value_that_was_a_problem_counts_as_not_given() -> None:
    """Who checks the data does not tell it a second time."""
    assert read("a: !x 1\nb: *c\nc: 2026-02-31\nd: 1\n").data == {"d": 1}


def test_a_bomb_of_aliases_does_not_go_off() -> None:
    """387 million elements in 500 bytes."""
    assert {problem for _, _, problem in told(BOMB)} == {
        "is an alias, and aliases are not followed"
    }


@pytest.mark.parametrize(
    "piece",
    ["[", "{a: ", pytest.param("- ", marks=pytest.mark.slow), "? ", "[[{a: ", "{"],
)
def test_a_megabyte_of_beginnings_is_one_problem(piece: str) -> None:
    """Depth is limited before the stack is."""
    text = piece * ((LARGEST_FILE - 10) // len(piece))
    assert told(text)[-1][2] == f"holds more than {DEEPEST} levels"


def test_what_a_person_nests_is_read() -> None:
    """The limit is far away from any settings."""
    text = "[" * DEEPEST + "]" * DEEPEST
    assert told(text) == []


def test_more_than_a_megabyte_is_not_read() -> None:
    """However plain it is."""
    assert told(b"a" * (LARGEST_FILE + 1)) == [(1, "", "is larger than 1048576 bytes")]
    assert told(b"a" * LARGEST_FILE) == []


@given(
    st.binary(max_size=200)
    | st.text("ab:-[]{}#&*!|>'\"%@`,? \n\t\r\u2028", max_size=60).map(str.encode)
)
def test_whatever_the_bytes_reading_returns(data: bytes) -> None:
    """No file takes a command down."""
    page = read(data)
    assert page.data is None or page.marks


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_a_byte_order_mark_stays_where_it_was(bom: bytes) -> None:
    """Offsets count from behind it, and it is put back."""
    page = read(bom + b"a: 1\n")
    assert page.text[page.marks["a",].start] == "1"
    assert page.encode(page.text) == bom + b"a: 1\n"


def test_without_the_c_library_the_same_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML is also installed without libyaml."""
    text = "a: 1\nb: {c: [d, 'e']}\nf:\n  - g: h\n    i:\n"
    fast = read(text)
    monkeypatch.delattr(yaml, "CSafeLoader")
    slow = read(text)
    assert (slow.data, slow.problems, slow.marks) == (fast.data, fast.problems, fast.marks)
