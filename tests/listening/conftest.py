"""A hall for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.listening.hall import Hall

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    """A space without any mail."""
    found = Hall(tmp_path / "space")
    yield found
    found.post.close()
