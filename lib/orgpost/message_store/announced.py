"""What the hooks noted: which session was told of a message, and when somebody was last there.

The notes are under ``.orgpost/hooks/`` and may be deleted; then nobody knows, and nothing is
guessed. A session's note has one line for each message: id, letter, revision, seconds since 1970;
the letter ``t`` says told.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from orgpost.message_store.desk import Announcement

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PLAIN_ID: Final = r"[a-z0-9._-]{1,36}"
_HEAD: Final = "orgpost session 1 "


class HookNotes:
    """The hooks' notes of one space."""

    def __init__(self, space: Path) -> None:
        self._folder = space / ".orgpost" / "hooks"

    def announced(self, id: str, actor: str) -> Announcement | None:
        """Say when a session of this actor was first told of a message, and which client it was."""
        key = _key_of(id)
        told = [
            Announcement(datetime.fromtimestamp(int(found[1]), UTC), note.name.partition(".")[0])
            for note in self._notes(actor)
            if (
                found := re.search(rf"(?m)^{re.escape(key)} [tT] \S+ ([0-9]{{1,12}})$", _text(note))
            )
        ]
        return min(told, default=None)

    def last_seen(self, actor: str) -> datetime | None:
        """Say when a session of this actor was last there."""
        places = [*self._notes(actor), *_files(self._folder / "stamps" / actor)]
        times = [time for place in places if (time := _time(place)) is not None]
        return max(times, default=None)

    def _notes(self, actor: str) -> Iterator[Path]:
        for note in _files(self._folder / "sessions"):
            if note.name.split(".")[1:2] == [actor]:
                yield note


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _text(note: Path) -> str:
    try:
        text = note.read_bytes().decode("ascii", "replace")
    except OSError:
        return ""
    return text if text.startswith(_HEAD) else ""


def _time(place: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(place.stat().st_mtime), UTC)
    except OSError:
        return None


def _key_of(id: str) -> str:
    """Give what stands for an id in a note: itself, or a hash where it is long or unusual."""
    if re.fullmatch(_PLAIN_ID, id):
        return id
    from hashlib import blake2b

    return f"#{blake2b(id.encode('utf-8', 'surrogateescape'), digest_size=17).hexdigest()}"
