"""Whoever writes and however, it is told, and can be read at that moment: real programs."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.cli.door import process
from tests.emacs.session import LiveEmacs
from tests.watching.test_watcher import listening, space

if TYPE_CHECKING:
    from pathlib import Path

    from tests.watching.test_watcher import Listener

__all__ = ["space"]

pytestmark = pytest.mark.slow


def entry(id: str) -> str:
    """A message as a person would write it."""
    return f"* UNREAD   By hand\n:PROPERTIES:\n:ID:       {id}\n:FROM:     crt\n:END:\nWords.\n"


def told(listener: Listener, id: str) -> None:
    """The next change of the inbox is this one, and its message is there already."""
    (change,) = listener.changes("inbox/tex", 1)
    assert (change.kind, change.id) == ("new", id)
    assert listener.post.messages.find_by_id(id).sender == "crt"


@pytest.mark.parametrize("mode", ["inotify", "poll"])
def test_every_hand_is_told_of(space: Path, mode: str, tmp_path: Path) -> None:
    """The command line, Python, a shell's `>>`, Emacs (`save-buffer`) and `git pull`."""
    with listening(space, mode) as listener:
        listener.sight.follow("inbox/tex")
        file = space / "org/messaging/inbox/tex.org"
        words = ("--space", str(space), "--as", "crt", "send", "tex", "hi", "--id")
        assert process(*words, "msg-cli").returncode == 0
        told(listener, "msg-cli")
        listener.post.messages.create_message("crt", "tex", "hi", id="msg-python")
        told(listener, "msg-python")
        with file.open("a") as shell:
            shell.write(entry("msg-shell"))
        told(listener, "msg-shell")
        time.sleep(0.3)
        with LiveEmacs() as emacs:
            emacs.open(file)
            emacs.modify(file, entry("msg-emacs"))
            emacs.save(file)
            told(listener, "msg-emacs")
        pull(space, tmp_path / "other", entry("msg-git"))
        told(listener, "msg-git")


def pull(space: Path, other: Path, more: str) -> None:
    """Let another clone add to the inbox, and pull it: git removes the file and makes it anew."""
    (space / ".gitignore").write_text(".orgpost/\n")
    git(space, "init", "-q", "-b", "main")
    git(space, "add", "-A")
    git(space, "commit", "-qm", "before")
    git(space.parent, "clone", "-q", str(space), str(other))
    with (other / "org/messaging/inbox/tex.org").open("a") as theirs:
        theirs.write(more)
    git(other, "commit", "-qam", "theirs")
    git(space, "pull", "-q", "--ff-only", str(other), "main")


def git(folder: Path, *words: str) -> None:
    """Run git as nobody in particular."""
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "safe.directory=*")
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)
