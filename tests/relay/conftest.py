"""The space of the command line's tests, the door to it, and a relay whose heart beats faster."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from orgpost.relay import pulse
from tests.cli.conftest import cli, space

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["cli", "space"]


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done once a second is done ten times: tests wait for it."""
    assert pulse.BEAT_SECONDS == 1.0
    monkeypatch.setattr(pulse, "BEAT_SECONDS", 0.1)


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """A relay that is served in this process takes the logs over, and keeps them."""
    loggers = [logging.getLogger(name) for name in ("orgpost", "aiohttp", "asyncio", "watchfiles")]
    before = [(logger.handlers, logger.level, logger.propagate) for logger in loggers]
    yield
    for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)
