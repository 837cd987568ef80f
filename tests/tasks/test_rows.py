"""The quick look at an entry sees what the thorough one sees, whatever a person made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgpost.agent_inbox.rows import _row_the_long_way, row_of
from orgpost.org.syntax import TASK

if TYPE_CHECKING:
    from tests.tasks.conftest import Shop

PLAIN = (
    "* QUEUED    [#B] Look at it\n"
    ":PROPERTIES:\n"
    ":ID:       task-20261120-083105-0000000001\n"
    ":TRUST_TIER: team\n"
    ":CREATED:  [2026-11-20 Fri 08:31:05]\n"
    ":LEASE:    - 0 -                                                           \n"
    ":END:\n"
)

HANDS = {
    "as it was written": ("", ""),
    "no blank behind the priority": ("[#B] Look", "[#A]Look"),
    "tab before the priority": ("    [#B] Look", " \t[#A] Look"),
    "priority of a person": ("[#B]", "[#F]"),
    "no priority": ("[#B] ", ""),
    "brackets in the title": ("Look", "[#A] Look"),
    "small key": (":LEASE:", ":not_before: 2030-01-01T00:00:00Z\n:LEASE:"),
    "capital letter": (":LEASE:", ":Depends_On: task-x\n:LEASE:"),
    "small key twice": (":LEASE:", ":trust_tier: owner\n:LEASE:"),
    "tab behind the key": (":LEASE:", ":NOT_BEFORE:\t2030-01-01T00:00:00Z\n:LEASE:"),
    "tab around the value": (":LEASE:", ":NOT_BEFORE: \t2030-01-01T00:00:00Z\t\n:LEASE:"),
    "key without a value": (":LEASE:", ":DEPENDS_ON:\n:LEASE:"),
    "quoted value": (":LEASE:", ':DEPENDS_ON: "task-x"\n:LEASE:'),
    "lease in other words": ("- 0 -", "mine"),
    "no lease": (":LEASE: ", ":LESS: "),
    "scheduled": ("it\n:PROP", "it\nSCHEDULED: <2026-11-25 Wed>\n:PROP"),
    "scheduled behind a tab": ("it\n:PROP", "it\nSCHEDULED:\t<2026-11-25 Wed>\n:PROP"),
    "scheduled and closed": (
        "it\n:PROP",
        "it\nCLOSED: [2026-11-25 Wed] SCHEDULED: <2026-11-25 Wed +1w>\n:PROP",
    ),
    "words in the planning": ("it\n:PROP", "it\nDEADLINE: soon SCHEDULED: <2026-11-25>\n:PROP"),
    "scheduled twice": (
        "it\n:PROP",
        "it\nSCHEDULED: <2026-11-25 Wed> SCHEDULED: <2026-11-26 Thu>\n:PROP",
    ),
    "other keyword": ("QUEUED ", "SOMEDAY "),
    "no keyword": ("QUEUED   ", ""),
    "blanks before the keyword": ("* QUEUED", "*  QUEUED"),
    "no blank behind the keyword": ("QUEUED    ", "QUEUED"),
    "comment": ("Look", "COMMENT Look"),
    "indented drawer": ("\n:", "\n  :"),
    "another first property": (":PROPERTIES:\n", ":PROPERTIES:\n:Mine: x\n"),
    "id without a kind": ("task-20261120-083105-0000000001", "1f0c"),
    "id twice": (":LEASE:", ":ID: task-x\n:LEASE:"),
    "bytes that are no text": (":LEASE:", ":CREATED_BY: \udce9\n:LEASE:"),
    "bytes in a value": ("team", "te\udce9m"),
    "a line that is no property": (":LEASE:", "words\n:LEASE:"),
    "no end": (":END:\n", ""),
}


def changed(text: str, names: list[str]) -> bytes:
    """What some hands make of an entry."""
    for name in names:
        old, new = HANDS[name]
        text = text.replace(old, new) if name == "indented drawer" else text.replace(old, new, 1)
    return text.encode("utf-8", "surrogateescape")


@pytest.mark.parametrize("name", HANDS)
def test_a_quick_look_sees_what_a_thorough_one_sees(name: str) -> None:
    """After each thing that a person may do."""
    raw = changed(PLAIN, [name])
    assert row_of(raw, 7, TASK) == _row_the_long_way(raw, 7, TASK)


@given(st.lists(st.sampled_from(sorted(HANDS)), max_size=5, unique=True))
def test_a_quick_look_sees_the_same_after_many_hands(names: list[str]) -> None:
    """And after several of them."""
    raw = changed(PLAIN, names)
    assert row_of(raw, 7, TASK) == _row_the_long_way(raw, 7, TASK)


@pytest.mark.parametrize(
    "line", [":not_before: 2030-01-01T00:00:00Z", ":Depends_On: task-nobody-knows"]
)
def test_what_a_person_wrote_in_small_letters_holds_a_claim_back(shop: Shop, line: str) -> None:
    """As it does in capitals."""
    shop.add()
    shop.edit(":LEASE:", f"{line}\n:LEASE:")
    assert shop.inbox().claim() == []


def test_a_byte_that_is_no_text_stops_no_claim(shop: Shop) -> None:
    """Neither of the task that has it, nor of the others in its file."""
    ids = [shop.add().id, shop.add().id]
    path = shop.path()
    path.write_bytes(path.read_bytes().replace(b"TIER: owner", b"TIER: \xe9wner", 1))
    assert sorted(claim.task.id for claim in shop.inbox().claim(limit=2)) == ids
