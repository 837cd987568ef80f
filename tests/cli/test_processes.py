"""What only a process of its own can show: its status, its signals, its streams."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.cli.door import command, environment, on_a_terminal, process

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.door import Cli

pytestmark = pytest.mark.slow


def test_status_and_streams(space: Path) -> None:
    """Words on stdout, trouble on stderr, the error's status."""
    good, bad = process("send", "crt", "hi"), process("send", "txe", "hi")
    assert (good.returncode, good.stderr) == (0, b"")
    assert (bad.returncode, bad.stdout) == (3, b"")
    assert bad.stderr == b"orgpost: unknown actor: txe\n  did you mean tex?\n"


def test_stdin_is_left_alone(space: Path) -> None:
    """Only a text of `-` reads it; a shell's loop keeps its lines."""
    read, write = os.pipe()
    os.write(write, b"kept")
    for words in (["inbox"], ["send", "crt", "x"]):
        subprocess.run(
            command(*words), env=environment(), stdin=read, capture_output=True, check=True
        )
    assert os.read(read, 10) == b"kept"
    os.close(read)
    os.close(write)


@pytest.mark.parametrize("words", [["inbox", "--json"], ["help"], ["nosuch", "--json"]])
def test_a_reader_that_leaves_is_no_trouble(words: list[str], space: Path) -> None:
    """`orgpost inbox | head -0`: no trace, no word."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        command(*words), env=environment(), stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)
    assert done.stderr == b""
    assert done.returncode in {0, 2}


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_an_answer_that_cannot_be_written_is_a_failure(flags: list[str], space: Path) -> None:
    """A full disk behind stdout: status 1 and a word, no trace."""
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            command("inbox", *flags), env=environment(), stdout=full, stderr=-1, check=False
        )
    assert done.returncode == 1
    assert done.stderr == (b"orgpost: the answer could not be written: No space left on device\n")


@pytest.mark.parametrize("flags", [[], ["--json"]])
@pytest.mark.parametrize(
    "words", [["send", "tex", "hi"], ["broadcast", "hi"], ["reply", "last", "hi", "--cc", "mira"]]
)
def test_what_is_stored_is_named_though_the_answer_cannot_be_written(
    words: list[str], flags: list[str], space: Path
) -> None:
    """Else it would be sent again, and be there twice."""
    process("send", "tex", "first", "--as", "crt")
    before = _ids(space)
    assert len(before) == 1
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            command(*words, *flags), env=environment(), stdout=full, stderr=-1, check=False
        )
    told, why = done.stderr.decode().removeprefix("orgpost: stored: ").split("; ")
    assert set(told.split()) == _ids(space) - before
    assert why == "the answer could not be written: No space left on device\n"
    assert done.returncode == 1


def test_an_interrupt_is_no_trace(space: Path) -> None:
    """Ctrl-C while stdin is read: status 130, nothing said, nothing sent."""
    with subprocess.Popen(
        command("send", "crt", "-"), env=environment(), stdin=subprocess.PIPE, stderr=-1
    ) as program:
        until = time.monotonic() + 20
        while "pipe_read" not in _waits_in(program.pid) and time.monotonic() < until:
            time.sleep(0.02)
        program.send_signal(signal.SIGINT)
        assert program.stderr is not None
        assert (program.wait(), program.stderr.read()) == (130, b"")
    assert not (space / "org/messaging/inbox/crt.org").exists()


def _waits_in(pid: int) -> str:
    with open(f"/proc/{pid}/wchan") as file:
        name = file.read()
    with open(f"/proc/{pid}/syscall") as file:
        return "pipe_read" if file.read().startswith("0 0x0 ") else name


def test_colours_are_for_terminals_that_want_them(cli: Cli) -> None:
    """`NO_COLOR`, a dumb terminal and a pipe get none."""
    cli.id("send", "tex", "hi")
    assert b"\x1b[1m" in on_a_terminal("inbox", TERM="xterm", NO_COLOR="")[1]
    assert b"\x1b" not in on_a_terminal("inbox", TERM="xterm", NO_COLOR="1")[1]
    assert b"\x1b" not in on_a_terminal("inbox", TERM="dumb", NO_COLOR="")[1]
    assert b"\x1b" not in process("inbox", TERM="xterm", NO_COLOR="").stdout


def test_a_terminal_without_utf_8_is_no_trouble(cli: Cli) -> None:
    """What it cannot show is spelled out."""
    cli.id("send", "tex", "für")
    done = process("inbox", PYTHONIOENCODING="ascii")
    assert (done.returncode, b"f\\xfcr" in done.stdout) == (0, True)


def test_bytes_of_a_body_reach_a_pipe(space: Path) -> None:
    """In by stdin and out by `--body`, not one changed."""
    body = bytes(range(1, 128)) + "\u2028ä\r\n".encode()
    sent = process("send", "crt", "-", "--id", "msg-bytes", stdin=body)
    assert sent.returncode == 0
    assert process("show", "msg-bytes", "--body").stdout == body


def test_eight_processes_send_one_message_once(space: Path) -> None:
    """The same id at once: one entry, all succeed, seven say that it is a duplicate."""
    words = command("send", "crt", "hi", "--id", "msg-once", "--json")
    programs = [subprocess.Popen(words, env=environment(), stdout=-1) for _ in range(8)]
    outs = [program.communicate()[0] for program in programs]
    assert [program.returncode for program in programs] == [0] * 8
    assert sum(b'"duplicate": true' in out for out in outs) == 7
    assert (space / "org/messaging/inbox/crt.org").read_bytes().count(b"\n* ") == 1


def test_eight_processes_bounce_one_message_once(cli: Cli) -> None:
    """Whoever looks first settles what expired; the others see it settled."""
    cli.id("send", "crt", "hurry", "--expires", "+1s")
    time.sleep(1.2)
    programs = [subprocess.Popen(command("inbox"), env=environment(), stdout=-1) for _ in range(8)]
    assert [program.wait() for program in programs] == [0] * 8
    for program in programs:
        program.communicate()
    assert [m["kind"] for m in cli.data("inbox")["messages"]] == ["bounce"]


def test_long_work_is_told_on_a_terminal_only(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line goes to stderr, and is wiped away."""
    from orgpost.cli import show

    monkeypatch.setattr(show, "_PATIENCE_SECONDS", 0.01)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with show.Working("searching"):
        time.sleep(0.2)
    assert cli("inbox").out == "No unread mail for tex.\n"


def _ids(space: Path) -> set[str]:
    texts = [place.read_text() for place in space.glob("org/messaging/inbox/*.org")]
    return {line.split()[1] for text in texts for line in text.splitlines() if ":ID: " in line}
