"""Heads: what a list says of a message or a task, without a word that could pose as something else.

The texts are not in a head: `show` gives them in a frame. Each word that somebody wrote stands on
one line, escaped as in a hook's digest; of a sender of tier unknown there is no such word at all.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from orgpost.hook.digest import escaped
from orgpost.names import NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orgpost.contact import Contacts
    from orgpost.message import Message
    from orgpost.task import Task

    Head = dict[str, Any]

# Characters of a result; what is more is cut, and counted.
MOST: Final = 24_000
_NOT_OF_MESSAGES: Final = ("body", "properties")
_NOT_OF_TASKS: Final = ("body", "properties", "payload", "result", "feedback", "errors")
# What a sender chose freely, besides the texts.
_WORDS: Final = ("subject", "title", "tags", "files", "answer_route")
_WORDS_OF_TASKS: Final = ("task_type", "accept", "source_id", "trace_context")
_SENDER: Final = rf"{NAME}(@{NAME})?"
_LONGEST: Final = 1000


def message_head(message: Message, contacts: Contacts) -> Head:
    """Give the head of a message."""
    tier = contacts.effective_tier(message.sender, message.via)
    return _head({**message.to_dict(), "tier": tier}, _NOT_OF_MESSAGES, tier)


def task_head(task: Task, contacts: Contacts) -> Head:
    """Give the head of a task."""
    tier = contacts.effective_tier(task.sender, task.via, toward=task.agent)
    return _head(task.to_dict(), _NOT_OF_TASKS, tier)


def _head(facts: Mapping[str, object], without: tuple[str, ...], tier: str) -> Head:
    if tier == "unknown":
        without = (*without, *_WORDS, *_WORDS_OF_TASKS)
    head = {name: _harmless(value) for name, value in facts.items() if name not in without}
    for name in ("subject", "title"):
        if name in head:
            head[name] = escaped(str(facts[name]))
    if not re.fullmatch(_SENDER, str(facts["from"])):
        head["from"] = "?"
    return head


def _harmless(value: Any) -> Any:
    if isinstance(value, str):
        return escaped(value, _LONGEST)
    if isinstance(value, list | tuple):
        return [_harmless(each) for each in value]
    if isinstance(value, dict):
        return {_harmless(key): _harmless(each) for key, each in value.items()}
    return value


# --- size -------------------------------------------------------------------------------------


def compact(data: Mapping[str, Any]) -> str:
    """Write a result as a client gets it."""
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def cut(data: dict[str, Any], name: str) -> dict[str, Any]:
    """Leave out the last of a result's heads until it is no longer too long."""
    heads = data[name]
    room = MOST - len(compact({**data, name: [], "left_out": 10**9}))
    kept = 0
    for head in heads:
        room -= len(compact(head)) + 1
        if room < 0:
            break
        kept += 1
    return {**data, name: heads[:kept], "left_out": data["left_out"] + len(heads) - kept}


def error_text(told: Mapping[str, object]) -> str:
    """Write an error so that its parts are exactly the command line's, and nothing in it is raw."""
    text = json.dumps(told, ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("\x7f", "\\u007f")
