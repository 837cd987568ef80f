"""`orgpost wait` as a shell sees it: its flags, its words, its statuses; and as a process."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from tests.cli.door import Cli, command, environment
from tests.listening.hall import CONTACTS

if TYPE_CHECKING:
    from tests.listening.hall import Hall

LONG = 30.0


@pytest.fixture
def cli(hall: Hall, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The door to the hall's space; it has the machine's clock."""
    monkeypatch.chdir(hall.space)
    return Cli(hall.space, capsys, monkeypatch)


@pytest.mark.slow
def test_each_flag_does_something(cli: Cli) -> None:
    """How long, what for, once more, and with the texts."""
    cli.id("send", "bot", "The body.", "--as", "crt")
    assert cli.data("--as", "bot", "wait", "--for", "task", "--timeout", "0")["timed_out"]
    assert "body" in cli.data("--as", "bot", "wait", "--bodies")["messages"][0]
    started = time.monotonic()
    assert cli.data("--as", "bot", "wait", "--timeout", "1s")["timed_out"]
    assert time.monotonic() - started >= 1
    assert "body" not in cli.data("--as", "bot", "wait", "--again")["messages"][0]


def test_words_for_a_person(cli: Cli) -> None:
    """One line for each thing, on which nothing can hide."""
    assert cli("--as", "bot", "wait", "--timeout", "0").out == "Nothing came for bot.\n"
    id = cli.id("send", "bot", "x", "--subject", "a \u202e b", "--as", "crt")
    answer = cli("--as", "bot", "wait")
    assert (answer.status, answer.out) == (0, f"message {id} from crt (team) a <U+202E> b\n")


@pytest.mark.parametrize("words", [["--timeout", "soon"], ["--timeout", "-1s"], ["--for", "mail"]])
def test_what_means_nothing_is_refused(cli: Cli, words: list[str]) -> None:
    """With a word about what is meant."""
    answer = cli("--json", "--as", "bot", "wait", *words)
    assert answer.status == 2
    assert answer.document["error"]["hint"]


@pytest.mark.parametrize("command", ["wait", "listen"])
@pytest.mark.parametrize(
    ("mode", "status", "code"), [(0o644, 78, "exposed_token"), (None, 3, "no_such_file")]
)
def test_a_token_file_that_is_no_good_is_refused_before_anything_is_told(
    command: str, mode: int | None, status: int, code: str, cli: Cli, tmp_path: Path
) -> None:
    """Not with a warning that comes while somebody already waits."""
    path = tmp_path / "token"
    if mode is not None:
        path.touch(mode)
        path.chmod(mode)
    words = [command, "--timeout", "1s", "--relay", "http://127.0.0.1:1", "--token-file", str(path)]
    answer = cli("--json", "--as", "bot", *words)
    assert (answer.status, answer.code) == (status, code)


def test_a_name_that_nobody_ever_had_is_a_mistake(cli: Cli) -> None:
    """No order to leave: somebody has mistyped."""
    answer = cli("--json", "--as", "bott", "wait", "--timeout", "0")
    assert (answer.status, answer.code) == (3, "unknown_actor")


def test_who_was_somebody_here_is_told_to_leave(cli: Cli, hall: Hall) -> None:
    """Its mail is still there, and it is not."""
    cli.id("send", "bot", "The body.", "--as", "crt")
    hall.contacts.write_text(
        CONTACTS.replace("id: bot", "id: bot2").replace("owner: bot", "owner: tex")
    )
    found = cli.data("--as", "bot", "wait")
    assert (found["must_exit"], found["reason"]) == (True, "actor_unknown")


class Waiting:
    """`orgpost wait` as a process of its own."""

    def __init__(self, space: Path, *words: str) -> None:
        argv = command("--space", str(space), "--as", "bot", "--json", "wait", *words)
        self.process = subprocess.Popen(argv, env=environment(), stdout=subprocess.PIPE)

    def begun(self) -> Self:
        """Wait until it hears of changes, however long its start took."""
        deadline = time.monotonic() + LONG
        while not self._hears():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return self

    def _hears(self) -> bool:
        for descriptor in Path(f"/proc/{self.process.pid}/fd").iterdir():
            with suppress(FileNotFoundError):
                if "inotify" in os.readlink(descriptor):
                    return True
        return False

    def answer(self) -> bytes:
        """What it printed, once it has ended."""
        out, _ = self.process.communicate(timeout=LONG)
        assert self.process.returncode == 0
        return out


@pytest.mark.slow
def test_of_several_that_wait_each_message_goes_to_one(hall: Hall) -> None:
    """Four processes wait for one agent, and two messages come: nobody gets one twice."""
    waiting = [Waiting(hall.space, "--timeout", "6s") for _ in range(4)]
    for each in waiting:
        each.begun()
    for number in range(2):
        hall.send("bot", id=f"msg-{number}")
    out = b"".join(each.answer() for each in waiting)
    assert [out.count(b'"id": "msg-%d"' % number) for number in range(2)] == [1, 1]


@pytest.mark.slow
def test_a_wait_is_woken_long_before_it_would_look_by_itself(hall: Hall) -> None:
    """From the message to the answer, without a relay: a fraction of a second at rest."""
    waiting = Waiting(hall.space, "--for", "message", "--timeout", "60s").begun()
    hall.send("bot", id="msg-1")
    sent = time.monotonic()
    assert b"msg-1" in waiting.answer()
    assert time.monotonic() - sent < 20, "by itself it would look after half a minute"
