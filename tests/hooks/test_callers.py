"""Misbehaving clients: exit 0 in time, one document or nothing, and not a word more.

Each is tried with news, and with a stamp that vouches for silence.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from typing import IO, TYPE_CHECKING

import pytest

from tests.hooks.world import (
    FIRST,
    GATE,
    SHELLS,
    Answer,
    World,
    entry,
    expect,
    payload,
    run,
    start,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

GOOD = payload("UserPromptSubmit")
OBJECT = b'{"session_id":"s","hook_event_name":"UserPromptSubmit"}'


# --- stdin ----------------------------------------------------------------------------------------

ODD_DOCUMENTS = {
    "empty": b"",
    "a line end": b"\n",
    "no JSON": b"what is this?",
    "half": b'{"session_id":"s","prompt":"',
    "an array": b"[1,2]",
    "a number": b"17",
    "null": b"null",
    "two documents": OBJECT + b"\n" + OBJECT,
    "an object and noise": OBJECT + b" ]]]",
    "BOM": b"\xef\xbb\xbf" + OBJECT,
    "NUL before": b"\0" + OBJECT,
    "NUL inside": b'{"session_id":"a\0b"}',
    "not UTF-8": b'{"session_id":"\xff\xfe","prompt":"\xc3"}',
    "UTF-16": OBJECT.decode().encode("utf-16"),
    "CRLF": OBJECT.replace(b",", b",\r\n") + b"\r\n",
    "unknown fields": b'{"session_id":"s","nonsense":{"a":[1,{"b":null}]},"cwd2":"/"}',
    "fields of another type": b'{"session_id":17,"cwd":[],"source":{},"agent_id":5,"prompt":null}',
    "a long id": b'{"session_id":"' + b"x" * 70_000 + b'"}',
    "an id that is a path": b'{"session_id":"../../x"}',
    "half a character": b'{"session_id":"\\ud800","cwd":"\\udcff"}',
    "a number without end": b'{"session_id":"s","n":' + b"9" * 100_000 + b"}",
    "2 MB": b'{"session_id":"s","prompt":"' + b"x" * 2_000_000 + b'"}',
    "5 MB": b'{"session_id":"s","prompt":"' + b"x" * 5_000_000 + b'"}',
    "2 MB without an end": b'{"session_id":"s","prompt":"' + b"}" * 2_000_000,
    "2 MB of [": b"[" * 2_000_000,
    "2 MB of [ in an object": b'{"a":' + b"[" * 2_000_000,
}


@pytest.mark.parametrize("name", ODD_DOCUMENTS)
def test_whatever_comes_on_stdin_mail_is_told(name: str, state: str, world: World) -> None:
    """The first whole object, or as if nothing had been said."""
    begin = time.monotonic()
    expect(world.hook(stdin=ODD_DOCUMENTS[name]), state)
    assert time.monotonic() - begin < 2
    assert sorted(path.name for path in world.space.iterdir()) == [".orgpost", "org"]


@pytest.mark.parametrize("shell", SHELLS)
def test_stdin_may_be_nothing_or_closed(shell: str, state: str, world: World) -> None:
    """One session "none": told once, whatever stdin is."""
    command = [*SHELLS[shell], str(GATE), *world.words()]
    with open("/dev/null", "rb") as nothing:
        first = capture(command, world, stdin=nothing)
    expect(first, state)
    for closing in ("<&-", "</dev/null", "</", "<&- 2>&-"):
        script = f'"$0" "$@" {closing}'
        assert capture(["sh", "-c", script, *command], world).is_silent


@pytest.mark.parametrize("piece", [b"", OBJECT, OBJECT + b"\n", b'{"session_id":"s'])
def test_nobody_waits_for_the_end_of_stdin(piece: bytes, state: str, world: World) -> None:
    """A client that keeps the pipe open has its answer as soon as the object is whole."""
    begin = time.monotonic()
    with started(world) as process:
        give(process, piece)
        stdout = process.stdout.read() if process.stdout else b""
        status = process.wait()
        took = time.monotonic() - begin
        assert process.stdin is not None
        process.stdin.write(b"more" * 100)
        process.stdin.flush()  # somebody still takes it
    expect(Answer(stdout, b"", status), state)
    if piece.startswith(OBJECT) and state == "news":
        assert world.log()[-1]["ms"] < 450
    assert took < 2


@pytest.mark.parametrize("size", [2_000_000, 5_000_000])
def test_what_the_client_still_writes_is_taken(size: int, state: str, world: World) -> None:
    """No broken pipe, however late it comes and however little of it was needed."""
    with started(world) as process:
        give(process, OBJECT)
        expect_after = time.monotonic() + 2
        stdout = process.stdout.read() if process.stdout else b""
        process.wait()
        give(process, b" " * size)
    assert time.monotonic() < expect_after
    expect(Answer(stdout, b"", process.returncode), state)


def test_after_five_seconds_nobody_reads_a_pipe_that_stays_open(state: str, world: World) -> None:
    """No process is left behind, also when the client never closes."""
    with started(world) as process:
        give(process, OBJECT)
        process.wait()
        give(process, b"still taken")
        time.sleep(5.5)
        with pytest.raises(BrokenPipeError):
            give(process, b"not any more")
        with contextlib.suppress(BrokenPipeError):
            assert process.stdin is not None
            process.stdin.close()
    assert state


def test_stdout_ends_when_the_gate_does(state: str, world: World) -> None:
    """What stays behind to take stdin holds no end of the client's pipes."""
    with started(world) as process:
        give(process, OBJECT)
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read()
        process.stderr.read()
        begin = time.monotonic()
        process.wait()
        assert time.monotonic() - begin < 0.5
    assert state


# --- stdout, stderr, environment ------------------------------------------------------------------


@pytest.mark.parametrize("where", [">&-", ">/dev/full", "| true", "| exec cat >/dev/full"])
def test_a_document_that_nobody_took_is_told_again(where: str, world: World) -> None:
    """Stdout closed or full: silent, and not noted as told; a pipe counts once it took it."""
    world.mail(entry(FIRST))
    script = f'printf %s "$P" | "$0" "$@" {where}'
    env = {**world.environment, "P": GOOD.decode()}
    subprocess.run(
        ["bash", "-c", script, str(GATE), *world.words()], env=env, capture_output=True, check=False
    )
    if where in {">&-", ">/dev/full"}:
        assert world.hook().ids == [FIRST]
        assert world.log()[0]["error"] == "nobody took the document"


def test_a_full_pipe_that_nobody_reads_stops_nobody(world: World) -> None:
    """Within its second, and told again."""
    world.mail(entry(FIRST))
    read, write = os.pipe()
    os.set_blocking(write, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(write, b"x" * 4096)
    os.set_blocking(write, True)
    begin = time.monotonic()
    subprocess.run(
        [str(GATE), *world.words()],
        input=GOOD,
        stdout=write,
        env=world.environment,
        check=True,
        timeout=5,
    )
    assert time.monotonic() - begin < 2
    os.close(read)
    os.close(write)
    assert world.hook().ids == [FIRST]


@pytest.mark.parametrize("missing", ["HOME", "PATH", "both", "stderr", "everything"])
def test_an_environment_without_much_in_it_is_enough(
    missing: str, state: str, world: World
) -> None:
    """No home, no PATH, no stderr: as usual."""
    env = world.environment
    if missing in {"HOME", "both"}:
        for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
            del env[name]
    if missing in {"PATH", "both"}:
        del env["PATH"]
    if missing == "everything":
        env = {"ORGPOST_PYTHON": sys.executable}
    if missing == "stderr":
        command = ["/bin/sh", "-c", '"$0" "$@" 2>&-', str(GATE), *world.words()]
    else:
        command = [str(GATE), *world.words()]
    expect(run(command, GOOD, env), state)


def test_the_working_folder_may_be_gone(state: str, world: World, tmp_path: Path) -> None:
    """A path that is absolute needs none."""
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f'cd {gone} && rmdir {gone} && exec "$0" "$@"'
    answer = run(["dash", "-c", script, str(GATE), *world.words()], GOOD, world.environment)
    # The shell itself has a word to say about the folder, before it reads a script.
    expect(Answer(answer.stdout, b"", answer.status), state)


# --- how a client runs it -------------------------------------------------------------------------


def capture(command: list[str], world: World, stdin: IO[bytes] | None = None) -> Answer:
    """Run a command with a stdin that is no pipe."""
    done = subprocess.run(
        command, stdin=stdin, capture_output=True, env=world.environment, check=False, timeout=5
    )
    return Answer(done.stdout, done.stderr, done.returncode)


def started(world: World) -> subprocess.Popen[bytes]:
    """A hook with its pipes open; stdin is closed at the end."""
    return start([str(GATE), *world.words()], world.environment)


def give(process: subprocess.Popen[bytes], data: bytes) -> None:
    """Write to its stdin, which stays open."""
    assert process.stdin is not None
    process.stdin.write(data)
    process.stdin.flush()
