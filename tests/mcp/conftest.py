"""The space of the command line's tests, seen through the second door."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orgpost.mcp.office import Office as SecondDoor
from tests.cli.conftest import cli, clock, office, space

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.door import Cli

__all__ = ["agents", "cli", "clock", "door", "office", "space"]


@pytest.fixture
def agents(cli: Cli) -> Cli:
    """The command line in a space with agents, by the real clock."""
    from tests.cli.office import Office

    return Office(cli).cli


@pytest.fixture
def door(space: Path) -> Callable[[str], SecondDoor]:
    """The second door, for whoever acts."""
    return lambda me: SecondDoor(space, me)
