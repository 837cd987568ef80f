"""A person's home and project, a space with mail for tex-agent, and the door to all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.door import Cli
from tests.hooks_install.home import Home

if TYPE_CHECKING:
    from pathlib import Path

VARIABLES = ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "COPILOT_HOME", "XDG_CONFIG_HOME", "ORGPOST_SPACE")


@pytest.fixture(autouse=True)
def home(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Home:
    """An empty home and an empty project, which is the working folder."""
    theirs = Home(tmp_path)
    monkeypatch.setenv("HOME", str(theirs.home))
    monkeypatch.setenv("XDG_STATE_HOME", str(theirs.state))
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(theirs.project)
    theirs.cli = Cli(theirs.project, capsys, monkeypatch)
    return theirs
