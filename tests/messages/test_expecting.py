"""Expecting and tracing: how far a message got, and the one bounce when its time is over."""

from __future__ import annotations

import hashlib
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from orgpost.contact import Contacts
from orgpost.errors import Problem, UnknownId

if TYPE_CHECKING:
    from orgpost.message import Message
    from orgpost.store import View
    from tests.messages.conftest import Office


def waiting(office: Office, expects: str = "none", **facts: Any) -> Message:
    """A message from crt to tex that waits for an hour."""
    expires = office.clock.now() + timedelta(hours=1)
    return office.send(expects=expects, expires=expires, **facts)


def rungs(office: Office, id: str) -> list[str]:
    """The rungs that a message reached."""
    return [rung.rung for rung in office.mail.trace(id).rungs if rung.reached]


def test_an_expired_message_bounces_once_and_stays_as_it_is(office: Office) -> None:
    """Scenario 14: one bounce, however often its sender looks; the message is unchanged."""
    sent = waiting(office)
    office.clock.advance(3601)
    before = office.content()
    first, second = office.mail.settle("crt"), office.mail.settle("crt")
    (bounce,) = office.mail.find_unread("crt")
    assert (first, second, office.content()) == ([bounce.id], [], before)
    assert (bounce.id, bounce.sender, bounce.kind, bounce.reply_to, bounce.thread) == (
        f"msg-bounce-{sent.id.removeprefix('msg-')}",
        "orgpost",
        "bounce",
        sent.id,
        sent.thread,
    )
    assert "was never read" in bounce.body


def test_an_expired_message_keeps_its_state_and_is_listed_as_expired(office: Office) -> None:
    """It is unread still, and counted."""
    waiting(office)
    office.clock.advance(3600)
    (listed,) = office.mail.find_unread("tex")
    assert (listed.state, listed.expired) == ("UNREAD", True)


@pytest.mark.parametrize("actor", ["crt", "tex"])
def test_both_sides_settle(office: Office, actor: str) -> None:
    """Whoever looks first, sender or recipient."""
    waiting(office)
    office.clock.advance(3601)
    assert len(office.mail.settle(actor)) == 1


def test_a_stranger_settles_nothing_of_it(office: Office) -> None:
    """Only mail to or from the acting actor."""
    waiting(office)
    office.clock.advance(3601)
    assert office.mail.settle("mira") == []


@pytest.mark.parametrize(
    ("expects", "state", "answer", "expired"),
    [
        ("none", "unread", None, True),
        ("none", "read", None, False),
        ("ack", "unread", None, True),
        ("ack", "todo", None, False),
        ("reply", "done", None, True),
        ("reply", "unread", {"sender": "tex"}, False),
        ("reply", "read", {"sender": "mira"}, True),
        ("result", "done", {"sender": "tex"}, True),
        ("result", "unread", {"sender": "tex", "kind": "result"}, False),
    ],
)
def test_each_expectation_is_met_by_its_own_answer(
    office: Office, expects: str, state: str, answer: dict[str, Any] | None, expired: object
) -> None:
    """Read for ``ack``, an answer of the recipient for ``reply``, a result for ``result``."""
    sent = waiting(office, expects)
    if state != "unread":
        office.mail.mark(sent.id, state)
    if answer:
        office.send("answer", **{"to": "crt", "reply_to": sent.id, **answer})
    office.clock.advance(3601)
    assert office.mail.find_by_id(sent.id).expired is expired
    assert len(office.mail.settle("crt")) == expired


def test_an_archived_answer_is_an_answer(office: Office) -> None:
    """Wherever the sender keeps it."""
    sent = waiting(office, "reply")
    answer = office.send("answer", sender="tex", to="crt", reply_to=sent.id)
    office.mail.mark(answer.id, "done")
    office.mail.archive(answer.id)
    office.clock.advance(3601)
    assert office.mail.find_by_id(sent.id).expired is False


def test_an_archived_bounce_is_not_sent_again(office: Office) -> None:
    """One bounce, also after the sender has put it away."""
    sent = waiting(office)
    office.clock.advance(3601)
    (id,) = office.mail.settle("crt")
    office.mail.mark(id, "done")
    office.mail.archive(id)
    assert (office.mail.settle("crt"), office.mail.trace(sent.id).bounced) == ([], id)


def test_a_message_that_is_read_after_its_bounce_is_not_bounced_again(office: Office) -> None:
    """Though the bounce would have other words now."""
    sent = waiting(office, "reply")
    office.clock.advance(3601)
    office.mail.settle("crt")
    office.mail.mark_read(sent.id)
    assert office.mail.settle("crt") == []


@pytest.mark.parametrize("state", ["unread", "read"])
def test_who_looks_at_the_same_time_sends_no_second_bounce(
    office: Office, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    """Another process was faster, and perhaps saw another state."""
    sent = waiting(office, "reply")
    office.clock.advance(3601)
    real = office.store.append

    def late(path: str, entries: Any, **facts: Any) -> Any:
        monkeypatch.setattr(office.store, "append", real)
        office.mail.mark(sent.id, state)
        office.mail.settle("tex")
        return real(path, entries, **facts)

    monkeypatch.setattr(office.store, "append", late)
    assert office.mail.settle("crt") == []
    assert office.content("inbox/crt.org").count(b":ID:       msg-bounce-") == 1


def test_many_are_settled_at_once(office: Office) -> None:
    """Those that were answered are not bounced, the others once each."""
    sent = [waiting(office, "reply", body=str(number)) for number in range(12)]
    for message in sent[::2]:
        office.send("answer", sender="tex", to="crt", reply_to=message.id)
    office.clock.advance(3601)
    bounces = [f"msg-bounce-{message.id.removeprefix('msg-')}" for message in sent[1::2]]
    assert (office.mail.settle("crt"), office.mail.settle("crt")) == (bounces, [])
    assert list(office.mail.digest("tex").expired) == [m.id for m in reversed(sent[1::2])]


def test_to_settle_much_is_to_read_each_file_no_more_often(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An inbox is listed often, and expired mail may lie in it for months."""
    views: list[str] = []
    real = office.store.view

    def counted(path: str) -> View:
        views.append(path)
        return real(path)

    def settle() -> int:
        office.clock.advance(3601)
        office.mail.settle("crt")
        views.clear()
        office.mail.settle("crt")
        return len(views)

    monkeypatch.setattr(office.store, "view", counted)
    waiting(office, "reply")
    few = settle()
    for number in range(20):
        waiting(office, "reply", body=str(number))
    assert settle() == few


def test_results_and_bounces_never_bounce(office: Office) -> None:
    """No two programs ever chat."""
    sent = waiting(office, kind="result")
    office.clock.advance(3601)
    assert (office.mail.settle("crt"), office.mail.find_by_id(sent.id).expired) == ([], False)


def test_nobody_is_bounced_to_who_is_not_known(office: Office) -> None:
    """A bounce creates no actor, whatever FROM says."""
    waiting(office)
    office.edit(":FROM:     crt", ":FROM:     ../x")
    office.clock.advance(3601)
    assert office.mail.settle("tex") == []
    assert list(office.files()) == ["inbox/tex.org"]


def test_with_bad_contacts_nothing_is_settled(office: Office) -> None:
    """Reading goes on."""
    waiting(office)
    problem = Problem(file="contacts.yaml", line=3, key="", problem="x", hint="")
    office.contacts = Contacts(office.contacts.actors, problems=[problem])
    office.clock.advance(3601)
    assert (office.mail.settle("crt"), len(office.mail.find_unread("tex"))) == ([], 1)


# --- the ladder ---------------------------------------------------------------------------------


def test_the_ladder_is_climbed_rung_by_rung(office: Office) -> None:
    """Stored, read, answered, done; each only when the files say so."""
    sent = office.send(expects="reply")
    assert rungs(office, sent.id) == ["stored"]
    office.mail.mark_read(sent.id)
    assert rungs(office, sent.id) == ["stored", "read"]
    office.clock.advance(60)
    answer = office.send("yes", sender="tex", to="crt", reply_to=sent.id)
    office.mail.mark(sent.id, "done")
    trace = office.mail.trace(sent.id).to_dict()
    assert trace == {
        "id": sent.id,
        "from": "crt",
        "to": "tex",
        "expects": "reply",
        "expires": None,
        "reached": "done",
        "rungs": [
            {"rung": "stored", "reached": True, "at": "2026-11-20T08:31:05Z", "by": "crt"},
            {"rung": "announced", "reached": False, "at": None, "by": None},
            {"rung": "read", "reached": True, "at": None, "by": None},
            {"rung": "answered", "reached": True, "at": "2026-11-20T08:32:05Z", "by": "tex"},
            {"rung": "done", "reached": True, "at": None, "by": None},
        ],
        "waiting": None,
        "expired": False,
        "bounced": None,
        "replies": [answer.id],
        "task": None,
        "recipient_last_seen": None,
    }


def test_an_answer_of_somebody_else_is_no_answer(office: Office) -> None:
    """It is a reply, but the recipient has not answered."""
    sent = office.send()
    other = office.send("me too", sender="mira", to="crt", reply_to=sent.id)
    trace = office.mail.trace(sent.id)
    assert (trace.reached, list(trace.replies)) == ("stored", [other.id])


def test_an_archived_message_has_reached_what_it_had_reached(office: Office) -> None:
    """ARCHIVE_TODO says it."""
    read, done = office.send(), office.send()
    office.mail.mark_read(read.id)
    office.mail.mark(done.id, "done")
    office.mail.archive(read.id, done.id)
    assert office.mail.trace(read.id).reached == "read"
    assert office.mail.trace(done.id).reached == "done"


def test_a_message_that_waits_for_an_editor_is_not_stored_yet(office: Office) -> None:
    """The ladder says for whom it waits."""
    office.send("first")
    office.path("inbox/.#tex.org").symlink_to("tex@elsewhere.4711:1")
    trace = office.mail.trace(office.send("second").id).to_dict()
    assert (trace["reached"], trace["waiting"]) == (None, "editor")


def test_times_that_a_person_logged_are_told(office: Office) -> None:
    """Programs do not log messages; Emacs may."""
    sent = office.send()
    office.edit("* UNREAD  ", "* DONE")
    office.edit(
        ":PROPERTIES:",
        "CLOSED: [2026-11-20 Fri 10:00]\n:PROPERTIES:",
    )
    office.edit(
        ":END:\n",
        ':END:\n:LOGBOOK:\n- State "DONE"  from "READ"  [2026-11-20 Fri 10:00]\n'
        '- State "READ"  from "UNREAD"  [2026-11-20 Fri 09:30]\n:END:\n',
    )
    times = {rung.rung: rung.at for rung in office.mail.trace(sent.id).rungs}
    assert [f"{times[name]:%H:%M}" for name in ("read", "done")] == ["09:30", "10:00"]


def test_the_hooks_notes_say_when_it_was_announced(office: Office) -> None:
    """The first time that any session of the recipient was told, and by which client."""
    sent = office.send()
    notes = office.space / ".orgpost" / "hooks" / "sessions"
    notes.mkdir(parents=True)
    for client, actor, letter, seconds in [
        ("codex", "tex", "T", 1_795_163_500),
        ("claude", "tex", "t", 1_795_163_400),
        ("gemini", "tex", "c", 1_795_163_300),
        ("claude", "mira", "t", 1_795_163_200),
    ]:
        line = f"{sent.id} {letter} 0123456789ab {seconds}\n"
        note = notes / f"{client}.{actor}.0123"
        note.write_text(f"orgpost session 1 {client} {actor} - -\n{line}")
        os.utime(note, (seconds, seconds))
    trace = office.mail.trace(sent.id)
    announced = trace.rungs[1]
    assert (announced.at and announced.at.timestamp(), announced.by) == (1_795_163_400, "claude")
    assert trace.recipient_last_seen is not None
    assert trace.recipient_last_seen.timestamp() == 1_795_163_500


def test_notes_that_are_garbage_say_nothing(office: Office) -> None:
    """They are the hooks' own, and disposable."""
    sent = office.send(id="msg-" + "x" * 60)
    notes = office.space / ".orgpost" / "hooks" / "sessions"
    (notes / "claude.tex.folder").mkdir(parents=True)
    (notes / "claude.tex.0123").write_text(f"{sent.id} t 0123456789ab 1795163400\n")
    (notes / "claude.tex.link").symlink_to("nowhere")
    assert rungs(office, sent.id) == ["stored"]


def test_a_long_id_is_noted_by_its_hash(office: Office) -> None:
    """As the hooks do."""
    sent = office.send(id="msg-" + "x" * 60)
    notes = office.space / ".orgpost" / "hooks" / "sessions"
    notes.mkdir(parents=True)
    key = hashlib.blake2b(sent.id.encode(), digest_size=17).hexdigest()
    text = f"orgpost session 1 claude tex - -\n#{key} t 0123456789ab 1795163400\n"
    (notes / "claude.tex.0123").write_text(text)
    assert rungs(office, sent.id) == ["stored", "announced"]


def test_without_the_notes_nobody_guesses(office: Office) -> None:
    """Scenario 33: `.orgpost` deleted, all else is answered as before."""
    sent = office.send()
    office.store.confirm("inbox/tex.org")
    before = office.mail.trace(sent.id).to_dict()
    import shutil

    shutil.rmtree(office.space / ".orgpost")
    assert office.mail.trace(sent.id).to_dict() == before


def test_to_trace_is_to_settle(office: Office) -> None:
    """The bounce is sent, and named."""
    sent = waiting(office)
    office.clock.advance(3601)
    trace = office.mail.trace(sent.id)
    assert (trace.message.expired, trace.bounced) == (True, office.mail.find_unread("crt")[0].id)


def test_what_is_not_there_cannot_be_traced(office: Office) -> None:
    """Exit 3."""
    with pytest.raises(UnknownId):
        office.mail.trace("msg-nowhere")
