"""Bad weather: storms of logins, clocks that jump, files written by anybody, peers that freeze."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest

from orgpost.clock import Clock
from orgpost.org.syntax import header
from orgpost.post import Post
from orgpost.relay.tokens import Signer
from tests.cli.door import environment
from tests.relay.house import SECRET, House, run, serving, until
from tests.relay.test_recovery import heard, names, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.slow

ENTRY: Final = """\
* UNREAD   By hand
:PROPERTIES:
:ID:       {id}
:FROM:     tex
:TO:       crt
:CREATED:  [2026-11-20 Fri 09:31:05]
:THREAD:   {id}
:END:
words
"""


PROGRAM: Final = """
import sys
from orgpost.post import Post
with Post.open(sys.argv[1], me="tex") as post:
    post.messages.create_message("tex", "crt", "x", id=sys.argv[2])
"""


class Jumping(Clock):
    """A wall clock that somebody sets; waits do not notice."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        """The time that was set."""
        return super().now() + self.ahead

    def wall_ns(self) -> int:
        """The same for file systems' sake."""
        return super().wall_ns() + self.ahead // timedelta(microseconds=1) * 1000


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_jumps_takes_nothing_from_who_is_connected(hours: int, space: Path) -> None:
    """Sends, hints and presence go on; only the ends of tokens follow the clock."""

    async def test() -> None:
        clock = Jumping()
        async with AsyncExitStack() as stack:
            house = await stack.enter_async_context(serving(space, clock))
            crt = await stack.enter_async_context(house.peer("crt", seconds=7200))
            tex = await stack.enter_async_context(house.peer("tex", seconds=7200))
            await crt.ask("sub", box="inbox/crt")
            await crt.ask("sub", box="presence")
            clock.ahead = timedelta(hours=hours)
            for number in range(3):
                ack = await tex.ask("send", to="crt", body="x", id=f"msg-{number}")
                assert (ack["ok"], ack["delivered"]) == (True, 1)
            await heard(crt, "msg-0", "msg-1", "msg-2")
            await tex.ask("status", status="busy")
            await crt.hear("presence", status="busy")
            house.signer = Signer(SECRET, "orgpost-relay", clock)
            await stack.enter_async_context(house.peer("mira"))

    run(test())


def by_appending(space: Path, id: str) -> None:
    """Write a message as a shell does."""
    with (space / "org/messaging/inbox/crt.org").open("a") as file:
        file.write(ENTRY.format(id=id))


def by_replacing(space: Path, id: str) -> None:
    """Write a message as an editor saves, or git checks out: another file takes the place."""
    inbox = space / "org/messaging/inbox/crt.org"
    new = inbox.with_name("crt.org.new")
    new.write_text(inbox.read_text() + ENTRY.format(id=id))
    os.replace(new, inbox)


def by_a_program(space: Path, id: str) -> None:
    """Write a message by the library, in a process of its own."""
    command = [sys.executable, "-c", PROGRAM, str(space), id]
    subprocess.run(command, env=environment(), check=True)


@pytest.mark.parametrize("mode", ["inotify", "poll"])
def test_whoever_writes_is_heard(mode: str, space: Path) -> None:
    """A shell, an editor, a program; and what the hint names can be read at once."""
    inbox = space / "org/messaging/inbox/crt.org"
    inbox.parent.mkdir()
    inbox.write_bytes(header("inbox/crt.org"))
    ways: list[Callable[[Path, str], None]] = [by_appending, by_replacing, by_a_program]

    async def test() -> None:
        async with serving(space, watch=mode) as house, house.peer("crt") as crt:
            assert json.loads((await house.get("/status"))[1])["watch"] == mode
            await crt.ask("sub", box="inbox/crt")
            for number, way in enumerate(ways):
                id = f"msg-{number}"
                await asyncio.to_thread(way, space, id)
                hint = await heard(crt, id)
                assert names(hint["changes"]) == [id]
                page = await crt.ask("fetch", box="inbox/crt", ids=[id])
                assert [entry["id"] for entry in page["entries"]] == [id]

    run(test())


def test_after_a_storm_of_logins_a_newcomer_is_served(space: Path) -> None:
    """500 logins and drops by three actors, names taken over among them: all is counted right."""
    drawn = random.Random(seed := random.SystemRandom().randrange(2**32))
    print(f"seed {seed}")

    async def visit(house: House, limit: asyncio.Semaphore) -> None:
        async with (
            limit,
            house.peer(drawn.choice(["tex", "crt", "mira"]), f"n{drawn.randrange(9)}") as peer,
        ):
            if drawn.random() < 0.5:
                await peer.say("sub", box="presence")
            if drawn.random() < 0.3:
                peer.ws._response.connection.transport.abort()  # type: ignore[union-attr]  # a line that breaks

    async def test() -> None:
        async with serving(space, max_per_actor=20) as house:
            async with house.peer("crt", "before") as crt:
                point = await crt.ask("sub", box="inbox/crt")
            limit = asyncio.Semaphore(40)
            visits = [visit(house, limit) for _ in range(500)]
            write(space, "msg-missed")
            ends = await asyncio.gather(*visits, return_exceptions=True)
            assert [end for end in ends if isinstance(end, TimeoutError)] == []
            async with house.peer("crt", "after") as crt:
                known = {"epoch": point["epoch"], "offset": point["offset"]}
                again = await crt.ask("sub", box="inbox/crt", **known)
                assert (again["recovered"], names(again["changes"])) == (True, ["msg-missed"])
                await until(lambda: len(house.relay.desk.hub) == 1)
                assert json.loads((await house.get("/status"))[1])["connected"] == 1
                assert next(w["actor"] for w in (await crt.ask("who"))["who"]) == "crt"
            await until(lambda: not house.relay._server._sockets)
            assert house.relay.desk.hub.subscriptions() == 0

    run(test(), 100)


READER: Final = """
import asyncio, sys
from aiohttp import ClientSession
async def main():
    async with ClientSession() as session:
        header = {"Authorization": "Bearer " + sys.argv[2]}
        async with session.ws_connect(sys.argv[1], headers=header) as ws:
            await ws.receive()
            await ws.send_str('{"type": "sub", "box": "presence"}')
            await ws.receive()
            print("ready", flush=True)
            async for message in ws:
                pass
asyncio.run(main())
"""


def test_a_reader_that_is_frozen_is_let_go_and_delays_nobody(
    space: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGSTOP: it does not answer pings; 4012, and others hear everything meanwhile."""
    monkeypatch.setattr("orgpost.relay.connection.PONG_SECONDS", 1.0)

    async def test() -> None:
        async with serving(space, heartbeat=1) as house, house.peer("crt") as crt:
            command = [sys.executable, "-c", READER, f"{house.url}/ws", house.token("mira")]
            reader = await asyncio.create_subprocess_exec(
                *command, stdout=asyncio.subprocess.PIPE, env=environment()
            )
            assert reader.stdout is not None
            assert await reader.stdout.readline() == b"ready\n"
            await crt.ask("sub", box="presence")
            reader.send_signal(signal.SIGSTOP)
            async with house.peer("tex") as tex:
                for number in range(50):
                    await tex.say("status", status="busy", note=str(number))
                await crt.hear("presence", note="49")
                metrics = house.relay.desk.metrics
                hearing = asyncio.create_task(crt.hear("presence", actor="mira", status="offline"))
                talking = asyncio.create_task(tex.hear("never", 30))
                await until(lambda: metrics.counted("closes", "4012") == 1)
                await hearing
                talking.cancel()
            reader.kill()
            await reader.wait()

    run(test())


def test_a_large_inbox_makes_no_hint_late_and_no_health_check_wait(space: Path) -> None:
    """100,000 messages and one that is appended: hinted soon, and `/healthz` answers all along."""
    inbox = space / "org/messaging/inbox/crt.org"
    inbox.parent.mkdir()
    entries = "".join(ENTRY.format(id=f"msg-old-{number}") for number in range(100_000))
    inbox.write_bytes(header("inbox/crt.org") + entries.encode())
    slowest = 0.0

    async def test() -> None:
        nonlocal slowest
        async with serving(space) as house, house.peer("crt") as crt:
            loop = asyncio.get_running_loop()

            async def check() -> None:
                nonlocal slowest
                while True:
                    began = loop.time()
                    await house.get("/healthz")
                    slowest = max(slowest, loop.time() - began)

            checking = asyncio.create_task(check())
            await crt.ask("sub", box="inbox/crt")
            for number in range(3):
                by_appending(space, f"msg-{number}")
                await crt.hear("hint", 5)
            with Post.open(space, me="tex") as post:
                post.messages.create_message("tex", "crt", "x", id="msg-last")
            await heard(crt, "msg-last")
            checking.cancel()

    run(test(), 100)
    print(f"the slowest check took {slowest:.3f} s")
    assert slowest < 2.0  # with all tests running beside it; at rest it is below 0.05
