"""Arbitrary text goes to the file and comes back: one entry each, everything else as it was set.

Read by us and by orgparse; Emacs's opinion is asked in tests/emacs.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orgparse
import pytest

from orgpost.errors import InvalidField
from orgpost.org import change, quote, scan
from orgpost.org.entry import Draft, parse, render
from orgpost.org.logbook import exact_lines, said, state_item, state_items
from orgpost.org.syntax import MESSAGE, VALUE_LIMIT, header
from tests.corpus.texts import generated, hostile
from tests.org.strategies import without_halves

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

STAMP: Final = "[2026-11-20 Fri 09:32]"
BATCH: Final = 200


@dataclass(frozen=True)
class Sent:
    """One text in every place that takes any."""

    id: str
    text: str

    @property
    def line(self) -> str:
        """As title, value or file name; halves of characters are joined at the door."""
        return without_halves(self.text)

    @property
    def tags(self) -> list[str]:
        """As a tag, if Org takes it for one."""
        try:
            return [quote.check_tag(self.text)]
        except InvalidField:
            return []

    def written(self) -> bytes:
        """The entry."""
        value = self.line[:VALUE_LIMIT]
        item = state_item("READ", "UNREAD", STAMP, f"by a: {said(self.text)}")
        draft = Draft(
            id=self.id,
            keyword="UNREAD",
            title=value,
            body=self.text,
            tags=self.tags,
            properties=[("FROM", "crt"), ("FILENAME", value), ("NOTE", value)],
            logbook=[item + exact_lines(self.text)],
        )
        return render(draft, MESSAGE)

    def check(self, raw: bytes) -> None:
        """Everything is read as it was set, and nothing more."""
        read = parse(raw, MESSAGE)
        value = self.line[:VALUE_LIMIT]
        assert (read.id, read.keyword, read.priority, read.flaw) == (self.id, "UNREAD", None, "")
        assert (read.title, read.body, list(read.tags)) == (value, self.text, self.tags)
        assert [read.get(name) for name in ("FROM", "FILENAME", "NOTE")] == ["crt", value, value]
        assert [key for key, _ in read.properties if key not in {"SUBJECT", "BODY_ENC"}] == [
            *("ID", "FROM", "FILENAME", "NOTE"),
        ]
        assert [(item.to, item.exact) for item in state_items(read.logbook)] == [
            ("READ", self.text)
        ]
        assert read.subs == ()


def check_with_orgparse(raw: bytes, one: Sent) -> None:
    """orgparse, which breaks lines at ten more characters than Org, sees the same entry."""
    try:
        nodes = list(orgparse.loads((header("inbox/tex.org") + raw).decode()).children)
    except ValueError:
        # It looks for stamps in fixed-width lines too, and refuses a file for one bad date.
        assert re.search(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", one.text)
        return
    assert [(node.level, node.todo, node.get_property("ID")) for node in nodes] == [
        (1, "UNREAD", one.id)
    ]
    value = one.line[:VALUE_LIMIT]
    title = value if quote.safe_title(value) else quote.shown(value)
    assert list(nodes[0].children) == []
    assert (nodes[0].get_property("FROM"), nodes[0].priority) == ("crt", None)
    planned = (nodes[0].scheduled, nodes[0].deadline, nodes[0].closed)
    assert [stamp.start for stamp in planned] == [None, None, None]
    # It joins the blanks of a heading in its own way, and has its own idea of tags.
    assert one.tags or nodes[0].get_heading("raw").split() == title.split()


def edited(data: bytes) -> list[bytes]:
    """What editors do unasked; what Emacs really does is tried in tests/emacs."""
    text = data.decode()
    return [
        re.sub(r"(?m)[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+$", "", text).encode(),
        re.sub(r"\n(?=\* )", "\n\n \n", text).encode(),
        re.sub(r"(?m)^\* UNREAD   ", "* UNREAD ", text).removesuffix("\n").encode(),
        text.replace("\n", "\r\n").encode(),
    ]


def check_all(texts: Iterable[str]) -> None:
    """Files of 200 texts each."""
    sent: list[Sent] = []
    for number, text in enumerate(texts):
        sent.append(Sent(f"msg-{number}", text))
        if len(sent) == BATCH:
            check_file(sent)
            sent = []
    check_file(sent)


def check_file(sent: list[Sent]) -> None:
    """One file: as many entries as texts, whoever reads it, also after an editor had it."""
    data = header("inbox/tex.org") + b"".join(one.written() for one in sent)
    for one, span in zip(sent, scan.spans(data), strict=True):
        one.check(data[span.start : span.end])
        check_with_orgparse(data[span.start : span.end], one)
    for version in edited(data):
        kind = scan.file_kind(version, MESSAGE)
        for one, span in zip(sent, scan.spans(version), strict=True):
            read = parse(version[span.start : span.end], kind)
            assert (read.id, read.body) == (one.id, one.text)
            assert read.title == read.get("NOTE") == one.line[:VALUE_LIMIT]


def test_every_hostile_text_comes_back() -> None:
    """The corpus, each text in each place."""
    check_all(hostile().values())


def test_generated_texts_come_back(rng: random.Random) -> None:
    """400 of words, marks, blanks, controls and fragments of Org."""
    check_all(generated(rng, 400))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_many_generated_texts_come_back(rng: random.Random) -> None:
    """20,000."""
    check_all(generated(rng, 20_000))


@pytest.mark.nightly
@pytest.mark.timeout(0)
def test_very_many_generated_texts_come_back(rng: random.Random) -> None:
    """As many as ORGPOST_TEST_FUZZ says, a million where it says nothing."""
    check_all(generated(rng, int(os.environ.get("ORGPOST_TEST_FUZZ", "1000000"))))


def test_a_text_in_the_wrong_form_would_be_seen(rng: random.Random) -> None:
    """The same texts stored as they are make headings and drawers: the test can fail."""
    raw = [
        b"* UNREAD   x\n" + text.encode("utf-8", "replace") + b"\n" for text in hostile().values()
    ]
    assert len(scan.spans(b"".join(raw))) > len(raw)


def test_a_change_keeps_every_text() -> None:
    """Marked, and with a property more, each text still comes back."""
    for number, text in enumerate(hostile().values()):
        one = Sent(f"msg-{number}", text)
        raw = change.with_property(one.written(), "EXPECTS", "ack", MESSAGE)
        raw = change.without_property(raw, "EXPECTS", MESSAGE)
        assert (
            change.with_keyword(change.with_keyword(raw, "TODO", MESSAGE), "UNREAD", MESSAGE) == raw
        )
        one.check(raw)
