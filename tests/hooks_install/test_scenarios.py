"""Installing and uninstalling: the picture of home and project, before and after."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from orgpost.hooks_install import CLIENTS, find_gate
from tests.hooks_install.home import JSON_CLIENTS

if TYPE_CHECKING:
    from tests.hooks_install.home import Home

pytestmark = pytest.mark.slow

MARK: Final = pytest.mark.slow
OTHERS: Final = """\
{
  "model": "opus",
  "hooks": {
    "PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "lint.sh"}]}],
    "SessionStart": [
      {
        "hooks": [
          {"type": "command", "command": "echo hi", "timeout": 5}
        ]
      }
    ]
  },
  "permissions": {"allow": ["Bash(ls:*)"]}
}
"""
ODD: Final[dict[str, bytes | None]] = {
    "no file": None,
    "empty": b"",
    "blank": b" \n",
    "braces": b"{}",
    "braces and a line": b"{}\n",
    "braces apart": b"{\n\n}\n",
    "others": OTHERS.encode(),
    "tabs": OTHERS.replace("  ", "\t").encode(),
    "four spaces": OTHERS.replace("  ", "    ").encode(),
    "crlf": OTHERS.replace("\n", "\r\n").encode(),
    "no last line end": OTHERS.rstrip("\n").encode(),
    "bom": b"\xef\xbb\xbf" + OTHERS.encode(),
    "one line": b'{"a": [1, 2], "b": {"c": null}}',
    "tight": b'{"a":[1,2],"b":{"c":null}}\n',
    "odd numbers": b'{\n  "n": [1.0, 1e5, 1E+05, -0, 12345678901234567890, 0.10]\n}\n',
    "twice": b'{"hooks": {}, "a": 1, "hooks": {"X": []}, "a": 2}\n',
    "braces in strings": rb'{"a": "}{][", "b": "\"}", "c\u0064": "\\"}',
    "escapes": '{"\\u0061": "\\/é\\ud83d\\ude00 ü"}\n'.encode(),
    "empty hooks": b'{"hooks": {\n\n}}\n',
    "empty event": b'{\n "hooks": {"SessionStart": [ ], "sessionStart": []}\n}\n',
    "comments": b'// mine\n{\n  /* all of it */\n  "a": 1 // one\n  // the end\n}\n',
}


# Each client with a usual file, and each odd file with one client, are looked at all the time.
PAIRS: Final = [
    pytest.param(client, odd, marks=[] if client == "claude" or odd == "others" else MARK)
    for client in CLIENTS
    for odd in ODD
]


@pytest.mark.parametrize(("client", "odd"), PAIRS)
def test_after_uninstalling_everything_is_as_it_was(client: str, odd: str, home: Home) -> None:
    """Names, bytes, modes; whatever the file was like (scenario 28)."""
    data = ODD[odd]
    if data is not None and (client in JSON_CLIENTS or not data.strip()):
        home.write(client, data).chmod(0o640)
    if client == "kiro" and b'"hooks":' in (data or b""):  # a list, to this client
        home.write(client, (data or b"").replace(b'"hooks":', b'"others":')).chmod(0o640)
    before = home.picture()
    installed = home.data("install", client, "--mcp")
    assert installed["changed"]
    assert installed["file"] == str(home.file(client))
    assert home.data("uninstall", client)["changed"]
    assert home.picture() == before
    assert not home.state.exists()


@pytest.mark.parametrize("odd", [name for name in ODD if ODD[name]])
def test_everything_that_was_there_is_still_there(odd: str, home: Home) -> None:
    """In its order, byte for byte; and the client gets what is registered (scenario 29)."""
    data = ODD[odd] or b""
    path = home.write("claude", data)
    home.data("install", "claude")
    now = path.read_bytes()
    rest = iter(now)
    assert all(byte in rest for byte in data)
    if odd != "comments":
        said = json.loads(now.decode("utf-8-sig"))
        ours = said["hooks"]["UserPromptSubmit"][-1]["hooks"][0]
        words = ["claude", "UserPromptSubmit", "--space", str(home.space), "--as", "tex-agent"]
        gate = str(find_gate())
        assert ours == {"type": "command", "command": gate, "args": words, "timeout": 10}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_dry_run_changes_nothing_and_shows_all(client: str, home: Home) -> None:
    """Not even a note (scenario 29)."""
    home.write("claude", OTHERS.encode())
    before = home.picture()
    data = home.data("install", client, "--mcp", "--dry-run")
    assert data["changed"]
    assert f"+++ {home.file(client)}\n" in data["diff"]
    assert str(find_gate()) in data["diff"]
    assert (home.picture(), home.state.exists()) == (before, False)
    home.data("install", client)
    before = home.picture()
    assert home.data("uninstall", client, "--dry-run")["changed"]
    assert home.picture() == before


@pytest.mark.parametrize("client", CLIENTS)
def test_installing_again_changes_not_one_byte(client: str, home: Home) -> None:
    """`changed` is false (scenario 29)."""
    home.data("install", client, "--mcp")
    before = home.picture()
    again = home.data("install", client, "--mcp")
    assert (again["changed"], again["diff"], again["next"]) == (False, "", [])
    assert home.picture() == before


def test_what_is_not_installed_is_not_uninstalled(home: Home) -> None:
    """Exit 0, nothing changes."""
    home.write("claude", OTHERS.encode())
    before = home.picture()
    assert not home.data("uninstall", "claude")["changed"]
    assert home.picture() == before


EDITS: Final = [
    ('"model": "opus"', '"model": "sonnet",\n  "mine": [1.0]'),
    ("lint.sh", "lint.sh --fix"),
    ('"timeout": 5}', '"timeout": 5},\n          {"type": "command", "command": "more"}'),
]


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_after_installing_stays(edit: tuple[str, str], home: Home) -> None:
    """Exactly ours goes (scenario 30)."""
    path = home.write("claude", OTHERS.encode())
    home.data("install", "claude")
    path.write_text(path.read_text().replace(*edit))
    home.data("uninstall", "claude")
    assert path.read_text() == OTHERS.replace(*edit)
    assert not home.state.exists()


def test_what_somebody_put_behind_ours_stays(home: Home) -> None:
    """In a file that we made, too; what only held us goes."""
    home.data("install", "cursor")
    path = home.file("cursor")
    said = json.loads(path.read_text())
    said["hooks"]["sessionStart"].append({"command": "mine"})
    path.write_text(json.dumps(said, indent=4))
    home.data("uninstall", "cursor")
    assert json.loads(path.read_text()) == {
        "version": 1,
        "hooks": {"sessionStart": [{"command": "mine"}]},
    }


def test_a_file_that_we_made_and_somebody_only_laid_out_anew_goes(home: Home) -> None:
    """Nothing in it is anybody else's."""
    home.data("install", "cursor")
    path = home.file("cursor")
    path.write_text(json.dumps(json.loads(path.read_text())))
    home.data("uninstall", "cursor")
    assert not path.parent.exists()


@pytest.mark.parametrize("client", CLIENTS)
def test_an_upgrade_exchanges_our_handlers_in_place(
    client: str, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One for each event, at the old one's place; others are not touched (scenario 33)."""
    if client in JSON_CLIENTS and client != "kiro":
        home.write(client, OTHERS.encode())
    old = _gate_at(home.root / "old", monkeypatch)
    home.data("install", client)
    path = home.file(client)
    if client in JSON_CLIENTS:
        path.write_text(path.read_text().replace('"opus"', '"sonnet"'))
    before = path.read_text()
    new = _gate_at(home.root / "new", monkeypatch)
    assert home.data("install", client)["changed"]
    assert path.read_text() == before.replace(str(old), str(new))
    assert not home.data("install", client)["changed"]
    home.data("uninstall", client)
    assert str(new) not in (path.read_text() if path.exists() else "")
    assert not any(home.root.glob("state/orgpost/installs/*"))


def _gate_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the package lie elsewhere, as after an upgrade."""
    gate = folder / "orgpost-hook"
    folder.mkdir()
    shutil.copy(Path(__file__).parents[2] / "hooks/orgpost-hook", gate)
    for module in ("plan", "listing"):
        monkeypatch.setattr(f"orgpost.hooks_install.{module}.find_gate", lambda: gate)
    return gate


def test_of_two_scopes_one_leaves_and_the_other_works(home: Home) -> None:
    """User and project (scenario 30)."""
    home.data("install", "claude")
    home.data("install", "claude", "--project")
    local = home.project / ".claude/settings.local.json"
    assert local.exists()
    home.data("uninstall", "claude")
    assert not home.file("claude").exists()
    scopes = {each["scope"] for each in _installed(home, "claude")}
    assert scopes == {"project"}
    home.data("uninstall", "claude", "--project")
    assert not local.parent.exists()


def _installed(home: Home, client: str) -> Any:
    return {row["client"]: row for row in home.listed()["clients"]}[client]["installed"]


def test_two_clients_of_one_file_do_not_take_it_from_each_other(home: Home) -> None:
    """Copilot CLI and VS Code read the same one."""
    home.data("install", "copilot")
    assert not home.data("install", "vscode")["changed"]
    assert not home.data("uninstall", "copilot")["changed"]
    assert home.file("vscode").exists()
    assert home.data("uninstall", "vscode")["changed"]
    assert not (home.home / ".copilot").exists()


def test_a_registration_is_what_was_last_asked_for(home: Home) -> None:
    """Other words, another server: what is not wished any more goes."""
    home.data("install", "gemini", "--mcp", "--mid-turn")
    said = json.loads(home.file("gemini").read_text())
    assert "AfterTool" in said["hooks"]
    assert said["mcpServers"]["orgpost"]["args"][-4:] == [
        *("--space", str(home.space), "--as", "tex-agent")
    ]
    home.data("install", "gemini", "--space", "auto")
    said = json.loads(home.file("gemini").read_text())
    assert "mcpServers" not in said
    assert "AfterTool" not in said["hooks"]
    assert said["hooks"]["BeforeAgent"][0]["hooks"][0]["command"].endswith("gemini BeforeAgent")
    home.data("install", "claude", "--mcp")
    home.data("install", "claude")
    assert not (home.home / ".claude.json").exists()


def test_what_was_empty_before_us_stays_when_a_wish_is_taken_back(home: Home) -> None:
    """Also while the rest of ours is still there."""
    path = home.write("gemini", b'{"mcpServers": {\n}, "hooks": {"AfterTool": []}}\n')
    home.data("install", "gemini")
    before = home.picture()
    home.data("install", "gemini", "--mcp", "--mid-turn")
    home.data("install", "gemini")
    assert home.picture() == before
    home.data("uninstall", "gemini")
    assert path.read_bytes() == b'{"mcpServers": {\n}, "hooks": {"AfterTool": []}}\n'


@pytest.mark.parametrize("client", JSON_CLIENTS)
def test_without_a_record_ours_is_known_by_the_name_of_the_gate(client: str, home: Home) -> None:
    """What a person wrote by hand, or after the notes were lost."""
    home.data("install", client, "--mcp")
    shutil.rmtree(home.state)
    before = home.picture()
    assert not home.data("install", client, "--mcp")["changed"]
    assert home.picture() == before
    shutil.rmtree(home.state)
    home.data("uninstall", client)
    rest = [held for _, held in home.picture().values() if b"orgpost" in held]
    assert rest == []


def test_an_old_registration_of_the_old_door_is_taken_over(home: Home) -> None:
    """`inbox-watcher.py` of this very package, run by whatever Python."""
    old = find_gate().parent / "inbox-watcher.py"
    hand = {"type": "command", "command": f"python3 {old}"}
    path = home.write(
        "claude", json.dumps({"hooks": {"SessionStart": [{"hooks": [hand]}]}}).encode()
    )
    home.data("install", "claude")
    starts = json.loads(path.read_text())["hooks"]["SessionStart"]
    assert [each["command"] for each in starts[0]["hooks"]] == [str(find_gate())]
    assert len(starts) == 1


def test_a_link_is_followed_and_stays_a_link(home: Home) -> None:
    """Settings often lie in a folder of dotfiles; the mode stays, too."""
    real = home.home / "dotfiles/claude.json"
    real.parent.mkdir()
    real.write_text(OTHERS)
    real.chmod(0o604)
    path = home.file("claude")
    path.parent.mkdir()
    path.symlink_to(os.path.relpath(real, path.parent))
    before = home.picture()
    home.data("install", "claude")
    assert path.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o604
    assert b"orgpost-hook" in real.read_bytes()
    home.data("uninstall", "claude")
    assert home.picture() == before


def test_the_original_is_kept_beside_our_own_notes(home: Home) -> None:
    """Not beside the user's file."""
    home.write("claude", OTHERS.encode())
    backup = home.data("install", "claude")["backup"]
    assert Path(backup).parent == home.state / "orgpost/installs"
    assert Path(backup).read_text() == OTHERS
    assert sorted(os.listdir(home.home / ".claude")) == ["settings.json"]


def test_a_variable_names_the_folder(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the client itself would find it."""
    for name, client in (
        ("CLAUDE_CONFIG_DIR", "claude"),
        ("CODEX_HOME", "codex"),
        ("COPILOT_HOME", "copilot"),
    ):
        monkeypatch.setenv(name, str(home.root / name))
        file = home.data("install", client)["file"]
        assert file.startswith(str(home.root / name))


def test_a_project_s_uninstalling_leaves_the_user_s_server(home: Home) -> None:
    """Claude Code keeps both in one file."""
    home.data("install", "claude", "--mcp")
    home.data("install", "claude", "--mcp", "--project")
    servers = home.home / ".claude.json"
    said = json.loads(servers.read_text())
    assert list(said["projects"]) == [str(home.project)]
    shutil.rmtree(home.state)
    home.data("uninstall", "claude", "--project")
    said = json.loads(servers.read_text())
    assert list(said) == ["mcpServers"]
    home.data("uninstall", "claude")
    assert not servers.exists()
