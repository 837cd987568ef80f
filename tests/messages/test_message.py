"""The value: what an entry says and what JSON says, each a faithful picture of the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgpost.clock import LocalZone
from orgpost.message import (
    EXPECTATIONS,
    NO_SUBJECT,
    PRIORITIES,
    Message,
    answer_subject,
    draft,
    excerpt,
    read,
)
from orgpost.org.entry import parse, render
from orgpost.org.quote import one_line
from orgpost.org.syntax import MESSAGE

NOW = datetime(2026, 11, 20, 8, 31, 5, tzinfo=UTC)
ONE_LINE = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=60)
ids = st.from_regex(r"msg-[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True)
names = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,9}", fullmatch=True)
times = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001  made aware
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
stamps = st.sampled_from(["<2026-11-20 Fri>", "<2026-11-20 Fri 10:00 +1w>"])
messages = st.builds(
    Message,
    id=ids,
    state=st.sampled_from(MESSAGE.keywords),
    sender=names,
    to=names,
    subject=ONE_LINE.map(lambda text: one_line("subject", text) or NO_SUBJECT),
    body=st.text(),
    created=times,
    thread=ids,
    reply_to=st.none() | ids,
    priority=st.sampled_from(PRIORITIES),
    tags=st.lists(st.sampled_from(["ops", "é_1", "a@b", "x#%"]), unique=True).map(tuple),
    expects=st.sampled_from(EXPECTATIONS),
    expires=st.none() | times,
    scheduled=st.none() | stamps,
    deadline=st.none() | stamps,
    kind=st.sampled_from(["message", "file", "bounce", "result"]),
    via=st.lists(names).map(tuple),
    recipients=st.lists(names).map(tuple),
    answer_route=st.none() | st.just("github:12"),
    properties=st.dictionaries(st.sampled_from(["TICKET", "MSG_ID"]), ONE_LINE.map(str.strip)),
)


def again(message: Message, zone: tzinfo = UTC) -> Message:
    """Write a message as an entry, and read it back."""
    entry = parse(render(draft(message, zone), MESSAGE), MESSAGE)
    return read(entry, to="somebody", zone=zone, archived=message.archived)


@given(messages)
def test_a_message_is_what_its_entry_says(message: Message) -> None:
    """Read and draft are each other's inverse, for any text in any field."""
    assert again(message) == message


@pytest.mark.parametrize("hours", [-12, 0, 5.5, 14])
def test_a_time_is_the_same_in_every_zone(hours: float) -> None:
    """CREATED is local in the file and UTC in the value."""
    zone = timezone(timedelta(hours=hours))
    message = Message(
        id="msg-a",
        state="UNREAD",
        sender="crt",
        to="tex",
        subject="x",
        body="",
        created=NOW,
        thread="msg-a",
    )
    assert again(message, zone).created == NOW


@pytest.mark.parametrize("hour", [0, 1])
def test_in_the_hour_that_comes_twice_the_id_tells_which_it_was(hour: int) -> None:
    """Both 02:30 of the last Sunday in October."""
    moment = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
    message = Message(
        id=f"msg-20261025-0{hour}3000-0123456789",
        state="UNREAD",
        sender="crt",
        to="tex",
        subject="x",
        body="",
        created=moment,
        thread="msg-a",
    )
    assert again(message, LocalZone()).created == moment


def test_what_an_entry_does_not_say_is_not_made_up() -> None:
    """A person's own entry: no sender, no time, its file's recipient, its own thread."""
    entry = parse(b"* UNREAD mine\n:PROPERTIES:\n:ID: abc\n:CREATED: soon\n:END:\n", MESSAGE)
    message = read(entry, to="tex", zone=UTC)
    assert (message.sender, message.to, message.thread) == ("", "tex", "abc")
    assert message.to_dict()["created"] is None


def test_half_a_character_is_none_in_json() -> None:
    """Every reader of JSON takes the document; strict ones refuse all of it for a lone half."""
    entry = parse(b"* UNREAD mine\n:PROPERTIES:\n:ID: abc\n:END:\n", MESSAGE)
    message = replace(read(entry, to="tex", zone=UTC), subject="a\ud800b\udfffc\udc80d\U0001f600")
    assert message.to_dict()["subject"] == "a\ufffdb\ufffdc\ufffdd\U0001f600"


def test_of_two_equal_keys_the_first_counts() -> None:
    """In the fields and in the rest."""
    drawer = b":ID: a\n:FROM: crt\n:FROM: ceo\n:X: 1\n:x: 2\n"
    entry = parse(b"* UNREAD x\n:PROPERTIES:\n" + drawer + b":END:\n", MESSAGE)
    message = read(entry, to="tex", zone=UTC)
    assert (message.sender, message.properties) == ("crt", {"X": "1"})


@pytest.mark.parametrize(("cookie", "priority"), [("A", "high"), ("B", "normal"), ("D", "low")])
def test_any_lower_priority_is_low(cookie: str, priority: str) -> None:
    """Whatever letters a person uses."""
    raw = f"* UNREAD [#{cookie}] x\n:PROPERTIES:\n:ID: a\n:END:\n".encode()
    assert read(parse(raw, MESSAGE), to="tex", zone=UTC).priority == priority


@given(st.text())
def test_an_excerpt_is_one_line_of_at_most_72_characters(body: str) -> None:
    """Whatever the body is; never empty."""
    line = excerpt(body)
    assert one_line("subject", line) == line.rstrip()
    assert 1 <= len(line) <= 72


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("\x1b[1;31mError\x1b[0m: no room\n", "Error: no room"),
        ("\x1b]0;a title\x07make: \x1b]8;;http://x\x1b\\here\x1b]8;;\x1b\\", "make: here"),
        ("\x9b2Jgone\x9b0m \x9d52;c;x\x9cby", "gone by"),
        ("\x1b(B\x1b=plain", "plain"),
        ("a\x1b\tb \x00c\r", "a b c"),
        ("\x1b]no end", "no end"),
        ("\x1b[2K\x1b[1G\nsecond", "second"),
        ("100%|\u2588\u2588| 3/3\x1b[A", "100%|\u2588\u2588| 3/3"),
    ],
)
def test_what_was_painted_for_a_terminal_leaves_only_its_words(body: str, line: str) -> None:
    """The output of a tool is the most common body; its colours are no words."""
    assert excerpt(body) == line


@pytest.mark.parametrize(
    "piece", ["\x1b]", "\x9d", "\x1b[0", "\x9b", "\x1b", "\x1b (", "\x1b]\x9d"]
)
def test_an_excerpt_of_a_megabyte_of_beginnings_takes_no_time(piece: str) -> None:
    """Each beginning is looked at once."""
    assert len(excerpt(piece * (2**20 // len(piece)))) <= 72


@given(st.text())
def test_the_subject_of_an_answer_can_be_sent(subject: str) -> None:
    """Whatever a person made of the heading."""
    line = answer_subject(subject)
    assert len(one_line("subject", line)) <= 250
    assert line[:3].lower() == "re:"
