"""No text makes structure: the program, Org's parser and org-lint agree on what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orgpost.org.syntax import MESSAGE, TASK
from tests.corpus.texts import generated, hostile
from tests.emacs.written import KINDS, entries, misread, misunderstood, write

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from orgpost.org.syntax import FileKind
    from tests.emacs.oracle import Oracle

pytestmark = pytest.mark.slow

# The edits of law 1: commands of orgpost-test-commands.el, one after the other.
EDITS = {
    "none": [],
    "org-todo": ["todo-all"],
    "delete-trailing-whitespace": ["strip-blanks"],
    "whitespace-cleanup": ["clean-blanks"],
    "blank lines in": ["add-blank-lines"],
    "blank lines in and out": ["add-blank-lines", "remove-blank-lines"],
    "all": ["clean-blanks", "todo-all", "add-blank-lines", "strip-blanks", "fold-and-align"],
}
AFTER = {MESSAGE.name: "READ", TASK.name: "FAILED"}


def check(
    oracle: Oracle, path: Path, texts: list[str], kind: FileKind, commands: list[str]
) -> None:
    """Write the texts, let Emacs edit the file, and read it in both ways."""
    written = entries(texts, kind)
    write(path, written, kind)
    for command in commands:
        wanted = (AFTER[kind.name], "a note") if command == "todo-all" else ()
        oracle.do(command, path, *wanted)
    keyword = AFTER[kind.name] if "todo-all" in commands else kind.keywords[0]
    assert misread(path, written, keyword) == []
    assert misunderstood(oracle.headings(path), written, keyword) == []
    assert oracle.ids(path) == [one.id for one in written]
    assert oracle.lint(path) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("edit", EDITS)
def test_the_corpus_reads_the_same_here_and_in_org(
    oracle: Oracle, tmp_path: Path, kind: str, edit: str
) -> None:
    """Each text in each place, before and after each edit that a person makes without thinking."""
    check(oracle, tmp_path / "tex.org", [*hostile().values()], KINDS[kind], EDITS[edit])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("edit", ["none", "whitespace-cleanup", "all"])
def test_generated_texts_read_the_same_here_and_in_org(
    oracle: Oracle, tmp_path: Path, rng: random.Random, kind: str, edit: str
) -> None:
    """2,400 texts that nobody thought of, drawn anew in each run."""
    texts = list(generated(rng, 400))
    check(oracle, tmp_path / "tex.org", texts, KINDS[kind], EDITS[edit])


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("kind", KINDS)
def test_twenty_thousand_texts_read_the_same_here_and_in_org(
    oracle: Oracle, tmp_path: Path, rng: random.Random, kind: str, edit: str
) -> None:
    """The same, long."""
    for _ in range(20):
        texts = list(generated(rng, 1000))
        check(oracle, tmp_path / "tex.org", texts, KINDS[kind], EDITS[edit])


def test_org_takes_the_file_for_what_its_cookie_says(oracle: Oracle, tmp_path: Path) -> None:
    """No text changes the mode or the coding system of the file around it."""
    path = tmp_path / "tex.org"
    write(path, entries(hostile().values(), MESSAGE), MESSAGE)
    assert oracle.visited_as(path) == ("org-mode", "utf-8-unix")


def test_a_text_that_is_stored_raw_is_caught(oracle: Oracle, tmp_path: Path) -> None:
    """This suite can fail: a table, a footnote, a drawer or a stamp in a body does not pass it."""
    written = entries(["words"], MESSAGE)
    for text in ("| a | b |", "[fn:1]", ":X:\nx\n:END:", "<2026-11-20 Fri>", "[[id:x]] \n# x"):
        path = tmp_path / "tex.org"
        write(path, written, MESSAGE)
        path.write_bytes(path.read_bytes().replace(b"END:\nwords", b"END:\n" + text.encode()))
        assert misread(path, written, "UNREAD") != [], text
        assert misunderstood(oracle.headings(path), written, "UNREAD") != [], text


def test_what_org_lint_dislikes_is_heard(oracle: Oracle, tmp_path: Path) -> None:
    """The linter's silence means something."""
    path = tmp_path / "tex.org"
    write(path, entries(["words"], MESSAGE), MESSAGE)
    path.write_bytes(path.read_bytes() + b"#+begin_src\n")
    assert oracle.lint(path) != []
