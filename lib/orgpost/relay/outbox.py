"""What goes out to one connection: soon where the way is free, else from a queue with bounds.

What is said in one turn of the loop is written together, at its end: a call of the kernel for each
frame would be most of what a burst costs. Nobody waits here for a peer. What waits is folded: of
several hints of a box, or of several words on one actor's presence, only one is kept. Slow is who
takes no bytes, not who was not yet written to: a loop that was busy is no fault of a reader.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from orgpost.frozen import NamedTuple
from orgpost.relay.protocol import MOST_CHANGES, encode, on_the_wire

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Sequence

    from orgpost.relay.history import Point

MOST_FRAMES: Final = 256
MOST_BYTES: Final = 1_048_576
STALLED_SECONDS: Final = 20.0
# Beyond this no burst of others is an excuse.
_FLOOD: Final = 8
_FEW: Final = 16
_MOST_AT_ONCE: Final = 65_536


class Hint(NamedTuple):
    """That something changed in a box: where the box is now, and the newest changes."""

    box: str
    point: Point
    changes: Sequence[dict[str, Any]]
    more: int = 0
    reset: bool = False

    @classmethod
    def of(cls, box: str, point: Point, changes: Sequence[dict[str, Any]]) -> Hint:
        """Give the hint of a round."""
        return cls(box, point, changes[-MOST_CHANGES:], max(0, len(changes) - MOST_CHANGES))

    def then(self, later: Hint) -> Hint:
        """Give the one hint that says what both say."""
        if later.reset or later.point.epoch != self.point.epoch:
            return later
        both = (*self.changes, *later.changes)
        left_out = max(0, len(both) - MOST_CHANGES)
        more = self.more + later.more + left_out
        return Hint(self.box, later.point, both[left_out:], more, self.reset)

    def wire(self) -> bytes:
        """Give it as it is written to a socket."""
        facts: dict[str, Any] = {"box": self.box, "epoch": self.point.epoch}
        facts |= {"offset": self.point.offset, "changes": self.changes, "more": self.more}
        if self.reset:
            facts["reset"] = True
        return on_the_wire(encode("hint", **facts))


class Way(NamedTuple):
    """How bytes leave: into a transport, which tells what it could not yet give away."""

    write: Callable[[bytes], None]
    unsent: Callable[[], int]
    drain: Callable[[], Awaitable[None]]


class Joiner:
    """Writes out, at the end of a turn of the loop, what all connections were told in it."""

    def __init__(self) -> None:
        self._told: list[Outbox] = []

    def add(self, outbox: Outbox) -> None:
        """Let an outbox be written out when this turn is over."""
        if not self._told:
            asyncio.get_running_loop().call_soon(self._write_out)
        self._told.append(outbox)

    def _write_out(self) -> None:
        told, self._told = self._told, []
        for outbox in told:
            outbox.write_out()


class Outbox:
    """The way out of one connection, and what waits for it."""

    def __init__(self, way: Way, joiner: Joiner) -> None:
        self._write, self._unsent, self._drain = way
        self._joiner = joiner
        self._joined: list[bytes] = []
        self._waiting: dict[Hashable, bytes | Hint] = {}
        self._bytes = 0
        self._number = 0
        self._given = 0
        self._task: asyncio.Task[None] | None = None
        self._room: asyncio.Future[None] | None = None
        self._taken = 0
        self._taken_at: float | None = None
        self.folded = 0

    def __len__(self) -> int:
        return len(self._waiting)

    # -- in ------------------------------------------------------------------------------------

    def push(self, wire: bytes, key: Hashable = None) -> None:
        """Send a frame; one that waits under the same key gives way to it."""
        if self._waiting or self._unsent():
            self._put(key, wire)
        else:
            self._join(wire)

    def push_hint(self, hint: Hint, wire: bytes) -> None:
        """Send a hint, of which `wire` is what is written where nothing is in the way."""
        if not self._waiting and not self._unsent():
            self._join(wire)
            return
        key = ("hint", hint.box)
        earlier = self._waiting.get(key)
        self._put(key, earlier.then(hint) if isinstance(earlier, Hint) else hint)

    def _join(self, wire: bytes) -> None:
        if not self._joined:
            self._joiner.add(self)
        self._joined.append(wire)

    def write_out(self) -> None:
        """Write what was said in this turn, at once."""
        if self._joined:
            self._give(b"".join(self._joined))
            self._joined.clear()

    def _give(self, data: bytes) -> None:
        self._write(data)
        self._given += len(data)

    def forget(self, box: str) -> None:
        """Drop the hint of a box that waits: what its reader is told next says more."""
        self._drop(("hint", box))

    def _put(self, key: Hashable, item: bytes | Hint) -> None:
        if key is None:
            self._number += 1
            key = self._number
        elif key in self._waiting:
            self.folded += 1
            self._bytes -= _size(self._waiting[key])
        self._waiting[key] = item
        self._bytes += _size(item)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._empty())

    def _drop(self, key: Hashable) -> None:
        item = self._waiting.pop(key, None)
        if item is not None:
            self._bytes -= _size(item)

    # -- out -----------------------------------------------------------------------------------

    async def _empty(self) -> None:
        try:
            while self._waiting:
                await self._drain()
                # Others may have pushed, folded or dropped meanwhile: the first is asked for anew.
                while self._waiting and not self._unsent():
                    self._give(self._next())
                self._make_room()
        except ConnectionError:
            self._waiting.clear()
            self._bytes = 0
            self._make_room()
        finally:
            self._task = None

    def _next(self) -> bytes:
        """Take the first of what waits, and what fits beside it into one write."""
        wires, size = list[bytes](), 0
        while self._waiting and size < _MOST_AT_ONCE:
            key = next(iter(self._waiting))
            item = self._waiting[key]
            self._drop(key)
            wires.append(item if isinstance(item, bytes) else item.wire())
            size += len(wires[-1])
        return b"".join(wires)

    def _make_room(self) -> None:
        if self._room is not None and len(self._waiting) <= _FEW:
            if not self._room.done():
                self._room.set_result(None)
            self._room = None

    async def room(self) -> None:
        """Wait until little waits: who does not read its answers is not read from."""
        if len(self._waiting) > _FEW:
            if self._room is None:
                self._room = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._room)

    async def flush(self) -> None:
        """Wait until all is given to the transport."""
        self.write_out()
        while self._task is not None:
            await asyncio.shield(self._task)

    def close(self) -> None:
        """Send nothing more."""
        if self._task is not None:
            self._task.cancel()
        self._joined.clear()
        self._waiting.clear()
        self._bytes = 0
        if self._room is not None and not self._room.done():
            self._room.set_result(None)

    # -- who is slow ---------------------------------------------------------------------------

    @property
    def is_free(self) -> bool:
        """Whether a frame would leave at once."""
        return not self._waiting and not self._unsent()

    @property
    def is_flooded(self) -> bool:
        """Whether so much waits that nothing else counts."""
        return len(self._waiting) > _FLOOD * MOST_FRAMES or self._bytes > _FLOOD * MOST_BYTES

    def is_slow(self, now: float) -> bool:
        """Ask, about once a second, whether its reader takes too little."""
        taken = self._given - self._unsent()
        if self.is_free or taken != self._taken or self._taken_at is None:
            self._taken, self._taken_at = taken, now
            return self.is_flooded
        is_over = len(self._waiting) > MOST_FRAMES or self._bytes > MOST_BYTES
        return is_over or now - self._taken_at >= STALLED_SECONDS


def _size(item: bytes | Hint) -> int:
    # A hint is encoded when it leaves: until then its few changes are counted roughly.
    return len(item) if isinstance(item, bytes) else 200 * (1 + len(item.changes))
