"""Replying: to whom, under which subject, and what becomes of the question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orgpost.errors import UnknownId, Usage, WrongState
from orgpost.message_store import Letter

if TYPE_CHECKING:
    from orgpost.message_store import Replied
    from tests.messages.conftest import Office


def reply(office: Office, id: str, *, sender: str = "tex", done: bool = False) -> Replied:
    """Answer a message, as tex."""
    letter = Letter(sender=sender, to="", body="Answer", reply_to=id)
    return office.mail.reply(letter, done=done)


def test_a_reply_goes_to_the_asker_and_marks_the_question_read(office: Office) -> None:
    """In its thread, with ``Re:`` before its subject."""
    question = office.send(subject="Why?")
    replied = reply(office, question.id)
    message = replied.sent.message
    assert (message.to, message.subject, message.reply_to) == ("crt", "Re: Why?", question.id)
    assert (replied.state, office.mail.find_by_id(question.id).state) == ("READ", "READ")


def test_re_is_not_doubled(office: Office) -> None:
    """In any case."""
    assert reply(office, office.send(subject="RE: x").id).sent.message.subject == "RE: x"


def test_a_reply_can_be_the_end_of_it(office: Office) -> None:
    """Done from unread, read or to do."""
    question = office.send()
    assert reply(office, question.id, done=True).state == "DONE"


def test_a_reply_that_could_not_end_it_is_not_sent(office: Office) -> None:
    """The move is checked before anything is written."""
    question = office.send()
    office.mail.mark(question.id, "done")
    office.mail.archive(question.id)
    before = office.files()
    with pytest.raises(WrongState):
        reply(office, question.id, done=True)
    assert office.files() == before


def test_a_reply_leaves_a_question_that_is_to_do(office: Office) -> None:
    """Only unread mail becomes read by it."""
    question = office.send()
    office.mail.mark(question.id, "todo")
    assert reply(office, question.id).state == "TODO"


def test_who_answers_himself_answers_the_other(office: Office) -> None:
    """It goes to whom the question went; only its recipient marks it."""
    question = office.send()
    replied = reply(office, question.id, sender="crt")
    assert (replied.sent.message.to, replied.state) == ("tex", "UNREAD")


def test_nobody_reads_replies_to_the_post_office(office: Office) -> None:
    """An error with a hint, and nothing is written."""
    question = office.send()
    office.edit(":FROM:     crt", ":FROM:     orgpost")
    before = office.files()
    with pytest.raises(Usage):
        reply(office, question.id)
    assert office.files() == before


def test_a_reply_to_nothing_is_refused(office: Office) -> None:
    """Exit 3."""
    with pytest.raises(UnknownId):
        reply(office, "msg-nowhere")


def test_a_reply_is_sent_though_the_question_cannot_be_marked(office: Office) -> None:
    """An error would make people send it twice; the answer says who has the file."""
    question = office.send()
    office.path("inbox/.#tex.org").symlink_to("tex@elsewhere.4711:1")
    replied = reply(office, question.id)
    assert (replied.state, "tex@elsewhere" in str(replied.busy)) == ("UNREAD", True)
    assert len(office.mail.find_unread("crt")) == 1


def test_an_answer_route_is_obeyed_for_whom_we_trust(office: Office) -> None:
    """Asked for by one of tier team: the answer goes there too."""
    question = office.send(answer_route="file:notes/answers.md")
    replied = reply(office, question.id)
    assert (replied.left, replied.sent.routes[0].ok) == (None, True)
    assert "Answer" in (office.space / "notes/answers.md").read_text()


def test_an_answer_route_of_others_is_not_obeyed_and_that_is_said(office: Office) -> None:
    """Nobody knows mira well enough."""
    question = office.send(sender="mira", answer_route="file:notes/answers.md")
    replied = reply(office, question.id)
    assert (replied.left, replied.sent.routes) == ("file:notes/answers.md", [])
    assert not (office.space / "notes").exists()
