"""The house itself: what its files look like, what they may say, and who may know whom.

Each rule here is one that people break without noticing; none of them is about behaviour.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import orgpost

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
LIB = ROOT / "lib" / "orgpost"
MODULES = sorted(LIB.rglob("*.py"))
SCRIPTS = sorted((ROOT / "hooks").glob("*.py"))
OURS = [*MODULES, *SCRIPTS]
TESTS = sorted((ROOT / "tests").rglob("*.py"))

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
SKIPS = {"skip", "skipif", "importorskip", "skipTest", "skipUnless"}
REFUSED_NAMES = {"utils", "common", "helpers", "manager", "base", "core", "types"}

# Written so that this file does not match itself.
MACHINE_PATH = re.compile(r"/(?:work|root)/|/opt/(?:pypi|wheels)|" + re.escape(f"{ROOT}/"))
UNFINISHED = re.compile(r"#\s*(?:todo|fixme|xxx|hack)\s*[:(]", re.IGNORECASE)
EXCEPTION = re.compile(
    r"#\s*(?:noqa: [A-Z]+[0-9]+(?:, ?[A-Z]+[0-9]+)*|type: ignore\[[a-z, -]+\])(.*)"
)

# contract: where a forbidden import is planted, and which one
PLANTS = {
    "Imports only go down": [
        ("errors.py", "import orgpost.clock"),
        ("clock.py", "import orgpost.config"),
        ("org/scan.py", "import orgpost.message"),
        ("message.py", "import orgpost.contact"),
        ("message.py", "from orgpost import Post"),
        ("store/files.py", "import orgpost.message_store"),
        ("watching/sight.py", "import orgpost.message_store"),
        ("message_store/__init__.py", "import orgpost.settings_file"),
        ("doctor/__init__.py", "import orgpost.post"),
        ("post.py", "import orgpost.cli"),
        ("post.py", "import orgpost.hooks_install"),
        ("post.py", "import orgpost.relay"),
        ("relay/tokens.py", "import orgpost.cli"),
        ("hooks_install/plan.py", "import orgpost.cli"),
        ("mcp/mail.py", "import orgpost.cli"),
        ("listening/waiter.py", "import orgpost.cli"),
        ("post.py", "import orgpost.listening"),
        ("hook.py", "import orgpost.errors"),
        ("hook.py", "from orgpost import OrgpostError"),
        ("stranger.py", "import orgpost.errors"),
    ],
    "The pure floors touch nothing": [
        ("config/__init__.py", "import yaml"),
        ("contact.py", "import os"),
        ("message.py", "from time import time"),
        ("org/entry.py", "from os import path"),
        ("states.py", "import asyncio"),
    ],
    "The disk is reached only through the store": [
        ("message_store/__init__.py", "import orgpost.store.disk"),
        ("doctor/__init__.py", "from orgpost.store import calls"),
    ],
    "Only who reads settings, contacts and old spaces knows YAML": [
        ("message_store/__init__.py", "import yaml"),
        ("cli/__init__.py", "from yaml import safe_load"),
        ("store/files.py", "import yaml"),
    ],
    "The hook's second stage belongs to the doors alone": [
        ("post.py", "import orgpost.hook"),
    ],
    "Only the second door knows its protocol": [
        ("cli/__init__.py", "import mcp"),
        ("post.py", "from mcp_types import Tool"),
        ("mcp/mail.py", "import pydantic"),
    ],
    "Only the relay speaks to the network": [
        ("cli/__init__.py", "import aiohttp"),
        ("post.py", "import jwt"),
        ("mcp/mail.py", "from prometheus_client import Counter"),
        ("frame.py", "import jinja2"),
    ],
    "Only who watches asks the kernel for events": [
        ("post.py", "import watchfiles"),
        ("watching/times.py", "from watchfiles import watch"),
    ],
}


def name_of(path: Path) -> str:
    """The path as a person says it."""
    return str(path.relative_to(ROOT))


def each(paths: list[Path]) -> pytest.MarkDecorator:
    """Run a test once for each of these files, under the file's name."""
    return pytest.mark.parametrize("path", paths, ids=name_of)


@cache
def nodes_of(path: Path) -> list[ast.AST]:
    """All that is in the file as Python reads it."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))))


def found_in(paths: list[Path], asked: Callable[[ast.AST], str | None]) -> list[str]:
    """What the question found in these files: each file, the line, and what is there."""
    return [
        f"{name_of(path)}:{getattr(node, 'lineno', 1)}: {answer}"
        for path in paths
        for node in nodes_of(path)
        if (answer := asked(node)) is not None
    ]


def text_files() -> list[Path]:
    """Everything that is ours: what git tracks where there is git, else what the archive holds."""
    git = ["git", "-c", "safe.directory=*", "-C", str(ROOT), "ls-files", "-z"]
    if (ROOT / ".git").exists():
        listed = subprocess.run(git, check=True, capture_output=True, text=True).stdout
        files = [ROOT / name for name in listed.split("\0") if name]
    else:
        files = [path for path in ROOT.rglob("*") if ".venv" not in path.parts]
    return [path for path in files if path.is_file()]


def test_a_file_is_read_in_one_sitting() -> None:
    """No file of the library is longer than a reader's patience."""
    lines = {name_of(path): path.read_bytes().count(b"\n") for path in OURS}
    assert {name: count for name, count in lines.items() if count > LONGEST_FILE} == {}


def test_a_function_fits_a_screen() -> None:
    """No function is longer than a screen, its docstring included."""

    def long(node: ast.AST) -> str | None:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return None
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        return f"{node.name} has {lines} lines" if lines > LONGEST_FUNCTION else None

    assert found_in(OURS, long) == []


def test_a_module_is_named_after_what_it_is() -> None:
    """A helper lives on the floor of the thing it helps, never in a drawer of odds and ends."""
    names = {part for path in MODULES for part in path.relative_to(LIB).with_suffix("").parts}
    assert names & REFUSED_NAMES == set()


def test_only_a_line_feed_ends_a_line() -> None:
    """`splitlines` knows ten more line ends than Org does; each would be a way to forge a line."""

    def use(node: ast.AST) -> str | None:
        return node.attr if isinstance(node, ast.Attribute) and node.attr == "splitlines" else None

    assert found_in(OURS, use) == []


def test_no_handler_catches_everything() -> None:
    """A bare `except:` swallows the interrupt of whoever waits."""

    def bare(node: ast.AST) -> str | None:
        return "except:" if isinstance(node, ast.ExceptHandler) and node.type is None else None

    assert found_in([*OURS, *TESTS], bare) == []


def test_nothing_is_left_unfinished() -> None:
    """What is here works: no note to do it later, no method that only promises."""

    def promise(node: ast.AST) -> str | None:
        line = ast.unparse(node) if isinstance(node, ast.Raise) else ""
        return line if "NotImplementedError" in line else None

    assert found_in([*OURS, *TESTS], promise) == []
    texts = {name_of(path): path.read_text(encoding="utf-8") for path in [*OURS, *TESTS]}
    assert [name for name, text in texts.items() if UNFINISHED.search(text)] == []


def test_no_test_is_skipped() -> None:
    """A test that cannot run fails and says what it misses; a skipped test proves nothing."""

    def skip(node: ast.AST) -> str | None:
        return node.attr if isinstance(node, ast.Attribute) and node.attr in SKIPS else None

    assert found_in(TESTS, skip) == []


def test_no_path_of_any_machine_is_in_the_tree() -> None:
    """What runs here runs elsewhere."""
    found = [
        f"{name_of(path)}: {match.group()}"
        for path in text_files()
        if (match := MACHINE_PATH.search(path.read_bytes().decode("utf-8", "replace")))
    ]
    assert found == []


def test_each_ignored_rule_has_its_reason_beside_it() -> None:
    """Everything is on; what is off says why."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    section = text[text.index("[tool.ruff.lint]") : text.index("[tool.ruff.lint.flake8")]
    rules = re.findall(r'(?m)^    "[A-Z]+[0-9]*",?(.*)$', section)
    assert rules
    assert [rest for rest in rules if not re.match(r" # \w", rest)] == []


def test_each_exception_to_a_rule_has_its_reason_beside_it() -> None:
    """A `noqa` or `type: ignore` is followed by words."""
    bare = [
        f"{name_of(path)}: {match.group()}"
        for path in MODULES
        for match in EXCEPTION.finditer(path.read_text(encoding="utf-8"))
        if not re.search(r"\w", match.group(1))
    ]
    assert bare == []


def test_each_declared_dependency_is_used() -> None:
    """Nobody installs what nothing imports."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    modules = {"pyjwt": "jwt", "pyyaml": "yaml"}
    wanted = {re.split(r"[<>=~! \[]", line)[0].lower() for line in declared["dependencies"]}
    assert {modules.get(name, name) for name in wanted} <= imported_by(MODULES)


def imported_by(paths: list[Path]) -> set[str]:
    """The first words of all modules that these files import, at the top or inside a function."""
    found: set[str] = set()
    for node in (node for path in paths for node in nodes_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_each_wall_has_a_plant() -> None:
    """A wall that was never seen to hold is a drawing of a wall."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    assert [contract["name"] for contract in contracts] == list(PLANTS)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wall", "file", "statement"),
    [(wall, file, line) for wall, plants in PLANTS.items() for file, line in plants],
)
def test_a_forbidden_import_is_refused(
    wall: str, file: str, statement: str, tmp_path: Path
) -> None:
    """Each wall of the house turns red when somebody makes a door in it."""
    shutil.copytree(LIB, tmp_path / "lib" / "orgpost", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "lib" / "orgpost" / file).open("a", encoding="utf-8") as module:
        module.write(f"\n{statement}\n")
    lint = "from importlinter.cli import lint_imports_command as lint; lint()"
    seen = subprocess.run(
        [sys.executable, "-c", lint, "--no-cache"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "lib"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert seen.returncode == 1, seen.stdout + seen.stderr
    assert f"{wall} BROKEN" in seen.stdout


def test_the_front_door_promises_these_names() -> None:
    """Other programs rely on them; whoever changes this list changes a promise."""
    promised = [
        "Actor",
        "Governor",
        "Message",
        "MessageStore",
        "OrgpostError",
        "Post",
        "TaskGovernor",
        "Verdict",
        "__version__",
    ]
    assert orgpost.__all__ == promised
    assert all(getattr(orgpost, name) for name in promised)


def test_an_unknown_name_is_an_ordinary_attribute_error() -> None:
    """The lazy door answers like any module."""
    with pytest.raises(AttributeError, match="module 'orgpost' has no attribute 'Mailbox'"):
        orgpost.Mailbox  # noqa: B018


def test_to_import_the_package_loads_nothing_else() -> None:
    """Who imports orgpost for one name does not pay for all."""
    program = "import sys, orgpost; print(*sorted(m for m in sys.modules if 'orgpost' in m))"
    seen = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT / "lib")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert seen.stdout.split() == ["orgpost"]


@each(sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]))
def test_a_link_leads_somewhere(path: Path) -> None:
    """What a document points to inside of this tree is there."""
    prose = re.sub(r"(?s)```.*?```|`[^`\n]*`", "", path.read_text(encoding="utf-8"))
    targets = re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", prose)
    assert [target for target in targets if not (path.parent / target).exists()] == []


DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))


@each(DECISIONS)
def test_each_invariant_of_a_decision_has_its_guard(path: Path) -> None:
    """What was decided and is guarded by no test is a wish."""
    text = path.read_text(encoding="utf-8")
    decided = re.findall(r"(?m)^([0-9]+)\. ", text)
    rows = re.findall(r"(?m)^\| ([0-9, ]+) \| `tests/", text)
    assert sorted(number for row in rows for number in row.split(", ")) == sorted(decided)


@each(DECISIONS)
def test_a_decision_names_tests_that_are_there(path: Path) -> None:
    """A guard that was renamed or dismissed is missed."""
    text = path.read_text(encoding="utf-8")
    guards = re.findall(r"`(tests/[\w/.-]+\.py)(?:::(\w+))?`", text)
    missing = [
        f"{file}::{name}"
        for file, name in guards
        if not (ROOT / file).is_file() or f"def {name}" not in (ROOT / file).read_text("utf-8")
    ]
    assert missing == []


def test_no_group_is_repeated_possessively() -> None:
    """Python before 3.11.5 misreads `(...)*+` and sees no mail; `(?>(...)*)` it reads."""
    sources = {path: path.read_text() for path in (ROOT / "lib").rglob("*.py")}
    assert [str(path) for path, text in sources.items() if re.search(r"\)[*+?]\+", text)] == []
