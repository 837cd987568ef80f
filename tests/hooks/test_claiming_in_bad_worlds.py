"""Where nothing can be claimed, and what it costs where nothing is to be."""

from __future__ import annotations

import fcntl
import os
import re
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.hooks.claims import SHORT, error, held, is_given_back, prepare, prompt, states
from tests.hooks.world import (
    CONTACTS,
    FIRST,
    GATE,
    ROOT,
    SHELLS,
    World,
    entry,
    installed,
    payload,
    run,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

# --- when it cannot be done -----------------------------------------------------------------------


def hold_lock(world: World) -> int:
    """Let another process have the file of tasks; gives the descriptor that is to be closed."""
    path = world.space / ".orgpost/locks/agents+tex-agent.org.lock"
    assert path.exists()
    descriptor = os.open(path, os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


@pytest.mark.usefixtures("unhurried")
def test_a_file_that_somebody_has_is_left_alone(world: World) -> None:
    """Mail is told, in time; then the file is free, and the task is claimed."""
    world.mail(entry(FIRST))
    id = world.task("Please")
    before = world.tasks.read_bytes()
    descriptor = hold_lock(world)
    started = time.monotonic()
    answer = world.hook()
    assert time.monotonic() - started < 15
    assert (answer.ids, answer.status, answer.stderr) == ([FIRST], 0, b"")
    assert world.tasks.read_bytes() == before
    assert error(world) == "no claim: busy"
    os.close(descriptor)
    assert held(world.hook()) == id


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("stdin", [b"", b"no JSON", b"{}"], ids=["empty", "no-json", "nameless"])
def test_whoever_names_no_session_is_told_mail_and_gets_no_task(stdin: bytes, world: World) -> None:
    """Nobody would work on it, and nobody give it back."""
    world.mail(entry(FIRST))
    id = world.task("Please")
    before = world.tasks.read_bytes()
    assert world.hook(stdin=stdin).ids == [FIRST]
    assert world.tasks.read_bytes() == before
    assert held(world.hook()) == id


@pytest.mark.usefixtures("unhurried")
def test_a_person_who_edits_the_tasks_is_not_disturbed(world: World) -> None:
    """Not a byte of the file is changed; mail is told, and what is held is said to be held."""
    world.mail(entry(FIRST))
    world.task("Please")
    link = world.tasks.with_name(".#tex-agent.org")
    link.symlink_to("tex@elsewhere.4711:1795165865")
    before = world.tasks.read_bytes()
    assert world.hook().ids == [FIRST]
    assert world.tasks.read_bytes() == before
    assert error(world) == "no claim: busy"
    link.unlink()
    assert held(world.hook())
    link.symlink_to("tex@elsewhere.4711:1795165865")
    before = world.tasks.read_bytes()
    assert re.match(SHORT, world.hook().text)
    assert world.tasks.read_bytes() == before


def test_on_a_ledger_that_nobody_can_read_no_session_begins(world: World) -> None:
    """Nothing is claimed, nothing is said; one line of the log."""
    world.task("Please")
    world.break_ledger()
    lines = len(world.log())
    assert world.hook().is_silent
    assert states(world) == ["QUEUED"]
    assert len(world.log()) == lines + 1
    assert error(world) == "no claim: ledger_corrupt"


@pytest.mark.parametrize("file", ["settings", "contacts"])
def test_with_bad_settings_or_contacts_no_session_begins(file: str, world: World) -> None:
    """Nothing is claimed; mail is only counted, as ever."""
    world.task("Please")
    if file == "settings":
        world.settings("hooks: {claim: sometimes}\n")
    else:
        world.contacts(f"{CONTACTS}  - {{id: crt, kind: nobody}}\n")
    answer = world.hook()
    assert (answer.status, answer.stderr) == (0, b"")
    assert not held(answer)
    assert states(world) == ["QUEUED"]
    assert f"{file} unreadable" in error(world)


def test_without_a_library_mail_is_told(world: World, tmp_path: Path) -> None:
    """And nothing is claimed."""
    world.mail(entry(FIRST))
    world.task("Please")
    hooks = installed(tmp_path / "environment")
    (hooks.parent / "__init__.py").touch()
    answer = run([str(hooks / "orgpost-hook"), *world.words()], prompt(), world.environment)
    assert answer.ids == [FIRST]
    assert error(world) == "no claim: the library could not be asked"
    assert states(world) == ["QUEUED"]


def test_a_library_that_hangs_is_stopped_in_time(world: World, tmp_path: Path) -> None:
    """Mail is told within two seconds, and nothing goes on behind anybody's back."""
    world.mail(entry(FIRST))
    world.task("Please")
    hooks, mark = hanging(tmp_path)
    started = time.monotonic()
    answer = run([str(hooks / "orgpost-hook"), *world.words()], prompt(), world.environment)
    assert time.monotonic() - started < 3
    assert answer.ids == [FIRST]
    assert error(world) == "no claim: the library took too long"
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)


@pytest.mark.usefixtures("unhurried")
def test_a_library_that_hangs_holds_up_no_sessions_end(world: World, tmp_path: Path) -> None:
    """Its lease gives the task back."""
    world.task("Please")
    assert held(world.hook())
    del world.env["ORGPOST_PYTHON"]
    hooks, _ = hanging(tmp_path)
    words = [str(hooks / "orgpost-hook"), *world.words("SessionEnd")]
    started = time.monotonic()
    assert run(words, payload("SessionEnd"), world.environment).is_silent
    assert time.monotonic() - started < 3
    assert error(world) == "no release: the library took too long"
    assert states(world) == ["WORKING"]


def hanging(folder: Path) -> tuple[Path, Path]:
    """Hooks beside a library that does not answer, and where it says which process it is."""
    hooks, mark = installed(folder / "environment"), folder / "pid"
    (hooks.parent / "__init__.py").touch()
    (hooks.parent / "hook_claim.py").write_text(
        "import os, time\ndef main():\n"
        f"    open({str(mark)!r}, 'w').write(str(os.getpid()))\n    time.sleep(60)\n"
    )
    return hooks, mark


# --- what it costs --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "what", ["no tasks", "done", "waiting", "scheduled", "not before", "depends", "busy", "never"]
)
def test_where_nothing_is_to_be_done_no_library_is_started(
    what: str, world: World, library: tuple[Path, Path]
) -> None:
    """That is known from the bytes of the file."""
    world.mail(entry(FIRST))
    gate, mark = library
    prepare(world, what)
    answer = run([str(gate), *world.words()], prompt(), world.environment)
    assert answer.ids == [FIRST]
    assert not mark.exists()


def test_where_something_is_to_be_done_the_library_is_started(
    world: World, library: tuple[Path, Path]
) -> None:
    """As the marks of these tests can tell."""
    gate, mark = library
    world.task("Ready")
    run([str(gate), *world.words()], prompt(), world.environment)
    assert mark.exists()


@pytest.mark.parametrize("shell", SHELLS)
def test_tasks_that_are_over_cost_nothing(shell: str, world: World, tmp_path: Path) -> None:
    """One shell knows it; a task that is added, or becomes ready, starts Python again."""
    world.mail()
    world.task("Done", state="complete")
    world.age_all()
    assert world.hook(shell=shell).is_silent
    assert (world.notes / "stamps/tex-agent/quiet").exists()
    trap, mark = tmp_path / "trap", tmp_path / "mark"
    trap.write_text(f"#!/bin/sh\necho started >>'{mark}'\n")
    trap.chmod(0o755)
    world.env["ORGPOST_PYTHON"] = str(trap)
    for event in ("UserPromptSubmit", "SessionStart", "PreCompact", "SessionEnd"):
        assert world.hook(event, shell=shell).is_silent
    assert not mark.exists()
    world.task("New")
    world.hook(shell=shell)
    assert mark.exists()


@pytest.mark.parametrize("what", ["scheduled", "depends", "busy"])
def test_no_stamp_vouches_for_what_may_come_true_elsewhere(what: str, world: World) -> None:
    """A clock, another agent's file, a lease that runs out: none of them changes a watched file."""
    world.mail()
    prepare(world, what)
    world.age_all()
    world.hook()
    world.hook()
    assert not (world.notes / "stamps").exists() or not list(world.notes.glob("stamps/*/*"))


@pytest.mark.usefixtures("unhurried")
def test_a_task_that_becomes_ready_elsewhere_is_claimed(world: World) -> None:
    """By another agent's file, without a change of the own ones."""
    world.contacts(f"{CONTACTS}  - {{id: lab-agent, kind: agent, owner: tex}}\n")
    first = world.orgpost("task", "add", "lab-agent", "First", by="tex")["id"]
    id = world.task("Then", **{"depends-on": first})
    world.age_all()
    assert world.hook().is_silent
    before = world.tasks.read_bytes()
    world.orgpost("task", "claim", by="lab-agent")
    world.orgpost("task", "complete", first, by="lab-agent")
    assert world.tasks.read_bytes() == before
    assert held(world.hook()) == id


@pytest.mark.usefixtures("unhurried")
def test_a_task_whose_time_comes_is_claimed(world: World) -> None:
    """By the clock alone, without a change of any file."""
    id = world.task("Please")
    # The scan of bytes looks at whole seconds; four are enough for the first hook.
    comes = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 5))
    world.edit_tasks(":LEASE: ", f":NOT_BEFORE: {comes}\n:LEASE: ")
    before = world.tasks.read_bytes()
    assert world.hook().is_silent
    while time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()) <= comes:
        time.sleep(0.1)
    assert world.tasks.read_bytes() == before
    assert held(world.hook()) == id


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_hands_over_a_claim(shell: str, world: World) -> None:
    """And a renewal, and the end."""
    id = world.task("Please")
    assert held(world.hook(shell=shell)) == id
    assert re.match(SHORT, world.hook(shell=shell).text)
    assert world.hook("SessionEnd", shell=shell).is_silent
    assert is_given_back(world)


@pytest.mark.usefixtures("unhurried")
def test_every_door_gives_the_same_claim(world: World) -> None:
    """The gate, its old names and the command line; each goes on where the other was."""
    world.env["PYTHONPATH"] = str(ROOT / "lib")
    id = world.task("Please")
    hooks = ROOT / "hooks"
    named = world.words()[2:]
    doors = [
        [str(hooks / "inbox-watcher"), "UserPromptSubmit", *named],
        [sys.executable, str(hooks / "inbox-watcher.py"), *named],
        [sys.executable, "-m", "orgpost", "hook", "UserPromptSubmit", "--host", "claude", *named],
        [str(GATE), *world.words()],
    ]
    answers = [run(door, prompt(), world.environment) for door in doors]
    assert held(answers[0]) == id
    assert all(re.match(SHORT, answer.text) for answer in answers[1:])
