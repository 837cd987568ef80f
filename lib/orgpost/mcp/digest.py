"""`orgpost://inbox`: the text that a hook would inject, for whoever asks instead of being told.

It is made by the hook's own code and notes nothing: who reads it is told again by a hook.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from orgpost.hook.copy import Copy
from orgpost.hook.entry import is_plain_id
from orgpost.hook.held import WorkNews
from orgpost.hook.places import user_settings
from orgpost.hook.stamps import Watched
from orgpost.hook.tasks import KINDS
from orgpost.hook.tell import Teller
from orgpost.hook.told import Told
from orgpost.hook.work import Work
from orgpost.hook_copy import renew

if TYPE_CHECKING:
    from pathlib import Path

_MOST_BYTES: Final = 4000
_CLIENT: Final = "mcp"


def digest(space: Path, me: str) -> str:
    """Give the digest of somebody's unread mail and of the task at hand."""
    copy = Copy(f"{renew(space, os.environ)}set hooks.digest_chars {_MOST_BYTES}\n")
    watched = Watched(str(space), me, user_settings())
    told = Told(_CLIENT, me, "-")
    news = WorkNews(_work(watched, copy, me), told, repeats=True)
    teller = Teller(watched, copy, me, told, news)
    return teller.text or f"orgpost for {me}: nothing is unread."


def _work(watched: Watched, copy: Copy, me: str) -> Work | None:
    if not copy.is_agent(me):
        return None
    session = os.environ.get("CLAUDE_CODE_SESSION_ID", "") or str(os.getpid())
    work = Work(watched.path_of("tasks"), me, session)
    mine = work.tasks.held_by(work.holder)
    if mine is None:
        work.find_who_is_busy()
    elif is_plain_id(mine.id, KINDS):
        work.held = {"id": mine.id, "until": mine.until}
    return work
