"""Finding: threads, words, and the parts of ids that people type."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from orgpost.errors import AmbiguousId, InvalidField, UnknownId, WrongKind
from orgpost.message_store import Letter, Search

if TYPE_CHECKING:
    from tests.messages.conftest import Office


def found(office: Office, *words: str, actor: str = "tex", **facts: Any) -> list[str]:
    """The bodies that a search finds, the newest first."""
    asked = Search(**{"words": words, **facts})
    return [message.body for message in office.mail.search(actor, asked).messages]


# --- parts of ids -------------------------------------------------------------------------------


def test_a_part_that_fits_two_ids_lists_both(office: Office) -> None:
    """Scenario 12: ambiguous, with the matches."""
    ids = [office.send(id=f"msg-build-{name}").id for name in ("a", "b")]
    with pytest.raises(AmbiguousId) as refused:
        office.mail.resolve("build-", "tex")
    assert refused.value.matches == ids


def test_an_exact_id_wins_over_a_longer_one(office: Office) -> None:
    """Scenario 12: also where it is a part of another."""
    office.send(id="msg-build")
    office.send(id="msg-build-2")
    assert office.mail.resolve("msg-build", "tex") == "msg-build"


def test_what_is_mine_comes_before_the_mail_of_others(office: Office) -> None:
    """A part that fits one message of mine and one of others means mine."""
    mine = office.send(id="msg-build-1")
    office.send(id="msg-build-2", sender="mira", to="crt-agent")
    assert office.mail.resolve("build", "tex") == mine.id
    assert office.mail.resolve("ild-2", "tex") == "msg-build-2"


@pytest.mark.parametrize("part", ["bui", "nowhere", "The body"])
def test_a_part_of_nothing_is_unknown(office: Office, part: str) -> None:
    """So is one of fewer than four characters, and one that stands only in a text."""
    office.send(id="msg-build-1")
    with pytest.raises(UnknownId):
        office.mail.resolve(part, "tex")


def test_an_archived_message_answers_to_a_part_of_its_id(office: Office) -> None:
    """Archive included."""
    office.send(id="msg-build-1")
    office.mail.mark("msg-build-1", "done")
    office.mail.archive("msg-build-1")
    assert office.mail.resolve("build", "tex") == "msg-build-1"


def test_python_takes_exact_ids_only(office: Office) -> None:
    """A program knows what it means; a task is found elsewhere."""
    office.send(id="msg-build-1")
    with pytest.raises(UnknownId):
        office.mail.find_by_id("msg-build")
    with pytest.raises(WrongKind):
        office.mail.find_by_id("task-1")


def test_an_id_in_a_body_is_no_entry(office: Office) -> None:
    """However much it looks like one."""
    office.send("text\n:ID: msg-forged\nmore")
    office.edit("* UNREAD", "* UNREAD   mine\n:PROPERTIES:\n:X: 1\n\n:ID: msg-forged\n* UNREAD")
    with pytest.raises(UnknownId):
        office.mail.find_by_id("msg-forged")


# --- threads ------------------------------------------------------------------------------------


def test_a_thread_holds_together_when_its_root_is_archived(office: Office) -> None:
    """Scenario 13: a reply to a reply to an archived root; one thread, in order of time."""
    root = office.send("root")
    office.mail.mark(root.id, "done")
    office.mail.archive(root.id)
    first = office.send("first", sender="tex", to="crt", reply_to=root.id)
    second = office.send("second", reply_to=first.id)
    for member in (root, first, second):
        thread = office.mail.thread(member.id)
        assert thread.id == root.id
        assert [m.body for m in thread.messages] == ["root", "first", "second"]


def test_in_one_second_a_reply_comes_after_what_it_answers(office: Office) -> None:
    """Whatever their ids say."""
    root = office.send("root", id="msg-z")
    first = office.send("first", id="msg-y", reply_to=root.id)
    office.send("second", id="msg-x", reply_to=first.id)
    assert [m.body for m in office.mail.find_thread("msg-x")] == ["root", "first", "second"]


def test_a_broadcast_is_a_thread_without_a_root(office: Office) -> None:
    """Its id finds all copies."""
    office.mail.broadcast(Letter(sender="crt", to="", body="All", id="msg-all"))
    assert {m.to for m in office.mail.find_thread("msg-all")} == {"tex", "mira"}


def test_a_thread_of_nobody_is_unknown(office: Office) -> None:
    """Exit 3; so is that of a task of which nobody wrote."""
    for id in ("msg-nowhere", "task-1"):
        with pytest.raises(UnknownId):
            office.mail.find_thread(id)
    with pytest.raises(WrongKind):
        office.mail.find_thread("chg-1")


# --- words --------------------------------------------------------------------------------------


def test_all_words_must_occur_and_case_does_not_count(office: Office) -> None:
    """In subject, text, sender, recipient or tags."""
    office.send("Über den Fluß", subject="Bridge", tags=["ops"])
    assert found(office, "bridge", "ÜBER", "FLUSS", "OPS", "crt", "tex") == ["Über den Fluß"]
    assert found(office, "bridge", "tunnel") == []


def test_words_are_looked_for_in_the_text_as_it_was_sent(office: Office) -> None:
    """Not in how it is stored: quoted, encoded, with a subject that Org could not hold."""
    office.send("50%\tof\n* it", subject="[#A] x: a\u3000b")
    for words in (["50%\tof"], ["* it"], ["[#a] x"], ["a\u3000b"]):
        assert len(found(office, *words)) == 1
    for words in (["%25"], ["percent"], ["properties"], ["unread"]):
        assert found(office, *words) == []


def test_mine_is_what_i_sent_or_got(office: Office) -> None:
    """The mail of others only where it is asked for."""
    office.send("to tex")
    office.send("from tex", sender="tex", to="mira")
    office.send("of others", sender="mira", to="crt")
    assert sorted(found(office)) == ["from tex", "to tex"]
    assert len(found(office, scope="all")) == 3


@pytest.mark.parametrize(
    ("facts", "bodies"),
    [
        ({"sender": "mira"}, ["b"]),
        ({"to": "mira"}, ["c"]),
        ({"tag": "ops"}, ["a"]),
        ({"state": "READ"}, ["b"]),
        ({"scope": "archive"}, ["d"]),
    ],
    ids=str,
)
def test_a_search_is_narrowed_by_what_a_message_is(
    office: Office, facts: dict[str, Any], bodies: list[str]
) -> None:
    """Sender, recipient, tag, state, archive."""
    office.send("a", tags=["ops"])
    office.mail.mark_read(office.send("b", sender="mira").id)
    office.send("c", sender="tex", to="mira")
    archived = office.send("d")
    office.mail.mark(archived.id, "done")
    office.mail.archive(archived.id)
    assert found(office, **facts) == bodies


def test_since_and_until_bound_the_time(office: Office) -> None:
    """From the one on, and before the other."""
    start = office.clock.now()
    for body in "abc":
        office.send(body)
        office.clock.advance(60)
    minute = timedelta(minutes=1)
    assert found(office, since=start + minute, until=start + 2 * minute) == ["b"]


def test_what_has_no_time_is_found_where_no_time_is_asked_for(office: Office) -> None:
    """A stamp that cannot be read blocks nothing else."""
    office.send("a")
    office.edit("[2026-11-20 Fri 08:31:05]", "[2026-13-45]")
    assert found(office) == ["a"]
    assert found(office, since=office.clock.now() - timedelta(days=1000)) == []


def test_a_scope_that_nobody_knows_is_refused(office: Office) -> None:
    """The error lists those that there are."""
    with pytest.raises(InvalidField, match="mine, all, archive"):
        found(office, scope="elsewhere")


def test_a_place_is_a_file_a_line_and_bytes(office: Office) -> None:
    """For ``show``: where a person would look."""
    first, second = office.send("a"), office.send("b")
    place = office.mail.locate(second.id)
    lines = office.content().split(b"\n")
    assert (place.source.path, lines[place.line - 1]) == ("inbox/tex.org", b"* UNREAD   b")
    assert place.raw.startswith(b"* UNREAD   b\n")
    assert office.mail.locate(first.id).line < place.line


def test_the_newest_are_shown_and_all_are_counted(office: Office) -> None:
    """A limit leaves out the oldest."""
    for body in "abcde":
        office.send(body)
        office.clock.advance(1)
    hits = office.mail.search("tex", Search(), limit=2)
    assert ([m.body for m in hits.messages], hits.total) == (["e", "d"], 5)


def test_a_regular_expression_is_one_where_it_is_asked_for(office: Office) -> None:
    """A bad one is refused."""
    office.send("error 404")
    assert found(office, r"error \d+", regex=True) == ["error 404"]
    assert found(office, r"error \d+") == []
    with pytest.raises(InvalidField) as refused:
        found(office, "(", regex=True)
    assert refused.value.field == "regex"
