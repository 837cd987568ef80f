"""The relay as an aiohttp application: its addresses, who may ask for them, and a socket's life.

The order of the handshake matters: nothing that depends on who exists is said before a login.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import TYPE_CHECKING, Final
from weakref import WeakSet

from aiohttp import WSMsgType, hdrs, web

from orgpost import __version__
from orgpost.relay import login
from orgpost.relay.connection import Connection
from orgpost.relay.conversation import Conversation
from orgpost.relay.events import fault, say
from orgpost.relay.legacy import LegacyConversation
from orgpost.relay.login import Named
from orgpost.relay.outbox import Joiner
from orgpost.relay.protocol import FAULT, FRAME_BYTES, SHUTDOWN
from orgpost.relay.tokens import BadToken
from orgpost.relay.where import (
    address_behind,
    has_secret,
    host_of,
    is_loopback,
    is_our_origin,
    our_hosts,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp.typedefs import Handler

    from orgpost.relay.desk import Desk
    from orgpost.relay.tokens import Grant

MOST_STRANGERS: Final = 64
HEAD_SECONDS: Final = 10.0
IDLE_SECONDS: Final = 75.0
_BODY_LIMIT: Final = 524_288
_LONGEST_BYE_SECONDS: Final = 5.0
_CLIENT_HEADER: Final = "X-Orgpost-Client"
_FORWARDED: Final = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")


class Server:
    """Serves one space; `cookie_grant` says whose session a request's cookie is, with a board."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._hosts = our_hosts(desk.options)
        self._strangers: Counter[str] = Counter()
        self._number = 0
        self._joiner = Joiner()
        self._began = desk.clock.monotonic()
        self._sockets: dict[Connection, Conversation | None] = {}
        # The sockets on which a whole request came.
        self.heads: WeakSet[asyncio.BaseTransport] = WeakSet()
        self.has_board = False
        self.cookie_grant: Callable[[web.Request], Grant | None] = lambda _request: None

    def application(self) -> web.Application:
        """Give the application, to which others may be added."""
        app = web.Application(middlewares=[self._guarded], client_max_size=_BODY_LIMIT)
        app.router.add_get("/status", self._status)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/ws", self._socket)
        return app

    # -- who may ask ---------------------------------------------------------------------------

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse what no browser that means us would ask; a fault of ours is one line."""
        if request.transport is not None:
            self.heads.add(request.transport)
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        try:
            return await handler(request)
        except (web.HTTPException, ConnectionError, asyncio.CancelledError):
            raise
        except Exception as error:  # noqa: BLE001  one request's fault is no other's
            fault("request_failed", error, path=_known_path(request))
            return web.Response(status=500, text="our fault\n")

    def _refusal(self, request: web.Request) -> web.Response | None:
        if not self.is_our_host(request):
            return _said(421, "not the host that you mean")
        if has_secret(request.query.items()) or (request.path == "/ws" and request.query_string):
            say("token_in_address", logging.WARNING, address=self.address(request))
            return _said(400, "a token belongs into the Authorization header")
        if not self.is_ours(request):
            return _said(403, "another's page")
        return None

    def is_our_host(self, request: web.Request) -> bool:
        """Ask whether a request means us by a name of ours."""
        host = host_of(request.headers.get(hdrs.HOST, ""))
        if host in self._hosts:
            return True
        own = request.get_extra_info("sockname")
        return host is not None and own is not None and host == str(own[0]).lower()

    def is_ours(self, request: web.Request) -> bool:
        """Ask whether a request does not come from another's page."""
        origin = request.headers.get(hdrs.ORIGIN)
        return origin is None or self._is_our_origin(request, origin)

    def _is_our_origin(self, request: web.Request, origin: str) -> bool:
        host = request.headers.get(hdrs.HOST, "")
        return is_our_origin(origin, host, self._desk.options.origins)

    def address(self, request: web.Request) -> str:
        """Give the address of whoever asks."""
        forwarded = request.headers.get("X-Forwarded-For")
        behind_proxy = self._desk.options.behind_proxy
        return address_behind(request.remote or "-", forwarded, behind_proxy=behind_proxy)

    def wait_for(self, request: web.Request) -> int:
        """Say how many seconds an address must wait after too many failed logins."""
        wait = self._desk.guard.wait(self.address(request))
        return int(wait) + 1 if wait else 0

    # -- addresses -----------------------------------------------------------------------------

    async def _status(self, _request: web.Request) -> web.Response:
        desk = self._desk
        trouble = desk.trouble()
        return web.json_response(
            {
                "status": "draining" if desk.is_draining else "trouble" if trouble else "ok",
                "version": __version__,
                "uptime_seconds": int(desk.clock.monotonic() - self._began),
                "connected": len(desk.hub),
                "actors": desk.hub.actors(),
                "subscriptions": desk.hub.subscriptions(),
                "watch": desk.feed.mode,
                "board": self.has_board,
                "trouble": trouble,
            }
        )

    async def _healthz(self, _request: web.Request) -> web.Response:
        if self._desk.is_draining:
            return _said(503, "draining")
        space = self._desk.office.space
        try:
            if await self._desk.office.cross((space / "org/messaging").is_dir):
                return _said(200, "ok")
        except OSError:
            pass
        return _said(503, "store")

    async def _metrics(self, request: web.Request) -> web.Response:
        if not self._may_measure(request):
            return _said(403, "scope metrics")
        metrics, hub = self._desk.metrics, self._desk.hub
        metrics.set("net_catches", self._desk.feed.caught)
        try:
            data, kind = metrics.text(lambda: len(hub))
        except ImportError:
            return _said(501, "needs an extra: pip install 'orgpost[ui]'")
        return web.Response(body=data, headers={hdrs.CONTENT_TYPE: kind})

    def _may_measure(self, request: web.Request) -> bool:
        is_forwarded = any(name in request.headers for name in _FORWARDED)
        if is_loopback(request.remote or "") and not is_forwarded:
            return True
        try:
            token = login.bearer_of(request.headers.get(hdrs.AUTHORIZATION, ""))
            return login.admit(self._desk, token, self.address(request)).allows("metrics")
        except BadToken:
            return False

    # -- sockets -------------------------------------------------------------------------------

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        try:
            named = self._by_header(request)
        except _NotLetIn as no:
            return no.response
        ws = web.WebSocketResponse(
            autoping=False, compress=False, max_msg_size=FRAME_BYTES + 1, timeout=2.0
        )
        writer = await ws.prepare(request)
        transport = request.transport
        if not isinstance(transport, asyncio.Transport) or writer is None:
            return ws
        self._number += 1
        address = self.address(request)
        connection = Connection(self._number, address, ws, writer, transport, self._joiner)
        self._sockets[connection] = None
        self._strangers[address] += 1
        try:
            await self._serve(connection, ws, named)
        finally:
            del self._sockets[connection]
            self._count_out(connection, ws)
        return ws

    def _count_out(self, connection: Connection, ws: web.WebSocketResponse) -> None:
        close = connection.ended_by
        code = ws.close_code if close is None else close.code
        self._desk.metrics.count("closes", str(code or "-"))
        self._desk.metrics.count("hints_folded", by=connection.outbox.folded)
        say("gone", conn=connection.number, actor=connection.actor or "-", code=code or "-")

    def _by_header(self, request: web.Request) -> Named | None:
        """Say who this is by its header, None where it did not say; or refuse it: `_NotLetIn`."""
        address = self.address(request)
        if self._desk.is_draining:
            raise _NotLetIn(_said(503, "draining", retry_after=5))
        client = request.headers.get(_CLIENT_HEADER)
        if client is not None and not login.is_client_name(client):
            raise _NotLetIn(_said(400, f"{_CLIENT_HEADER} is no name"))
        grant = self._granted(request, address)
        if grant is not None:
            return Named(grant, client)
        if wait := self.wait_for(request):
            raise _NotLetIn(_too_many(wait))
        if self._strangers[address] >= MOST_STRANGERS:
            raise _NotLetIn(_said(429, "too many sockets that did not log in", retry_after=5))
        return None

    def _granted(self, request: web.Request, address: str) -> Grant | None:
        header = request.headers.get(hdrs.AUTHORIZATION)
        if header is None:
            return self._by_cookie(request)
        try:
            return login.admit(self._desk, login.bearer_of(header), address)
        except login.TooMany as many:
            raise _NotLetIn(_too_many(int(many.wait) + 1)) from None
        except BadToken:
            response = _said(401, "this opens nothing")
            response.headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
            raise _NotLetIn(response) from None

    def _by_cookie(self, request: web.Request) -> Grant | None:
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is None or not self._is_our_origin(request, origin):
            return None
        return self.cookie_grant(request)

    async def _serve(
        self, connection: Connection, ws: web.WebSocketResponse, named: Named | None
    ) -> None:
        try:
            if named is None:
                named = await login.by_first_frame(self._desk, connection, ws)
        finally:
            self._strangers[connection.address] -= 1
            self._strangers += Counter()  # drops whoever has none
        if named is None or not login.let_in(self._desk, connection, named):
            await connection.ended()
            return
        kind = LegacyConversation if named.is_legacy else Conversation
        conversation = kind(connection, named.grant, self._desk)
        self._sockets[connection] = conversation
        try:
            await conversation.begin()
            await self._listen(connection, ws, conversation)
        except Exception as error:  # noqa: BLE001  a fault in one connection is no other's
            fault("connection_failed", error, conn=connection.number, actor=connection.actor)
            connection.end(FAULT)
        finally:
            self._desk.hub.leave(connection)
            self._desk.notes.seen(named.grant.actor)
            await asyncio.shield(self._finish(connection, conversation))

    async def _listen(
        self, connection: Connection, ws: web.WebSocketResponse, conversation: Conversation
    ) -> None:
        while connection.ended_by is None:
            message = await ws.receive()
            match message.type:
                case WSMsgType.TEXT:
                    await conversation.hear(message.data)
                case WSMsgType.PING:
                    await conversation.hear_ping(message.data)
                case WSMsgType.PONG:
                    connection.pong_came()
                case WSMsgType.BINARY:
                    conversation.hear_nothing()
                case _:
                    return

    @staticmethod
    async def _finish(connection: Connection, conversation: Conversation) -> None:
        await conversation.finish()
        await connection.ended()
        connection.outbox.close()

    # -- the end -------------------------------------------------------------------------------

    async def drain(self) -> None:
        """Finish what has begun, refuse what is new, say goodbye to everybody."""
        self._desk.is_draining = True
        there = tuple(self._sockets.items())
        await asyncio.gather(*(self._dismiss(*each) for each in there))

    async def _dismiss(self, connection: Connection, conversation: Conversation | None) -> None:
        if conversation is None:
            await connection.end(SHUTDOWN)  # a stranger is told nothing
            return
        await conversation.settled()
        spread = int(self._desk.clock.token(16), 16) / 65_536
        await connection.end(SHUTDOWN, bye=_LONGEST_BYE_SECONDS * spread)


class _NotLetIn(Exception):
    """A socket that is refused before it is one."""

    def __init__(self, response: web.Response) -> None:
        super().__init__(response.status)
        self.response = response


def _said(status: int, text: str, *, retry_after: int | None = None) -> web.Response:
    headers = {} if retry_after is None else {hdrs.RETRY_AFTER: str(retry_after)}
    return web.Response(status=status, text=f"{text}\n", headers=headers)


def _too_many(wait: int) -> web.Response:
    return _said(429, "too many failed logins", retry_after=wait)


def _known_path(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return "-" if resource is None else resource.canonical
