"""A command is light: what a start of `orgpost inbox` may not load is listed."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from orgpost.org.syntax import header
from orgpost.space import init
from tests.cli.door import LIB

if TYPE_CHECKING:
    from pathlib import Path

# Each of these costs a start a tenth of Python's own, or belongs to what others do.
HEAVY: Final = {"dataclasses", "inspect", "json", "subprocess", "tempfile", "shutil", "socket"} | {
    *("asyncio", "logging", "threading", "uuid", "random", "hashlib", "zoneinfo", "difflib"),
    *("yaml", "filelock", "orgparse", "importlib.metadata", "importlib.resources"),
}
# Of ours, what writes, and every group of commands but the one that was named.
OTHERS: Final = (
    {"doctor", "migrate", "hook", "hook_copy", "budget", "task", "governor"}
    | {
        *("agent_inbox", "answering", "refusals", "cli.tasks", "cli.task_words", "frame"),
    }
    | {
        *("cli.sending", "cli.showing", "cli.sorting", "cli.finding", "cli.people", "cli.places"),
        *("store.writer", "store.memory", "store.quarantine", "message_store.sending"),
        *("message_store.composing", "message_store.archiving", "message_store.searching"),
    }
)
MESSAGE: Final = b"""\
* UNREAD Report
:PROPERTIES:
:ID:       msg-20261120-083105-7k3m9q2xwd
:FROM:     tex
:TO:       tex
:CREATED:  [2026-11-20 Fri 09:31:05]
:END:
"""
LISTING: Final = """
import sys
from orgpost.cli import main
status = main(sys.argv[1:])
print(*sys.modules, file=sys.stderr)
sys.exit(status)
"""


def loaded(space: Path, *words: str) -> set[str]:
    """What a start of a bare Python loads for a command."""
    command = [sys.executable, "-S", "-c", LISTING, "--space", str(space), "--as", "tex", *words]
    env = {**os.environ, "PYTHONPATH": str(LIB)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert "Report" in done.stdout
    return set(done.stderr.split())


def test_inbox_loads_nothing_heavy(tmp_path: Path) -> None:
    """Who looks into an inbox does not pay for what others do."""
    init(tmp_path, actor="tex")
    inbox = tmp_path / "org/messaging/inbox/tex.org"
    inbox.write_bytes(header("inbox/tex.org") + MESSAGE)
    os.utime(inbox, (0, 0))
    modules = loaded(tmp_path, "inbox")
    ours = {name.removeprefix("orgpost.") for name in modules if name.startswith("orgpost.")}
    assert {"cli.reading", "message_store.reading"} <= ours
    assert modules & HEAVY == set()
    assert ours & OTHERS == set()


# What belongs to the relay alone; each is a good part of a second at a start.
NETWORK: Final = {"aiohttp", "jwt", "jinja2", "prometheus_client", "watchfiles", "websockets"}


@pytest.mark.slow
@pytest.mark.parametrize("words", [["inbox"], ["digest"], ["show", "msg-20261120"], ["help"]])
def test_what_needs_no_relay_loads_no_network(words: list[str], tmp_path: Path) -> None:
    """Only who serves, or signs a token, pays for it."""
    init(tmp_path, actor="tex")
    inbox = tmp_path / "org/messaging/inbox/tex.org"
    inbox.write_bytes(header("inbox/tex.org") + MESSAGE)
    command = [sys.executable, "-c", LISTING, "--space", str(tmp_path), "--as", "tex", *words]
    env = {**os.environ, "PYTHONPATH": str(LIB)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert done.stdout
    assert {name.partition(".")[0] for name in done.stderr.split()} & NETWORK == set()
