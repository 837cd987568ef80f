"""Which refusal it is that a file that somebody named cannot be read: not there, or not allowed."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final

from orgpost.errors import NoSuchFile, NotPermitted

if TYPE_CHECKING:
    from orgpost.errors import OrgpostError, Place

_NOT_THERE: Final = frozenset({errno.ENOENT, errno.ENOTDIR})
_TOO_LONG: Final = (
    "this is too long for the name of a file: a text goes in as it is, or with - from stdin"
)
_SHOWN: Final = 60


def unreadable(path: Place, error: OSError) -> OrgpostError:
    """Make the refusal of a file from what the system said about it."""
    if error.errno in _NOT_THERE:
        return NoSuchFile(path)
    if error.errno == errno.EISDIR:
        return NoSuchFile(path, hint="it is a folder: name a file in it")
    if error.errno == errno.ENAMETOOLONG:
        # Perhaps a whole text, given where a file's name belongs: its beginning says which.
        return NoSuchFile(f"{str(path)[:_SHOWN]}…", hint=_TOO_LONG)
    return NotPermitted(f"read {path}", error.strerror or "it is forbidden")
