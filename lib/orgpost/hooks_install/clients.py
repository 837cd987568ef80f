"""The clients: where each keeps its hooks and its MCP servers, and what it is to be told.

One row for each client. A path here is relative to a home or to a project; what is absolute comes
from the environment. What each client does with it is in docs/clients.md.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orgpost.errors import Malformed
from orgpost.frozen import NamedTuple
from orgpost.hooks_install.entry import GATE, Entry, quoted, quoted_without_dollars
from orgpost.hooks_install.files import decode, read
from orgpost.hooks_install.json_form import JsonForm
from orgpost.hooks_install.json_text import Unfit
from orgpost.hooks_install.plugin_form import EVENT, PluginForm
from orgpost.hooks_install.toml_form import TomlForm, has_hooks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

STRICT: Final = JsonForm()
LOOSE: Final = JsonForm(trailing_commas=True)
TOML: Final = TomlForm()
USER, PROJECT = "user", "project"
WAIT: Final = "--wait"
_WAIT_SECONDS: Final = 3600


class Target(NamedTuple):
    """A file of a client, and how it is written."""

    path: Path
    form: JsonForm | TomlForm | PluginForm


class Place(NamedTuple):
    """Where somebody works: the user's home and environment, and the project."""

    home: Path
    project: Path
    environ: Mapping[str, str]

    def of(self, scope: str, variable: str, folder: str) -> Path:
        """A client's folder: of the project, or what a variable says, or below the home."""
        if scope == PROJECT:
            return self.project / folder
        named = Path(self.environ.get(variable, "") or ".")
        return named if named.is_absolute() else self.home / folder

    def config(self) -> Path:
        """Where programs keep their settings."""
        named = Path(self.environ.get("XDG_CONFIG_HOME", "") or ".")
        return named if named.is_absolute() else self.home / ".config"


class Client(NamedTuple):
    """A client: the events that it is registered for, with the seconds that each may take."""

    name: str
    title: str
    events: dict[str, int]
    mid_turn: str
    scopes: tuple[str, ...]
    hooks: Callable[[Place, str], Target]
    entry: Callable[[str, list[str], int], Entry]
    server: Callable[[Place, str], Target] | None = None
    servers: tuple[str, ...] = ("mcpServers",)
    server_scopes: tuple[str, ...] = (USER, PROJECT)
    server_facts: Callable[[str, list[str]], Any] = lambda c, a: {"command": c, "args": a}
    version: Any = None
    advice: tuple[str, ...] = ()
    waits_at: str = ""

    def words(self, gate: Path, event: str, more: list[str]) -> list[str]:
        """What is run at an event."""
        return [str(gate), self.name, event, *more]


# --- the files ------------------------------------------------------------------------------------


def _claude(place: Place, scope: str) -> Target:
    name = "settings.json" if scope == USER else "settings.local.json"
    return Target(place.of(scope, "CLAUDE_CONFIG_DIR", ".claude") / name, STRICT)


def _claude_servers(place: Place, _scope: str) -> Target:
    named = place.of(USER, "CLAUDE_CONFIG_DIR", "")
    return Target(named / ".claude.json", STRICT)


def _codex(place: Place, scope: str) -> Target:
    folder = place.of(scope, "CODEX_HOME", ".codex")
    config, hooks = folder / "config.toml", folder / "hooks.json"
    if GATE.encode() not in (read(hooks) or b"") and _holds_hooks(config):
        return Target(config, TOML)
    return Target(hooks, STRICT)


def _holds_hooks(config: Path) -> bool:
    data = read(config)
    try:
        return data is not None and has_hooks(decode(config, data).text)
    except Unfit as error:
        raise Malformed(config, str(error)) from None


def _gemini(place: Place, scope: str) -> Target:
    return Target(place.of(scope, "", ".gemini") / "settings.json", STRICT)


def _cursor(place: Place, scope: str) -> Target:
    return Target(place.of(scope, "", ".cursor") / "hooks.json", STRICT)


def _copilot(place: Place, scope: str) -> Target:
    folder = place.of(scope, "COPILOT_HOME", ".copilot" if scope == USER else ".github")
    return Target(folder / "hooks" / "orgpost.json", STRICT)


def _vscode_servers(place: Place, scope: str) -> Target:
    if scope == PROJECT:
        return Target(place.project / ".vscode" / "mcp.json", LOOSE)
    mac = place.home / "Library" / "Application Support"
    base = mac if sys.platform == "darwin" else place.config()
    return Target(base / "Code" / "User" / "mcp.json", LOOSE)


def _opencode(place: Place, scope: str) -> Target:
    folder = place.project / ".opencode" if scope == PROJECT else place.config() / "opencode"
    return Target(folder / "plugins" / "orgpost.js", PluginForm())


def _opencode_servers(place: Place, scope: str) -> Target:
    folder = place.project if scope == PROJECT else place.config() / "opencode"
    loose = folder / "opencode.jsonc"
    return Target(loose if loose.exists() else folder / "opencode.json", LOOSE)


# --- the handlers ---------------------------------------------------------------------------------


def _exec_group(event: str, words: list[str], seconds: int) -> Entry:
    handler = {"type": "command", "command": words[0], "args": words[1:], "timeout": seconds}
    return Entry(("hooks", event), {"hooks": [handler]}, event=event)


def waiting_group(event: str, words: list[str]) -> Entry:
    """What Claude Code runs beside an idle session, and is woken by where it ends with 2."""
    command = {"type": "command", "command": words[0], "args": [*words[1:], WAIT]}
    handler = {**command, "asyncRewake": True, "timeout": _WAIT_SECONDS}
    return Entry(("hooks", event), {"hooks": [handler]}, event=event)


def _shell_group(event: str, words: list[str], seconds: int) -> Entry:
    handler = {"type": "command", "command": quoted(words), "timeout": seconds}
    return Entry(("hooks", event), {"hooks": [handler]}, event=event)


def _gemini_group(event: str, words: list[str], seconds: int) -> Entry:
    line = quoted_without_dollars(words)
    handler = {"name": "orgpost", "type": "command", "command": line, "timeout": seconds * 1000}
    return Entry(("hooks", event), {"hooks": [handler]}, event=event)


def _cursor_item(event: str, words: list[str], seconds: int) -> Entry:
    return Entry(("hooks", event), {"command": quoted(words), "timeout": seconds}, event=event)


def _copilot_item(event: str, words: list[str], seconds: int) -> Entry:
    words = [words[0], "copilot", *words[2:]]  # VS Code reads the same file
    handler = {"type": "command", "bash": quoted(words), "timeoutSec": seconds}
    return Entry(("hooks", event), handler, event=event)


def _kiro_item(event: str, words: list[str], seconds: int) -> Entry:
    names = {"SessionStart": "orgpost start", "UserPromptSubmit": "orgpost prompt"}
    spoken = {"UserPromptSubmit": "userPromptSubmit"}.get(event, event)
    line = quoted([*words[:2], spoken, *words[3:]])
    action = {"type": "command", "command": line}
    facts = {"name": names[event], "trigger": event, "action": action}
    return Entry(("hooks",), {**facts, "timeout": seconds, "enabled": True}, event=event)


def _plugin(_event: str, words: list[str], _seconds: int) -> Entry:
    named = dict(zip(words[3::2], words[4::2], strict=False))
    values = {"COMMAND": words, "SPACE": named.get("--space", ""), "ACTOR": named.get("--as", "")}
    return Entry((), values, event=EVENT)


# --- the rows -------------------------------------------------------------------------------------

_SHARED: Final = "the project's file now holds absolute paths: keep it out of git"
_COPILOT_EVENTS: Final = {
    "sessionStart": 10,
    "postToolUse": 10,
    "preCompact": 10,
    "agentStop": 10,
    "sessionEnd": 10,
}

CLIENTS: Final[Mapping[str, Client]] = {
    client.name: client
    for client in (
        Client(
            "claude",
            "Claude Code",
            {
                "SessionStart": 10,
                "UserPromptSubmit": 10,
                "PreCompact": 10,
                "Stop": 10,
                "SessionEnd": 2,
            },
            "PostToolUse",
            (USER, PROJECT),
            _claude,
            _exec_group,
            _claude_servers,
            server_facts=lambda c, a: {"type": "stdio", "command": c, "args": a},
            waits_at="Stop",
            advice=("sessions of Claude Code that are open see it from their next start on",),
        ),
        Client(
            "codex",
            "Codex CLI",
            {"SessionStart": 10, "UserPromptSubmit": 10, "Stop": 10, "SessionEnd": 3},
            "PostToolUse",
            (USER, PROJECT),
            _codex,
            _shell_group,
            lambda p, s: Target(p.of(s, "CODEX_HOME", ".codex") / "config.toml", TOML),
            ("mcp_servers",),
            advice=("open /hooks in Codex once and trust the handlers: it runs no other",),
        ),
        Client(
            "gemini",
            "Gemini CLI",
            {
                "SessionStart": 10,
                "BeforeAgent": 10,
                "AfterAgent": 10,
                "PreCompress": 10,
                "SessionEnd": 10,
            },
            "AfterTool",
            (USER, PROJECT),
            _gemini,
            _gemini_group,
            _gemini,
            advice=("start Gemini CLI anew",),
        ),
        Client(
            "cursor",
            "Cursor",
            {"sessionStart": 10, "postToolUse": 10, "preCompact": 10, "sessionEnd": 10},
            "postToolUse",
            (USER, PROJECT),
            _cursor,
            _cursor_item,
            lambda p, s: Target(p.of(s, "", ".cursor") / "mcp.json", STRICT),
            version=1,
        ),
        Client(
            "copilot",
            "Copilot CLI",
            _COPILOT_EVENTS,
            "postToolUse",
            (USER, PROJECT),
            _copilot,
            _copilot_item,
            lambda p, s: Target(p.of(s, "COPILOT_HOME", ".copilot") / "mcp-config.json", STRICT),
            server_scopes=(USER,),
            server_facts=lambda c, a: {"type": "local", "command": c, "args": a, "tools": ["*"]},
            version=1,
            advice=("VS Code reads the same file",),
        ),
        Client(
            "vscode",
            "VS Code",
            _COPILOT_EVENTS,
            "postToolUse",
            (USER, PROJECT),
            _copilot,
            _copilot_item,
            _vscode_servers,
            ("servers",),
            server_facts=lambda c, a: {"type": "stdio", "command": c, "args": a},
            version=1,
            advice=("Copilot CLI reads the same file",),
        ),
        Client(
            "opencode",
            "opencode",
            {EVENT: 1},
            "",
            (USER, PROJECT),
            _opencode,
            _plugin,
            _opencode_servers,
            ("mcp",),
            server_facts=lambda c, a: {"type": "local", "command": [c, *a], "enabled": True},
            advice=("start opencode anew",),
        ),
        Client(
            "kiro",
            "Kiro",
            {"SessionStart": 10, "UserPromptSubmit": 10},
            "",
            (PROJECT,),
            lambda p, _: Target(p.project / ".kiro" / "hooks" / "orgpost.json", STRICT),
            _kiro_item,
            lambda p, s: Target(p.of(s, "", ".kiro") / "settings" / "mcp.json", STRICT),
            version="v1",
        ),
    )
}
