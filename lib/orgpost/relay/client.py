"""A client of a relay: one connection from login to its end, and one question with its answer.

Who it is told of, and what then happens, is the business of others; here are only frames.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from orgpost.errors import Failed, NotPermitted
from orgpost.relay.policy import Ended, Trouble, trouble_of_close, trouble_of_http
from orgpost.relay.protocol import NOT_SPOKEN, OUR_FRAME_BYTES, PROTOCOL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orgpost.clock import Clock

    Frame = dict[str, Any]

_CONNECT_SECONDS: Final = 10.0
_ANSWER_SECONDS: Final = 10.0
_HEARTBEAT_SECONDS: Final = 25.0
_CLEAN: Final = frozenset({1000, 1001, 4001, 4003})
_KINDS: Final = frozenset({"auth_ok", "subbed", "hint", "presence", "error"})


async def talk(
    url: str, token: str, boxes: Sequence[str], hear: Callable[[Frame], None], clock: Clock
) -> Ended:
    """Log in, follow some boxes, and tell each frame until it ends, however it ends."""
    talking = _Talking(boxes, hear, clock)
    try:
        async with _session() as session, await _connected(session, url, token) as socket:
            return await talking.go_on(socket)
    except aiohttp.WSServerHandshakeError as error:
        retry_after = _seconds(error.headers and error.headers.get("Retry-After"))
        return Ended(trouble_of_http(error.status), f"HTTP {error.status}", retry_after=retry_after)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return Ended(Trouble.TRANSIENT, _words_of(error), talking.lived())


async def ask(url: str, token: str, me: str, frames: Sequence[Frame]) -> list[Frame]:
    """Log in by a token of `me` and of nobody else, send some frames, give the answer to each."""
    try:
        async with (
            asyncio.timeout(_ANSWER_SECONDS),
            _session() as session,
            await _connected(session, url, token) as socket,
        ):
            await _logged_in(socket, me)
            return await _answers(socket, frames)
    except aiohttp.WSServerHandshakeError as error:
        if trouble_of_http(error.status) is Trouble.REJECTED:
            raise NotPermitted("log in", f"HTTP {error.status}") from None
        raise Failed(f"the relay answers HTTP {error.status}") from None
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise Failed(f"the relay does not answer: {_words_of(error)}") from None


async def _logged_in(socket: aiohttp.ClientWebSocketResponse, me: str) -> None:
    async for message in socket:
        found = _frame_of(message)
        if found is not None and found["type"] == "auth_ok":
            if found.get("actor") != me:
                raise NotPermitted(f"act as {me}", f"the token is that of {found.get('actor')}")
            return


async def _answers(socket: aiohttp.ClientWebSocketResponse, frames: Sequence[Frame]) -> list[Frame]:
    for number, frame in enumerate(frames):
        await socket.send_str(json.dumps({**frame, "ref": number}))
    answers: dict[int, Frame] = {}
    async for message in socket:
        found = _frame_of(message)
        if found is not None and found.get("ref") in range(len(frames)):
            answers[int(found["ref"])] = found
        if len(answers) == len(frames):
            return [answers[number] for number in range(len(frames))]
    raise Failed(f"the relay has closed the connection: {socket.close_code}")


class _Talking:
    """One connection."""

    def __init__(self, boxes: Sequence[str], hear: Callable[[Frame], None], clock: Clock) -> None:
        self._boxes, self._hear, self._clock = boxes, hear, clock
        self._since: float | None = None
        self._bye: Frame = {}

    def lived(self) -> float | None:
        """Say for how long we were logged in; None where we never were."""
        return None if self._since is None else self._clock.monotonic() - self._since

    async def go_on(self, socket: aiohttp.ClientWebSocketResponse) -> Ended:
        """Tell each frame until it ends."""
        async for message in socket:
            frame = _frame_of(message)
            if frame is None:
                continue
            if frame["type"] == "auth_ok":
                if frame.get("protocol") != PROTOCOL:
                    await socket.close()
                    return Ended(trouble_of_close(NOT_SPOKEN.code), "it speaks another protocol")
                self._since = self._clock.monotonic()
                for number, box in enumerate(self._boxes):
                    await socket.send_str(json.dumps({"type": "sub", "box": box, "ref": number}))
            elif frame["type"] == "bye":
                self._bye = frame
            if frame["type"] in _KINDS:
                self._hear(frame)
        code = socket.close_code
        reason = str(self._bye.get("reason") or f"the connection was dropped ({code})")
        after = _seconds(self._bye.get("retry_after"))
        return Ended(trouble_of_close(code), reason, self.lived(), code in _CLEAN, after)


class _Once(aiohttp.TCPConnector):
    """Connects once. The library tries again by itself, and nobody would count that."""

    _is_used = False

    async def connect(self, *given: Any, **named: Any) -> Any:
        """Connect, if it is the first time."""
        if self._is_used:
            raise aiohttp.ClientConnectionError("the connection was dropped")
        self._is_used = True
        return await super().connect(*given, **named)


def _session() -> aiohttp.ClientSession:
    limits = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS)
    return aiohttp.ClientSession(timeout=limits, connector=_Once())


async def _connected(
    session: aiohttp.ClientSession, url: str, token: str
) -> aiohttp.ClientWebSocketResponse:
    async with asyncio.timeout(_CONNECT_SECONDS):
        return await session.ws_connect(
            url,
            headers={"Authorization": f"Bearer {token}"},
            heartbeat=_HEARTBEAT_SECONDS,
            max_msg_size=OUR_FRAME_BYTES,
            compress=0,
        )


def _frame_of(message: aiohttp.WSMessage) -> Frame | None:
    """Read a frame; what we do not understand is nothing."""
    if message.type is not aiohttp.WSMsgType.TEXT:
        return None
    try:
        frame = json.loads(message.data)
    except (ValueError, RecursionError):
        return None
    is_frame = isinstance(frame, dict) and isinstance(frame.get("type"), str)
    return frame if is_frame else None


def _seconds(value: object) -> float:
    try:
        return min(max(float(str(value)), 0.0), 3600.0)
    except ValueError:
        return 0.0


def _words_of(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
