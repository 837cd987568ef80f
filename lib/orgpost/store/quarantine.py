"""Bytes that could not stay where they were, each with the reason, until a person looks."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from orgpost.errors import UnknownId
from orgpost.frozen import NamedTuple
from orgpost.store.lock import slug

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orgpost.clock import Clock
    from orgpost.store.disk import Disk

FOLDER: Final = ".orgpost/quarantine"
OVERTAKEN: Final = "overtaken"


class Kept(NamedTuple):
    """One thing in quarantine: its name, why it is there, and its bytes."""

    name: str
    why: dict[str, object]
    data: bytes


class Quarantine:
    """The folder of kept things of one space; `overtaken` names whose files were set back."""

    def __init__(self, disk: Disk, clock: Clock) -> None:
        self._disk, self._clock = disk, clock
        self.overtaken: list[str] = []

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
        if reason == OVERTAKEN:
            self.overtaken.append(path)
        return name

    def list(self) -> Iterator[Kept]:
        """Give what is there, oldest first."""
        import json

        for name in self._names():
            why, data = self._read(name, "why.json"), self._read(name, "bytes")
            if why is not None and data is not None:
                yield Kept(name, json.loads(why), data)

    def _names(self) -> Sequence[str]:
        with suppress(FileNotFoundError), self._disk.folder(FOLDER) as folder:
            return sorted(self._disk.calls.names(folder))
        return ()

    def _read(self, name: str, part: str) -> bytes | None:
        with suppress(FileNotFoundError), self._disk.folder(f"{FOLDER}/{name}") as folder:
            found = self._disk.read(folder, part)
            return None if found is None else found[0]
        return None

    def find(self, name: str) -> Kept:
        """Give one of them; `UnknownId` where it is not there."""
        for kept in self.list():
            if kept.name == name:
                return kept
        raise UnknownId(name, hint="orgpost doctor lists what is in quarantine")

    def drop(self, name: str) -> None:
        """Remove one of them."""
        calls = self._disk.calls
        with self._disk.folder(f"{FOLDER}/{self.find(name).name}") as folder:
            for part in calls.names(folder):
                calls.unlink(part, folder=folder)
        with self._disk.folder(FOLDER) as folder:
            calls.rmdir(name, folder=folder)
