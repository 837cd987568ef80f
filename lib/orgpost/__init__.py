"""orgpost: a post office of plain Org files for people and coding agents.

This is the front door for Python programs: the promised names, each loaded when it is first asked
for, because a hook or a shell script that imports one of them should not pay for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orgpost.budget import Verdict
    from orgpost.contact import Actor
    from orgpost.errors import OrgpostError
    from orgpost.governor import Governor, TaskGovernor
    from orgpost.message import Message
    from orgpost.message_store import MessageStore
    from orgpost.post import Post

__version__ = "0.3.0"

__all__ = [
    "Actor",
    "Governor",
    "Message",
    "MessageStore",
    "OrgpostError",
    "Post",
    "TaskGovernor",
    "Verdict",
    "__version__",
]

_HOMES = {
    "Actor": "orgpost.contact",
    "Governor": "orgpost.governor",
    "Message": "orgpost.message",
    "MessageStore": "orgpost.message_store",
    "OrgpostError": "orgpost.errors",
    "Post": "orgpost.post",
    "TaskGovernor": "orgpost.governor",
    "Verdict": "orgpost.budget",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        message = f"module 'orgpost' has no attribute {name!r}"
        raise AttributeError(message)
    import importlib

    value: object = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
