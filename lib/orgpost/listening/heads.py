"""What is said of a message or a task to a program that waits: enough to decide whether to read it.

Not a word of a sender of tier unknown is in it. Each text of others is on one line, short, and
spelled out where it could move a cursor or hide.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from orgpost.message import for_json, utc_or_none
from orgpost.names import NAME
from orgpost.spelled import one_line

if TYPE_CHECKING:
    from orgpost.contact import Contacts
    from orgpost.message import Message
    from orgpost.task import Task

    Head = dict[str, Any]

SUBJECT_CHARS: Final = 80
_VALUE_CHARS: Final = 128
_SENDER: Final = rf"{NAME}(@{NAME})?"
UNKNOWN: Final = "unknown"


def message_head(message: Message, contacts: Contacts, *, bodies: bool = False) -> Head:
    """Give the head of a message."""
    tier = contacts.effective_tier(message.sender, message.via)
    head: Head = {
        "id": message.id,
        "from": sender_of(message.sender),
        "tier": tier,
        "priority": message.priority,
        "state": message.state,
        "kind": short(message.kind),
        "thread": short(message.thread),
        "expects": short(message.expects),
        "created": utc_or_none(message.created),
    }
    if tier != UNKNOWN:
        head["subject"] = short(message.subject, SUBJECT_CHARS)
        if bodies:
            head["body"] = for_json(message.body)
    return head


def task_head(task: Task, contacts: Contacts, *, bodies: bool = False) -> Head:
    """Give the head of a task."""
    tier = contacts.effective_tier(task.sender, task.via, toward=task.agent)
    head: Head = {
        "id": task.id,
        "from": sender_of(task.sender),
        "tier": tier,
        "priority": task.priority,
        "state": task.state,
        "effort": task.effort,
        "thread": short(task.thread),
        "expects": short(task.expects),
        "created": utc_or_none(task.created),
    }
    if task.holder is not None:
        head |= {"holder": short(task.holder), "lease_until": utc_or_none(task.lease_until)}
    if tier != UNKNOWN:
        head["subject"] = short(task.title, SUBJECT_CHARS)
        if bodies:
            head["body"] = for_json(task.body)
    return head


def sender_of(name: str) -> str:
    """Give a sender's name; what is no legal one is not repeated."""
    return name if re.fullmatch(_SENDER, name) else "?"


def short(text: str, room: int = _VALUE_CHARS) -> str:
    """Give a text on one line, with nothing in it that cannot be seen, and cut."""
    line = one_line(text)
    return line if len(line) <= room else f"{line[: room - 1]}…"
