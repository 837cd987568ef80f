"""Codex keeps hooks in a file of JSON or in its TOML, never in both."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Final

import pytest

from orgpost.hooks_install import find_gate
from orgpost.hooks_install.toml_form import has_hooks

if TYPE_CHECKING:
    from pathlib import Path

    from tests.hooks_install.home import Home

THEIRS: Final = """\
# mine
model = "gpt-5.6"   # the good one
n = 1_000

[[hooks.SessionStart]]
[[hooks.SessionStart.hooks]]
type = "command"
command = "echo hi"

[mcp_servers.other]
command = "x"
"""
TEXTS: Final = {
    "plain": THEIRS,
    "no last line end": THEIRS.rstrip("\n"),
    "crlf": THEIRS.replace("\n", "\r\n"),
    "blank lines": THEIRS + "\n\n",
    "bom": "\ufeff" + THEIRS,
    "a comment at the end": THEIRS + "# the end",
}


def config(home: Home, text: str) -> Path:
    """Let Codex's settings hold this."""
    path = home.home / ".codex/config.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("what", TEXTS)
def test_hooks_go_where_hooks_are(what: str, home: Home) -> None:
    """Nothing that was there changes, and it all goes again (scenario 28)."""
    path = config(home, TEXTS[what])
    before = home.picture()
    data = home.data("install", "codex", "--mcp")
    assert (data["file"], data["files"]) == (str(path), [str(path)])
    text = path.read_bytes().decode()
    assert text.startswith(TEXTS[what])
    said = tomllib.loads(text.removeprefix("\ufeff").replace("\r\n", "\n"))
    assert len(said["hooks"]["SessionStart"]) == 2
    (ours,) = said["hooks"]["UserPromptSubmit"][0]["hooks"]
    assert ours["command"].endswith(f"codex UserPromptSubmit --space {home.space} --as tex-agent")
    assert said["mcp_servers"]["orgpost"]["args"][0] == "mcp"
    assert not home.data("install", "codex", "--mcp")["changed"]
    home.data("uninstall", "codex")
    assert home.picture() == before


@pytest.mark.parametrize("text", ["", "model = 1\n", "model = 1", "\n"])
def test_a_config_without_hooks_gets_only_the_server(text: str, home: Home) -> None:
    """And the hooks a file of their own."""
    config(home, text)
    before = home.picture()
    assert home.data("install", "codex", "--mcp")["file"].endswith("hooks.json")
    home.data("uninstall", "codex")
    assert home.picture() == before


def test_what_codex_notes_of_hooks_is_no_registration(home: Home) -> None:
    """Trusting a hook writes a table below `hooks`; the hooks stay where they are."""
    home.data("install", "codex")
    config(home, '[hooks.state."a"]\ntrusted_hash = "sha256:0"\n')
    again = home.data("install", "codex")
    assert (again["changed"], again["file"]) == (False, str(home.file("codex")))
    assert not has_hooks('[hooks.state."a"]\nx = 1')


def test_an_edit_of_the_config_stays(home: Home) -> None:
    """Before ours, between, and behind."""
    path = config(home, THEIRS)
    home.data("install", "codex", "--mcp")
    text = path.read_text().replace("n = 1_000", "n = 2_000") + '\n[tui]\nx = "y"\n'
    path.write_text(text)
    home.data("uninstall", "codex")
    assert path.read_text() == THEIRS.replace("n = 1_000", "n = 2_000") + '\n[tui]\nx = "y"\n'


def test_another_gate_is_exchanged_in_its_line(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also after an edit; one handler for each event (scenario 33)."""
    path = config(home, THEIRS)
    home.data("install", "codex", "--mcp")
    path.write_text(path.read_text() + "# mine\n")
    before = path.read_text()
    new = home.root / "new/orgpost-hook"
    new.parent.mkdir()
    new.write_text("")
    assert not home.data("install", "codex", "--mcp")["changed"]
    gate = find_gate()
    monkeypatch.setattr("orgpost.hooks_install.plan.find_gate", lambda: new)
    assert home.data("install", "codex", "--mcp")["changed"]
    assert path.read_text() == before.replace(str(gate), str(new))


def test_our_own_lines_edited_are_left_to_a_person(home: Home) -> None:
    """What is not ours any more is not guessed at; exit 65, unchanged."""
    path = config(home, THEIRS)
    home.data("install", "codex")
    path.write_text(path.read_text().replace("timeout = 3", "timeout = 3 # short"))
    before = home.picture()
    answer = home.run("uninstall", "codex")
    assert (answer.status, home.picture()) == (65, before)


def test_a_form_that_cannot_grow_is_left_alone(home: Home) -> None:
    """An inline list of hooks has no lines to put ours beside."""
    path = config(home, 'hooks.SessionStart = [{hooks = [{type = "command", command = "x"}]}]\n')
    before = home.picture()
    answer = home.run("install", "codex")
    assert (answer.status, home.picture()) == (65, before)
    assert str(path) in answer.document["error"]["message"]


def test_a_server_that_a_person_wrote_stays_where_only_hooks_are_asked_for(home: Home) -> None:
    """Nobody asked for it to go."""
    server = '\n[mcp_servers.orgpost]\ncommand = "orgpost"\nargs = ["mcp"]\n'
    path = config(home, THEIRS + server)
    home.data("install", "codex")
    assert server in path.read_text()
    home.data("install", "codex", "--mid-turn")
    assert server in path.read_text()
