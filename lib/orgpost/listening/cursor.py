"""A cursor: what a listener had told when it ended, kept in a file of the user's.

It is written whole after what it tells of was printed: killed in between, a listener tells the last
lines once more, and never leaves one out.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from orgpost.errors import Malformed, NoSuchFile, NotPermitted
from orgpost.listening.told import Told
from orgpost.store import replace_file
from orgpost.unreadable import unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FORM: Final = 1


class Cursor:
    """One such file."""

    def __init__(self, path: Path, actor: str) -> None:
        self._path, self._actor = path, actor

    def read(self) -> dict[str, Told]:
        """Give what was told of each box; nothing where the file is not there yet."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise unreadable(self._path, error) from None
        try:
            kept = json.loads(data)
            whose = kept["form"], kept["actor"]
            told = {box: Told.of(box, marks) for box, marks in kept["boxes"].items()}
        except (ValueError, TypeError, KeyError, AttributeError):
            whose, told = (0, ""), {}
        if whose != (_FORM, self._actor):
            why = f"is no cursor of {self._actor}"
            raise Malformed(self._path, why, hint="name another file, or remove this one")
        return told

    def write(self, told: Mapping[str, Told]) -> None:
        """Keep what was told."""
        boxes = {box: each.to_list() for box, each in told.items()}
        kept = {"form": _FORM, "actor": self._actor, "boxes": boxes}
        try:
            replace_file(self._path, json.dumps(kept).encode() + b"\n")
        except FileNotFoundError:
            folder = self._path.parent
            raise NoSuchFile(folder, hint=f"mkdir -p {folder}") from None
        except OSError as error:
            raise NotPermitted(f"write {self._path}", error.strerror or "no such folder") from None
