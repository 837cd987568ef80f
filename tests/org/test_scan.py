"""Offsets found by searching bytes are those that reading line by line finds."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orgpost.org import scan
from orgpost.org.entry import parse
from orgpost.org.scan import Span
from orgpost.org.syntax import COOKIE, MESSAGE, TASK
from tests.independent_reader import read_bytes
from tests.org.strategies import files

HEADER = COOKIE + b"\n\n"


def entry(id: str, keyword: str = "UNREAD", body: str = "") -> bytes:
    """An entry as a program writes it."""
    return f"* {keyword:<8} x\n:PROPERTIES:\n:ID:       {id}\n:END:\n{body}".encode()


# --- entries ------------------------------------------------------------------------------------


@given(files)
@example(b"")
@example(b"* ")
@example(b"no heading")
def test_preamble_and_spans_tile_the_file(data: bytes) -> None:
    """Each byte belongs to one of them, and each span begins with a heading."""
    found = scan.spans(data)
    start = found[0].start if found else len(data)
    parts = [data[span.start : span.end] for span in found]
    assert data[:start] + b"".join(parts) == data
    assert all(re.match(rb"\* ", part) and not re.search(rb"\n\* ", part) for part in parts)
    assert [scan.span_at(data, span.start) for span in found] == found


@pytest.mark.parametrize("line", [b"*\tx", b"*", b" * x", b"** x", b"x * y", b"\r* x", b"\x0b* x"])
def test_what_only_looks_like_a_heading_is_none(line: bytes) -> None:
    """One star and a space, after a line feed."""
    assert scan.entry_starts(HEADER + line + b"\n") == []


@given(files)
def test_states_are_found_as_they_are_parsed(data: bytes) -> None:
    """Every entry of a state, in order; never one of a longer keyword."""
    kind = scan.file_kind(data, MESSAGE)
    for keyword in ("UNREAD", "READ", "DONE"):
        parsed = [
            span
            for span in scan.spans(data)
            if parse(data[span.start : span.end], kind).keyword == keyword
        ]
        found = list(scan.with_keyword(data, keyword.encode()))
        # In a file that ends lines in LF, a CR after the keyword makes a title of it to Org.
        assert [span for span in found if data[span.start : span.end].count(b"\r") == 0] == [
            span for span in parsed if data[span.start : span.end].count(b"\r") == 0
        ]
        assert set(parsed) <= set(found)
        assert [span.start for span in found] == scan.keyword_starts(data, keyword.encode())


def test_states_are_found_however_they_are_written() -> None:
    """Padded or not, with more spaces, with nothing after it; not as the beginning of a word."""
    data = b"* READ\n* READ x\n*  READ\r\n* READY x\n* READ\tx\n** READ x\n* READ"
    assert scan.keyword_starts(data, b"READ") == [0, 7, 16, len(data) - 6]


# --- ids ----------------------------------------------------------------------------------------


@given(files)
@example(b"* x\n:PROPERTIES:\n:ID: ID\n:END:\n* y\n:PROPERTIES:\n:ID: :ID:\n:END:\n")
def test_ids_are_found_as_a_slow_reader_finds_them(data: bytes) -> None:
    """All of them, and the first of equal ones by its name alone."""
    slow = [
        (read.id.encode("utf-8", "surrogateescape"), span)
        for read, span in zip(read_bytes(data, "message"), scan.spans(data), strict=True)
        if read.id is not None
    ]
    assert list(scan.find_all_ids(data)) == slow
    assert [(scan.entry_id(data, span), span) for _, span in slow] == slow
    for id in {b"a", b"q", b"ID", b":ID:", *(id for id, _ in slow)}:
        first = next((span for found, span in slow if found == id), None)
        assert scan.find_id(data, id) == first


@pytest.mark.parametrize(
    "body",
    [
        ":ID:       msg-b\n",
        "\n:PROPERTIES:\n:ID: msg-b\n:END:\n",
        "msg-b\n",
        "** x\n:PROPERTIES:\n:ID: msg-b\n:END:\n",
    ],
)
def test_an_id_in_a_body_is_no_id(body: str) -> None:
    """Only the drawer below the heading says who an entry is."""
    data = HEADER + entry("msg-a", body=body)
    assert scan.find_id(data, b"msg-b") is None
    both = data + entry("msg-b")
    assert scan.find_id(both, b"msg-b") == Span(len(data), len(both))


def test_an_id_before_the_first_heading_is_no_id() -> None:
    """A person may keep a drawer for the whole file."""
    for before in (b"", b"** x\n"):
        data = before + b":PROPERTIES:\n:ID: msg-a\n:END:\n" + entry("msg-b")
        assert scan.find_id(data, b"msg-a") is None
        assert scan.find_id(data, b"msg-b") == scan.spans(data)[0]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_a_drawer_with_a_stray_carriage_return_has_no_id(line_end: bytes) -> None:
    """Before a line end, whatever line ends the file has."""
    good = (HEADER + entry("msg-1")).replace(b"\n", line_end)
    bad = good.replace(b"msg-1", b"msg-1\r")
    assert [len(list(scan.find_all_ids(data))) for data in (good, bad)] == [1, 0]


def test_an_id_is_not_a_part_of_one() -> None:
    """Neither its beginning nor its end."""
    data = HEADER + entry("msg-ab") + entry("xmsg-a")
    assert scan.find_id(data, b"msg-a") is None


def test_the_first_of_two_equal_ids_is_found() -> None:
    """The other is suspicious, and no program's to change."""
    data = HEADER + entry("msg-a") + entry("msg-a", "READ")
    assert scan.find_id(data, b"msg-a") == scan.spans(data)[0]
    assert [id for id, _ in scan.find_all_ids(data)] == [b"msg-a", b"msg-a"]


# --- files --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "has"),
    [
        (COOKIE + b"\n", True),
        (b"\xef\xbb\xbf" + COOKIE + b"\r\n", True),
        (COOKIE, False),
        (b"", False),
        (COOKIE + b" \n", False),
        (b"\n" + COOKIE + b"\n", False),
    ],
)
def test_the_cookie_is_line_1_exactly(data: bytes, has: bool) -> None:  # noqa: FBT001  a column of the table
    """But for the BOM and the CR that somebody else put there."""
    assert scan.has_cookie(data) is has


def test_a_file_keeps_its_own_keywords() -> None:
    """Those of its kind and those of the preamble's lines, and nothing further down."""
    lines = b"#+todo: A(a/!) b@ | C\n  #+SEQ_TODO: D E\n#+TYP_TODO:\n#+TODO: | F\n#+TODO: READ\n"
    kind = scan.file_kind(lines + b"** x\n#+TODO: NO | NEVER\n* x\n", MESSAGE)
    assert kind.keywords_open == (*MESSAGE.keywords_open, "A", "b@", "D")
    assert kind.keywords_closed == (*MESSAGE.keywords_closed, "C", "E", "F")


def test_a_longer_keyword_widens_the_padding() -> None:
    """So that a change of state still does not move what follows."""
    assert scan.file_kind(b"#+TODO: INTERESTING\n", TASK).pad == len("INTERESTING")


def test_a_file_as_we_make_it_is_of_its_kind() -> None:
    """Nothing of its own: the very same value."""
    assert scan.file_kind(HEADER, MESSAGE) is MESSAGE


@given(st.sampled_from([b"\n", b"\r\n"]))
def test_line_1_says_how_lines_end(line_end: bytes) -> None:
    """For all of the file."""
    data = COOKIE + line_end + b"x\n"
    assert scan.is_crlf(data) == scan.file_kind(data, MESSAGE).crlf == (line_end == b"\r\n")
    assert not scan.is_crlf(b"\r")
