"""The space of the command line's tests, with agents, seen through the board."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.board.visiting import Place
from tests.cli.conftest import cli, clock, office, space

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orgpost.clock import FakeClock
    from tests.cli.office import Office

__all__ = ["cli", "clock", "office", "place", "space"]


@pytest.fixture
def place(office: Office, clock: FakeClock) -> Iterator[Place]:
    """The board of a space with agents, by a clock that stands still."""
    with Place(office.space, clock) as place:
        yield place
