"""Rows of a ledger as text and as values, and what they add up to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgpost.budget import row
from orgpost.budget.books import Books, Note
from orgpost.budget.row import EVENTS, Row
from orgpost.names import TIERS

DAY: Final = "2026-11-20"
HEAD: Final = row.header(DAY)
NAMES: Final = st.sampled_from(["crt", "mira", "tex-agent", "a", "9_-", "-"])
TASKS: Final = st.sampled_from(
    ["task-1", "task-2", "task-a.b_c-d", "9F1C2F2E-5D0B-4D67-9B1E-1234567890AB", "-"]
)
WORDS: Final = ("again", "more", "hold", "reserve", "crt for mira", "start 2026-11-20T09:00:00Z")
NOTES: Final = st.one_of(
    st.sampled_from(["", *WORDS]),
    st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" |\\")).map(
        lambda text: " ".join(text.split())
    ),
    st.lists(st.sampled_from(["\\vert", "\\backslash{}", "|", "\\", "vert", " "])).map(
        lambda words: " ".join("".join(words).split())
    ),
)
TIMES: Final = st.integers(0, 86_399).map(
    lambda second: row.stamp(datetime(2026, 11, 20, tzinfo=UTC) + timedelta(seconds=second))
)
ROWS: Final = st.builds(
    Row,
    time=TIMES,
    event=st.sampled_from(EVENTS),
    sender=NAMES,
    agent=NAMES,
    task=TASKS,
    tokens=st.integers(0, 10**14),
    tier=st.sampled_from((*TIERS, "-")),
    note=NOTES,
)


def text_of(rows: list[Row]) -> str:
    """A ledger of these rows."""
    return HEAD + "".join(each.to_text() for each in rows)


@given(st.lists(ROWS, max_size=8))
def test_what_we_write_we_can_read(rows: list[Row]) -> None:
    """Whatever stands in a note, a bar too."""
    read = row.read(text_of(rows), DAY)
    assert ([row.row_of(raw) for raw in read.rows], read.bad) == (rows, ())


@given(st.text(), st.text(), st.text(), st.integers(0, 10**40), NOTES | st.text())
def test_whatever_stands_in_a_task_makes_a_row_that_can_be_read(
    sender: str, agent: str, task: str, tokens: int, note: str
) -> None:
    """A person may write anything into a task; a ledger that nobody can read stops everybody."""
    made = row.fitting(Row(f"{DAY}T08:00:00Z", "settle", sender, agent, task, tokens, "team", note))
    read = row.read(HEAD + row.to_bytes([made]).decode(), DAY)
    assert ([row.row_of(raw)[:-1] for raw in read.rows], read.bad) == ([made[:-1]], ())
    assert row.fitting(made) == made


@given(st.lists(ROWS, max_size=8), st.data())
def test_a_table_that_was_aligned_says_the_same(rows: list[Row], data: st.DataObject) -> None:
    """Blanks around cells, before lines and after them, rules, and the line ends of others."""
    blanks = st.text(" \t", max_size=3)

    def aligned(line: str) -> str:
        cells = line.split("|")
        if len(cells) < 9:
            return line
        inner = [data.draw(blanks) + cell.strip() + data.draw(blanks) for cell in cells[1:-1]]
        return data.draw(blanks) + f"|{'|'.join(inner)}|" + data.draw(blanks)

    end = data.draw(st.sampled_from(["\n", "\r\n"]))
    text = end.join(map(aligned, text_of(rows).split("\n")))
    read = row.read(text, DAY)
    assert ([row.row_of(raw) for raw in read.rows], read.bad) == (rows, ())


def test_a_long_table_is_read_to_its_end() -> None:
    """It is taken apart in pieces, and no row is lost or torn where one ends."""
    notes = ("", "again", "crt for mira start 2026-11-20T09:00:00Z", "a | bar")
    rows = [
        Row(f"{DAY}T08:{number // 60 % 60:02}:{number % 60:02}Z", "spend", "crt", note=note)
        for number in range(1000)
        for note in notes
    ]
    text = text_of(rows)
    assert len(text) > 10 * row.PIECE
    for table in (text, text.replace("| crt |", "| crt   |")):
        assert list(map(row.row_of, row.read(table, DAY).rows)) == rows


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("| 2026-11-20T08:00:00Z | reserve | crt |", "3 columns instead of 8"),
        ("|x", "1 columns instead of 8"),
        ("| 2026-11-21T08:00:00Z | spend | crt | - | - | 1 | team | |", "is not of 2026-11-20"),
        ("| 2026-11-20T24:00:00Z | spend | crt | - | - | 1 | team | |", "is no time"),
        ("| yesterday | spend | crt | - | - | 1 | team | |", "'yesterday' is no time"),
        ("| 2026-11-20T08:00:00Z | sell | crt | - | - | 1 | team | |", "'sell' is no event"),
        ("| 2026-11-20T08:00:00Z | spend | Crt | - | - | 1 | team | |", "'Crt' is no actor"),
        ("| 2026-11-20T08:00:00Z | spend | -x | - | - | 1 | team | |", "'-x' is no actor"),
        ("| 2026-11-20T08:00:00Z | spend | crt | .. | - | 1 | team | |", "'..' is no agent"),
        ("| 2026-11-20T08:00:00Z | hold | crt | a | a b | 1 | team | |", "is no id of a task"),
        ("| 2026-11-20T08:00:00Z | hold | crt | a | | 1 | team | |", "is no id of a task"),
        ("| 2026-11-20T08:00:00Z | spend | crt | - | - | -1 | team | |", "is no whole number"),
        ("| 2026-11-20T08:00:00Z | spend | crt | - | - | 1.5 | team | |", "is no whole number"),
        ("| 2026-11-20T08:00:00Z | spend | crt | - | - | 1 | boss | |", "'boss' is no tier"),
        ("| 2026-11-20T08:00:00Z | spend | crt | - | - | 1 | team | a | b |", "9 columns"),
        ("| time | event | sender | agent | task | tokens | tier | note |", "'time' is no time"),
        ("| 2026-11-20T08:00:00Z | spend | crt | - | - | 1 | team | | x", "9 columns"),
    ],
)
def test_a_row_that_cannot_be_read_is_told_with_its_line(line: str, what: str) -> None:
    """Good rows around it are read; what is wrong with it is said."""
    good = Row(f"{DAY}T08:00:00Z", "spend", "crt", tokens=1)
    read = row.read(text_of([good]) + f"{line}\n" + good.to_text(), DAY)
    assert list(map(row.row_of, read.rows)) == [good, good]
    [bad] = read.bad
    assert (bad.line, bad.text) == (8, line)
    assert what in bad.what


@pytest.mark.parametrize(
    "line",
    ["", "* a heading", "|------+---|", "# | 2026 | x |", "#+TBLFM: $6=1", "- a | b", "a note |"],
)
def test_what_is_no_row_is_a_persons(line: str) -> None:
    """Notes, rules, comments and formulas mean nothing to us."""
    assert row.read(f"{HEAD}{line}\n", DAY) == ([], ())


def test_a_row_that_was_cut_is_told_from_a_whole_one() -> None:
    """Also where the cut is right behind a bar."""
    whole = Row(f"{DAY}T08:00:00Z", "spend", "crt", tokens=1, note="x").to_text().encode()[:-1]
    torn = [row.is_torn(whole[:size], DAY) for size in range(1, len(whole))]
    assert (all(torn), row.is_torn(whole, DAY), row.is_torn(b"a note", DAY)) == (True, False, False)


# -- sums ----------------------------------------------------------------------------------------


@given(st.lists(ROWS, max_size=20), st.integers(0, 20))
def test_to_read_on_is_to_read_all(rows: list[Row], place: int) -> None:
    """A process that keeps its sums knows what a new one would."""
    assert Books().read_on(rows[:place]).read_on(rows[place:]) == Books().read_on(rows)


@given(st.lists(ROWS, max_size=20))
def test_cells_and_values_add_up_to_the_same(rows: list[Row]) -> None:
    """The quick way through a file is no other way."""
    read = row.read(text_of(rows), DAY)
    assert Books().read_on(read.rows) == Books().read_on(rows)


@given(st.lists(ROWS, max_size=20))
def test_sums_are_those_of_what_is_open(rows: list[Row]) -> None:
    """Nothing is counted that is closed, and nothing twice; no sum is negative."""
    books = Books().read_on(rows)
    left = list(books.open.values())
    assert books.reserved_by_all() == sum(it.tokens for it in left if it.kind == "reserve")
    for sender in {it.sender for it in rows}:
        assert books.open_of(sender) == sum(it.tokens for it in left if it.sender == sender)
        assert books.open_of(sender) >= 0
    assert books.spent_by_all() == sum(it.tokens for it in rows if it.event in {"settle", "spend"})
    assert set(books.open) <= {it.task for it in rows}


def test_a_note_says_who_asked_and_then_words() -> None:
    """The word behind `start` is a time."""
    note = Note.of("tex-agent for crt start 2026-11-20T09:00:00Z")
    assert (note.asker, note.after("start"), note.after("until")) == (
        "tex-agent",
        "2026-11-20T09:00:00Z",
        "",
    )
    assert Note.of("again start").after("start") == ""


def test_books_are_equal_to_books_only() -> None:
    """And have no hash, for they are read on."""
    assert Books() != 0
    with pytest.raises(TypeError):
        hash(Books())
