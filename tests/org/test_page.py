"""docs/format.md says what the code does: expressions, names, headers and limits."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orgpost import names
from orgpost.org import syntax
from tests.independent_reader import THE

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = (Path(__file__).parents[2] / "docs" / "format.md").read_text(encoding="utf-8")


def section(number: int) -> str:
    """One section's text."""
    return re.split(rf"(?m)^## {number}\. ", PAGE)[1].split("\n## ")[0]


@pytest.mark.parametrize("name", sorted(THE))
def test_each_expression_of_the_page_is_the_codes(name: str) -> None:
    """A stranger who takes the page's expressions gets ours."""
    home = names if name == "NAME" else syntax
    assert getattr(home, name) == THE[name]


def test_the_page_lists_every_expression() -> None:
    """None is kept to ourselves."""
    compiled = {
        name
        for name, value in vars(syntax).items()
        if isinstance(value, str) and name.isupper() and not name.startswith("_")
    }
    assert compiled - set(THE) == set()


def test_the_page_lists_every_name_that_means_something() -> None:
    """The table's names, in the table's order, are the order of drawers."""
    rows = re.findall(r"(?m)^\| ([A-Z][A-Z0-9_, ]+) \|", section(4))
    listed = [name for row in rows for name in row.split(", ")]
    assert tuple(listed) == syntax.PROPERTIES


@pytest.mark.parametrize("change", [str.upper, str.lower, str.title])
def test_no_sender_sets_a_name_that_the_page_refuses(change: Callable[[str], str]) -> None:
    """In any case of letters."""
    prose = section(4).split("No sender sets")[1]
    orgs_own = prose.split("`")[-2].split()
    prefixes = [f"{prefix}X" for prefix in re.findall(r"`([A-Z0-9_-]+)`", prose.split(";")[1])]
    refused = [*orgs_own, *prefixes, *syntax.PROPERTIES, "X+", "X_ALL"]
    assert (len(orgs_own), len(prefixes)) == (37, 6)
    assert [name for name in refused if not syntax.refused_property(change(name))] == []


def test_a_name_of_no_meaning_is_a_senders_to_set() -> None:
    """The list refuses nothing else."""
    assert not any(map(syntax.refused_property, ["TICKET", "X-HOST", "FROM_HOST", "ALL", "V03_X"]))


def test_a_new_file_begins_as_the_page_says() -> None:
    """Header, kind and title of each kind of file."""
    block, todo = re.findall(r"```org\n(.*?)```", section(2), re.DOTALL)
    assert syntax.header("inbox/tex.org").decode() == block
    tasks = block.replace(re.findall(r"(?m)^#\+TODO.*\n", block)[0], todo)
    paths = {
        "agents/tex-agent.org": ("Tasks of tex-agent", tasks),
        "trays/build.org": ("Tray build", tasks),
        "archive/inbox-tex-2026-11.org": ("Archive of inbox/tex, 2026-11", block),
        "archive/agents-a-b-2026-11.org": ("Archive of agents/a-b, 2026-11", tasks),
    }
    for path, (title, lines) in paths.items():
        assert syntax.header(path).decode() == lines.replace("Inbox of tex", title)


def test_a_file_of_no_kind_has_no_keywords() -> None:
    """Manifests and ledgers have their own contracts."""
    path = "files/msg-1.org"
    assert syntax.kind_of(path) is None
    assert b"#+TODO" not in syntax.header(path)
    assert b"#+TITLE: files/msg-1\n" in syntax.header(path)
    assert b"#+TITLE: Files of msg-1\n" in syntax.header(path, "Files of msg-1")


@pytest.mark.parametrize("path", ["inbox/../x.org", "inbox/A.org", "inbox/x", "x/y.org", ""])
def test_a_path_that_is_none_of_ours_has_no_kind(path: str) -> None:
    """Only the names of the page are ours."""
    assert syntax.kind_of(path) is None


def test_a_hot_file_names_its_archive() -> None:
    """And the archive is of the same kind."""
    path = syntax.archive_path("trays/build-1.org", "2026-11")
    assert path == "archive/trays-build-1-2026-11.org"
    assert syntax.kind_of(path) is syntax.TASK


def test_the_keywords_are_those_of_the_todo_line() -> None:
    """One table, said twice: as values, and as Org reads it."""
    for kind in (syntax.MESSAGE, syntax.TASK):
        opened, closed = re.sub(r"\([^)]*\)", "", kind.todo_line).split(" | ")
        assert opened.split() == list(kind.keywords_open)
        assert closed.split() == list(kind.keywords_closed)
    assert (syntax.MESSAGE.pad, syntax.TASK.pad) == (8, 9)


def test_the_limits_are_the_pages() -> None:
    """Numbers in prose drift first."""
    numbers = [int(number.replace(",", "")) for number in re.findall(r"[0-9][0-9,]*", section(17))]
    assert numbers == [
        syntax.TITLE_LIMIT,
        syntax.CALLERS_VALUE_LIMIT,
        syntax.VALUE_LIMIT,
        syntax.CALLERS_PROPERTIES_LIMIT,
        syntax.TAGS_LIMIT,
        syntax.TAG_LIMIT,
        syntax.BODY_BYTES_LIMIT,
        syntax.BODY_BYTES_CEILING,
        syntax.ID_LIMIT,
        syntax.FILE_BYTES_LIMIT,
    ]
