"""Plants each known bug in a copy of the house, and sees the suite that guards against it fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.planted.bugs import BUGS, Bug

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

REPO = Path(__file__).parents[2]
FAILED = 1


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy of the house, without what it made."""
    place = tmp_path_factory.mktemp("copy") / "house"
    place.mkdir()
    left_out = shutil.ignore_patterns("__pycache__", ".*")
    for name in ("lib", "tests", "docs", "hooks", "templates"):
        shutil.copytree(REPO / name, place / name, ignore=left_out)
    shutil.copy(REPO / "pyproject.toml", place)
    return place


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: f"{bug.number}-{bug.what.replace(' ', '-')}")
def test_a_planted_bug_is_caught(bug: Bug, copy: Path) -> None:
    """With the bug the suite fails, and not because it could not run."""
    file = copy / "lib/orgpost" / bug.file
    good = file.read_text()
    assert good.count(bug.old) == 1, f"{bug.file} has changed: plant the bug anew"
    file.write_text(good.replace(bug.old, bug.new))
    try:
        words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *bug.suite]
        env = {name: value for name, value in os.environ.items() if name != "PYTEST_XDIST_WORKER"}
        done = subprocess.run(
            words,
            cwd=copy,
            env=env
            | {
                "SIZE": bug.size,
                "PYTHONPATH": f"{copy / 'lib'}:{copy}",
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        file.write_text(good)
    assert done.returncode == FAILED, done.stdout[-2000:] + done.stderr[-2000:]
