"""The harness with a screen: keys go in, a person's view comes out, questions wait for a person."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.emacs.session import EmacsError, lock_of
from tests.emacs.terminal import TerminalEmacs

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

TEXT = "# -*- mode: org; coding: utf-8-unix -*-\n* UNREAD   one\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An Org file with one entry."""
    path = tmp_path / "tex.org"
    path.write_text(TEXT, "utf-8")
    return path


def test_keys_are_typed_and_the_screen_is_seen(path: Path) -> None:
    """A key goes where point is, the file has it after C-x C-s, and the socket agrees."""
    with TerminalEmacs() as emacs:
        emacs.open(path)
        emacs.wait_for("UNREAD +one")
        emacs.keys("M->")
        emacs.type("- wörds of mine;")
        emacs.wait_for("- wörds of mine;")
        assert str(emacs.pid) in str(lock_of(path))
        emacs.keys("C-x", "C-s")
        emacs.wait_until(lambda: lock_of(path) is None, "the save")
        assert path.read_text("utf-8") == f"{TEXT}- wörds of mine;\n"
        assert emacs.text(path) == f"{TEXT}- wörds of mine;\n"
        emacs.command("emacs-version")
        emacs.wait_for("GNU Emacs")


def test_a_question_waits_for_a_key(path: Path) -> None:
    """Nobody answers it for the person; what is asked by the socket is answered meanwhile."""
    lock = path.with_name(".#tex.org")
    with TerminalEmacs() as emacs:
        emacs.open(path)
        lock.symlink_to(f"orgpost@{os.uname().nodename}.{os.getpid()}")
        emacs.keys("M->")
        emacs.type("x")
        emacs.wait_for(r"tex\.org locked by orgpost@.*\(s, q, p, \?\)\?")
        assert emacs.eval("(+ 1 1)") == "2"
        emacs.keys("q")
        emacs.wait_for(r"tex\.org: orgpost@")
        assert not emacs.is_modified(path)
    lock.unlink()


def test_a_killed_emacs_leaves_its_lock_and_no_process(path: Path) -> None:
    """The lock names a process that is no more."""
    with TerminalEmacs() as emacs:
        emacs.open(path)
        emacs.keys("M->")
        emacs.type("x")
        emacs.wait_until(lambda: lock_of(path) is not None, "the lock")
        emacs.kill9()
        assert f".{emacs.pid}" in str(lock_of(path))
        assert not emacs._lives()


def test_a_missing_tmux_fails_with_the_name_of_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is skipped where the tool is missing."""
    monkeypatch.setattr("shutil.which", lambda name: None if name == "tmux" else f"/bin/{name}")
    with pytest.raises(EmacsError, match="package tmux"), TerminalEmacs():
        pass


def test_what_does_not_come_is_a_failure_that_shows_the_screen() -> None:
    """A wait has an end."""
    with TerminalEmacs() as emacs, pytest.raises(AssertionError, match=r"scratch"):
        emacs.wait_for("no such words", seconds=0.3)
