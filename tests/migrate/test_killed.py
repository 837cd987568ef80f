"""A migration that is killed, at every call of the store and at random, and then run again."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orgpost.migrate import migrate
from orgpost.store.calls import Calls
from tests.migrate.old_mail import entries

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLES = Path(__file__).parent
TEAM = SAMPLES / "v01-space" / "1-team"
NAMES = ("inbox", "agents", "archive")
CHILD = """
import sys
from pathlib import Path
from orgpost.migrate import migrate
print("ready", flush=True)
migrate(Path(sys.argv[1]), actor="tex")
"""
STRIDE = {"ci": 2, "nightly": 1}[os.environ.get("SIZE", "ci")]
DOUBLED = """
* MESSAGE [2026-11-20 Fri 09:12] :unread:
:PROPERTIES:
:ID: msg-20261120-091003-tex-claude
:FROM: tex-claude
:TO: gregor
:END:
the same id in another file
"""


def planted(root: Path, sample: Path) -> Path:
    """Copy a sample; in that of v0.1 one id stands in two files."""
    shutil.rmtree(root, ignore_errors=True)
    space = shutil.copytree(sample, root)
    if sample == TEAM:
        with (space / "org/inboxes/gregor.org").open("a", encoding="utf-8") as inbox:
            inbox.write(DOUBLED)
    return space


def mail(space: Path) -> Counter[tuple[str, str, str]]:
    """Give file, body and state of each entry of the new space."""
    files = (place for name in NAMES for place in space.glob(f"org/messaging/{name}/*.org"))
    paths = sorted(
        str(place.relative_to(space / "org/messaging"))
        for place in files
        if not place.name.startswith(".")  # the lock of who was killed
    )
    return Counter(
        (path, each.body, each.keyword) for path in paths for each in entries(space, path)
    )


def olds(space: Path) -> set[bytes]:
    """Give the bytes of each old file that lies in a backup."""
    return {place.read_bytes() for place in space.glob(".orgpost/backup/**/*") if place.is_file()}


def wanted(tmp_path: Path, sample: Path) -> Counter[tuple[str, str, str]]:
    """Say what a run that nobody disturbs makes of the sample."""
    space = planted(tmp_path / "wanted", sample)
    migrate(space, actor="tex")
    return mail(space)


def killed_at(space: Path, count: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Run a migration that dies at its n-th call; False where it made fewer."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            die_at(count, monkeypatch)
            migrate(space, actor="tex")
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


def die_at(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the n-th call that changes the disk kill this process instead."""
    counter = itertools.count(1)

    def deadly(call: Callable[..., object]) -> Callable[..., object]:
        def counted(*args: object, **named: object) -> object:
            if next(counter) == count:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*args, **named)

        return counted

    for name in ("pwrite", "write", "rename", "link", "symlink", "unlink", "mkdir", "truncate"):
        monkeypatch.setattr(Calls, name, deadly(getattr(Calls, name)))
    for name in ("replace", "mkdir", "rmdir"):
        monkeypatch.setattr(Path, name, deadly(getattr(Path, name)))


@pytest.mark.slow
@pytest.mark.parametrize("sample", [TEAM, SAMPLES / "v02-space"], ids=["v0.1", "v0.2"])
def test_killed_at_any_call_and_run_again_each_message_is_there_once(
    tmp_path: Path, sample: Path, monkeypatch: pytest.MonkeyPatch, rng: random.Random
) -> None:
    """Whatever the n-th call was, the next run completes it; in CI one in two."""
    expected = wanted(tmp_path, sample)
    point = rng.randint(1, STRIDE)
    while True:
        space = planted(tmp_path / "space", sample)
        before = {place.read_bytes() for place in space.rglob("*") if place.is_file()}
        if not killed_at(space, point, monkeypatch):
            break
        migrate(space, actor="tex")
        assert mail(space) == expected, f"killed at call {point}"
        assert before <= olds(space), f"killed at call {point}"
        point += STRIDE
    assert point > 60


@pytest.mark.slow
def test_killed_at_any_instant_and_run_again_each_message_is_there_once(tmp_path: Path) -> None:
    """With a real SIGKILL from outside, three times in a row for each try."""
    seed = int(os.environ.get("ORGPOST_TEST_SEED", "7"))
    print(f"ORGPOST_TEST_SEED={seed}")
    chance = random.Random(seed)
    expected = wanted(tmp_path, TEAM)
    for _ in range(8):
        space = planted(tmp_path / "space", TEAM)
        for _ in range(3):
            kill_soon(space, chance.uniform(0, 0.12))
        migrate(space, actor="tex")
        assert mail(space) == expected


def kill_soon(space: Path, seconds: float) -> None:
    """Start a migration in another process and kill it a moment after it began."""
    command = [sys.executable, "-c", CHILD, str(space)]
    lib = str(SAMPLES.parents[1] / "lib")
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": lib}
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(seconds)
        child.kill()
