"""The space of the command line's tests, the door to it, and a relay whose heart beats faster."""

from __future__ import annotations

import pytest

from orgpost.relay import pulse
from tests.cli.conftest import cli, space

__all__ = ["cli", "space"]


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done once a second is done ten times: tests wait for it."""
    assert pulse.BEAT_SECONDS == 1.0
    monkeypatch.setattr(pulse, "BEAT_SECONDS", 0.1)
