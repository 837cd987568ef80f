"""Rows: the fast search of an inbox sees every entry that the slow reader sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orgpost.message_store.rows import rows
from orgpost.org.scan import file_kind, find_all_ids
from orgpost.org.syntax import MESSAGE
from tests.corpus.texts import generated, hostile

if TYPE_CHECKING:
    import random

    from tests.messages.conftest import Office


@pytest.mark.parametrize("bodies", [["", ""], ["", "words"], ["words", "", "", "words"]])
def test_a_message_without_a_body_hides_none_behind_it(office: Office, bodies: list[str]) -> None:
    """Where the drawer is the last of an entry, the next heading follows at once."""
    sent = [office.send(body, subject="a subject").id for body in bodies]
    assert sorted(message.id for message in office.mail.find_unread("tex")) == sorted(sent)


def test_the_rows_are_the_entries_that_have_an_id(office: Office, rng: random.Random) -> None:
    """Whatever texts stand in them."""
    for text in [*hostile().values(), *generated(rng, 200)]:
        office.send(text, subject="a subject")
    data = office.content()
    found = rows(data, file_kind(data, MESSAGE), ["UNREAD"])
    assert [row.id for row in found] == [id for id, _ in find_all_ids(data)]


@pytest.mark.parametrize("copies", [1, 40])
@pytest.mark.parametrize("heading", ["* READ a subject", "* UNREAD a subject"])
def test_a_copy_counts_where_it_is_first(office: Office, heading: str, copies: int) -> None:
    """A person's or ours, however written, and whether few were asked for or many."""
    for number in range(copies):
        office.send(f"number {number}", subject="a subject")
    data = office.content()
    start = data.index(b"\n* ") + 1
    ids = [row.id for row in rows(data, MESSAGE, ["UNREAD"])]
    assert len(ids) == copies
    copy = f"{heading}\n  :properties:\n  :Id:\t{ids[0].decode()} \n:end:\n".encode()
    before = rows(data[:start] + copy + data[start:], MESSAGE, ["UNREAD"])
    after = rows(data + copy, MESSAGE, ["UNREAD"])
    assert [row.start == start for row in before if row.id == ids[0]] == [True] * ("UN" in heading)
    assert [row.id for row in before if row.id != ids[0]] == ids[1:]
    assert [(row.id, row.start >= len(data)) for row in after] == [(id, False) for id in ids]


def test_an_id_may_begin_as_another_does_and_be_spoken_of(office: Office) -> None:
    """Neither is a copy of the other, nor is what somebody wrote about one."""
    for id, words in [
        ("msg-one", "see msg-one-more"),
        ("msg-one-more", "after msg-one"),
        ("msg-o", "words"),
    ]:
        office.send(words, id=id)
    data = office.content()
    assert [row.id for row in rows(data, MESSAGE, ["UNREAD"])] == [
        b"msg-one",
        b"msg-one-more",
        b"msg-o",
    ]
