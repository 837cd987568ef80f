"""What every store promises, played on a disk, on a disk without syncs, and in memory."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from orgpost.clock import FakeClock
from orgpost.errors import Busy, Conflict, Exists, NestedLock, TooLarge, UnsafePath
from orgpost.org import scan, syntax
from orgpost.store.memory import MemoryCalls, MemoryStore
from orgpost.store.memory_disk import SPACE, MemoryDisk
from orgpost.store.page import Move, Page, View
from orgpost.store.person import SAVES, Person
from tests.store.stages import (
    ARCHIVE,
    INBOX,
    STAGES,
    Stage,
    entry,
    marking,
    stage,
    writing,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

HEADER = syntax.header(INBOX)
ONE, TWO, THREE = entry("msg-1"), entry("msg-2"), entry("msg-3")


@pytest.fixture(name="stage", params=STAGES)
def fixture_stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    """Each test is played on each stage."""
    return stage(request.param, tmp_path)


# --- new entries --------------------------------------------------------------------------------


def test_entries_come_back_as_they_went_in(stage: Stage) -> None:
    """What is read equals what was sent, in order, below a header, for another process too."""
    store = stage.store()
    stored = [store.append(INBOX, [ONE]).stored, store.append(INBOX, [TWO, THREE]).stored]
    assert stored == ["file", "file"]
    view = store.view(INBOX)
    assert view == View(HEADER + ONE[1] + TWO[1] + THREE[1], exists=True, layout=view.layout)
    assert stage.store().view(INBOX) == store.view(INBOX)


def test_a_file_that_is_not_there_is_an_empty_view(stage: Stage) -> None:
    """Nobody has mail before somebody writes, and to look makes nothing."""
    assert stage.store().view(INBOX) == View(b"", exists=False)
    assert stage.names("") == ["org"]


def test_what_was_found_stops_the_write(stage: Stage) -> None:
    """The same id twice is told under the lock, and nothing is written."""
    store = stage.store()
    store.append(INBOX, [ONE])
    receipt = store.append(INBOX, [ONE], unless=lambda view: ONE[0] in view.data or None)
    assert receipt.found is True
    assert store.view(INBOX).data == HEADER + ONE[1]


def test_too_much_at_once_is_refused(stage: Stage) -> None:
    """A record has a limit, and what is beyond it changes nothing."""
    store = stage.store()
    with pytest.raises(TooLarge):
        store.append(INBOX, [entry("msg-1", "x" * (17 << 20))])
    assert ONE[0] not in store.view(INBOX).data


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(HEADER.replace(b"\n", b"\r\n") + b"* a\r\ntext\r\n", id="crlf"),
        pytest.param(syntax.BOM + HEADER + b"* a\n", id="byte-order-mark"),
        pytest.param(HEADER + b"* a\nno line end", id="no-final-line-end"),
        pytest.param(HEADER + b"* a\n\xe9t\xe9 \x00\n", id="latin-1-and-nul"),
        pytest.param(b"#+TITLE: mine\n\n* a\n", id="no-cookie"),
        pytest.param(b"", id="empty"),
    ],
)
def test_each_byte_of_a_person_stays(stage: Stage, before: bytes) -> None:
    """Whatever a file is like, a new entry and a new state change no byte that was there."""
    stage.person.save(INBOX, before)
    stage.pass_time(3)
    store = stage.store(5)
    store.append(INBOX, [ONE])
    store.edit(INBOX, marking("msg-1", "READ"))
    data = stage.person.read(INBOX)
    assert before in data
    assert data.replace(b"\r\n", b"\n").endswith(ONE[1].replace(b"UNREAD", b"READ  "))


def test_a_line_end_that_is_missing_is_added_once(stage: Stage) -> None:
    """The first new entry closes a person's last line, and the next ones follow each other."""
    stage.person.save(INBOX, HEADER + b"* a\nno line end")
    stage.pass_time(3)
    store = stage.store()
    for each in (ONE, TWO, THREE):
        store.append(INBOX, [each])
    expected = HEADER + b"* a\nno line end\n" + ONE[1] + TWO[1] + THREE[1]
    assert stage.person.read(INBOX) == expected


# --- edits --------------------------------------------------------------------------------------


def test_an_edit_of_the_same_length_is_written_in_place(stage: Stage) -> None:
    """The file stays the same file, and only the bytes that differ change."""
    store = stage.store()
    store.append(INBOX, [ONE, TWO])
    inode = stage.inode(INBOX)
    store.edit(INBOX, marking("msg-1", "READ"))
    read = ONE[1].replace(b"UNREAD", b"READ  ")
    assert stage.person.read(INBOX) == HEADER + read + TWO[1]
    assert stage.inode(INBOX) == inode


def test_an_edit_of_another_length_replaces_the_file(stage: Stage) -> None:
    """There is no instant with half a file: it is another file afterwards."""
    store = stage.store()
    store.append(INBOX, [ONE, TWO])
    inode = stage.inode(INBOX)
    store.edit(INBOX, writing("msg-1", "more"))
    assert stage.person.read(INBOX) == HEADER + ONE[1] + b"more\n" + TWO[1]
    assert stage.inode(INBOX) != inode


def test_what_a_decision_says_comes_back(stage: Stage) -> None:
    """An edit gives what its decision gave, and nothing else is left in the folder."""
    store = stage.store()
    store.append(INBOX, [ONE])
    assert store.edit(INBOX, lambda page: len(page.data)) == len(HEADER + ONE[1])
    assert stage.names("org/messaging/inbox") == ["tex.org"]


def test_a_decision_that_fails_changes_nothing(stage: Stage) -> None:
    """An edit that is left by an exception is no edit."""
    store = stage.store()
    store.append(INBOX, [ONE])

    def decide(page: Page) -> None:
        marking("msg-1", "READ")(page)
        raise KeyError

    with pytest.raises(KeyError):
        store.edit(INBOX, decide)
    assert store.view(INBOX).data == HEADER + ONE[1]


@pytest.mark.slow
@pytest.mark.parametrize("how", SAVES)
def test_a_decision_is_made_again_on_what_a_person_saved(stage: Stage, how: str) -> None:
    """Who saves between our reading and our writing is not overwritten."""
    store = stage.store(5)
    store.append(INBOX, [ONE])
    seen = []

    def decide(page: Page) -> None:
        seen.append(page.data)
        if len(seen) == 1:
            stage.person.save(INBOX, page.data + b"* mine\n", how=how)
        writing("msg-1", "more")(page)

    store.edit(INBOX, decide)
    assert len(seen) == 2
    assert stage.person.read(INBOX) == HEADER + ONE[1] + b"more\n* mine\n"


@pytest.mark.slow
def test_a_file_that_never_rests_is_a_conflict(stage: Stage) -> None:
    """After five tries the caller is told, and the person's bytes stand."""
    store = stage.store(30)
    store.append(INBOX, [ONE])
    marks = []

    def decide(page: Page) -> None:
        marks.append(b"* mine\n")
        stage.person.save(INBOX, page.data + marks[-1])
        writing("msg-1", "more")(page)

    with pytest.raises(Conflict):
        store.edit(INBOX, decide)
    assert stage.person.read(INBOX) == HEADER + ONE[1] + b"".join(marks)


def test_an_entry_that_nobody_named_is_not_dropped(stage: Stage) -> None:
    """A guard against our own mistakes: to lose an entry, one must say which."""
    store = stage.store()
    store.append(INBOX, [ONE, TWO])
    with pytest.raises(Conflict):
        store.edit(INBOX, lambda page: page.rewrite(HEADER + ONE[1]))
    assert store.view(INBOX).data == HEADER + ONE[1] + TWO[1]


def test_the_same_file_twice_in_one_thread_is_refused(stage: Stage) -> None:
    """A decision that edits its own file would wait for itself: it is told at once."""
    store = stage.store()
    store.append(INBOX, [ONE])
    with pytest.raises(NestedLock):
        store.edit(INBOX, lambda _page: store.append(INBOX, [TWO]))
    assert store.view(INBOX).data == HEADER + ONE[1]


# --- moves --------------------------------------------------------------------------------------


def test_what_moves_is_there_before_it_is_gone_here(stage: Stage) -> None:
    """Archived entries are in the archive once, and no longer in the inbox."""
    store = stage.store()
    store.append(INBOX, [ONE, TWO, THREE])
    assert store.move(INBOX, moving("msg-1", "msg-3")) == [ONE[0], THREE[0]]
    assert store.view(INBOX).data == HEADER + TWO[1]
    assert store.view(ARCHIVE).data == syntax.header(ARCHIVE) + ONE[1] + THREE[1]


def test_a_move_that_was_cut_short_is_finished_by_the_next(stage: Stage) -> None:
    """An entry that came into the archive and never left the inbox is not archived twice."""
    store = stage.store()
    store.append(INBOX, [ONE, TWO])
    store.append(ARCHIVE, [ONE])
    assert store.move(INBOX, moving("msg-1")) == [ONE[0]]
    assert store.view(INBOX).data == HEADER + TWO[1]
    assert store.view(ARCHIVE).data == syntax.header(ARCHIVE) + ONE[1]


def test_a_move_waits_for_who_edits_the_archive_and_moves_once(stage: Stage) -> None:
    """Tries that had to give up leave nothing in the archive's journal."""
    store = stage.store(0.2)
    store.append(INBOX, [ONE, TWO])
    store.append(ARCHIVE, [THREE])
    stage.person.lock(ARCHIVE)
    with pytest.raises(Busy):
        store.move(INBOX, moving("msg-1"))
    stage.person.unlock(ARCHIVE)
    store.move(INBOX, moving("msg-1"))
    assert store.view(INBOX).data == HEADER + TWO[1]
    assert store.view(ARCHIVE).data == syntax.header(ARCHIVE) + THREE[1] + ONE[1]


# --- a person -----------------------------------------------------------------------------------


def test_while_a_person_has_unsaved_changes_entries_wait(stage: Stage) -> None:
    """They are acknowledged and seen; the file is the person's until it is free."""
    store = stage.store()
    store.append(INBOX, [ONE])
    stage.person.lock(INBOX)
    receipt = store.append(INBOX, [TWO])
    assert (receipt.stored, "tex@" in str(receipt.editor)) == ("waiting", True)
    store.append(INBOX, [THREE])
    assert stage.person.read(INBOX) == HEADER + ONE[1]
    view = stage.store().view(INBOX)
    assert view.data == HEADER + ONE[1] + TWO[1] + THREE[1]
    assert view.waiting == {TWO[0], THREE[0]}
    assert "unsaved changes" in str(view.editor)


def test_what_waited_is_folded_in_once_and_in_order(stage: Stage) -> None:
    """Whoever next finds the file free puts in what waits, behind what the person saved."""
    store = stage.store(5)
    store.append(INBOX, [ONE])
    stage.person.lock(INBOX)
    store.append(INBOX, [TWO])
    store.append(INBOX, [THREE])
    stage.person.save(INBOX, HEADER + ONE[1] + b"* mine\n")
    stage.person.unlock(INBOX)
    stage.pass_time(1)
    four = entry("msg-4")
    assert store.append(INBOX, [four]).stored == "file"
    mine = HEADER + ONE[1] + b"* mine\n"
    assert stage.person.read(INBOX) == mine + TWO[1] + THREE[1] + four[1]


def test_an_edit_waits_and_then_says_who_is_in_the_way(stage: Stage) -> None:
    """`Busy` names the person; nothing was changed."""
    store = stage.store(0.1)
    store.append(INBOX, [ONE])
    stage.person.lock(INBOX)
    with pytest.raises(Busy, match=r"tex@.* has unsaved changes in inbox/tex\.org"):
        store.edit(INBOX, marking("msg-1", "READ"))
    assert stage.person.read(INBOX) == HEADER + ONE[1]


def test_the_lock_of_a_dead_editor_is_no_lock(stage: Stage) -> None:
    """An Emacs that was killed keeps nobody waiting."""
    store = stage.store()
    store.append(INBOX, [ONE])
    words = f"tex@{stage.person.calls.host()}.4000000"
    with stage.disk().folder("org/messaging/inbox") as folder:
        stage.person.calls.symlink(words, ".#tex.org", folder=folder)
    assert store.append(INBOX, [TWO]).stored == "file"
    assert stage.names("org/messaging/inbox") == ["tex.org"]


def test_a_lock_of_emacs_is_one_whatever_the_clock_says() -> None:
    """A wall clock that is set forward makes every process look younger than its lock."""
    clock = FakeClock()
    machine = MemoryDisk(clock)
    store = MemoryStore(disk=machine, lock_seconds=0)
    store.append(INBOX, [ONE])
    Person(SPACE, MemoryCalls(machine, "emacs-nox")).lock(INBOX)
    clock.set(clock.now() + timedelta(days=400))
    assert store.append(INBOX, [TWO]).stored == "waiting"


@pytest.mark.parametrize("how", SAVES)
def test_what_an_editor_without_locks_wrote_over_is_put_back(stage: Stage, how: str) -> None:
    """Within seconds, an entry and a state that are gone were overwritten, not removed."""
    store = stage.store(5)
    store.append(INBOX, [ONE])
    buffer = stage.person.read(INBOX)
    store.edit(INBOX, marking("msg-1", "READ"))
    store.append(INBOX, [TWO])
    stage.person.save(INBOX, buffer + b"* mine\n", how=how)
    stage.pass_time(1)
    read = ONE[1].replace(b"UNREAD", b"READ  ")
    assert store.view(INBOX).data == HEADER + read + b"* mine\n" + TWO[1]


@pytest.mark.parametrize("how", SAVES)
def test_what_stands_at_the_old_place_of_an_entry_is_not_that_entry(stage: Stage, how: str) -> None:
    """An entry that was written over is missed, though one of its length has moved up."""
    store = stage.store(5)
    store.append(INBOX, [ONE])
    before = stage.person.read(INBOX)
    store.append(INBOX, [TWO])
    both = stage.person.read(INBOX)
    stage.person.save(INBOX, HEADER + both[len(before) :], how=how)
    stage.pass_time(1)
    assert store.view(INBOX).data == HEADER + TWO[1] + ONE[1]


@pytest.mark.parametrize("how", SAVES)
def test_what_a_person_removed_stays_removed(stage: Stage, how: str) -> None:
    """Later than that it was meant; ours is kept in quarantine, told once."""
    store = stage.store(5)
    store.append(INBOX, [ONE])
    buffer = stage.person.read(INBOX)
    store.append(INBOX, [TWO])
    stage.pass_time(11)
    stage.person.save(INBOX, buffer, how=how)
    stage.pass_time(3)
    assert store.view(INBOX).data == HEADER + ONE[1]
    assert [(kept.why["reason"], kept.data) for kept in store.quarantined()] == [
        ("overtaken", TWO[1])
    ]
    assert store.overtaken() == [INBOX]
    store.append(INBOX, [THREE])
    assert len(store.quarantined()) == 1


def test_a_name_that_is_no_plain_file_is_refused(stage: Stage) -> None:
    """A link where an inbox should be is followed by nobody."""
    with stage.disk().folder("org/messaging/inbox", make=True) as folder:
        stage.person.calls.symlink("../../../victim", "tex.org", folder=folder)
    with pytest.raises(UnsafePath):
        stage.store().append(INBOX, [ONE])
    assert stage.names("org/messaging/inbox") == ["tex.org"]


def test_a_snapshot_made_by_links_stays_as_it_was(stage: Stage) -> None:
    """A file with two names is only ever replaced."""
    store = stage.store()
    store.append(INBOX, [ONE])
    with stage.disk().folder("org/messaging/inbox") as folder:
        stage.person.calls.link("tex.org", "snapshot", folder=folder)
    store.edit(INBOX, marking("msg-1", "READ"))
    store.append(INBOX, [TWO])
    assert stage.person.read("inbox/snapshot") == HEADER + ONE[1]


# --- other files and the end --------------------------------------------------------------------


def test_a_file_is_made_once(stage: Stage) -> None:
    """A delivered file is there whole, with its folders, and is never written over."""
    store = stage.store()
    store.create("files/file-1/plan.pdf", [b"one", b"two"])
    with pytest.raises(Exists):
        store.create("files/file-1/plan.pdf", [b"other"])
    assert store.read("files/file-1/plan.pdf") == b"onetwo"
    assert store.read("files/file-1/other.pdf") is None


def test_a_folder_lists_its_org_files(stage: Stage) -> None:
    """Locks, scratches and other people's files are no inboxes."""
    store = stage.store()
    for path in ("inbox/tex.org", "inbox/crt.org", "inbox/tex.org~", "inbox/.new.org"):
        stage.person.save(path, HEADER)
    assert store.names("inbox") == ["inbox/crt.org", "inbox/tex.org"]
    assert store.names("agents") == []


@pytest.mark.slow
def test_once_the_journal_is_empty_the_org_files_are_all(stage: Stage) -> None:
    """After a confirmation everything else can go, and nothing is missing."""
    store = stage.store()
    store.append(INBOX, [ONE])
    store.edit(INBOX, marking("msg-1", "READ"))
    assert store.inspect(INBOX).unconfirmed == 2
    store.confirm(INBOX)
    assert store.inspect(INBOX).unconfirmed == 0
    store.close()
    remove_private(stage)
    after = stage.store()
    after.append(INBOX, [TWO])
    assert after.view(INBOX).data == HEADER + ONE[1].replace(b"UNREAD", b"READ  ") + TWO[1]


def test_quarantine_keeps_what_it_is_given(stage: Stage) -> None:
    """Bytes and reason are there until a person drops them."""
    store = stage.store()
    store.quarantine(INBOX, "odd", b"\x00bytes", offset=7)
    (kept,) = store.quarantined()
    assert (kept.data, kept.why["reason"], kept.why["offset"]) == (b"\x00bytes", "odd", 7)
    store.drop_quarantined(kept.name)
    assert store.quarantined() == []


def test_what_is_no_file_is_named_with_its_folder(stage: Stage) -> None:
    """Many folders have a file of that name."""
    with stage.disk().folder("org/messaging/inbox", make=True) as fd:
        stage.person.calls.mkdir("tex.org", 0o700, folder=fd)
    store = stage.store()
    for call in (lambda: store.view(INBOX), lambda: store.append(INBOX, [ONE])):
        with pytest.raises(UnsafePath, match=r"^inbox/tex\.org: it is no plain file$"):
            call()


def test_what_is_private_stays_out_of_git_however_it_came_to_be(stage: Stage) -> None:
    """Journals hold mail: whoever deleted the folder does not want them in the next commit."""
    stage.store().append(INBOX, [ONE])
    disk = stage.disk()
    with disk.folder(".orgpost") as fd:
        there = disk.open_to_read(fd, ".gitignore")
        assert there is not None
        assert disk.read_all(there) == b"*\n"
        stage.person.calls.close(there)


def test_what_is_private_is_private(stage: Stage) -> None:
    """Nobody else can look into the files, whatever the umask is."""
    stage.store().append(INBOX, [ONE])
    calls, modes = stage.person.calls, []
    for folder in ("org/messaging/inbox", ".orgpost/locks", ".orgpost/journal"):
        with stage.disk().folder(folder) as fd:
            modes += [calls.lstat(name, folder=fd).st_mode & 0o777 for name in calls.names(fd)]
            modes.append(calls.fstat(fd).st_mode & 0o077)
    assert modes == [0o600, 0] * 3


def test_the_person_of_the_tests_saves_what_is_in_the_buffer(stage: Stage) -> None:
    """Each manner of saving ends with the same bytes."""
    stage.person.save(INBOX, b"old")
    for how in SAVES:
        stage.person.edit(INBOX, lambda data: data + b"+", how=how)
    assert stage.person.read(INBOX) == b"old+++"


def moving(*names: str) -> Callable[[Page], Sequence[Move]]:
    """Decide to move these entries to the archive."""

    def decide(page: Page) -> list[Move]:
        moves = []
        for name in names:
            span = scan.find_id(page.data, name.encode())
            if span is not None:
                raw = page.data[span.start : span.end]
                moves.append(Move(span, ARCHIVE, raw, name.encode()))
        return moves

    return decide


def remove_private(stage: Stage) -> None:
    """Remove everything that is not Org or YAML."""
    disk, calls = stage.disk(), stage.person.calls
    for folder in ("locks", "journal", "run"):
        with disk.folder(f".orgpost/{folder}") as fd:
            for name in calls.names(fd):
                calls.unlink(name, folder=fd)
        with disk.folder(".orgpost") as fd:
            calls.rmdir(folder, folder=fd)
    with disk.folder(".orgpost") as fd:
        calls.unlink(".gitignore", folder=fd)
    with disk.folder("") as fd:
        calls.rmdir(".orgpost", folder=fd)


def test_growth_is_what_programs_added_and_nothing_else(stage: Stage) -> None:
    """Behind what was known; where somebody marked or wrote past the store, the whole is read."""
    store = stage.store()
    store.append(INBOX, [ONE])
    known = store.view(INBOX)
    assert known.layout is not None
    store.append(INBOX, [TWO])
    store.append(INBOX, [THREE])
    grown = store.growth(INBOX, known.layout, len(known.data))
    assert grown is not None
    assert grown.data == TWO[1] + THREE[1]
    whole = len(known.data) + len(grown.data)
    again = store.growth(INBOX, grown.layout, whole)
    assert again is not None
    assert again.data == b""
    store.edit(INBOX, marking("msg-1", "READ"))
    assert store.growth(INBOX, grown.layout, whole) is None, "somebody marked"
    known = store.view(INBOX)
    assert known.layout is not None
    stage.person.edit(INBOX, lambda data: data + b"* a note of a person\n")
    stage.pass_time(1)
    assert store.growth(INBOX, known.layout, whole) is None, "somebody wrote past the store"
