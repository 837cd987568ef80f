"""The page about the command line is compared with the command line."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from orgpost import errors, refusals
from orgpost.cli.words import HOMES, parser_of
from orgpost.org.syntax import header
from orgpost.relay import refusals as relay_refusals

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from tests.cli.door import Cli
    from tests.cli.office import Office

pytestmark = pytest.mark.slow

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = (ROOT / "docs" / "cli.md").read_text()
README: Final = (ROOT / "README.md").read_text()
EXAMPLES: Final = PAGE[PAGE.index("## Examples") :]


def section(command: str) -> str:
    """What the page says of a command."""
    found = re.search(rf"(?ms)^## `orgpost {command}\b.*?(?=^## )", PAGE)
    assert found, command
    return found[0]


def flags_of(parser: argparse.ArgumentParser, verb: str = "") -> Iterator[str]:
    """Every flag that a parser understands, verbs of verbs included."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from flags_of(below, f"{name} ")
        elif action.option_strings and action.dest != "help":
            yield verb + action.option_strings[0]


@pytest.mark.parametrize("command", HOMES)
def test_each_flag_is_on_the_page_and_no_other(command: str) -> None:
    """A flag that is not told, or told and not there, is a bug."""
    told = re.findall(r"(?m)^\| `((?:[a-z]+ )?--[a-z-]+)", section(command))
    assert sorted(told) == sorted(flags_of(parser_of(command)))


def test_each_error_is_on_the_page() -> None:
    """With its status, and no other one."""
    table = PAGE[PAGE.index("## Exit statuses") : PAGE.index("## A message")]
    rows = re.findall(r"(?m)^\| (\d+) \| (.*) \|$", table)
    told = {(int(n), code) for n, codes in rows for code in re.findall(r"`([a-z0-9_]+)`", codes)}
    real = codes_of(errors) | codes_of(refusals) | codes_of(relay_refusals)
    assert told == real - {(refusals.Refused.exit_code, refusals.Refused.code)}


def codes_of(module: ModuleType) -> set[tuple[int, str]]:
    """The errors of a module, each with its status."""
    kinds = {kind for kind in vars(module).values() if isinstance(kind, type)}
    return {
        (kind.exit_code, kind.code)
        for kind in kinds
        if issubclass(kind, errors.OrgpostError)
        and kind is not errors.OrgpostError
        and not kind.__name__.startswith("_")
    }


def test_each_key_of_a_message_is_on_the_page(cli: Cli) -> None:
    """The table of a message is what a message has."""
    table = PAGE[PAGE.index("## A message") : PAGE.index("## A task")]
    told = re.findall(r"`([a-z_]+)`", " ".join(re.findall(r"(?m)^\| (`.*?) \|", table)))
    cli.id("send", "tex", "hi")
    (message,) = cli.data("inbox")["messages"]
    assert {*told, "tier"} == set(message)


def test_each_key_of_a_task_is_on_the_page(office: Office) -> None:
    """The table of a task is what a task has."""
    table = PAGE[PAGE.index("## A task") : PAGE.index("## `orgpost init")]
    told = re.findall(r"`([a-z0-9_]+)`", " ".join(re.findall(r"(?m)^\| (`.*?) \|", table)))
    (task,) = office.data("approve", office.add(by="mira"))["tasks"]
    assert sorted(told) == sorted(task)


@pytest.mark.parametrize("verb", ["add", "list", "show", "claim", "renew", "counts", "graph"])
def test_each_key_of_a_verb_is_on_the_page(verb: str, office: Office) -> None:
    """What a program gets is a task and what the page names."""
    id = office.add()
    plain = {*office.data("approve", office.add(by="mira"))["tasks"][0]}
    if verb == "renew":
        office.claim("--id", id)
    words = {"show": [id], "renew": [id], "add": ["tex-agent", "x"]}.get(verb, ["tex-agent"])
    (row,) = re.findall(rf"(?m)^\| `{verb}` \| (.*) \|$", section("task"))
    told = set(re.findall(r"`([a-z_]+)`", row))
    assert set(office.data(verb, *words)) - plain <= told


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("inbox", []),
        ("digest", []),
        ("trace", ["msg-x"]),
        ("thread", ["msg-x"]),
        ("search", ["hi"]),
        ("mark", ["msg-x", "done"]),
        ("archive", ["--auto"]),
        ("broadcast", ["hi"]),
        ("migrate", []),
        ("doctor", []),
    ],
)
def test_each_key_of_an_answer_is_on_the_page(command: str, words: list[str], cli: Cli) -> None:
    """What a program gets is what the page names."""
    cli.id("send", "tex", "hi", "--id", "msg-x")
    data = re.search(r"(?m)^`data`: (.*)$", section(command))
    assert data
    cli("doctor", "--fix")
    assert [key for key in cli.data(command, *words) if f"`{key}`" not in data[1]] == []


def lines_of(text: str) -> list[str]:
    """The command lines in a text's shell blocks."""
    blocks = re.findall(r"(?ms)^```sh\n(.*?)^```", text)
    lines = [line.partition("  #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if re.search(r"(?:^|[|&] )orgpost ", line)]


def run(line: str, cli: Cli) -> int:
    """Run one line as a shell would, as far as our pages use one."""
    before, bar, after = line.partition(" | ")
    stdin = None if not bar else before.encode()
    words = shlex.split((after if bar else before).partition(" && ")[0])
    home = [word.replace("~", str(cli.space.parent / "home")) for word in words[1:]]
    return cli(*home, stdin=stdin).status


def test_each_line_of_the_page_works(cli: Cli) -> None:
    """In a space of tex, crt and mira, one after the other."""
    (cli.space / "build.log").write_text("all good\n")
    cli("doctor", "--fix")
    statuses = {line: run(line, cli) for line in lines_of(EXAMPLES)}
    assert {line: status for line, status in statuses.items() if status} == {}
    assert len(statuses) > 20


def test_each_line_about_tasks_works(office: Office) -> None:
    """One after the other, in a space of tex, his agent, crt and mira."""
    page = (ROOT / "docs" / "tasks.md").read_text()
    statuses = {line: run(line, office.cli) for line in lines_of(page)}
    assert {line: status for line, status in statuses.items() if status} == {}
    assert len(statuses) >= 20


def test_what_a_person_writes_by_hand_is_a_task(office: Office) -> None:
    """As the page about tasks shows it: it is claimed, and doctor has nothing against it."""
    page = (ROOT / "docs" / "tasks.md").read_text()
    (entry,) = re.findall(r"(?ms)^```org\n(.*?)^```", page)
    path = office.space / "org/messaging/agents/tex-agent.org"
    office.cli("doctor", "--fix")
    path.write_bytes(header("agents/tex-agent.org") + entry.encode())
    assert office.cli.data("doctor")["findings"] == []
    task = office.claim()["task"]
    assert (task["title"], task["trust_tier"], task["priority"]) == (
        *("Look at the disk of the log host", "owner"),
        "high",
    )


def test_each_line_of_the_readme_works(cli: Cli) -> None:
    """One after the other, in a new space."""
    path = cli.space / "org/messaging/contacts.yaml"
    path.write_text("actors:\n  - {id: tex, kind: person, trust_tier: owner}\n")
    statuses = {line: run(line, cli) for line in lines_of(README)}
    assert {line: status for line, status in statuses.items() if status} == {}
    assert len(statuses) >= 6
