"""Tables that are only appended to: nothing told is lost to a kill, nothing is put in twice."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import pytest

from orgpost.budget import row
from orgpost.budget.row import Row
from orgpost.clock import FakeClock
from orgpost.errors import Busy, Conflict, DiskFailed, NoSpace, NotPermitted
from orgpost.store.memory import Killed, MemoryCalls, MemoryStore
from orgpost.store.memory_disk import SPACE, MemoryDisk
from orgpost.store.person import Person
from orgpost.store.rows import Alone, Table
from tests.store.stages import STAGES, Stage, stage

if TYPE_CHECKING:
    from pathlib import Path

DAY: Final = "2026-11-20"
PATH: Final = f"ledger/{DAY}.org"
TABLE: Final = Table(PATH, row.header(DAY).encode(), partial(row.is_torn, day=DAY))


def line(number: int) -> bytes:
    """A row that tells its number."""
    return Row(f"{DAY}T08:00:00Z", row.SPEND, "crt", tokens=number).to_text().encode()


def numbers(data: bytes | None) -> list[int]:
    """The rows of a table, by their numbers; each line is whole."""
    found = row.read((data or b"").decode(), DAY)
    assert found.bad == ()
    return [row.row_of(raw).tokens for raw in found.rows]


@pytest.fixture(params=STAGES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    """A disk, a disk without syncs, and memory."""
    return stage(request.param, tmp_path)


def raw(place: Stage) -> bytes:
    """The file itself."""
    return place.person.read(PATH)


def test_rows_come_in_the_order_in_which_they_were_told(place: Stage) -> None:
    """The first makes the file, with its header."""
    store = place.store()
    for number in range(5):
        store.rows.append(TABLE, line(number), synced=number % 2 == 0)
    assert raw(place) == TABLE.header + b"".join(map(line, range(5)))
    assert place.store().rows.read(TABLE) == raw(place)


def test_a_table_that_is_not_there_is_none(place: Stage) -> None:
    """And looking makes none."""
    assert place.store().rows.read(TABLE) is None
    assert place.store().rows.alone("ledger", lambda alone: alone.read(TABLE)) is None
    assert raw(place) == b""


def test_a_table_is_begun_with_its_first_rows_at_once_and_only_once(place: Stage) -> None:
    """Who comes second is told so, and nothing is written over."""
    store = place.store()

    def begin(number: int) -> bool:
        return store.rows.alone("ledger", lambda alone: alone.create(TABLE, line(number)))

    begun = [begin(number) for number in range(2)]
    assert (begun, numbers(raw(place))) == ([True, False], [0])


@pytest.mark.parametrize("size", [1, 3, 40, len(line(7)) - 2])
def test_a_torn_row_is_cut_off_before_the_next(place: Stage, size: int) -> None:
    """Readers do not see it, and whoever writes puts its own in its place."""
    store = place.store()
    store.rows.append(TABLE, line(1))
    place.person.edit(PATH, lambda data: data + line(7)[:size])
    place.pass_time(3)
    assert numbers(store.rows.read(TABLE)) == [1]
    store.rows.append(TABLE, line(2))
    assert raw(place) == TABLE.header + line(1) + line(2)


def test_a_whole_row_without_its_line_end_stays(place: Stage) -> None:
    """An editor may have taken the line end away; the row is none the less told."""
    store = place.store()
    store.rows.append(TABLE, line(1))
    place.person.edit(PATH, lambda data: data[:-1])
    place.pass_time(3)
    store.rows.append(TABLE, line(2))
    assert raw(place) == TABLE.header + line(1) + line(2)


def test_a_persons_last_line_stays_and_is_ended(place: Stage) -> None:
    """It is no row of ours, so it is not ours to cut."""
    store = place.store()
    store.rows.append(TABLE, line(1))
    place.person.edit(PATH, lambda data: data + b"a note")
    place.pass_time(3)
    store.rows.append(TABLE, line(2))
    assert raw(place) == TABLE.header + line(1) + b"a note\n" + line(2)


def test_zeros_that_a_power_cut_left_are_taken_away(place: Stage) -> None:
    """In the middle and at the end; what is whole around them stays."""
    store = place.store()
    store.rows.append(TABLE, line(1))
    torn = line(3)[:20] + b"\0" * 30 + b"\n" + line(4) + b"\0" * 50
    place.person.edit(PATH, lambda data: data + torn)
    place.pass_time(3)
    assert numbers(store.rows.read(TABLE)) == [1, 4]
    store.rows.append(TABLE, line(5))
    assert raw(place) == TABLE.header + line(1) + line(4) + line(5)


def test_a_snapshot_that_is_a_second_name_stays_as_it_was(place: Stage) -> None:
    """A file with two names is only ever replaced."""
    store = place.store()
    store.rows.append(TABLE, line(1))
    with place.disk().folder("org/messaging/ledger") as fd:
        place.person.calls.link(f"{DAY}.org", "kept.org", folder=fd)
    store.rows.append(TABLE, line(2))
    assert numbers(place.person.read("ledger/kept.org")) == [1]
    assert numbers(raw(place)) == [1, 2]


# -- a person with unsaved changes ---------------------------------------------------------------


def test_rows_wait_for_a_person_and_are_put_in_once(place: Stage) -> None:
    """The file is not touched meanwhile, everybody sees them, and their order is kept."""
    store = place.store()
    store.rows.append(TABLE, line(1))
    before = raw(place)
    place.person.lock(PATH)
    store.rows.append(TABLE, line(2))
    store.rows.append(TABLE, line(3), synced=True)
    assert raw(place) == before
    assert numbers(place.store().rows.read(TABLE)) == [1, 2, 3]
    place.person.save(PATH, before + b"a note\n")
    place.person.unlock(PATH)
    place.pass_time(3)
    store.rows.append(TABLE, line(4))
    assert raw(place) == before + b"a note\n" + line(2) + line(3) + line(4)
    assert [name for name in place.names(".orgpost/journal") if ".rows" in name] == []


def test_rows_wait_for_a_table_that_a_person_is_about_to_make(place: Stage) -> None:
    """The buffer has a name and no file yet."""
    place.person.lock(PATH)
    store = place.store()
    store.rows.append(TABLE, line(1))
    assert (raw(place), numbers(store.rows.read(TABLE))) == (b"", [1])
    place.person.unlock(PATH)
    store.rows.append(TABLE, line(2))
    assert raw(place) == TABLE.header + line(1) + line(2)


def test_equal_rows_are_two_rows(place: Stage) -> None:
    """Two may be told in one second; the one that waited is not taken for the one before."""
    store = place.store()
    store.rows.append(TABLE, line(1))
    place.person.lock(PATH)
    store.rows.append(TABLE, line(1))
    place.person.unlock(PATH)
    store.rows.append(TABLE, line(1))
    assert numbers(raw(place)) == [1, 1, 1]


# -- kills and failing disks ---------------------------------------------------------------------


class Waiting:
    """A machine on which two rows wait, and the process that is about to put them in."""

    def __init__(self) -> None:
        self.disk = MemoryDisk(FakeClock())
        self.person = Person(SPACE, MemoryCalls(self.disk))
        store = self.process()
        store.rows.append(TABLE, line(1))
        self.person.lock(PATH)
        store.rows.append(TABLE, line(2))
        store.rows.append(TABLE, line(3))
        self.person.unlock(PATH)

    def process(self) -> MemoryStore:
        """Start a process."""
        return MemoryStore(self.disk.clock, disk=self.disk, lock_seconds=0)

    def seen(self) -> list[int]:
        """What a reader sees."""
        return numbers(self.process().rows.read(TABLE))


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("short", [None, 30])
def test_a_kill_while_rows_are_put_in_neither_loses_nor_doubles_one(
    *, align: bool, short: int | None
) -> None:
    """At each call, also where a person aligns the table before anybody comes again."""
    deaths = 0
    while True:
        scene = Waiting()
        store = scene.process()
        store.calls.short = short
        store.calls.die(deaths + 1)
        try:
            store.rows.append(TABLE, line(4))
        except Killed:
            deaths += 1
        else:
            break
        assert scene.seen()[:3] == [1, 2, 3]
        if align and scene.person.read(PATH).endswith(b"|\n"):
            scene.person.edit(PATH, lambda data: data.replace(b" | ", b"  |   "))
            scene.disk.clock.sleep(3)
        scene.process().rows.append(TABLE, line(5))
        assert [n for n in numbers(scene.person.read(PATH)) if n != 4] == [1, 2, 3, 5]
    assert deaths > 30


def test_a_kill_while_a_row_is_written_leaves_it_whole_or_not_at_all() -> None:
    """At each call, and in the middle of a write."""
    for nth in range(1, 100):
        disk = MemoryDisk(FakeClock())
        first = MemoryStore(disk.clock, disk=disk, lock_seconds=0)
        first.rows.append(TABLE, line(1))
        store = MemoryStore(disk.clock, disk=disk, lock_seconds=0)
        store.calls.short = 30
        store.calls.die(nth)
        try:
            store.rows.append(TABLE, line(2))
        except Killed:
            pass
        else:
            return
        after = MemoryStore(disk.clock, disk=disk, lock_seconds=0)
        assert numbers(after.rows.read(TABLE)) in ([1], [1, 2])
        after.rows.append(TABLE, line(3))
        assert [n for n in numbers(after.rows.read(TABLE)) if n != 2] == [1, 3]
    pytest.fail("it never ended")


@pytest.mark.parametrize("number", [28, 5])
def test_a_failing_disk_leaves_the_table_as_it_was(number: int) -> None:
    """Whichever call fails, the error is one of ours, and rows are whole."""
    failed = 0
    for nth in range(1, 200):
        disk = MemoryDisk(FakeClock())
        store = MemoryStore(disk.clock, disk=disk, lock_seconds=0)
        store.rows.append(TABLE, line(1))
        store.calls.fail(number, nth=nth)
        before = store.calls.count
        try:
            store.rows.append(TABLE, line(2), synced=True)
        except (NoSpace, DiskFailed, NotPermitted, Busy):
            failed += 1
        except OSError:
            failed += 1
        if store.calls.count - before < nth:
            break
        fresh = MemoryStore(disk.clock, disk=disk, lock_seconds=0)
        assert numbers(fresh.rows.read(TABLE)) in ([1], [1, 2])
    assert failed > 10


def test_a_row_that_an_editor_wrote_over_is_written_again() -> None:
    """Its save by rename came in the same instant: the new file gets the row."""
    disk = MemoryDisk(FakeClock())
    person = Person(SPACE, MemoryCalls(disk))
    store = MemoryStore(disk.clock, disk=disk, lock_seconds=0)
    store.rows.append(TABLE, line(1))
    saves = iter([True])

    def before(call: str) -> None:
        if call == "write" and next(saves, False):
            person.save(PATH, TABLE.header + line(1) + b"# mine\n", how="rename")

    store.calls.before = before
    store.rows.append(TABLE, line(2))
    assert person.read(PATH) == TABLE.header + line(1) + b"# mine\n" + line(2)


def test_whoever_never_stops_saving_is_a_conflict() -> None:
    """Five times, then it is said."""
    disk = MemoryDisk(FakeClock())
    person = Person(SPACE, MemoryCalls(disk))
    store = MemoryStore(disk.clock, disk=disk, lock_seconds=0)
    store.rows.append(TABLE, line(1))

    def before(call: str) -> None:
        if call == "write":
            person.save(PATH, TABLE.header, how="rename")

    store.calls.before = before
    with pytest.raises(Conflict):
        store.rows.append(TABLE, line(2))


# -- alone ---------------------------------------------------------------------------------------


def test_only_one_decides_at_a_time(place: Stage) -> None:
    """The other one is told who is at it."""
    store, other = place.store(), place.store()

    def work(alone: Alone) -> None:
        with pytest.raises(Busy):
            other.rows.alone("ledger", lambda alone: None)

    store.rows.alone("ledger", work)
    other.rows.alone("ledger", lambda alone: None)


def test_a_boot_is_new_until_somebody_has_looked_what_was_lost(place: Stage) -> None:
    """Then no other process need look."""
    store = place.store()
    seen = [store.rows.alone("ledger", lambda alone: alone.new_boot) for _ in range(2)]
    store.rows.alone("ledger", lambda alone: alone.know_boot())
    seen.append(place.store().rows.alone("ledger", lambda alone: alone.new_boot))
    assert seen == [True, True, False]


def test_reading_needs_no_lock_and_no_private_folder(place: Stage) -> None:
    """On a disk that cannot be written to, a ledger is read."""
    store = place.store()
    store.rows.append(TABLE, line(1))
    reader = place.store()
    store.rows.alone("ledger", lambda alone: numbers(reader.rows.read(TABLE)))
    assert numbers(reader.rows.read(TABLE)) == [1]


def test_rows_that_waited_are_put_in_again_where_an_editor_wrote_over_them() -> None:
    """Its save by rename came while they were put in: none is lost, none is there twice."""
    scene = Waiting()
    store = scene.process()
    saves = iter([True])

    def before(call: str) -> None:
        if call == "write" and next(saves, False):
            scene.person.save(PATH, TABLE.header + line(1) + b"# mine\n", how="rename")

    store.calls.before = before
    store.rows.append(TABLE, line(4))
    mine = TABLE.header + line(1) + b"# mine\n"
    assert scene.person.read(PATH) == mine + line(2) + line(3) + line(4)


def test_what_waits_is_counted(place: Stage) -> None:
    """And for whom it waits is said."""
    store = place.store()
    assert store.rows.waiting(TABLE) == (0, None)
    place.person.lock(PATH)
    store.rows.append(TABLE, line(1))
    count, editor = store.rows.waiting(TABLE)
    assert (count, "unsaved changes" in (editor or "")) == (1, True)
