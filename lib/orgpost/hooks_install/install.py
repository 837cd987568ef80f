"""Doing what was planned: the record first, then the file, or neither."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orgpost.hooks_install.files import remove_folders, write

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orgpost.hooks_install.plan import Change
    from orgpost.hooks_install.records import Record, Records


def commit(changes: Iterable[Change], records: Records) -> None:
    """Write what was planned, one file after the other."""
    for change in changes:
        _commit(change, records)


def _commit(change: Change, records: Records) -> None:
    before, after = change.before, change.after
    known = records.of(change.file)  # another file's going may have left us its folders
    if after is not None and known is not None:
        after = after._replace(folders=known.folders)
    if after is not None and after != before:
        records.keep(after)
    try:
        made = write(change.file, change.data, change.seen) if change.is_change else []
    except BaseException:
        if before is not None:
            records.keep(before)
        else:
            records.drop(change.file)
        raise
    if after is not None and made:
        records.keep(after._replace(folders=[*after.folders, *made]))
    elif after is None and before is not None:
        _forget(known or before, records)


def _forget(record: Record, records: Records) -> None:
    """Forget a file; a folder that we made for it goes, now or with the last file of ours in it."""
    remove_folders(record.folders)
    left = [folder for folder in record.folders if Path(folder).is_dir()]
    for other in records.all() if left else ():
        shared = [folder for folder in left if Path(folder) in other.file.parents]
        if shared and other.file != record.file:
            records.keep(other._replace(folders=[*shared, *other.folders]))
            break
    records.drop(record.file)


def backup_of(change: Change, records: Records) -> Path | None:
    """Where the bytes are that a file had before us."""
    path = records.backup(change.file)
    return path if path.exists() else None
