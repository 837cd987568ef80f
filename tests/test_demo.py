"""The demo of the README's first screen does what it says, on real input."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).parent.parent


@pytest.mark.slow
def test_the_demo_takes_mail_over_tells_an_agent_what_is_new_and_ends_well(tmp_path: Path) -> None:
    """Each command succeeds; the hook speaks of mail, of a task, and that it is held; then no more.

    The doctor finds nothing.
    """
    bin_folder = Path(sys.executable).parent
    env = os.environ | {"PATH": f"{bin_folder}:{os.environ['PATH']}", "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        ["sh", REPO / "docs/demo.sh"], env=env, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("additionalContext") == 3
    assert done.stdout.count("task complete task-demo-1 --token 1") == 2
    assert "task-demo-1 DONE" in done.stdout
    assert "[x] announced" in done.stdout
    assert "0 errors, 0 warnings" in done.stdout
    assert list(tmp_path.iterdir()) == []
