"""Frames of all kinds: the connection lives where it can, and nobody else is harmed where not."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import resource
import socket
import struct
import time
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Any, Final

import pytest

from orgpost.clock import Clock, FakeClock
from orgpost.relay import protocol
from tests.relay.house import House, Peer, run, serving, until
from tests.relay.test_protocol import RUBBISH, WRONG

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


def rss() -> int:
    """The bytes of memory that this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def wrong_frames() -> list[str]:
    """Each field of each frame, with each value that is of another kind."""
    good = {"text": "x", "texts": ["x"], "whole": 1, "any": None}
    return [
        json.dumps({"type": kind, **{f.name: good[f.kind] for f in frame.fields}, field.name: bad})
        for kind, frame in protocol.CLIENT.items()
        for field in frame.fields
        for bad in WRONG[field.kind]
    ]


def test_rubbish_is_answered_and_the_connection_lives(space: Path) -> None:
    """Everything that is no frame, and every field of another kind: a ping is still answered."""

    async def test() -> None:
        async with serving(space) as house, house.peer("crt") as crt, house.peer("tex") as tex:
            await crt.ask("sub", box="inbox/crt")
            for text in (*RUBBISH, *wrong_frames()):
                await tex.ws.send_str(text)
                answer = await tex.next()
                assert answer is not None, text
                told = answer["error"] if answer["type"] == "send_ack" else answer
                assert told["code"] in {*protocol.CODES, "invalid_field"}, text
            for data in (b"", b"\x00" * 1000, b'{"type": "ping"}'):
                await tex.ws.send_bytes(data)
                assert (await tex.hear("error"))["code"] == "bad_frame"
            assert (await tex.ask("ping"))["type"] == "pong"
            assert (await crt.ask("ping"))["type"] == "pong"

    run(test())


async def raw(house: House, token: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a socket by hand, logged in; its kernel keeps little."""
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    plain.setblocking(False)
    await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", house.relay.port))
    reader, writer = await asyncio.open_connection(sock=plain)
    writer.write(
        f"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {token}\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101"), head
    return reader, writer


def masked(opcode: int, payload: bytes, *, final: bool = True) -> bytes:
    """A frame as clients send it."""
    size = len(payload)
    first = bytes([(0x80 if final else 0) | opcode])
    if size < 126:
        head = first + bytes([0x80 | size])
    elif size < 65_536:
        head = first + b"\xfe" + struct.pack(">H", size)
    else:
        head = first + b"\xff" + struct.pack(">Q", size)
    return head + b"\0\0\0\0" + payload


async def close_code(reader: asyncio.StreamReader) -> int | None:
    """Read frames until the close; its code, None where the socket just ended."""
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            first, size = await reader.readexactly(2)
            if size == 126:
                size = struct.unpack(">H", await reader.readexactly(2))[0]
            payload = await reader.readexactly(size)
            if first & 0x0F == 8:
                return int(struct.unpack(">H", payload[:2])[0])
    return None


BREAKING: Final[dict[str, tuple[bytes, int | None]]] = {
    "invalid UTF-8": (masked(1, b'{"type": "\xff\xfe"}'), 1007),
    "four megabytes": (masked(1, b"x" * 2**22), 1009),
    "an unknown opcode": (masked(3, b"x"), 1002),
    "a fragment of nothing": (masked(0, b"x"), 1002),
    "a long ping": (masked(9, b"x" * 126), 1002),
    "bits that nobody agreed on": (b"\xf1\x80\0\0\0\0", 1002),
}


@pytest.mark.parametrize("what", BREAKING)
def test_what_is_no_websocket_ends_that_connection_at_most(what: str, space: Path) -> None:
    """With the code that the protocol gives it; others go on."""
    data, code = BREAKING[what]

    async def test() -> None:
        async with serving(space) as house, house.peer("crt") as crt:
            reader, writer = await raw(house, house.token())
            writer.write(data)
            async with asyncio.timeout(20):
                assert await close_code(reader) == code
            writer.close()
            assert (await crt.ask("ping"))["type"] == "pong"
            await until(lambda: len(house.relay.desk.hub) == 1)

    run(test())


def test_half_a_frame_and_gone_leaves_nothing(space: Path) -> None:
    """And a thousand fragments are one frame."""

    async def test() -> None:
        async with serving(space) as house:
            reader, writer = await raw(house, house.token())
            writer.write(masked(1, b'{"type": "ping"}')[:-5])
            await writer.drain()
            writer.transport.abort()
            await until(lambda: not house.relay._server._sockets)
            reader, writer = await raw(house, house.token())
            text = json.dumps({"type": "ping", "ref": 7, "x": "y" * 1000}).encode()
            for place, letter in enumerate(text):
                last = place == len(text) - 1
                writer.write(masked(0 if place else 1, bytes([letter]), final=last))
            await reader.readuntil(b'"pong","ref":7')
            writer.close()

    run(test())


def test_a_frame_of_the_largest_size_is_read_and_one_more_byte_is_too_much(space: Path) -> None:
    """1009 for the second."""

    async def test() -> None:
        async with serving(space) as house, house.peer("tex") as tex:
            frame = '{"type": "ping", "ref": 1, "x": ""}'
            filled = frame[:-2] + "y" * (protocol.FRAME_BYTES - len(frame)) + frame[-2:]
            await tex.ws.send_str(filled)
            assert (await tex.hear("pong"))["ref"] == 1
            await tex.ws.send_str(filled + " ")
            assert await tex.closed() == 1009

    run(test())


def test_a_burst_is_answered_and_the_rest_is_told_to_wait(space: Path) -> None:
    """`burst` of 90 pings; a send gets its own answer; a second later all goes on."""

    async def test() -> None:
        clock = FakeClock(Clock().now())
        async with AsyncExitStack() as stack:
            house = await stack.enter_async_context(serving(space, clock, rate=10, burst=60))
            tex = await stack.enter_async_context(house.peer("tex"))
            for number in range(90):
                await tex.say("ping", ref=number)
            answers = [await tex.next() for _ in range(90)]
            kinds = [answer["type"] for answer in answers if answer is not None]
            assert kinds.count("pong") == 60
            refused = [answer for answer in answers if answer and answer["type"] == "error"]
            assert all(r["code"] == "rate_limited" and r["retry_after"] > 0 for r in refused)
            await tex.say("send", to="crt", body="x", ref="s")
            ack = await tex.hear("send_ack")
            assert (ack["ok"], ack["error"]["code"]) == (False, "rate_limited")
            assert ack["error"]["retry_after"] > 0
            clock.advance(1)
            again = [(await tex.ask("ping"))["type"] for _ in range(11)]
            assert again == ["pong"] * 10 + ["error"]

    run(test())


def test_who_goes_on_in_spite_of_it_has_to_go(space: Path) -> None:
    """A hundred refusals within ten seconds: 4013."""

    async def test() -> None:
        async with serving(space, rate=10, burst=60) as house, house.peer("tex") as tex:
            for _ in range(300):
                await tex.say("ping")
            assert await tex.closed() == 4013

    run(test())


def test_three_connections_of_an_actor_get_twice_what_one_gets(space: Path) -> None:
    """However many frames each of them sends."""

    async def test() -> None:
        async with AsyncExitStack() as stack:
            clock = FakeClock(Clock().now())
            house = await stack.enter_async_context(serving(space, clock, rate=1, burst=20))
            peers = [await stack.enter_async_context(house.peer("tex")) for _ in range(3)]
            answers = 0
            for peer in peers:
                for _ in range(30):
                    await peer.say("ping")
                found = [await peer.next() for _ in range(30)]
                answers += sum(f is not None and f["type"] == "pong" for f in found)
            assert answers == 40

    run(test())


def test_pings_of_the_protocol_count_as_frames(space: Path) -> None:
    """Nobody is kept busy for nothing."""

    async def test() -> None:
        async with serving(space, rate=1, burst=5) as house:
            reader, writer = await raw(house, house.token())
            writer.write(masked(9, b"hi") * 3)
            await reader.readuntil(b"\x8a\x02hi" * 3)
            writer.write(masked(9, b"hi") * 300)
            async with asyncio.timeout(20):
                assert await close_code(reader) == 4013
            writer.close()

    run(test())


@pytest.mark.slow
def test_one_that_never_reads_harms_nobody(space: Path) -> None:
    """More than any buffer holds: readers get the last one, sends go on, memory is flat."""

    async def test() -> None:
        async with AsyncExitStack() as stack:
            house = await stack.enter_async_context(serving(space))
            readers = [await stack.enter_async_context(house.peer("crt")) for _ in range(2)]
            tex = await stack.enter_async_context(house.peer("tex"))
            reader, writer = await raw(house, house.token("crt"))
            for box in ("presence", "inbox/crt"):
                writer.write(masked(1, json.dumps({"type": "sub", "box": box}).encode()))
            await reader.readuntil(b'"inbox/crt","epoch"')
            writer.transport.pause_reading()  # type: ignore[attr-defined]  # it reads, too
            deaf = max(house.relay.desk.hub, key=lambda connection: connection.number)
            kernel = deaf._transport.get_extra_info("socket")
            kernel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
            for each in readers:
                await each.ask("sub", box="presence")
            last = f"{9_999:080}"
            ends = [asyncio.create_task(each.hear("presence", 60, note=last)) for each in readers]
            before = rss()
            for number in range(10_000):
                await tex.say("status", status="busy", note=f"{number:080}")
            for end in ends:
                await end
            assert (await tex.ask("send", to="mira", body="x"))["ok"] is True
            assert rss() - before < 16 * 2**20
            desk = house.relay.desk
            assert not deaf.outbox.is_free
            assert len(deaf.outbox) < 100

            def is_let_go() -> bool:
                # Twenty seconds later; a beat that saw the last bytes leave began to count anew.
                deaf.outbox._taken_at = -1000.0
                return desk.metrics.counted("closes", "4008") == 1

            await until(is_let_go)
            assert len(desk.hub) == 3
            assert (await readers[0].ask("ping"))["type"] == "pong"
            writer.close()

    run(test(), 100)


# --- frames from a generator --------------------------------------------------------------------


class Generator:
    """Frames, good ones and others, the same ones for a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def text(self) -> str:
        """A frame."""
        roll = self._random.random()
        if roll < 0.1:
            return self._random.choice([*RUBBISH])
        kind = self._random.choice([*protocol.CLIENT, "fly", "hint"])
        frame: dict[str, Any] = {"type": kind, "ref": self._random.choice([1, "r", None, True])}
        names = [field.name for field in protocol.CLIENT.get(kind, protocol.CLIENT["send"]).fields]
        for name in names:
            if self._random.random() < 0.8:
                frame[name] = self._value(name)
        text = json.dumps(frame)
        return text[: self._random.randrange(len(text))] if roll > 0.95 else text

    def _value(self, name: str) -> Any:
        likely: dict[str, list[Any]] = {
            "box": ["inbox/tex", "presence", "sent/tex", "inbox/ghost", "agents/tex", "trays/x"],
            "to": ["crt", "mira", "ghost", "../x", "@t"],
            "ids": [["msg-x"], [], ["msg-x"] * 200],
            "state": ["read", "UNREAD", "fly"],
            "status": ["busy", "online", "fly"],
        }
        odd = ["", "c4n4ry\n* UNREAD", "\x00", "x" * 1000, 0, -1, 2**70, 1.5, None, [], {}, ["x"]]
        return self._random.choice(likely.get(name, odd) if self._random.random() < 0.7 else odd)


@pytest.mark.slow
def test_frames_of_a_generator_break_nothing(space: Path, caplog: pytest.LogCaptureFixture) -> None:
    """2,000 over 20 connections: an honest peer is served in time, and no fault is logged."""
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    caplog.set_level(logging.WARNING)

    async def test() -> None:
        async with AsyncExitStack() as stack:
            house = await stack.enter_async_context(serving(space, max_per_actor=100))
            peers = [await stack.enter_async_context(house.peer("tex")) for _ in range(20)]
            honest = await stack.enter_async_context(house.peer("crt"))
            before, generator = rss(), Generator(seed)
            hosts = [asyncio.create_task(pour(peer, generator, 100)) for peer in peers]
            times = [took async for took in pings(honest, hosts)]
            assert (
                sorted(times)[int(len(times) * 0.99)] < 1.0
            )  # a loaded machine; the bench has 0.1
            await asyncio.gather(*hosts)
            assert rss() - before < 50 * 2**20
            assert (await honest.ask("ping"))["type"] == "pong"
            assert len(house.relay.desk.hub) == 21

    run(test(), 100)
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR] == []
    assert "c4n4ry" not in caplog.text


async def pour(peer: Peer, generator: Generator, number: int) -> None:
    """Send frames, and read what comes."""

    async def read() -> None:
        while await peer.next(60) is not None:
            pass

    reading = asyncio.create_task(read())
    for _ in range(number):
        await peer.ws.send_str(generator.text())
    await peer.say("ping")
    await asyncio.sleep(0.1)
    assert not reading.done()
    reading.cancel()


async def pings(honest: Peer, hosts: list[asyncio.Task[None]]) -> AsyncIterator[float]:
    """Ask, as long as others do what they do; how long each answer took."""
    while not all(host.done() for host in hosts):
        began = time.monotonic()
        await honest.ask("ping")
        yield time.monotonic() - began
