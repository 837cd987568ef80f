"""Reading one text: the frame of `orgpost show`, and in a result the head beside it."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, Final

from orgpost.errors import UnknownId, WrongKind
from orgpost.frame import LIMIT, frame, parts_of, task_frame
from orgpost.mcp.heads import MOST, compact, message_head, task_head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from orgpost.frame import Framed
    from orgpost.mcp.heads import Head
    from orgpost.message import Message
    from orgpost.post import Post
    from orgpost.task import Task

    Make = Callable[[int | None, int], Framed]

_TASK: Final = "task-"
_LEAST: Final = 100


def show(post: Post, arguments: dict[str, Any]) -> dict[str, Any]:
    """Give the head and the frame of a message or a task."""
    found = _find(post, arguments["id"])
    head, make, most = _shown(post, found)

    def result(framed: Framed) -> dict[str, Any]:
        left = {"left_out": framed.left_out} if framed.left_out else {}
        return {**head, "text": framed.text, **left}

    tried = _tries(make, most, full=arguments["full"])
    return next(data for data in map(result, tried) if len(compact(data)) <= MOST)


def framed_text(post: Post, id: str, kind: str) -> str:
    """Give the frame of a `message` or a `task`, by its id."""
    found = _find_task(post, id) if kind == "task" else _find_message(post, id)
    _, make, most = _shown(post, found)
    return next(f.text for f in _tries(make, most, full=False) if len(f.text) <= MOST)


def _find(post: Post, id: str) -> Message | Task:
    if id.startswith(_TASK):
        return _find_task(post, id)
    try:
        return _find_message(post, id)
    except UnknownId as unknown:
        # A part of an id does not say of what kind it is.
        try:
            return _find_task(post, id)
        except (UnknownId, WrongKind):
            raise unknown from None


def _find_message(post: Post, id: str) -> Message:
    return post.messages.find_by_id(post.messages.resolve(id, post.me))


def _find_task(post: Post, id: str) -> Task:
    return post.tasks.task(post.tasks.resolve(id))


def _shown(post: Post, found: Message | Task) -> tuple[Head, Make, int]:
    from orgpost.task import Task

    contacts, clock = post.contacts.load(), post.clock
    if isinstance(found, Task):
        task = found
        tier = contacts.effective_tier(task.sender, task.via, toward=task.agent)

        def make_task(limit: int | None, most: int) -> Framed:
            return task_frame(task, tier, clock, limit=limit, most=most)

        return task_head(task, contacts), make_task, len(list(parts_of(task)))
    message = found
    tier = contacts.effective_tier(message.sender, message.via)

    def make_message(limit: int | None, _most: int) -> Framed:
        return frame(message, tier, "local", clock, limit=limit)

    return message_head(message, contacts), make_message, 1


def _tries(make: Make, most: int, *, full: bool) -> Iterator[Framed]:
    """Give the frame, then with less and less of each text, then with fewer of the texts."""
    if full:
        yield make(None, most)
    limit = MOST if full else LIMIT
    while limit > _LEAST:
        yield make(limit, most)
        limit = limit * 3 // 4
    for fewer in count():
        yield make(limit, max(most - fewer, 0))
