"""A home, a project and a space, and short words for what tests do with them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from orgpost.hooks_install import CLIENTS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.door import Answer, Cli

CONTACTS: Final = """\
actors:
  - {id: tex, kind: person, trust_tier: owner}
  - {id: tex-agent, kind: agent, owner: tex, trust_tier: team, handles: ["@ta"]}
"""
# Where each client keeps its hooks, below the home; Kiro below the project.
FILES: Final = {
    "claude": ".claude/settings.json",
    "codex": ".codex/hooks.json",
    "gemini": ".gemini/settings.json",
    "cursor": ".cursor/hooks.json",
    "copilot": ".copilot/hooks/orgpost.json",
    "vscode": ".copilot/hooks/orgpost.json",
    "opencode": ".config/opencode/plugins/orgpost.js",
    "kiro": ".kiro/hooks/orgpost.json",
}
JSON_CLIENTS: Final = [name for name in CLIENTS if name != "opencode"]


@dataclass
class Home:
    """One person's files, as the installer meets them."""

    root: Path
    cli: Cli = None  # type: ignore[assignment]  # the fixture puts it in

    def __post_init__(self) -> None:
        self.home, self.project = self.root / "home", self.root / "project"
        self.state, self.space = self.root / "state", self.root / "space"
        for folder in (self.home, self.project, self.space / "org/messaging"):
            folder.mkdir(parents=True)
        (self.space / "org/messaging/contacts.yaml").write_text(CONTACTS)
        settings = self.space / "settings.local.yaml"
        settings.write_text("identity: {name: tex}\nstore: {sync: off}\n")
        settings.chmod(0o600)

    def file(self, client: str) -> Path:
        """The file of a client's hooks."""
        return (self.project if client == "kiro" else self.home) / FILES[client]

    def write(self, client: str, data: bytes) -> Path:
        """Let a client's file hold this."""
        path = self.file(client)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def run(self, verb: str, client: str, *words: str) -> Answer:
        """Install, uninstall or test, with JSON; an install names space and actor."""
        named = ["--space", str(self.space), "--as", "tex-agent"] if verb == "install" else []
        if "--space" in words:
            named = []
        return self.cli("--json", "hooks", verb, "--client", client, *named, *words)

    def data(self, verb: str, client: str, *words: str) -> Any:
        """The same, which must work; its data."""
        answer = self.run(verb, client, *words)
        assert answer.status == 0, answer
        return answer.data

    def listed(self) -> Any:
        """What `hooks list` says."""
        return self.cli.data("hooks", "list")

    def picture(self) -> dict[str, tuple[int, bytes]]:
        """Every name below home and project, with its mode and what it holds or leads to."""
        found = {}
        for top in (self.home, self.project):
            for path in sorted(top.rglob("*")):
                held = (
                    os.readlink(path).encode()
                    if path.is_symlink()
                    else path.read_bytes()
                    if path.is_file()
                    else b"/"
                )
                found[str(path.relative_to(self.root))] = (path.lstat().st_mode, held)
        return found
