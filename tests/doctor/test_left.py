"""What doctor says of what is left over: journals, locks, scratch files, quarantine, files."""

from __future__ import annotations

import os
import re
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from orgpost.doctor import Options, examine
from orgpost.errors import Busy, DiskFailed
from orgpost.file_delivery import FileDelivery
from orgpost.store.calls import Calls
from orgpost.store.files import FileStore
from tests.doctor.healthy import (
    age,
    all_found,
    fixed,
    found,
    healthy,
    mail,
    message,
    read,
    send,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

TEX = "org/messaging/inbox/tex.org"


@pytest.fixture
def dead() -> int:
    """Give the number of a process that is no more."""
    with subprocess.Popen(["true"]) as child:
        pass
    return child.pid


def lock(space: Path, words: str) -> Path:
    """Hold an editor's lock on tex's inbox."""
    place = space / "org/messaging/inbox/.#tex.org"
    place.symlink_to(words)
    return place


def me() -> str:
    """Say who this process is, as Emacs would."""
    return f"tex@{os.uname().nodename}.{os.getpid()}"


def test_an_empty_journal_is_no_finding(tmp_path: Path) -> None:
    """After doctor has confirmed what could be confirmed."""
    space = healthy(tmp_path)
    send(space, "msg-1", "msg-2")
    assert found(space) == []


def test_entries_that_wait_for_an_editor_are_named_with_who_it_is(tmp_path: Path) -> None:
    """They are no error while somebody writes, and no program can do anything about it."""
    space = healthy(tmp_path)
    place = lock(space, me())
    send(space, "msg-1", "msg-2")
    (finding,) = all_found(space)
    assert (finding.check, finding.severity, finding.message.partition("(")[0]) == (
        "editor",
        "warning",
        f"2 entries wait: tex@{os.uname().nodename} has unsaved changes in inbox/tex.org ",
    )
    place.unlink()


def test_entries_that_wait_for_nobody_are_folded_in(tmp_path: Path) -> None:
    """Doctor does that without being asked to fix."""
    space = healthy(tmp_path)
    place = lock(space, me())
    send(space, "msg-1")
    place.unlink()
    assert found(space) == []
    assert b"msg-1" in read(space, "inbox/tex.org")


def test_a_lock_on_another_host_is_live(tmp_path: Path) -> None:
    """Nobody here can know."""
    space = healthy(tmp_path)
    place = lock(space, "tex@elsewhere.4711")
    assert fixed(space) == ([], ["editor"])
    assert place.is_symlink()


@pytest.mark.parametrize("words", ["tex@elsewhere.4711", "no words of Emacs"])
def test_a_lock_of_another_host_that_is_a_day_old_is_doubted(tmp_path: Path, words: str) -> None:
    """Nobody here can know; a person can, and is told which file to remove."""
    space = healthy(tmp_path)
    place = lock(space, words)
    for hours, told in ((23, []), (25, ["for 25 hours"]), (216, ["for 216 hours"])):
        when = time.time() - hours * 3600
        os.utime(place, (when, when), follow_symlinks=False)
        (finding,) = all_found(space)
        assert (finding.check, finding.severity) == ("editor", "warning")
        assert re.findall("for [0-9]+ [a-z]+", finding.message) == told
        assert (f"remove {TEX.replace('tex.', '.#tex.')}" in finding.message) == bool(told)


def test_a_lock_of_this_host_is_not_doubted_however_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That Emacs lives: its person may be away for days."""
    monkeypatch.setattr(Calls, "process_name", lambda *_: "emacs")
    space = healthy(tmp_path)
    when = time.time() - 30 * 24 * 3600
    os.utime(lock(space, me()), (when, when), follow_symlinks=False)
    (finding,) = all_found(space)
    assert (finding.check, "remove" in finding.message) == ("editor", False)


def test_the_lock_of_a_dead_process_is_removed(tmp_path: Path, dead: int) -> None:
    """Only by a fix: it harms nobody."""
    space = healthy(tmp_path)
    place = lock(space, f"tex@{os.uname().nodename}.{dead}")
    assert fixed(space) == (["scratch"], [])
    assert not place.is_symlink()


def test_scratch_files_of_the_dead_are_removed(tmp_path: Path, dead: int) -> None:
    """Those of the living stay: they are at work."""
    space = healthy(tmp_path)
    folder = space / "org/messaging/inbox"
    for pid in (dead, os.getpid()):
        (folder / f".tex.org.{pid}-0.orgpost-tmp").write_bytes(b"half")
    assert fixed(space) == (["scratch"], [])
    assert [place.name for place in folder.glob(".tex*")] == [
        f".tex.org.{os.getpid()}-0.orgpost-tmp"
    ]


def test_a_journal_that_cannot_be_read_is_put_into_quarantine(tmp_path: Path) -> None:
    """Recovery makes a new one, without being asked; the Org file is taken as it is."""
    space = healthy(tmp_path)
    send(space, "msg-1")
    journal = space / ".orgpost/journal/inbox+tex.org.j"
    journal.write_bytes(b"garbage" * 1000)
    before = read(space, "inbox/tex.org")
    assert fixed(space) == ([], ["quarantine"])
    assert read(space, "inbox/tex.org") == before


def test_signs_of_other_editors_are_named(tmp_path: Path) -> None:
    """They also stand for files that are only looked at, so they stop nobody."""
    space = healthy(tmp_path)
    (space / "org/messaging/inbox/.tex.org.swp").touch()
    assert found(space) == [("other-editor", TEX, False)]


def test_an_editor_that_saves_over_new_mail_is_named_once(tmp_path: Path) -> None:
    """One line for the file, with the words for its init file; gone with a fix, as was promised."""
    space = healthy(tmp_path)
    with FileStore(space) as store:
        for name in ("msg-1", "msg-2"):
            before = read(space, "inbox/tex.org")
            store.append("inbox/tex.org", [(name.encode(), message(name))])
            (space / TEX).write_bytes(before)  # an editor that looked before the mail came
            age(space / TEX)
            assert store.settle("inbox/tex.org") is not None
    (finding,) = all_found(space)
    assert (finding.check, finding.file, finding.fixable) == ("saved-over", TEX, True)
    assert "(2 put back)" in finding.message
    assert "(setq create-lockfiles t file-precious-flag nil)" in finding.message
    text = read(space, "inbox/tex.org")
    assert [text.count(name) for name in (b" msg-1\n:FROM", b" msg-2\n:FROM")] == [1, 1]
    assert fixed(space) == (["saved-over"], [])
    assert found(space) == []


def test_a_save_that_loses_nothing_is_not_named(tmp_path: Path) -> None:
    """A person's own words, a fold and a recovery are no editor's fault."""
    space = healthy(tmp_path)
    with FileStore(space) as store:
        store.append("inbox/tex.org", [(b"msg-1", message("msg-1"))])
        (space / TEX).write_bytes(read(space, "inbox/tex.org") + b"* a note of mine\n")
        store.append("inbox/tex.org", [(b"msg-2", message("msg-2"))])
        age(space / TEX)
        store.settle("inbox/tex.org")
    assert found(space) == []


def test_a_second_name_of_a_file_is_named(tmp_path: Path) -> None:
    """After the next change it is another file."""
    space = healthy(tmp_path)
    (space / "snapshot.org").hardlink_to(space / TEX)
    assert found(space) == [("hard-link", TEX, False)]


def test_what_is_in_quarantine_is_named(tmp_path: Path) -> None:
    """With the words that bring it back."""
    space = healthy(tmp_path)
    with FileStore(space) as store:
        store.quarantine("inbox/tex.org", "overtaken", message("msg-1"))
    (finding,) = all_found(space)
    assert (finding.check, finding.message.startswith("overtaken: ")) == ("quarantine", True)


def test_a_quarantine_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Doctor does not stumble over it."""
    space = healthy(tmp_path)
    folder = space / ".orgpost/quarantine/x"
    folder.mkdir(parents=True)
    (folder / "why.json").write_text("{", encoding="utf-8")
    (folder / "bytes").touch()
    assert found(space) == [("quarantine", ".orgpost/quarantine", False)]


def test_a_lock_that_is_not_to_be_had_stops_nothing(tmp_path: Path) -> None:
    """What is not confirmed is said; the look goes on."""
    space = healthy(tmp_path)
    place = lock(space, me())
    send(space, "msg-1")
    place.unlink()
    with FileStore(space) as other, other.held("inbox/tex.org"):
        assert ("waiting", TEX, True) in found(space)


# --- delivered files ----------------------------------------------------------------------------


@pytest.fixture
def delivered(tmp_path: Path) -> Path:
    """A space with a message that brings one file."""
    space = healthy(tmp_path / "space")
    source = tmp_path / "report.txt"
    source.write_bytes(b"all is well\n")
    with FileStore(space) as store:
        delivery = FileDelivery(store, max_bytes=1000)
        properties = delivery.deliver("msg-1", delivery.check([source], None))
    mail(space, "inbox/tex.org", message("msg-1", **properties))
    return space


def test_a_file_that_is_as_it_was_sent_is_no_finding(delivered: Path) -> None:
    """Nor is its manifest."""
    assert found(delivered) == []


def test_a_copy_of_the_message_owns_the_files_too(delivered: Path) -> None:
    """Copies share them by MSG_ID."""
    properties = {"FILES": "1", "MANIFEST": manifest(delivered), "MSG_ID": "msg-1"}
    mail(delivered, "inbox/crt.org", message("msg-1-crt", TO="crt", **properties))
    mail(delivered, "inbox/tex.org")
    assert found(delivered) == []


def manifest(space: Path) -> str:
    """Give the sha256 of the manifest."""
    import hashlib

    return hashlib.sha256(read(space, "files/msg-1.org")).hexdigest()


@pytest.mark.parametrize(
    ("name", "data", "check"),
    [
        ("files/msg-1/report.txt", b"all is lost\n", "file-changed"),
        ("files/msg-1/report.txt", None, "file-missing"),
        ("files/msg-1.org", b"", "file-missing"),
    ],
)
def test_a_file_that_is_not_as_it_was_sent_is_named(
    delivered: Path, name: str, data: bytes | None, check: str
) -> None:
    """Changed or missing: at the message that brings it."""
    place = delivered / "org/messaging" / name
    place.unlink() if data is None else place.write_bytes(data)
    assert (check, TEX, False) in found(delivered)


def test_a_file_that_no_list_names_is_named(delivered: Path) -> None:
    """Nobody would ever see it."""
    (delivered / "org/messaging/files/msg-1/more.txt").touch()
    assert found(delivered) == [("file-unlisted", "org/messaging/files/msg-1/more.txt", False)]


def test_files_of_no_message_wait_an_hour_and_then_go_to_quarantine(delivered: Path) -> None:
    """Files are copied before their message is stored, so a young one may still get it."""
    mail(delivered, "inbox/tex.org")
    assert found(delivered) == [("orphan-files", "org/messaging/files/msg-1", False)]
    for place in (delivered / "org/messaging/files").rglob("*"):
        age(place, 7200)
    age(delivered / "org/messaging/files/msg-1", 7200)
    first, then = fixed(delivered)
    left = list((delivered / "org/messaging/files").iterdir())
    assert (first, then, left) == (["orphan-files"], ["quarantine"] * 2, [])


def test_the_store_makes_no_call_that_writes_on_a_dry_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is locked, folded or removed."""
    space = healthy(tmp_path)
    place = lock(space, me())
    send(space, "msg-1")
    place.unlink()
    for name in ("pwrite", "write", "rename", "link", "symlink", "unlink", "mkdir", "truncate"):
        monkeypatch.setattr(Calls, name, None)
    checks = [each.check for each in examine(space, Options(fix=True, dry_run=True)).all]
    assert checks == ["waiting"]


def test_writes_that_are_not_confirmed_are_named_on_a_dry_run(tmp_path: Path) -> None:
    """A real run confirms them first, so they are none of its findings."""
    space = healthy(tmp_path)
    send(space, "msg-1")
    dry = examine(space, Options(dry_run=True)).all
    assert [(each.check, each.file) for each in dry] == [("journal", TEX)]
    assert found(space) == []


def test_a_journal_that_cannot_be_read_is_named_on_a_dry_run(tmp_path: Path) -> None:
    """And stays as it is."""
    space = healthy(tmp_path)
    send(space, "msg-1")
    journal = space / ".orgpost/journal/inbox+tex.org.j"
    journal.write_bytes(b"garbage")
    dry = examine(space, Options(fix=True, dry_run=True)).all
    assert [(each.check, each.message) for each in dry] == [
        ("journal", "its journal cannot be read")
    ]
    assert journal.read_bytes() == b"garbage"


def test_entries_that_no_lock_lets_in_are_let_in_by_a_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the first try found the lock taken and the fix finds it free."""
    space = healthy(tmp_path)
    place = lock(space, me())
    send(space, "msg-1")
    place.unlink()
    once = iter([Busy("inbox/tex.org", "somebody")])
    confirm = FileStore.confirm

    def busy_once(store: FileStore, path: str) -> None:
        for busy in once:
            raise busy
        confirm(store, path)

    monkeypatch.setattr(FileStore, "confirm", busy_once)
    assert fixed(space) == (["waiting"], [])


def test_a_file_that_cannot_be_looked_at_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the look goes on."""
    space = healthy(tmp_path)

    def fail(*_: object) -> None:
        raise DiskFailed("inbox/tex.org", "read", "Input/output error")

    monkeypatch.setattr("orgpost.doctor.left_checks._waiting", fail)
    assert {check for check, _, _ in found(space)} == {"unreadable"}
