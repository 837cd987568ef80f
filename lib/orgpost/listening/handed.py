"""What earlier waits of an actor have handed out, so that no wait gives the same again.

A note below ``.orgpost/run/``: who deletes it is told some things once more. It is read and written
under one lock, so of several that wait for one actor each thing goes to one.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from orgpost.errors import OrgpostError
from orgpost.store import make_private, replace_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orgpost.post import Post

_FOLDER: Final = ".orgpost/run"
_FORM: Final = 1


class Handed:
    """The keys of what was handed out, and of the orders that were obeyed."""

    def __init__(self, told: Iterable[str] = (), obeyed: Iterable[str] = ()) -> None:
        self.told, self.obeyed = set(told), set(obeyed)

    def forget(self, *, but: Iterable[str]) -> None:
        """Forget what is not outstanding any more: should it come back, it is new."""
        kept = set(but)
        self.told &= kept
        self.obeyed &= kept


class Memory:
    """The note of one actor."""

    def __init__(self, post: Post, actor: str) -> None:
        self._post, self._name = post, f"waits/{actor}"
        self._path = post.space / _FOLDER / f"wait-{actor}.json"

    def exists(self) -> bool:
        """Ask whether this actor has ever waited here."""
        return self._path.is_file()

    def read(self) -> Handed:
        """Read it as it is; what cannot be understood is nothing."""
        try:
            found = json.loads(self._path.read_bytes())
            return Handed(map(str, found["told"]), map(str, found["obeyed"]))
        except (OSError, ValueError, KeyError, TypeError):
            return Handed()

    @contextmanager
    def changing(self) -> Iterator[Handed]:
        """Read it, let it be changed, and write it, with nobody in between.

        What was handed out is handed out, also where that cannot be noted.
        """
        with self._post.store.lock(self._name):
            handed = self.read()
            before = (set(handed.told), set(handed.obeyed))
            yield handed
            if before != (handed.told, handed.obeyed):
                self._write(handed)

    def _write(self, handed: Handed) -> None:
        note = {"form": _FORM, "told": sorted(handed.told), "obeyed": sorted(handed.obeyed)}
        try:
            make_private(self._post.space, _FOLDER)
            replace_file(self._path, json.dumps(note).encode(), mode=0o600)
        except (OSError, OrgpostError):
            return
