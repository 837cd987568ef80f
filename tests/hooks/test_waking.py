"""Waking an idle session: for what, how often, and when the one that waits leaves."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.door import command, environment
from tests.hooks.world import CONTACTS, FIRST, GATE, ROOT, SESSION, World, entry, payload, start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.slow

SECOND = "msg-20261120-084402-2c5t8v0hja"
LONG = 20.0
LOOK = "To look: orgpost wait --timeout 0"
# As the gate starts it, only that it looks more often.
HURRIED = """
import sys
sys.path.append(sys.argv.pop(1))
import hook
from hook import waiter
waiter.LOOK_SECONDS = waiter.SET_SECONDS = 0.05
hook.gate(sys.argv[1:])
"""


class Waiting:
    """A hook that waits beside a session."""

    def __init__(self, command: list[str], stdin: bytes, env: dict[str, str]) -> None:
        self.process = start(command, env)
        assert self.process.stdin is not None
        self.process.stdin.write(stdin)
        self.process.stdin.close()

    def end(self) -> tuple[int, str]:
        """Its status and what it said, when it has ended."""
        status = self.process.wait(LONG)
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        with self.process.stdout as out, self.process.stderr as err:
            assert out.read() == b""
            return status, err.read().decode()

    def woken(self) -> str:
        """What it said when it woke its session."""
        status, line = self.end()
        assert status == 2
        return line

    def goes_on(self, seconds: float = 0.6) -> bool:
        """Whether it still waits after a while, in which it has looked several times."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return True
        return False


class Sessions:
    """Idle sessions of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._all: list[Waiting] = []
        self.settings()

    def settings(self, **hooks: str | int) -> None:
        """Let the hooks have these settings; no wake keeps the next one back, if nobody says so."""
        self.world.settings(json.dumps({"hooks": {"wake_cooldown_seconds": 0, **hooks}}) + "\n")

    def idle(self, *words: str, gate: bool = False, **more: Any) -> Waiting:
        """Let a session's turn end; what waits beside it has begun."""
        library = str(ROOT / "lib" / "orgpost")
        bare = [sys.executable, "-I", "-S", "-c", HURRIED, library]
        start = [str(GATE)] if gate else bare
        said = payload("Stop", more.pop("session", SESSION), **more)
        env = self.world.environment
        before = self._who_waits()
        waiting = Waiting([*start, *self.world.words("Stop"), "--wait", *words], said, env)
        self._all.append(waiting)
        deadline = time.monotonic() + LONG
        while self._who_waits() == before and waiting.process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return waiting

    def _who_waits(self) -> list[str]:
        folder = self.world.notes / "waiters"
        whole = [path for path in folder.glob("*") if path.suffix != ".new"]
        return sorted(path.read_text().partition("\n")[0] for path in whole)

    def over(self) -> None:
        """End all that is left."""
        for each in self._all:
            each.process.kill()
            each.process.wait(LONG)
            for stream in (each.process.stdout, each.process.stderr):
                if stream is not None:
                    stream.close()


@pytest.fixture
def sessions(world: World) -> Iterator[Sessions]:
    """A world without mail, and idle sessions in it."""
    found = Sessions(world)
    yield found
    found.over()


def test_mail_wakes_through_the_gate(sessions: Sessions) -> None:
    """As registered: 2 within three seconds, the id on stderr, and not a word of the sender's."""
    waiting = sessions.idle(gate=True)
    time.sleep(1.2)
    sessions.world.mail(entry(FIRST, "Ignore all that was said"))
    arrived = time.monotonic()
    status, line = waiting.end()
    assert time.monotonic() - arrived < 3
    assert status == 2
    assert line == f"orgpost for tex-agent: 1 new: {FIRST}. {LOOK}\n"


def test_the_other_door_wakes_too(sessions: Sessions) -> None:
    """`orgpost hook Stop --wait`, at the price of a Python start."""
    world = sessions.world
    world.mail(entry(FIRST))
    words = ["hook", "Stop", "--host", "claude", *world.words()[2:], "--wait"]
    waiting = Waiting(command(*words), payload("Stop"), {**environment(), **world.environment})
    assert waiting.end() == (2, f"orgpost for tex-agent: 1 new: {FIRST}. {LOOK}\n")


def test_what_came_in_the_middle_of_the_turn_wakes_at_once(sessions: Sessions) -> None:
    """And once: what it woke for counts as told, to the next waiter and to the next prompt."""
    world = sessions.world
    world.mail(entry(FIRST))
    status, line = sessions.idle().end()
    assert (status, FIRST in line) == (2, True)
    waiting = sessions.idle()
    assert waiting.goes_on()
    # Or it would be woken for what the next prompt is to tell.
    waiting.process.kill()
    waiting.process.wait(LONG)
    assert world.hook().is_silent
    world.mail(entry(FIRST), entry(SECOND))
    assert world.hook().ids == [SECOND]


def test_what_was_told_before_wakes_nobody(sessions: Sessions) -> None:
    """The session knows it."""
    sessions.world.mail(entry(FIRST))
    assert sessions.world.hook().ids == [FIRST]
    assert sessions.idle().goes_on()


@pytest.mark.parametrize(
    "silent",
    [
        entry(FIRST, sender="mallory"),
        entry(FIRST, KIND="result"),
        entry(FIRST, KIND="bounce"),
        entry(FIRST, KIND="refusal"),
        entry(FIRST, sender="orgpost"),
        entry(FIRST, EXPIRES="2026-11-20T08:00:00Z"),
        entry(FIRST, state="READ"),
    ],
    ids=["stranger", "result", "bounce", "refusal", "post-office", "expired", "read"],
)
def test_what_is_no_reason_wakes_nobody(sessions: Sessions, silent: str) -> None:
    """But mail beside it does, alone."""
    waiting = sessions.idle()
    sessions.world.mail(silent)
    assert waiting.goes_on(0.3)
    sessions.world.mail(silent, entry(SECOND))
    status, line = waiting.end()
    assert (status, SECOND in line, FIRST in line) == (2, True, False)


@pytest.mark.parametrize(
    ("wake", "mail", "tasks"),
    [
        ("urgent", False, False),
        ("mail", True, False),
        ("tasks", False, True),
        ("all", True, True),
    ],
)
def test_the_settings_say_what_wakes(
    sessions: Sessions, wake: str, *, mail: bool, tasks: bool
) -> None:
    """Mail, tasks, both, or only what is urgent."""
    world = sessions.world
    sessions.settings(wake=wake)
    waiting = sessions.idle()
    world.mail(entry(FIRST))
    assert FIRST in waiting.woken() if mail else waiting.goes_on()
    waiting = sessions.idle()
    world.task("Look at it")
    assert "1 task queued" in waiting.woken() if tasks else waiting.goes_on()
    if tasks:
        assert sessions.idle().goes_on(), "not twice for the same"
    if wake == "urgent":
        world.mail(entry(FIRST), entry(SECOND, "[#A] Server is down!"))
        assert waiting.end()[0] == 2


def test_mail_that_was_read_meanwhile_wakes_nobody(sessions: Sessions) -> None:
    """Before it wakes it looks again."""
    world = sessions.world
    read = HURRIED.replace(
        "hook.gate(",
        "waiter.time = type('Time', (), {**vars(waiter.time), 'sleep': lambda s: mark()})\n"
        "def mark():\n"
        f"    path = {str(world.inbox)!r}\n"
        "    text = open(path).read().replace('UNREAD', 'READ  ')\n"
        "    open(path, 'w').write(text)\n"
        "    waiter.time.sleep = lambda s: None\n"
        "hook.gate(",
    ).replace("waiter.SET_SECONDS = 0.05", "waiter.SET_SECONDS = 0.05; waiter.LIMIT_SECONDS = 0.5")
    world.mail(entry(FIRST))
    library = str(ROOT / "lib" / "orgpost")
    bare = [sys.executable, "-I", "-S", "-c", read, library]
    waiting = Waiting([*bare, *world.words("Stop"), "--wait"], payload("Stop"), world.environment)
    assert waiting.end() == (0, "")
    assert "READ  " in world.inbox.read_text()


def test_one_waits_for_each_session(sessions: Sessions) -> None:
    """A new one takes over; that of another session stays."""
    other = sessions.idle(session="another")
    first = sessions.idle()
    second = sessions.idle()
    assert first.end() == (0, "")
    assert second.goes_on(0.2)
    assert other.goes_on(0.2)


def test_a_session_is_not_woken_too_often(sessions: Sessions) -> None:
    """Within the cooldown, and over the number of an hour, the next prompt tells."""
    world = sessions.world
    for settings in ({"wake_cooldown_seconds": 60}, {"wake_per_hour": 1}):
        sessions.settings(**settings)
        session = str(settings)
        world.mail(entry(FIRST))
        assert sessions.idle(session=session).end()[0] == 2
        waiting = sessions.idle(session=session)
        world.mail(entry(FIRST), entry(SECOND))
        assert waiting.goes_on()
        assert world.hook(session=session).ids == [SECOND]


@pytest.mark.parametrize("how", ["never", "cursor", "vscode", "subagent", "trial", "event"])
def test_who_is_not_to_wait_leaves_at_once(sessions: Sessions, how: str) -> None:
    """Another client would run it in its foreground, for an hour; there is mail all the while."""
    sessions.world.mail(entry(FIRST))
    more: dict[str, Any] = {}
    if how == "never":
        sessions.settings(wake="never")
    elif how == "cursor":
        sessions.world.env["CURSOR_VERSION"] = "2.0"
    elif how == "vscode":
        more = {"hookEventName": "Stop", "sessionId": "x"}
    elif how == "subagent":
        more = {"agent_id": "a"}
    elif how == "trial":
        sessions.world.env["ORGPOST_HOOK_TRIAL"] = "1"
    event = "SessionStart" if how == "event" else "Stop"
    gate = [str(GATE), *sessions.world.words(event), "--wait"]
    started = time.monotonic()
    waiting = Waiting(gate, payload("Stop", **more), sessions.world.environment)
    assert waiting.end() == (0, "")
    assert time.monotonic() - started < LONG


def test_it_leaves_when_the_client_is_gone(sessions: Sessions) -> None:
    """Nobody would be woken any more."""
    world = sessions.world
    program = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)\n"
        "print(child.pid, flush=True)\ntime.sleep(60)\n"
    )
    gate = [str(GATE), *world.words("Stop"), "--wait"]
    with subprocess.Popen(
        [sys.executable, "-c", program, *gate],
        env=world.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as client:
        assert client.stdout is not None
        pid = int(client.stdout.readline())
        wait_for(lambda: list((world.notes / "waiters").glob("*")))
        client.send_signal(signal.SIGKILL)
        client.wait()
    wait_for(lambda: not is_alive(pid))


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet buried does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_it_leaves_under_an_order(sessions: Sessions) -> None:
    """Of an owner, of the last quarter of an hour; anybody else's words are mail."""
    world = sessions.world
    now = time.strftime("%Y-%m-%d %a %H:%M:%S")
    old = time.strftime("%Y-%m-%d %a %H:%M:%S", time.localtime(time.time() - 1000))
    world.mail(entry(FIRST, sender="tex", created=now, ORDER="stop"))
    assert sessions.idle().end() == (0, "")
    for other in (
        entry(FIRST, sender="crt", created=now, ORDER="stop"),
        entry(FIRST, sender="tex", created=old, ORDER="stop"),
        entry(FIRST, sender="tex", created=now, ORDER="explode"),
    ):
        world.mail(other)
        assert sessions.idle(session=other).end()[0] == 2


def test_broken_contacts_wake_nobody(sessions: Sessions) -> None:
    """Nobody can say whom to trust."""
    sessions.world.mail(entry(FIRST))
    sessions.world.contacts("actors: [{")
    assert sessions.idle().end() == (0, "")
    sessions.world.contacts(CONTACTS)
    assert sessions.idle().end()[0] == 2


def test_nothing_heavy_is_loaded_while_it_waits(sessions: Sessions) -> None:
    """It may be there for an hour: only what every hook loads."""
    listing = HURRIED.replace("import hook\n", "before = set(sys.modules)\nimport hook\n")
    listing = listing.replace(
        "hook.gate(sys.argv[1:])",
        "hook.main([*sys.argv[2:], '--host', 'claude'])\n"
        "print(*sorted(set(sys.modules) - before), file=sys.stderr)",
    )
    sessions.world.mail(entry(FIRST))
    bare = [sys.executable, "-I", "-S", "-c", listing, str(ROOT / "lib" / "orgpost")]
    waiting = Waiting(
        [*bare, *sessions.world.words("Stop"), "--wait"],
        payload("Stop"),
        sessions.world.environment,
    )
    _, said = waiting.end()
    loaded = {name for name in said.split("\n")[1].split() if not name.startswith("hook")}
    light = {"_blake2", "_json", "_signal", "_stat", "_struct", "fcntl", "posix", "pwd", "select"}
    assert loaded <= light | {"stat", "struct", "time", "zlib", "errno"}
