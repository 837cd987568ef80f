"""Comparing two states of a file piece by piece says what comparing them whole would say."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orgpost.org import scan
from orgpost.org.syntax import MESSAGE, header
from orgpost.watching import snapshot
from orgpost.watching.entries import rows
from orgpost.watching.snapshot import Snapshot

HEADER = header("inbox/tex.org")


def message(
    number: int, *, state: str = "UNREAD", body: str = "The body.", crlf: bool = False
) -> bytes:
    """One entry as orgpost writes it."""
    text = (
        f"* {state:<8} Subject {number}\n:PROPERTIES:\n:ID:       msg-{number}\n"
        f":FROM:     crt\n:TO:       tex\n:END:\n{body}\n"
    )
    return (text.replace("\n", "\r\n") if crlf else text).encode()


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let even a small file be of many pieces."""
    monkeypatch.setattr(snapshot, "PIECE", 64)


def truth(before: bytes, now: bytes) -> dict[bytes, tuple[object, object]]:
    """What differs, found by reading both files whole."""
    one, other = firsts(before), firsts(now)
    ids = [*one, *(id for id in other if id not in one)]
    return {id: (one.get(id), other.get(id)) for id in ids if one.get(id) != other.get(id)}


def firsts(data: bytes) -> dict[bytes, tuple[str, bytes]]:
    """Each id with what counts of its first entry."""
    found: dict[bytes, tuple[str, bytes]] = {}
    kind = scan.file_kind(data, MESSAGE)
    for row in rows(data, scan.spans(data), kind):
        found.setdefault(row.id, (row.state, row.digest))
    return found


def check(known: Snapshot, before: bytes, now: bytes) -> Snapshot:
    """Compare, prove that the difference is the true one, and give what is known then."""
    compared = known.compare(now, MESSAGE)
    seen = {
        (one.before or one.now).id: tuple(row and (row.state, row.digest) for row in one)  # type: ignore[union-attr]
        for one in compared.differences
    }
    assert seen == truth(before, now)
    return compared.snapshot


blocks = st.one_of(
    st.builds(
        message,
        st.integers(0, 12),
        state=st.sampled_from(["UNREAD", "READ", "DONE", "LATER"]),
        body=st.sampled_from(
            ["The body.", "Another", "x" * 100, "** A sub-heading\n* not one", ""]
        ),
    ),
    st.sampled_from(
        [
            b"* A note of a person\nwith words\n",
            b"* UNREAD   torn\n:PROPERTIES:\n:ID: msg-1\n",
            b"words without a heading\n",
            b"\n",
            b"* ",
        ]
    ),
)
files = st.builds(
    lambda head, parts: head + b"".join(parts),
    st.sampled_from(
        [HEADER, b"", HEADER.replace(b"\n", b"\r\n"), HEADER + b"#+TODO: LATER | OVER\n"]
    ),
    st.lists(blocks, max_size=12),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(states=st.lists(files, min_size=2, max_size=4))
def test_a_chain_of_states_is_told_as_if_each_were_read_whole(states: list[bytes]) -> None:
    """Whatever became of the file, and whatever was known of it before."""
    known = Snapshot.of(states[0], MESSAGE)
    for before, now in pairwise(states):
        known = check(known, before, now)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=files, cuts=st.lists(st.tuples(st.integers(0, 900), st.binary(max_size=9)), max_size=4))
def test_bytes_that_are_changed_anywhere_are_found(
    data: bytes, cuts: list[tuple[int, bytes]]
) -> None:
    """In place or not, on a piece's edge or off it."""
    known, now = Snapshot.of(data, MESSAGE), data
    for at, new in cuts:
        before = now
        now = now[:at] + new + now[at + len(new) :]
        known = check(known, before, now)
        before, now = now, now[:at] + new + now[at:]
        known = check(known, before, now)


@pytest.mark.parametrize("how", ["append", "mark"])
def test_of_a_large_file_only_what_differs_is_searched(how: str) -> None:
    """What one message costs does not depend on how many others there are."""
    data = HEADER + b"".join(message(number) for number in range(2000))
    known = Snapshot.of(data, MESSAGE)
    if how == "append":
        now = data + message(5000)
    else:
        now = data.replace(message(1000), message(1000, state="READ"))
    compared = known.compare(now, MESSAGE)
    assert len(compared.differences) == 1
    assert compared.searched < 1000 < len(data)


def test_a_copy_of_an_entry_is_no_news() -> None:
    """Of two entries with one id the first counts, as in every list."""
    data = HEADER + message(1) + message(2)
    known = Snapshot.of(data, MESSAGE)
    doubled = data + message(1, body="A copy.")
    compared = known.compare(doubled, MESSAGE)
    assert list(compared.differences) == []
    gone = compared.snapshot.compare(doubled.replace(message(1), b""), MESSAGE)
    assert [(one.before is None, one.now is None) for one in gone.differences] == [(False, False)]


def test_what_a_reader_notes_in_an_entry_is_no_other_text() -> None:
    """That a file was saved, or when a line was logged, is not the sender's word."""
    plain = message(1)
    for noted in (
        plain.replace(b":END:", b":DOWNLOADED: true\n:END:"),
        plain.replace(b":END:\n", b":END:\n:LOGBOOK:\n- Note taken\n:END:\n"),
    ):
        compared = Snapshot.of(HEADER + plain, MESSAGE).compare(HEADER + noted, MESSAGE)
        assert list(compared.differences) == []


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (message(1), ("UNREAD", "crt", "normal", "")),
        (message(1, crlf=True), ("UNREAD", "crt", "normal", "")),
        (message(1).replace(b"Subject", b"[#A] Subject"), ("UNREAD", "crt", "high", "")),
        (message(1).replace(b"Subject", b"[#C] Subject"), ("UNREAD", "crt", "low", "")),
        (message(1).replace(b"Subject", b"[#F] Subject"), ("UNREAD", "crt", "low", "")),
        (message(1, state="LATER"), ("", "crt", "normal", "")),
        (
            message(1).replace(b":TO: ", b":VIA: ann mira\n:TO: "),
            ("UNREAD", "crt", "normal", "ann mira"),
        ),
        (message(1).replace(b" crt", b' "c\\u0072t"'), ("UNREAD", "crt", "normal", "")),
        (message(1).replace(b":FROM:", b":from:"), ("UNREAD", "crt", "normal", "")),
    ],
)
def test_an_entry_is_read_however_it_is_spelt(entry: bytes, expected: tuple[str, ...]) -> None:
    """By the short way or the long one, it says the same."""
    eol = b"\r\n" if b"\r\n" in entry else b"\n"
    data = HEADER.replace(b"\n", eol) + entry
    kind = scan.file_kind(data, MESSAGE)
    ((_, id, state, _, sender, priority, via),) = rows(data, scan.spans(data), kind)
    assert (id, state, sender, priority, via) == (b"msg-1", *expected)


def test_both_ways_to_read_an_entry_give_one_digest() -> None:
    """An editor may respell what orgpost wrote, and no word of it is another one."""
    short = HEADER + message(1)
    crlf = short.replace(b"\n", b"\r\n")
    compared = Snapshot.of(short, MESSAGE).compare(crlf, MESSAGE)
    assert list(compared.differences) == []
