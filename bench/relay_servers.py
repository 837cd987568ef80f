"""Three servers that tell everybody of each status: ours, and the two floors.

`python -m bench.relay_servers NAME SPACE HEARTBEAT` prints its port and serves until it is killed.
All three do the same with a status: read it, write one frame, send it to each subscriber.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

SECRET = b"s" * 32


async def serve_ours(space: Path, heartbeat: int) -> None:
    """The relay, with limits that are in nobody's way."""
    from orgpost import settings_file
    from orgpost.clock import Clock
    from orgpost.relay.options import read_options
    from orgpost.relay.running import Relay
    from orgpost.relay.secret import Secret

    settings = settings_file.load(space, os.environ)
    options = read_options(settings, {}, None)._replace(
        port=0,
        rate=1_000_000,
        burst=1_000_000,
        max_per_actor=10_000,
        max_connections=10_000,
        heartbeat=heartbeat,
    )
    relay = Relay(space, settings, options, Secret(SECRET, "bench"), Clock())
    await relay.start()
    print(relay.port, flush=True)
    await asyncio.Event().wait()


def frame_of(text: str) -> str:
    """Give what is told of a status: as many bytes as ours."""
    asked = json.loads(text)
    told = {"type": "presence", "actor": asked["actor"], "status": "busy", "note": asked["note"]}
    return json.dumps({**told, "at": "2026-11-20T08:31:05Z"}, separators=(",", ":"))


async def serve_websockets() -> None:
    """The broadcast of the library websockets, without compression."""
    from websockets.asyncio.server import broadcast, serve

    subscribers: set[Any] = set()

    async def talk(socket: Any) -> None:
        async for text in socket:
            if '"sub"' in text:
                subscribers.add(socket)
                await socket.send('{"type":"subbed"}')
            else:
                broadcast(subscribers, frame_of(text))
        subscribers.discard(socket)

    async with serve(talk, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await asyncio.Event().wait()


async def serve_naive() -> None:
    """An aiohttp loop that awaits each send."""
    from aiohttp import web

    subscribers: set[web.WebSocketResponse] = set()

    async def talk(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        async for message in socket:
            if '"sub"' in message.data:
                subscribers.add(socket)
                await socket.send_str('{"type":"subbed"}')
            else:
                frame = frame_of(message.data)
                for each in tuple(subscribers):
                    await each.send_str(frame)
        subscribers.discard(socket)
        return socket

    app = web.Application()
    app.router.add_get("/ws", talk)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    name = sys.argv[1]
    if name == "ours":
        asyncio.run(serve_ours(Path(sys.argv[2]), int(sys.argv[3])))
    else:
        asyncio.run({"websockets": serve_websockets, "naive": serve_naive}[name]())
