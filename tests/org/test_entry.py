"""What we write we can read; what others wrote is taken as it is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgpost.errors import InvalidField
from orgpost.org import quote, scan
from orgpost.org.entry import Draft, drawer_lines, parse, render
from orgpost.org.syntax import MESSAGE, TASK
from tests.independent_reader import read_bytes
from tests.org.strategies import files, texts, whole_texts

ID = "msg-20261120-083105-7k3m9q2xwd"
CRLF = MESSAGE._replace(crlf=True)


def draft(**more: Any) -> Draft:
    """A message about nothing."""
    told: dict[str, Any] = {"id": ID, "keyword": "UNREAD", "title": "x"}
    return Draft(**(told | more))


drafts = st.builds(
    Draft,
    id=st.just(ID),
    keyword=st.sampled_from(["UNREAD", "TODO", "ARCHIVED"]),
    title=whole_texts,
    body=texts,
    properties=st.just([("FROM", "crt")]) | whole_texts.map(lambda text: [("NOTE", text)]),
    priority=st.sampled_from(["A", "B", "C", None]),
    tags=st.lists(st.sampled_from(["ops", "für", "_@#%", "\u0939\u093f"]), max_size=3),
    planning=st.sampled_from([(), [("SCHEDULED", "<2026-11-20 Fri>")]]),
    logbook=st.sampled_from([(), ['- State "READ"']]),
    slack=st.sampled_from([0, 3, 80, 400]),
)


@given(drafts, st.booleans())
def test_what_is_written_is_read(told: Draft, crlf: bool) -> None:  # noqa: FBT001  drawn, not chosen
    """read(write(value)) == value, whatever the texts."""
    kind = CRLF if crlf else MESSAGE
    raw = render(told, kind)
    read = parse(raw, kind)
    assert (read.id, read.keyword, read.title, read.body, read.priority, read.tags, read.flaw) == (
        *(told.id, told.keyword, told.title, told.body, told.priority, tuple(told.tags)),
        "",
    )
    assert [(name, read.get(name)) for name, _ in told.properties] == list(told.properties)
    assert list(read.planning) == list(told.planning)
    assert scan.spans(raw) == [scan.Span(0, len(raw))]
    assert raw.count(b"\r") == (raw.count(b"\n") if crlf else 0)
    raw.decode()


@given(files)
def test_whatever_stands_there_is_read(data: bytes) -> None:
    """Nothing raises, and a reader made from the page alone sees the same."""
    kind = scan.file_kind(data, MESSAGE)
    entries = [parse(data[span.start : span.end], kind) for span in scan.spans(data)]
    for entry in entries:
        assert isinstance((entry.logbook, entry.planning, entry.subs, entry.is_note), tuple)
    ours = [
        (entry.keyword, entry.title, list(entry.tags), dict(reversed(entry.properties)), entry.body)
        for entry in entries
    ]
    theirs = [
        (read.keyword, read.title, read.tags, read.properties, read.body)
        for read in read_bytes(data, "message")
    ]
    assert ours == theirs


# --- headings -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "keyword", "priority", "title", "tags"),
    [
        ("* UNREAD   [#A] x  :a:b:  ", "UNREAD", "A", "x", ("a", "b")),
        ("* DONE", "DONE", None, "", ()),
        ("*  READ x", "READ", None, "x", ()),
        ("* READ\tx", "", None, "READ\tx", ()),
        ("* read x", "", None, "read x", ()),
        ("* UNREADX x", "", None, "UNREADX x", ()),
        ("* UNREAD :a:", "UNREAD", None, ":a:", ()),
        ("* UNREAD [#A]x", "UNREAD", "A", "x", ()),
        ("* UNREAD \t [#A] x", "UNREAD", "A", "x", ()),
        ("* UNREAD x [#A]", "UNREAD", None, "x [#A]", ()),
        ("* UNREAD [#B] x", "UNREAD", "B", "x", ()),
        ("* UNREAD [#a] x", "UNREAD", "C", "x", ()),
        ("* UNREAD [#64] x", "UNREAD", "C", "x", ()),
        ("* UNREAD [#65] x", "UNREAD", None, "[#65] x", ()),
        ("* UNREAD COMMENT x", "UNREAD", None, "x", ()),
        ("* UNREAD COMMENT :a:", "UNREAD", None, "", ("a",)),
        ("* UNREAD COMMENTED x", "UNREAD", None, "COMMENTED x", ()),
        ("* UNREAD x :a-b:", "UNREAD", None, "x :a-b:", ()),
        ("* UNREAD x :a::b:", "UNREAD", None, "x", ("a", "b")),
        ("* UNREAD x\t:a:", "UNREAD", None, "x", ("a",)),
        ("* [#A] x", "", "A", "x", ()),
        ("* UNREAD QUEUED x", "UNREAD", None, "QUEUED x", ()),
        ("* ", "", None, "", ()),
    ],
)
def test_a_heading_is_read_as_the_page_says(
    line: str, keyword: str, priority: str | None, title: str, tags: tuple[str, ...]
) -> None:
    """Where versions of Org differ, the safer reading."""
    entry = parse(line.encode() + b"\n", MESSAGE)
    read = (entry.keyword, entry.priority, entry.title, entry.tags)
    assert read == (keyword, priority, title, tags)


def test_tags_end_in_column_77() -> None:
    """One column for each character, and always a space before them."""
    short = render(draft(tags=["für", "ops"]), MESSAGE).decode().split("\n")[0]
    long = render(draft(tags=["a"], title="x" * 200), MESSAGE).decode().split("\n")[0]
    assert (len(short), short[-9:]) == (77, ":für:ops:")
    assert long.endswith("xx :a:")


def test_the_heading_wins_over_a_stale_subject() -> None:
    """A person edited it; but a comment cookie, tags and a priority are no edit of the title."""
    raw = render(draft(title="[1/2] x"), MESSAGE)
    assert parse(raw.replace(b"(1/2) x", b"[#C] COMMENT (1/2) x :t:"), MESSAGE).title == "[1/2] x"
    edited = parse(raw.replace(b"(1/2) x", b"(2/2) x"), MESSAGE)
    assert (edited.title, edited.get("SUBJECT")) == ("(2/2) x", "[1/2] x")


# --- drawers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        "\n:PROPERTIES:\n:ID: a\n:END:",
        "Words\n:PROPERTIES:\n:ID: a\n:END:",
        "SCHEDULED: <2026-11-20>\nCLOSED: [2026-11-20]\n:PROPERTIES:\n:ID: a\n:END:",
        ":PROPERTIES:\n:ID: a\n\n:END:",
        ":PROPERTIES:\n:ID: a\nword\n:END:",
        ":PROPERTIES:\n:ID:a\n:END:",
        ":PROPERTIES:\n:ID: a\n",
        ":PROPERTIES:\n:ID: a\n* x\n:END:",
        ":PROPERTIES:\n:ID: a\n** x\n:END:",
        ":PROPERTIES:\r\n:ID: a\r\n:END:\r",
        ":PROPERTIES:\n:ID: a\r\n:END:",
        ":PROPERTIES:\n:ID:\n:END:",
        ":PROPERTIES:\n:ID: a b\n:END:",
        ":PROPERTIES:\n:ID:\n:ID: a\n:END:",
        ":PROPERTIES:\n:FROM: a\n:END:",
        ":PROPERTIES: x\n:ID: a\n:END:",
        ":LOGBOOK:\n:ID: a\n:END:",
    ],
)
def test_a_heading_without_a_valid_id_is_a_note(lines: str) -> None:
    """A person's, kept, counted nowhere; also where Org would take the drawer for text."""
    assert parse(f"* UNREAD x\n{lines}\n".encode(), MESSAGE).is_note


@pytest.mark.parametrize(
    "lines",
    [
        ":PROPERTIES:\n:ID: a\n:END:",
        "  :properties:  \n\t:Id:\ta \n :end: ",
        "CLOSED: [2026-11-20 Fri] see there\n:PROPERTIES:\n:ID: a\n:END:",
        " DEADLINE: soon\n:PROPERTIES:\n:X:\n:END: x\n:ID: a\n:END:",
    ],
)
def test_a_drawer_is_read_however_it_is_written(lines: str) -> None:
    """Small letters, indented, below planning, with or without a line end at the file's end."""
    for end in ("", "\n", "\nWords\n"):
        assert parse(f"* UNREAD x\n{lines}{end}".encode(), MESSAGE).id == "a"


@pytest.mark.parametrize(
    ("raw", "flaw"),
    [
        (b"* UNREAD x\n:PROPERTIES:\n:ID: a\n:END:\nw\0rds\n", "NUL"),
        (b"* UNREAD x\0\n", "NUL"),
        (b"* UNREAD x\n:PROPERTIES:\n:ID: a\n", "not closed"),
        (b"* UNREAD x\nCLOSED: [x]\n  :properties:\r\n:ID: a\n", "not closed"),
        (b"* UNREAD x\n:PROPERTIES:\n:ID: a\n:BODY_ENC: x\n:END:\n", "BODY_ENC 'x'"),
        (b"* UNREAD   Serv", "cut off"),
        (b"* Buy milk", ""),
        (b"* UNREAD Buy milk\n", ""),
    ],
)
def test_what_is_damaged_says_why(raw: bytes, flaw: str) -> None:
    """And what a person merely did not finish is not damaged."""
    found = parse(raw, MESSAGE).flaw
    assert flaw in found
    assert bool(found) is bool(flaw)


def test_a_crlf_file_has_no_cr_in_any_field() -> None:
    """One CR before each line end belongs to the line end; another is the field's."""
    drawers = ":PROPERTIES:\n:ID: a\n:NOTE: b\n:X:\n:END:\n:LOGBOOK:\n- y\n:END:\n"
    lf = f"* UNREAD x :t:\n{drawers}w\n** z\n"
    entry = parse(lf.replace("\n", "\r\n").replace("w", "w\r\nv\r").encode(), CRLF)
    assert (entry.id, entry.title, entry.tags, entry.properties, entry.body, entry.logbook) == (
        *("a", "x", ("t",), (("ID", "a"), ("NOTE", "b"), ("X", "")), "w\nv\r", "- y\n"),
    )
    assert [sub.title for sub in entry.subs] == ["z"]
    first_is_empty = b"* UNREAD x\r\n:PROPERTIES:\r\n:ID:\r\n:ID: a\r\n:END:\r\n"
    assert parse(first_is_empty, CRLF).is_note


# --- what follows the drawer --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "body", "logbook"),
    [
        ("w\n", "w", ""),
        (":LOGBOOK:\n- a\n:END:\nw\n", "w", "- a\n"),
        ("\n:NOTES:\nw\n:END:\n\n:logbook:\n:END:\nCLOCK: [x]\nv\n", "v", ""),
        (":LOGBOOK:\n- a\n:END:\n:LOGBOOK:\n- b\n:END:", "", "- a\n"),
        (":LOGBOOK:\n- a\nw\n", ":LOGBOOK:\n- a\nw", ""),
        (":LOGBOOK:\n- a\n** x\n:END:\n", ":LOGBOOK:\n- a", ""),
        ("CLOCK: [x]", "", ""),
        ("clock: [x]\n", "clock: [x]", ""),
        ("w\n:LOGBOOK:\n- a\n:END:\n", "w\n:LOGBOOK:\n- a\n:END:", ""),
    ],
)
def test_the_body_begins_after_drawers_and_clocks(text: str, body: str, logbook: str) -> None:
    """Closed ones, of any name; it ends at the next heading of any level."""
    entry = parse(f"* UNREAD x\n:PROPERTIES:\n:ID: a\n:END:\n{text}".encode(), MESSAGE)
    assert (entry.body, entry.logbook) == (body, logbook)


def test_sub_headings_are_read_with_their_drawers() -> None:
    """Known by title and drawer together; deeper ones stand in the same row."""
    raw = (
        b"* DONE x\n:PROPERTIES:\n:ID: a\n:END:\n** Result\n:PROPERTIES:\n:ATTEMPT: 1\n"
        b":BODY_ENC: eol\n:END:\nok\n\n*** Mine\ntext\n** Result"
    )
    subs = parse(raw, MESSAGE).subs
    assert [(sub.level, sub.title, sub.get("ATTEMPT"), sub.body) for sub in subs] == [
        (2, "Result", "1", "ok\n"),
        (3, "Mine", None, "text"),
        (2, "Result", None, ""),
    ]
    assert b"".join(raw[sub.span.start : sub.span.end] for sub in subs) == raw[raw.index(b"** R") :]


# --- writing ------------------------------------------------------------------------------------


def test_a_drawer_stands_in_the_pages_order() -> None:
    """ID first, the caller's own last, in the order given."""
    names = ["ZZ", "THREAD", "AA", "FROM", "ID"]
    lines = drawer_lines([(name, "x") for name in names])
    assert [line.split(":")[1] for line in lines[1:-1]] == ["ID", "FROM", "THREAD", "ZZ", "AA"]


def test_a_lease_has_its_width() -> None:
    """So that a renewal need not change the length."""
    lines = [
        drawer_lines([("LEASE", text)])[1] for text in ("- 0 -", "2026-11-20T08:47:10Z 1 a@b:1")
    ]
    assert {len(line) for line in lines} == {11 + 64}


@pytest.mark.parametrize(
    "wrong",
    [
        {"keyword": "QUEUED"},
        {"properties": [("from", "x")]},
        {"properties": [("A B", "x")]},
        {"properties": [("A", "x"), ("A", "y")]},
        {"properties": [("SUBJECT", "x")], "title": ""},
        {"properties": [("A", "x" * 4001)]},
        {"tags": ["a-b"]},
    ],
    ids=str,
)
def test_what_would_not_be_read_back_is_not_written(wrong: dict[str, Any]) -> None:
    """A fault of the caller is an error, not a broken file."""
    with pytest.raises(InvalidField):
        render(draft(**wrong), MESSAGE)


def test_a_list_of_actors_may_be_long() -> None:
    """Recipients and dependencies have no limit of length."""
    actors = " ".join(f"actor-{number}" for number in range(1000))
    assert (
        parse(render(draft(properties=[("RECIPIENTS", actors)]), MESSAGE), MESSAGE).get(
            "RECIPIENTS"
        )
        == actors
    )


def test_a_new_task_is_padded_to_nine() -> None:
    """The longest keyword of a task file."""
    raw = render(draft(id="task-1", keyword="DONE"), TASK)
    assert raw.startswith(b"* DONE      x\n")


@given(whole_texts)
def test_a_title_is_safe_or_shown(title: str) -> None:
    """Nothing but a safe title ever stands in a heading."""
    raw = render(draft(title=title), MESSAGE)
    heading = raw.decode().split("\n")[0].removeprefix("* UNREAD   ")
    assert quote.safe_title(heading)
