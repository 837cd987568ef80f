"""Clients that only count: raw sockets, since a library here would be what is measured."""

from __future__ import annotations

import json
import select
import socket
import struct
import time
from typing import Any

_SECONDS = 60.0


def masked(text: str) -> bytes:
    """Give a text frame as clients send it."""
    payload = text.encode()
    size = len(payload)
    head = b"\x81" + (bytes([0x80 | size]) if size < 126 else b"\xfe" + struct.pack(">H", size))
    return head + b"\0\0\0\0" + payload


class Client:
    """One connection."""

    def __init__(self, port: int, token: str = "", *, wait: bool = True) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        login = f"Authorization: Bearer {token}\r\n" if token else ""
        self.socket.sendall(
            f"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{login}\r\n".encode()
        )
        if wait:
            self.hear(b"auth_ok" if token else b"\r\n\r\n")

    def say(self, **frame: Any) -> None:
        """Send a frame."""
        self.socket.sendall(masked(json.dumps(frame)))

    def hear(self, word: bytes) -> bytes:
        """Read until a word came."""
        heard = b""
        while word not in heard:
            piece = self.socket.recv(65_536)
            if not piece:
                message = f"closed instead of {word!r}: {heard[:200]!r}"
                raise ConnectionError(message)
            heard += piece
        return heard

    def ask(self, word: bytes, **frame: Any) -> bytes:
        """Send a frame and read its answer."""
        self.say(**frame)
        return self.hear(word)


class Crowd:
    """Subscribers that are read together; only bytes are counted."""

    def __init__(self, clients: list[Client]) -> None:
        self.clients = clients
        self._epoll = select.epoll()
        for client in clients:
            client.socket.setblocking(False)
            self._epoll.register(client.socket.fileno(), select.EPOLLIN)
        self._sockets = {client.socket.fileno(): client.socket for client in clients}
        self._buffer = bytearray(262_144)

    def read(self, size: int) -> None:
        """Read so many bytes in all."""
        end = time.monotonic() + _SECONDS
        while size > 0:
            for fd, _ in self._epoll.poll(1.0):
                size -= self._sockets[fd].recv_into(self._buffer)
            if time.monotonic() > end:
                message = f"{size} bytes did not come"
                raise TimeoutError(message)

    def arrivals(self, size: int) -> list[float]:
        """Read one frame of that size from each; when each had come."""
        left = dict.fromkeys(self._sockets, size)
        times: list[float] = []
        end = time.monotonic() + _SECONDS
        while len(times) < len(self._sockets):
            for fd, _ in self._epoll.poll(1.0):
                left[fd] -= self._sockets[fd].recv_into(self._buffer)
                if left[fd] == 0:
                    times.append(time.perf_counter())
            if time.monotonic() > end:
                message = "a frame did not come"
                raise TimeoutError(message)
        return times

    def stay(self, seconds: float) -> None:
        """Be there for so long, and answer pings."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for fd, _ in self._epoll.poll(0.5):
                if self._sockets[fd].recv_into(self._buffer):
                    self._sockets[fd].send(b"\x8a\x80\0\0\0\0")

    def close(self) -> None:
        """Let go."""
        self._epoll.close()
        for client in self.clients:
            client.socket.close()
