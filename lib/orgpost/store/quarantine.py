"""Bytes that could not stay where they were, each with the reason, until a person looks."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.errors import UnknownId
from orgpost.store.lock import slug

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orgpost.clock import Clock
    from orgpost.store.disk import Disk

FOLDER: Final = ".orgpost/quarantine"


class Kept(NamedTuple):
    """One thing in quarantine: its name, why it is there, and its bytes."""

    name: str
    why: dict[str, object]
    data: bytes


class Quarantine:
    """The folder of kept things of one space."""

    def __init__(self, disk: Disk, clock: Clock) -> None:
        self._disk, self._clock = disk, clock
        self._root = Path(disk.space) / FOLDER

    def keep(self, path: str, reason: str, data: bytes, **facts: object) -> str:
        """Keep bytes of a file, synced; gives the name they have there."""
        import json

        now = self._clock.now()
        stamp = f"{now:%Y%m%dT%H%M%S}{now.microsecond:06d}Z"
        name = f"{stamp}-{self._clock.token(16)}-{slug(path)}-{reason}"
        why = {"path": path, "reason": reason, "at": f"{now:%Y-%m-%dT%H:%M:%SZ}", **facts}
        why |= {"program": self._disk.calls.program(), "size": len(data)}
        text = json.dumps(why, ensure_ascii=True, indent=1).encode() + b"\n"
        with self._disk.folder(f"{FOLDER}/{name}", make=True) as folder:
            self._disk.create(folder, "bytes", [data], mode=0o600)
            self._disk.create(folder, "why.json", [text], mode=0o600)
        return name

    def list(self) -> Iterator[Kept]:
        """Give what is there, oldest first."""
        import json

        for place in sorted(self._root.glob("*/why.json")):
            why = json.loads(place.read_text("utf-8"))
            yield Kept(place.parent.name, why, (place.parent / "bytes").read_bytes())

    def find(self, name: str) -> Kept:
        """Give one of them; `UnknownId` where it is not there."""
        for kept in self.list():
            if kept.name == name:
                return kept
        raise UnknownId(name, hint="orgpost doctor lists what is in quarantine")

    def drop(self, name: str) -> None:
        """Remove one of them."""
        shutil.rmtree(self._root / self.find(name).name)
