"""A relay in this process, and peers that speak with it over real sockets."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Self

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from orgpost import settings_file
from orgpost.clock import Clock
from orgpost.relay.options import Options, read_options
from orgpost.relay.running import Relay
from orgpost.relay.secret import Secret
from orgpost.relay.tokens import SCOPES, Signer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Sequence
    from pathlib import Path

SECRET: Final = b"s" * 32
SECONDS: Final = 20.0


class House:
    """A relay that serves a space, and the way in."""

    def __init__(self, relay: Relay, space: Path) -> None:
        self.relay, self.space = relay, space
        self.signer = Signer(SECRET, relay.options.audience, Clock())

    @property
    def url(self) -> str:
        """Where it is."""
        return self.relay.url

    def token(
        self, actor: str = "tex", scopes: Sequence[str] = SCOPES, seconds: float = 600
    ) -> str:
        """Make a token."""
        return self.signer.sign(actor, scopes, timedelta(seconds=seconds))[0]

    @asynccontextmanager
    async def peer(
        self,
        actor: str | None = "tex",
        client: str | None = None,
        *,
        headers: dict[str, str] | None = None,
        scopes: Sequence[str] = SCOPES,
        seconds: float = 600,
    ) -> AsyncIterator[Peer]:
        """Connect; with an actor by the header, and greeted already."""
        given = dict(headers or {})
        if actor is not None:
            given["Authorization"] = f"Bearer {self.token(actor, scopes, seconds)}"
        if client is not None:
            given["X-Orgpost-Client"] = client
        async with ClientSession() as session:
            ws = await session.ws_connect(
                f"{self.url}/ws", headers=given, max_msg_size=2**22, autoping=True
            )
            peer = Peer(ws)
            if actor is not None:
                await peer.hear("auth_ok")
            try:
                yield peer
            finally:
                await ws.close()

    async def get(self, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
        """Ask for a page: its status, text and headers."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with ClientSession() as session, session.get(self.url + path, headers=named) as got:
            return got.status, await got.text(), dict(got.headers)


class Peer:
    """A client that says and hears frames."""

    def __init__(self, ws: ClientWebSocketResponse) -> None:
        self.ws = ws
        self.code: int | None = None

    async def say(self, kind: str, /, **fields: Any) -> None:
        """Send a frame."""
        await self.ws.send_str(json.dumps({"type": kind, **fields}))

    async def next(self, seconds: float = SECONDS) -> dict[str, Any] | None:
        """Give the next frame; None where the socket is closed."""
        async with asyncio.timeout(seconds):
            message = await self.ws.receive()
        if message.type is not WSMsgType.TEXT:
            self.code = self.ws.close_code
            return None
        found = json.loads(message.data)
        assert isinstance(found, dict)
        return found

    async def hear(self, kind: str, /, seconds: float = SECONDS, **wanted: Any) -> dict[str, Any]:
        """Wait for a frame of this kind with these fields; others are passed over."""
        async with asyncio.timeout(seconds):
            while True:
                frame = await self.next(seconds)
                assert frame is not None, f"closed with {self.code} instead of {kind}"
                if frame["type"] == kind and wanted.items() <= frame.items():
                    return frame

    async def ask(self, kind: str, /, **fields: Any) -> dict[str, Any]:
        """Send a frame with a reference, and give what answers it."""
        self._ref = getattr(self, "_ref", 0) + 1
        ref = f"r{self._ref}"
        await self.say(kind, ref=ref, **fields)
        async with asyncio.timeout(SECONDS):
            while True:
                frame = await self.next()
                assert frame is not None, f"closed with {self.code} instead of answering {kind}"
                if frame.get("ref") == ref:
                    return frame

    async def hears_nothing(self, kind: str) -> None:
        """See that no frame of this kind came before an answer that is asked for now."""
        await self.say("ping", ref="nothing")
        while True:
            frame = await self.next()
            assert frame is not None
            assert frame["type"] != kind, frame
            if frame.get("ref") == "nothing":
                return

    async def closed(self, seconds: float = SECONDS) -> int | None:
        """Read until the socket is closed; its code."""
        async with asyncio.timeout(seconds):
            while await self.next(seconds) is not None:
                pass
        return self.code

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        with suppress(ConnectionError):
            await self.ws.close()


@asynccontextmanager
async def serving(space: Path, clock: Clock | None = None, **changed: Any) -> AsyncIterator[House]:
    """Serve a space in this loop, on a free port, with some options changed."""
    settings = settings_file.load(space, os.environ)
    usual = {"port": 0, "rate": 10_000, "burst": 100_000}
    options: Options = read_options(settings, {}, None)._replace(**{**usual, **changed})
    relay = Relay(space, settings, options, Secret(SECRET, "test"), clock or Clock())
    await relay.start()
    try:
        yield House(relay, space)
    finally:
        await relay.stop()


def run(test: Coroutine[Any, Any, None], seconds: float = 60) -> None:
    """Run a test's coroutine in a loop of its own."""

    async def limited() -> None:
        async with asyncio.timeout(seconds):
            await test

    asyncio.run(limited())


async def until(holds: Any, seconds: float = SECONDS) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  it holds in other threads and processes
            await asyncio.sleep(0.01)
