"""Mail that a person handles in Emacs is the mail that the program reads, marks and archives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from orgpost.clock import FakeClock
from orgpost.contact import Contacts
from orgpost.message_store import Rules
from orgpost.store import FileStore
from tests.messages.conftest import ACTORS, Office

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.emacs.oracle import Oracle

pytestmark = pytest.mark.slow

INBOX: Final = "inbox/tex.org"
ARCHIVE: Final = "archive/inbox-tex-2026-11.org"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A space without any mail."""
    (tmp_path / "org" / "messaging" / "inbox").mkdir(parents=True)
    clock = FakeClock()
    with FileStore(tmp_path, clock, sync="off") as store:
        yield Office(tmp_path, clock, store, Contacts(ACTORS), Rules())


def do(oracle: Oracle, office: Office, name: str, command: str, *arguments: object) -> None:
    """Let a person do something to a file, a while ago."""
    oracle.do(command, office.path(name), *arguments)
    office.age(name)


def test_a_title_edited_in_emacs_is_the_title_everywhere(oracle: Oracle, office: Office) -> None:
    """In the list, by id, in the thread and in the search; what answers it stays in the thread."""
    sent = office.send("words", subject="[#A] urgent: act")
    do(oracle, office, INBOX, "edit-heading", sent.id, "Act now")
    answer = office.send("yes", sender="tex", to="crt", reply_to=sent.id)
    mail = office.mail
    assert [message.subject for message in mail.find_messages("tex")] == ["Act now"]
    assert mail.find_by_id(sent.id).subject == "Act now"
    assert [message.id for message in mail.find_thread(sent.id)] == [sent.id, answer.id]
    assert answer.thread == sent.thread


def test_priority_tags_and_keyword_edited_in_emacs_are_read(oracle: Oracle, office: Office) -> None:
    """As they stand in the file."""
    sent = office.send("words", subject="a subject")
    do(oracle, office, INBOX, "set-priority", sent.id, "A")
    do(oracle, office, INBOX, "set-tags", sent.id, ["ops", "später"])
    do(oracle, office, INBOX, "todo", sent.id, "TODO", "")
    read = office.mail.find_by_id(sent.id)
    assert (read.priority, read.tags, read.state) == ("high", ("ops", "später"), "TODO")
    assert len(office.mail.find_unread("tex")) == 0


def test_what_a_person_plans_in_emacs_is_read(oracle: Oracle, office: Office) -> None:
    """Org's own stamps, as `C-c C-s` and `C-c C-d` write them; an agenda needs them."""
    sent = office.send("words", subject="a subject")
    do(oracle, office, INBOX, "schedule", sent.id, "2026-11-25")
    do(oracle, office, INBOX, "run", sent.id, '(org-deadline nil "<2026-11-27 Fri 10:00 +1w>")')
    read = office.mail.find_by_id(sent.id)
    planned = ("<2026-11-25 Wed>", "<2026-11-27 Fri 10:00 +1w>")
    assert (read.scheduled, read.deadline) == planned


def test_a_mark_after_all_of_a_persons_edits_changes_the_keyword_only(
    oracle: Oracle, office: Office
) -> None:
    """Notes, clocks, properties, schedules and sub-headings stay, byte for byte."""
    ids = [office.send("if x:\n\ty\n", subject=f"[{n}/3] subject").id for n in range(3)]
    do(oracle, office, INBOX, "note", ids[1], "words of mine")
    do(oracle, office, INBOX, "clock", ids[1])
    do(oracle, office, INBOX, "schedule", ids[1], "2026-11-25")
    do(oracle, office, INBOX, "set-property", ids[1], "Mine", "a value")
    do(oracle, office, INBOX, "move-to-end", ids[1])
    do(oracle, office, INBOX, "add-blank-lines")
    before = office.content()
    office.mail.mark(ids, "READ")
    assert office.content() == before.replace(b"* UNREAD   ", b"* READ     ")
    assert oracle.lint(office.path(INBOX)) == []


def test_an_archive_that_a_person_edits_is_added_to(oracle: Oracle, office: Office) -> None:
    """One header, all messages found, each in its state, and the person's words where they were."""
    first, second = (office.send(f"body {n}", subject=f"subject {n}").id for n in range(2))
    office.mail.mark_read(first, second)
    office.mail.archive(first)
    do(oracle, office, ARCHIVE, "note", first, "words of mine")
    do(oracle, office, ARCHIVE, "set-tags", first, ["kept"])
    do(oracle, office, ARCHIVE, "add-blank-lines")
    edited = office.content(ARCHIVE)
    office.mail.archive(second)
    assert office.content(ARCHIVE).startswith(edited)
    assert office.content(ARCHIVE).count(b"#+TODO:") == 1
    headings = oracle.headings(office.path(ARCHIVE))
    assert [(one.keyword, one.get("ARCHIVE_TODO")) for one in headings] == [
        ("ARCHIVED", "READ"),
        ("ARCHIVED", "READ"),
    ]
    assert oracle.lint(office.path(ARCHIVE)) == []
    found = [office.mail.find_by_id(id) for id in (first, second)]
    assert [(one.body, one.state, one.archived) for one in found] == [
        ("body 0", "ARCHIVED", True),
        ("body 1", "ARCHIVED", True),
    ]
    assert found[0].tags == ("kept",)


def test_what_a_person_archived_in_emacs_is_still_found(oracle: Oracle, office: Office) -> None:
    """It stands in FILE_archive, is no longer in the list, and stays where the person put it."""
    kept, gone = (office.send(f"body {n}", subject=f"subject {n}").id for n in range(2))
    office.clock.advance(11)  # until then the program takes a loss for an accident
    do(oracle, office, INBOX, "todo", gone, "DONE", "")
    do(oracle, office, INBOX, "archive", gone)
    there = office.content(f"{INBOX}_archive")
    assert [message.id for message in office.mail.find_messages("tex")] == [kept]
    assert office.mail.find_by_id(gone).body == "body 1"
    assert office.content(f"{INBOX}_archive") == there


REFILE: Final = """(progn (require 'org-refile)
  (org-refile nil nil (list "there" "{there}" nil nil))
  (with-current-buffer (find-buffer-visiting "{there}") (save-buffer) (kill-buffer)))"""


def test_what_a_person_refiled_is_marked_where_it_is(oracle: Oracle, office: Office) -> None:
    """In another inbox it is the same message, and both files keep every other byte."""
    gone, kept = (office.send(f"body {n}", subject=f"subject {n}").id for n in range(2))
    there = office.send("body 2", to="mira", subject="subject 2").id
    office.clock.advance(11)
    entry = office.content().partition(b"* UNREAD   subject 1")[0].partition(b"\n\n")[2]
    assert gone.encode() in entry
    office.age("inbox/mira.org")
    lisp = REFILE.format(there=office.path("inbox/mira.org"))
    do(oracle, office, INBOX, "run", gone, lisp)
    office.age("inbox/mira.org")
    assert entry in office.content("inbox/mira.org")
    before = office.content("inbox/mira.org")
    assert [message.id for message in office.mail.find_messages("tex")] == [kept]
    office.mail.mark(gone, "READ")
    read = office.mail.find_by_id(gone)
    assert (read.state, read.body, read.to) == ("READ", "body 0", "tex")
    marked = entry.replace(b"* UNREAD   ", b"* READ     ")
    assert office.content("inbox/mira.org") == before.replace(entry, marked)
    assert {m.id for m in office.mail.find_messages("mira")} == {gone, there}


def test_what_a_person_captured_into_an_inbox_is_theirs(oracle: Oracle, office: Office) -> None:
    """A note between the mail, counted nowhere, and left alone by marks and by what comes."""
    first = office.send("body 0", subject="subject 0").id
    lisp = """(progn (require 'org-capture)
      (let ((org-capture-templates
             (list (list "n" "note" 'entry (list 'file buffer-file-name)
                         "* TODO call crt\\nwords of mine" :immediate-finish t))))
        (org-capture nil "n")))"""
    do(oracle, office, INBOX, "run", first, lisp)
    assert b"* TODO call crt\nwords of mine" in office.content()
    before = office.content()
    second = office.send("body 1", subject="subject 1").id
    office.mail.mark([first, second], "DONE")
    assert [message.id for message in office.mail.find_messages("tex")] == [second, first]
    done = before.replace(b"* UNREAD   ", b"* DONE     ")
    assert office.content().startswith(done.rstrip(b"\n"))
