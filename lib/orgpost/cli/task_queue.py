"""`hooks/task-queue.py`: an agent's tasks for scripts: look, take the next one, decide, put away.

What is decided here is what `orgpost task` decides, by the same functions.
"""

from __future__ import annotations

from argparse import Namespace
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from orgpost.cli.script import Parser, run
from orgpost.cli.task_words import inbox_of, meant, task_rows
from orgpost.errors import Usage
from orgpost.org.stamp import utc_text
from orgpost.states import TASK_ENDS, TaskState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orgpost.agent_inbox import AgentInbox
    from orgpost.agent_inbox.listing import Turns
    from orgpost.cli.desk import Desk
    from orgpost.task import Claim, Task

_DECIDED: Final = ("approve", "reject", "cancel", "retry")
_WITH_REASON: Final = ("reject", "cancel")
COMMANDS: Final = ("status", "next", *_DECIDED, "clear")
_SHOWN: Final = 5


def main(words: Sequence[str] | None = None) -> int:
    """Do one of them; gives the exit status."""
    parser = Parser("task-queue.py", "Look after the tasks of an agent.")
    parser.add_argument("command", metavar="COMMAND", choices=COMMANDS, help=", ".join(COMMANDS))
    parser.add_argument("id", metavar="ID", nargs="?", help="a task, by its id or a part of it")
    parser.add_argument("--task-id", metavar="ID", help="the same, as scripts of v0.1 say it")
    parser.add_argument("--reason", metavar="R", help="of reject and cancel, on one line")
    parser.add_argument("--agent", metavar="A", help="the agent; else you, or your only one")
    parser.add_argument("--peek", action="store_true", help="next: look only, claim nothing")
    return run(parser, _task_queue, words)


def _task_queue(args: Any, desk: Desk) -> int:
    args.id = _one_id(args)
    _refuse_what_does_nothing(args)
    if args.command in _DECIDED:
        _decide(args, desk)
    else:
        {"status": _status, "next": _next, "clear": _clear}[args.command](args, desk)
    return 0


# --- words --------------------------------------------------------------------------------------


def _one_id(args: Any) -> str | None:
    ids = {id for id in (args.id, args.task_id) if id is not None}
    if len(ids) > 1:
        raise Usage(f"two tasks: {args.id} and {args.task_id}", hint="ID and --task-id are one")
    return ids.pop() if ids else None


def _refuse_what_does_nothing(args: Any) -> None:
    command = args.command
    if command in _DECIDED and not args.id:
        raise Usage(f"{command} needs the ID of a task", hint=f"task-queue.py {command} ID")
    if command in {"status", "next"} and args.id is not None:
        raise Usage(f"{command} takes no ID", hint="orgpost task show ID, or task claim --id ID")
    if args.reason is not None and command not in _WITH_REASON:
        raise Usage(f"--reason does not go with {command}", hint="reject and cancel have one")
    if command == "reject" and args.reason is None:
        raise Usage("reject needs a --reason", hint=f"task-queue.py reject {args.id} --reason R")
    if args.peek and command != "next":
        raise Usage(f"--peek does not go with {command}", hint="next --peek looks only")


# --- deciding -----------------------------------------------------------------------------------


def _decide(args: Any, desk: Desk) -> None:
    _must_be_of_agent(args, desk)
    said = Namespace(ids=[args.id], reason=args.reason or "", now=False, quiet=False)
    getattr(import_module("orgpost.cli.task_deciding"), f"run_{args.command}")(said, desk)


def _must_be_of_agent(args: Any, desk: Desk) -> None:
    if args.agent is None:
        return
    id, inbox = meant(args.id, desk, "archive" if args.command == "clear" else args.command)
    if inbox.name != desk.actor(args.agent):
        raise Usage(f"{id} is a task of {inbox.name}", hint="leave --agent out")


def _clear(args: Any, desk: Desk) -> None:
    """Put away what is over: all of it, or the one task that is named."""
    if args.id is not None:
        _must_be_of_agent(args, desk)
        ids = [args.id]
    else:
        ids = [row.id for row in inbox_of(args.agent, desk).in_turn(over=True).rows if _over(row)]
    said = Namespace(ids=ids, auto=False, older_than=None, dry_run=False)
    if ids:
        import_module("orgpost.cli.task_sorting").run_archive(said, desk)
    else:
        data = {"archived": [], "files": [], "left": 0, "dry_run": False}
        desk.show.answer(data, ["archived 0: nothing is over"])


def _over(row: Any) -> bool:
    return row.state in TASK_ENDS


# --- looking ------------------------------------------------------------------------------------


def _status(args: Any, desk: Desk) -> None:
    """Say who works on what, how many wait, and what is next."""
    inbox = inbox_of(args.agent, desk)
    turns = inbox.in_turn()
    working = list(turns.in_states(frozenset({TaskState.WORKING})))
    following = list(turns.in_states(frozenset({TaskState.QUEUED}))[:_SHOWN])
    counts = inbox.counts()
    data = {
        "working": [task.to_dict() for task in working],
        "counts": counts,
        "next": [task.to_dict() for task in following],
    }
    lines = [f"{inbox.name}: {_words(counts)}"]
    lines += ["working:", *task_rows(working, desk)] if working else []
    lines += ["next:", *task_rows(following, desk)] if following else []
    desk.show.answer(data, lines)


def _words(counts: Mapping[str, int]) -> str:
    parts = [f"{number} {name}" for name, number in counts.items() if number and name != "total"]
    return ", ".join(parts) or "no tasks"


# --- the next one -------------------------------------------------------------------------------


def _next(args: Any, desk: Desk) -> None:
    """Claim what is next, if nobody works for this agent; the answer is JSON in any case."""
    inbox = inbox_of(args.agent, desk)
    claim = None if args.peek else _claimed(inbox, desk)
    if claim is not None:
        desk.show.stored = [claim.task.id]
        until = utc_text(claim.lease_until)
        data = _ok(claim.task, inbox) | {"token": claim.token, "lease_until": until}
    else:
        data = _why_not(inbox, peek=args.peek)
    desk.show.answer(data, [] if desk.show.json else [_json(data)])


def _claimed(inbox: AgentInbox, desk: Desk) -> Claim | None:
    from orgpost.cli.task_working import answer

    taken = inbox.take(alone=True)
    for task in taken.expired:
        answer(task, desk)
    return taken.claims[0] if taken.claims else None


def _why_not(inbox: AgentInbox, *, peek: bool) -> dict[str, Any]:
    turns = inbox.in_turn()
    for task in turns.in_states(frozenset({TaskState.WORKING})):
        if task.lease_until is not None and not task.expired:
            return {"status": "busy", "working": task.id}
    queued = turns.in_states(frozenset({TaskState.QUEUED}))
    ready = _first_ready(queued) if peek else None
    if ready is not None:
        return _ok(ready, inbox)
    return {"status": "blocked", "blocked": len(queued)} if queued else {"status": "empty"}


def _first_ready(queued: Turns) -> Task | None:
    return next((task for task in queued if task.ready), None)


def _ok(task: Task, inbox: AgentInbox) -> dict[str, Any]:
    queued = len(inbox.in_turn().in_states(frozenset({TaskState.QUEUED})))
    facts = task.to_dict()
    told = {
        "id": task.id,
        "from": task.sender,
        "text": f"{facts['title']}\n\n{facts['body']}" if task.body else facts["title"],
        "priority": task.priority,
        "inbox": f"org/messaging/agents/{inbox.name}.org",
    }
    others = queued - (task.state == TaskState.QUEUED)
    return {"status": "ok", "task": {**told, **facts}, "queued": others}


def _json(data: dict[str, Any]) -> str:
    import json

    return json.dumps(data, ensure_ascii=True, allow_nan=False)
