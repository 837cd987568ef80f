"""Which tasks wait for which: what `task graph` shows of one agent. Nothing is decided here."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from orgpost.agent_inbox.dependencies import Dependencies, Known
from orgpost.agent_inbox.rows import rows
from orgpost.agent_inbox.shelf import Found, state_of
from orgpost.org.scan import Span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orgpost.agent_inbox.shelf import TaskShelf


class Node(NamedTuple):
    """One task of the picture."""

    id: str
    title: str
    state: str


class Edge(NamedTuple):
    """The task `sender` waits for the task `to`."""

    sender: str
    to: str


class Graph(NamedTuple):
    """The tasks of an agent and what they wait for; what is waited for comes first in `order`."""

    nodes: list[Node]
    edges: list[Edge]
    order: list[str]
    cycles: list[list[str]]
    missing: list[str]

    def to_dict(self) -> dict[str, object]:
        """Give the graph as ``--json`` prints it."""
        return {
            "nodes": [node._asdict() for node in self.nodes],
            "edges": [{"from": edge.sender, "to": edge.to} for edge in self.edges],
            "order": self.order,
            "cycles": self.cycles,
            "missing": self.missing,
        }


class _Seen(NamedTuple):
    node: Node
    depends_on: tuple[str, ...]


def graph(shelf: TaskShelf, name: str) -> Graph:
    """Draw the hot tasks of one agent, with those of others that they wait for."""
    seen = _seen(shelf, name)
    nodes = [each.node for each in seen.values()]
    edges = [Edge(id, other) for id, each in seen.items() for other in each.depends_on]
    missing = list(dict.fromkeys(edge.to for edge in edges if edge.to not in seen))
    order = _order({id: each.depends_on for id, each in seen.items()})
    known = Dependencies(Known(id, each.node.state, each.depends_on) for id, each in seen.items())
    cycles = known.cycles()
    return Graph(nodes, edges, order, cycles, missing)


def _seen(shelf: TaskShelf, name: str) -> dict[str, _Seen]:
    seen: dict[str, _Seen] = {}
    wanted: set[str] = set()
    for source in (shelf.agent(name), *shelf.everything()):
        is_own = source.name == name and source.folder == "agents" and not source.archived
        for row in rows(source.data, source.kind):
            if row.id in seen or not (is_own or row.id in wanted):
                continue
            title = shelf.plain_task(Found(source, Span(row.start, row.end))).title
            node = Node(row.id, title, state_of(source, row))
            seen[row.id] = _Seen(node, row.depends_on if is_own else ())
            wanted.update(row.depends_on if is_own else ())
    return seen


def _order(depends_on: Mapping[str, Sequence[str]]) -> list[str]:
    """Put what is waited for first; whatever waits for a circle is left out."""
    waits = {id: {each for each in on if each in depends_on} for id, on in depends_on.items()}
    behind: dict[str, list[str]] = {id: [] for id in waits}
    for id, on in waits.items():
        for each in on:
            behind[each].append(id)
    order = [id for id, on in waits.items() if not on]
    for id in order:
        for each in behind[id]:
            waits[each].discard(id)
            if not waits[each]:
                order.append(each)
    return order
