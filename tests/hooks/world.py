"""A space with hand-written Org files, and the hooks run in it as a client would run them."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from orgpost.cli import door
from orgpost.hook_copy import renew
from tests.hooks.shapes import SESSION_KEYS, text_in

ROOT = Path(__file__).parent.parent.parent
HOOKS = ROOT / "hooks"
GATE = HOOKS / "orgpost-hook"
SAMPLES = ROOT / "lib/orgpost/hooks_install/samples"
SHELLS = {
    "dash": ["dash"],
    "bash": ["bash"],
    "zsh": ["zsh", "-f"],
    "busybox": ["busybox", "sh"],
}
FIRST = "msg-20261120-083105-7k3m9q2xwd"
SESSION = "5b0c3c1e-6f0e-4f0e-9a55-0d6f2d7a1c11"
HEADER = """\
# -*- mode: org; coding: utf-8-unix -*-
#+TITLE: Inbox of tex-agent
#+TODO: UNREAD(u) READ(r) TODO(t) | DONE(d) ARCHIVED(a)
#+STARTUP: overview logdrawer

"""
CONTACTS = """\
actors:
  - {id: tex, kind: person, trust_tier: owner}
  - {id: crt, kind: person, trust_tier: team}
  - {id: gregor, kind: person, trust_tier: trusted, handles: ["@gz"]}
  - {id: tex-agent, kind: agent, owner: tex, trust_tier: team}
"""


LEDGER = """\
# -*- mode: org; coding: utf-8-unix -*-
#+TITLE: Ledger of {} (UTC)
#+STARTUP: overview logdrawer

| time | event | sender | agent | task | tokens | tier | note |
|------+-------+--------+-------+------+--------+------+------|
"""


@dataclass(frozen=True)
class Answer:
    """What a hook did."""

    stdout: bytes
    stderr: bytes
    status: int
    is_broken: bool = False

    @property
    def text(self) -> str:
        """The text that a model would see; empty where the hook was silent."""
        return text_in(self.stdout)

    @property
    def ids(self) -> list[str]:
        """The messages that have a line of their own, in order."""
        return [line.split(" ")[1] for line in self.text.split("\n") if line.startswith("- ")]

    @property
    def is_silent(self) -> bool:
        """Whether nothing was said at all, and nothing went wrong."""
        return self == Answer(b"", b"", 0)


def expect(answer: Answer, state: str) -> None:
    """The first message is told if there is news, and nothing else in any case."""
    assert (answer.stderr, answer.status, answer.is_broken) == (b"", 0, False)
    assert answer.ids == ([FIRST] if state == "news" else [])


def entry(
    id: str,
    subject: str = "Server is down!",
    sender: str = "crt",
    state: str = "UNREAD",
    body: str = "The body, as sent.",
    created: str = "2026-11-20 Fri 09:31:05",
    **more: str,
) -> str:
    """One message as orgpost writes it."""
    properties = {"ID": id, "FROM": sender, "TO": "tex-agent", "CREATED": f"[{created}]", **more}
    drawer = "".join(f"{f':{key}:':<10} {value}\n" for key, value in properties.items())
    return f"* {state:<8} {subject}\n:PROPERTIES:\n{drawer}:END:\n{body}\n"


@dataclass
class World:
    """A space with the actors tex, crt, gregor and tex-agent, and an inbox of the last one."""

    space: Path
    env: dict[str, str] = field(default_factory=dict)
    ticks: int = 0

    def __post_init__(self) -> None:
        (self.space / "org/messaging/inbox").mkdir(parents=True)
        self.contacts(CONTACTS)

    @property
    def inbox(self) -> Path:
        """The file of tex-agent's mail."""
        return self.space / "org/messaging/inbox/tex-agent.org"

    @property
    def tasks(self) -> Path:
        """The file of tex-agent's tasks."""
        return self.space / "org/messaging/agents/tex-agent.org"

    def orgpost(self, *words: str, by: str = "tex-agent") -> Any:
        """Run a command that must work, in this process; its data."""
        said = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
        with contextlib.redirect_stdout(said):
            status = door.run(["--space", str(self.space), "--as", by, "--json", *words])
        said.seek(0)
        document = json.load(said)
        assert status == 0, document
        return document["data"]

    def task(
        self, title: str, body: str = "", *, by: str = "tex", state: str = "", **more: str
    ) -> str:
        """Give tex-agent a task, of its owner or of somebody else, and bring it on; its id."""
        flags = [word for flag, value in more.items() for word in (f"--{flag}", value)]
        id = str(self.orgpost("task", "add", "tex-agent", title, body, *flags, by=by)["id"])
        if state:
            self.orgpost("task", "claim", "--id", id)
            self.orgpost("task", state, id)
        return id

    def short_leases(self) -> None:
        """Let leases last for a second."""
        self.settings("messaging: {tasks: {lease_seconds: 1}}\n")

    def let_leases_run_out(self) -> None:
        """Wait until short leases are over; a file that somebody wrote would have time to spare."""
        time.sleep(1.2)

    def break_ledger(self) -> None:
        """Let the ledger of today have a row that nobody can read."""
        folder = self.space / "org/messaging/ledger"
        folder.mkdir(exist_ok=True)
        today = time.strftime("%Y-%m-%d", time.gmtime())
        path = folder / f"{today}.org"
        text = path.read_text() if path.exists() else LEDGER.format(today)
        path.write_text(f"{text}| {today}T00:00:00Z | reserve | crt |\n")

    @property
    def notes(self) -> Path:
        """The folder of notes."""
        return self.space / ".orgpost/hooks"

    def mail(self, *entries: str) -> None:
        """Let the inbox hold these entries, written a while ago and after what was there."""
        self.write(self.inbox, HEADER + "".join(entries))

    def contacts(self, text: str, *, copy: bool = True) -> None:
        """Let contacts.yaml say this; the library notes it for hooks, unless told not to."""
        self.write(self.space / "org/messaging/contacts.yaml", text)
        if copy:
            renew(self.space, os.environ)

    def settings(self, text: str) -> None:
        """Let the space's settings say this."""
        path = self.space / "settings.local.yaml"
        self.write(path, text)
        path.chmod(0o600)
        renew(self.space, os.environ)

    def write(self, path: Path, text: str) -> None:
        """Write a file as of an hour ago, each time a second later."""
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
        self.age(path)

    def age_all(self) -> None:
        """Let all that is watched be old enough for a stamp."""
        for path in (self.inbox, self.tasks, *self.space.glob(".orgpost/journal/*")):
            if path.exists():
                self.age(path)

    def edit_tasks(self, old: str, new: str) -> None:
        """Let a person change the tasks, of which no journal holds anything any more."""
        for folder in ("journal", "locks"):
            shutil.rmtree(self.space / ".orgpost" / folder)
        text = self.tasks.read_text()
        assert old in text
        self.write(self.tasks, text.replace(old, new))

    def age(self, path: Path) -> None:
        """Let a file be old enough for a stamp, and of another time than before."""
        self.ticks += 1
        when = int(time.time()) - 3600 + self.ticks
        os.utime(path, (when, when))

    def hook(
        self,
        event: str = "UserPromptSubmit",
        *,
        shell: str = "",
        session: str = SESSION,
        stdin: bytes | None = None,
        words: list[str] | None = None,
        client: str = "claude",
        **more: Any,
    ) -> Answer:
        """Run the gate as a client runs it; without `words` as a registration names them."""
        command = [*SHELLS.get(shell, []), str(GATE)]
        command += self.words(event, client) if words is None else words
        data = payload(event, session, client, **more) if stdin is None else stdin
        return run(command, data, self.environment)

    def words(self, event: str = "UserPromptSubmit", client: str = "claude") -> list[str]:
        """What a registration says after the gate's path."""
        return [client, event, "--space", str(self.space), "--as", "tex-agent"]

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a hook."""
        return {**os.environ, "ORGPOST_PYTHON": sys.executable, **self.env}

    def log(self) -> list[dict[str, Any]]:
        """What hooks wrote down about themselves."""
        path = self.notes / "log"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def payload(event: str, session: str = SESSION, client: str = "claude", **more: Any) -> bytes:
    """What a client sends for an event, with these facts changed."""
    path = SAMPLES / f"{client}.{event}.stdin.json"
    facts = json.loads(path.read_bytes()) if path.exists() else {"hook_event_name": event}
    # Cursor says it twice at its starts and ends.
    keys = {key for key in SESSION_KEYS.values() if key in facts} or {SESSION_KEYS.get(client, "")}
    named = dict.fromkeys(keys - {""}, session)
    return json.dumps({**facts, **named, **more}).encode()


def installed(folder: Path) -> Path:
    """A copy of the product as a wheel lays it out; gives the folder of the hooks.

    Where the tests' own checkout lies there may be a Python beside the gate.
    """
    package = folder / "lib/python3/site-packages/orgpost"
    shutil.copytree(HOOKS, package / "hooks")
    shutil.copytree(ROOT / "lib/orgpost/hook", package / "hook")
    return package / "hooks"


def run(command: list[str], stdin: bytes, env: dict[str, str], **more: Any) -> Answer:
    """Run a command to its end, and give it all of stdin; a broken pipe is a fault of its own."""
    with start(command, env, **more) as process, ThreadPoolExecutor() as threads:
        assert process.stdin is not None
        assert process.stderr is not None
        giving = threads.submit(_give_all, process.stdin, stdin)
        complaining = threads.submit(process.stderr.read)
        assert process.stdout is not None
        said = process.stdout.read()
        status = process.wait(20)
        return Answer(said, complaining.result(), status, is_broken=not giving.result())


def start(command: list[str], env: dict[str, str], **more: Any) -> subprocess.Popen[bytes]:
    """Start a command with its three pipes open."""
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=env, **more)


def _give_all(pipe: IO[bytes], data: bytes) -> bool:
    """Write and close; whether there was somebody to the end."""
    try:
        with pipe:
            pipe.write(data)
    except BrokenPipeError:
        return False
    return True
