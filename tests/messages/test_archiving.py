"""Archiving: finished mail moves, whole; at no instant is it in neither file or shown twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from orgpost.errors import UnknownId, WrongState
from orgpost.message_store import Rules, Search

if TYPE_CHECKING:
    from tests.messages.conftest import Office

ARCHIVE = "archive/inbox-tex-2026-11.org"


def read_message(office: Office, body: str = "The body.", **facts: Any) -> str:
    """Send a message and mark it READ; its id."""
    id = office.send(body, **facts).id
    office.mail.mark_read(id)
    return id


def test_an_archived_message_is_whole_and_says_what_it_was(office: Office) -> None:
    """Only the keyword and ARCHIVE_TODO differ, and a person's lines come along."""
    id = read_message(office, subject="Hi", tags=["ops"])
    office.edit("The body.\n", "The body.\n** a note\nmine\n")
    before = office.content()[office.content().index(b"* READ") :]
    done = office.mail.archive(id)
    after = office.content(ARCHIVE)
    expected = before.replace(b"* READ    ", b"* ARCHIVED").replace(
        b":END:\n", b":ARCHIVE_TODO: READ\n:END:\n", 1
    )
    assert after[after.index(b"* ARCHIVED") :] == expected
    assert (done.ids, done.files, done.left, b"\n* " in office.content()) == (
        [id],
        [ARCHIVE],
        0,
        False,
    )


def test_the_archive_begins_as_the_inbox_does(office: Office) -> None:
    """With the keywords of messages, or DONE would be a title there."""
    office.mail.archive(read_message(office))
    assert office.content(ARCHIVE).startswith(
        b"# -*- mode: org; coding: utf-8-unix -*-\n#+TITLE: Archive of inbox/tex, 2026-11\n#+TODO: "
    )


def test_the_month_is_that_of_the_message_in_utc(office: Office) -> None:
    """Not that of the archiving, nor of the zone."""
    office.clock.set(datetime(2026, 10, 31, 23, 30, tzinfo=UTC))
    id = read_message(office)
    office.clock.set(datetime(2026, 12, 5, tzinfo=UTC))
    assert office.mail.archive(id).files == ["archive/inbox-tex-2026-10.org"]


@pytest.mark.parametrize("state", ["unread", "todo"])
def test_what_still_waits_is_not_archived(office: Office, state: str) -> None:
    """Scenario 10: exit 4, and nothing changed."""
    finished, waiting = read_message(office), office.send().id
    office.mail.mark(waiting, state)
    before = office.files()
    with pytest.raises(WrongState, match="archive: expected READ or DONE"):
        office.mail.archive(finished, waiting)
    assert office.files() == before


def test_one_bad_id_and_nothing_is_archived(office: Office) -> None:
    """All ids are found before the first write."""
    id = read_message(office)
    with pytest.raises(UnknownId):
        office.mail.archive(id, "msg-nowhere")
    assert office.mail.find_by_id(id).archived is False


def test_a_dry_run_says_what_would_be_done_and_does_nothing(office: Office) -> None:
    """The same ids, files and numbers."""
    id = read_message(office)
    office.send()
    before = office.files()
    dry = office.mail.archive(id, dry_run=True)
    assert (office.files(), dry.dry_run) == (before, True)
    assert office.mail.archive(id)[:3] == dry[:3] == ([id], [ARCHIVE], 1)


def test_archived_mail_is_found_by_every_query_but_the_inbox(office: Office) -> None:
    """By id, by thread, by words, by a part of its id."""
    id = read_message(office, "needle")
    office.mail.archive(id)
    assert office.mail.find_by_id(id).archived is True
    assert [m.id for m in office.mail.find_thread(id)] == [id]
    assert [m.id for m in office.mail.search("tex", Search(words=["needle"])).messages] == [id]
    assert office.mail.resolve(id[-6:], "tex") == id
    assert len(office.mail.find_messages("tex")) == 0


def test_what_stands_in_both_files_is_shown_once_and_the_hot_one_counts(office: Office) -> None:
    """Scenario 32: a move that was cut short; the next run completes it."""
    id = read_message(office, "needle")
    before = office.content()
    office.mail.archive(id)
    office.write(before.decode())
    mine, archive = Search(words=["needle"]), Search(words=["needle"], scope="archive")
    assert office.mail.find_by_id(id).state == "READ"
    assert [m.state for m in office.mail.search("tex", mine).messages] == ["READ"]
    assert office.mail.search("tex", archive).total == 0
    assert [m.state for m in office.mail.find_thread(id)] == ["READ"]
    assert office.mail.archive(id).ids == [id]
    assert (office.content().count(id.encode()), office.content(ARCHIVE).count(id.encode())) == (
        0,
        2,
    )


def test_auto_archives_by_age(office: Office) -> None:
    """Finished for longer than the settings say; unread and to do stay, however old."""
    old = read_message(office)
    office.send()
    office.clock.advance(30 * 86_400 + 1)
    young = read_message(office)
    done = office.mail.archive_old("tex")
    assert (done.ids, done.left) == ([old], 2)
    assert office.mail.find_by_id(young).archived is False


def test_auto_archives_by_count(office: Office) -> None:
    """No more finished entries stay in a hot file than the settings say; the newest stay."""
    office.rules = Rules(archive_keep=2, archive_after=None)
    ids = []
    for _ in range(4):
        ids.append(read_message(office))
        office.clock.advance(1)
    assert sorted(office.mail.archive_old("tex").ids) == sorted(ids[:2])


def test_auto_without_an_actor_looks_at_every_inbox(office: Office) -> None:
    """Somebody has to archive the agents' mail."""
    ids = [read_message(office, to=name) for name in ("tex", "mira", "tex-agent")]
    office.clock.advance(31 * 86_400)
    done = office.mail.archive_old()
    assert (sorted(done.ids), len(done.files)) == (sorted(ids), 3)


def test_older_than_asks_only_for_age(office: Office) -> None:
    """However few there are."""
    old = read_message(office)
    office.clock.advance(3600)
    read_message(office)
    before = office.clock.now() - timedelta(minutes=30)
    assert office.mail.archive_old("tex", before=before).ids == [old]


def test_what_somebody_still_waits_for_is_not_archived_by_itself(office: Office) -> None:
    """Its sender would never hear of it."""
    expires = office.clock.now() + timedelta(days=60)
    waited_for = read_message(office, expects="reply", expires=expires)
    office.clock.advance(40 * 86_400)
    assert office.mail.archive_old("tex").ids == []
    office.send("here", sender="tex", to="crt", reply_to=waited_for)
    assert office.mail.archive_old("tex").ids == [waited_for]


def test_more_than_one_record_can_hold_is_archived_in_turns(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A year of mail is larger than what the store writes at once."""
    monkeypatch.setattr("orgpost.message_store.archiving._BATCH_BYTES", 700)
    ids = [read_message(office, str(number)) for number in range(7)]
    office.clock.advance(31 * 86_400)
    assert office.mail.archive_old("tex").ids == ids


def test_a_message_from_a_file_with_crlf_is_archived_with_the_archives_line_ends(
    office: Office,
) -> None:
    """Or its drawer would be none there."""
    id = read_message(office, "a\nb")
    office.write(office.content().decode().replace("\n", "\r\n"))
    office.mail.archive(id)
    assert office.mail.find_by_id(id).body == "a\nb"
    assert b"\r" not in office.content(ARCHIVE)


def test_the_last_entry_without_a_line_end_gets_one(office: Office) -> None:
    """The next one must not begin on its line."""
    first, last = read_message(office, "a"), read_message(office, "b")
    office.write(office.content().decode().rstrip("\n"))
    office.mail.archive(first)
    office.mail.archive(last)
    assert [office.mail.find_by_id(id).body for id in (first, last)] == ["a", "b"]
    assert office.content(ARCHIVE).endswith(b"\n")


def test_what_emacs_archived_is_found_and_left_there(office: Office) -> None:
    """Emacs archives beside the file."""
    id = read_message(office, "needle")
    office.clock.advance(60)
    text = office.content().decode()
    start = text.index("* READ")
    office.write(text[:start])
    office.write(text[start:], "inbox/tex.org_archive")
    assert office.mail.find_by_id(id).archived is True
    assert office.mail.search("tex", Search(words=["needle"])).total == 1
