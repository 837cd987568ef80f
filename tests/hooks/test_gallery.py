"""The gallery of misbehaving clients, in every dialect; with news, and with a stamp."""

from __future__ import annotations

import json
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.hooks.shapes import NEWS, NOTHING, text_in
from tests.hooks.world import FIRST, GATE, Answer, World, entry, installed, payload, run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

TELLING = {**NEWS, "opencode": "system"}
ODD = {
    "empty": b"",
    "no JSON": b"what is this?",
    "half": b'{"session_id":"s","prompt":"',
    "an array": b"[1,2]",
    "two documents": b'{"a":1}\n{"b":2}',
    "BOM and CRLF": b'\xef\xbb\xbf{"session_id":\r\n"s"}\r\n',
    "NUL and not UTF-8": b'\0{"session_id":"\xff\0"}',
    "another type": b'{"session_id":{},"conversation_id":[],"cwd":7,"agent_id":1,"source":[]}',
    "an id that is a path": b'{"session_id":"../../x","sessionId":"/etc","taskId":"'
    + b"x" * 70_000
    + b'"}',
    "2 MB": b'{"session_id":"s","prompt":"' + b"x" * 2_000_000 + b'"}',
    "2 MB of [": b"[" * 2_000_000,
}


def told(stdout: bytes, client: str) -> bool:
    """Whether the first message was told; else there was nothing, said as the client wants it."""
    if stdout == NOTHING.get(client, b""):
        return False
    return f"- {FIRST} from crt" in text_in(stdout)


@pytest.mark.parametrize("client", TELLING)
def test_whatever_comes_on_stdin_each_client_has_its_answer(
    client: str, state: str, world: World
) -> None:
    """Exit 0 in time, one document or nothing, no broken pipe; mail as it was."""
    before = world.inbox.read_bytes()
    for name, stdin in ODD.items():
        begin = time.monotonic()
        answer = world.hook(TELLING[client], client=client, stdin=stdin)
        assert time.monotonic() - begin < 2, name
        assert (answer.stderr, answer.status, answer.is_broken) == (b"", 0, False), name
        assert told(answer.stdout, client) == (state == "news"), name
        for note in world.notes.glob("sessions/*"):
            note.unlink()
    assert world.inbox.read_bytes() == before


@pytest.mark.parametrize("client", TELLING)
def test_closed_ends_break_no_client(client: str, state: str, world: World) -> None:
    """Stdin, stdout or stderr closed, stdout full, or nobody who reads it any more."""
    words = [str(GATE), *world.words(TELLING[client], client)]
    answers = []
    for closing in ("<&-", "</dev/null", ">&-", ">/dev/full", "2>&-", "<&- >&- 2>&-", "| true"):
        script = f'"$0" "$@" {closing}'
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", script, *words],
            input=b"",
            capture_output=True,
            env=world.environment,
            check=False,
            timeout=5,
        )
        assert (done.stderr, done.returncode) == (b"", 0), closing
        answers.append(told(done.stdout, client))
    # System text is made anew each time; all others are one session, which is told once.
    heard = [state == "news", client == "opencode" and state == "news"]
    assert answers == [*heard, False, False, heard[1], False, False]


@pytest.mark.parametrize("client", TELLING)
def test_an_empty_environment_is_enough_for_every_client(
    client: str, state: str, world: World
) -> None:
    """No home, no PATH; and the working folder is none of its business."""
    words = [str(GATE), *world.words(TELLING[client], client)]
    bare = {"ORGPOST_PYTHON": world.environment["ORGPOST_PYTHON"]}
    answer = run(words, payload(TELLING[client], client=client), bare, cwd="/")
    assert (answer.stderr, answer.status) == (b"", 0)
    assert told(answer.stdout, client) == (state == "news")


@pytest.mark.parametrize("client", TELLING)
def test_nobody_waits_for_a_client_that_never_closes(client: str, state: str, world: World) -> None:
    """The answer comes as soon as the object is whole; who still writes is taken from."""
    stdin = payload(TELLING[client], client=client)
    pipe = subprocess.PIPE
    words = [str(GATE), *world.words(TELLING[client], client)]
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, env=world.environment) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        begin = time.monotonic()
        process.stdin.write(stdin)
        process.stdin.flush()
        stdout = process.stdout.read()
        assert process.wait() == 0
        assert time.monotonic() - begin < 2
        process.stdin.write(b"x" * 100_000)
        process.stdin.flush()
    assert told(stdout, client) == (state == "news")


@pytest.mark.parametrize("client", [client for client in NEWS if client != "antigravity"])
def test_of_eight_at_once_one_speaks(client: str, world: World) -> None:
    """In one session of whatever client."""
    world.mail(entry(FIRST))
    with ThreadPoolExecutor() as threads:
        running = [
            threads.submit(world.hook, NEWS[client], client=client, session="one") for _ in range(8)
        ]
        said = [each.result().stdout for each in running]
    assert sum(map(bool, said)) == 1


@pytest.mark.parametrize("where", ["contacts", "settings"])
@pytest.mark.parametrize("client", TELLING)
def test_what_cannot_be_read_leaves_counts(client: str, where: str, world: World) -> None:
    """No word of anybody's, and who can tell more."""
    world.mail(entry(FIRST))
    if where == "contacts":
        world.contacts("actors: [")
    else:
        world.settings("hooks: [")
    answer = world.hook(TELLING[client], client=client)
    assert answer.ids == []
    assert f"; {where} unreadable: orgpost " in answer.text.split("\n")[0]


@pytest.mark.parametrize("how", ["a folder", "a pipe", "a dangling link", "noise"])
@pytest.mark.parametrize("was", ["news", "stamp"])
def test_an_inbox_that_broke_is_as_empty(how: str, was: str, world: World) -> None:
    """Whatever a stamp said before; and when it is whole again, what is new is told."""
    world.mail(entry(FIRST, state="UNREAD" if was == "news" else "READ"))
    world.hook(session="before")
    world.inbox.unlink()
    if how == "a folder":
        world.inbox.mkdir()
    elif how == "a pipe":
        os.mkfifo(world.inbox)
    elif how == "a dangling link":
        world.inbox.symlink_to("nowhere")
    else:
        world.inbox.write_bytes(os.urandom(100_000))
    for client, event in TELLING.items():
        assert world.hook(event, client=client).text == ""
    if how == "a folder":
        world.inbox.rmdir()
    else:
        world.inbox.unlink()
    world.mail(entry(FIRST))
    assert world.hook().ids == [FIRST]


def test_the_log_says_which_client_it_was(world: World) -> None:
    """One JSON line for each event that came as far as Python."""
    world.mail(entry(FIRST))
    for client, event in TELLING.items():
        world.hook(event, client=client)
    lines = [json.loads(line) for line in (world.notes / "log").read_text().splitlines()]
    assert [(line["client"], line["outcome"]) for line in lines] == [
        (client, "told") for client in TELLING
    ]


@pytest.mark.parametrize("client", TELLING)
def test_in_a_space_that_nobody_may_write_to_each_client_is_told_each_time(
    client: str, state: str, world: World
) -> None:
    """A disk that is mounted read-only: nothing can be noted, so it is told again."""
    space = str(world.space)
    mount = f"mount --bind {space} {space} && mount -o remount,ro,bind {space}"
    script = f'{mount} && "$0" "$@" <"$IN" && "$0" "$@" <"$IN"'
    words = [str(GATE), *world.words(TELLING[client], client)]
    stdin = world.space / "stdin"
    stdin.write_bytes(payload(TELLING[client], client=client))
    before = picture(world)
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, *words],
        capture_output=True,
        env={**world.environment, "IN": str(stdin)},
        check=False,
        timeout=10,
    )
    assert (done.stderr, done.returncode) == (b"", 0)
    half = len(done.stdout) // 2
    assert done.stdout[:half] == done.stdout[half:]
    assert told(done.stdout[:half], client) == (state == "news")
    assert picture(world) == before


def picture(world: World) -> dict[str, bytes]:
    """Every file of the space with its bytes, notes and all."""
    return {str(p): p.read_bytes() for p in sorted(world.space.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("client", NEWS)
def test_notes_that_are_garbage_are_as_absent_for_every_client(client: str, world: World) -> None:
    """The mail is told again, once."""
    world.mail(entry(FIRST))
    assert told(world.hook(NEWS[client], client=client).stdout, client)
    for note in world.notes.rglob("*"):
        if note.is_file() and note.name != "copy":
            note.write_bytes(os.urandom(400))
    assert told(world.hook(NEWS[client], client=client).stdout, client)
    assert not told(world.hook(NEWS[client], client=client).stdout, client)


@pytest.mark.parametrize("client", TELLING)
def test_while_a_person_edits_the_tasks_each_client_is_told_its_mail(
    client: str, world: World
) -> None:
    """Nothing is claimed, and no byte of the tasks is changed."""
    world.task("Please")
    world.mail(entry(FIRST))
    world.tasks.with_name(".#tex-agent.org").symlink_to(f"tex@{os.uname().nodename}.{os.getpid()}")
    before = world.tasks.read_bytes()
    assert told(world.hook(TELLING[client], client=client).stdout, client)
    assert world.tasks.read_bytes() == before


@pytest.mark.parametrize("client", [*TELLING, "windsurf"])
def test_without_a_python_no_client_is_told_anything(
    client: str, state: str, world: World, tmp_path: Path
) -> None:
    """What it writes is taken all the same."""
    event = TELLING.get(client, "pre_user_prompt")
    env = {**world.environment, "PATH": "/nowhere", "XDG_STATE_HOME": "/nowhere"}
    env["ORGPOST_PYTHON"] = "/nowhere/python"
    gate = installed(tmp_path) / "orgpost-hook"
    stdin = b'{"prompt":"' + b"x" * 2_000_000 + b'"}'
    answer = run([str(gate), *world.words(event, client)], stdin, env)
    assert answer == Answer(NOTHING.get(client, b""), b"", 0)
    assert state


@pytest.mark.parametrize("name", ODD)
def test_a_client_that_cannot_be_told_anything_is_not_disturbed(name: str, world: World) -> None:
    """Whatever it writes, Windsurf hears nothing, and nothing counts as told."""
    world.mail(entry(FIRST))
    assert world.hook("pre_user_prompt", client="windsurf", stdin=ODD[name]).is_silent
    assert world.hook().ids == [FIRST]
