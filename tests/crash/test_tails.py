"""The last entries of a file, and the last record of its journal, cut and garbled at every byte.

A machine that lost power leaves such tails, or another program; then somebody looks, and goes on.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from orgpost.clock import FakeClock
from orgpost.org import scan, syntax
from orgpost.store.journal import encode_record, read
from orgpost.store.journal_file import FOLDER
from orgpost.store.memory import MemoryCalls, MemoryStore
from orgpost.store.memory_disk import SPACE, MemoryDisk
from orgpost.store.page import ROOT
from tests.crash.power import Disk, History
from tests.crash.scenarios import THREE, Play, Step, confirm, mark, send, text_of
from tests.store.stages import INBOX, entries_of

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

STRIDE: Final = {"small": 16, "ci": 2, "nightly": 1}[os.environ.get("SIZE", "ci")]
ORG: Final = f"{SPACE}/{ROOT}/{INBOX}"
JOURNAL: Final = f"{SPACE}/{FOLDER}/{INBOX.replace('/', '+')}.j"
SECOND_NS: Final = 10**9
STRANGER: Final = text_of(76, 800) + text_of(77, 800)


class Scene(NamedTuple):
    """What was done last, and before that."""

    words: str
    given: tuple[Step, ...]
    steps: tuple[Step, ...]
    crlf: bool = False


SCENES: Final = (
    Scene("one entry", THREE, (send(4),)),
    Scene("the first entry", (), (send(4),)),
    Scene("two entries", (*THREE, confirm()), (send(4, 5),)),
    Scene("a long entry", THREE, (send(4, size=600),)),
    Scene("a marked entry", THREE, (send(4), mark("READ", 4))),
    Scene("CRLF", THREE, (send(4),), crlf=True),
)
each_scene = pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.words)


class Ruin(NamedTuple):
    """A disk before it is damaged.

    `before` stands before the last entries, and `earlier` stood there before the last step.
    """

    history: History
    before: bytes
    earlier: bytes
    data: bytes
    journal: bytes

    def told(self) -> list[bytes]:
        """Give the last entries."""
        return entries_of(self.data[len(self.before) :])

    def last_record(self) -> tuple[int, int]:
        """Say where the last record of the journal stands."""
        reading = read(self.journal)
        assert reading is not None
        return reading.end - len(encode_record(reading.records[-1])), reading.end

    def damaged(self, *, org: bytes, journal: bytes, power: bool) -> MemoryDisk:
        """Let these bytes be found, after a power cut or after another program."""
        machine, start = self.history.machine, self.history.start
        inode = machine.find(ORG).inode
        now = machine.clock.wall_ns()
        contents = start.contents | {inode: org, machine.find(JOURNAL).inode: journal}
        mtimes = start.mtimes | ({} if power else {inode: now + SECOND_NS})
        disk = Disk(start.names, contents, mtimes, killed=not power)
        return self.history.build(disk, now + 3 * SECOND_NS)


def ruin(scene: Scene) -> Ruin:
    """Play a scene."""
    clock = FakeClock()
    machine = MemoryDisk(clock)
    play = Play(lambda: MemoryCalls(machine), clock)
    for step in scene.given:
        step.act(play)
    if scene.crlf:
        play.person.edit(INBOX, lambda data: data.replace(b"\n", b"\r\n"))
        clock.advance(1)
        play.store.view(INBOX)
    before = play.person.read(INBOX) or syntax.header(INBOX)
    earlier = before
    for step in scene.steps:
        earlier = play.person.read(INBOX) or before
        step.act(play)
    play.store.close()
    facts = (bytes(machine.find(path).data()) for path in (ORG, JOURNAL))
    return Ruin(History(machine), before, earlier, *facts)


def tails(rest: bytes, rng: random.Random) -> Iterator[tuple[str, bytes]]:
    """Give what may stand in the place of a tail."""
    yield "cut", b""
    yield "zeros", bytes(len(rest))
    yield "more zeros", bytes(len(rest) + 600)
    # Not what was there, nor a zero: of one or two bytes chance would make that now and then.
    first = rng.choice([byte for byte in range(1, 256) if byte != rest[0]])
    yield "garbage", bytes([first]) + rng.randbytes(len(rest) - 1)
    yield "another file's", STRANGER[-len(rest) :]


@pytest.fixture(scope="module")
def tally() -> Iterator[Counter[str]]:
    """Count, and say at the end what was counted."""
    counts: Counter[str] = Counter()
    yield counts
    print(", ".join(f"{count} {words}" for words, count in counts.items()))


def look(machine: MemoryDisk) -> tuple[bytes, list[bytes]]:
    """Look twice; gives what readers see, and what is in quarantine."""
    found = MemoryStore(disk=machine).view(INBOX).data
    again = MemoryStore(disk=machine)
    assert again.view(INBOX).data == found, "the second look differs"
    return found, [kept.data for kept in again.quarantined()]


def go_on(machine: MemoryDisk, found: bytes) -> None:
    """Send one more: it comes behind all that was seen."""
    store = MemoryStore(disk=machine)
    store.append(INBOX, [(b"msg-99", text_of(99))])
    store.confirm(INBOX)
    data = bytes(machine.find(ORG).data())
    assert data.startswith(found)
    assert scan.find_id(data, b"msg-99") is not None


def cuts(there: Ruin, rng: random.Random) -> Iterator[tuple[str, bytes, bytes]]:
    """Give what may stand in the file for its last entries, and which part of that is not ours."""
    for at in range(len(there.before), len(there.data), STRIDE):
        for words, tail in tails(there.data[at:], rng):
            yield f"{words} at {at}", there.data[:at] + tail, tail


@each_scene
def test_an_entry_that_lost_its_tail_with_the_power_comes_back(
    scene: Scene, rng: random.Random, tally: Counter[str]
) -> None:
    """Cut or zeros: all is as told. Other bytes: they stay, and the entry is there or kept."""
    there = ruin(scene)
    for words, org, tail in cuts(there, rng):
        machine = there.damaged(org=org, journal=there.journal, power=True)
        found, kept = look(machine)
        assert found.startswith(there.before), words
        if not tail.strip(b"\0"):
            assert found.rstrip(b"\0") == there.data, words
        else:
            assert tail in found or tail in kept, words
            assert all(found.count(text) == 1 or text in kept for text in there.told()), words
        go_on(machine, found)
        tally["tails cut"] += 1


@each_scene
def test_what_another_program_did_to_the_last_entry_stands(
    scene: Scene, rng: random.Random, tally: Counter[str]
) -> None:
    """Nothing of it is removed; an entry whose id is gone comes back, for it is young."""
    there = ruin(scene)
    for words, org, _ in cuts(there, rng):
        machine = there.damaged(org=org, journal=there.journal, power=False)
        found, kept = look(machine)
        assert found.startswith(org), words
        lost = [text for text in there.told() if identity(text) not in ids(org)]
        assert all(found.count(text) == 1 for text in lost), words
        assert sorted(ids(found)) == sorted({*ids(org), *map(identity, lost)}), words
        assert kept == [], words
        go_on(machine, found)
        tally["tails cut"] += 1


@each_scene
@pytest.mark.parametrize("power", [True, False])
def test_what_no_journal_knows_is_left_as_it_is(
    *, power: bool, scene: Scene, rng: random.Random, tally: Counter[str]
) -> None:
    """After a confirmation nobody can know better than the file; and nothing stops for it."""
    there = ruin(scene._replace(steps=(*scene.steps, confirm())))
    for words, org, _ in cuts(there, rng):
        machine = there.damaged(org=org, journal=there.journal, power=power)
        found, kept = look(machine)
        assert (found, kept) == (org, []), words
        go_on(machine, found)
        tally["tails cut"] += 1


@each_scene
@pytest.mark.parametrize("written", [True, False])
def test_a_record_that_lost_its_tail_is_none(
    *, written: bool, scene: Scene, rng: random.Random, tally: Counter[str]
) -> None:
    """What the file holds stays, and nothing comes into it that was not told."""
    there = ruin(scene)
    org = there.data if written else there.earlier
    start, end = there.last_record()
    for at in range(start, end, STRIDE):
        for words, tail in tails(there.journal[at:end], rng):
            rest = b"" if words == "cut" else there.journal[at + len(tail) :]
            journal = there.journal[:at] + tail + rest
            machine = there.damaged(org=org, journal=journal, power=True)
            found, kept = look(machine)
            assert found == org, (at, words)
            assert set(kept) <= set(entries_of(there.earlier)), (at, words)
            go_on(machine, found)
            tally["tails cut"] += 1


def ids(data: bytes) -> list[bytes]:
    """Name the entries of a file, in its order."""
    return [identity for identity, _ in scan.find_all_ids(data)]


def identity(text: bytes) -> bytes:
    """Name an entry."""
    return scan.entry_id(text, scan.Span(0, len(text))) or b""
