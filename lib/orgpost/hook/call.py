"""One call of a hook: which client, which event, which session, where; as far as it is known.

Everything here was said by somebody: the words of a registration, the environment, the client's
object on stdin. What is missing or of the wrong type is as absent; nothing is expanded or obeyed.
"""

import posix
import sys

from .clients import event_of

EVENT_KEYS = ("hook_event_name", "hookEventName", "hookName", "agent_action_name")
SESSION_KEYS = (
    "session_id",
    "sessionId",
    "conversation_id",
    "conversationId",
    "sessionID",
    "taskId",
)
ROOTS_KEYS = ("workspace_roots", "workspaceRoots", "workspacePaths")
FOLDER_VARIABLES = {
    "claude": "CLAUDE_PROJECT_DIR",
    "gemini": "GEMINI_PROJECT_DIR",
    "cursor": "CURSOR_PROJECT_DIR",
}


class Words:
    """The words of a command line: CLIENT and EVENT, `--host`, `--space`, `--as`, what is odd."""

    OPTIONS = ("--host", "--space", "--as")

    def __init__(self, words: list[str]) -> None:
        self.options: dict[str, str] = {}
        self.plain: list[str] = []
        self.odd: list[str] = []
        wanted = ""
        for word in words:
            name, equals, value = word.partition("=")
            if wanted:
                self.options[wanted], wanted = word, ""
            elif word in self.OPTIONS:
                wanted = word
            elif equals and name in self.OPTIONS:
                self.options[name] = value
            elif word.startswith("-"):
                self.odd.append(word)
            else:
                self.plain.append(word)
        self.odd.extend([wanted] if wanted else [])


class Call:
    """What was said about one event."""

    def __init__(self, host: str, event: str, words: Words, said: dict[str, object]) -> None:
        self.said = said
        self.client = real_client(said) or host or "claude"
        named = text_of(said, EVENT_KEYS)
        # A client that runs another one's settings finds its own word for the event on stdin only.
        is_foreign = bool(host) and self.client != host
        name = (named or event) if is_foreign else (event or named)
        self.event = event_of(self.client, name) or name
        # What some documents repeat is the client's word, and not the one of a registration.
        self.echo = event_of(self.client, named) or self.event
        self.session = text_of(said, SESSION_KEYS)
        self.space = words.options.get("--space") or variable("ORGPOST_SPACE")
        self.named = words.options.get("--as", "")
        self.actor = self.named or variable("ORGPOST_AS") or variable("ORGPOST_ACTOR")
        self.odd = words.odd
        # `orgpost hooks test` asks: nothing is noted, claimed or given back.
        self.is_trial = bool(variable("ORGPOST_HOOK_TRIAL"))

    @property
    def of_subagent(self) -> bool:
        """Whether the event belongs to an agent inside of the session, which is not spoken to."""
        return isinstance(self.said.get("agent_id"), str)

    @property
    def source(self) -> str:
        """Why a session starts: new, or with its context thrown away or brought back."""
        return text_of(self.said, ("source",))

    @property
    def is_held_back(self) -> bool:
        """Whether the turn that ends here was let go on by a hook already."""
        return self.said.get("stop_hook_active") is True

    def folder(self) -> str:
        """Where the client works; the process's own working folder drifts and is not asked."""
        here = text_of(self.said, ("cwd",)) or self._first_root()
        return here or variable(FOLDER_VARIABLES.get(self.client, ""))

    def _first_root(self) -> str:
        for key in ROOTS_KEYS:
            roots = self.said.get(key)
            if isinstance(roots, list) and roots and isinstance(roots[0], str):
                return roots[0]
        return ""


def real_client(said: dict[str, object]) -> str:
    """The client that is really there, where it says so: they run each other's settings."""
    if variable("CURSOR_VERSION") or "cursor_version" in said:
        return "cursor"
    if "conversationId" in said and "invocationNum" in said:
        return "antigravity"
    if "clineVersion" in said:
        return "cline"
    if "agent_action_name" in said:
        return "windsurf"
    if "hookEventName" in said and "sessionId" in said:
        return "vscode"
    return ""


def text_of(said: dict[str, object], keys: tuple[str, ...]) -> str:
    """The first of these keys that holds a text."""
    for key in keys:
        value = said.get(key)
        if value and isinstance(value, str):
            return value
    return ""


def variable(name: str) -> str:
    """A variable of the environment; empty is as absent."""
    value = posix.environ.get(name.encode(), b"")
    return value.decode(sys.getfilesystemencoding(), "surrogateescape")
