"""The one document on stdout, in the shape of the client that will read it.

JSON is ASCII on one line, and has no key that the client does not know: some of them throw a whole
document away for one. Plain text goes only where no JSON is possible.
"""

from .scanner import encode_basestring_ascii

TYPE_CHECKING = False
if TYPE_CHECKING:  # the module `typing` costs more than this one
    from collections.abc import Callable

# The first line where a text is given to the model as if it were the next prompt.
NOT_THE_USER = "From the orgpost hook, not typed by the user."


def document(client: str, event: str, text: str) -> bytes:
    """What tells this text at an event; empty for a client that cannot be told anything."""
    tell = _TOLD.get(client)
    return _line(tell(_quoted(event), text)) if tell else b""


def holding_back(client: str, event: str, text: str) -> bytes:
    """What lets a turn go on for this reason; empty where a client has no such words."""
    hold = _HELD_BACK.get(client)
    return _line(hold(_quoted(event), text)) if hold else b""


def silence(client: str) -> bytes:
    """What says that there is nothing to say."""
    return b"{}\n" if client == "antigravity" else b""


def _line(text: str) -> bytes:
    return f"{text}\n".encode("utf-8", "backslashreplace")


def _quoted(text: str) -> str:
    return encode_basestring_ascii(text)


def _hook_output(event: str, text: str) -> str:
    inner = f'{{"hookEventName":{event},"additionalContext":{_quoted(text)}}}'
    return f'{{"hookSpecificOutput":{inner}}}'


def _cursor(_event: str, text: str) -> str:
    return f'{{"additional_context":{_quoted(text)}}}'


def _copilot(_event: str, text: str) -> str:
    return f'{{"additionalContext":{_quoted(text)}}}'


def _plain(_event: str, text: str) -> str:
    return text


def _antigravity(_event: str, text: str) -> str:
    return f'{{"injectSteps":[{{"ephemeralMessage":{_quoted(text)}}}]}}'


def _cline(_event: str, text: str) -> str:
    return f'{{"cancel":false,"contextModification":{_quoted(text)},"errorMessage":""}}'


def _block(_event: str, text: str) -> str:
    return f'{{"decision":"block","reason":{_quoted(text)}}}'


def _deny(_event: str, text: str) -> str:
    return f'{{"decision":"deny","reason":{_quoted(text)}}}'


def _block_in_vscode(event: str, text: str) -> str:
    inner = f'{{"hookEventName":{event},"decision":"block","reason":{_quoted(text)}}}'
    return f'{{"hookSpecificOutput":{inner}}}'


_TOLD: "dict[str, Callable[[str, str], str]]" = {
    "claude": _hook_output,
    "codex": _hook_output,
    "gemini": _hook_output,
    "vscode": _hook_output,
    "cursor": _cursor,
    "copilot": _copilot,
    "opencode": _plain,
    "kiro": _plain,
    "antigravity": _antigravity,
    "cline": _cline,
}

_HELD_BACK: "dict[str, Callable[[str, str], str]]" = {
    "claude": _block,
    "codex": _block,
    "copilot": _block,
    "gemini": _deny,
    "vscode": _block_in_vscode,
}
