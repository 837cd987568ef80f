"""Running what is registered as the client would, with that client's own samples.

The space is the real one; `ORGPOST_HOOK_TRIAL` keeps notes and claims out of it, so whoever tries
it may do so at any time. What breaks a hook's promise is named.
"""

from __future__ import annotations

import json
import os
import subprocess
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from orgpost.clock import Clock
from orgpost.frozen import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orgpost.hooks_install.clients import Place
    from orgpost.hooks_install.listing import Handler

TRIAL: Final = "ORGPOST_HOOK_TRIAL"
LIMIT_SECONDS: Final = 2.0
_GIVE_UP_SECONDS: Final = 10.0
_SAMPLE_FOLDER: Final = "/home/u/proj"
_TEXT_KEYS: Final = ("additionalContext", "additional_context", "reason")
_SHELLS: Final = {"gemini": "bash"}
_PLAIN: Final = frozenset({"kiro", "opencode"})
# Where a file that two clients read has the other one's names for events.
_TRUE_NAMES: Final = {
    ("kiro", "SessionStart"): "agentSpawn",
    ("kiro", "UserPromptSubmit"): "userPromptSubmit",
    ("vscode", "sessionStart"): "SessionStart",
    ("vscode", "postToolUse"): "PostToolUse",
    ("vscode", "preCompact"): "PreCompact",
    ("vscode", "agentStop"): "Stop",
}


class Run(NamedTuple):
    """What one handler did."""

    handler: Handler
    exit: int | None
    ms: int
    stdout: bytes
    text: str
    problems: list[str]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        facts = self.handler.to_dict()
        kept = {key: facts[key] for key in ("event", "scope", "file", "command")}
        said = {"exit": self.exit, "ms": self.ms, "bytes": len(self.stdout), "text": self.text}
        return {**kept, **said, "problems": self.problems}


def sample(client: str, event: str, place: Place) -> bytes:
    """What the client sends at an event, as if it worked where we do; empty without a sample."""
    name = f"{client}.{_TRUE_NAMES.get((client, event), event)}.stdin.json"
    path = resources.files("orgpost.hooks_install") / "samples" / name
    if not path.is_file():
        return b"{}"
    here = json.dumps(str(place.project))[1:-1]
    return path.read_bytes().replace(_SAMPLE_FOLDER.encode(), here.encode())


def run(client: str, handler: Handler, place: Place) -> Run:
    """Run one handler as the client would."""
    shell = _SHELLS.get(client, "sh")
    command = [shell, "-c", handler.line] if handler.line else handler.words
    stdin = sample(client, handler.event, place)
    started = Clock().monotonic()
    try:
        done = subprocess.run(  # noqa: S603  what stands in the client's file is what it would run
            command,
            input=stdin,
            capture_output=True,
            check=False,
            env=_environment(place.environ),
            cwd=place.project,
            timeout=_GIVE_UP_SECONDS,
        )
    except OSError as error:
        return Run(
            handler, None, 0, b"", "", [f"it cannot be run: {os.strerror(error.errno or 0)}"]
        )
    except subprocess.TimeoutExpired:
        return Run(handler, None, 0, b"", "", ["it did not end"])
    ms = round((Clock().monotonic() - started) * 1000)
    text, problems = _read(client, done.stdout)
    if done.returncode:
        problems.append(f"it ended with {done.returncode}, not with 0")
    if done.stderr:
        problems.append(f"its stderr is not empty: {done.stderr.decode('utf-8', 'replace')[:200]}")
    if ms > LIMIT_SECONDS * 1000:
        problems.append(f"it took {ms} ms")
    return Run(handler, done.returncode, ms, done.stdout, text, problems)


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    mine = ("CLAUDE_ENV_FILE", "CLAUDE_CODE_SESSION_ID", "GEMINI_SESSION_ID", "CURSOR_VERSION")
    return {**{key: value for key, value in environ.items() if key not in mine}, TRIAL: "1"}


def _read(client: str, stdout: bytes) -> tuple[str, list[str]]:
    """What a model would see, and what is wrong with the way it is said."""
    if not stdout:
        return "", []
    if client in _PLAIN:
        return stdout.decode("utf-8", "replace").rstrip("\n"), []
    try:
        said = json.loads(stdout)
    except ValueError:
        return "", ["its stdout is no JSON document"]
    if not isinstance(said, dict):
        return "", ["its stdout is no JSON object"]
    inner = said.get("hookSpecificOutput", said)
    texts = [inner[key] for key in _TEXT_KEYS if isinstance(inner, dict) and key in inner]
    return (str(texts[0]), []) if texts else ("", ["its document holds no text"])
