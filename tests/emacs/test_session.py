"""The harness itself: what the other suites take a real Emacs's word for."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.emacs.oracle import Oracle
from tests.emacs.session import BatchEmacs, EmacsError, LiveEmacs, lock_of

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

TEXT = "# -*- mode: org; coding: utf-8-unix -*-\n* UNREAD   one\n"


@pytest.fixture(scope="module")
def batch() -> Iterator[BatchEmacs]:
    """One Emacs that answers all questions of this module."""
    with BatchEmacs() as emacs:
        yield emacs


@pytest.fixture
def live() -> Iterator[LiveEmacs]:
    """An Emacs as a person leaves it running."""
    with LiveEmacs() as emacs:
        yield emacs


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An Org file with one entry."""
    path = tmp_path / "tex.org"
    path.write_text(TEXT, "utf-8")
    return path


def test_org_is_the_one_that_is_asked_for(oracle: Oracle) -> None:
    """The report names its version: that of Emacs, and of each folder in `$ORGPOST_ORG_PATH`."""
    print(oracle.which())


def test_another_org_than_that_of_emacs_is_used_where_it_is_named(
    oracle: Oracle, tmp_path: Path
) -> None:
    """A copy of it, for want of another; and one that is not there is no success."""
    own = Path(oracle.which().partition(" in ")[2])
    shutil.copytree(own, tmp_path / "org")
    with Oracle(tmp_path / "org") as other:
        assert other.which().endswith(f" in {tmp_path}/org/")
        other.org = tmp_path
        with pytest.raises(EmacsError, match="asked for the Org in"):
            other.which()


def test_values_come_back_as_python_has_them(batch: BatchEmacs) -> None:
    """Lists, objects, numbers, truth and any text, bytes that are no text too."""
    form = r'(list 1 "ä\n𝄞" t nil (list (cons :a (list "x"))) (string-to-multibyte "\303\377"))'
    assert batch.ask(form) == [1, "ä\n𝄞", True, None, {"a": ["x"]}, "\udcc3\udcff"]


def test_an_error_of_lisp_is_an_error_here(batch: BatchEmacs) -> None:
    """Emacs's own words arrive, and the next question is answered."""
    with pytest.raises(EmacsError, match="Wrong type argument: listp, 1"):
        batch.eval("(car 1)")
    assert batch.eval("(+ 1 1)") == "2"


def test_a_missing_emacs_fails_with_the_name_of_its_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is skipped where the tool is missing."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(EmacsError, match="emacs-nox"), BatchEmacs():
        pass


def test_an_emacs_that_does_not_answer_is_killed() -> None:
    """No test hangs, and what Emacs said last stands in the error."""
    with BatchEmacs(timeout=0.5) as emacs, pytest.raises(EmacsError, match="Emacs is gone"):
        emacs.eval("(while t)")


def test_an_unsaved_buffer_holds_the_lock_until_it_is_saved(live: LiveEmacs, path: Path) -> None:
    """The link names this Emacs; saving, reverting, undoing and killing the buffer remove it."""
    live.open(path)
    assert lock_of(path) is None
    for give_up in (live.save, live.revert, live.undo, live.close):
        live.modify(path)
        held = lock_of(path)
        assert held is not None
        assert f".{live.pid}" in held
        give_up(path)
        assert lock_of(path) is None


def test_a_killed_emacs_leaves_its_lock(live: LiveEmacs, path: Path) -> None:
    """The lock then names a process that is no more."""
    live.modify(path)
    live.kill9()
    assert lock_of(path) is not None
    with pytest.raises(ProcessLookupError):
        os.kill(live.pid, 0)


def test_without_lock_files_an_unsaved_buffer_shows_nothing(live: LiveEmacs, path: Path) -> None:
    """`create-lockfiles` nil works, so that the store's tests can rely on it."""
    live.set("create-lockfiles", "nil")
    live.modify(path)
    assert lock_of(path) is None
    assert live.is_modified(path)


def test_a_first_save_renames_the_file_away_and_a_precious_one_replaces_it(
    live: LiveEmacs, path: Path
) -> None:
    """Backups are made as at home, although this is a temporary folder."""
    inode = path.stat().st_ino
    live.modify(path)
    live.save(path)
    assert path.with_name("tex.org~").stat().st_ino == inode
    inode = path.stat().st_ino
    live.modify(path)
    live.save(path)
    assert path.stat().st_ino == inode
    live.set("file-precious-flag", "t")
    live.modify(path)
    live.save(path)
    assert path.stat().st_ino != inode


def test_a_lock_of_another_program_stops_the_edit(live: LiveEmacs, path: Path) -> None:
    """Emacs asks; the person gives up, and the question is remembered."""
    path.with_name(".#tex.org").symlink_to(f"orgpost@{os.uname().nodename}.{os.getpid()}")
    with pytest.raises(EmacsError, match="orgpost@"):
        live.modify(path)
    assert not live.is_modified(path)
    assert len(live.questions) == 1


def test_a_file_that_changed_on_disk_is_reverted_before_the_edit(
    live: LiveEmacs, path: Path
) -> None:
    """The edit fails once, the buffer is new, and the next edit holds."""
    live.open(path)
    path.write_text(TEXT + "* UNREAD   two\n", "utf-8")
    with pytest.raises(EmacsError, match="reverted"):
        live.modify(path)
    live.modify(path)
    assert live.text(path) == TEXT + "* UNREAD   two\n- a person's words\n"


@pytest.mark.parametrize(("anyway", "kept"), [("t", "mine\n"), ("nil", "theirs\n")])
def test_a_person_may_save_over_news(live: LiveEmacs, path: Path, anyway: str, kept: str) -> None:
    """`orgpost-test-save-anyway` answers "Save anyway?"."""
    live.set("orgpost-test-save-anyway", anyway)
    live.modify(path, "mine\n")
    path.write_text(TEXT + "theirs\n", "utf-8")
    try:
        live.save(path)
    except EmacsError:
        assert anyway == "nil"
    assert path.read_text("utf-8") == TEXT + kept


def test_rounds_of_edits_all_reach_the_file(live: LiveEmacs, path: Path) -> None:
    """Twenty saves, twenty headings, in order."""
    assert live.rounds(path, 20, name="mine") == 20
    headings = [line for line in path.read_text("utf-8").splitlines() if "mine" in line]
    assert headings == [f"* mine-{number}" for number in range(20)]
