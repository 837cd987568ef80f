"""A world for each test, and worlds with news or with a stamp."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.hooks.world import FIRST, World, entry, installed

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A space with four actors and no mail."""
    return World(tmp_path / "space")


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
