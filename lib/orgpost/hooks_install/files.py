"""Other programs' files: read as they are, written whole or not at all.

A link is followed and stays a link; a file that nobody may write is left alone, as its owner meant
it; missing folders are made, and named, so that they can go again.
"""

from __future__ import annotations

import codecs
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orgpost.errors import Conflict, Malformed, NotPermitted, UnsafePath
from orgpost.frozen import NamedTuple
from orgpost.store import create_file, replace_file

if TYPE_CHECKING:
    from collections.abc import Iterable

_FOLDER: Final = 0o755


class Text(NamedTuple):
    """What a file says, and the mark that stood before it."""

    text: str
    mark: bytes = b""

    def encode(self, text: str) -> bytes:
        """The bytes of another text in the same file."""
        return self.mark + text.encode()


def read(path: Path) -> bytes | None:
    """Everything in a regular file, itself or through a link; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NotPermitted(f"read {path}", os.strerror(error.errno or 0)) from None
    if not stat.S_ISREG(found.st_mode):
        raise UnsafePath(path, "it is no regular file")
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotPermitted(f"read {path}", os.strerror(error.errno or 0)) from None


def decode(path: Path, data: bytes) -> Text:
    """The text of a file's bytes."""
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    try:
        return Text(data[len(mark) :].decode(), mark)
    except UnicodeDecodeError as error:
        raise Malformed(path, f"it is not UTF-8 from byte {error.start} on") from None


def check_writable(path: Path) -> None:
    """Refuse what its owner, or the system, keeps from being written."""
    there = path if path.exists() else next(each for each in path.parents if each.exists())
    open_to_write = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
    is_kept = there.is_file() and not there.stat().st_mode & open_to_write
    if is_kept or not os.access(there, os.W_OK) or not os.access(_real(path).parent, os.W_OK):
        if not is_kept and not _real(path).parent.exists():
            return
        raise NotPermitted(f"write {path}", "it is read-only", hint=f"chmod u+w {there}")


def write(path: Path, data: bytes | None, seen: bytes | None) -> list[str]:
    """Put other bytes, or none, in place of those that were seen; gives the folders it made."""
    path = _real(path)
    if read(path) != seen:
        raise Conflict(f"{path} was changed meanwhile", hint="try again")
    if data is None:
        path.unlink(missing_ok=True)
        return []
    made = make_folders(path.parent)
    if seen is None:
        create_file(path, data)
    else:
        replace_file(path, data)
    return made


def make_folders(folder: Path, mode: int = _FOLDER) -> list[str]:
    """Make what is missing of a folder; names what was, from the top down."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        try:
            each.mkdir(mode)
        except OSError as error:
            raise NotPermitted(f"make {each}", os.strerror(error.errno or 0)) from None
    return [str(each) for each in reversed(missing)]


def remove_folders(folders: Iterable[str]) -> None:
    """Remove folders that we made, if nobody has put anything there."""
    for folder in reversed([*folders]):
        try:
            Path(folder).rmdir()
        except OSError:
            continue


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
