"""The relay as a process of its own: how it starts, what it refuses, how it dies and comes back."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

import pytest
from aiohttp import ClientError, ClientSession

from orgpost.post import Post
from orgpost.relay.runfile import FILE, LOCK, find_running
from tests.cli.door import LIB, command, environment
from tests.relay.house import Peer, run, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.door import Cli

SECRET: Final = "k" * 40
SECONDS: Final = 30.0


@contextmanager
def process(space: Path, *flags: str, **environ: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a relay of a space; it is killed at the end, whatever it does."""
    program = subprocess.Popen(
        command("relay", "serve", "--json", "--port", "0", "--space", str(space), *flags),
        env=environment(ORGPOST_RELAY_SECRET=SECRET, **environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield program
    finally:
        program.kill()
        program.communicate()


def ready(program: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Wait for the one document that says where it is."""
    assert program.stdout is not None
    line = program.stdout.readline()
    assert line, program.stderr and program.stderr.read()
    found: dict[str, Any] = json.loads(line)["data"]
    return found


def token(cli: Cli, actor: str = "tex") -> str:
    """A token for such a relay."""
    os.environ["ORGPOST_RELAY_SECRET"] = SECRET
    try:
        return str(cli.data("relay", "token", actor)["token"])
    finally:
        del os.environ["ORGPOST_RELAY_SECRET"]


@contextmanager
def no_socket() -> Iterator[int]:
    """Give a free port, on which nobody may listen at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    yield port
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


# --- what is refused at the start ---------------------------------------------------------------

REFUSED: Final[list[tuple[list[str], dict[str, str], int, str, str]]] = [
    ([], {"ORGPOST_RELAY_SECRET": ""}, 78, "bad_secret", "openssl rand -hex 32"),
    ([], {"ORGPOST_RELAY_SECRET": "x" * 31}, 78, "bad_secret", "openssl rand -hex 32"),
    (["--bind", "0.0.0.0"], {}, 78, "open_address", "--behind-proxy"),
    (["--bind", "::"], {}, 78, "open_address", "--tls-cert"),
    (["--bind", "no.such.name.invalid"], {}, 78, "bad_settings", "ip address"),
    (["--tls-cert", "x"], {}, 78, "bad_settings", ""),
    (["--tls-cert", "x", "--tls-key", "y"], {}, 78, "bad_settings", ""),
    (["--tls-cert", "x", "--tls-key", "y", "--behind-proxy"], {}, 78, "bad_settings", ""),
    (["--port", "99999"], {}, 78, "bad_settings", ""),
    (["--port", "x"], {}, 78, "bad_settings", ""),
    ([], {"ORGPOST_RELAY_BURST": "0"}, 78, "bad_settings", ""),
    ([], {"PORT": "-1"}, 78, "bad_settings", ""),
    (["--space", "/nowhere"], {}, 3, "not_a_space", "orgpost init"),
]


@pytest.mark.parametrize(
    ("flags", "environ", "status", "code", "hint"), REFUSED, ids=lambda value: str(value)[:30]
)
def test_what_cannot_be_served_is_refused_before_a_socket_is_open(
    flags: list[str],
    environ: dict[str, str],
    status: int,
    code: str,
    hint: str,
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One line that says what to do, and no traceback."""
    for name, value in {"ORGPOST_RELAY_SECRET": SECRET, **environ}.items():
        monkeypatch.setenv(name, value)
    with no_socket() as port:
        where = [] if "--port" in flags or "PORT" in environ else ["--port", str(port)]
        answer = cli("--json", "relay", "serve", *where, *flags)
        assert (answer.status, answer.code) == (status, code)
        error = answer.document["error"]
        assert hint in error["hint"]
        assert "Traceback" not in answer.err


def test_a_key_file_that_others_can_read_is_refused(cli: Cli) -> None:
    """With the command that mends it."""
    cli("relay", "token", "tex")
    (cli.space / ".orgpost/keys/relay").chmod(0o644)
    answer = cli("relay", "serve", "--port", "0")
    assert (answer.status, "chmod 600" in answer.err) == (78, True)


def test_a_port_that_is_taken_is_told(cli: Cli) -> None:
    """Exit 1, with the way out."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        answer = cli("--json", "relay", "serve", "--port", str(taken.getsockname()[1]))
    assert (answer.status, answer.code) == (1, "port_taken")
    assert "--port 0" in answer.document["error"]["hint"]


def test_where_no_relay_runs_status_says_how_to_start_one(cli: Cli) -> None:
    """Also where a run file of a dead one lies about."""
    answer = cli("--json", "relay", "status")
    assert (answer.status, answer.code) == (3, "no_relay")
    folder = (cli.space / FILE).parent
    folder.mkdir(parents=True)
    (cli.space / FILE).write_text('{"url": "http://127.0.0.1:1", "pid": 1, "started": "x"}')
    (cli.space / LOCK).write_text("")
    assert find_running(cli.space) is None
    assert cli("relay", "status").status == 3


# --- the earlier product's command line ---------------------------------------------------------


def seed(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m orgpost.relay`."""
    return subprocess.run(
        [sys.executable, "-m", "orgpost.relay", *words],
        env={**environment(), **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


@pytest.mark.slow
def test_the_command_line_of_the_earlier_relay_serves_too(space: Path) -> None:
    """Without --host it tells how it is used; without a secret it refuses; else it serves."""
    assert (seed().returncode, "usage:" in seed().stderr) == (2, True)
    refused = seed("--host", "--space", str(space))
    assert (refused.returncode, "Traceback" in refused.stderr) == (78, False)
    assert "$ORGPOST_RELAY_SECRET is not set" in refused.stderr
    assert not (space / ".orgpost/keys/relay").exists()
    program = subprocess.Popen(
        [sys.executable, "-m", "orgpost.relay", "--host", "--space", str(space)],
        env=environment(RELAY_SECRET=SECRET, PORT="0"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert program.stdout is not None
        assert b"serving" in program.stdout.readline()
        running = find_running(space)
        assert running is not None
        assert running.pid == program.pid
        program.send_signal(signal.SIGTERM)
        assert program.wait(SECONDS) == 0
    finally:
        program.kill()
        program.communicate()


# --- one space, one relay -----------------------------------------------------------------------


@pytest.mark.slow
def test_of_two_that_start_at_once_one_serves(space: Path, cli: Cli) -> None:
    """The other ends with 75 and names it; after kill -9 nothing is in the way of the next."""
    with process(space) as one, process(space) as two:
        ended = next(p for p in waiting(one, two) if p.poll() is not None)
        other = two if ended is one else one
        assert ended.returncode == 75
        where = ready(other)
        running = find_running(space)
        assert running is not None
        assert (running.url, running.pid, running.ws) == (where["url"], other.pid, where["ws"])
        mode = (space / FILE).stat().st_mode & 0o777
        assert (mode, where["space"]) == (0o600, str(space))
        status = cli.data("relay", "status")
        assert (status["pid"], status["status"]) == (other.pid, "ok")
        answer = cli("--json", "relay", "serve")
        assert (answer.status, answer.code) == (75, "relay_runs")
        assert where["url"] in answer.document["error"]["message"]
        other.kill()
        other.wait()
        assert find_running(space) is None
        with process(space) as third:
            assert ready(third)["pid"] == third.pid


def waiting(*programs: subprocess.Popen[bytes]) -> list[subprocess.Popen[bytes]]:
    """Wait until one of these has ended."""
    end = time.monotonic() + SECONDS
    while all(program.poll() is None for program in programs):
        assert time.monotonic() < end
        time.sleep(0.02)
    return list(programs)


# --- dying --------------------------------------------------------------------------------------


class Sender:
    """Sends until it is told that it may stop, and remembers what was acknowledged."""

    def __init__(self, url: str, token: str, name: str) -> None:
        self._url, self._token, self._name = url, token, name
        self.acknowledged: list[str] = []
        self.tried: list[str] = []
        self.refused: list[str] = []
        self.code: int | None = None
        self.said_goodbye = False

    async def send(self, number: int) -> None:
        """Send so many, all at once, and read what is answered."""
        headers = {"Authorization": f"Bearer {self._token}"}
        with suppress(ClientError, ConnectionError):
            async with ClientSession() as session:
                ws = await session.ws_connect(self._url, headers=headers)
                peer = Peer(ws)
                if await peer.next() is None:
                    return
                self.tried = [f"msg-{self._name}-{n}" for n in range(number)]
                for id in self.tried:
                    await peer.say("send", to="crt", body=f"body of {id}", id=id, ref=id)
                while (frame := await peer.next()) is not None:
                    self._note(frame)
                self.code = peer.code

    def _note(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "bye":
            self.said_goodbye = True
        elif frame["type"] == "send_ack":
            (self.acknowledged if frame["ok"] else self.refused).append(frame["ref"])


def listed(space: Path) -> list[tuple[str, str]]:
    """What crt's inbox lists: ids and bodies."""
    with Post.open(space, me="crt") as post:
        return [(m.id, m.body) for m in post.messages.find_messages("crt")]


@pytest.mark.slow
def test_killed_at_any_moment_nothing_acknowledged_is_lost(space: Path, cli: Cli) -> None:
    """Kill -9 at 20 random moments of 60 sends: what was acknowledged is there, whole, once."""
    drawn = random.Random(seed_of_test := random.SystemRandom().randrange(2**32))
    print(f"seed {seed_of_test}")
    mine, sent = token(cli), set[str]()
    rate = ("--rate", "100000", "--burst", "100000", "--no-board")

    async def test() -> None:
        for moment in range(20):
            with process(space, *rate) as program:
                where = await asyncio.to_thread(ready, program)
                sender = Sender(where["ws"], mine, f"k{moment}")
                sending = asyncio.create_task(sender.send(60))
                await asyncio.sleep(drawn.uniform(0.0, 0.25))
                program.kill()
                await sending
            there = dict(listed(space))
            assert {*sender.acknowledged} <= there.keys()
            sent.update(sender.tried)
        with process(space, *rate) as program:
            where = await asyncio.to_thread(ready, program)
            again = Sender(where["ws"], mine, "again")
            again_sending = asyncio.create_task(again.send(5))
            await until(lambda: len(again.acknowledged) == 5)
            program.send_signal(signal.SIGTERM)
            await again_sending
            assert again.code == 4001

    run(test(), 110)
    found = listed(space)
    assert len(found) == len({id for id, _ in found})
    assert all(body == f"body of {id}" for id, body in found)
    text = (space / "org/messaging/inbox/crt.org").read_text()
    assert all(text.count(f":ID:       {id}\n") == 1 for id, _ in found)


@pytest.mark.slow
def test_asked_to_end_it_finishes_what_it_began(space: Path, cli: Cli) -> None:
    """Sends that have begun are acknowledged, then a goodbye, 4001, exit 0 within 10 seconds."""
    mine = token(cli)

    async def test() -> None:
        with process(space, "--rate", "100000", "--burst", "100000") as program:
            where = await asyncio.to_thread(ready, program)
            sender = Sender(where["ws"], mine, "t")
            sending = asyncio.create_task(sender.send(200))
            await until(lambda: len(sender.acknowledged) >= 5)
            began = time.monotonic()
            program.send_signal(signal.SIGTERM)
            await sending
            assert await asyncio.to_thread(program.wait, 10) == 0
            assert time.monotonic() - began < 10
            assert (sender.code, sender.said_goodbye) == (4001, True)
        there = {id for id, _ in listed(space)}
        assert {*sender.acknowledged} == there
        assert there.isdisjoint(sender.refused)
        assert find_running(space) is None

    run(test())


@pytest.mark.slow
def test_a_second_signal_ends_it_at_once(space: Path, cli: Cli) -> None:
    """Also while it waits for somebody who does not close."""
    mine = token(cli)

    async def test() -> None:
        with process(space) as program:
            where = await asyncio.to_thread(ready, program)
            async with ClientSession() as session:
                header = {"Authorization": f"Bearer {mine}"}
                ws = await session.ws_connect(where["ws"], headers=header)
                peer = Peer(ws)
                await peer.hear("auth_ok")
                program.send_signal(signal.SIGINT)
                # Who reads no further does not close, either: it is waited for.
                await peer.hear("bye")
                program.send_signal(signal.SIGTERM)
                assert await asyncio.to_thread(program.wait, 10) == 128 + signal.SIGTERM

    run(test())


@pytest.mark.slow
def test_it_speaks_tls_by_itself(space: Path, cli: Cli, tmp_path: Path) -> None:
    """With a certificate of its own, at least 1.2; status finds it."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    make += ["-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(
        [*make, "-keyout", str(key), "-out", str(cert), "-days", "2"],
        check=True,
        capture_output=True,
    )
    mine = token(cli)

    async def test(url: str, context: Any) -> None:
        async with ClientSession() as session:
            header = {"Authorization": f"Bearer {mine}"}
            ws = await session.ws_connect(f"{url}/ws", headers=header, ssl=context)
            peer = Peer(ws)
            await peer.hear("auth_ok")
            await peer.ask("sub", box="inbox/tex")
            assert (await peer.ask("send", to="crt", body="x" * 60_000))["ok"] is True
            await ws.close()

    import ssl

    with process(space, "--tls-cert", str(cert), "--tls-key", str(key)) as program:
        where = ready(program)
        assert where["url"].startswith("https://")
        context = ssl.create_default_context(cafile=str(cert))
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        header = where["url"].replace("127.0.0.1", "localhost")
        run(test(header, context))
        assert cli.data("relay", "status")["status"] == "ok"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        with (
            socket.create_connection(("127.0.0.1", where["port"])) as plain,
            pytest.raises((ssl.SSLError, ConnectionError)),
        ):
            context.wrap_socket(plain)


def test_the_library_is_where_processes_look() -> None:
    """The tests of processes run this checkout."""
    assert (LIB / "orgpost" / "relay" / "__main__.py").is_file()
