"""Who is there, and how: the one thing that the relay knows and the files do not. Pure.

Each call gives the words to tell, if anything changed. Losing all of it is allowed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orgpost.errors import InvalidField
from orgpost.frozen import NamedTuple
from orgpost.relay.protocol import LONGEST_NOTE, LONGEST_STATUS_SECONDS, STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

# What is told within 5 s, by someone who looks once a second.
GRACE_SECONDS: Final = 4.0
_OFFLINE: Final = "offline"


class Word(NamedTuple):
    """What is told of an actor."""

    actor: str
    status: str
    note: str


class Here(NamedTuple):
    """An actor that is there."""

    actor: str
    status: str
    note: str
    since: datetime
    connections: int


class _Known:
    """What is known of one actor.

    `leaves_at` is when it counts as gone, `kept_until` till when its word counts without it.
    """

    def __init__(self, since: datetime) -> None:
        self.status, self.note, self.since = _OFFLINE, "", since
        self.connections = 0
        self.leaves_at: float | None = None
        self.kept_until = 0.0


class Presence:
    """Who is there; `now` is a clock that never runs backwards, `moment` what people read."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    def joined(self, actor: str, now: float, moment: datetime) -> Word | None:
        """Note a connection."""
        known = self._known.setdefault(actor, _Known(moment))
        known.connections += 1
        is_back = known.leaves_at is not None or known.kept_until > now
        known.leaves_at = None
        if known.connections > 1 or is_back:
            return None
        return self._say(actor, known, "online", "", moment)

    def left(self, actor: str, now: float) -> None:
        """Note that a connection is gone."""
        known = self._known.get(actor)
        if known is None:
            return
        known.connections -= 1
        if known.connections == 0:
            known.leaves_at = max(now + GRACE_SECONDS, known.kept_until)

    def set(
        self,
        actor: str,
        status: str,
        note: str,
        seconds: int | None,
        now: float,
        moment: datetime,
    ) -> Word | None:
        """Take an actor at its word; `InvalidField` where it is none."""
        if status not in STATUSES:
            raise InvalidField("status", f"must be one of {' '.join(STATUSES)}")
        _check_note(note)
        if seconds is not None and not 0 < seconds <= LONGEST_STATUS_SECONDS:
            raise InvalidField("for_seconds", f"must be from 1 to {LONGEST_STATUS_SECONDS}")
        known = self._known.setdefault(actor, _Known(moment))
        known.kept_until = now + seconds if seconds else 0.0
        return self._say(actor, known, status, note, moment)

    def passed(self, now: float, moment: datetime) -> list[Word]:
        """Let those go who left long enough ago; gives what to tell of it."""
        gone = [a for a, k in self._known.items() if k.leaves_at is not None and k.leaves_at <= now]
        words = [self._say(actor, self._known[actor], _OFFLINE, "", moment) for actor in gone]
        for actor in gone:
            del self._known[actor]
        return [word for word in words if word is not None]

    def here(self) -> Iterator[Here]:
        """Give who is there, by name; who says that it is offline is not."""
        for actor in sorted(self._known):
            known = self._known[actor]
            if known.status != _OFFLINE:
                yield Here(actor, known.status, known.note, known.since, known.connections)

    @staticmethod
    def _say(actor: str, known: _Known, status: str, note: str, moment: datetime) -> Word | None:
        if (known.status, known.note) == (status, note):
            return None
        known.status, known.note, known.since = status, note, moment
        return Word(actor, status, note)


def _check_note(note: str) -> None:
    if len(note) > LONGEST_NOTE:
        raise InvalidField("note", f"has {len(note)} characters, and may have {LONGEST_NOTE}")
    for place, character in enumerate(note, start=1):
        if not character.isprintable():
            what = f"character {place} is U+{ord(character):04X}"
            raise InvalidField("note", f"{what}; a note is one line of what can be seen")
