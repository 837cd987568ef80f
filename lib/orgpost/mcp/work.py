"""The tools for tasks: `task_list`, `task_add`, `task_claim`, `task_update`.

A session has one name in leases, whichever door it comes through: what a hook claimed for it is
kept and finished here.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from orgpost import meaning
from orgpost.errors import InvalidField, OrgpostError, UnknownId, Usage
from orgpost.hook.work import holder_of
from orgpost.mcp.heads import cut, task_head
from orgpost.org.stamp import utc_text
from orgpost.states import Event, TaskState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orgpost.agent_inbox import AgentInbox, Hold
    from orgpost.meaning import Meant
    from orgpost.post import Post
    from orgpost.task import Task

_Done = TypeVar("_Done")

_OPEN: Final = frozenset({TaskState.WAITING, TaskState.QUEUED, TaskState.WORKING})
_SESSION: Final = "CLAUDE_CODE_SESSION_ID"
# What the services call otherwise than the tools do.
_NAMES: Final[Mapping[str, str]] = {"body": "text", "error": "text", "result": "text"}


def holder(me: str) -> str:
    """Give the name of this session in leases; without a session, this process is one."""
    return holder_of(me, os.environ.get(_SESSION, "") or str(os.getpid()))


def task_list(post: Post, arguments: dict[str, Any]) -> dict[str, Any]:
    """List tasks of the agent that is meant."""
    state = arguments["state"].upper()
    if state and state not in map(str, TaskState):
        raise InvalidField("state", f"must be one of {' '.join(TaskState)}")
    states = frozenset({state}) if state else _OPEN
    found = _inbox(post).in_turn(over=bool(states - _OPEN)).in_states(states)
    tasks = list(found[: arguments["limit"]])
    contacts = post.contacts.load()
    heads = [task_head(task, contacts) for task in tasks]
    return cut({"tasks": heads, "left_out": len(found) - len(tasks)}, "tasks")


def task_add(post: Post, arguments: dict[str, Any]) -> dict[str, Any]:
    """Give an agent a task."""
    from orgpost.agent_inbox import NewTask

    agent = post.contacts.load().resolve(arguments["to"], sender=post.me).id
    new = NewTask(
        sender=post.me,
        title=arguments["title"],
        body=arguments["text"],
        effort=arguments["effort"],
        estimated_tokens=arguments["estimated_tokens"],
        priority=arguments["priority"],
        depends_on=[_dependency(part, post) for part in arguments["depends_on"]],
        id=arguments["id"] or None,
    )
    created = _named(lambda: post.inbox(agent).create(new))
    verdict = None if created.verdict is None else created.verdict.to_dict()
    return {"id": created.task.id, "state": created.task.state, "verdict": verdict}


def _dependency(part: str, post: Post) -> str:
    """Give the id that is meant; a whole one may be of a task that is still to come."""
    try:
        return post.tasks.resolve(part, event="add").entry().id or part
    except UnknownId:
        if part.startswith("task-"):
            return part
        raise


def task_claim(post: Post, arguments: dict[str, Any]) -> dict[str, Any]:
    """Take the next task that is ready."""
    inbox = _inbox(post)
    taken = inbox.take(lease_seconds=arguments["lease_seconds"], holder=holder(post.me))
    for task in taken.expired:
        _answer(post, task)
    if not taken.claims:
        prospects = inbox.prospects()
        return {
            "claimed": False,
            "drained": prospects.drained,
            "blocked": prospects.blocked,
            "stuck": prospects.stuck,
        }
    claim = taken.claims[0]
    return {
        "claimed": True,
        "task": task_head(claim.task, post.contacts.load()),
        "token": claim.token,
        "lease_until": utc_text(claim.lease_until),
    }


def task_update(post: Post, arguments: dict[str, Any]) -> dict[str, Any]:
    """Keep a claim, give it back, finish it or report a failure."""
    _refuse_what_does_nothing(arguments)
    event = Event(arguments["outcome"])
    each = meaning.meant(arguments["id"], post, event)
    hold = _hold(each, post, arguments["token"])
    task = _named(lambda: _updated(post, each, hold, event, arguments))
    if event != Event.RENEW:
        _answer(post, task)
    return {"id": task.id, "state": task.state}


def _updated(post: Post, each: Meant, hold: Hold, event: Event, arguments: dict[str, Any]) -> Task:
    text, used = arguments["text"], arguments["tokens_used"]
    if event == Event.RENEW:
        return each.inbox.renew(hold, tokens_used=used).task
    if event == Event.RELEASE:
        return each.inbox.release(hold, text)
    if event == Event.COMPLETE:
        with post.answering.keeping(each.id, "result", text):
            return each.inbox.complete(hold, result=text, tokens_used=used)
    with post.answering.keeping(each.id, "error", text):
        return each.inbox.fail(hold, text, tokens_used=used)


def _refuse_what_does_nothing(arguments: dict[str, Any]) -> None:
    outcome = arguments["outcome"]
    if outcome == "renew" and arguments["text"]:
        raise Usage("renew takes no text")
    if outcome == "release" and arguments["tokens_used"] is not None:
        raise Usage("release takes no tokens_used", hint="fail says what was used for nothing")
    if outcome == "fail" and not arguments["text"].strip():
        raise Usage("fail needs a text", hint="say what went wrong")
    if arguments["token"] is not None and arguments["token"] < 1:
        raise InvalidField("token", "must be a whole number from 1 on")


def _hold(each: Meant, post: Post, token: int | None) -> Hold:
    """Say which claim is meant: the one named, else this session's, else as the CLI would."""
    from orgpost.agent_inbox import Hold

    if token is None:
        task = each.inbox.find_by_id(each.id)
        is_ours = task.state == TaskState.WORKING and task.holder == holder(post.me)
        token = task.token if is_ours else meaning.token_of(each.id, os.environ)
    return Hold(each.id, token)


def _inbox(post: Post) -> AgentInbox:
    return post.inbox(meaning.agent_of(post.me, post.contacts.load()))


def _answer(post: Post, task: Task) -> None:
    # The task is over, whatever becomes of the mail about it.
    with suppress(OrgpostError):
        post.answering.answer(task)


def _named(do: Callable[[], _Done]) -> _Done:
    """Do it; a value that is refused is named as the argument that brought it."""
    try:
        return do()
    except InvalidField as error:
        field = _NAMES.get(error.field, error.field)
        raise InvalidField(field, error.why, hint=error.hint) from None
