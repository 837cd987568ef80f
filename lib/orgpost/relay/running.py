"""A relay's life as a process: what is refused at its start, its socket, its signals, its end."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from orgpost.errors import OrgpostError
from orgpost.relay.certificate import bad, tls_of
from orgpost.relay.desk import Desk
from orgpost.relay.events import say, start_logging
from orgpost.relay.feed import Feed
from orgpost.relay.guard import Guard
from orgpost.relay.hub import Hub
from orgpost.relay.metrics import Metrics
from orgpost.relay.mounting import is_board_wanted, mount
from orgpost.relay.office import Office, start_threads
from orgpost.relay.pulse import Pulse
from orgpost.relay.refusals import OpenAddress, PortTaken, RelayRuns
from orgpost.relay.runfile import Running, Seat
from orgpost.relay.server import HEAD_SECONDS, IDLE_SECONDS, Server
from orgpost.relay.tokens import Signer
from orgpost.relay.where import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from orgpost.clock import Clock
    from orgpost.config import Settings
    from orgpost.relay.options import Options
    from orgpost.relay.secret import Secret

_BACKLOG: Final = 1024
_DRAIN_SECONDS: Final = 9.0
_KEEP_SECONDS: Final = 2.0
_LET_GO_SECONDS: Final = 0.5
_SIGNALLED: Final = 128
_NAME_ONE: Final = "--bind 127.0.0.1, or an address that `ip address` lists"
_WILD: Final = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  what is told of it, not a bind


class Relay:
    """One relay in one event loop; tests use it as the process does."""

    def __init__(
        self, space: Path, settings: Settings, options: Options, secret: Secret, clock: Clock
    ) -> None:
        self.options, self._clock, self._space = options, clock, space
        self._office = Office(space, settings, clock)
        self._secret, self.board = secret, False
        self._signer = Signer(secret.value, options.audience, clock)
        self._runner: web.AppRunner | None = None
        self._listening: asyncio.Server | None = None
        self._beating: asyncio.Task[None] | None = None
        self.desk: Desk
        self.port = 0

    @property
    def url(self) -> str:
        """The address by which this host reaches it."""
        scheme = "https" if self.options.has_tls else "http"
        host = _WILD.get(self.options.bind, self.options.bind)
        host = f"[{host}]" if ":" in host and not host.startswith("[") else host
        return f"{scheme}://{host}:{self.port}"

    async def start(self) -> None:
        """Serve; on return connections are accepted."""
        loop = asyncio.get_running_loop()
        start_threads(loop)
        options, office, metrics = self.options, self._office, Metrics()
        contacts = await office.ask(lambda post: post.contacts.load())
        guard = Guard(self._signer, contacts, self._clock)
        await office.ask(guard.renew)
        self.desk = Desk(options, office, guard, Hub(options, self._clock, metrics), metrics)
        self.desk.feed = Feed(office, options, loop, self.desk.take)
        self._server = Server(self.desk)
        app = self._server.application()
        self.board = is_board_wanted(options.board, is_only_ours=_is_only_ours(options.bind))
        if self.board:
            mount(app, self._server, self.desk, self._secret)
        self._runner = web.AppRunner(app, access_log=None, keepalive_timeout=IDLE_SECONDS)
        await self._runner.setup()
        try:
            await self._listen()
        except BaseException:
            await self._runner.cleanup()
            raise
        self.desk.feed.start()
        self._beating = loop.create_task(Pulse(self.desk).beat_for_ever())

    async def _listen(self) -> None:
        options = self.options
        try:
            self._listening = await asyncio.get_running_loop().create_server(
                self._connected,
                options.bind,
                options.port,
                backlog=_BACKLOG,
                ssl=tls_of(options),
                ssl_handshake_timeout=HEAD_SECONDS if options.has_tls else None,
            )
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise PortTaken(options.bind, options.port, reason) from None
        self.port = self._listening.sockets[0].getsockname()[1]

    def _connected(self) -> asyncio.Protocol:
        """Make the protocol of a new socket, which has little time to say what it wants."""
        assert self._runner is not None  # noqa: S101  only its server calls this
        assert self._runner.server is not None  # noqa: S101  likewise
        protocol = self._runner.server()
        loop = asyncio.get_running_loop()
        loop.call_later(HEAD_SECONDS, self._let_go_of_silent, protocol)
        return protocol

    def _let_go_of_silent(self, protocol: Any) -> None:
        transport = protocol.transport
        if transport is not None and transport not in self._server.heads:
            transport.abort()

    async def stop(self) -> None:
        """Finish what has begun, and let go of everything."""
        if self._listening is not None:
            self._listening.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                await self._server.drain()
        if self._beating is not None:
            self._beating.cancel()
        if self._runner is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LET_GO_SECONDS):
                    await self._runner.cleanup()
        writing = self.desk.notes.take()
        if writing is not None:
            writing()
        self.desk.feed.stop()
        self._office.settle()


def serve(
    space: Path,
    settings: Settings,
    options: Options,
    secret: Secret,
    clock: Clock,
    ready: Callable[[dict[str, Any]], None],
) -> None:
    """Serve a space until a signal comes; `ready` is called once connections are accepted."""
    check_address(options)
    start_logging(options.log_format)
    with Seat(space, clock) as seat:
        relay = Relay(space, settings, options, secret, clock)
        asyncio.run(_serve(relay, seat, space, clock, ready))


async def _serve(
    relay: Relay, seat: Seat, space: Path, clock: Clock, ready: Callable[[dict[str, Any]], None]
) -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _signalled, number, over)
    await relay.start()
    running = Running(relay.url, os.getpid(), f"{clock.now():%Y-%m-%dT%H:%M:%SZ}")
    seat.tell(running)
    keeping = loop.create_task(_keep(seat, relay.desk.office, over))
    ready(
        {
            "url": relay.url,
            "ws": running.ws,
            "port": relay.port,
            "pid": running.pid,
            "space": str(space),
            "watch": relay.desk.feed.mode,
            "board": f"{relay.url}/" if relay.board else None,
        }
    )
    _warn(relay)
    await over.wait()
    say("draining", count=len(relay.desk.hub))
    keeping.cancel()
    await relay.stop()
    say("ended")
    with suppress(asyncio.CancelledError):
        await keeping


async def _keep(seat: Seat, office: Office, over: asyncio.Event) -> None:
    """Stay where others find us; where another relay sits there by now, let this one end."""
    while True:
        await asyncio.sleep(_KEEP_SECONDS)
        try:
            await office.cross(seat.keep)
        except RelayRuns:
            say("another_relay", logging.ERROR, reason="its lock was deleted, and another began")
            over.set()
            raise
        except (OSError, OrgpostError) as error:
            say("not_to_be_found", logging.WARNING, kind=type(error).__name__)


def _signalled(number: int, over: asyncio.Event) -> None:
    if over.is_set():
        os._exit(_SIGNALLED + number)  # a second time: at once
    over.set()


def _warn(relay: Relay) -> None:
    options = relay.options
    if not is_loopback(options.bind) and options.public_url is None:
        say("no_public_url", logging.WARNING, reason="only loopback names are answered")
    if options.legacy:
        say("legacy_on", logging.WARNING, reason="whoever has the secret is whoever it says")
    for trouble in relay.desk.trouble():
        say("trouble", logging.WARNING, reason=trouble)
    say("serving", reason=relay.url)


# --- what is refused at the start ---------------------------------------------------------------


def check_address(options: Options) -> None:
    """Refuse what would speak in the clear to others, or cannot speak TLS."""
    if (options.tls_cert is None) != (options.tls_key is None):
        raise bad("--tls-cert", "and --tls-key belong together", "give both")
    if options.has_tls and options.behind_proxy:
        raise bad("--behind-proxy", "says that TLS is spoken in front", "leave --tls-cert out")
    if options.has_tls:
        tls_of(options)
    if not options.is_encrypted and not _is_only_ours(options.bind):
        raise OpenAddress(options.bind)


def _is_only_ours(bind: str) -> bool:
    try:
        found = socket.getaddrinfo(bind, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "no such name"
        raise bad(
            "--bind", f"{bind[:60]!r} is no address of this host: {reason}", _NAME_ONE
        ) from None
    return all(is_loopback(str(address[0])) for *_, address in found)
