"""The second stage is light: what it loads is listed, and nothing of the user's is in it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.hooks.world import GATE, ROOT, entry, payload, run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.hooks.world import World

pytestmark = pytest.mark.slow

FIRST = "msg-20261120-083105-7k3m9q2xwd"

# What a run may load beside the hook itself and what a bare Python has loaded by then.
LIGHT = {"_blake2", "_json", "_signal", "_stat", "_struct", "fcntl", "posix", "pwd", "select"} | {
    *("stat", "struct", "time", "zlib", "errno"),
}
HEAVY = {"json", "re", "argparse", "pathlib", "datetime", "subprocess", "importlib.metadata"} | {
    *("os", "typing", "dataclasses", "collections", "enum", "orgpost", "yaml", "filelock", "site"),
}

LISTING = """
import sys
before = set(sys.modules)
sys.path.append(sys.argv.pop(1))
import hook
hook.main(sys.argv[1:])
print(*sorted(set(sys.modules) - before), file=sys.stderr)
"""


def modules(world: World, stdin: bytes, python: str = sys.executable) -> tuple[set[str], bytes]:
    """What a run loaded, and what it said."""
    folder = str(ROOT / "lib" / "orgpost")
    words = ["UserPromptSubmit", "--host", "claude", *world.words()[2:]]
    done = subprocess.run(
        [python, "-I", "-S", "-c", LISTING, folder, *words],
        input=stdin,
        capture_output=True,
        env=world.environment,
        check=True,
    )
    return set(done.stderr.decode().split()), done.stdout


@pytest.mark.parametrize("stdin", [payload("UserPromptSubmit"), b"{half", b"", b'{"a":' * 9999])
def test_nothing_heavy_is_loaded(stdin: bytes, world: World) -> None:
    """Not for news, not for a subject that had to be quoted, not for what is no JSON."""
    world.mail(
        entry(FIRST, "(no subject)", SUBJECT='"\\u003c<2026-11-20>\\u003e"'),
        entry("msg-two", BODY_ENC="percent", body=": 100%25"),
    )
    loaded, said = modules(world, stdin)
    assert said
    assert loaded & HEAVY == set()
    own = {name for name in loaded if name.partition(".")[0] == "hook"}
    assert loaded - own <= LIGHT


def test_a_journal_is_read_with_what_is_light(world: World) -> None:
    """The library's journal, too."""
    from orgpost.clock import Clock
    from orgpost.store import FileStore

    emacs_lock(world)
    with FileStore(world.space, Clock()) as store:
        store.append("inbox/tex-agent.org", [(FIRST.encode(), entry(FIRST).encode())])
    loaded, said = modules(world, payload("UserPromptSubmit"))
    assert b"waits for tex to save" in said
    assert loaded & HEAVY == set()


def test_tasks_are_looked_for_with_what_is_light(world: World) -> None:
    """Those of another holder, those that are not ready; and a claim is the library's work."""
    world.mail(entry(FIRST))
    held = world.task("Held")
    world.orgpost("task", "claim", "--id", held)
    world.task("Later", scheduled="2999-01-01")
    loaded, said = modules(world, payload("UserPromptSubmit"))
    assert b"busy: task-" in said
    assert loaded & HEAVY == set()
    world.orgpost("task", "complete", held)
    world.task("Ready")
    loaded, said = modules(world, payload("UserPromptSubmit", session="other"))
    assert b"1 task is yours" in said
    assert loaded & HEAVY == set()
    own = {name for name in loaded if name.partition(".")[0] == "hook"}
    assert loaded - own <= LIGHT


def emacs_lock(world: World) -> None:
    """Let a person on another host have unsaved changes in the inbox."""
    world.inbox.with_name(f".#{world.inbox.name}").symlink_to("tex@elsewhere.4711:1795165865")


def test_nothing_of_the_working_folder_is_imported(world: World, tmp_path: Path) -> None:
    """Neither what lies there nor what the environment points to."""
    world.mail(entry(FIRST))
    hostile = tmp_path / "hostile"
    hostile.mkdir()
    names = ("json", "stat", "posix", "fcntl", "select", "hook", "sitecustomize", "usercustomize")
    for name in names:
        (hostile / f"{name}.py").write_text(f"open({str(tmp_path / 'mark')!r}, 'w').close()\n")
    env = {
        **world.environment,
        "PYTHONPATH": str(hostile),
        "PYTHONSTARTUP": str(hostile / "json.py"),
        "PYTHONHOME": str(hostile),
        "PYTHONINSPECT": "1",
    }
    answer = run([str(GATE), *world.words()], payload("UserPromptSubmit"), env, cwd=hostile)
    assert answer.ids == [FIRST]
    assert not (tmp_path / "mark").exists()


def test_what_the_caller_left_closed_is_nowhere(tmp_path: Path) -> None:
    """Else the next file that is opened would be stdin or stdout; an open stdout is left alone."""
    program = (
        "import sys, posix; sys.path.append(sys.argv[1])\n"
        "from hook.stdout import keep_standard_descriptors\n"
        "was_open = keep_standard_descriptors()\n"
        "nowhere = posix.stat('/dev/null').st_rdev\n"
        "there = [posix.fstat(number).st_rdev == nowhere for number in (0, 1, 2)]\n"
        "open(sys.argv[2], 'w').write(f'{was_open} {there}')\n"
    )
    mark = tmp_path / "mark"
    for closing, said in {
        "<&- >&- 2>&-": "False [True, True, True]",
        "<&- >&-": "False [True, True, False]",
        "</dev/null 2>&1": "True [True, False, False]",
    }.items():
        script = f'exec "$0" -I -S -c "$@" {closing}'
        words = [sys.executable, program, str(ROOT / "lib/orgpost"), str(mark)]
        subprocess.run(["sh", "-c", script, *words], check=True, capture_output=True)
        assert mark.read_text() == said


def test_the_second_stage_is_compiled_once(world: World, tmp_path: Path) -> None:
    """The second run finds the bytecode of the first, and leaves it alone."""
    world.mail(entry(FIRST))
    package = tmp_path / "orgpost"
    shutil.copytree(ROOT / "hooks", package / "hooks")
    shutil.copytree(
        ROOT / "lib/orgpost/hook", package / "hook", ignore=shutil.ignore_patterns("__pycache__")
    )
    command = [str(package / "hooks" / "orgpost-hook"), *world.words()]
    run(command, payload("UserPromptSubmit"), world.environment)
    compiled = {path: path.stat().st_mtime_ns for path in package.rglob("*.pyc")}
    assert len(compiled) >= 15
    run(command, payload("UserPromptSubmit", session="other"), world.environment)
    assert {path: path.stat().st_mtime_ns for path in package.rglob("*.pyc")} == compiled
