"""What hooks and the relay noted: who was told of a message, and when somebody was last there.

The notes are under ``.orgpost/hooks/`` and ``.orgpost/run/`` and may be deleted; then nobody
knows, and nothing is guessed. A session's note has one line for each message: id, letter,
revision, seconds since 1970; the letter ``t`` says told. The relay's has id and seconds.
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


RELAY: Final = "relay"


class HookNotes:
    """The notes of one space: of its hooks, and of its relay."""

    def __init__(self, space: Path) -> None:
        self._folder = space / ".orgpost" / "hooks"
        self._run = space / ".orgpost" / "run"

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
        return min([*told, *self._handed_out(id, actor)], default=None)

    def _handed_out(self, id: str, actor: str) -> Iterator[Announcement]:
        """Give when the relay handed a hint of a message to a connection of this actor."""
        text = _bytes(self._run / "told" / actor).decode("ascii", "replace")
        for found in re.finditer(rf"(?m)^{re.escape(id)} ([0-9]{{1,12}})$", text):
            yield Announcement(datetime.fromtimestamp(int(found[1]), UTC), RELAY)

    def last_seen(self, actor: str) -> datetime | None:
        """Say when a session or a connection of this actor was last there."""
        places = [*self._notes(actor), *_files(self._folder / "stamps" / actor)]
        places.append(self._run / "seen" / actor)
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
    text = _bytes(note).decode("ascii", "replace")
    return text if text.startswith(_HEAD) else ""


def _bytes(note: Path) -> bytes:
    try:
        return note.read_bytes()
    except OSError:
        return b""


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
