"""The space of the command line's tests, and the door to it."""

from __future__ import annotations

from tests.cli.conftest import cli, space

__all__ = ["cli", "space"]
