"""The hook reads entries by itself, and must read them as the library does."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hypothesis import example, given
from hypothesis import strategies as st

from orgpost.hook import entry as light
from orgpost.hook import headings, inbox
from orgpost.org import scan
from orgpost.org.entry import Draft, parse, render
from orgpost.org.quote import shown
from orgpost.org.syntax import MESSAGE
from tests.corpus.texts import generated, hostile

if TYPE_CHECKING:
    import random
    from pathlib import Path

    import pytest

# What entries are made of, and what looks like it.
PIECES = (
    *(
        "* UNREAD",
        "*  UNREAD",
        "* UNREADY",
        "* READ",
        "** UNREAD",
        "*",
        " ",
        "  ",
        "\t",
        "\n",
        "\r\n",
    ),
    *(
        ":PROPERTIES:",
        ":properties:",
        ":END:",
        ":End:",
        ":ID:",
        ":id:",
        ":FROM:",
        ":X",
        "::",
        ":a b:",
    ),
    *("msg-1", "msg-2", "crt", "[#A]", "[#B]", "[#c]", "[#64]", "[#65]", "[#]", "COMMENT", ":tag:"),
    *(
        "CLOSED: [2026-11-20]",
        "DEADLINE:",
        ":LOGBOOK:",
        ":DRAWER:",
        "CLOCK:",
        ": fixed",
        ":",
        ": %C3%BC",
    ),
    *(
        ":BODY_ENC:",
        "eol",
        "fixed",
        "percent",
        "nonsense",
        '"quoted\\u003c"',
        '"',
        "%",
        "ü",
        "\u3000",
    ),
    *(":SUBJECT:", "a title", "UNREAD", "\udcff", "\u2028", "-", "x" * 40),
)
fragments = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
entries = st.builds(
    "* UNREAD {}\n:PROPERTIES:\n:ID: msg-1\n{}\n:END:\n{}".format, fragments, fragments, fragments
)


def body_size(raw: bytes) -> int:
    """How many bytes the library says that a body has."""
    return len(parse(raw, MESSAGE).body.encode("utf-8", "surrogatepass"))


@given(st.one_of(entries, fragments.map("* UNREAD{}".format)))
@example("* UNREAD x\n:PROPERTIES:\n:ID: msg-1\n:END:\n\n:A:\nb\n:end:\nCLOCK: x\n\n: y\n")
@example("* UNREAD x\n  CLOSED: x\n:PROPERTIES:\n:ID: msg-1\n:ID: msg-2\n:END:")
def test_any_entry_is_read_as_the_library_reads_it(text: str) -> None:
    """Whether it is a message; its id, priority, properties, title and size."""
    raw = text.encode("utf-8", "surrogateescape").split(b"\n* ", 1)[0]
    theirs, ours = parse(raw, MESSAGE), light.parse(raw, b"UNREAD", crlf=False)
    if theirs.keyword != "UNREAD":
        return
    assert (ours is None) == (theirs.id is None)
    if ours is None:
        return
    assert (ours.id, ours.priority) == (theirs.id, theirs.priority or "")
    for name in ("FROM", "EXPIRES", "BODY_ENC", "SUBJECT"):
        assert ours.get(name) == (theirs.get(name) or "")
    if not ours.get("SUBJECT"):
        assert ours.subject == theirs.title
    if "\udcff" not in text and ours.get("BODY_ENC") != "nonsense":
        assert ours.size == body_size(raw)


@given(
    title=st.text(min_size=1),
    body=st.text(),
    priority=st.sampled_from(["A", "B", "C", None]),
    tagged=st.booleans(),
)
def test_what_the_library_writes_is_read_back(
    title: str, body: str, priority: str | None, *, tagged: bool
) -> None:
    """Title and size exactly, however hostile the text."""
    draft = Draft(
        id="msg-1",
        keyword="UNREAD",
        title=title,
        properties=[("FROM", "crt"), ("VIA", "a b"), ("CREATED", "[2026-11-20 Fri 09:31:05]")],
        body=body,
        priority=priority,  # type: ignore[arg-type]
        tags=["ops"] if tagged else [],
    )
    check(draft)


def test_every_hostile_text_is_read_back(rng: random.Random) -> None:
    """As a title and as a body; those of the corpus, and as many made by chance."""
    for text in (*hostile().values(), *generated(rng, 300)):
        # Two halves of a character are one where a title is taken in.
        whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
        title = whole.replace("\n", " ")[:250] or "x"
        check(Draft(id="msg-1", keyword="UNREAD", title=title, properties=[], body=text))


def check(draft: Draft) -> None:
    """Render an entry and read it with both."""
    raw = render(draft, MESSAGE)
    theirs, ours = parse(raw, MESSAGE), light.parse(raw, b"UNREAD", crlf=False)
    assert ours is not None
    assert ours.subject == theirs.title
    assert ours.size == len(draft.body.encode("utf-8", "surrogatepass"))
    assert (ours.sender, ours.priority) == (theirs.get("FROM") or "", theirs.priority or "")


@given(st.text(min_size=1, max_size=100), st.text(min_size=1, max_size=100))
def test_a_heading_that_a_person_wrote_anew_wins(before: str, after: str) -> None:
    """The stale SUBJECT stays in the drawer, and nobody reads it."""
    old, new = shown(before), shown(after)
    letters = ["".join(c for c in text if c.isalnum()).lower() for text in (before, new)]
    if letters[0] == letters[1] or "(no subject)" in {old, new}:
        return
    draft = Draft(id="msg-1", keyword="UNREAD", title=f"[x] {before}", properties=[])
    raw = render(draft, MESSAGE)
    heading = b"* UNREAD   " + new.encode()
    edited = heading + raw[raw.index(b"\n") :]
    ours = light.parse(edited, b"UNREAD", crlf=False)
    assert ours is not None
    assert ours.subject == parse(edited, MESSAGE).title


@given(st.lists(fragments, max_size=12).map("\n".join), st.integers(1, 200))
def test_unread_entries_are_found_where_the_library_finds_them(text: str, piece: int) -> None:
    """However the file is cut into pieces."""
    data = text.encode("utf-8", "surrogateescape")
    descriptor = os.memfd_create("inbox")
    try:
        os.write(descriptor, data)
        kept = headings.PIECE
        headings.PIECE = piece
        found = headings.starts_of(descriptor, b"UNREAD")
        entries = headings.entries_at(descriptor, found)
    finally:
        headings.PIECE = kept
        os.close(descriptor)
    assert found == scan.keyword_starts(data, b"UNREAD")
    spans = [scan.span_at(data, start) for start in found]
    assert entries == [data[span.start : span.end] for span in spans]


def test_an_entry_of_any_length_is_read_whole(tmp_path: Path) -> None:
    """Its head says how many properties it has; its body may be as long as one may be."""
    properties = "".join(f":P{number}: x\n" for number in range(500))
    body = "x" * 1_000_000
    text = f"* UNREAD x\n:PROPERTIES:\n{properties}:ID: msg-1\n:END:\n{body}\n"
    path = tmp_path / "inbox.org"
    path.write_text(text + text.replace("msg-1", "msg-2"))
    found = inbox.Inbox(str(path))
    found.read("", "")
    assert [(each.id, each.size) for each in found.messages] == [
        ("msg-1", 1_000_000),
        ("msg-2", 1_000_000),
    ]


def test_an_inbox_with_other_line_ends_is_read(tmp_path: Path) -> None:
    """CRLF, a BOM, no final line end."""
    text = "# -*- x -*-\n\n* UNREAD   [#A] x\n:PROPERTIES:\n:ID: msg-1\n:FROM: crt\n:END:\nbody"
    path = tmp_path / "inbox.org"
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    found = inbox.Inbox(str(path))
    found.read("", "")
    (message,) = found.messages
    assert (message.id, message.sender, message.subject, message.size) == ("msg-1", "crt", "x", 4)


def test_of_two_entries_with_one_id_the_first_counts(tmp_path: Path) -> None:
    """The second is for the doctor to report."""
    path = tmp_path / "inbox.org"
    path.write_text(
        "* UNREAD one\n:PROPERTIES:\n:ID: msg-1\n:END:\n"
        "* UNREAD two\n:PROPERTIES:\n:ID: msg-1\n:END:\n"
    )
    found = inbox.Inbox(str(path))
    found.read("", "")
    assert [message.subject for message in found.messages] == ["one"]


def test_of_very_many_unread_messages_the_last_are_read_and_all_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody has to read the others one by one, and a hook has a second."""
    monkeypatch.setattr(inbox, "MOST_READ", 3)
    path = tmp_path / "inbox.org"
    path.write_text("".join(f"* UNREAD x\n:PROPERTIES:\n:ID: msg-{n}\n:END:\n" for n in range(5)))
    found = inbox.Inbox(str(path))
    found.read("", "")
    assert ([message.id for message in found.messages], found.beyond) == (
        ["msg-2", "msg-3", "msg-4"],
        2,
    )
