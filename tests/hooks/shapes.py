"""What each client takes from a hook's stdout, read as strictly as the strictest of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.hooks.world import Answer

# The key of stdin by which a client says which session it is; none where it does not.
SESSION_KEYS = {
    "claude": "session_id",
    "codex": "session_id",
    "gemini": "session_id",
    "cursor": "conversation_id",
    "copilot": "sessionId",
    "vscode": "sessionId",
    "opencode": "sessionID",
    "antigravity": "conversationId",
    "cline": "taskId",
}
# Where each client is told what is new, first of all.
NEWS = {
    "claude": "UserPromptSubmit",
    "codex": "UserPromptSubmit",
    "gemini": "BeforeAgent",
    "cursor": "postToolUse",
    "copilot": "postToolUse",
    "vscode": "PostToolUse",
    "kiro": "userPromptSubmit",
    "antigravity": "PreInvocation",
    "cline": "UserPromptSubmit",
}
PLAIN = frozenset({"opencode", "kiro"})
NOTHING = {"antigravity": b"{}\n"}


def is_quiet(answer: Answer, client: str) -> bool:
    """Whether the client hears that there is nothing to hear, and nothing went wrong."""
    return answer == replace(answer, stdout=NOTHING.get(client, b""), stderr=b"", status=0)


def text_in(stdout: bytes) -> str:
    """The text that a model would see; empty where the hook had nothing to say."""
    if stdout in {b"", b"{}\n"}:
        return ""
    assert stdout.endswith(b"\n")
    assert not stdout.endswith(b"\n\n")
    if not stdout.startswith(b"{"):
        return stdout.decode()[:-1]
    assert stdout.count(b"\n") == 1
    return _text_of(json.loads(stdout.decode("ascii"), object_pairs_hook=list))


def _text_of(pairs: list[tuple[str, Any]]) -> str:
    """The text of a document; each has exactly these keys, in this order."""
    match pairs:
        case [("hookSpecificOutput", [("hookEventName", str()), ("additionalContext", str(text))])]:
            return text
        case [("additional_context" | "additionalContext", str(text))]:
            return text
        case [("injectSteps", [[("ephemeralMessage", str(text))]])]:
            return text
        case [("cancel", False), ("contextModification", str(text)), ("errorMessage", "")]:
            return text
        case [("decision", "block" | "deny"), ("reason", str(text))]:
            return text
        case [
            (
                "hookSpecificOutput",
                [("hookEventName", "Stop"), ("decision", "block"), ("reason", str(text))],
            )
        ]:
            return text
    message = f"no client takes {pairs}"
    raise AssertionError(message)
