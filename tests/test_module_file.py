"""`module.yaml` promises what is here, all of it, and nothing more.

Whoever adds a hook, a command or a setting names it there; whoever only means to, under `planned`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import orgpost
from orgpost.cli import main, words
from orgpost.config.table import KEYS

if TYPE_CHECKING:
    from orgpost.config.key import Key

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def module() -> dict[str, Any]:
    """The file as YAML reads it."""
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "module.yaml").read_text(encoding="utf-8"))
    return parsed


def test_there_is_one_version(module: dict[str, Any]) -> None:
    """Whoever asks for the version hears the same, wherever they ask."""
    assert (module["name"], module["version"]) == ("orgpost", orgpost.__version__)


def test_each_hook_that_is_here_is_named(module: dict[str, Any]) -> None:
    """Nothing is promised that is not there, and nothing is there that is not named."""
    scripts = [path.stem for path in (ROOT / "hooks").glob("*.py")]
    assert sorted(module["provides"]["hooks"]) == sorted(scripts)


def test_the_emacs_package_that_is_here_is_named(module: dict[str, Any]) -> None:
    """A package of Emacs is known by the file that carries its version."""
    packages = [
        path.stem
        for path in (ROOT / "emacs").glob("*.el")
        if "\n;; Version: " in path.read_text("utf-8")
    ]
    assert module["provides"]["emacs"] == packages


def test_each_command_that_is_here_is_named(module: dict[str, Any]) -> None:
    """What the command line understands is what is promised; `hook` has a door of its own."""
    assert sorted(module["provides"]["commands"]) == sorted([*words.HOMES, "hook"])


@pytest.mark.parametrize("command", sorted(words.HOMES))
def test_each_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A command that is named can be asked what it does."""
    status = main([command, "--help"])
    said = capsys.readouterr()
    assert (status, said.err) == (0, "")
    assert f"orgpost {command}" in said.out


def test_each_setting_that_is_read_is_described(module: dict[str, Any]) -> None:
    """The schema is the table of settings, word for word."""
    assert module["settings"] == {key.name: described(key) for key in KEYS}


def described(key: Key) -> dict[str, Any]:
    """One setting as `module.yaml` says it."""
    plain = list(key.default) if isinstance(key.default, tuple) else key.default
    wanted = {"type": key.kind, "default": plain, "meaning": key.meaning}
    limits = {"low": key.low, "high": key.high, "choices": list(key.choices) or None}
    return wanted | {name: value for name, value in limits.items() if value is not None}


def test_nothing_is_both_provided_and_planned(module: dict[str, Any]) -> None:
    """What is there is not a plan any more."""
    provided = {name for names in module["provides"].values() for name in names}
    assert provided.isdisjoint(module["planned"])
