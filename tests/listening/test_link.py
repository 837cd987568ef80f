"""A link to relays that refuse, drop and come back: servers of our own, on loopback."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from orgpost.clock import Clock
from orgpost.errors import InvalidField, NoSuchFile
from orgpost.relay import link as link_module
from orgpost.relay import policy
from orgpost.relay.finding import Finding, Place, socket_of
from orgpost.relay.link import Link
from orgpost.relay.refusals import ExposedToken
from tests.cli.door import LIB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.listening.hall import Hall

LONG = 20.0


class Server:
    """A relay that does what a test says: `answers` are for one try each, the last for all more."""

    def __init__(self) -> None:
        self.answers: list[Callable[[web.Request], Any]] = []
        self.tries = 0
        self.tokens: list[str] = []
        self.subscribed: list[str] = []
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        assert self._ready.wait(LONG)

    def _serve(self) -> None:
        self._loop.run_until_complete(self._begin())
        self._loop.run_forever()
        self._loop.run_until_complete(self._runner.cleanup())
        self._loop.close()

    async def _begin(self) -> None:
        app = web.Application()
        app.router.add_get("/ws", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"ws://127.0.0.1:{self._runner.addresses[0][1]}/ws"
        self._ready.set()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        answer = self.answers[min(self.tries, len(self.answers) - 1)]
        self.tries += 1
        self.tokens.append(request.headers["Authorization"].removeprefix("Bearer "))
        found: web.StreamResponse = await answer(request)
        return found

    # what it may do with a try

    async def refuse(self, _: web.Request) -> web.Response:
        """Say 401."""
        return web.Response(status=401)

    async def drop(self, request: web.Request) -> web.Response:
        """Cut the line."""
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    def talk(
        self, *frames: dict[str, Any], close: int | None = None
    ) -> Callable[[web.Request], Any]:
        """Let in, say something after the first subscription, and close or stay."""

        async def answer(request: web.Request) -> web.WebSocketResponse:
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            await socket.send_json({"type": "auth_ok", "protocol": 1})
            self.subscribed.append((await socket.receive_json())["box"])
            for frame in frames:
                await socket.send_json(frame)
            if close is not None:
                await socket.close(code=close)
            else:
                await socket.receive()
            return socket

        return answer

    def close(self) -> None:
        """End it."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(LONG)


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that is ended afterwards."""
    found = Server()
    yield found
    found.close()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait long between two tries."""
    monkeypatch.setattr(policy, "LEAST_BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(policy, "LEAST_SECONDS", 0.01)
    monkeypatch.setattr(policy, "MOST_SECONDS", 0.02)
    monkeypatch.setattr(link_module, "_LOOK_SECONDS", 0.05)


class Found:
    """A finding that needs no space."""

    remedy = "a new one: orgpost relay token tex"

    def __init__(self, url: str | None) -> None:
        self.url = url
        self.asked = 0

    def find(self) -> Place | None:
        """Give the same place, and each time another token."""
        self.asked += 1
        return None if self.url is None else Place(self.url, f"token-{self.asked}")


class Linked:
    """A link, what it heard and what it reported."""

    def __init__(self, finding: Any, backoff: float = 0.01) -> None:
        self.heard: list[dict[str, Any]] = []
        self.reports: list[str] = []
        self.link = Link(
            *(finding, ["inbox/tex"], self.heard.append, self.reports.append),
            clock=Clock(),
            backoff_seconds=backoff,
        )
        self.link.start()

    def types(self) -> list[str]:
        """The types of what was heard."""
        return [frame["type"] for frame in self.heard]


@pytest.fixture
def linked() -> Iterator[Callable[..., Linked]]:
    """Makes links that are stopped afterwards."""
    made: list[Linked] = []

    def make(finding: Any, **more: Any) -> Linked:
        made.append(Linked(finding, **more))
        return made[-1]

    yield make
    for each in made:
        each.link.stop()
        each.link._thread.join(LONG)
        assert not each.link._thread.is_alive()


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_hints_are_heard(server: Server, linked: Callable[..., Linked]) -> None:
    """Logged in, subscribed, told; and what is no frame, or of no known type, harms nothing."""
    hint = {"type": "hint", "box": "inbox/tex", "epoch": "e", "offset": 1, "changes": []}
    server.answers = [server.talk({"type": "news of tomorrow"}, {"no": "type"}, hint)]
    found = linked(Found(server.url))
    wait_for(lambda: found.types() == ["up", "hint"])
    assert (server.subscribed, found.link.is_up) == (["inbox/tex"], True)


@pytest.mark.usefixtures("hurried")
def test_a_line_that_is_dropped_is_taken_up_again(
    server: Server, linked: Callable[..., Linked]
) -> None:
    """For ever, with a new token each time; up and down are told."""
    server.answers = [server.talk(close=4001), server.drop, server.talk()]
    found = linked(Found(server.url))
    wait_for(lambda: found.types() == ["up", "down", "up"])
    assert server.tokens == ["token-1", "token-2", "token-3"]


@pytest.mark.usefixtures("hurried")
def test_after_five_refusals_it_gives_up_with_one_line(
    server: Server, linked: Callable[..., Linked]
) -> None:
    """Which names the command that helps."""
    server.answers = [server.refuse]
    found = linked(Found(server.url))
    wait_for(lambda: not found.link._thread.is_alive())
    assert server.tries == 5
    assert [f"({number}/5): HTTP 401" in line for number, line in enumerate(found.reports, 1)] == [
        True
    ] * 5
    assert found.reports[-1].endswith("a new one: orgpost relay token tex")


@pytest.mark.usefixtures("hurried")
def test_refusals_with_a_dropped_line_between_them_are_not_five(
    server: Server, linked: Callable[..., Linked]
) -> None:
    """It goes on trying, and comes in at last."""
    refused = [server.refuse] * 4
    server.answers = [*refused, server.drop, *refused, server.talk()]
    found = linked(Found(server.url))
    wait_for(lambda: found.types() == ["up"])
    assert server.tries == 10


@pytest.mark.usefixtures("hurried")
def test_who_was_taken_over_does_not_come_back(
    server: Server, linked: Callable[..., Linked]
) -> None:
    """One line, at once."""
    server.answers = [server.talk({"type": "bye", "reason": "taken over"}, close=4520)]
    found = linked(Found(server.url))
    wait_for(lambda: not found.link._thread.is_alive())
    assert (server.tries, len(found.reports)) == (1, 1)
    assert "taken over" in found.reports[0]


@pytest.mark.usefixtures("hurried")
def test_a_relay_that_comes_up_later_is_found(
    server: Server, linked: Callable[..., Linked]
) -> None:
    """Where none is there nothing is said, and it is looked for all the while."""
    server.answers = [server.talk()]
    finding = Found(None)
    found = linked(finding)
    wait_for(lambda: finding.asked > 2)
    assert (found.heard, found.reports) == ([], [])
    finding.url = server.url
    wait_for(lambda: found.types() == ["up"])


def test_who_stops_waits_for_nothing(server: Server, linked: Callable[..., Linked]) -> None:
    """Connected, or in the middle of five minutes."""
    server.answers = [server.refuse, server.talk()]
    found = linked(Found(server.url), backoff=300)
    wait_for(lambda: found.reports)
    started = time.monotonic()
    found.link.stop()
    assert time.monotonic() - started < LONG


# --- which relay, and by which token --------------------------------------------------------------


def finding(hall: Hall, environ: dict[str, str] | None = None, **more: Any) -> Finding:
    """What tex would find."""
    return Finding(hall.post, "tex", environ or {}, **more)


@pytest.mark.parametrize(
    ("url", "socket"),
    [
        ("http://127.0.0.1:8080", "ws://127.0.0.1:8080/ws"),
        ("https://mail.example.org/", "wss://mail.example.org/ws"),
        ("wss://mail.example.org/relay/ws", "wss://mail.example.org/relay/ws"),
    ],
)
def test_an_address_is_a_page_or_a_socket(url: str, socket: str) -> None:
    """As a person has it."""
    assert socket_of(url) == socket


@pytest.mark.parametrize(
    "url", ["", "mail", "ftp://x", "http://", "https://x/?token=abc", "https://tex:abc@x/"]
)
def test_an_address_with_a_token_in_it_is_none(url: str) -> None:
    """Nor what is no address; the token is not repeated."""
    with pytest.raises(InvalidField) as refused:
        socket_of(url)
    assert "abc" not in str(refused.value)


def test_the_relay_is_named_or_found(hall: Hall) -> None:
    """Flag, environment, settings, the one that serves the space; else none."""
    token = {"ORGPOST_RELAY_TOKEN": "t"}
    assert finding(hall, token).find() is None
    named = {**token, "ORGPOST_RELAY_URL": "http://two"}
    assert finding(hall, named, url="http://one").find() == Place("ws://one/ws", "t")
    assert finding(hall, named).find() == Place("ws://two/ws", "t")
    settings = hall.space / "settings.local.yaml"
    settings.write_text("messaging: {relay: {url: 'http://three'}}\nstore: {sync: off}\n")
    hall.post = hall.open()
    assert finding(hall, token).find() == Place("ws://three/ws", "t")


def test_a_token_file_is_read_at_each_try(hall: Hall, tmp_path: Path) -> None:
    """Who renews it need not start anew."""
    path = tmp_path / "token"
    found = finding(hall, {"ORGPOST_RELAY_TOKEN": "t"}, url="http://x", token_file=str(path))
    with pytest.raises(NoSuchFile):
        found.find()
    path.touch(0o600)
    path.write_text("one\n")
    assert found.find() == Place("ws://x/ws", "one")
    path.write_text("two\n")
    assert found.find() == Place("ws://x/ws", "two")
    assert found.remedy.endswith(f"(umask 077; orgpost relay token tex > {path})")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o622])
def test_a_token_file_that_others_can_read_lets_nobody_in(
    mode: int, hall: Hall, tmp_path: Path
) -> None:
    """Whoever else can read it is whoever it names; with the command that mends it."""
    path = tmp_path / "token"
    path.write_text("one\n")
    path.chmod(mode)
    found = finding(hall, {}, url="http://x", token_file=str(path))
    with pytest.raises(ExposedToken) as refused:
        found.find()
    assert (refused.value.exit_code, refused.value.hint) == (78, f"chmod 600 {path}")
    path.chmod(0o400)
    assert found.find() == Place("ws://x/ws", "one")


@pytest.mark.slow
def test_no_network_is_loaded_where_no_relay_is(hall: Hall) -> None:
    """Who waits without one does not pay for it."""
    program = (
        "import sys\nfrom orgpost.cli import main\n"
        "status = main(['--as', 'bot', 'wait', '--timeout', '1s'])\n"
        "print(status, 'aiohttp' in sys.modules, 'jwt' in sys.modules, file=sys.stderr)"
    )
    env = {**os.environ, "PYTHONPATH": str(LIB), "ORGPOST_SPACE": str(hall.space)}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert done.stderr == "0 False False\n"
