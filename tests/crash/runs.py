"""Runs of scenarios that were recorded, the crashes that they could have had, and recoveries."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from orgpost.clock import FakeClock
from orgpost.org import scan, syntax
from orgpost.store.disk import SCRATCH
from orgpost.store.journal import outcomes_of, without_voids
from orgpost.store.journal_file import JournalFile
from orgpost.store.memory import MemoryCalls, MemoryStore
from orgpost.store.memory_disk import SPACE, MemoryDisk
from tests.crash.power import Change, Disk, History, Walk
from tests.crash.scenarios import PATHS, Model, Play, Scenario, Step, apply
from tests.store.stages import INBOX

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from orgpost.store.files import FileStore
    from orgpost.store.memory_disk import Node

SECOND_NS = 10**9


class Crash(NamedTuple):
    """One disk, at what time, and where in the run: so many steps were told, one may have begun."""

    disk: Disk
    at_ns: int
    told: int
    begun: bool


@dataclass
class Run:
    """A scenario as it was recorded."""

    scenario: Scenario
    history: History
    models: list[Model]
    living: tuple[int, ...]

    @property
    def root(self) -> int:
        """The inode of the root."""
        return self.history.machine.root.inode

    def crashes(self, rng: random.Random, most: int) -> Iterator[Crash]:
        """Give every crash there is; of the power cuts after each change, at most so many."""
        walk = Walk(self.history)
        at_ns, told, begun = 0, 0, False
        for change in self.history.log:
            walk.take(change)
            if change.what == "step":
                at_ns, begun = change.mtime_ns, change.name == "begin"
                told += not begun
            if begun and (change.what == "step" or self.scenario.steps[told].by_person):
                continue
            yield Crash(walk.killed(), at_ns, told, begun)
            for disk in walk.power_cuts(rng, most):
                yield Crash(disk, at_ns, told, begun)

    def allowed(self, crash: Crash) -> list[Model]:
        """Give what may be found after a crash."""
        model = self.models[crash.told]
        return self.scenario.steps[crash.told].in_between(model) if crash.begun else [model]

    def machine(self, crash: Crash, seconds: float) -> MemoryDisk:
        """Let the crash be over, so many seconds ago."""
        at_ns = crash.at_ns + int(seconds * SECOND_NS)
        return self.history.build(crash.disk, at_ns, self.living)

    def words(self, crash: Crash) -> str:
        """Say where a crash was."""
        step = self.scenario.steps[crash.told].words if crash.begun else "nothing"
        how = "a kill" if crash.disk.killed else "a power cut"
        return f"{self.scenario.words}: {how} after {crash.told} steps, in {step}"


def record(scenario: Scenario, machine: MemoryDisk | None = None) -> Run:
    """Play a scenario, and write down what it changes on the disk."""
    if machine is None:
        machine = prepared(scenario)
    clock = machine.clock
    assert isinstance(clock, FakeClock)
    history = History(machine)
    play = Play(history.process, clock)
    for step in scenario.steps:
        clock.advance(0.01)
        history.log.append(Change("step", name="begin", mtime_ns=clock.wall_ns()))
        step.act(play)
        history.log.append(Change("step", name="end", mtime_ns=clock.wall_ns()))
    return Run(scenario, history, scenario.models(), (play.person.calls.pid(),))


def prepared(scenario: Scenario) -> MemoryDisk:
    """Give a machine with what is there before a scenario, all of it safe."""
    clock = FakeClock()
    machine = MemoryDisk(clock)
    if scenario.given:
        play = Play(lambda: MemoryCalls(machine), clock)
        for step in scenario.given:
            step.act(play)
        clock.advance(1)
        for path in PATHS:
            play.store.confirm(path)
        play.store.close()
    return machine


def read(store: MemoryStore) -> Model:
    """Give the entries of each file, as every reader sees them."""
    there = {INBOX, *store.names("inbox"), *store.names("archive"), *journalled(store)}
    return {path: entries(store, path) if path in there else () for path in PATHS}


def journalled(store: MemoryStore) -> set[str]:
    """Name the files that have a journal."""
    with suppress(FileNotFoundError), store.disk.folder(".orgpost/journal") as folder:
        names = store.calls.names(folder)
        return {name.removesuffix(".j").replace("+", "/") for name in names}
    return set()


def entries(store: MemoryStore, path: str) -> tuple[bytes, ...]:
    """Give the entries of a file; its header is there whole, or nothing is."""
    view = store.view(path)
    data = with_outcomes(store, path, view.data) if view.outcomes else view.data
    spans = scan.spans(data)
    before = data[: spans[0].start] if spans else data
    assert before in {b"", syntax.header(path)}, f"torn header: {before!r}"
    return tuple(data[start:end] for start, end in spans)


def with_outcomes(store: FileStore, path: str, data: bytes) -> bytes:
    """Put in what was told and waits for a person's save, as the journal has it."""
    reading = JournalFile(store.disk, store.clock, path).peek()
    for part in () if reading is None else outcomes_of(without_voids(reading.records)):
        span = scan.find_id(data, part.id)
        if span is None:
            continue  # a person removed the entry; what was told of it is kept aside later
        raw = apply(data[span.start : span.end], syntax.MESSAGE, part.new)
        assert raw is not None, "an outcome that cannot be put in"
        data = data[: span.start] + raw + data[span.end :]
    return data


def process(machine: MemoryDisk) -> MemoryStore:
    """Start a process that knows outcomes."""
    return MemoryStore(disk=machine, lock_seconds=1, apply=apply)


def recover(machine: MemoryDisk) -> Model:
    """Let a new process read everything, then another: it finds the same and changes nothing."""
    first = read(process(machine))
    before = dict(files(machine.find(SPACE)))
    assert read(process(machine)) == first, "the second look differs"
    after = dict(files(machine.find(SPACE)))
    changed = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    assert changed == set(), "the second recovery changed something"
    return first


def go_on(machine: MemoryDisk, before: Model, step: Step) -> None:
    """Do one more step, and cut the power as soon as it is told: it is there, and all before it."""
    history = History(machine)
    assert isinstance(machine.clock, FakeClock)
    play = Play(history.process, machine.clock)
    step.act(play)
    walk = Walk(history)
    for change in history.log:
        walk.take(change)
    after = history.build(walk.safest(), machine.clock.wall_ns() + 3 * SECOND_NS)
    assert recover(after) == step.change(before), "what was told after the crash is lost"


def files(node: Node, path: str = "") -> Iterator[tuple[str, tuple[int, object]]]:
    """Give every file below a folder, what living processes hold apart."""
    if isinstance(node.content, dict):
        for name, below in node.content.items():
            if name not in {"locks", "run"}:
                yield from files(below, f"{path}/{name}")
    else:
        yield (
            path,
            (node.inode, node.content if isinstance(node.content, str) else bytes(node.data())),
        )


def kept_aside(machine: MemoryDisk) -> list[str]:
    """Name what is in quarantine."""
    return [path for path, _ in files(machine.find(SPACE)) if "/quarantine/" in path]


def scratches(machine: MemoryDisk) -> list[str]:
    """Name the scratch files of the inbox and its journal."""
    there = (path for path, _ in files(machine.find(SPACE)) if path.endswith(SCRATCH))
    return [path for path in there if "tex.org" in path and "/archive/" not in path]
