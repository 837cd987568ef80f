"""A world for each test, and worlds with news or with a stamp."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Final

import pytest

from tests.hooks.world import FIRST, World, entry, installed

if TYPE_CHECKING:
    from pathlib import Path

# Stands where the gate looks for a Python; the gate's own words are -I, -S, -c and a program.
PATIENT: Final = """\
#!/bin/sh
shift 4
exec {python} -I -S -c {program} "$@"
"""
PROGRAM: Final = """
import sys
sys.path.append(sys.argv.pop(1))
import hook
from hook import limit, work
limit.LIMIT_SECONDS, limit.CLAIM_SECONDS, work.LEAVE_SECONDS = 20, 30, 20
hook.gate(sys.argv[1:])
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A space with four actors and no mail."""
    return World(tmp_path / "space")


@pytest.fixture
def unhurried(world: World, tmp_path: Path) -> None:
    """Let hooks take their time: a machine that is busy claims late, and must claim all the same.

    That they end in time has tests of its own.
    """
    python = tmp_path / "patient-python"
    words = {"python": shlex.quote(sys.executable), "program": shlex.quote(PROGRAM)}
    python.write_text(PATIENT.format(**words))
    python.chmod(0o755)
    world.env["ORGPOST_PYTHON"] = str(python)


@pytest.fixture(params=["news", "stamp"])
def state(request: pytest.FixtureRequest, world: World) -> str:
    """A world with one unread message, or with nothing and a stamp that says so."""
    if request.param == "news":
        world.mail(entry(FIRST))
    else:
        world.mail(entry(FIRST, state="READ"))
        assert world.hook(session="before").is_silent
        assert (world.notes / "stamps/tex-agent/quiet").exists()
    return str(request.param)


@pytest.fixture
def library(tmp_path: Path) -> tuple[Path, Path]:
    """Hooks beside a library that only leaves a mark, and the mark."""
    hooks, mark = installed(tmp_path / "environment"), tmp_path / "library-was-started"
    (hooks.parent / "__init__.py").touch()
    (hooks.parent / "hook_claim.py").write_text(f"def main(): open({str(mark)!r}, 'w').close()\n")
    return hooks / "orgpost-hook", mark
