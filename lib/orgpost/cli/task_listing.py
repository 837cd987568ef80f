"""`task list`, `counts` and `graph`: many tasks at one look. Nothing is written by looking."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from orgpost.cli.show import one_line
from orgpost.cli.task_words import agent_of, inbox_of, my_agents, task_rows
from orgpost.errors import InvalidField, Usage
from orgpost.states import TaskState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from orgpost.agent_inbox import AgentInbox
    from orgpost.agent_inbox.graph import Graph
    from orgpost.agent_inbox.listing import Turns
    from orgpost.cli.desk import Desk
    from orgpost.task import Task

_OPEN: Final = frozenset({TaskState.WAITING, TaskState.QUEUED, TaskState.WORKING})
_RANKS: Final[Mapping[str, int]] = {TaskState.WORKING: 0, TaskState.QUEUED: 1, TaskState.WAITING: 2}
_OVER: Final = 3


class _Place(NamedTuple):
    """Where one task stands; `turn` counts those of its state in the list of its agent."""

    state: str
    turn: int
    turns: Turns
    at: int


def run_list(args: Any, desk: Desk) -> None:
    """List tasks."""
    if args.mine and args.agent:
        raise Usage("AGENT and --mine are two lists", hint="give one of them")
    inboxes = [desk.post.inbox(name) for name in my_agents(desk)] if args.mine else []
    name = None if args.mine else agent_of(args.agent, desk)
    if name is not None:
        inboxes = [desk.post.inbox(name)]
    found = _in_turn([_found(args, inbox, desk) for inbox in inboxes])
    shown = _first(found, args.limit, args.each)
    tasks = [place.turns[place.at] for place in shown]
    left_out = len(found) - len(shown)
    lines = task_rows(tasks, desk)
    if left_out:
        lines.append(f"{left_out} more: orgpost task list {name or '--mine'} --limit 0")
    if not tasks:
        lines.append(f"No such tasks of {name or 'yours'}.")
    listed = [task.to_dict() for task in tasks]
    by_state = dict(Counter(place.state for place in found))
    data = {"agent": name, "tasks": listed, "left_out": left_out, "by_state": by_state}
    desk.show.answer(data, lines)


def _in_turn(lists: Sequence[Turns]) -> list[_Place]:
    """Make one list of several: by state, and whoever is first with its agent comes first."""
    places = [place for turns in lists for place in _places(turns)]
    return sorted(places, key=lambda place: (_RANKS.get(place.state, _OVER), place.turn))


def _places(turns: Turns) -> Iterator[_Place]:
    seen: Counter[str] = Counter()
    for at, row in enumerate(turns.rows):
        # What is over stays in the order of its file, whatever its states are.
        rank = row.state if row.state in _RANKS else ""
        yield _Place(row.state, seen[rank], turns, at)
        seen[rank] += 1


def _first(found: Sequence[_Place], limit: int, each: int) -> list[_Place]:
    if each:
        seen: Counter[str] = Counter()
        kept = []
        for place in found:
            seen[place.state] += 1
            if seen[place.state] <= each:
                kept.append(place)
        found = kept
    return list(found[:limit] if limit else found)


def _found(args: Any, inbox: AgentInbox, desk: Desk) -> Turns:
    states = _states(args)
    turns = inbox.in_turn(over=args.all or bool(states - _OPEN))
    if not args.all:
        turns = turns.in_states(states)
    if args.planned:
        turns = turns.planned()
    sender = desk.actor(args.sender) if args.sender else None
    if sender is None and not (args.ready or args.blocked or args.awaiting):
        return turns
    return turns.fitting(lambda task: _fits(task, args, sender))


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
