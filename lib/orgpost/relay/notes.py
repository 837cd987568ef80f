"""What the relay notes for others: who was connected last, and who was handed which hint. On disk.

Notes are kept below `.orgpost/run/` and may be lost; `message_store.announced` reads them. They
are written at most once a second, all that was said meanwhile together.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from orgpost.errors import OrgpostError
from orgpost.space import PRIVATE
from orgpost.store import make_private, replace_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from orgpost.clock import Clock

SEEN: Final = f"{PRIVATE}/run/seen"
TOLD: Final = f"{PRIVATE}/run/told"
_MOST_LINES: Final = 2000
_LONGEST: Final = 1_000_000
_SAFE_ID: Final = r"[a-z]+-[A-Za-z0-9._-]{1,200}"


class Notes:
    """What is to be written; told on the loop, written in a thread."""

    def __init__(self, space: Path, clock: Clock) -> None:
        self._space, self._clock = space, clock
        self._seen: set[str] = set()
        self._told: dict[str, list[str]] = {}

    def seen(self, actor: str) -> None:
        """Note that an actor is connected, or was until now."""
        self._seen.add(actor)

    def told(self, actor: str, id: str) -> None:
        """Note that a connection of an actor was handed the hint of a message."""
        if re.fullmatch(_SAFE_ID, id):
            seconds = self._clock.wall_ns() // 10**9
            self._told.setdefault(actor, []).append(f"{id} {seconds}\n")

    def take(self) -> Writing | None:
        """Give what is to be written, once; None where there is nothing."""
        if not self._seen and not self._told:
            return None
        writing = Writing(self._space, self._seen, self._told)
        self._seen, self._told = set(), {}
        return writing


class Writing:
    """Some notes on their way to the disk. Where there is no room they are lost, as they may be."""

    def __init__(self, space: Path, seen: Iterable[str], told: dict[str, list[str]]) -> None:
        self._space, self._seen, self._told = space, seen, told

    def __call__(self) -> None:
        """Write them."""
        with suppress(OSError, OrgpostError):
            for folder in (SEEN, TOLD):
                make_private(self._space, folder)
            for actor in self._seen:
                path = self._space / SEEN / actor
                if not path.exists():
                    replace_file(path, b"")
                os.utime(path)
            for actor, lines in self._told.items():
                self._add(self._space / TOLD / actor, lines)

    @staticmethod
    def _add(path: Path, lines: list[str]) -> None:
        try:
            with path.open("rb") as file:
                before = file.read(_LONGEST).decode("ascii", "replace").split("\n")[:-1]
        except FileNotFoundError:
            before = []
        kept = [f"{line}\n" for line in before[-_MOST_LINES:]]
        replace_file(path, "".join([*kept, *lines][-_MOST_LINES:]).encode())
