"""Copies of files before a program changes many of them: byte for byte, one folder for each run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orgpost.store.files import create_file, make_private

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orgpost.clock import Clock

FOLDER: Final = ".orgpost/backup"


def back_up(space: Path, files: Mapping[str, bytes], clock: Clock) -> Path:
    """Copy files to a new folder of the backup, under their own paths; gives that folder."""
    make_private(space, FOLDER)
    backup = _new_folder(space / FOLDER, f"{clock.now():%Y%m%dT%H%M%SZ}")
    for file, data in files.items():
        copy = backup / file
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_file(copy, data)
    return backup


def _new_folder(backups: Path, stamp: str) -> Path:
    count = 1
    while True:
        folder = backups / (stamp if count == 1 else f"{stamp}-{count}")
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            count += 1
        else:
            return folder
