"""The gate says "nothing new" only where it knows it: no program idle, and no change missed."""

from __future__ import annotations

import os
import re
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from orgpost.hook_copy import renew
from tests.hooks.world import CONTACTS, GATE, HEADER, SESSION, SHELLS, entry, payload, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.hooks.world import World

pytestmark = pytest.mark.slow

FIRST, SECOND = "msg-20261120-083105-7k3m9q2xwd", "msg-20261120-084402-2c5t8v0hja"


@pytest.fixture
def marker(world: World, tmp_path: Path) -> Path:
    """A Python that leaves a mark instead of running; call `set_trap` to use it."""
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\necho started >>'{tmp_path}/mark'\n")
    trap.chmod(0o755)
    return tmp_path / "mark"


def set_trap(world: World, marker: Path) -> None:
    """From now on a start of Python leaves a mark."""
    world.env["ORGPOST_PYTHON"] = str(marker.parent / "trap")


def stamps(world: World) -> list[str]:
    """The stamps that were left."""
    found = (world.notes / "stamps").glob("*/*")
    return sorted(path.name for path in found if path.is_file())


@pytest.mark.parametrize("shell", SHELLS)
def test_nothing_unread_starts_no_python(shell: str, world: World, marker: Path) -> None:
    """Whatever the event; then one message, and Python has to be asked again."""
    world.mail(entry(FIRST, state="READ"))
    assert world.hook(shell=shell).is_silent
    set_trap(world, marker)
    for event in ("UserPromptSubmit", "SessionStart", "PreCompact", "SessionEnd", "Stop"):
        assert world.hook(event, shell=shell).is_silent
    assert not marker.exists()
    world.mail(entry(FIRST, state="READ"), entry(SECOND))
    world.hook(shell=shell)
    assert marker.exists()


@pytest.mark.parametrize("shell", SHELLS)
def test_idle_executes_no_program_in_the_foreground(
    shell: str, world: World, tmp_path: Path
) -> None:
    """One shell, which forks once; at most two programs in the background, only to take stdin."""
    world.mail()
    world.hook()
    trace = tmp_path / "trace"
    tracing = ["strace", "-f", "-qq", "-e", "trace=execve,exit_group,wait4,waitid", "-o"]
    answer = run(
        [*tracing, str(trace), *SHELLS[shell], str(GATE), *world.words()],
        payload("UserPromptSubmit"),
        world.environment,
    )
    assert answer.is_silent
    wait_for(lambda: trace.read_text().count("exit_group") >= 3)
    started = [
        line
        for line in trace.read_text().splitlines()
        if " execve(" in line and line.endswith(" = 0")
    ]
    gate, *others = [line.split()[0] for line in started]
    assert len(others) <= 2
    assert gate not in others
    waits = [line for line in trace.read_text().splitlines() if re.match(rf"{gate} +wait", line)]
    assert not [line for line in waits if "WNOHANG" not in line]


def test_a_session_that_was_told_starts_no_python(world: World, marker: Path) -> None:
    """Only where the client itself says in the environment which session it is."""
    world.mail(entry(FIRST))
    world.env["CLAUDE_CODE_SESSION_ID"] = SESSION
    assert world.hook().ids == [FIRST]
    set_trap(world, marker)
    assert world.hook().is_silent
    assert not marker.exists()
    for event in ("SessionStart", "PreCompact", "SessionEnd"):
        world.hook(event)
    assert marker.read_text().count("started") == 3


@pytest.mark.parametrize("id", ["../../x", "a b", "x" * 70_000, "é"])
def test_an_odd_session_gets_no_stamp(id: str, world: World) -> None:
    """Ids are data; the shell compares only what can be nothing else."""
    world.mail(entry(FIRST))
    world.env["CLAUDE_CODE_SESSION_ID"] = id[:1000]
    assert world.hook(session=id).ids == [FIRST]
    assert stamps(world) == []
    assert world.hook(session=id).is_silent


def test_the_default_actor_is_known_to_the_gate(world: World, marker: Path) -> None:
    """Where nobody says who acts, settings do; a change of them is a change."""
    world.settings("hooks:\n  actor: tex-agent\n")
    words = ["claude", "UserPromptSubmit", "--space", str(world.space)]
    world.mail(entry(FIRST))
    assert world.hook(words=words).ids == [FIRST]
    world.mail()
    assert world.hook(words=words).is_silent
    set_trap(world, marker)
    assert world.hook(words=words).is_silent
    assert not marker.exists()
    world.settings("hooks:\n  actor: crt\n")
    world.hook(words=words)
    assert marker.exists()


def test_a_stamp_for_a_named_actor_says_nothing_of_the_default(world: World, marker: Path) -> None:
    """The settings moved on to somebody with mail while only the old one was asked for."""
    world.settings("hooks:\n  actor: tex-agent\n")
    world.hook(words=["claude", "UserPromptSubmit", "--space", str(world.space)])
    world.settings("hooks:\n  actor: crt\n")
    world.hook()
    set_trap(world, marker)
    world.hook(words=["claude", "UserPromptSubmit", "--space", str(world.space)])
    assert marker.exists()


def test_the_space_may_be_told_by_the_environment(world: World, marker: Path) -> None:
    """And so may the actor; the gate needs no words for them."""
    world.env |= {"ORGPOST_SPACE": str(world.space), "ORGPOST_ACTOR": "tex-agent"}
    world.mail()
    assert world.hook(words=["claude", "UserPromptSubmit"]).is_silent
    set_trap(world, marker)
    assert world.hook(words=["claude", "UserPromptSubmit"]).is_silent
    assert not marker.exists()


def test_a_space_that_has_to_be_looked_for_is_pythons_work(world: World, marker: Path) -> None:
    """The gate does not know the folder that the client works in."""
    world.mail()
    words = ["claude", "UserPromptSubmit", "--as", "tex-agent"]
    stdin = payload("UserPromptSubmit", cwd=str(world.space))
    assert world.hook(words=words, stdin=stdin).is_silent
    set_trap(world, marker)
    world.hook(words=words, stdin=stdin)
    assert marker.exists()


def in_place(world: World) -> None:
    """Change the state where it stands, as programs do."""
    text = world.inbox.read_text().replace("* READ  ", "* UNREAD")
    with world.inbox.open("r+") as file:
        file.write(text)


def as_emacs_does(world: World) -> None:
    """Move the old file away and write a new one."""
    text = world.inbox.read_text().replace("* READ  ", "* UNREAD")
    world.inbox.rename(world.inbox.with_name("tex-agent.org~"))
    world.inbox.write_text(text)


def restored(world: World) -> None:
    """Write it with a time that is older than before."""
    in_place(world)
    os.utime(world.inbox, (1_000_000_000, 1_000_000_000))


def from_the_future(world: World) -> None:
    """Write it with a time that has not come yet."""
    in_place(world)
    later = time.time() + 86_400
    os.utime(world.inbox, (later, later))


def linked(world: World) -> None:
    """Let a link stand in its place."""
    in_place(world)
    elsewhere = world.space / "elsewhere.org"
    world.inbox.rename(elsewhere)
    os.utime(elsewhere, (1_500_000_000, 1_500_000_000))
    world.inbox.symlink_to(elsewhere)


@pytest.mark.parametrize("change", [in_place, as_emacs_does, restored, from_the_future, linked])
@pytest.mark.parametrize("shell", SHELLS)
def test_no_way_of_changing_a_file_hides_mail(
    change: Callable[[World], None], shell: str, world: World
) -> None:
    """The stamp vouches by equality: newer and older are both changes."""
    world.mail(entry(FIRST, state="READ"))
    assert world.hook(shell=shell).is_silent
    assert stamps(world) == ["quiet"]
    change(world)
    assert world.hook(shell=shell).ids == [FIRST]


@pytest.mark.parametrize("shell", SHELLS)
def test_two_writes_in_one_tick_are_both_seen(shell: str, world: World) -> None:
    """A file that was just written gets no stamp, since the next write may have the same time."""
    world.inbox.write_text(HEADER)
    now = time.time_ns()
    os.utime(world.inbox, ns=(now, now))
    assert world.hook(shell=shell).is_silent
    world.inbox.write_text(HEADER + entry(FIRST))
    os.utime(world.inbox, ns=(now, now))
    assert world.hook(shell=shell).ids == [FIRST]


def test_a_time_in_the_future_gets_no_stamp(world: World) -> None:
    """The clock may be set back, or forward, and the file written again at that time."""
    world.mail()
    later = time.time() + 3600
    os.utime(world.inbox, (later, later))
    assert world.hook().is_silent
    assert stamps(world) == []


WATCHED = {
    "inbox": "org/messaging/inbox/tex-agent.org",
    "tasks": "org/messaging/agents/tex-agent.org",
    "journal of the inbox": ".orgpost/journal/inbox+tex-agent.org.j",
    "journal of the tasks": ".orgpost/journal/agents+tex-agent.org.j",
    "contacts": "org/messaging/contacts.yaml",
    "settings": "settings.local.yaml",
}


# Without contacts nobody is an actor, and a hook of nobody leaves nothing behind.
CASES = [(name, True) for name in WATCHED] + [(n, False) for n in WATCHED if n != "contacts"]


@pytest.mark.parametrize(("name", "present"), CASES)
def test_each_watched_file_that_comes_goes_or_changes_is_a_change(
    name: str, world: World, marker: Path, *, present: bool
) -> None:
    """Whether it was there when the stamp was made, or not."""
    world.mail()
    path = world.space / WATCHED[name]
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        world.write(path, "")
    if not present:
        path.unlink()
    world.age(path.parent)
    renew(world.space, os.environ)
    world.hook()
    assert stamps(world) == ["quiet"]
    set_trap(world, marker)
    world.hook()
    assert not marker.exists()
    if present:
        os.utime(path, (1_000_000_000, 1_000_000_000))
        world.hook()
        assert marker.read_text().count("started") == 1
        path.unlink()
    else:
        world.write(path, "")
    marker.unlink(missing_ok=True)
    world.hook()
    assert marker.exists()


def test_the_users_own_settings_are_watched(world: World, marker: Path, home: Path) -> None:
    """Where the environment says that they are."""
    world.mail()
    path = home / ".config/orgpost/settings.local.yaml"
    path.parent.mkdir(parents=True)
    world.write(path, "identity:\n  name: tex\n")
    path.chmod(0o600)
    renew(world.space, os.environ)
    world.hook()
    set_trap(world, marker)
    world.hook()
    assert not marker.exists()
    world.age(path)
    world.hook()
    assert marker.exists()


def test_without_a_home_the_gate_asks_python(world: World, marker: Path) -> None:
    """It cannot know where the user's settings are."""
    world.mail()
    world.hook()
    set_trap(world, marker)
    env = {key: value for key, value in world.environment.items() if key != "HOME"}
    env.pop("XDG_CONFIG_HOME")
    run([str(GATE), *world.words()], b"{}", env)
    assert marker.exists()


@pytest.mark.parametrize(
    "words",
    [
        ["claude", "Nonsense"],
        ["nobody", "UserPromptSubmit"],
        ["claude", "UserPromptSubmit", "too", "many"],
        ["claude", "UserPromptSubmit", "--wait"],
        ["claude", "UserPromptSubmit", "--space"],
        [],
    ],
)
def test_odd_words_are_pythons_work(words: list[str], world: World, marker: Path) -> None:
    """In every doubt the gate hands over, so that it is logged."""
    world.mail()
    world.hook()
    world.env |= {"ORGPOST_SPACE": str(world.space), "ORGPOST_ACTOR": "tex-agent"}
    set_trap(world, marker)
    world.hook(words=words)
    assert marker.exists()


def test_another_clients_mark_is_pythons_work(world: World, marker: Path) -> None:
    """Cursor runs the settings of Claude Code, also below a session of Claude Code."""
    world.mail()
    world.hook()
    set_trap(world, marker)
    world.env["CURSOR_VERSION"] = "3.20"
    world.hook()
    assert marker.exists()


def test_notes_of_somebody_else_vouch_for_nothing(world: World, marker: Path) -> None:
    """A folder that is a link may lie anywhere."""
    world.mail()
    world.hook()
    set_trap(world, marker)
    world.notes.rename(world.space / "elsewhere")
    world.notes.symlink_to(world.space / "elsewhere")
    world.hook()
    assert marker.exists()


def test_a_stamp_without_its_times_vouches_for_nothing(world: World, marker: Path) -> None:
    """Some shells call a file neither newer nor older than one that is missing."""
    world.mail()
    world.hook()
    set_trap(world, marker)
    for path in (world.notes / "stamps").glob("*/*/inbox"):
        path.unlink()
    world.hook()
    assert marker.exists()


def test_a_sender_who_is_trusted_now_is_told(world: World) -> None:
    """A change of contacts ends the stamp of a session that was only told a number."""
    world.env["CLAUDE_CODE_SESSION_ID"] = SESSION
    world.mail(entry(FIRST, "Secret words", sender="mallory"))
    answer = world.hook()
    assert answer.ids == []
    assert b"Secret" not in answer.stdout
    assert world.hook().is_silent
    world.contacts(CONTACTS + "  - {id: mallory, kind: person, trust_tier: trusted}\n")
    assert world.hook().ids == [FIRST]


def test_a_named_actor_is_exported_at_the_start(world: World, tmp_path: Path) -> None:
    """Once, also where nothing is new; and nothing is exported for an actor by default."""
    file = tmp_path / "env"
    world.env["CLAUDE_ENV_FILE"] = str(file)
    world.mail()
    world.hook()
    assert stamps(world) == ["quiet"]
    for _ in range(3):
        assert world.hook("SessionStart").is_silent
    assert file.read_text() == "export ORGPOST_ACTOR=tex-agent\n"
    file.unlink()
    world.env["ORGPOST_ACTOR"] = "tex-agent"
    world.mail(entry(FIRST))
    words = ["claude", "SessionStart", "--space", str(world.space)]
    assert world.hook("SessionStart", words=words).ids == [FIRST]
    assert not file.exists()


def wait_for(ready: Callable[[], bool]) -> None:
    """Wait for what the background does."""
    deadline = time.monotonic() + 20
    while not ready() and time.monotonic() < deadline:
        time.sleep(0.01)


def test_the_shells_find_no_fault_with_the_scripts() -> None:
    """Each shell parses the gate and its old name."""
    for shell in SHELLS.values():
        for script in (GATE, GATE.with_name("inbox-watcher")):
            checked = subprocess.run([*shell, "-n", str(script)], capture_output=True, check=False)
            assert (checked.returncode, checked.stderr) == (0, b"")
