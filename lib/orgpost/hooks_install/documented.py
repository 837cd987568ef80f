"""Clients whose dialect is spoken, though nobody has run orgpost with the real one.

They are not installed to; what a person may put into their files is told.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from orgpost.errors import Usage
from orgpost.hooks_install.entry import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

EVENTS: Final[Mapping[str, str]] = {
    "antigravity": "PreInvocation",
    "cline": "UserPromptSubmit",
    "windsurf": "pre_user_prompt",
}


class DocumentedOnly(Usage, exit_code=2):
    """A client that we do not write files of; `snippet` is for a person to put there."""

    code = "usage"
    sentence = "{what}: put this there by hand"
    snippet: str

    def lines(self) -> list[str]:
        """Give the sentence, then the snippet as it is to be written."""
        return [str(self), *self.snippet.split("\n")]


def is_documented(name: str) -> bool:
    """Say whether a client is one of these."""
    return name in EVENTS


def refuse(name: str, gate: Path, more: list[str]) -> DocumentedOnly:
    """Say what is to be put where, by hand."""
    line = quoted([str(gate), name, EVENTS[name], *more])
    if name == "cline":
        what = "cline is documented only; an executable .clinerules/hooks/UserPromptSubmit"
        return DocumentedOnly(what, f"#!/bin/sh\nexec {line}", hint="docs/clients.md")
    group: dict[str, object] = {"command": line}
    what = "windsurf is documented only, and shows a model nothing; .windsurf/hooks.json"
    if name == "antigravity":
        group = {"hooks": [{"type": "command", "command": line, "timeout": 10}]}
        what = "antigravity is documented only; .agents/hooks.json"
    snippet = json.dumps({"hooks": {EVENTS[name]: [group]}}, indent=2, ensure_ascii=False)
    return DocumentedOnly(what, snippet, hint="docs/clients.md")
