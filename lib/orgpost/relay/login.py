"""Logging in: by the header of the upgrade, or by the first frame; before it nothing is told.

Whatever is wrong with a token, the answer is the same: none of it tells who exists. Whose token is
good never waits for what others did from the same address: that asks for no guess.
"""

from __future__ import annotations

import asyncio
import logging
import re
from typing import TYPE_CHECKING, Final

from aiohttp import WSMsgType

from orgpost.frozen import NamedTuple
from orgpost.relay.events import say
from orgpost.relay.hub import Full
from orgpost.relay.legacy import CLIENT, legacy_grant
from orgpost.relay.protocol import (
    BAD_TOKEN,
    CLIENT_NAME,
    LOGIN_FIRST,
    NO_LOGIN,
    NOT_SPOKEN,
    PROTOCOL,
    RATE,
    TOO_MANY,
    BadFrame,
    read_frame,
)
from orgpost.relay.tokens import BadToken

if TYPE_CHECKING:
    from aiohttp import web

    from orgpost.relay.connection import Connection
    from orgpost.relay.desk import Desk
    from orgpost.relay.protocol import Asked, Close
    from orgpost.relay.tokens import Grant

LOGIN_SECONDS: Final = 5.0
_CLIENT_BITS: Final = 40
_BEARER: Final = "bearer"


class Named(NamedTuple):
    """Who somebody is, what its client is called, and whether it speaks the earlier words."""

    grant: Grant
    client: str | None
    is_legacy: bool = False


def bearer_of(header: str) -> str:
    """Give the token of an Authorization header; `BadToken` of any other."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != _BEARER or not token.strip():
        raise BadToken("no bearer")
    return token.strip()


def is_client_name(name: str) -> bool:
    """Ask whether a client may be called so."""
    return re.fullmatch(CLIENT_NAME, name) is not None


class TooMany(BadToken):
    """A token that opens nothing, of an address from which too many failed lately."""

    def __init__(self, wait: float) -> None:
        super().__init__("too many failed logins")
        self.wait = wait


def admit(desk: Desk, token: str, address: str) -> Grant:
    """Give what a token grants; a failure is counted and logged, until they are too many."""
    try:
        return desk.guard.admit(token)
    except BadToken as bad:
        if wait := desk.guard.wait(address):
            raise TooMany(wait) from None
        desk.guard.failed(address)
        desk.metrics.count("logins", "refused")
        say("login_refused", logging.WARNING, address=address, reason=str(bad))
        raise


async def by_first_frame(
    desk: Desk, connection: Connection, ws: web.WebSocketResponse
) -> Named | None:
    """Wait for the frame that says who this is; None where it did not, and the socket is closed."""
    try:
        async with asyncio.timeout(LOGIN_SECONDS):
            text = await _first_text(connection, ws)
        return None if text is None else _named(desk, connection, text)
    except TimeoutError:
        connection.end(NO_LOGIN)
    except _NoLogin as no:
        connection.refuse(no.code, no.message, no.ref, no.wait)
        connection.end(no.close)
    return None


async def _first_text(connection: Connection, ws: web.WebSocketResponse) -> str | None:
    """Give the first frame; None where the peer is gone."""
    while True:
        message = await ws.receive()
        if message.type is WSMsgType.TEXT:
            return str(message.data)
        if message.type is WSMsgType.BINARY:
            raise _NoLogin(LOGIN_FIRST, "log in first")
        if message.type is WSMsgType.PING:
            connection.answer_ping(message.data)
        elif message.type is not WSMsgType.PONG:
            return None


class _NoLogin(Exception):
    """Somebody is not let in: with which close, and what is said before."""

    def __init__(
        self,
        close: Close,
        message: str,
        ref: object = None,
        code: str = "not_permitted",
        wait: float | None = None,
    ) -> None:
        super().__init__(message)
        self.close, self.message, self.ref, self.code, self.wait = close, message, ref, code, wait


def _named(desk: Desk, connection: Connection, text: str) -> Named:
    if not desk.guard.wait(connection.address) and (grant := legacy_grant(desk, text)):
        return Named(grant, CLIENT, is_legacy=True)
    asked = _login_frame(desk, connection.address, text)
    if asked.get("protocol", PROTOCOL) != PROTOCOL:
        raise _NoLogin(NOT_SPOKEN, f"only protocol {PROTOCOL} is spoken", asked.ref)
    client = asked.get("client")
    if client is not None and not is_client_name(client):
        raise _NoLogin(BAD_TOKEN, "client: is no name", asked.ref, "invalid_field")
    try:
        return Named(admit(desk, asked.get("token"), connection.address), client)
    except TooMany as many:
        raise _NoLogin(RATE, str(many), asked.ref, "rate_limited", many.wait) from None
    except BadToken:
        raise _NoLogin(BAD_TOKEN, "this opens nothing", asked.ref) from None


def _login_frame(desk: Desk, address: str, text: str) -> Asked:
    try:
        asked = read_frame(text)
    except BadFrame as bad:
        desk.metrics.count("bad_frames")
        close = BAD_TOKEN if bad.kind == "auth" else LOGIN_FIRST
        if bad.kind == "auth":
            desk.guard.failed(address)  # a guess at the secret, perhaps
        raise _NoLogin(close, "log in first", bad.ref) from None
    if asked.kind != "auth":
        raise _NoLogin(LOGIN_FIRST, "log in first", asked.ref)
    return asked


def let_in(desk: Desk, connection: Connection, named: Named) -> bool:
    """Put a connection into the tables and say so; False where there is no room."""
    grant, client = named.grant, named.client or f"c{desk.clock.token(_CLIENT_BITS)}"
    try:
        desk.hub.join(connection, grant, client)
    except Full:
        desk.metrics.count("logins", "full")
        connection.end(TOO_MANY)
        return False
    desk.metrics.count("logins", "ok")
    desk.notes.seen(grant.actor)
    say("login", conn=connection.number, actor=grant.actor, client=client, jti=grant.id)
    return True
