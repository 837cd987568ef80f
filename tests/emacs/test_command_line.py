"""A task that a person worked on in Emacs, and then the command line: it goes on as before."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import cli, space

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.door import Cli
    from tests.emacs.oracle import Oracle

__all__ = ["cli", "space"]

pytestmark = pytest.mark.slow

# What a person does to an entry, one command after the other, each with what follows path and ID.
COMMANDS: list[tuple[object, ...]] = [
    ("schedule", "2026-01-05"),
    ("clock",),
    ("note", "words of mine"),
    ("set-tags", ["ops", "später"]),
    ("set-priority", "A"),
    ("set-property", "Mine", "a value"),
    ("move-to-end",),
]


def work_on(oracle: Oracle, path: Path, id: str) -> None:
    """Let a person do all of it, a while ago."""
    for name, *arguments in COMMANDS:
        oracle.do(str(name), path, id, *arguments)
    oracle.do("sort", path, "a")
    os.utime(path, (0, 0))


def test_a_task_that_a_person_worked_on_is_claimed_completed_and_archived(
    oracle: Oracle, cli: Cli
) -> None:
    """With the person's notes, clock, tags and property whole to the end."""
    cli("contacts", "add", "tex-agent", "--kind", "agent")
    for name in ("one", "two"):
        cli.data("task", "add", "tex-agent", name, "--id", f"task-{name}")
    path = cli.space / "org/messaging/agents/tex-agent.org"
    work_on(oracle, path, "task-one")
    claimed = cli.data("--as", "tex-agent", "task", "claim")
    assert claimed["task"]["id"] == "task-one"
    words = ("--token", str(claimed["token"]), "--result", "* found it")
    cli.data("--as", "tex-agent", "task", "complete", "task-one", *words)
    assert oracle.lint(path) == []
    cli.data("task", "archive", "task-one")
    (archive,) = (cli.space / "org/messaging/archive").glob("agents-tex-agent-*.org")
    assert oracle.ids(path) == ["task-two"]
    heading = oracle.headings(archive)[0]
    assert (heading.keyword, heading.title, heading.priority) == ("ARCHIVED", "one", "A")
    assert (heading.get("ARCHIVE_TODO"), heading.get("Mine")) == ("DONE", "a value")
    text = archive.read_text("utf-8")
    assert [text.count(each) for each in ("words of mine", "CLOCK: ", ":ops:später:")] == [1, 1, 1]
    assert oracle.lint(archive) == []
