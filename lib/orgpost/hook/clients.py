"""What each client wants at each event; a table for each that is spoken to.

A client or an event that has no row is silent, and logged as such. So are events whose text a
client would drop, or show to its user, or say in the user's name: what is told there is not told.
"""

START, PROMPT, TOOL, SYSTEM = "start", "prompt", "tool", "system"
STOP, FORGET, END, SILENT = "stop", "forget", "end", "silent"

ROLES: dict[str, dict[str, str]] = {
    "claude": {
        "SessionStart": START,
        "UserPromptSubmit": PROMPT,
        "PostToolUse": TOOL,
        "Stop": STOP,
        "PreCompact": FORGET,
        "SessionEnd": END,
        "Notification": SILENT,
        "PreToolUse": SILENT,
        "SubagentStart": SILENT,
        "SubagentStop": SILENT,
        "TaskCompleted": SILENT,
        "FileChanged": SILENT,
    },
    "codex": {
        "SessionStart": START,
        "UserPromptSubmit": PROMPT,
        "PostToolUse": TOOL,
        "Stop": STOP,
        "SessionEnd": END,
        "PreToolUse": SILENT,
    },
    "gemini": {
        "SessionStart": START,
        "BeforeAgent": PROMPT,
        "AfterTool": TOOL,
        "AfterAgent": STOP,
        "PreCompress": FORGET,
        "SessionEnd": END,
        "BeforeTool": SILENT,
        "Notification": SILENT,
    },
    "cursor": {
        "sessionStart": START,
        "postToolUse": TOOL,
        "preCompact": FORGET,
        "sessionEnd": END,
        "beforeSubmitPrompt": SILENT,
        "preToolUse": SILENT,
        "stop": SILENT,
    },
    "copilot": {
        "sessionStart": START,
        "postToolUse": TOOL,
        "agentStop": STOP,
        "preCompact": FORGET,
        "sessionEnd": END,
        "preToolUse": SILENT,
        "UserPromptSubmit": SILENT,
        "userPromptSubmitted": SILENT,
        "userPromptTransformed": SILENT,
    },
    "vscode": {
        "SessionStart": START,
        "PostToolUse": TOOL,
        "Stop": STOP,
        "PreCompact": FORGET,
        "PreToolUse": SILENT,
        "UserPromptSubmit": SILENT,
        "SubagentStart": SILENT,
        "SubagentStop": SILENT,
    },
    "opencode": {"system": SYSTEM},
    "kiro": {"agentSpawn": START, "SessionStart": START, "userPromptSubmit": PROMPT},
    # It comes before each call of the model, and there is no other event that could be told at.
    "antigravity": {"PreInvocation": TOOL},
    "cline": {"UserPromptSubmit": PROMPT},
    "windsurf": {"pre_user_prompt": SILENT},
}

# Where a session starts again with its context thrown away, or brought back without what we said.
FORGETFUL_SOURCES = frozenset({"compact", "clear", "resume", "fork"})

# Who cannot be told at a prompt is told at the next tool, whatever the settings say.
TOLD_AT_TOOLS = frozenset({"cursor", "copilot", "vscode", "antigravity"})

# Whose hooks may name no session. From any other such input is broken, and begins nobody's work.
NAMELESS = frozenset({"kiro"})

# Where a client says in the environment of its hooks which session it is.
SESSION_VARIABLES = {"claude": "CLAUDE_CODE_SESSION_ID", "gemini": "GEMINI_SESSION_ID"}
ENVIRONMENT_FILES = {"claude": "CLAUDE_ENV_FILE"}


def event_of(client: str, *names: str) -> str:
    """The first of these names that is an event of this client, as the client spells it."""
    table = ROLES.get(client, {})
    for name in names:
        if name in table:
            return name
        # Kiro's versions do not agree on capitals.
        for known in table if client == "kiro" else ():
            if known.lower() == name.lower():
                return known
    return ""


def role_of(client: str, event: str) -> str:
    """What is done at an event; empty where nobody knows it."""
    return ROLES.get(client, {}).get(event, "")
