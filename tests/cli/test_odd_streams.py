"""Streams that are closed or never end, and folders that may not be written: words, no trace."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from orgpost.cli import main
from orgpost.space import init
from orgpost.store import FileStore
from orgpost.store.calls import Calls
from tests.race.writers import INBOX, entry

REPO = Path(__file__).parents[2]


@pytest.fixture
def space(tmp_path: Path) -> Path:
    """Give a space of tex."""
    place = tmp_path / "space"
    init(place, actor="tex")
    return place


def run(space: Path, words: str, program: str = "-m orgpost") -> subprocess.CompletedProcess[str]:
    """Run a command line of a shell."""
    command = f"{sys.executable} {program} --space {space} --as tex {words}"
    env = os.environ | {"PYTHONPATH": str(REPO / "lib")}
    return subprocess.run(
        ["sh", "-c", command], env=env, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("inbox >&-", 0),
        ("inbox --json >&-", 0),
        ("send tex hello >&- 2>&- <&-", 0),
        ("send tex - <&-", 2),
        ("send tex - </dev/zero", 5),
        ("send tex --body-file /dev/zero", 5),
    ],
)
def test_a_closed_or_endless_stream_is_met_with_a_status(
    space: Path, words: str, status: int
) -> None:
    """Neither a trace of our code nor the machine's memory; what was told is stored."""
    done = run(space, words)
    assert (done.returncode, "Traceback" in done.stderr, "fault" in done.stderr) == (
        status,
        False,
        False,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        "send tex -",
        "send tex - --attach {}/file",
        "reply last -",
        "broadcast -",
        "task complete task-x --result -",
    ],
)
def test_a_text_from_a_closed_stdin_is_none(space: Path, words: str) -> None:
    """Nobody meant an empty one; what is open and empty is a text all the same."""
    (space / "file").touch()
    run(space, "send tex hello")
    done = run(space, f"--json {words.format(space)} <&-")
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["code"]) == (2, "usage")
    assert error["message"] == "- is stdin, and stdin is closed"
    assert "stdin is closed" not in run(space, f"{words.format(space)} </dev/null").stderr


@pytest.mark.slow
def test_a_script_takes_no_text_from_a_closed_stdin_either(space: Path) -> None:
    """It is a program of its own, and begins in its own way."""
    done = run(space, "tex - <&-", f"{REPO}/hooks/send-reply.py")
    assert (done.returncode, "stdin is closed" in done.stderr) == (2, True)


def test_a_working_folder_that_is_gone_is_no_fault_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was removed under the shell's feet."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert main(["init", "--actor", "tex"]) == 1
    error = capsys.readouterr().err
    assert "the working folder is gone" in error
    assert "fault" not in error


@pytest.mark.parametrize("name", ["x" * 300, "settings.local.yaml/x", "gone"])
def test_a_name_that_can_be_no_file_is_not_there(
    space: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody forbade it; of one that is too long it is said that it is."""
    words = ["--space", str(space), "--as", "tex", "--json", "send", "tex", "--body-file"]
    status = main([*words, f"{space}/{name}"])
    error = json.loads(capsys.readouterr().out)["error"]
    assert (status, error["code"]) == (3, "no_such_file")
    assert ("too long" in error["hint"]) is (len(name) > 255)


def test_a_failed_route_says_why(space: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --json, too."""
    words = ["--space", str(space), "--as", "tex", "send", "tex", "x", "--route", "github:1"]
    assert main(words) == 1
    assert "a route failed: github:1: " in capsys.readouterr().err


def test_without_a_place_for_our_sign_what_is_acknowledged_is_written(tmp_path: Path) -> None:
    """A folder of ours that may not be written to must not turn "stored" into an error."""

    class Refusing(Calls):
        def mkdir(self, name: str, mode: int, *, folder: int) -> None:
            """Refuse the folder of signs."""
            if name == "run":
                raise PermissionError(13, "refused")
            super().mkdir(name, mode, folder=folder)

    (tmp_path / "org/messaging/inbox").mkdir(parents=True)
    with FileStore(tmp_path, calls=Refusing()) as store:
        assert store.append(INBOX, [entry("msg-first")]).stored == "file"


def test_the_hook_has_a_help_like_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """`orgpost help` lists it, so `orgpost help hook` says more."""
    assert main(["help", "hook"]) == 0
    assert capsys.readouterr().out.startswith("orgpost hook [EVENT]")


def test_what_the_system_forbids_is_not_permitted(
    space: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """6 and not 1, wherever it forbids it: a script knows then that trying again is no use."""

    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted", "/a/folder")

    monkeypatch.setattr("orgpost.doctor.examine", forbidden)
    assert main(["--space", str(space), "--json", "doctor"]) == 6
    assert json.loads(capsys.readouterr().out)["error"] == {
        "code": "not_permitted",
        "message": "not permitted: /a/folder: Operation not permitted",
        "hint": "ask whoever may, or change the permissions there",
        "details": {"what": "/a/folder", "why": "Operation not permitted"},
    }
