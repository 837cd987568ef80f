"""`orgpost hook EVENT`: the hook's second stage by another door, at the price of a Python start."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def run_hook(words: Sequence[str]) -> int:
    """Answer a hook's event; the status is 0, but for one that waits and wakes its session."""
    from orgpost.hook import main

    return main(list(words))
