"""One row of the table of settings. Pure."""

from __future__ import annotations

from typing import Any

from orgpost.frozen import NamedTuple


class Key(NamedTuple):
    """One setting."""

    name: str
    kind: str
    default: Any
    meaning: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
