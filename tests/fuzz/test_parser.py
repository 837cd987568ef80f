"""Whatever the bytes: the parser does not raise, loses none of them, and takes linear time."""

from __future__ import annotations

import gc
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orgpost.org import change, scan, splice
from orgpost.org.entry import Entry, parse
from orgpost.org.logbook import state_items
from orgpost.org.syntax import TASK
from tests.independent_reader import read_bytes

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from orgpost.org.syntax import FileKind

GOLDEN = [
    path.read_bytes() for path in sorted((Path(__file__).parents[1] / "golden").glob("*.org"))
]
MEANINGFUL = [
    *(b"\n", b"\r", b"\0", b"*", b" ", b":", b"\t", b"[", b'"', b"%", b"\xff", b"\xef\xbb\xbf"),
    *(b"\n* ", b"\n** ", b"\n:END:\n", b":PROPERTIES:\n", b":ID:", b"\n:LOGBOOK:\n", b"CLOCK:"),
]


def mutated(chance: random.Random) -> bytes:
    """A golden file with one to eight faults: bytes flipped, lost, doubled, moved or put in."""
    data = chance.choice(GOLDEN)
    for _ in range(chance.randint(1, 8)):
        at, other = sorted((chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)))
        match chance.randrange(6):
            case 0:
                data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
            case 1:
                data = data[:at] + chance.choice(MEANINGFUL) + data[at:]
            case 2:
                data = data[:at] + data[min(other, at + 40) :]
            case 3:
                data = data[:other] + data[at:]
            case 4:
                data = data[:at] + chance.choice(GOLDEN)[at:other] + data[at:]
            case _:
                data = data[:at]
    return data


def read_everything(data: bytes, kind: FileKind) -> list[Entry]:
    """Read all that can be read; the slow reader must see the same."""
    kind = scan.file_kind(data, kind)
    spans = scan.spans(data)
    entries = [parse(data[span.start : span.end], kind) for span in spans]
    for entry in entries:
        state_items(entry.logbook)
        assert isinstance((entry.planning, entry.subs, entry.flaw, entry.title, entry.body), tuple)
    start = spans[0].start if spans else len(data)
    assert data[:start] + b"".join(entry.raw for entry in entries) == data
    ids = [entry.id.encode("utf-8", "surrogateescape") for entry in entries if entry.id is not None]
    assert [id for id, _ in scan.find_all_ids(data)] == ids
    return entries


def change_everything(entries: list[Entry]) -> None:
    """Make the changes of a claim; they are read, and nothing else is read differently."""
    for entry in entries:
        if entry.is_note or not entry.keyword:
            continue  # no program moves what has no state of its file
        raw = change.with_keyword(entry.raw, "DONE", entry.kind)
        raw = change.with_property(raw, "STARTED", "now", entry.kind)
        raw = change.with_log_item(raw, "- x", entry.kind)
        new = parse(splice.fit(entry.raw, raw, entry.kind), entry.kind)
        assert (new.keyword, new.get("STARTED")) == ("DONE", "now")
        assert (new.id, new.title, new.tags, new.body, new.subs[:0]) == (
            *(entry.id, entry.title, entry.tags, entry.body),
            (),
        )


def fuzz(chance: random.Random, count: int) -> None:
    """Mutate, read, compare, change."""
    for _ in range(count):
        data = mutated(chance)
        try:
            entries = read_everything(data, TASK)
            theirs = read_bytes(data, "task")
            assert [(read.id, read.title, read.body) for read in theirs] == [
                (entry.id, entry.title, entry.body) for entry in entries
            ]
            change_everything(entries)
        except Exception as failure:
            failure.add_note(f"the file was {data!r}")
            raise


def test_a_damaged_file_is_read(rng: random.Random) -> None:
    """300 damaged files: no exception, no byte lost, both readers agree, changes are read."""
    fuzz(rng, 300)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_many_damaged_files_are_read(rng: random.Random) -> None:
    """The same for 20,000."""
    fuzz(rng, 20_000)


@pytest.mark.nightly
@pytest.mark.timeout(0)
def test_very_many_damaged_files_are_read(rng: random.Random) -> None:
    """As many as ORGPOST_TEST_FUZZ says, ten million where it says nothing."""
    fuzz(rng, int(os.environ.get("ORGPOST_TEST_FUZZ", "10000000")))


# --- time ---------------------------------------------------------------------------------------

FRAME = "* QUEUED   x\n:PROPERTIES:\n:ID: task-1\n:END:\n"
UNITS = [
    *(
        "*",
        "* ",
        "* QUEUED x\n",
        "** x\n",
        ":",
        ":A:\n",
        ":A: x\n",
        ":END:\n",
        ":ID: task-1\n",
        "[",
    ),
    *("<2026-", "[#", ": x\n", ":\n", "%41", '"', "\\u0041", " ", "\t", "\n", " \n", "\r", "\r\n"),
    *("\0", "\udcff", ":LOGBOOK:\n", "CLOCK: x\n", "CLOSED:[", "CLOSED: [x] ", "x :a:", ":a", "a"),
    *('- State "A" from "B" [x]\n  : y\n', '- State "', "  : x\n", "#+TODO: A | B\n", "task-1 "),
    *("* QUEUED x\n:PROPERTIES:\n:ID: task-1\n:END:\n", FRAME, "vim:", "id:", "[1/", "COMMENT "),
]
# What comes before and after the megabyte.
PLACES = {
    "a file": ("", ""),
    "a heading": ("* QUEUED ", "\n:PROPERTIES:\n:ID: task-1\n:END:\n"),
    "planning": ("* QUEUED x\nCLOSED: ", "\n:PROPERTIES:\n:ID: task-1\n:END:\n"),
    "a drawer": ("* QUEUED x\n:PROPERTIES:\n:ID: task-1\n", ":END:\n"),
    "a value": ("* QUEUED x\n:PROPERTIES:\n:ID: task-1\n:SUBJECT: ", "\n:END:\n"),
    "an open drawer": ("* QUEUED x\n:PROPERTIES:\n", ""),
    "a logbook": (f"{FRAME}:LOGBOOK:\n", ":END:\n"),
    "a body": (FRAME, ""),
    "a fixed body": (FRAME.replace(":END", ":BODY_ENC: percent\n:END"), ""),
}
MEGABYTE = {"ci": 400_000, "nightly": 1_000_000}[os.environ.get("SIZE", "ci")]
HUNDREDTH = 0.01
MOST = 40


def seconds(data: bytes) -> float:
    """The time that it takes to read all of it, and to claim its first entry."""
    start = time.process_time()
    entries = read_everything(data, TASK)
    scan.keyword_starts(data, b"QUEUED")
    scan.find_id(data, b"task-2")
    scan.find_id(data, b"task-1")
    change_everything(entries[:1])
    return time.process_time() - start


def ratio(small: bytes, large: bytes) -> float:
    """How much longer the large one takes."""
    return seconds(large) / max(seconds(small), HUNDREDTH)


def shapes(place: str) -> Iterator[tuple[str, bytes, bytes]]:
    """Each unit at that place, for a tenth and a whole of a megabyte (in CI of less than half)."""
    before, after = PLACES[place]
    for unit in UNITS:
        small, large = (
            f"{before}{unit * (size // len(unit))}{after}".encode("utf-8", "surrogateescape")
            for size in (MEGABYTE // 10, MEGABYTE)
        )
        yield unit, small, large


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("place", PLACES)
def test_a_megabyte_takes_ten_times_as_long_as_its_tenth(place: str) -> None:
    """Linear, whatever is repeated and wherever it stands; half as much again is noise."""
    # A hundred thousand living entries are looked at again by each full collection.
    gc.disable()
    slow = {
        unit: worst
        for unit, small, large in shapes(place)
        if ratio(small, large) > MOST and (worst := min(ratio(small, large) for _ in "123")) > MOST
    }
    gc.enable()
    assert slow == {}
