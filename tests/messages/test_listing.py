"""Listing: one function behind the count, the list and the digest, whatever a person did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from orgpost.errors import InvalidField
from orgpost.message_store import Query
from orgpost.message_store.rows import rows
from orgpost.org.syntax import MESSAGE

if TYPE_CHECKING:
    import random

    from tests.messages.conftest import Office

HEADER = (
    "# -*- mode: org; coding: utf-8-unix -*-\n#+TITLE: Inbox of tex\n"
    "#+TODO: UNREAD(u) READ(r) TODO(t) | DONE(d) ARCHIVED(a)\n#+STARTUP: overview logdrawer\n\n"
)


def entry(id: str, keyword: str = "UNREAD", title: str = "x", *, created: str = "08:31:05") -> str:
    """An entry as orgpost writes it."""
    return (
        f"* {keyword:<8} {title}\n:PROPERTIES:\n:ID:       {id}\n:FROM:     crt\n:TO:       tex\n"
        f":CREATED:  [2026-11-20 Fri {created}]\n:THREAD:   {id}\n:END:\nText.\n"
    )


def test_the_inbox_is_high_first_then_the_newest(office: Office) -> None:
    """Messages of one second keep the order in which they came, the last first."""
    for priority, body in [("normal", "a"), ("high", "b"), ("low", "c"), ("high", "d")]:
        office.send(body, priority=priority)
        office.clock.advance(0.4)
    listed = [message.body for message in office.mail.find_unread("tex")]
    assert listed == ["d", "b", "c", "a"]


def test_by_time_no_priority_keeps_old_mail_before_new(office: Office) -> None:
    """Whoever turns pages finds each message at its time, from either end."""
    for body, priority in (("old", "high"), ("middle", "normal"), ("new", "low")):
        office.send(body, priority=priority)
        office.clock.advance(60)
    listed = [m.body for m in office.mail.list_inbox("tex", Query(by_time=True))]
    assert listed == ["new", "middle", "old"]
    turned = office.mail.list_inbox("tex", Query(by_time=True, oldest=True))
    assert [m.body for m in turned] == listed[::-1]


def test_oldest_turns_the_age_and_not_the_priority(office: Office) -> None:
    """High mail stays first."""
    for priority, body in [("normal", "a"), ("high", "b"), ("low", "c"), ("high", "d")]:
        office.send(body, priority=priority)
    listed = [m.body for m in office.mail.list_inbox("tex", Query(oldest=True))]
    assert listed == ["b", "d", "a", "c"]


def test_a_list_knows_its_length_and_makes_a_message_only_when_it_is_taken(office: Office) -> None:
    """A slice of a list is a list."""
    for number in range(5):
        office.send(str(number))
    listed = office.mail.find_unread("tex")
    assert (len(listed), [m.body for m in listed[1:3]], listed[-1].body) == (5, ["3", "2"], "0")


def test_only_unread_mail_is_listed_unless_other_states_are_asked_for(office: Office) -> None:
    """No state means every state of the hot file."""
    ids = [office.send(body).id for body in "abc"]
    office.mail.mark(ids[0], "done")
    office.mail.mark(ids[1], "todo")
    assert [m.body for m in office.mail.find_unread("tex")] == ["c"]
    assert [m.state for m in office.mail.find_messages("tex")] == ["UNREAD", "TODO", "DONE"]
    assert [m.body for m in office.mail.find_messages("tex", state="DONE")] == ["a"]


def test_a_state_that_nobody_knows_is_refused(office: Office) -> None:
    """The error lists those that there are."""
    office.send()
    with pytest.raises(InvalidField, match="UNREAD, READ, TODO, DONE, ARCHIVED"):
        office.mail.find_messages("tex", state="NEW")


@pytest.mark.parametrize(
    ("query", "bodies"),
    [
        (Query(sender="mira"), "b"),
        (Query(tag="ops"), "c"),
        (Query(priority="high"), "d"),
        (Query(priority="low"), "e"),
        (Query(priority="normal"), "cba"),
        (Query(since=datetime(2026, 11, 20, 8, 31, 7, tzinfo=UTC)), "dec"),
        (Query(sender="mira", tag="ops"), ""),
    ],
    ids=str,
)
def test_each_question_narrows_the_list(office: Office, query: Query, bodies: str) -> None:
    """Sender, tag, priority and time, alone and together."""
    facts: list[dict[str, Any]] = [
        {},
        {"sender": "mira"},
        {"tags": ["ops"]},
        {"priority": "high"},
        {"priority": "low"},
    ]
    for body, fact in zip("abcde", facts, strict=True):
        office.send(body, **fact)
        office.clock.advance(1)
    assert "".join(m.body for m in office.mail.list_inbox("tex", query)) == bodies


def test_a_priority_that_nobody_knows_is_refused(office: Office) -> None:
    """The error lists those that there are."""
    office.send()
    with pytest.raises(InvalidField, match="high, normal, low"):
        office.mail.list_inbox("tex", Query(priority="urgent"))


def test_stale_is_unread_for_longer_than_the_settings_say(office: Office) -> None:
    """A day, where they say nothing; what was read is not stale."""
    old, read = office.send("old"), office.send("read")
    office.mail.mark_read(read.id)
    office.clock.advance(86_399)
    assert len(office.mail.list_inbox("tex", Query(stale=True))) == 0
    office.clock.advance(2)
    office.send("young")
    assert [m.id for m in office.mail.list_inbox("tex", Query(states=(), stale=True))] == [old.id]


def test_an_inbox_that_is_not_there_is_empty(office: Office) -> None:
    """Nothing is made by looking."""
    assert (len(office.mail.find_unread("mira")), office.files()) == (0, {})


def test_a_note_of_a_person_is_counted_nowhere(office: Office) -> None:
    """A heading without a valid drawer and an ID is theirs, even one that says UNREAD."""
    office.write(f"{HEADER}* UNREAD call mum\n{entry('msg-a')}* UNREAD\n* just a note\n")
    assert [m.id for m in office.mail.find_messages("tex")] == ["msg-a"]


def test_of_two_entries_with_one_id_the_first_counts(office: Office) -> None:
    """The copy is not listed, whatever its state, nor after the first was read."""
    office.write(HEADER + entry("msg-a", "READ") + entry("msg-a", title="copy") + entry("msg-b"))
    assert [m.id for m in office.mail.find_unread("tex")] == ["msg-b"]


def test_in_a_file_that_is_far_too_large_only_what_is_listed_is_compared(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mail is archived long before; a list there must not take ten times as long."""
    monkeypatch.setattr("orgpost.message_store.rows._LARGE", 100)
    office.write(HEADER + entry("msg-a") + entry("msg-b") + entry("msg-a", title="copy"))
    assert sorted((m.id, m.subject) for m in office.mail.find_unread("tex")) == [
        ("msg-a", "x"),
        ("msg-b", "x"),
    ]


def test_a_copy_with_an_indented_drawer_is_a_copy_all_the_same(office: Office) -> None:
    """An editor that realigns drawers hides no duplicate."""
    indented = entry("msg-a", "READ").replace("\n:", "\n  :").replace(":ID:", ":id:")
    office.write(HEADER + indented + entry("msg-a"))
    assert [m.id for m in office.mail.find_unread("tex")] == []


@pytest.mark.parametrize(
    "edit",
    [
        ("* UNREAD   [#A] Hi", "* UNREAD [#A] Hi"),
        ("* UNREAD   [#A] Hi", "*  UNREAD   [#A]   Hi   :a:"),
        (":PROPERTIES:", ":properties:"),
        (":FROM:     crt", ":from: crt"),
        (":TO:       tex", ":X: 1\n:TO: tex\n:Y: 2"),
        (":PROPERTIES:", "  :PROPERTIES:"),
        (":END:\n", ":END:\n:LOGBOOK:\n- Note taken\n:END:\n"),
        ("Hi\n", "Hi\nSCHEDULED: <2026-11-21 Sat>\n"),
        (":CREATED:  [2026-11-20 Fri", ":CREATED:  [2026-11-20 ven."),
    ],
    ids=str,
)
def test_an_entry_that_a_person_edited_is_listed_like_any_other(
    office: Office, edit: tuple[str, str]
) -> None:
    """Un-padded, realigned, lower-case, indented, planned: it is the same message."""
    sent = office.send("Text", subject="Hi", priority="high")
    office.edit(*edit)
    (found,) = office.mail.find_unread("tex")
    assert (found.id, found.sender, found.subject, found.created, found.body) == (
        sent.id,
        "crt",
        "Hi",
        sent.created,
        "Text",
    )


def test_a_title_that_a_person_edited_wins(office: Office) -> None:
    """The stale SUBJECT is left where it is, and the thread holds."""
    sent = office.send(subject="[#A] urgent: act")
    office.edit("(#A) urgent: act", "Act now")
    found = office.mail.find_by_id(sent.id)
    assert (found.subject, found.thread) == ("Act now", sent.thread)


def test_a_file_with_crlf_line_ends_is_listed_and_added_to(office: Office) -> None:
    """Its line ends stay, and are no part of any field."""
    office.write((HEADER + entry("msg-a")).replace("\n", "\r\n"))
    office.send("new")
    assert [m.body for m in office.mail.find_unread("tex")] == ["new", "Text."]
    assert office.content().count(b"\n") == office.content().count(b"\r\n")


def test_a_file_that_begins_with_an_entry_is_listed(office: Office) -> None:
    """A person may have cut the preamble away."""
    office.write(entry("msg-a") + entry("msg-b"))
    assert {m.id for m in office.mail.find_unread("tex")} == {"msg-a", "msg-b"}


def test_a_keyword_that_a_person_added_is_a_state(office: Office) -> None:
    """It is shown as it is."""
    todo = "#+TODO: UNREAD READ TODO SOMEDAY | DONE ARCHIVED\n"
    office.write(HEADER + todo + entry("msg-a", "SOMEDAY"))
    assert [m.state for m in office.mail.find_messages("tex", state="SOMEDAY")] == ["SOMEDAY"]


def test_what_a_person_archived_in_place_is_archived(office: Office) -> None:
    """It says so itself, though it stands in the hot file."""
    office.write(HEADER + entry("msg-a", "ARCHIVED"))
    assert office.mail.find_by_id("msg-a").archived is True


def test_bytes_that_are_no_text_show_as_such_in_json(office: Office) -> None:
    """U+FFFD in JSON; the file keeps what it has."""
    office.write(HEADER + entry("msg-a", title="caf\udce9"))
    (found,) = office.mail.find_unread("tex")
    assert (found.subject, found.to_dict()["subject"]) == ("caf\udce9", "caf\ufffd")


def test_the_newest_is_the_newest_in_whatever_state(office: Office) -> None:
    """That is what ``reply last`` answers."""
    office.send("old", priority="high")
    office.clock.advance(1)
    newest = office.send("new")
    office.mail.mark(newest.id, "done")
    assert office.mail.find_newest("tex") == office.mail.find_by_id(newest.id)
    assert office.mail.find_newest("mira") is None


def test_the_digest_counts_what_the_list_lists(office: Office) -> None:
    """Unread, high, to do, by sender, stale and expired: from the same rows."""
    stale = office.send("a", priority="high", expires=office.clock.now() + timedelta(hours=1))
    todo = office.send("b")
    office.mail.mark(todo.id, "todo")
    office.clock.advance(86_401)
    office.send("c")
    office.send("d", sender="mira")
    digest = office.mail.digest("tex")
    assert digest.to_dict() == {
        "actor": "tex",
        "unread": len(office.mail.find_unread("tex")),
        "high": 1,
        "todo": 1,
        "by_sender": [
            {"from": "crt", "count": 2, "latest": "2026-11-21T08:31:06Z"},
            {"from": "mira", "count": 1, "latest": "2026-11-21T08:31:06Z"},
        ],
        "stale": [stale.id],
        "expired": [stale.id],
    }
    assert office.mail.digest("tex", since=office.clock.now()).unread == 2


def test_the_quick_rows_are_the_slow_ones(rng: random.Random) -> None:
    """However a file was edited, searching its bytes finds what reading each entry finds."""
    for _ in range(60):
        data = (HEADER + "".join(_edited(rng, number) for number in range(8))).encode()
        quick = rows(data, MESSAGE, ["UNREAD"])
        slow = rows(data.replace(b":PROPERTIES:\n:ID:", b":properties:\n:ID:"), MESSAGE, ["UNREAD"])
        assert [(r.high, r.created, r.id, r.sender) for r in quick] == [
            (r.high, r.created, r.id, r.sender) for r in slow
        ]


def _edited(rng: random.Random, number: int) -> str:
    text = entry(f"msg-{rng.randrange(12)}", rng.choice(["UNREAD", "READ", "UNREADY"]))
    if rng.random() < 0.3:
        text = text.replace("* UNREAD   ", "* UNREAD [#A] ")
    lines = text.split("\n")
    for _ in range(rng.choice([0, 0, 0, 1, 2])):
        place = rng.randrange(1, len(lines))
        match rng.randrange(4):
            case 0:
                lines[place] = f" {lines[place]}"
            case 1:
                lines.insert(place, rng.choice(["", ":NOTE: x", "** sub", "text", ":END:"]))
            case 2:
                lines[place] = lines[place].lower()
            case _:
                del lines[place]
    return "\n".join(lines).rstrip("\n") + "\n"
