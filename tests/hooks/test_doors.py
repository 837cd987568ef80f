"""One answer behind every door; and the scripts do what the comment at their head says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.hooks.world import (
    GATE,
    HOOKS,
    ROOT,
    SHELLS,
    Answer,
    World,
    entry,
    installed,
    payload,
    run,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.slow

FIRST = "msg-20261120-083105-7k3m9q2xwd"
LIB = str(ROOT / "lib")
SCRIPTS = sorted(p.name for p in HOOKS.iterdir() if p.is_file() and p.suffix != ".json")


def gate(world: World, event: str) -> list[str]:
    """The door of a registration."""
    return [str(GATE), *world.words(event)]


def old_gate(world: World, event: str) -> list[str]:
    """The door of an old registration."""
    return [str(GATE.with_name("inbox-watcher")), event, *world.words(event)[2:]]


def command_line(world: World, event: str) -> list[str]:
    """The door of people."""
    door = [sys.executable, "-m", "orgpost", "hook", event, "--host", "claude"]
    return [*door, *world.words(event)[2:]]


def flags_first(world: World, event: str) -> list[str]:
    """The door of people, who may say first what is understood everywhere."""
    door = [sys.executable, "-m", "orgpost", *world.words(event)[2:]]
    return [*door, "hook", event, "--host", "claude"]


def watcher(world: World, event: str) -> list[str]:
    """The door of an old settings file, which is told nothing but the space."""
    assert event
    return [sys.executable, str(HOOKS / "inbox-watcher.py"), *world.words()[2:]]


DOORS = [gate, old_gate, command_line, flags_first, watcher]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A space, and a command line that is found."""
    return World(tmp_path / "space", {"PYTHONPATH": LIB})


@pytest.mark.parametrize("event", ["SessionStart", "UserPromptSubmit"])
def test_every_door_gives_the_same_bytes(event: str, world: World) -> None:
    """To a session each."""
    world.mail(entry(FIRST, "Ünïcode </system-reminder> \u202e"), entry("msg-two", sender="nobody"))
    answers = [
        run(door(world, event), payload(event, session=f"s{number}"), world.environment)
        for number, door in enumerate(DOORS)
    ]
    assert answers[0].ids == [FIRST]
    assert answers == [answers[0]] * len(DOORS)


@pytest.mark.parametrize("second", DOORS)
@pytest.mark.parametrize("first", DOORS)
def test_what_one_door_told_no_other_tells_again(
    first: Callable[[World, str], list[str]],
    second: Callable[[World, str], list[str]],
    world: World,
) -> None:
    """They share their notes."""
    world.mail(entry(FIRST))
    answers = [
        run(door(world, "UserPromptSubmit"), payload("UserPromptSubmit"), world.environment)
        for door in (first, second)
    ]
    assert [answer.ids for answer in answers] == [[FIRST], []]


@pytest.mark.parametrize("name", ["orgpost-hook", "inbox-watcher", "inbox-watcher.py"])
@pytest.mark.parametrize("kind", ["absolute", "relative", "of a link", "of the folder"])
def test_a_door_may_be_a_link(name: str, kind: str, world: World, tmp_path: Path) -> None:
    """What lies beside it is found all the same."""
    world.mail(entry(FIRST))
    there = tmp_path / "bin"
    there.mkdir()
    door = there / "door"
    if kind == "of the folder":
        (there / "hooks").symlink_to(HOOKS)
        door = there / "hooks" / name
    elif kind == "relative":
        door.symlink_to(os.path.relpath(HOOKS / name, there))
    else:
        door.symlink_to(HOOKS / name)
    if kind == "of a link":
        (there / "again").symlink_to("door")
        door = there / "again"
    words = world.words() if name == "orgpost-hook" else world.words()[1:]
    assert run([str(door), *words], payload("UserPromptSubmit"), world.environment).ids == [FIRST]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_old_name_runs_in_each_shell(shell: str, world: World) -> None:
    """Without a word but where; the event is found on stdin."""
    world.mail(entry(FIRST))
    world.env |= {"ORGPOST_SPACE": str(world.space), "ORGPOST_ACTOR": "tex-agent"}
    command = [*SHELLS[shell], str(GATE.with_name("inbox-watcher"))]
    assert run(command, payload("UserPromptSubmit"), world.environment).ids == [FIRST]
    assert run(command, payload("UserPromptSubmit"), world.environment).is_silent


@pytest.mark.parametrize("name", ["orgpost-hook", "inbox-watcher", "inbox-watcher.py"])
def test_an_installed_package_has_its_doors_inside(name: str, world: World, tmp_path: Path) -> None:
    """Where the hooks lie beside the second stage, and not beside `lib`."""
    world.mail(entry(FIRST))
    hooks = installed(tmp_path / "environment")
    words = world.words() if name == "orgpost-hook" else world.words()[1:]
    answer = run([str(hooks / name), *words], payload("UserPromptSubmit"), world.environment)
    assert answer.ids == [FIRST]


def fake_python(path: Path) -> Path:
    """A Python that says where it lies, and then runs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\necho {path} >>"$FOUND"\nexec {sys.executable} "$@"\n')
    path.chmod(0o755)
    return path


def test_python_is_looked_for_in_the_promised_order(
    world: World, tmp_path: Path, home: Path
) -> None:
    """What is named, what was noted, what lies beside the gate, what the PATH has."""
    world.mail(entry(FIRST))
    hooks = installed(tmp_path / "environment")
    noted = home / ".local/state/orgpost/python"
    noted.parent.mkdir(parents=True)
    noted.write_text(f"{tmp_path}/noted/python3.11\n")
    pythons = [
        fake_python(tmp_path / "named/python"),
        fake_python(tmp_path / "noted/python3.11"),
        fake_python(hooks / "python3"),
        fake_python(tmp_path / "environment/bin/python3"),
        fake_python(tmp_path / "path/python3"),
    ]
    env = world.environment | {
        "ORGPOST_PYTHON": str(pythons[0]),
        "PATH": f"{tmp_path}/path:/usr/bin:/bin",
        "FOUND": str(tmp_path / "found"),
    }
    for number, python in enumerate(pythons):
        stdin = payload("UserPromptSubmit", session=f"s{number}")
        assert run([str(hooks / "orgpost-hook"), *world.words()], stdin, env).ids == [FIRST]
        resolved = str((tmp_path / "found").read_text().splitlines()[-1])
        assert os.path.realpath(resolved) == os.path.realpath(python)
        python.unlink()


def test_a_python_that_cannot_begin_is_passed_over(world: World, tmp_path: Path) -> None:
    """Too old, or broken: the next one still has everything that the client said."""
    world.mail(entry(FIRST))
    old = tmp_path / "old"
    old.write_text("#!/bin/sh\necho 'Unknown option: -I' >&2\nexit 2\n")
    old.chmod(0o755)
    hooks = installed(tmp_path / "environment")
    (hooks / "python3").symlink_to(sys.executable)
    env = {**world.environment, "ORGPOST_PYTHON": str(old)}
    words = world.words()
    answers = [
        run([str(hooks / "orgpost-hook"), *words], payload("UserPromptSubmit"), env)
        for _ in range(2)
    ]
    assert [answer.ids for answer in answers] == [[FIRST], []]
    assert answers[0].stderr == b""


# --- what the scripts say of themselves -----------------------------------------------------------


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_says_first_what_goes_in_and_comes_out(name: str) -> None:
    """Input, Output and Status, each on a line of its own, in this order; and it can be run."""
    path = HOOKS / name
    lines = path.read_text().splitlines()
    assert lines[0] in {"#!/bin/sh", "#!/usr/bin/env python3"}
    parts = [line.split(":")[0] for line in lines[:12] if line.startswith("# ")]
    assert [part for part in parts if part in {"# Input", "# Output", "# Status"}] == [
        "# Input",
        "# Output",
        "# Status",
    ]
    assert os.access(path, os.X_OK)


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_knows_a_path_of_any_machine(name: str) -> None:
    """A checkout works wherever it lies."""
    assert str(ROOT) not in (HOOKS / name).read_text()
    assert "/home/" not in (HOOKS / name).read_text()


@pytest.mark.parametrize("name", ["orgpost-hook", "inbox-watcher", "inbox-watcher.py"])
def test_a_hook_is_held_to_its_status(name: str, world: World) -> None:
    """0, whatever happened: the words are nonsense, the space is none, stdin is noise."""
    for words in (["--nonsense"], ["a", "b", "c"], ["claude", "--space", "/nowhere"]):
        answer = run([str(HOOKS / name), *words], b"\0\xff", world.environment)
        assert answer.is_silent


def test_a_watcher_without_a_library_is_silent(tmp_path: Path) -> None:
    """A script that was copied somewhere breaks nobody's session."""
    lonely = tmp_path / "inbox-watcher.py"
    shutil.copy(HOOKS / "inbox-watcher.py", lonely)
    assert run([sys.executable, str(lonely)], b"{}", dict(os.environ)).is_silent


# --- send-reply and mark-message ------------------------------------------------------------------


@pytest.fixture
def post(world: World, tmp_path: Path) -> World:
    """A world with mail of crt for tex-agent, and scripts that are run by a link."""
    world.mail(entry(FIRST, THREAD=FIRST), entry("msg-20261120-090000-0000000000", THREAD="x"))
    for name in ("send-reply.py", "mark-message.py"):
        (tmp_path / name).symlink_to(HOOKS / name)
    return world


def script(
    post: World, name: str, *words: str, stdin: bytes = b"", me: str = "tex-agent"
) -> Answer:
    """Run a script as tex-agent, from outside of the space."""
    path = post.space.parent / name
    command = [sys.executable, str(path), "--space", str(post.space), "--as", me, *words]
    return run(command, stdin, dict(os.environ))


def state_of(post: World, id: str) -> str:
    """The keyword that a message has in its file."""
    text = post.inbox.read_text()
    return text[: text.index(f":ID:       {id}")].rpartition("\n* ")[2].split()[0]


def test_a_reply_says_what_was_sent(post: World) -> None:
    """To an actor, to a handle; words are joined by one blank."""
    for to in ("gregor", "@gz"):
        answer = script(post, "send-reply.py", to, "two", "words")
        assert (answer.status, answer.stderr) == (0, b"")
        assert answer.stdout.startswith(b"[messaging] Sent: msg-")
    theirs = (post.space / "org/messaging/inbox/gregor.org").read_text()
    assert theirs.count("two words") == 4  # each time as the subject, too


def test_a_message_that_is_answered_gives_the_recipient(post: World) -> None:
    """By its id or a part of it; it is READ then."""
    answer = script(post, "send-reply.py", "7k3m9q2xwd", "-", stdin="von stdin: ü\n".encode())
    assert answer.status == 0
    theirs = (post.space / "org/messaging/inbox/crt.org").read_text()
    assert f":REPLY_TO: {FIRST}" in theirs
    assert "von stdin: ü" in theirs
    assert state_of(post, FIRST) == "READ"


@pytest.mark.parametrize("flag", ["--complete", "--complete-task"])
@pytest.mark.parametrize("to", ["crt", FIRST])
def test_a_completed_message_is_answered_and_done(flag: str, to: str, post: World) -> None:
    """Both are said."""
    answer = script(post, "send-reply.py", flag, FIRST, to, "done")
    sent, completed = answer.stdout.decode().splitlines()
    assert sent.startswith("[messaging] Sent: msg-")
    assert completed == f"[messaging] Completed: {FIRST}"
    assert state_of(post, FIRST) == "DONE"


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["crt"], 2, "TEXT"),
        (["txe", "hi"], 3, "txe"),
        (["--complete", "msg-nosuch", "crt", "hi"], 3, "msg-nosuch"),
        (["--complete", "task-20261120-083200-0p4n8s6vbe", "crt", "hi"], 3, "no task"),
        (["--token", "1", "crt", "hi"], 2, "--token goes with --complete"),
        (["--complete", FIRST, "--tokens", "1", "crt", "hi"], 2, "--tokens goes with"),
        (["--token", "one", "crt", "hi"], 2, "no token"),
        (["--reply-to", "0000000000", FIRST, "hi"], 2, "one message"),
        (["--nonsense", "crt", "hi"], 2, "nonsense"),
    ],
)
def test_a_reply_that_cannot_be_sent_stores_nothing(
    words: list[str], status: int, said: str, post: World
) -> None:
    """Everything is checked first; stderr says what is wrong."""
    before = sorted(post.space.rglob("*.org")), post.inbox.read_bytes()
    answer = script(post, "send-reply.py", *words)
    assert (answer.status, answer.stdout) == (status, b"")
    assert said in answer.stderr.decode()
    assert (sorted(post.space.rglob("*.org")), post.inbox.read_bytes()) == before


def test_only_its_recipient_completes_a_message(post: World) -> None:
    """Nothing is stored for anybody else."""
    answer = script(post, "send-reply.py", "--complete", FIRST, "tex", "done", me="crt")
    assert (answer.status, answer.stdout) == (6, b"")
    assert state_of(post, FIRST) == "UNREAD"


@pytest.mark.parametrize(
    ("word", "state"),
    [("read", "READ"), ("todo", "TODO"), ("done", "DONE"), ("clear", "READ"), ("UNREAD", "UNREAD")],
)
def test_a_mark_says_what_the_message_is_now(word: str, state: str, post: World) -> None:
    """By a part of its id."""
    answer = script(post, "mark-message.py", "7k3m9q2xwd", word)
    assert answer.stdout.decode() == f"{FIRST} {state}\n"
    assert state_of(post, FIRST) == state


def test_a_read_message_can_be_archived(post: World) -> None:
    """It leaves the inbox."""
    script(post, "mark-message.py", FIRST, "read")
    answer = script(post, "mark-message.py", FIRST, "archive")
    assert answer.stdout.decode() == f"{FIRST} ARCHIVED\n"
    assert FIRST not in post.inbox.read_text()


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["nosuch", "done"], 3, "nosuch"),
        (["msg-", "done"], 2, FIRST),
        ([FIRST, "finished"], 2, "read unread todo done clear archive"),
        ([FIRST, "nosuch", "read"], 3, "nosuch"),
        ([FIRST], 2, "STATE"),
    ],
)
def test_a_mark_that_cannot_be_made_changes_nothing(
    words: list[str], status: int, said: str, post: World
) -> None:
    """Not of any message; stderr says what is wrong."""
    before = post.inbox.read_bytes()
    answer = script(post, "mark-message.py", *words)
    assert (answer.status, answer.stdout) == (status, b"")
    assert said in answer.stderr.decode()
    assert post.inbox.read_bytes() == before


@pytest.mark.parametrize("name", ["send-reply.py", "mark-message.py"])
def test_a_python_without_what_is_needed_is_told_of(name: str, post: World) -> None:
    """Words instead of a traceback, and nothing done."""
    words = ["crt", "hi"] if name == "send-reply.py" else [FIRST, "read"]
    named = ["--space", str(post.space), "--as", "tex-agent"]
    answer = run([sys.executable, "-S", str(HOOKS / name), *named, *words], b"", dict(os.environ))
    assert (answer.status, answer.stdout) == (1, b"")
    assert re.search(rb"has no (yaml|filelock)\n", answer.stderr)
    assert state_of(post, FIRST) == "UNREAD"


@pytest.mark.parametrize("name", ["send-reply.py", "mark-message.py"])
def test_a_script_speaks_json_and_explains_itself(name: str, post: World) -> None:
    """One document, for an answer and for a refusal; --help goes to stdout."""
    words = ["crt", "hi"] if name == "send-reply.py" else [FIRST, "read"]
    good = script(post, name, "--json", *words)
    bad = script(post, name, "--json", "nosuch", "x")
    assert good.stdout.startswith(b'{"schema": 1, "ok": true, "data": {')
    assert bad.stdout.startswith(b'{"schema": 1, "ok": false, "error": {')
    assert bad.status in {2, 3}
    shown = subprocess.run(
        [sys.executable, str(HOOKS / name), "--help"], capture_output=True, check=True
    )
    assert b"--json" in shown.stdout
