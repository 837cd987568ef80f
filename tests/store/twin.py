"""A machine beside a machine: the same disk and the same time, to look at what a look would do."""

from __future__ import annotations

import copy

from orgpost.clock import FakeClock
from orgpost.store.memory_disk import MemoryDisk, Node


def copy_of(disk: MemoryDisk) -> tuple[MemoryDisk, FakeClock]:
    """Give another machine that is the same, to look at without touching this one."""
    assert isinstance(disk.clock, FakeClock)
    clock = copy.copy(disk.clock)
    other = MemoryDisk(clock)
    nodes: dict[int, Node] = {}

    def twin(node: Node) -> Node:
        if node.inode in nodes:
            return nodes[node.inode]
        new = nodes[node.inode] = copy.copy(node)
        if isinstance(node.content, dict):
            new.content = {name: twin(each) for name, each in node.content.items()}
        elif isinstance(node.content, bytearray):
            new.content = bytearray(node.content)
        return new

    other.root, other.boot, other.alive = twin(disk.root), disk.boot, dict(disk.alive)
    other.inodes, other.pids = copy.copy(disk.inodes), copy.copy(disk.pids)
    return other, clock
