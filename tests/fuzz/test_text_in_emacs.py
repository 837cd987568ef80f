"""Arbitrary text as subject, body, tag, property and file name: stored, read, and shown to Emacs.

One message for each text, from the same sender, in the same state; the text equal, byte for byte;
nothing runs, nothing is an appointment, and Org finds the messages that we find.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from orgpost.clock import FakeClock
from orgpost.contact import Contacts
from orgpost.errors import InvalidField
from orgpost.message_store import Rules
from orgpost.org.quote import check_tag, one_line
from orgpost.store import FileStore
from tests.corpus.texts import generated, hostile
from tests.emacs.oracle import ORGS, Oracle
from tests.messages.conftest import ACTORS, Office

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from pathlib import Path

    from orgpost.message import Message

pytestmark = pytest.mark.slow

DAY = "2026-11-19"


@pytest.fixture(scope="module", params=ORGS if len(ORGS) > 1 else None, ids=str)
def oracle(request: pytest.FixtureRequest) -> Iterator[Oracle]:
    """What Org thinks, each that there is."""
    with Oracle(getattr(request, "param", None)) as oracle:
        yield oracle


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A space without any mail, written on another day than those that texts speak of."""
    space = tmp_path / "space"
    (space / "org" / "messaging" / "inbox").mkdir(parents=True)
    clock = FakeClock()
    with FileStore(space, clock, sync="off") as store:
        yield Office(space, clock, store, Contacts(ACTORS), Rules())


@dataclass
class Sent:
    """A text, what of a message it could be, and the message."""

    text: str
    facts: dict[str, object] = field(default_factory=dict)
    message: Message | None = None


def accepted(text: str, *, tag: bool = False) -> str | None:
    """Return the text as one line, or as a tag; None where it cannot be one."""
    try:
        return check_tag(text) if tag else one_line("subject", text)
    except InvalidField:
        return None


def facts_of(text: str, number: int) -> dict[str, object]:
    """Say in which places of a message the text may stand; every third has no subject."""
    line, tag = accepted(text), accepted(text, tag=True)
    facts: dict[str, object] = {"body": text}
    if number % 3 or not text:
        facts["subject"] = line if line and len(line) <= 250 else f"text {number}"
    if line is not None and len(line) <= 1000:
        facts["properties"] = {"NOTE": line}
    if tag is not None:
        facts["tags"] = [tag]
    return facts


def send(office: Office, texts: list[str]) -> list[Sent]:
    """Send a message for each text."""
    sent = [Sent(text, facts_of(text, number)) for number, text in enumerate(texts)]
    for one in sent:
        one.message = office.send(**one.facts)  # type: ignore[arg-type]
    return sent


def misread(sent: list[Sent], office: Office) -> list[str]:
    """Return whatever is not read as it was sent."""
    found = {message.id: message for message in office.mail.find_messages("tex")}
    return [
        f"{one.text!r}: {name} is {now!r}"
        for one in sent
        if one.message is not None
        for name, now, then in _fields(one, one.message, found[one.message.id])
        if now != then
    ]


def _fields(one: Sent, message: Message, read: Message) -> Iterator[tuple[str, object, object]]:
    yield "body", read.body, one.text
    yield "subject", read.subject, one.facts.get("subject", message.subject)
    yield "tags", [*read.tags], one.facts.get("tags", [])
    yield "properties", read.properties, one.facts.get("properties", {})
    yield "sender", (read.sender, read.to, read.state), ("crt", "tex", message.state)


def check(office: Office, oracle: Oracle, texts: list[str]) -> None:
    """Send, read, ask Emacs, mark, read again."""
    sent = send(office, texts)
    inbox = office.path("inbox/tex.org")
    assert len(office.mail.find_unread("tex")) == len(texts)
    assert misread(sent, office) == []
    headings = oracle.headings(inbox)
    assert [(one.level, one.keyword, one.get("FROM")) for one in headings] == [
        (1, "UNREAD", "crt")
    ] * len(texts)
    assert oracle.ids(inbox) == [one.message.id for one in sent if one.message]
    assert oracle.lint(inbox) == []
    assert oracle.what_runs(inbox, DAY) == []
    assert oracle.what_failed() == []
    assert oracle.agenda(inbox, DAY, log=True) == []
    office.mail.mark([one.message.id for one in sent if one.message], "READ")
    assert len(office.mail.find_unread("tex")) == 0


def test_the_corpus_arrives_as_it_was_sent(office: Office, oracle: Oracle) -> None:
    """Each hostile text in each place of a message that takes it."""
    check(office, oracle, [*hostile().values()])


def test_names_of_files_arrive_as_they_were_sent(
    office: Office, oracle: Oracle, tmp_path: Path
) -> None:
    """A file's name is a value: in the message, in the manifest, and to Emacs."""
    named: dict[str, Message] = {}
    for number, text in enumerate(hostile().values()):
        if "/" in text or accepted(text) != text:
            continue  # no name at all, or one that is refused
        path = tmp_path / "sources" / str(number) / text
        if makes_a_file(path):
            named[text] = office.deliver("", attach=[path]).message
    assert len(named) > 200
    assert [text for text, message in named.items() if message.files[0]["name"] != text] == []
    manifests = [office.path(f"files/{message.id}.org") for message in named.values()]
    assert oracle.call("orgpost-test-what-opening-does", [str(path) for path in manifests]) is None
    assert [path for path in manifests if oracle.lint(path)] == []
    running = [
        manifest
        for manifest, text in zip(manifests, named, strict=True)
        if "orgpost-ran" in text and oracle.what_runs(manifest, DAY)
    ]
    assert running == []
    inbox = office.path("inbox/tex.org")
    assert (oracle.what_runs(inbox, DAY), oracle.lint(inbox)) == ([], [])


def makes_a_file(path: Path) -> bool:
    """Make a file of this name, where the system can have one."""
    try:
        path.name.encode("utf-8")
        path.parent.mkdir(parents=True)
        path.write_bytes(b"contents")
    except (OSError, ValueError):
        return False
    return True


def test_generated_texts_arrive_as_they_were_sent(
    office: Office, oracle: Oracle, rng: random.Random
) -> None:
    """The same for texts that nobody thought of."""
    check(office, oracle, list(generated(rng, 400)))


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_twenty_thousand_texts_arrive_as_they_were_sent(
    tmp_path: Path, oracle: Oracle, rng: random.Random
) -> None:
    """The same, long, in fifty inboxes."""
    for number in range(50):
        space = tmp_path / str(number)
        (space / "org" / "messaging" / "inbox").mkdir(parents=True)
        clock = FakeClock()
        with FileStore(space, clock, sync="off") as store:
            office = Office(space, clock, store, Contacts(ACTORS), Rules())
            check(office, oracle, list(generated(rng, 400)))
