"""The relay: deliveries, delays, memory, and what it costs to be idle.

The fan-out is measured on presence, which costs no disk and which many actors in turn keep from
being folded. Sides are run in turn, and their least disturbed rounds are compared.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.relay_servers import SECRET
from bench.sockets import Client, Crowd
from bench.timing import NO_GOAL, Row
from orgpost.clock import Clock
from orgpost.post import Post
from orgpost.relay.tokens import SCOPES, Signer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SENDERS = 20
BATCH, BURST = 10, 50
ROUNDS = 7
PER_SECOND = 5000
PACED_SECONDS = 1.5
SIDES = ("ours", "websockets", "naive")
FLOORS = {"websockets": "websockets broadcast", "naive": "aiohttp, each send awaited"}
_TICKS = os.sysconf("SC_CLK_TCK")


def rows() -> Iterator[Row]:
    """Give all figures."""
    with ExitStack() as stack:
        space = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="orgpost-bench-")))
        furnish(space)
        yield from fan_out(space)
        yield from latency(space)
        yield from standing(space)
        yield from mail(space)


def furnish(space: Path, *, sync: str = "full") -> None:
    """Make a space with a reader and many who say how they are."""
    messaging = space / "org" / "messaging"
    messaging.mkdir(parents=True, exist_ok=True)
    names = ["reader", *(f"a{number:03}" for number in range(SENDERS))]
    lines = "".join(f"  - {{id: {name}, kind: person}}\n" for name in names)
    (messaging / "contacts.yaml").write_text(f"actors:\n{lines}")
    (space / "settings.local.yaml").write_text(f"store: {{sync: '{sync}'}}\n")


def token(actor: str) -> str:
    """Give a token."""
    signer = Signer(SECRET, "orgpost-relay", Clock())
    return signer.sign(actor, SCOPES, timedelta(hours=2))[0]


@contextmanager
def server(name: str, space: Path, *, heartbeat: int = 3600) -> Iterator[tuple[int, int]]:
    """Run a server in a process of its own; its port and its process."""
    command = [sys.executable, "-m", "bench.relay_servers", name, str(space), str(heartbeat)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as program:
        try:
            assert program.stdout is not None
            yield int(program.stdout.readline()), program.pid
        finally:
            program.kill()


class Stage:
    """One server with its subscribers and its senders."""

    def __init__(self, name: str, port: int, listeners: int) -> None:
        self._is_ours, self.port, self._number = name == "ours", port, 0
        actors = [f"a{number:03}" for number in range(SENDERS)]
        self._senders = [(actor, Client(port, self._token(actor))) for actor in actors]
        clients = [Client(port, self._token("reader")) for _ in range(listeners)]
        for client in clients:
            client.ask(b'"subbed"', type="sub", box="presence")
        self.crowd = Crowd(clients)
        self.size = self._first()

    def _token(self, actor: str) -> str:
        return token(actor) if self._is_ours else ""

    def _first(self) -> int:
        self.say()
        time.sleep(1.0)
        sizes = {len(client.socket.recv(65_536)) for client in self.crowd.clients}
        (size,) = sizes
        return size

    def say(self) -> None:
        """Let the next actor say how it is."""
        self._number += 1
        actor, client = self._senders[self._number % SENDERS]
        note = f"{self._number:010}"
        client.say(type="status", status="busy", note=note, actor=actor)

    def burst(self, batch: int) -> None:
        """Let some of them say it, and wait until everybody has heard all of it."""
        for _ in range(batch):
            self.say()
        self.crowd.read(batch * self.size * len(self.crowd.clients))

    def delays(self) -> list[float]:
        """Let one of them say it; how long each subscriber waited for that."""
        begin = time.perf_counter()
        self.say()
        return [arrived - begin for arrived in self.crowd.arrivals(self.size)]

    def close(self) -> None:
        """Let go."""
        self.crowd.close()
        for _, client in self._senders:
            client.socket.close()


@contextmanager
def stages(space: Path, listeners: int, sides: Sequence[str]) -> Iterator[dict[str, Stage]]:
    """Run servers, each with so many subscribers."""
    with ExitStack() as stack:
        found = {}
        for name in sides:
            port, _ = stack.enter_context(server(name, space))
            found[name] = Stage(name, port, listeners)
            stack.callback(found[name].close)
        yield found


def fan_out(space: Path) -> Iterator[Row]:
    """Deliveries a second, as the time that one takes: of words that come together, and alone."""
    for listeners, goal in ((200, ">= 1.0"), (1000, ">= 1.4")):
        with stages(space, listeners, SIDES) as found:
            for batch in (BATCH, BURST, 1):
                how = f"{batch} at a time" if batch > 1 else "one at a time"
                goals = {(SIDES[1], BATCH): goal, (SIDES[2], BURST): ">= 5"}
                each = deliveries(found, listeners, batch)
                for floor in SIDES[1:]:
                    ratio = each[floor] / each["ours"]
                    per_second = f"{1 / each['ours'] / 1000:.0f} k/s"
                    what = f"delivery to {listeners}, {how} ({per_second})"
                    side = goals.get((floor, batch), NO_GOAL)
                    ours_ms, floor_ms = each["ours"] * 1000, each[floor] * 1000
                    yield Row(what, ratio, side, FLOORS[floor], ours_ms, floor_ms, ROUNDS)


def deliveries(found: dict[str, Stage], listeners: int, batch: int) -> dict[str, float]:
    """Give the seconds that one delivery takes on each side, of its least disturbed round."""
    bursts = (5_000 if batch > 1 else 1_000) // listeners + 1
    taken: dict[str, list[float]] = {name: [] for name in found}
    for number in range(ROUNDS + 1):
        for name, stage in found.items():
            begin = time.perf_counter()
            for _ in range(bursts):
                stage.burst(batch)
            if number:
                taken[name].append(time.perf_counter() - begin)
    return {name: min(times) / (bursts * batch * listeners) for name, times in taken.items()}


def latency(space: Path) -> Iterator[Row]:
    """How long the slowest of a hundred waits, at 5,000 deliveries a second."""
    for listeners in (200, 1000):
        with stages(space, listeners, SIDES[:2]) as found:
            worst: dict[str, list[float]] = {name: [] for name in (*found, "beside")}
            for _ in range(5):
                for name, stage in found.items():
                    worst[name].append(p99(paced(stage, listeners)))
                deaf = Client(found["ours"].port, token("reader"))
                deaf.ask(b'"subbed"', type="sub", box="presence")
                worst["beside"].append(p99(paced(found["ours"], listeners)))
                deaf.socket.close()
        ours, floor, beside = (min(times) * 1e3 for times in worst.values())
        what, of = f"p99 at 5,000 deliveries/s to {listeners}", FLOORS["websockets"]
        yield Row(what, ours / floor, "<= 1.5", of, ours, floor, 5)
        what = f"{what}, beside one that does not read"
        yield Row(what, beside / ours, "<= 1.5", "without it", beside, ours, 5)


def paced(stage: Stage, listeners: int) -> list[float]:
    """Give the delays of words that come evenly."""
    found: list[float] = []
    pause = listeners / PER_SECOND
    for _ in range(int(PACED_SECONDS / pause)):
        begin = time.perf_counter()
        found += stage.delays()
        time.sleep(max(0.0, begin + pause - time.perf_counter()))
    return found


def p99(times: Sequence[float]) -> float:
    """Give the time that one in a hundred exceeds."""
    return sorted(times)[int(len(times) * 0.99)]


def standing(space: Path) -> Iterator[Row]:
    """Memory and idle processor time, with nobody and with 1,000; and 200 who come at once."""
    with server("ours", space, heartbeat=25) as (port, pid):
        time.sleep(1.0)
        empty = memory(pid)
        yield Row("memory before the first, MiB", empty / 64, "<= 1", "64 MiB", empty, 64, 1)
        cost = idle(pid, lambda: time.sleep(20.0))
        yield Row("idle with nobody, % of a core", cost / 0.5, "<= 1", "0.5 %", cost, 0.5, 1)
        begin = time.perf_counter()
        coming = [Client(port, token("reader"), wait=False) for _ in range(200)]
        for client in coming:
            client.hear(b"auth_ok")
        taken = time.perf_counter() - begin
        yield Row("200 who come at once", taken / 2, "<= 1", "2 s", taken * 1e3, 2000, 1)
        clients = coming + [Client(port, token("reader")) for _ in range(800)]
        for client in clients:
            client.ask(b'"subbed"', type="sub", box="inbox/reader")
        each = (memory(pid) - empty) * 1024 / 1000
        yield Row("memory of a connection at 1,000, KiB", each / 32, "<= 1", "32 KiB", each, 32, 1)
        crowd = Crowd(clients)
        cost = idle(pid, lambda: crowd.stay(30.0))
        yield Row("idle with 1,000, % of a core", cost / 2, "<= 1", "2 %", cost, 2, 1)
        crowd.close()


def memory(pid: int) -> float:
    """Give the MiB that a process has."""
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = [line for line in status.split("\n") if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024


def idle(pid: int, wait: Callable[[], object]) -> float:
    """Give how many hundredths of a core a process used meanwhile."""
    before, begin = ticks(pid), time.perf_counter()
    wait()
    return (ticks(pid) - before) / _TICKS / (time.perf_counter() - begin) * 100


def ticks(pid: int) -> int:
    """Give the processor time of a process."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(words[11]) + int(words[12])


def mail(space: Path) -> Iterator[Row]:
    """From the end of a write to the hint, and from a send to its answer."""
    with server("ours", space) as (port, _), Post.open(space, me="reader") as post:
        reader, sender = Client(port, token("reader")), Client(port, token("a000"))
        reader.ask(b'"subbed"', type="sub", box="inbox/reader")

        def write() -> float:
            post.messages.create_message("a001", "reader", "x")
            begin = time.perf_counter()
            reader.hear(b'"hint"')
            return time.perf_counter() - begin

        delays = [write() for _ in range(60)]
        half = statistics.median(delays)
        yield Row("write to hint, p50", half / 0.06, "<= 1", "60 ms", half * 1e3, 60, 60)
        worst = p99(delays)
        yield Row("write to hint, p99", worst / 0.15, "<= 1", "150 ms", worst * 1e3, 150, 60)

        def timed(work: Any) -> float:
            begin = time.perf_counter()
            work()
            return time.perf_counter() - begin

        floor, ours = [], []
        for _ in range(60):
            floor.append(timed(lambda: post.messages.create_message("a001", "a002", "x")))
            frame = {"type": "send", "to": "a003", "body": "x"}
            ours.append(timed(lambda frame=frame: sender.ask(b'"send_ack"', **frame)))
        low, high = statistics.median(floor), statistics.median(ours)
        what = "send to send_ack, synced"
        yield Row(what, high / low, "<= 2", "create_message in process", high * 1e3, low * 1e3, 60)
