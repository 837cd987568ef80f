"""What a disk may hold after its machine lost power, or a process its life, at any instant.

A `Recorder` is a process whose changes to a `MemoryDisk` are written down.  `crashes` walks through
them and gives, for each prefix, the one disk that a kill leaves, and the many that a power cut may
leave: what was not synced is absent, whole, zero, out of order, torn at any sector or cut at any
byte, and each folder has lost its last changes of names from anywhere on.
"""

from __future__ import annotations

import itertools
import stat
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from orgpost.clock import FakeClock
from orgpost.store.memory import MemoryCalls
from orgpost.store.memory_disk import MemoryDisk, Node

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator
    from typing import TypeVar

    T = TypeVar("T")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECTORS = (32, 512)
MOST_PLACES = 400


class Change(NamedTuple):
    """One change of a disk: of a file's bytes, of a folder's names, or a sync, or a remark.

    `what` is "write", "cut", "name" (`other` is what the name means now), "rename" (`other` is the
    new name), "sync" or "step".
    """

    what: str
    inode: int = 0
    offset: int = 0
    data: bytes = b""
    name: str = ""
    other: int | str | None = None
    mtime_ns: int = 0


class Recorder(MemoryCalls):
    """A process whose changes are written down."""

    def __init__(self, disk: MemoryDisk, log: list[Change], nodes: dict[int, Node]) -> None:
        super().__init__(disk)
        self.log, self.nodes = log, nodes

    def wrote(self, node: Node, offset: int, data: bytes) -> None:
        """Write down a write."""
        super().wrote(node, offset, data)
        self.log.append(Change("write", node.inode, offset, data, mtime_ns=node.mtime_ns))

    def cut(self, node: Node, size: int) -> None:
        """Write down a truncation."""
        super().cut(node, size)
        self.log.append(Change("cut", node.inode, size, mtime_ns=node.mtime_ns))

    def made(self, folder: Node, name: str, node: Node) -> Node:
        """Write down a new name."""
        there = super().made(folder, name, node)
        if there is node:
            self.nodes[node.inode] = node
            self.log.append(Change("name", folder.inode, name=name, other=node.inode))
        return there

    def renamed(self, folder: Node, old: str, new: str, node: Node) -> None:
        """Write down a rename."""
        super().renamed(folder, old, new, node)
        self.log.append(Change("rename", folder.inode, name=old, other=new))

    def removed(self, folder: Node, name: str, node: Node) -> None:
        """Write down that a name is gone."""
        super().removed(folder, name, node)
        self.log.append(Change("name", folder.inode, name=name))

    def synced(self, node: Node) -> None:
        """Write down a sync."""
        self.log.append(Change("sync", node.inode))


class Disk(NamedTuple):
    """What a disk holds: each folder's names, each file's bytes and time; `boot` is the block's."""

    names: dict[int, dict[str, int]]
    contents: dict[int, bytes]
    mtimes: dict[int, int]
    killed: bool

    def key(self, root: int) -> tuple[object, ...]:
        """What tells two disks apart for a recovery, times aside."""
        found: list[object] = [self.killed]
        todo = [("", root)]
        while todo:
            path, inode = todo.pop()
            for name, other in sorted(self.names[inode].items()):
                found.append((f"{path}/{name}", other, self.contents.get(other, b"")))
                if other in self.names:
                    todo.append((f"{path}/{name}", other))
        return tuple(found)


@dataclass
class History:
    """A recorded run: the disk as it was at the start, and all that changed."""

    machine: MemoryDisk
    log: list[Change] = field(default_factory=list)
    nodes: dict[int, Node] = field(default_factory=dict)
    start: Disk = field(init=False)

    def __post_init__(self) -> None:
        """Note what is there already."""
        self.start = Disk({}, {}, {}, killed=False)
        todo = [self.machine.root]
        while todo:
            node = todo.pop()
            self.nodes[node.inode] = node
            self.start.mtimes[node.inode] = node.mtime_ns
            if isinstance(node.content, dict):
                self.start.names[node.inode] = {k: v.inode for k, v in node.content.items()}
                todo += node.content.values()
            elif isinstance(node.content, bytearray):
                self.start.contents[node.inode] = bytes(node.content)

    def process(self) -> Recorder:
        """Start a process that is recorded."""
        return Recorder(self.machine, self.log, self.nodes)

    def build(self, disk: Disk, at_ns: int, alive: tuple[int, ...] = ()) -> MemoryDisk:
        """Make a machine with that disk, at that time."""
        now = EPOCH + timedelta(microseconds=at_ns // 1000)
        machine = MemoryDisk(FakeClock(now))
        nodes = {}
        for inode, old in self.nodes.items():
            node = Node(inode, old.mode, old.content, disk.mtimes.get(inode, 0))
            node.links = 0
            nodes[inode] = node
        for inode, node in nodes.items():
            if inode in disk.names:
                node.content = {name: nodes[other] for name, other in disk.names[inode].items()}
                for other in node.content.values():
                    other.links += 1
            elif stat.S_ISREG(node.mode):
                node.content = bytearray(disk.contents.get(inode, b""))
        machine.root = nodes[self.machine.root.inode]
        machine.inodes = itertools.count(max(nodes) + 1)
        machine.pids = itertools.count(next(self.machine.pids) + 1)
        machine.boot = self.machine.boot
        machine.alive = dict.fromkeys(alive, 0.0)
        machine.programs = dict(self.machine.programs)
        if not disk.killed:
            machine.reboot(b"after %d" % crc32(machine.boot))
        return machine


class _Node:
    """What is safe of a file or a folder, and what came after its last sync."""

    def __init__(self, safe: bytes | dict[str, int]) -> None:
        self.safe, self.pending = safe, list[Change]()


def _written(content: bytes, changes: list[Change]) -> bytes:
    data = bytearray(content)
    for change in changes:
        if change.what == "cut":
            del data[change.offset :]
            data.extend(bytes(change.offset - len(data)))
        else:
            data.extend(bytes(max(0, change.offset - len(data))))
            data[change.offset : change.offset + len(change.data)] = change.data
    return bytes(data)


def _named(names: dict[str, int], changes: list[Change]) -> dict[str, int]:
    names = dict(names)
    for change in changes:
        if change.what == "rename":
            names[str(change.other)] = names.pop(change.name)
        elif change.other is None:
            names.pop(change.name, None)
        else:
            names[change.name] = int(change.other)
    return names


def contents(safe: bytes, pending: list[Change]) -> list[bytes]:
    """Give everything that a file may hold after a power cut."""
    new = _written(safe, pending)
    if new == safe:
        return [safe]
    found = dict.fromkeys([safe, new])
    for number in range(len(pending)):
        # written out of order: one alone, all but one, the first ones
        for some in (pending[number : number + 1], pending[:number], pending[number + 1 :]):
            found[_written(safe, some)] = None
    old = safe[: len(new)].ljust(len(new), b"\0")
    found[old] = None
    places = [at for at in range(len(new)) if old[at] != new[at]]
    low, high = (places[0], places[-1] + 1) if places else (0, 0)
    for size in SECTORS:
        for at in _places(low - low % size, high, size):
            found[new[:at] + old[at:]] = None
            found[old[:at] + new[at:]] = None
            found[old[:at] + new[at : at + size] + old[at + size :]] = None
    for at in _places(low, high):
        found[new[:at] + old[at:]] = None
    for size in _places(min(len(safe), len(new)), max(len(safe), len(new))):
        found[new[:size] if len(new) > len(safe) else safe[:size]] = None
    return list(found)


def _places(low: int, high: int, step: int = 1) -> Iterable[int]:
    # In a long write every place would be too many: its ends, and some between.
    places = range(low, high, step)
    if len(places) <= MOST_PLACES:
        return places
    part = MOST_PLACES // 4
    return [*places[:part], *places[part :: len(places) // part], *places[-part:]]


class Walk:
    """Goes through a history, and knows at each place what is safe and what is not."""

    def __init__(self, history: History) -> None:
        self._nodes: dict[int, _Node] = {}
        start = history.start
        for inode, names in start.names.items():
            self._nodes[inode] = _Node(names)
        for inode, data in start.contents.items():
            self._nodes[inode] = _Node(data)
        self._all = history.nodes
        self._mtimes = dict(start.mtimes)

    def take(self, change: Change) -> None:
        """Go one change on."""
        node = self._node(change.inode)
        if change.what == "sync":
            node.safe = self._whole(node)
            node.pending = []
        elif change.what != "step":
            node.pending.append(change)
            self._mtimes[change.inode] = change.mtime_ns
            if change.what == "name" and isinstance(change.other, int):
                self._node(change.other)

    def _node(self, inode: int) -> _Node:
        if inode not in self._nodes:
            folder = inode in self._all and stat.S_ISDIR(self._all[inode].mode)
            self._nodes[inode] = _Node({} if folder else b"")
        return self._nodes[inode]

    def _whole(self, node: _Node) -> bytes | dict[str, int]:
        if isinstance(node.safe, dict):
            return _named(node.safe, node.pending)
        return _written(node.safe, node.pending)

    def killed(self) -> Disk:
        """Give the disk that the kill of a process leaves."""
        return self._disk(
            {inode: self._whole(node) for inode, node in self._nodes.items()}, killed=True
        )

    def _disk(self, found: dict[int, bytes | dict[str, int]], *, killed: bool) -> Disk:
        names = {inode: it for inode, it in found.items() if isinstance(it, dict)}
        files = {inode: it for inode, it in found.items() if isinstance(it, bytes)}
        return Disk(names, files, dict(self._mtimes), killed)

    def safest(self) -> Disk:
        """Give the disk of a power cut that took everything that was not synced."""
        return self._disk({inode: node.safe for inode, node in self._nodes.items()}, killed=False)

    def power_cuts(self, rng: random.Random, most: int) -> Iterator[Disk]:
        """Give the disks that a power cut may leave, at most so many of them, drawn by chance."""
        choices: dict[int, list[bytes | dict[str, int]]] = {}
        for inode, node in self._nodes.items():
            if isinstance(node.safe, dict):
                choices[inode] = [*_prefixes(node.safe, node.pending)]
            else:
                choices[inode] = [*contents(node.safe, node.pending)]
        for chosen in _some_of(list(choices.values()), rng, most):
            yield self._disk(dict(zip(choices, chosen, strict=True)), killed=False)


def _prefixes(safe: dict[str, int], pending: list[Change]) -> list[dict[str, int]]:
    found: list[dict[str, int]] = []
    for size in range(len(pending) + 1):
        names = _named(safe, pending[:size])
        if names not in found:
            found.append(names)
    return found


def _some_of(lists: list[list[T]], rng: random.Random, most: int) -> Iterator[tuple[T, ...]]:
    total = 1
    for each in lists:
        total *= len(each)
    if total <= most:
        yield from itertools.product(*lists)
        return
    for number in sorted(rng.sample(range(total), most)):
        chosen = []
        rest = number
        for each in lists:
            rest, place = divmod(rest, len(each))
            chosen.append(each[place])
        yield tuple(chosen)
