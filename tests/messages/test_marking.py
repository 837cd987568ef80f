"""Marking: legal moves only, all or nothing, and not one byte more than the keyword's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orgpost.errors import Busy, InvalidField, UnknownId, WrongKind, WrongState
from orgpost.store import Page

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.messages.conftest import Office


def test_unread_mail_is_done_in_one_edit(office: Office) -> None:
    """Scenario 10: two legal moves at once, because the hooks have always promised it."""
    sent = office.send()
    (marked,) = office.mail.mark(sent.id, "done")
    assert marked == (sent.id, "UNREAD", "DONE", True)
    assert office.mail.find_by_id(sent.id).state == "DONE"


def test_an_illegal_move_changes_nothing(office: Office) -> None:
    """The error says what was expected and what was found."""
    sent = office.send()
    office.mail.mark(sent.id, "todo")
    before = office.files()
    with pytest.raises(WrongState, match="mark: expected READ, found TODO"):
        office.mail.mark(sent.id, "unread")
    assert office.files() == before


def test_one_bad_id_and_nothing_changes(office: Office) -> None:
    """Scenario 11: all ids are found before the first write."""
    sent = office.send()
    with pytest.raises(UnknownId):
        office.mail.mark_read(sent.id, "msg-nowhere")
    assert office.mail.find_by_id(sent.id).state == "UNREAD"


def test_one_bad_move_and_nothing_changes_in_any_file(office: Office) -> None:
    """All moves are checked before the first write, over all files."""
    good, bad = office.send(), office.send(to="mira")
    office.mail.mark(bad.id, "done")
    with pytest.raises(WrongState):
        office.mail.mark([good.id, bad.id], "todo")
    assert office.mail.find_by_id(good.id).state == "UNREAD"


def test_marking_what_it_is_already_writes_nothing(office: Office) -> None:
    """Not even while a person has the file."""
    sent = office.send()
    office.path("inbox/.#tex.org").symlink_to("tex@elsewhere.4711:1")
    assert office.mail.mark(sent.id, "unread") == [(sent.id, "UNREAD", "UNREAD", False)]


def test_marking_while_a_person_has_unsaved_edits_is_busy(office: Office) -> None:
    """The error names the person."""
    sent = office.send()
    office.path("inbox/.#tex.org").symlink_to("tex@elsewhere.4711:1")
    with pytest.raises(Busy, match="tex@elsewhere"):
        office.mail.mark_read(sent.id)


def test_a_mark_keeps_everything_that_a_person_added(office: Office) -> None:
    """Scenario 15: TODO, a sub-heading, a property from Emacs; then only the keyword differs."""
    sent = office.send(subject="Hi", priority="high", tags=["ops"])
    office.edit("* UNREAD   [#A] Hi", "* TODO [#A] Hi")
    office.edit(":THREAD:", ":Effort: 1:00\n:THREAD:")
    office.edit("The body.\n", "The body.\n** a note\nSCHEDULED: <2026-11-21 Sat>\n")
    before = office.content()
    office.mail.mark(sent.id, "done")
    assert office.content() == before.replace(b"* TODO [#A]", b"* DONE     [#A]")


def test_a_mark_keeps_the_length_of_what_orgpost_wrote(office: Office) -> None:
    """The keyword is padded, so that a change of state is written in place."""
    sent = office.send()
    before = office.content()
    office.mail.mark(sent.id, "todo")
    assert office.content() == before.replace(b"* UNREAD   ", b"* TODO     ")


def test_marks_in_one_file_are_one_edit(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """And they come back in the order in which they were asked for."""
    ids = [office.send(str(number)).id for number in range(12)]
    edits: list[str] = []
    real = office.store.edit

    def counted(path: str, decide: Callable[[Page], object]) -> object:
        edits.append(path)
        return real(path, decide)

    monkeypatch.setattr(office.store, "edit", counted)
    marked = office.mail.mark(reversed(ids), "read")
    assert ([each.id for each in marked], edits) == (ids[::-1], ["inbox/tex.org"])


def test_only_the_first_of_two_equal_ids_is_marked(office: Office) -> None:
    """The second is suspicious, and changed by no program."""
    sent = office.send()
    text = office.content().decode()
    office.write(text + text[text.index("* UNREAD") :])
    office.mail.mark_read(sent.id)
    assert (
        office.content().decode()
        == text.replace("* UNREAD", "* READ  ", 1) + (text[text.index("* UNREAD") :])
    )


def test_among_many_ids_too_the_first_of_two_equal_ones_is_marked(office: Office) -> None:
    """However the entries are looked for."""
    ids = [office.send(str(number)).id for number in range(12)]
    text = office.content().decode()
    office.write(text + text[text.index("* UNREAD") :])
    office.mail.mark(ids, "todo")
    assert office.content().decode().startswith(text.replace("* UNREAD  ", "* TODO    "))


def test_a_keyword_that_only_a_person_knows_is_moved_by_nobody(office: Office) -> None:
    """It is theirs."""
    sent = office.send()
    office.edit("| DONE(d)", "SOMEDAY | DONE(d)")
    office.edit("* UNREAD ", "* SOMEDAY ")
    with pytest.raises(WrongState, match="found SOMEDAY"):
        office.mail.mark_read(sent.id)


def test_what_others_did_meanwhile_is_decided_again_under_the_lock(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Marked by another: nothing is left to do. Deleted by a person: unknown."""
    sent, gone = office.send("a"), office.send("b")
    office.store.confirm("inbox/tex.org")
    real = office.store.edit

    def late(path: str, decide: Callable[[Page], object]) -> object:
        monkeypatch.setattr(office.store, "edit", real)
        office.mail.mark_read(sent.id)
        return real(path, decide)

    monkeypatch.setattr(office.store, "edit", late)
    assert office.mail.mark_read(sent.id) == [(sent.id, "READ", "READ", False)]

    def deleted(path: str, decide: Callable[[Page], object]) -> object:
        text = office.content()
        page = Page(path, text[: text.index(b"* UNREAD   b")], exists=True)
        return decide(page)

    monkeypatch.setattr(office.store, "edit", deleted)
    with pytest.raises(UnknownId):
        office.mail.mark_read(gone.id)


def test_clear_is_read_and_other_words_are_refused(office: Office) -> None:
    """The error lists the words."""
    sent = office.send()
    assert office.mail.mark(sent.id, "clear")[0].state == "READ"
    with pytest.raises(InvalidField, match="unread read clear todo done"):
        office.mail.mark(sent.id, "archived")


def test_a_task_is_marked_by_other_means(office: Office) -> None:
    """A wrong kind of id is its own error."""
    with pytest.raises(WrongKind):
        office.mail.mark("task-x", "done")


def test_archived_mail_is_marked_by_nobody(office: Office) -> None:
    """It is over."""
    sent = office.send()
    office.mail.mark(sent.id, "done")
    office.mail.archive(sent.id)
    with pytest.raises(WrongState, match="mark: expected UNREAD, READ or TODO, found ARCHIVED"):
        office.mail.mark(sent.id, "done")
