"""Moves the old files over their copies in the backup, when all else is done."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from orgpost.errors import Conflict
from orgpost.store.files import create_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def move_aside(space: Path, backup: Path, files: Mapping[str, bytes]) -> None:
    """Move old files over their copies, registries last: a run that dies still knows the people.

    A file that has changed since it was read goes back: the next run will read it again.
    """
    for file in sorted(files, key=lambda file: (not file.endswith(".org"), file)):
        source, copy = space / file, backup / file
        if source.read_bytes() != files[file]:
            raise _changed(file)
        source.replace(copy)
        if copy.read_bytes() != files[file] and not source.exists():
            copy.replace(source)
            create_file(copy, files[file])
            raise _changed(file)
    with suppress(OSError):  # something else lies there: it stays
        (space / "org" / "inboxes").rmdir()


def _changed(file: str) -> Conflict:
    return Conflict(f"{file} was changed meanwhile", hint="run orgpost migrate again")
