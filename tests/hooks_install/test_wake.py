"""`hooks install --wake`: one more handler, beside the one that speaks at a turn's end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from orgpost.hooks_install import find_gate

if TYPE_CHECKING:
    from tests.hooks_install.home import Home

pytestmark = pytest.mark.slow


def test_what_waits_is_registered_and_taken_out_again(home: Home) -> None:
    """As Claude Code wants it; nobody is warned of two, trying it is good, and no byte is left."""
    before = home.picture()
    home.data("install", "claude", "--wake")
    settings = json.loads(home.file("claude").read_text())
    speaks, waits = (group["hooks"][0] for group in settings["hooks"]["Stop"])
    assert waits == {
        "type": "command",
        "command": str(find_gate()),
        "args": [*speaks["args"], "--wait"],
        "asyncRewake": True,
        "timeout": 3600,
    }
    listed = home.cli("--json", "hooks", "list")
    assert (listed.data["warnings"], listed.err) == ([], "")
    tried = home.cli("--json", "hooks", "test", "--client", "claude")
    assert (tried.status, tried.data["good"]) == (0, True)
    home.data("uninstall", "claude")
    assert home.picture() == before


def test_who_wants_no_waking_any_more_installs_without_it(home: Home) -> None:
    """The handler that waits goes, the others stay."""
    home.data("install", "claude")
    without = home.picture()
    home.data("install", "claude", "--wake")
    home.data("install", "claude")
    assert home.picture() == without
