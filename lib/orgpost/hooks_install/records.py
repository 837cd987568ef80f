"""What we put where, for whom, and what was there before: `$XDG_STATE_HOME/orgpost/installs/`.

For each file that we changed: `HASH.json` and, where there was a file before us, `HASH.original`
with its bytes. HASH is of the file's path. With the last record goes everything that we made here.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orgpost.frozen import NamedTuple
from orgpost.hooks_install.entry import Entry
from orgpost.hooks_install.files import make_folders, read, remove_folders
from orgpost.store import create_file, replace_file

if TYPE_CHECKING:
    from collections.abc import Mapping

_FORM: Final = 1
_PRIVATE: Final = 0o700


class Record(NamedTuple):
    """One file: for whom it holds what, what it was before, what it was when we left it."""

    file: Path
    owners: dict[str, list[Entry]]
    original: bytes | None
    written: str
    folders: list[str]

    @property
    def entries(self) -> list[Entry]:
        """Everything of ours in it, each thing once."""
        return joined(self.owners)

    def is_as_left(self, seen: bytes | None) -> bool:
        """Say whether the file is as we left it."""
        return seen is not None and digest(seen) == self.written


def joined(owners: Mapping[str, list[Entry]]) -> list[Entry]:
    """The entries of all owners, each thing once."""
    found: list[Entry] = []
    for entries in owners.values():
        found += [each for each in entries if each not in found]
    return found


def digest(data: bytes) -> str:
    """What tells one content from another."""
    return hashlib.sha256(data).hexdigest()


def state_folder(environ: Mapping[str, str]) -> Path:
    """Where orgpost keeps what it knows of this user on this host."""
    base = Path(environ.get("XDG_STATE_HOME", ""))
    return (base if base.is_absolute() else Path("~/.local/state").expanduser()) / "orgpost"


class Records:
    """All records of this user."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._state = state_folder(environ)
        self.folder = self._state / "installs"

    def of(self, file: Path) -> Record | None:
        """The record of a file; None where there is none, or none that can be read."""
        return self._load(self.folder / f"{_name(file)}.json")

    def all(self) -> list[Record]:
        """Every record."""
        paths = sorted(self.folder.glob("*.json")) if self.folder.is_dir() else []
        return [record for record in map(self._load, paths) if record is not None]

    def backup(self, file: Path) -> Path:
        """Where the bytes are kept that were in a file before us."""
        return self.folder / f"{_name(file)}.original"

    def keep(self, record: Record) -> None:
        """Write a record down, the original first."""
        self._make()
        backup = self.backup(record.file)
        if record.original is None:
            backup.unlink(missing_ok=True)
        else:
            _put(backup, record.original)
        facts = {
            "form": _FORM,
            "file": str(record.file),
            "made": record.original is None,
            "written": record.written,
            "folders": record.folders,
            "owners": {
                owner: [each._asdict() for each in entries]
                for owner, entries in record.owners.items()
            },
        }
        _put(self.folder / f"{_name(record.file)}.json", json.dumps(facts, indent=1).encode())

    def drop(self, file: Path) -> None:
        """Forget a file, and with the last one everything."""
        for path in (self.folder / f"{_name(file)}.json", self.backup(file)):
            path.unlink(missing_ok=True)
        if self.folder.is_dir() and not any(self.folder.glob("*.json")):
            made = _json(self.folder / "made")
            (self.folder / "made").unlink(missing_ok=True)
            if made.get("python"):
                (self._state / "python").unlink(missing_ok=True)
            remove_folders(made.get("folders", []))

    def note_python(self) -> None:
        """Note which Python has the library, and whether that note is ours to take away."""
        from orgpost.hook_copy import note_python

        is_new = not (self._state / "python").exists()
        note_python(self._environ)
        if is_new and self.folder.is_dir():
            _put(
                self.folder / "made",
                json.dumps({**_json(self.folder / "made"), "python": True}).encode(),
            )

    def _make(self) -> None:
        made = make_folders(self.folder, _PRIVATE)
        if made:
            _put(self.folder / "made", json.dumps({"folders": made}).encode())

    def _load(self, path: Path) -> Record | None:
        facts = _json(path)
        try:
            owners = {
                str(owner): [
                    Entry(**{**each, "path": tuple(each["path"])})  # JSON knows no tuples
                    for each in entries
                ]
                for owner, entries in facts["owners"].items()
            }
            file = Path(facts["file"])
            original = None if facts["made"] else read(self.backup(file))
            if facts["form"] != _FORM or (original is None and not facts["made"]):
                return None
            return Record(file, owners, original, facts["written"], facts["folders"])
        except (KeyError, TypeError, AttributeError):
            return None


def _name(file: Path) -> str:
    return digest(str(file).encode("utf-8", "surrogateescape"))[:16]


def _json(path: Path) -> Any:
    try:
        facts = json.loads(read(path) or b"{}")
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


def _put(path: Path, data: bytes) -> None:
    if path.exists():
        replace_file(path, data, mode=0o600)
    else:
        create_file(path, data)
