"""What is refused, and that nothing changes then."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Final

import pytest

from tests.hooks_install.home import CONTACTS, JSON_CLIENTS, Home

if TYPE_CHECKING:
    from pathlib import Path

BROKEN: Final = {
    "cut": b'{"hooks": {',
    "comma": b'{"a": 1,}',
    "words": b"no json at all",
    "list": b"[]",
    "number": b"1",
    "two": b"{} {}",
    "not utf-8": b'{"a": "\xff"}',
    "utf-16": '{"a": 1}'.encode("utf-16"),
    "nul": b'{"a": 1}\0',
    "deep": b'{"a":' + b"[" * 100_000,
    "hooks of another type": b'{"hooks": "x"}',
    "hooks null": b'{"hooks": null}',
}


@pytest.mark.parametrize("client", JSON_CLIENTS)
@pytest.mark.parametrize("what", BROKEN)
def test_what_cannot_be_read_is_refused_by_name(client: str, what: str, home: Home) -> None:
    """Exit 65, unchanged (scenario 31)."""
    path = home.write(client, BROKEN[what])
    before = home.picture()
    answer = home.run("install", client)
    assert (answer.status, answer.code) == (65, "malformed")
    assert str(path) in answer.document["error"]["message"]
    assert (home.picture(), home.state.exists()) == (before, False)


@pytest.mark.parametrize(
    ("client", "data"),
    [
        ("claude", b'{"hooks": {"SessionStart": {}}}'),
        ("cursor", b'{"version": 1, "hooks": {"sessionStart": "x"}}'),
        ("gemini", b'{"hooks": {"BeforeAgent": null}}'),
        ("kiro", b'{"version": "v1", "hooks": {}}'),
    ],
)
def test_an_event_of_another_type_is_refused(client: str, data: bytes, home: Home) -> None:
    """Exit 65, and it is named (scenario 31)."""
    path = home.write(client, data)
    answer = home.run("install", client)
    assert (answer.status, path.read_bytes()) == (65, data)
    assert "hooks" in answer.document["error"]["message"]


@pytest.mark.parametrize("data", [b"[hooks", b"a = 1\na = 2\n", b"x = \xff", b"hooks = 1\n[hooks]"])
def test_a_broken_config_of_codex_is_refused(data: bytes, home: Home) -> None:
    """Exit 65, with its name."""
    path = home.home / ".codex/config.toml"
    path.parent.mkdir()
    path.write_bytes(data)
    before = home.picture()
    answer = home.run("install", "codex", "--mcp")
    assert (answer.status, home.picture()) == (65, before)
    assert str(path) in answer.document["error"]["message"]


def test_a_server_of_somebody_else_under_our_name_is_refused(home: Home) -> None:
    """It is not ours to exchange."""
    path = home.home / ".cursor/mcp.json"
    path.parent.mkdir()
    path.write_text('{"mcpServers": {"orgpost": {"command": "other"}}}')
    before = home.picture()
    answer = home.run("install", "cursor", "--mcp")
    assert (answer.status, home.picture()) == (65, before)
    assert home.data("install", "cursor")["changed"]
    home.data("uninstall", "cursor")
    assert home.picture() == before


def test_a_plugin_of_somebody_else_is_refused_and_an_edited_one_stays(home: Home) -> None:
    """A file of code is ours as a whole or not at all."""
    path = home.write("opencode", b"export const Mine = 1\n")
    assert home.run("install", "opencode").status == 65
    path.unlink()
    home.data("install", "opencode")
    path.write_text(path.read_text() + "// mine\n")
    before = home.picture()
    assert home.run("uninstall", "opencode").status == 65
    assert home.picture() == before


@pytest.mark.parametrize(
    ("client", "words", "status"),
    [
        ("nobody", [], 2),
        ("kiro", ["--user"], 2),
        ("kiro", ["--mid-turn"], 2),
        ("opencode", ["--mid-turn"], 2),
        ("copilot", ["--project", "--mcp"], 2),
        ("claude", ["--user", "--project"], 2),
        ("codex", ["--wake"], 2),
        ("kiro", ["--wake"], 2),
        ("claude", ["--space", "nowhere"], 3),
        ("claude", ["--as", "nobody"], 3),
        ("claude", ["--space", "auto", "--as", "No Name"], 2),
    ],
)
def test_what_makes_no_sense_is_refused(
    client: str, words: list[str], status: int, home: Home
) -> None:
    """With the usual status, and nothing is written."""
    before = home.picture()
    answer = home.run("install", client, *words)
    assert (answer.status, home.picture()) == (status, before)


def test_without_a_space_there_is_nothing_to_register(home: Home) -> None:
    """Exit 3; with `auto` each call looks for it."""
    assert home.cli("--json", "hooks", "install", "--client", "claude").status == 3
    assert (
        home.cli("--json", "hooks", "install", "--client", "claude", "--space", "auto").status == 0
    )
    assert "--space" not in home.file("claude").read_text()


@pytest.mark.parametrize("client", ["antigravity", "cline", "windsurf"])
def test_a_client_that_is_documented_only_gets_its_snippet(client: str, home: Home) -> None:
    """Exit 2, and what a person may put there by hand."""
    before = home.picture()
    answer = home.run("install", client)
    assert (answer.status, answer.code, home.picture()) == (2, "usage", before)
    assert f"orgpost-hook {client} " in answer.document["error"]["details"]["snippet"]
    words = ["hooks", "install", "--client", client, "--space", str(home.space)]
    assert f"orgpost-hook {client} " in home.cli(*words).err


def test_a_file_that_nobody_may_write_is_left_alone(home: Home) -> None:
    """Who took the permission away meant it; exit 6."""
    home.write("claude", b"{}").chmod(0o444)
    before = home.picture()
    answer = home.run("install", "claude")
    assert (answer.status, home.picture()) == (6, before)
    assert (home.state / "orgpost").exists() is False


@pytest.mark.parametrize("kind", ["folder", "pipe", "loop"])
def test_what_is_no_file_is_refused(kind: str, home: Home) -> None:
    """Nothing hangs, nothing is replaced."""
    path = home.file("claude")
    path.parent.mkdir()
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        subprocess.run(["mkfifo", str(path)], check=True)
    else:
        path.symlink_to(path.name)
    assert home.run("install", "claude").status == 6


HOSTILE: Final = [
    "a b",
    "it's",
    'say "hi"',
    "$HOME",
    "${HOME}",
    "`id`",
    "a;touch pwned",
    "back\\slash",
    "ünï",
    "-rf",
    "{a,b}*?",
    "$'x'",
]


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("client", [c for c in JSON_CLIENTS if c != "vscode"])
def test_a_path_is_data_for_every_shell(client: str, name: str, home: Home) -> None:
    """The line, read by a shell, is the words that were meant, whatever the space is called."""
    space = home.root / name
    (space / "org/messaging").mkdir(parents=True)
    (space / "org/messaging/contacts.yaml").write_text(CONTACTS)
    home.data("install", client, "--space", str(space), "--as", "tex-agent")
    rows = {row["client"]: row for row in home.listed()["clients"]}[client]["installed"]
    assert len(rows) >= 2
    for line in _lines(client, home.file(client)):
        assert _said(client, line)[-4:] == ["--space", str(space), "--as", "tex-agent"]
    assert not (home.project / "pwned").exists()
    assert not home.data("install", client, "--space", str(space), "--as", "tex-agent")["changed"]
    home.data("uninstall", client)
    assert not home.file(client).exists()


def _lines(client: str, path: Path) -> list[str | list[str]]:
    """What stands in the file to be run."""
    hooks = json.loads(path.read_text())["hooks"]
    if client == "kiro":
        return [each["action"]["command"] for each in hooks]
    items = [item for items in hooks.values() for item in items]
    handlers = [handler for item in items for handler in item.get("hooks", [item])]
    if client == "claude":
        return [handler["args"] for handler in handlers]
    return [handler["bash" if client == "copilot" else "command"] for handler in handlers]


def _said(client: str, line: str | list[str]) -> list[str]:
    """The words that come of it when the client and its shell have read it."""
    if isinstance(line, list):
        return line
    if client == "gemini":
        line = line.replace("$HOME", "expanded").replace("${HOME}", "expanded")
    program = f"printf '%s\\0' {line}"
    shell = "bash" if client == "gemini" else "sh"
    said = subprocess.run([shell, "-c", program], capture_output=True, check=True)
    return said.stdout.decode().split("\0")[:-1]


def test_a_path_that_no_file_can_hold_is_refused(home: Home) -> None:
    """A line end, or a byte that is no UTF-8."""
    for name in ("a\nb", "a\udcffb"):
        space = home.root / name
        (space / "org/messaging").mkdir(parents=True)
        answer = home.run("install", "claude", "--space", str(space))
        assert (answer.status, answer.code) == (2, "invalid_field")
