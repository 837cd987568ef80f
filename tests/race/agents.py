"""A space whose agent has tasks, for the races, and what its files say of them afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orgpost.org import scan
from orgpost.post import Post
from tests.race.claimants import AGENT, PATH
from tests.tasks.test_wiring import CONTACTS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from orgpost.task import Task


SETTINGS = """\
store: {sync: off, lock_seconds: 200}
messaging:
  compute:
    max_queue_depth: 0
    cooldown_between_tasks: 0
    rate_limits: {tasks_per_hour: 0}
"""


def make(space: Path, settings: str = SETTINGS) -> Path:
    """Make a space in which tex-agent has no tasks yet."""
    (space / "org/messaging").mkdir(parents=True)
    (space / "org/messaging/contacts.yaml").write_text(CONTACTS)
    (space / "settings.local.yaml").write_text(settings)
    (space / "settings.local.yaml").chmod(0o600)
    return space


def add(space: Path, count: int, sender: str = "tex", **facts: Any) -> list[str]:
    """Give tex-agent so many tasks; their ids, the oldest first."""
    with Post.open(space, me="tex") as post:
        inbox = post.inbox(AGENT)
        return [inbox.create_task(sender, f"task {n}", **facts).id for n in range(count)]


def tasks(space: Path) -> dict[str, Task]:
    """All of them, as the file has them now; each is there once."""
    with Post.open(space, me="tex") as post:
        data = post.store.view(PATH).data
        ids = [id.decode() for id, _ in scan.find_all_ids(data)]
        assert len(ids) == len(set(ids))
        return {id: post.inbox(AGENT).find_by_id(id) for id in ids}


def said(lines: Iterable[str], word: str) -> list[tuple[str, int]]:
    """Give the ids and tokens of the lines that begin with a word."""
    split = [line.split() for line in lines]
    return [(words[1], int(words[2])) for words in split if words[:1] == [word]]
