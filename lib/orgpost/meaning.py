"""What somebody means who does not say all of it: whose tasks, which task, under which claim.

Every door asks here, so that the same words mean the same at each of them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from orgpost.errors import AmbiguousActor, Usage
from orgpost.frozen import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orgpost.agent_inbox import AgentInbox
    from orgpost.contact import Contacts
    from orgpost.post import Post

_TOKEN: Final = "[1-9][0-9]{0,17}"  # noqa: S105  what a token looks like, not one


class Meant(NamedTuple):
    """A task that somebody means: its exact id, and the inbox that it stands in."""

    id: str
    inbox: AgentInbox


def meant(part: str, post: Post, event: str) -> Meant:
    """Find the task that somebody means by a part of its id."""
    found = post.tasks.resolve(part, event=event)
    if found.source.folder == "trays":
        raise Usage(f"{event}: {part} is in the tray {found.source.name}, which is no agent's")
    return Meant(found.entry().id or part, post.inbox(found.source.name))


def agent_of(me: str, contacts: Contacts) -> str:
    """Give the agent that is meant where none is named: who acts, else its only one."""
    actor = contacts.get(me)
    if actor is not None and actor.kind != "person":
        return actor.owner if actor.kind == "helper" and actor.owner else me
    agents = [each.id for each in contacts.agents_of(me) if each.kind == "agent"]
    if len(agents) > 1:
        raise AmbiguousActor("AGENT", agents)
    if not agents:
        contacts.must_be_good()
        raise Usage(f"{me} has no agent", hint="orgpost contacts add NAME --kind agent")
    return agents[0]


def token_of(id: str, environ: Mapping[str, str]) -> int | None:
    """Give the token that the environment has for this very task."""
    words = environ.get("ORGPOST_TASK_TOKEN", "")
    if environ.get("ORGPOST_TASK_ID") != id or not words:
        return None
    if not re.fullmatch(_TOKEN, words):
        raise Usage("$ORGPOST_TASK_TOKEN is no token", hint="a whole number from 1 on, or unset it")
    return int(words)
