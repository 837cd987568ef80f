"""The real command line, killed by the kernel's own hand at the n-th system call of a kind.

strace stops the process in the call itself, where no code of ours can clean up.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orgpost.org import scan
from orgpost.post import Post
from orgpost.space import init
from orgpost.store import FileStore
from tests.independent_reader import read_bytes

pytestmark = pytest.mark.slow

REPO = Path(__file__).parents[2]
INBOX = "inbox/crt.org"
COMMANDS = {
    "send": ["send", "crt", "A new message", "--id", "msg-new"],
    "mark": ["--as", "crt", "mark", "msg-old-1", "done"],
    "archive": ["--as", "crt", "archive", "msg-old-2"],
}
MOST = {"ci": 6, "nightly": 80}[os.environ.get("SIZE", "ci")]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a space with three messages, one of them read."""
    place = tmp_path_factory.mktemp("base") / "space"
    init(place, actor="tex")
    with Post.open(space=place, me="tex") as post:
        post.contacts.add("crt", trust_tier="team", by="tex")
        for number in range(3):
            post.messages.create_message("tex", "crt", "The body.\n" * 9, id=f"msg-old-{number}")
        post.messages.mark_read("msg-old-2")
    return place


def run(space: Path, words: list[str], *before: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the space."""
    return subprocess.run(
        [*before, sys.executable, "-m", "orgpost", "--space", str(space), *words],
        env=os.environ | {"PYTHONPATH": str(REPO / "lib")},
        capture_output=True,
        text=True,
        check=False,
    )


def states(space: Path) -> dict[str, str]:
    """Give every message of hot file and archives with its state, as another process sees it."""
    with FileStore(space) as store:
        found: dict[str, str] = {}
        for path in [*store.names("archive"), INBOX]:
            data = store.view(path).data
            ids = [id for id, _ in scan.find_all_ids(data)]
            assert len(ids) == len(set(ids))
            found |= {entry.id or "": entry.keyword for entry in read_bytes(data, "message")}
    return found


BEFORE = {"msg-old-0": "UNREAD", "msg-old-1": "UNREAD", "msg-old-2": "READ"}
AFTER = {
    "send": BEFORE | {"msg-new": "UNREAD"},
    "mark": BEFORE | {"msg-old-1": "DONE"},
    "archive": BEFORE | {"msg-old-2": "ARCHIVED"},
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("call", ["pwrite64", "fdatasync", "fsync", "rename", "linkat", "unlinkat"])
def test_killed_in_a_system_call_it_is_wholly_done_or_not_at_all(
    command: str, call: str, base: Path, tmp_path: Path
) -> None:
    """What was told is there; what was not is whole or absent; the same command then completes."""
    inject = f"inject={call}:signal=KILL:when="
    for nth in range(1, MOST + 1):
        space = tmp_path / f"{nth}"
        shutil.copytree(base, space, symlinks=True)
        strace = ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}"]
        done = run(space, COMMANDS[command], *strace, "-e", f"{inject}{nth}")
        there = states(space)
        assert there in (BEFORE, AFTER[command]), (nth, there)
        if done.returncode == 0:
            assert there == AFTER[command]
            break
        again = run(space, COMMANDS[command])
        assert (again.returncode, states(space)) == (0, AFTER[command]), again.stderr
        shutil.rmtree(space)
