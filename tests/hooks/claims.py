"""What tests of claims ask of an answer and of a world."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.hooks.world import payload

if TYPE_CHECKING:
    from tests.hooks.world import Answer, World

ID = r"task-[0-9]{8}-[0-9]{6}-[0-9a-z]{10}"
UNTIL = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"
SHORT = rf"orgpost for tex-agent: 1 task is yours, ({ID}) until ({UNTIL})"


def held(answer: Answer) -> str:
    """The task that an answer tells in full; empty where it does not."""
    found = re.search(rf"(?m)^- ({ID}) WORKING ", answer.text)
    return found[1] if found else ""


def show(world: World, id: str) -> Any:
    """A task as it is now."""
    return world.orgpost("task", "show", id)


def states(world: World) -> list[str]:
    """The keywords of all tasks, in the file's order."""
    return re.findall(r"(?m)^\* ([A-Z]+)", world.tasks.read_text())


def error(world: World) -> str:
    """What the last event wrote down as wrong."""
    return str(world.log()[-1]["error"])


def is_given_back(world: World) -> bool:
    """Whether the task is queued again; on a machine that is too busy its lease ends it."""
    late = error(world) == "no release: the library took too long"
    return late or states(world) == ["QUEUED"]


def prompt() -> bytes:
    """A submitted prompt."""
    return payload("UserPromptSubmit")


def prepare(world: World, what: str) -> None:
    """Let tex-agent have tasks of which none is to be done."""
    if what == "done":
        world.task("Done", state="complete")
    elif what == "waiting":
        world.task("Waiting", by="gregor")
    elif what == "scheduled":
        world.task("Later", scheduled="2999-01-01")
    elif what == "not before":
        world.orgpost("task", "fail", claimed(world), "--error", "Not yet.")
    elif what == "depends":
        id = world.task("Waiting", by="gregor")
        world.task("After", **{"depends-on": id})
    elif what == "busy":
        claimed(world)
        world.task("Another")
    elif what == "never":
        world.settings("hooks: {claim: never}\n")
        world.task("Ready")


def claimed(world: World) -> str:
    """A task that somebody else works on."""
    return str(world.orgpost("task", "claim", "--id", world.task("Held"))["task"]["id"])
