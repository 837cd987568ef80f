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
