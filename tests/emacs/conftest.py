"""One real Emacs for each module of tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.emacs.oracle import Oracle

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    """What Org thinks."""
    with Oracle() as oracle:
        yield oracle
