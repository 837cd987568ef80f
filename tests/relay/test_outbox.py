"""What waits for a peer: in order, folded, within bounds; and who is slow."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from unittest.mock import Mock

from orgpost.clock import FakeClock
from orgpost.config import Settings
from orgpost.relay.history import Point
from orgpost.relay.hub import Hub
from orgpost.relay.metrics import Metrics
from orgpost.relay.options import read_options
from orgpost.relay.outbox import MOST_FRAMES, STALLED_SECONDS, Hint, Joiner, Outbox, Way
from orgpost.relay.protocol import MOST_CHANGES, encode, on_the_wire
from orgpost.watching.change import Change, News
from tests.relay.house import run


class Pipe:
    """A way out whose kernel takes bytes only when it is told."""

    def __init__(self, *, takes: bool) -> None:
        self.takes, self.sent, self.writes = takes, b"", 0
        self._unsent = b""
        self._drained = asyncio.Event()
        self.outbox = Outbox(Way(self._write, lambda: len(self._unsent), self._drain), Joiner())

    def _write(self, data: bytes) -> None:
        self.writes += 1
        if self.takes:
            self.sent += data
        else:
            self._unsent += data

    async def _drain(self) -> None:
        while self._unsent:
            self._drained.clear()
            await self._drained.wait()

    def take(self, size: int | None = None) -> None:
        """Let the kernel take what waits in the transport, or some of it."""
        size = len(self._unsent) if size is None else size
        self.sent, self._unsent = self.sent + self._unsent[:size], self._unsent[size:]
        self._drained.set()

    async def open(self) -> None:
        """Let the kernel take everything from now on."""
        self.takes = True
        self.take()
        await self.outbox.flush()

    def frames(self) -> list[dict[str, Any]]:
        """What the peer has heard."""
        found, rest = [], self.sent
        while rest:
            size, head = rest[1], 2
            if size == 126:
                size, head = int.from_bytes(rest[2:4], "big"), 4
            found.append(json.loads(rest[head : head + size]))
            rest = rest[head + size :]
        return found


def hint(offset: int, *ids: int, more: int = 0, epoch: str = "e", reset: bool = False) -> Hint:
    """A hint of one box."""
    changes = [{"offset": id, "id": str(id)} for id in ids]
    return Hint("inbox/tex", Point(epoch, offset), changes, more, reset)


def push_hint(pipe: Pipe, each: Hint) -> None:
    """Send a hint."""
    pipe.outbox.push_hint(each, each.wire())


def plain(number: int) -> bytes:
    """A frame that nothing folds."""
    return on_the_wire(encode("pong", number))


async def stuck(*, number: int = 0) -> Pipe:
    """A pipe whose kernel has not taken its first frame."""
    pipe = Pipe(takes=False)
    pipe.outbox.push(plain(number))
    await asyncio.sleep(0)
    return pipe


def test_what_is_said_in_one_turn_is_written_together_at_its_end() -> None:
    """One call of the kernel for each connection, whatever the number of frames; no queue."""

    async def test() -> None:
        pipe, joiner = Pipe(takes=True), Joiner()
        pipe.outbox._joiner = joiner
        for number in range(100):
            pipe.outbox.push(plain(number))
        push_hint(pipe, hint(1, 1))
        assert (pipe.sent, pipe.writes) == (b"", 0)
        await asyncio.sleep(0)
        assert [frame["type"] for frame in pipe.frames()] == ["pong"] * 100 + ["hint"]
        assert (pipe.writes, pipe.outbox._task) == (1, None)
        pipe.outbox.push(plain(0))
        await pipe.outbox.flush()
        assert pipe.writes == 2

    run(test())


def test_what_waits_keeps_its_order_and_hints_are_folded() -> None:
    """One hint says what three would have said; everything else comes as it was sent."""

    async def test() -> None:
        pipe = await stuck()
        push_hint(pipe, hint(1, 1))
        pipe.outbox.push(plain(1))
        push_hint(pipe, hint(2, 2))
        push_hint(pipe, hint(4, 3, 4))
        pipe.outbox.push(plain(2))
        await pipe.open()
        frames = pipe.frames()
        assert [f.get("ref", f["type"]) for f in frames] == [0, "hint", 1, 2]
        (told,) = (frame for frame in frames if frame["type"] == "hint")
        assert [change["offset"] for change in told["changes"]] == [1, 2, 3, 4]
        assert (told["offset"], told["more"]) == (4, 0)
        assert pipe.outbox.folded == 2

    run(test())


def test_a_folded_hint_says_how_many_it_left_out() -> None:
    """So the offset before is always the offset less the changes less those left out."""
    folded = hint(10, *range(1, 11))
    for offset in range(11, 61):
        folded = folded.then(hint(offset, offset))
        assert folded.point.offset - len(folded.changes) - folded.more == 0
    assert len(folded.changes) == MOST_CHANGES
    assert folded.changes[-1]["offset"] == 60


def test_a_reset_makes_void_what_waited_before_it() -> None:
    """And what comes after it belongs to the new epoch."""
    reset = hint(5, 5).then(hint(0, epoch="f", reset=True))
    assert (reset.point, reset.changes, reset.reset) == (("f", 0), [], True)
    after = reset.then(hint(1, 1, epoch="f"))
    assert (after.point, len(after.changes), after.more, after.reset) == (("f", 1), 1, 0, True)


def test_a_later_word_on_an_actor_takes_the_place_of_the_earlier() -> None:
    """Of each actor the last one is told."""

    async def test() -> None:
        pipe = await stuck()
        for number in range(1000):
            wire = on_the_wire(encode("presence", actor=f"a{number % 3}", status=str(number)))
            pipe.outbox.push(wire, ("presence", f"a{number % 3}"))
        assert len(pipe.outbox) == 3
        await pipe.open()
        assert [frame["status"] for frame in pipe.frames()[1:]] == ["999", "997", "998"]

    run(test())


def test_what_was_told_otherwise_is_dropped() -> None:
    """A new subscription says more than the hint that waits."""

    async def test() -> None:
        pipe = await stuck()
        push_hint(pipe, hint(1, 1))
        pipe.outbox.forget("inbox/tex")
        pipe.outbox.push(plain(1))
        await pipe.open()
        assert [frame["ref"] for frame in pipe.frames()] == [0, 1]

    run(test())


def test_a_new_subscription_drops_the_hint_that_waits() -> None:
    """Else it would come after an answer that says more, and the offset would seem to go back."""

    async def test() -> None:
        pipe = await stuck()
        connection: Any = Mock(boxes=set(), outbox=pipe.outbox, translator=None, actor="tex")
        options = read_options(Settings(), {}, None)
        hub = Hub(options, FakeClock(), Metrics())
        hub.subscribe(connection, "inbox/tex", None, None)
        hub.publish(News("inbox/tex", (Change("new", "msg-1", "UNREAD", "crt", "team", "normal"),)))
        assert len(pipe.outbox) == 1
        hub.subscribe(connection, "inbox/tex", None, None)
        assert len(pipe.outbox) == 0
        hub.publish(News("inbox/tex", reset=True))
        hub.unsubscribe(connection, "inbox/tex")
        assert len(pipe.outbox) == 0
        hub.publish(News("inbox/tex", reset=True))
        assert len(pipe.outbox) == 0

    run(test())


def test_who_takes_bytes_is_not_slow_however_much_waits() -> None:
    """A burst of others fills a queue while the loop is busy: its reader is not to blame."""

    async def test() -> None:
        pipe = await stuck()
        for number in range(MOST_FRAMES * 2):
            pipe.outbox.push(plain(number))
        for second in range(100):
            assert not pipe.outbox.is_slow(second)
            pipe.take(1)
            await asyncio.sleep(0)
        pipe.outbox.close()

    run(test())


def test_who_takes_nothing_is_slow_at_once_over_the_bound_and_after_a_while_below_it() -> None:
    """Within the bound it has 20 seconds."""

    async def test() -> None:
        over, below, idle = await stuck(), await stuck(), Pipe(takes=True)
        for number in range(MOST_FRAMES + 2):
            over.outbox.push(plain(number))
        idle.outbox.push(plain(1))
        await asyncio.sleep(0)
        assert [each.outbox.is_slow(0.0) for each in (over, below, idle)] == [False, False, False]
        assert [each.outbox.is_slow(1.0) for each in (over, below, idle)] == [True, False, False]
        assert not below.outbox.is_slow(STALLED_SECONDS - 0.1)
        assert below.outbox.is_slow(STALLED_SECONDS)
        assert not idle.outbox.is_slow(1000.0)
        over.outbox.close()

    run(test())


def test_no_burst_is_an_excuse_for_a_flood() -> None:
    """Our memory is bounded, whatever the reason."""

    async def test() -> None:
        pipe = await stuck()
        pipe.outbox.push(on_the_wire(b"x" * 9_000_000))
        assert pipe.outbox.is_slow(0.0)
        pipe.outbox.close()

    run(test())


def test_who_does_not_take_its_answers_is_not_read_from() -> None:
    """Until there is room again, or nobody is there any more."""

    async def test() -> None:
        pipe = await stuck()
        for number in range(40):
            pipe.outbox.push(plain(number))
        waiting = asyncio.create_task(pipe.outbox.room())
        await asyncio.sleep(0)
        assert not waiting.done()
        await pipe.open()
        await waiting
        shut = await stuck()
        for number in range(40):
            shut.outbox.push(plain(number))
        waiting = asyncio.create_task(shut.outbox.room())
        await asyncio.sleep(0)
        shut.outbox.close()
        await waiting

    run(test())
