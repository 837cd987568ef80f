"""A room for each test."""

from __future__ import annotations

import pytest

from tests.watching.room import Room


@pytest.fixture
def room() -> Room:
    """A space without any mail."""
    return Room()
