"""What a newer program or a dead process left beside the files is met with words, or swept."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from orgpost.errors import Malformed
from orgpost.store import FileStore
from orgpost.store.journal import FIRST, Kind, Record, encode_record
from tests.race.writers import INBOX, entry

if TYPE_CHECKING:
    from pathlib import Path

DEAD = 2**22 + 1


@pytest.fixture
def space(tmp_path: Path) -> Path:
    """Give a space with one confirmed message in it."""
    (tmp_path / "org/messaging/inbox").mkdir(parents=True)
    with FileStore(tmp_path) as store:
        store.append(INBOX, [entry("msg-first")])
        store.confirm(INBOX)
    return tmp_path


def test_a_record_of_a_newer_program_is_neither_forgotten_nor_a_riddle(space: Path) -> None:
    """Who cannot read what was acknowledged writes nothing, and says what to do."""
    journal = space / ".orgpost/journal/inbox+tex.org.j"
    record = bytearray(encode_record(Record(2, Kind.VOID, 0, ())))
    record[16] = 9
    from zlib import crc32

    record[-4:] = crc32(record[:-4]).to_bytes(4, "little")
    data = bytearray(journal.read_bytes())
    data[FIRST : FIRST + len(record)] = record
    journal.write_bytes(data)
    before = journal.read_bytes()
    with pytest.raises(Malformed, match="newer orgpost"):
        FileStore(space).append(INBOX, [entry("msg-second")])
    assert journal.read_bytes() == before


def test_what_dead_processes_showed_as_their_lock_is_swept(space: Path) -> None:
    """A killed writer leaves one name; the next writer removes it, and no living one's."""
    run = space / ".orgpost/run"
    for pid in (DEAD, 1):
        (run / f"lock-{pid}").symlink_to(f"orgpost@here.{pid}")
    with FileStore(space) as store:
        store.append(INBOX, [entry("msg-second")])
        assert sorted(os.listdir(run)) == sorted(["lock-1", f"lock-{os.getpid()}"])
