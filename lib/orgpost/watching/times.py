"""Sizes and times of all watched files, and which of them differ from those of another moment.

It is the net under the kernel's events, and the whole of watching where there are none.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from orgpost.frozen import NamedTuple
from orgpost.names import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Print = tuple[int, int, int]

MESSAGING: Final = "org/messaging"
JOURNAL: Final = ".orgpost/journal"
FOLDERS: Final = (
    MESSAGING,
    *(f"{MESSAGING}/{folder}" for folder in ("inbox", "agents", "trays")),
    JOURNAL,
)
LOOSE: Final = ("contacts.yaml", "helpers.org")

_IN_FOLDER: Final = re.compile(rf"(?:\.#)?({NAME}\.org)")
_IN_JOURNAL: Final = re.compile(rf"(inbox|agents|trays)\+({NAME}\.org)\.j")


class Times(NamedTuple):
    """`folders` are the folders that are there, `files` the prints of what is in them."""

    folders: dict[str, tuple[int, int]]
    files: dict[tuple[str, str], Print]

    def moved_since(self, before: Times) -> set[str]:
        """Give the paths, below org/messaging, of what is not as it was."""
        one, other = self.files, before.files
        names = {key for key in one.keys() | other.keys() if one.get(key) != other.get(key)}
        return {path for folder, name in names if (path := path_of(folder, name)) is not None}

    def renew(self, space: Path, folder: str, name: str) -> None:
        """Look at one file again."""
        found = _print(space / folder / name)
        if found is None:
            self.files.pop((folder, name), None)
        else:
            self.files[folder, name] = found


def take(space: Path) -> Times:
    """Look at everything now; what cannot be looked at is not there."""
    folders = {each: found for each in FOLDERS if (found := identity(space / each)) is not None}
    files: dict[tuple[str, str], Print] = {}
    for folder in folders:
        files |= {(folder, name): found for name, found in _files(space / folder)}
    return Times(folders, files)


def identity(folder: Path) -> tuple[int, int] | None:
    """Say which folder it is; another one of the same name is another one."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def folders_now(space: Path) -> dict[str, tuple[int, int]]:
    """Say which folders are there."""
    return {each: found for each in FOLDERS if (found := identity(space / each)) is not None}


def path_of(folder: str, name: str) -> str | None:
    """Give the path below org/messaging of which a file tells; None where it tells of nothing.

    A journal tells of what waits for its file, an editor's lock of when that can be put in.
    """
    if folder == JOURNAL:
        found = _IN_JOURNAL.fullmatch(name)
        return f"{found[1]}/{found[2]}" if found else None
    if folder == MESSAGING:
        return name if name in LOOSE else None
    found = _IN_FOLDER.fullmatch(name)
    return f"{folder.removeprefix(MESSAGING + '/')}/{found[1]}" if found else None


def _files(folder: Path) -> Iterator[tuple[str, Print]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith((".org", ".j", ".yaml")):
                    found = _print(folder / entry.name)
                    if found is not None:
                        yield entry.name, found
    except OSError:  # it went, or may not be looked into
        return


def _print(path: Path) -> Print | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino
