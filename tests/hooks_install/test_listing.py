"""`hooks list`: every place that would run orgpost here, and what is odd about them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from orgpost.hook.clients import ROLES, SILENT, TOOL
from orgpost.hooks_install import CLIENTS, find_gate

if TYPE_CHECKING:
    from pathlib import Path

    from tests.hooks_install.home import Home


def rows(home: Home) -> dict[str, Any]:
    """What is listed, by client."""
    return {row["client"]: row for row in home.listed()["clients"]}


def test_every_client_is_listed_with_its_events(home: Home) -> None:
    """Also those that are documented only."""
    listed = home.listed()
    assert listed["gate"] == str(find_gate())
    assert sorted(listed) == ["clients", "gate", "python", "warnings"]
    found = {row["client"]: row["documented_only"] for row in listed["clients"]}
    assert found == dict.fromkeys(CLIENTS, False) | dict.fromkeys(
        ("antigravity", "cline", "windsurf"), True
    )


def test_every_event_that_the_gate_acts_on_is_registered_and_no_other() -> None:
    """VS Code reads Copilot's file, and has its own names for the same events."""
    for name, client in CLIENTS.items():
        roles = ROLES["copilot" if name == "vscode" else name]
        acted_on = {event.lower() for event, role in roles.items() if role not in {SILENT, TOOL}}
        registered = {event.lower() for event in client.events} - {client.mid_turn.lower()}
        assert registered == acted_on - {"agentspawn"}
        assert not client.mid_turn or roles[client.mid_turn] == TOOL


def test_what_is_installed_is_listed(home: Home) -> None:
    """With its file, and how it is known."""
    home.data("install", "codex")
    first = rows(home)["codex"]["installed"][0]
    assert first == {
        "scope": "user",
        "file": str(home.file("codex")),
        "event": "SessionStart",
        "command": f"{find_gate()} codex SessionStart --space {home.space} --as tex-agent",
        "ours_by": "record",
        "stale": False,
    }


def test_a_gate_of_another_place_is_stale(home: Home) -> None:
    """And is warned of."""
    hand = {"type": "command", "command": "/nowhere/orgpost-hook claude Stop"}
    path = home.write("claude", json.dumps({"hooks": {"Stop": [{"hooks": [hand]}]}}).encode())
    (found,) = rows(home)["claude"]["installed"]
    assert (found["ours_by"], found["stale"]) == ("name", True)
    assert home.listed()["warnings"] == [
        f"{path} names a gate that is not this one: orgpost hooks install anew"
    ]


def plugin(home: Home) -> Path:
    """Let Claude Code have the plugin, too."""
    root = home.home / "cache/orgpost"
    (root / "hooks").mkdir(parents=True)
    command = "${CLAUDE_PLUGIN_ROOT}/hooks/orgpost-hook"
    handler = {"type": "command", "command": command, "args": ["claude", "UserPromptSubmit"]}
    hooks = {"hooks": {"UserPromptSubmit": [{"hooks": [handler]}]}}
    (root / "hooks/hooks.json").write_text(json.dumps(hooks))
    (root / "hooks/orgpost-hook").symlink_to(find_gate())
    notes = home.home / ".claude/plugins/installed_plugins.json"
    notes.parent.mkdir(parents=True)
    entry = {"scope": "user", "installPath": str(root), "version": "1"}
    notes.write_text(json.dumps({"version": 2, "plugins": {"orgpost@x": [entry]}}))
    return root


def test_a_plugin_beside_a_settings_file_is_warned_of(home: Home) -> None:
    """Both fire, one tells (scenario 35)."""
    root = plugin(home)
    home.data("install", "claude")
    found = [row for row in rows(home)["claude"]["installed"] if row["scope"] == "plugin"]
    assert [row["command"] for row in found] == [
        f"{root}/hooks/orgpost-hook claude UserPromptSubmit"
    ]
    (warning,) = [w for w in home.listed()["warnings"] if w.startswith("claude runs")]
    assert "2 times at UserPromptSubmit" in warning
    answer = home.cli("hooks", "list")
    assert "2 times at UserPromptSubmit" in answer.err


def test_two_scopes_are_warned_of(home: Home) -> None:
    """The client runs both."""
    home.data("install", "codex")
    home.data("install", "codex", "--project")
    warnings = [w for w in home.listed()["warnings"] if w.startswith("codex")]
    assert len(warnings) == len(CLIENTS["codex"].events)


def test_a_file_of_another_client_is_listed_where_it_may_fire(home: Home) -> None:
    """Cursor can be told to run what is registered with Claude Code."""
    home.data("install", "claude")
    files = {row["file"] for row in rows(home)["cursor"]["installed"]}
    assert files == {str(home.file("claude"))}
    said = home.cli("hooks", "list").out.partition("\ncursor\n")
    note = f"{home.file('claude')} (Claude Code's file, which it can read)\n"
    assert (note in said[0], note in said[2]) == (False, True)


def test_a_broken_file_does_not_hide_the_others(home: Home) -> None:
    """It is named."""
    home.write("claude", b"{")
    home.write("gemini", b"\xff")
    config = home.home / ".codex/config.toml"
    config.parent.mkdir()
    config.write_text("[")
    home.data("install", "cursor")
    listed = home.listed()
    assert rows(home)["cursor"]["installed"]
    for path in (home.file("claude"), home.file("gemini"), config):
        assert any(str(path) in warning for warning in listed["warnings"])
