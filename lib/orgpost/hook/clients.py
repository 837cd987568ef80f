"""What each client wants at each event; a row for each that is spoken to.

A client or an event that has no row is silent, and logged as such.
"""

from .scanner import encode_basestring_ascii

SPEAK, FORGET, END, SILENT = "speak", "forget", "end", "silent"

ROLES: dict[str, dict[str, str]] = {
    "claude": {
        "SessionStart": SPEAK,
        "UserPromptSubmit": SPEAK,
        "PreCompact": FORGET,
        "SessionEnd": END,
        "Stop": SILENT,
        "Notification": SILENT,
        "PreToolUse": SILENT,
        "PostToolUse": SILENT,
        "SubagentStart": SILENT,
        "SubagentStop": SILENT,
        "TaskCompleted": SILENT,
        "FileChanged": SILENT,
    },
}

# Where a session starts again with its context thrown away, or brought back without what we said.
FORGETFUL_SOURCES = frozenset({"compact", "clear", "resume", "fork"})
STARTS = frozenset({"SessionStart"})
# Where the user submits a prompt: the only moment at which a session takes work on by itself.
PROMPTS = frozenset({"UserPromptSubmit"})
ENDS = frozenset({"SessionEnd"})

# Where a client says in the environment of its hooks which session it is.
SESSION_VARIABLES = {"claude": "CLAUDE_CODE_SESSION_ID"}
ENVIRONMENT_FILES = {"claude": "CLAUDE_ENV_FILE"}


def role_of(client: str, event: str) -> str:
    """What is done at an event; empty where nobody knows it."""
    return ROLES.get(client, {}).get(event, "")


def document(event: str, text: str) -> bytes:
    """The one document on stdout: ASCII on one line, and no key that the client does not know."""
    name, context = encode_basestring_ascii(event), encode_basestring_ascii(text)
    inner = f'{{"hookEventName":{name},"additionalContext":{context}}}'
    return f'{{"hookSpecificOutput":{inner}}}\n'.encode("ascii")
