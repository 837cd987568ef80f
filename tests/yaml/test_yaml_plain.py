"""The quick reader of YAML: what it answers is what the library answers, or it does not answer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

import orgpost
from orgpost.yaml_plain import Doubt, read_plain

if TYPE_CHECKING:
    import random

LIB: Final = str(Path(orgpost.__file__).parents[1])

# What lines are put together from: the usual, and its nearest unusual neighbours.
USUAL: Final = (
    ("", "", "  ", "    "),
    ("", "", "- "),
    ("a: ", "b: ", "key: ", "id:"),
    ("", "x", '"q"', "1", "1.5", "true", "a b", "2026-11-20", "[a, 'b']", "{a: 1, b: [c]}"),
    ("", "", "  # c"),
)
UNUSUAL: Final = (
    (" ", "   ", "      "),
    ("- - ", "-", "-  ", "? ", "--- "),
    ("", "b:", "c:  ", "on: ", '"q": ', "<<: "),
    (
        *("'s'", "01", "-1", "0x1", "1e3", "True", "yes", "~", "a  b", "a-", "- b", "x: y", "a #b"),
        *(
            "a:b",
            "2026-02-30",
            "12:30",
            "@a",
            "[]",
            "{}",
            "[a,b]",
            "[a, ]",
            "{a}",
            "{a: }",
            "[a b]",
        ),
        *(
            "{a: [b, {c: 1.5}]}",
            "[",
            "]",
            "{a: 1, a: 2}",
            "'it''s'",
            '"a\\n"',
            "|",
            ">",
            "&x",
            "*x",
        ),
        *("!t", "%", "`", "[[[[a]]]]"),
    ),
    (" ", "#c", " #", "  # d: [e", "\t", "\r", " é"),
)

PLAIN_FILE: Final = """\
# who is who here

actors:
  - id: tex            # required
    name: Tex Novak
    handles: ["@tex", '@T']
    added: 2026-11-20
    # between
  - {id: tex-agent, kind: agent, owner: tex, handles: [], extra: {a: 1.5}}
limits:
    max: 65536
    on-time: true
empty:  # yet
list:
- a
- - b
  - 7
"""


def outcome(text: str) -> Any:
    """What the quick reader says, `Doubt` included."""
    try:
        return read_plain(text)
    except Doubt:
        return Doubt


def alike(ours: object, theirs: object) -> bool:
    """Tell whether two trees are the same, down to types and order."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return list(ours) == list(theirs) and all(alike(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(alike, ours, theirs))
    return type(ours) is type(theirs) and ours == theirs


def test_what_people_write_is_read_without_doubt() -> None:
    """Comments, lists, short brackets, dates, numbers, quotes."""
    assert alike(read_plain(PLAIN_FILE), yaml.safe_load(PLAIN_FILE))


def test_a_command_that_reads_plain_files_does_not_import_the_library(tmp_path: Path) -> None:
    """It would cost as much again as starting Python."""
    code = (
        "import sys; from pathlib import Path; from orgpost.space import init; "
        "from orgpost.settings_file import load; from orgpost.yaml_text import read_yaml; "
        "from orgpost.contact_check import contacts_of; here = Path('.'); "
        "there = (here / 'org').exists() or init(here, actor='tex', handles=['@t']); "
        "page = read_yaml((here / 'org/messaging/contacts.yaml').read_bytes(), 'c'); "
        "print(len(contacts_of(page.data, 'c', page.line).actors), "
        "load(here, {}).text('identity.name'), 'yaml' in sys.modules)"
    )
    env = {"PYTHONPATH": LIB, "HOME": str(tmp_path)}
    runs = [
        subprocess.check_output([sys.executable, "-c", code], env=env, cwd=tmp_path, text=True)
        for _ in range(2)
    ]
    assert runs == ["1 tex True\n", "1 tex False\n"]


@pytest.mark.parametrize("text", ["", "\n", "# c\n\n   # d\n", "   \n"])
def test_nothing_is_nothing(text: str) -> None:
    """A file of comments says nothing."""
    assert read_plain(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *(
            "a: yes",
            "a: on",
            "a: null",
            "on: a",
            "Y: a",
            "a: ~",
            "a: @b",
            "a: -1",
            "a: 01",
            "a: 0x1",
        ),
        *("a: 1e3", "a: 12:30", "a: 2026-02-30", "a: b: c", "a: b  c", "a: b:c", "a: é", "a: b\t"),
        *("a: 1  # é", "a: 1 # \x7f", "# \x01", "a: 1\n   # \x85"),
        *(
            "a: 'it''s'",
            'a: "\\n"',
            'a: "b',
            "a: &x b",
            "a: *x",
            "a: !t b",
            "a: |\n  b",
            "a: b\n  c",
        ),
        *(
            "a:\n  b",
            "a:\n  b: 1\n c: 2",
            " a: 1",
            "a: 1\na: 2",
            "{a: 1, a: 2}",
            "[a, ]",
            "[a,, b]",
        ),
        *(
            "[a",
            "[a] b",
            "{a}",
            "{a: }",
            "a",
            "a\nb: 1",
            "- a\n  b",
            "- a\n - b",
            "-",
            "- ",
            "-  a",
        ),
        *("- a: 1\n   b: 2", "a: b\n  - c", "a: [[[[b]]]]", "---\na: 1", "a: 1\n...", "? a\n: b"),
        *(
            "%TAG",
            "a: 1\r",
            "a: {b: 1}c",
            '"a": 1',
            "<<: a",
            "a:1",
            "- a\nb: 1",
            "a: 1\n- b",
            "a: [b]#",
        ),
    ],
)
def test_in_doubt_the_library_is_asked(text: str) -> None:
    """Also where it would say the same: one rule that is easy is better than two."""
    assert outcome(text) is Doubt


@pytest.mark.parametrize("turn", range(20))
def test_whatever_is_answered_is_what_the_library_answers(turn: int, rng: random.Random) -> None:
    """Thousands of texts on the border of the usual; not one differs."""
    answered = 0
    for _ in range(400):
        text = "\n".join(
            "".join(
                rng.choice(usual if rng.random() < 0.9 else unusual)
                for usual, unusual in zip(USUAL, UNUSUAL, strict=True)
            )
            for _ in range(rng.randrange(1, 6))
        )
        ours = outcome(text)
        if ours is not Doubt:
            answered += 1
            assert alike(ours, yaml.safe_load(text)), text
    assert answered > 2, "about 25 are; a seed may have fewer than half of that"
