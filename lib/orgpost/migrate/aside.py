"""The old files: copied byte for byte before anything is written, moved there when all is done."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from orgpost.errors import Conflict, Exists
from orgpost.store.files import create_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orgpost.clock import Clock

FOLDER: Final = ".orgpost/backup"


def back_up(space: Path, files: Mapping[str, bytes], clock: Clock) -> Path:
    """Copy files to a new folder of the backup, under their own paths; gives that folder."""
    _make_private(space)
    backup = _new_folder(space / FOLDER, f"{clock.now():%Y%m%dT%H%M%SZ}")
    for file, data in files.items():
        copy = backup / file
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_file(copy, data)
    return backup


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


def _make_private(space: Path) -> None:
    (space / "org" / "messaging").mkdir(mode=0o755, parents=True, exist_ok=True)
    private = space / ".orgpost"
    private.mkdir(mode=0o700, exist_ok=True)
    with suppress(Exists):
        create_file(private / ".gitignore", b"*\n")


def _new_folder(backups: Path, stamp: str) -> Path:
    backups.mkdir(mode=0o700, exist_ok=True)
    count = 1
    while True:
        folder = backups / (stamp if count == 1 else f"{stamp}-{count}")
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            count += 1
        else:
            return folder
