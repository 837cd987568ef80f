"""What doctor says of entries: each fault planted once, seen once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.doctor.healthy import (
    ID,
    all_found,
    fixed,
    found,
    healthy,
    mail,
    message,
    plant,
    read,
    task,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

TEX = "org/messaging/inbox/tex.org"


def test_a_healthy_space_has_no_findings(tmp_path: Path) -> None:
    """Not by the quick look, and not by the deep one."""
    assert found(healthy(tmp_path), deep=True) == []


@pytest.mark.parametrize(
    ("entry", "check"),
    [
        (message("msg-UPPER"), "bad-id"),
        (message().replace(f":ID:       {ID}".encode(), b":ID:       a b"), "bad-id"),
        (message().replace(f":ID:       {ID}\n".encode(), b""), "missing-id"),
        (b"* UNREAD   By hand\n", "missing-id"),
        (message(state="READ").replace(b"* READ     ", b"* SEEN     "), "unknown-keyword"),
        (message(FROM="nobody"), "unknown-actor"),
        (message(FROM="../crt"), "unknown-actor"),
        (message(FROM=""), "unknown-actor"),
        (message(TO="crt"), "wrong-file"),
        (message(REPLY_TO="msg-gone"), "dangling"),
        (message(THREAD="msg-gone"), "dangling"),
        (message().replace(b":TO: ", b":FROM:     tex\n:TO: "), "double-key"),
        (message() + b"** Note\n:PROPERTIES:\n:ID:       msg-deep\n:END:\n", "nested-id"),
        (message(CREATED="[2026-13-45]"), "bad-time"),
        (message(EXPIRES="tomorrow"), "bad-time"),
        (message(BODY_ENC="rot13"), "torn"),
        (message() + b"\0\0\0\n", "torn"),
    ],
)
def test_a_fault_of_an_entry_is_named(tmp_path: Path, entry: bytes, check: str) -> None:
    """In its file, with its line, and no program mends it."""
    space = healthy(tmp_path)
    mail(space, "inbox/tex.org", entry)
    named = [(each.check, each.file, each.line, each.fixable) for each in all_found(space)]
    assert named == [(check, TEX, 6, False)]


@pytest.mark.parametrize("sender", ["orgpost", "import", "tex@laptop", "tex-agent"])
def test_senders_that_need_no_contact_are_no_fault(tmp_path: Path, sender: str) -> None:
    """Ours, those of other hosts, and everybody who is in the registry."""
    space = healthy(tmp_path)
    mail(space, "inbox/tex.org", message(FROM=sender))
    assert found(space) == []


def test_a_helper_of_the_roster_is_somebody(tmp_path: Path) -> None:
    """Helpers stand in no registry but that one."""
    space = healthy(tmp_path)
    mail(space, "inbox/tex.org", message(FROM="tex-helper"))
    plant(space, "helpers.org", b"* LIVE tex-helper\n:PROPERTIES:\n:ID: x\n:END:\n")
    assert found(space) == []


def test_a_note_of_a_person_is_no_fault(tmp_path: Path) -> None:
    """A heading without a keyword of ours is theirs."""
    space = healthy(tmp_path)
    mail(space, "inbox/tex.org", message(), b"* Call Crt\n** TODO soon\n")
    assert found(space) == []


def test_a_keyword_that_a_person_added_to_the_file_is_no_state_of_ours(tmp_path: Path) -> None:
    """It is shown as it is and moved by nobody, so doctor names it."""
    space = healthy(tmp_path)
    data = mail(space, "inbox/tex.org", message(state="READ"))
    data = data.replace(b"ARCHIVED(a)\n", b"ARCHIVED(a) SEEN\n").replace(b"* READ", b"* SEEN")
    plant(space, "inbox/tex.org", data)
    assert found(space) == [("unknown-keyword", TEX, False)]


def test_an_id_that_is_there_twice_is_named_with_both_lines(tmp_path: Path) -> None:
    """Two different entries: nobody decides for a person which is right."""
    space = healthy(tmp_path)
    mail(space, "inbox/tex.org", message(), message(body="Another."))
    (finding,) = all_found(space)
    assert (finding.check, finding.line, finding.message, finding.fixable) == (
        "duplicate-id",
        15,
        f"{ID} is in {TEX}:6 already, and the first one counts",
        False,
    )


def test_an_equal_copy_is_moved_to_quarantine(tmp_path: Path) -> None:
    """Byte for byte the same: nothing is lost, and the file is as before the copy was made."""
    space = healthy(tmp_path)
    before = mail(space, "inbox/tex.org", message())
    mail(space, "inbox/tex.org", message(), message(), message())
    assert fixed(space) == (["duplicate-id", "duplicate-id"], ["quarantine", "quarantine"])
    assert read(space, "inbox/tex.org") == before


def test_only_an_equal_copy_is_moved(tmp_path: Path) -> None:
    """A third one that says something else is a person's to look at."""
    space = healthy(tmp_path)
    other = message(body="Another.")
    mail(space, "inbox/tex.org", message(), other, message())
    assert fixed(space) == (["duplicate-id"], ["duplicate-id", "quarantine"])
    assert read(space, "inbox/tex.org").endswith(b"drawer\n\n" + message() + other)


def test_an_id_in_two_inboxes_is_named(tmp_path: Path) -> None:
    """Even where the bytes are equal: two people may have it."""
    space = healthy(tmp_path)
    mail(space, "inbox/crt.org", message())
    checks = [(each.check, each.file, each.fixable) for each in all_found(space)]
    assert checks == [
        ("wrong-file", "org/messaging/inbox/crt.org", False),
        ("duplicate-id", TEX, False),
    ]


def test_what_goes_with_a_fix_is_not_said_to_be_fixed(tmp_path: Path) -> None:
    """The hot copy's other fault is still in the archived one."""
    space = healthy(tmp_path)
    mail(space, "inbox/tex.org", message(state="DONE", FROM="nobody"))
    archived = message(state="ARCHIVED", FROM="nobody", ARCHIVE_TODO="DONE")
    mail(space, "archive/inbox-tex-2026-11.org", archived)
    assert fixed(space) == (["archived-twice"], ["unknown-actor"])


def test_a_move_that_was_cut_short_is_completed(tmp_path: Path) -> None:
    """The archive has it, so the hot copy goes; its neighbours stay."""
    space = healthy(tmp_path)
    other = message("msg-other")
    mail(space, "inbox/tex.org", message(state="DONE"), other)
    archived = message(state="ARCHIVED", ARCHIVE_TODO="DONE")
    mail(space, "archive/inbox-tex-2026-11.org", archived)
    assert fixed(space) == (["archived-twice"], [])
    assert read(space, "inbox/tex.org").endswith(b"drawer\n\n" + other)


def test_an_archived_entry_that_was_changed_since_is_left_to_a_person(tmp_path: Path) -> None:
    """The hot one counts, and may say more than the archived one."""
    space = healthy(tmp_path)
    mail(space, "inbox/tex.org", message(state="DONE", body="Hello!!"))
    archived = message(state="ARCHIVED", ARCHIVE_TODO="DONE")
    mail(space, "archive/inbox-tex-2026-11.org", archived)
    assert found(space) == [("archived-twice", TEX, False)]


def test_a_tasks_slack_does_not_make_it_another(tmp_path: Path) -> None:
    """The archive has none."""
    space = healthy(tmp_path)
    hot = task().replace(b"QUEUED ", b"DONE   ") + b":LOGBOOK:\n" + b" " * 79 + b"\n:END:\n"
    archived = task(ARCHIVE_TODO="DONE").replace(b"QUEUED  ", b"ARCHIVED") + b":LOGBOOK:\n:END:\n"
    mail(space, "agents/tex-agent.org", hot)
    mail(space, "archive/agents-tex-agent-2026-11.org", archived)
    assert fixed(space) == (["archived-twice"], [])


def test_a_dependency_that_is_nowhere_is_named(tmp_path: Path) -> None:
    """It blocks the task, and somebody should know."""
    space = healthy(tmp_path)
    mail(space, "agents/tex-agent.org", task(DEPENDS_ON="task-gone"))
    assert found(space) == [("dangling", "org/messaging/agents/tex-agent.org", False)]


def test_an_inbox_of_nobody_is_named(tmp_path: Path) -> None:
    """Its mail is there, and nobody can be written to under that name."""
    space = healthy(tmp_path)
    mail(space, "inbox/mira.org")
    assert found(space) == [("no-contact", "org/messaging/inbox/mira.org", False)]


def test_orgparse_is_asked_for_a_second_opinion(tmp_path: Path) -> None:
    """What it cannot read, or reads otherwise, is named; the quick look does not ask it."""
    space = healthy(tmp_path)
    entry = message().replace(b":PROPERTIES:", b"CLOSED: [2026-13-45 Fri]\n:PROPERTIES:", 1)
    mail(space, "inbox/tex.org", entry)
    assert [each.check for each in all_found(space)] == ["bad-time"]
    assert [each.check for each in all_found(space, deep=True)] == ["bad-time", "orgparse"]


def test_copies_and_their_answers_may_share_a_thread_that_no_message_has(tmp_path: Path) -> None:
    """A broadcast is such a thread; an id that is nobody's copy is still named."""
    space = healthy(tmp_path)
    copy = message("msg-all-tex", THREAD="msg-all")
    answer = message("msg-answer", THREAD="msg-all", REPLY_TO="msg-all-tex")
    mail(space, "inbox/tex.org", copy, answer)
    assert found(space) == []
    mail(space, "inbox/tex.org", message("msg-all-crt", THREAD="msg-all"))
    assert found(space) == [("dangling", TEX, False)]
