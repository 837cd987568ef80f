"""`task list`, `counts` and `graph`: many tasks at one look. Nothing is written by looking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from orgpost.cli.show import one_line
from orgpost.cli.task_words import inbox_of, task_rows
from orgpost.errors import InvalidField, Usage
from orgpost.states import TaskState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orgpost.agent_inbox import AgentInbox
    from orgpost.agent_inbox.graph import Graph
    from orgpost.cli.desk import Desk
    from orgpost.task import Task

_OPEN: Final = frozenset({TaskState.WAITING, TaskState.QUEUED, TaskState.WORKING})


def run_list(args: Any, desk: Desk) -> None:
    """List tasks."""
    inbox = inbox_of(args.agent, desk)
    found = _found(args, inbox, desk)
    tasks = list(found[: args.limit] if args.limit else found)
    left_out = len(found) - len(tasks)
    lines = task_rows(tasks, desk)
    if left_out:
        lines.append(f"{left_out} more: orgpost task list {inbox.name} --limit 0")
    if not tasks:
        lines.append(f"No such tasks of {inbox.name}.")
    data = {"agent": inbox.name, "tasks": [task.to_dict() for task in tasks], "left_out": left_out}
    desk.show.answer(data, lines)


def _found(args: Any, inbox: AgentInbox, desk: Desk) -> Sequence[Task]:
    states = _states(args)
    turns = inbox.in_turn(over=args.all or bool(states - _OPEN))
    if not args.all:
        turns = turns.in_states(states)
    sender = desk.actor(args.sender) if args.sender else None
    if sender is None and not (args.ready or args.blocked or args.awaiting):
        return turns
    return [task for task in turns if _fits(task, args, sender)]


def _states(args: Any) -> frozenset[str]:
    states = frozenset(state.upper() for state in args.state)
    known = frozenset(map(str, TaskState))
    for state in sorted(states - known):
        raise InvalidField("state", f"{state!r} is none of {' '.join(TaskState)}")
    return states or _OPEN


def _fits(task: Task, args: Any, sender: str | None) -> bool:
    is_queued = task.state == TaskState.QUEUED
    return (
        sender in {None, task.sender}
        and (not args.ready or task.ready)
        and (not args.blocked or (is_queued and not task.ready))
        and (not args.awaiting or (task.state == TaskState.WAITING and bool(task.awaiting)))
    )


def run_counts(args: Any, desk: Desk) -> None:
    """Count tasks by their states."""
    inbox = inbox_of(args.agent, desk)
    counts = inbox.counts()
    lines = [f"{number:>6} {name}" for name, number in counts.items() if number]
    desk.show.answer(counts, lines or [f"{inbox.name} has no tasks."])


def run_graph(args: Any, desk: Desk) -> None:
    """Show which tasks wait for which."""
    if args.dot and desk.show.json:
        raise Usage("--dot and --json are two answers", hint="give one of them")
    graph = inbox_of(args.agent, desk).graph()
    desk.show.answer(graph.to_dict(), _dot(graph) if args.dot else _lines(graph))


def _lines(graph: Graph) -> Iterator[str]:
    nodes = {node.id: node for node in graph.nodes}
    waits: dict[str, list[str]] = {}
    for edge in graph.edges:
        waits.setdefault(edge.sender, []).append(edge.to)
    others = [id for id in nodes if id not in set(graph.order)]
    for id in [*graph.order, *others]:
        after = f"  after {' '.join(waits[id])}" if id in waits else ""
        yield one_line(f"{id}  {nodes[id].state}  {nodes[id].title}{after}")
    for cycle in graph.cycles:
        yield one_line(f"a circle: {' -> '.join([*cycle, cycle[0]])}")
    for id in graph.missing:
        yield one_line(f"nobody knows {id}")


def _dot(graph: Graph) -> Iterator[str]:
    yield "digraph tasks {"
    for node in graph.nodes:
        label = f"{node.state} {node.title}"
        yield f"  {_quoted(node.id)} [label={_quoted(label)}];"
    for id in graph.missing:
        yield f"  {_quoted(id)} [style=dashed];"
    for edge in graph.edges:
        yield f"  {_quoted(edge.sender)} -> {_quoted(edge.to)};"
    yield "}"


def _quoted(text: str) -> str:
    return '"' + one_line(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
