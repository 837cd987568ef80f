"""`listen`, `wait` and `presence` beside a relay that comes and dies: real processes."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Any, Self

import pytest

from tests.cli.door import command, environment, process

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.listening.hall import Hall

pytestmark = pytest.mark.slow
LONG = 30.0


class Program:
    """A process whose lines are read as they come."""

    def __init__(self, hall: Hall, *words: str, **more: str) -> None:
        argv = command("--space", str(hall.space), *words)
        self._said = hall.space.parent / f"said-{time.monotonic_ns()}"
        with self._said.open("w") as said:
            self.process = subprocess.Popen(
                argv, env=environment(**more), stdout=subprocess.PIPE, stderr=said, text=True
            )
        self.lines: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(json.loads(line))

    def next(self, **wanted: Any) -> dict[str, Any]:
        """Wait for a line that has these facts; others are passed over."""
        deadline = time.monotonic() + LONG
        while True:
            line = self.lines.get(timeout=max(deadline - time.monotonic(), 0.01))
            if wanted.items() <= line.items():
                return line

    def rest(self) -> list[dict[str, Any]]:
        """Give the lines that nobody has taken."""
        return [self.lines.get_nowait() for _ in range(self.lines.qsize())]

    def said(self, words: str) -> None:
        """Wait until it has said something on stderr."""
        deadline = time.monotonic() + LONG
        while words not in self._said.read_text():
            assert time.monotonic() < deadline, self._said.read_text()
            time.sleep(0.02)

    def end(self, number: int = signal.SIGKILL) -> int:
        """End it; its status."""
        self.process.send_signal(number)
        status = self.process.wait(LONG)
        self._reader.join(LONG)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status


class Place:
    """Where processes are started, and ended afterwards."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        self._programs: list[Program] = []

    def start(self, *words: str, **more: str) -> Program:
        """Start one."""
        self._programs.append(Program(self.hall, *words, **more))
        return self._programs[-1]

    def relay(self) -> Program:
        """Start a relay that accepts connections."""
        program = self.start("--json", "relay", "serve", "--port", "0", "--no-board")
        assert program.next()["ok"] is True
        return program

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._programs:
            if each.process.returncode is None:
                each.end()


@pytest.fixture
def place(hall: Hall) -> Iterator[Place]:
    """A place in the hall's space, with the machine's clock."""
    hall.post.close()
    with Place(hall) as found:
        yield found


def test_each_message_is_told_once_whatever_becomes_of_the_relay(place: Place) -> None:
    """None, one, killed, another one: each message exactly once, in its order; `link` says when."""
    listener = place.start("--as", "bot", "listen", "--presence")
    assert listener.next(event="ready")["via"] == "files"
    sent = [f"msg-{number}" for number in range(5)]
    coming = iter(sent)

    def send_and_hear() -> None:
        id = next(coming)
        words = ["--space", str(place.hall.space), "--as", "crt", "send", "bot", "x", "--id", id]
        assert process(*words).returncode == 0
        line = listener.next(event="message")
        assert line["id"] == id, "each once, and in order"

    send_and_hear()
    for number in (signal.SIGKILL, signal.SIGTERM):
        relay = place.relay()
        listener.next(event="link", up=True)
        send_and_hear()
        relay.end(number)
        assert listener.next(event="link", up=False)["reason"]
        send_and_hear()
    assert listener.end(signal.SIGTERM) == 0
    assert [line for line in listener.rest() if line["event"] == "message"] == []
    listener.said("the relay is away")


def test_a_wait_beside_a_relay_is_woken_and_says_so(place: Place) -> None:
    """By either of the two, within a second; and presence shows who waits."""
    place.relay()
    waiting = place.start("--json", "--as", "bot", "wait", "--timeout", "25s")
    shown = who(place, until="bot")
    assert [each["status"] for each in shown if each["actor"] == "bot"] == ["online"]
    words = ["--space", str(place.hall.space), "--as", "crt", "send", "bot", "x", "--id", "msg-1"]
    assert process(*words).returncode == 0
    data = waiting.next(ok=True)["data"]
    assert (data["via"], [each["id"] for each in data["messages"]]) == ("relay", ["msg-1"])


def who(place: Place, *words: str, until: str = "") -> list[dict[str, Any]]:
    """Who is there, asked until somebody is."""
    deadline = time.monotonic() + LONG
    while True:
        flags = ["--space", str(place.hall.space), "--json", "--as", "tex", "presence", *words]
        answer = json.loads(process(*flags).stdout)
        assert answer["ok"], answer
        shown: list[dict[str, Any]] = answer["data"]["who"]
        if not until or until in {each["actor"] for each in shown}:
            return shown
        assert time.monotonic() < deadline


def test_presence_is_said_and_seen(place: Place) -> None:
    """With a note and for a time; a word that is none is refused, and who has no token is too."""
    place.relay()
    shown = who(place, "focusing", "--note", "till lunch", "--for", "5m")
    (tex,) = [each for each in shown if each["actor"] == "tex"]
    assert (tex["status"], tex["note"]) == ("focusing", "till lunch")
    space = ["--space", str(place.hall.space), "--json", "--as", "tex"]
    refused = json.loads(process(*space, "presence", "sleeping").stdout)["error"]
    assert refused["code"] == "invalid_field"
    hidden = json.loads(process(*space, "presence", "busy", "--note", "x\u200b").stdout)["error"]
    assert hidden["message"].startswith("note: character 2 is U+200B")
    unasked = json.loads(process(*space, "presence", "--note", "x").stdout)["error"]
    assert unasked["code"] == "usage"
    bad = process(*space, "presence", ORGPOST_RELAY_TOKEN="rubbish")
    error = json.loads(bad.stdout)["error"]
    assert (bad.returncode, error["code"]) == (6, "not_permitted")
    assert "orgpost relay token tex" in error["hint"]


def test_nobody_says_presence_by_anothers_token(place: Place) -> None:
    """Whoever acts as tex with a token of crt's says nothing for either of them."""
    place.relay()
    space = ["--space", str(place.hall.space), "--json"]
    made = process(*space, "relay", "token", "crt")
    token = json.loads(made.stdout)["data"]["token"]
    done = process(*space, "--as", "tex", "presence", "busy", ORGPOST_RELAY_TOKEN=token)
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["code"]) == (6, "not_permitted")
    assert "the token is that of crt" in error["message"]
    assert "busy" not in [each["status"] for each in who(place)]


def test_without_a_relay_presence_says_how_to_start_one(place: Place) -> None:
    """Nobody else knows who is there."""
    flags = ["--space", str(place.hall.space), "--json", "--as", "tex", "presence"]
    done = process(*flags)
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["code"], error["hint"]) == (3, "no_relay", "orgpost relay serve")


def test_mail_arrives_from_the_files_while_a_relay_refuses(place: Place) -> None:
    """A token that opens nothing costs realtime, and no message."""
    place.relay()
    listener = place.start("--as", "bot", "listen", ORGPOST_RELAY_TOKEN="rubbish")
    listener.next(event="ready")
    place.hall.post = place.hall.open()
    id = place.hall.send("bot")
    assert listener.next(event="message")["id"] == id
    listener.said("(1/5): HTTP 401")
    assert listener.end(signal.SIGTERM) == 0
