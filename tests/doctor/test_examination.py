"""The examination as a whole: what it says, what it counts, copies, brings back and prunes."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from orgpost.clock import FakeClock
from orgpost.doctor import Finding, Findings, Options, examine, prune, restore
from orgpost.doctor.finding import SEVERITY
from orgpost.doctor.fixes import FIXES
from orgpost.errors import Exists, Malformed, UnknownId
from orgpost.store.files import FileStore
from tests.doctor.healthy import found, healthy, mail, message, plant, read

if TYPE_CHECKING:
    from collections.abc import Iterator

TEX = "org/messaging/inbox/tex.org"


def kept(space: Path, data: bytes, *, path: str = "inbox/tex.org") -> str:
    """Put bytes into quarantine; gives their name there."""
    with FileStore(space) as store:
        store.quarantine(path, "overtaken", data)
        return store.quarantined()[-1].name


def test_the_report_as_a_program_gets_it(tmp_path: Path) -> None:
    """Every field of every finding, and the sums."""
    space = healthy(tmp_path)
    mail(space, "inbox/tex.org", message(TO="crt"))
    (space / ".orgpost").chmod(0o755)
    assert examine(space, Options(fix=True)).to_dict() == {
        "findings": [
            {
                "check": "modes",
                "severity": "error",
                "file": ".orgpost",
                "line": None,
                "message": "others can read it (mode …55)",
                "fixable": True,
                "fixed": True,
            },
            {
                "check": "wrong-file",
                "severity": "error",
                "file": TEX,
                "line": 6,
                "message": "msg-20261120-083105-7k3m9q2xwd is to crt, and lies in the file of tex",
                "fixable": False,
                "fixed": False,
            },
        ],
        "errors": 1,
        "warnings": 0,
        "fixed": 1,
    }


@pytest.mark.parametrize(("checks", "exit_code"), [([], 0), (["large"], 0), (["large", "torn"], 1)])
def test_only_errors_that_are_left_make_the_exit_code_1(checks: list[str], exit_code: int) -> None:
    """Warnings do not, and neither does what was fixed."""
    all_ = [Finding(check=check, file="x", message="") for check in checks]
    gone = Finding(check="modes", file="x", message="", fixable=True, fixed=True)
    assert Findings((gone, *all_)).exit_code == exit_code


def test_every_check_that_can_be_fixed_has_a_severity() -> None:
    """The two tables agree."""
    assert FIXES.keys() <= SEVERITY.keys()


def test_without_fix_no_org_file_is_changed(tmp_path: Path) -> None:
    """Whatever is wrong with it."""
    space = healthy(tmp_path)
    data = b"* UNREAD   x\n" + message() * 2
    plant(space, "inbox/tex.org", data)
    assert (examine(space).fixed, read(space, "inbox/tex.org")) == (0, data)


def test_a_dry_run_says_what_a_fix_would_do_and_does_nothing(tmp_path: Path) -> None:
    """The same findings, none of them fixed."""
    space = healthy(tmp_path)
    data = message() * 2
    plant(space, "inbox/tex.org", data)
    dry = examine(space, Options(fix=True, dry_run=True))
    assert (dry.fixed, [each.check for each in dry.all if each.fixable]) == (
        0,
        ["cookie", "todo-line", "duplicate-id"],
    )
    assert read(space, "inbox/tex.org") == data


def test_each_file_is_copied_before_it_is_changed(tmp_path: Path) -> None:
    """Byte for byte, once, whatever is done to it."""
    space = healthy(tmp_path)
    data = message() * 2
    plant(space, "inbox/tex.org", data)
    examine(space, Options(fix=True), FakeClock(datetime(2026, 11, 20, tzinfo=UTC)))
    copies = {
        str(place.relative_to(space)): place.read_bytes()
        for place in (space / ".orgpost/backup").rglob("*")
        if place.is_file()
    }
    assert copies == {f".orgpost/backup/20261120T000000Z/{TEX}": data}


def test_nothing_is_copied_where_nothing_is_changed(tmp_path: Path) -> None:
    """A mode is no content."""
    space = healthy(tmp_path)
    (space / ".orgpost").chmod(0o755)
    examine(space, Options(fix=True))
    assert not (space / ".orgpost/backup").exists()


def test_a_space_without_any_mail_is_looked_at_all_the_same(tmp_path: Path) -> None:
    """An empty folder has no contacts, no folders and no exception."""
    assert {check for check, _, _ in found(tmp_path)} == {"contacts", "folders"}


@pytest.mark.slow
def test_what_was_in_quarantine_comes_back_as_new(tmp_path: Path) -> None:
    """At the end of its file, and the quarantine is empty."""
    space = healthy(tmp_path)
    name = kept(space, message("msg-1"))
    assert examine(space, Options(restore=name)).all == ()
    assert read(space, "inbox/tex.org").endswith(message("msg-1"))


def test_a_delivered_file_comes_back_to_its_place(tmp_path: Path) -> None:
    """Byte for byte."""
    space = healthy(tmp_path)
    name = kept(space, b"\0\xff", path="files/msg-1/x.bin")
    restore(space, name)
    assert read(space, "files/msg-1/x.bin") == b"\0\xff"


@pytest.mark.slow
def test_what_is_there_again_is_not_brought_back_twice(tmp_path: Path) -> None:
    """It stays in quarantine, and the file as it is."""
    space = healthy(tmp_path)
    name = kept(space, message())
    with pytest.raises(Exists):
        restore(space, name)
    assert [check for check, _, _ in found(space)] == ["quarantine"]


def test_what_is_no_whole_entry_is_left_to_a_person(tmp_path: Path) -> None:
    """A piece of one would become part of its neighbour."""
    space = healthy(tmp_path)
    name = kept(space, b"READ  ")
    with pytest.raises(Malformed):
        restore(space, name)
    assert [check for check, _, _ in found(space)] == ["quarantine"]


def test_a_name_that_is_not_in_quarantine_is_refused(tmp_path: Path) -> None:
    """And no path is built of it."""
    with pytest.raises(UnknownId):
        restore(healthy(tmp_path), "../../org")


def test_pruning_removes_what_is_older_than_the_settings_say(tmp_path: Path) -> None:
    """And nothing else."""
    space, clock = healthy(tmp_path), FakeClock()
    with FileStore(space, clock) as store:
        store.quarantine("inbox/tex.org", "overtaken", b"old")
        clock.advance(timedelta(days=91).total_seconds())
        store.quarantine("inbox/tex.org", "overtaken", b"new")
        assert len(prune(space, clock)) == 1
        assert [each.data for each in store.quarantined()] == [b"new"]
        (space / "settings.local.yaml").write_text("store: {quarantine_days: 0}\n")
        clock.advance(1)
        examine(space, Options(prune=True), clock)
        assert store.quarantined() == []


@pytest.mark.parametrize(
    "folder", ["org/messaging/inbox", "org/messaging/files", "org/messaging/ledger"]
)
def test_a_folder_that_may_not_be_looked_into_is_a_finding(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the rest of the space is looked at: whoever asks doctor has such troubles."""
    space = healthy(tmp_path)
    (space / "org/messaging/inbox/odd.org").write_text("* UNREAD x\n")
    (space / "org/messaging/agents/odd.org").write_text("* QUEUED x\n")
    real, listed = Path.iterdir, os.listdir

    def guarded(place: Path) -> Iterator[Path]:
        if place == space / folder:
            raise PermissionError(errno.EACCES, "Permission denied", str(place))
        return real(place)

    def names(place: Any = ".") -> list[str]:
        if isinstance(place, int) and os.readlink(f"/proc/self/fd/{place}") == str(space / folder):
            raise PermissionError(errno.EACCES, "Permission denied")
        return listed(place)

    monkeypatch.setattr(Path, "iterdir", guarded)
    monkeypatch.setattr(os, "listdir", names)
    seen = examine(space, Options(dry_run=True)).all
    assert any(each.check == "unreadable" and each.file in folder for each in seen)
    assert any(each.file == "org/messaging/agents/odd.org" for each in seen)
