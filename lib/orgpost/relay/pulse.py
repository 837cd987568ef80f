"""What the relay does once a second: who must go, who is alive, what changed, what is noted.

One task for all connections: a timer for each would wake the processor a thousand times.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from orgpost.errors import OrgpostError
from orgpost.relay.events import fault, say
from orgpost.relay.protocol import DENIED, NO_PONG, SLOW, TOKEN_ENDED

if TYPE_CHECKING:
    from orgpost.post import Post
    from orgpost.relay.connection import Connection
    from orgpost.relay.desk import Desk

BEAT_SECONDS: Final = 1.0
# As long as an editor takes to write a small file.
_SAVED_SECONDS: Final = 0.3
_FOLD_SECONDS: Final = 60.0
_ARCHIVE_SECONDS: Final = 3600.0
_SEEN_SECONDS: Final = 30.0
_FOLDERS: Final = ("inbox", "agents")


class Pulse:
    """The heart of a relay."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        now = desk.clock.monotonic()
        self._fold_at = now + _FOLD_SECONDS
        self._archive_at = now + _ARCHIVE_SECONDS
        self._seen_at = now + _SEEN_SECONDS

    async def beat_for_ever(self) -> None:
        """Beat, whatever goes wrong."""
        while True:
            try:
                await asyncio.sleep(BEAT_SECONDS)
                await self.beat()
            except OrgpostError as error:
                say("pulse_refused", logging.WARNING, kind=error.code)
            except Exception as error:  # noqa: BLE001  a heart that stops is worse than any fault
                fault("pulse_failed", error)

    async def beat(self) -> None:
        """Do what is due."""
        desk, now = self._desk, self._desk.clock.monotonic()
        for connection in desk.hub:
            self._look_at(connection, now)
        for word in desk.hub.presence.passed(now, desk.clock.now()):
            desk.hub.tell_presence(word)
        changed = await desk.office.ask(desk.guard.renew)
        if desk.guard.is_unsure:
            await asyncio.sleep(_SAVED_SECONDS)
            changed = await desk.office.ask(desk.guard.renew) or changed
        if changed:
            self._ask_again()
        await self._write_notes(now)
        await self._tidy(now)

    def _look_at(self, connection: Connection, now: float) -> None:
        desk, grant = self._desk, connection.grant
        if grant is None:
            return
        desk.metrics.queue_high_water = max(desk.metrics.queue_high_water, len(connection.outbox))
        if desk.guard.is_over(grant):
            desk.dismiss(connection, TOKEN_ENDED)
        elif connection.has_no_pulse(now):
            desk.dismiss(connection, NO_PONG)
        elif connection.outbox.is_slow(now):
            desk.metrics.count("slow_closes")
            desk.dismiss(connection, SLOW)
        else:
            connection.ping(now, desk.options.heartbeat)

    def _ask_again(self) -> None:
        """Ask of everybody whether it may still be here, and still hear what it hears."""
        desk = self._desk
        for connection in desk.hub:
            grant = connection.grant
            if grant is None or not desk.guard.is_good(grant):
                say("denied", logging.WARNING, actor=connection.actor, reason=desk.guard.why)
                desk.dismiss(connection, DENIED)
                continue
            for box in tuple(connection.boxes):
                if desk.guard.may_subscribe(box, grant) is None:
                    desk.hub.unsubscribe(connection, box)
                    connection.refuse("not_permitted", f"{box} is not for you any more")

    async def _write_notes(self, now: float) -> None:
        desk = self._desk
        if now >= self._seen_at:
            self._seen_at = now + _SEEN_SECONDS
            for actor in {connection.actor for connection in desk.hub}:
                desk.notes.seen(actor)
        if writing := desk.notes.take():
            await desk.office.cross(writing)

    async def _tidy(self, now: float) -> None:
        desk = self._desk
        if desk.waiting:
            paths = tuple(desk.waiting)
            desk.waiting -= await desk.office.ask(lambda post: _settled(post, paths))
        if now >= self._fold_at:
            self._fold_at = now + _FOLD_SECONDS
            await desk.office.cross(desk.office.settle)
            await desk.office.ask(_fold)
        if now >= self._archive_at:
            self._archive_at = now + _ARCHIVE_SECONDS
            moved = await desk.office.ask(lambda post: post.messages.archive_old())
            say("archived", count=len(moved.ids))


def _settled(post: Post, paths: tuple[str, ...]) -> set[str]:
    """Put in what waits for an editor, where that is over; gives where nothing waits any more."""
    views = {path: post.store.settle(path) for path in paths}
    return {path for path, view in views.items() if view is not None and not view.waiting}


def _fold(post: Post) -> None:
    _settled(post, tuple(path for folder in _FOLDERS for path in post.store.names(folder)))
