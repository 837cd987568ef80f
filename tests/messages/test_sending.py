"""Sending: what is stored is what was sent, and a refusal writes nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from orgpost.contact import Contacts
from orgpost.errors import (
    BadContacts,
    Conflict,
    InvalidField,
    Partial,
    Problem,
    TooLarge,
    UnknownActor,
    UnknownId,
    WrongKind,
)
from orgpost.message_store import Letter, Rules
from orgpost.message_store.shelf import Shelf

if TYPE_CHECKING:
    from tests.messages.conftest import Office

BODIES = [
    "* a headline\n** another\n",
    ":PROPERTIES:\n:ID: msg-forged\n:FROM: ceo\n:END:\n",
    "#+begin_example\n#+end_example\n* x\n",
    ",* x\n,#+x",
    "a\rb",
    "a\r\nb\r\n",
    "a\u2028b\u2029c\u0085d",
    "a\0b",
    "\ttabs\tand\t",
    "trailing   \n  blanks  \n",
    "\n\n\nleading and trailing\n\n\n",
    "no final newline",
    "a final newline\n",
    "\n",
    "",
    "Local Variables:\neval: (x)\nEnd:\n",
    "%%(diary)\n<%%(diary)>\n",
    "\ud800 alone, \U0001f4ee paired",
]


def test_a_sent_message_is_listed_with_all_its_fields(office: Office) -> None:
    """Scenario 1: the inbox lists what was sent, unread, as the command returned it."""
    sent = office.send("Text", subject="Hi", tags=["ops"], priority="high", expects="reply")
    (listed,) = office.mail.find_unread("tex")
    assert (
        listed.to_dict()
        == sent.to_dict()
        == {
            "id": sent.id,
            "state": "UNREAD",
            "from": "crt",
            "to": "tex",
            "subject": "Hi",
            "body": "Text",
            "created": "2026-11-20T08:31:05Z",
            "thread": sent.id,
            "reply_to": None,
            "priority": "high",
            "tags": ["ops"],
            "expects": "reply",
            "expires": None,
            "scheduled": None,
            "deadline": None,
            "kind": "message",
            "via": [],
            "recipients": [],
            "answer_route": None,
            "files": [],
            "stored": "file",
            "expired": False,
            "archived": False,
            "properties": {},
        }
    )


def test_each_message_is_one_more_heading(office: Office) -> None:
    """Scenario 1: the file has one more level-1 heading for each message."""
    for number in range(1, 4):
        office.send()
        assert office.content().count(b"\n* ") == number


@pytest.mark.parametrize("body", BODIES, ids=repr)
def test_any_body_comes_back_as_it_was_sent(office: Office, body: str) -> None:
    """Scenario 2: no body makes a heading, and each is read back letter for letter."""
    sent = office.send(body, subject="one")
    assert office.content().count(b"\n*") == 1
    assert office.mail.find_by_id(sent.id).body == body


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "a\u2028b", "a\x1b[31mb", "a\x85b"], ids=repr)
@pytest.mark.parametrize(
    ("field", "facts"),
    [
        ("subject", lambda text: {"subject": text}),
        ("tag", lambda text: {"tags": [text]}),
        ("NOTE", lambda text: {"properties": {"note": text}}),
        ("property name", lambda text: {"properties": {text: "x"}}),
        ("route", lambda text: {"routes": [f"file:{text}"]}),
    ],
)
def test_a_line_break_in_a_one_line_field_is_refused(
    office: Office, field: str, facts: Any, text: str
) -> None:
    """Scenario 3: the error names the field, and nothing is written."""
    with pytest.raises(InvalidField) as refused:
        office.send(**facts(text))
    assert (refused.value.field, office.files()) == (field, {})


@pytest.mark.parametrize(
    "subject",
    ["DONE it", "[#A] x", "COMMENT x", "x :a:b:", "* x", "<2026-11-20 Fri>", "[1/2]", "%%(f)"],
)
def test_a_subject_that_looks_like_org_is_only_a_subject(office: Office, subject: str) -> None:
    """Scenario 4: no subject sets a state, a tag or a priority, and each is read back as sent."""
    office.send(subject=subject)
    (found,) = office.mail.find_unread("tex")
    assert (found.subject, found.state, found.tags, found.priority) == (
        subject,
        "UNREAD",
        (),
        "normal",
    )


def test_blanks_at_the_ends_of_a_subject_are_removed(office: Office) -> None:
    """What is stored is what the command returns."""
    sent = office.send(subject="  Hi\u00a0 ")
    assert sent.subject == office.mail.find_by_id(sent.id).subject == "Hi"


@pytest.mark.parametrize(
    ("body", "subject"),
    [
        ("\n \n  First\tline\u3000here \nSecond", "First line here"),
        ("x" * 100, "x" * 72),
        ("a\r\nb", "a"),
        (" \n\t\n", "(no subject)"),
    ],
)
def test_a_message_without_a_subject_takes_its_first_line(
    office: Office, body: str, subject: str
) -> None:
    """The first line with words in it, on one line, cut to 72 characters."""
    sent = office.send(body)
    assert office.mail.find_by_id(sent.id).subject == sent.subject == subject


def test_a_message_of_nothing_is_refused(office: Office) -> None:
    """A message needs a subject, a body or a file."""
    with pytest.raises(InvalidField):
        office.send("")
    assert office.files() == {}


def test_an_unknown_recipient_is_refused_with_the_nearest_names(office: Office) -> None:
    """Scenario 5: sending never creates an actor."""
    with pytest.raises(UnknownActor) as refused:
        office.send(to="txe")
    assert ("tex" in refused.value.nearest, office.files()) == (True, {})


@pytest.mark.parametrize("name", ["../x", "a/b", "orgpost", "import", "TEX ", ""])
def test_no_other_name_ever_becomes_a_path(office: Office, name: str) -> None:
    """Reserved and illegal names are nobody, at the sender's side too."""
    for facts in ({"to": name}, {"sender": name}, {"cc": [name]}):
        with pytest.raises(UnknownActor):
            office.send(**facts)
    assert office.files() == {}


def test_a_handle_is_as_good_as_a_name(office: Office) -> None:
    """``@gz`` is tex, and ``@agent`` is the sender's own agent."""
    assert office.send(to="@gz").to == "tex"
    assert office.send(to="@agent").to == "crt-agent"


def test_bad_contacts_stop_a_send_and_not_a_list(office: Office) -> None:
    """Scenario 22: who cannot be relied on is not written to, but mail is read."""
    office.send("before")
    problem = Problem(file="contacts.yaml", line=3, key="handles", problem="x", hint="")
    office.contacts = Contacts(office.contacts.actors, problems=[problem])
    with pytest.raises(BadContacts):
        office.send("after")
    assert [message.body for message in office.mail.find_unread("tex")] == ["before"]


# --- ids ----------------------------------------------------------------------------------------


def test_the_same_id_again_is_the_same_message(office: Office) -> None:
    """Scenario 6: same sender, recipient and body is a duplicate, and nothing is written."""
    office.deliver("Hi", id="msg-once")
    before = office.files()
    again = office.deliver("Hi", id="msg-once", subject="another")
    assert (again.duplicate, again.message.subject, office.files()) == (True, "Hi", before)


@pytest.mark.parametrize("facts", [{"body": "Ho"}, {"sender": "mira"}], ids=str)
def test_the_same_id_with_other_content_is_a_conflict(
    office: Office, facts: dict[str, str]
) -> None:
    """Scenario 6: dropping it silently would lose a message."""
    office.send("Hi", id="msg-once")
    before = office.files()
    with pytest.raises(Conflict):
        office.send(**{"body": "Hi", "id": "msg-once", **facts})
    assert office.files() == before


def test_the_id_of_mail_to_somebody_else_is_a_conflict(office: Office) -> None:
    """Else both have one id, and whoever marks one of them would mark the other."""
    office.send("Hi", id="msg-once")
    before = office.files()
    with pytest.raises(Conflict, match="msg-once is there already, to tex"):
        office.send("Hi", id="msg-once", to="mira")
    assert office.files() == before


def test_an_id_with_chance_in_it_costs_no_look_at_others_mail(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs make such ids for each message, and a task's answer has one of its own."""
    monkeypatch.setattr(Shelf, "inbox_with", None)
    for facts in ({"id": "msg-20261120-083105-7k3m9q2xwd"}, {"id": "msg-x", "kind": "result"}):
        assert office.send("Hi", **facts).stored == "file"


def test_a_broken_inbox_of_somebody_else_stops_no_mail(office: Office) -> None:
    """Whatever its owner has put there."""
    office.path("inbox/zed.org").mkdir(parents=True)
    assert office.send("Hi", id="msg-once").stored == "file"


def test_the_same_id_between_the_look_and_the_lock_is_a_duplicate(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process was faster; the file is looked at again under the lock."""
    real = office.store.append

    def late(path: str, entries: Any, **facts: Any) -> Any:
        monkeypatch.setattr(office.store, "append", real)
        office.send("Hi", id="msg-once")
        return real(path, entries, **facts)

    monkeypatch.setattr(office.store, "append", late)
    assert office.deliver("Hi", id="msg-once").duplicate is True
    assert len(office.mail.find_unread("tex")) == 1


def test_the_same_id_that_was_archived_meanwhile_is_a_duplicate(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sent, read and archived by others between the look and the lock."""
    real = office.store.append

    def late(path: str, entries: Any, **facts: Any) -> Any:
        monkeypatch.setattr(office.store, "append", real)
        office.send("Hi", id="msg-once")
        office.mail.mark("msg-once", "done")
        office.mail.archive("msg-once")
        return real(path, entries, **facts)

    monkeypatch.setattr(office.store, "append", late)
    assert office.deliver("Hi", id="msg-once").duplicate is True
    assert len(office.mail.find_messages("tex")) == 0


def test_a_duplicate_is_found_in_an_archive_too(office: Office) -> None:
    """Also one of an earlier month: the caller's id says nothing of when it was sent."""
    office.send("Hi", id="msg-once")
    office.mail.mark("msg-once", "read")
    office.mail.archive("msg-once")
    office.clock.advance(90 * 86_400)
    again = office.deliver("Hi", id="msg-once")
    assert (again.duplicate, again.message.archived) == (True, True)


@pytest.mark.parametrize("id", ["msg-", "msg-A", "MSG-a", "msg-a b", "msg-a/b", "x", "msg-\n"])
def test_an_id_of_another_form_is_refused(office: Office, id: str) -> None:
    """An id is a word that no file, heading or drawer could mistake."""
    with pytest.raises(InvalidField) as refused:
        office.send(id=id)
    assert refused.value.field == "id"


def test_an_id_of_another_kind_is_its_own_error(office: Office) -> None:
    """A task's id is no message's id."""
    with pytest.raises(WrongKind):
        office.send(id="task-x")
    assert office.files() == {}


# --- the other fields ---------------------------------------------------------------------------


def test_a_body_may_fill_the_limit_and_not_more(office: Office) -> None:
    """65536 bytes pass, 65537 do not."""
    office.send("é" * 32_768)
    with pytest.raises(TooLarge) as refused:
        office.send("é" * 32_768 + "x")
    assert (refused.value.details["size"], refused.value.details["limit"]) == (65_537, 65_536)


@pytest.mark.parametrize(
    "facts",
    [
        {"priority": "urgent"},
        {"expects": "miracles"},
        {"expires": datetime(2027, 1, 1)},  # noqa: DTZ001  says no zone
        {"answer_route": "x" * 1001},
        {"tags": ["a-b"]},
        {"tags": [f"t{n}" for n in range(21)]},
        {"subject": "x" * 251},
        {"properties": {"FROM": "ceo"}},
        {"properties": {"title": "x"}},
        {"properties": {"A": "x" * 1001}},
        {"properties": {f"P{n}": "x" for n in range(33)}},
        {"properties": {"a": "1", "A": "2"}},
        {"routes": ["nowhere:x"]},
        {"answer_route": "github:x"},
    ],
    ids=str,
)
def test_a_field_of_another_form_is_refused(office: Office, facts: dict[str, Any]) -> None:
    """Each refusal comes before a byte is written."""
    with pytest.raises(InvalidField):
        office.send(**facts)
    assert office.files() == {}


def test_further_properties_are_kept(office: Office) -> None:
    """Names are raised, values come back as they were given."""
    sent = office.send(properties={"ticket": "%%(x) :END:"})
    assert office.mail.find_by_id(sent.id).properties == {"TICKET": "%%(x) :END:"}


def test_an_expiry_in_the_past_is_refused(office: Office) -> None:
    """Nobody could meet it."""
    with pytest.raises(InvalidField) as refused:
        office.send(expires=office.clock.now() - timedelta(seconds=1))
    assert refused.value.field == "expires"


def test_times_are_kept_to_the_second(office: Office) -> None:
    """What is stored is what the command returns."""
    office.clock.advance(0.75)
    sent = office.send(expires=office.clock.now() + timedelta(minutes=5))
    assert office.mail.find_by_id(sent.id) == sent


# --- threads and copies -------------------------------------------------------------------------


def test_an_answer_joins_the_thread_of_what_it_answers(office: Office) -> None:
    """THREAD is the parent's."""
    root = office.send("root")
    answer = office.send("answer", sender="tex", to="crt", reply_to=root.id)
    assert (answer.thread, answer.reply_to) == (root.thread, root.id)


def test_an_answer_to_an_unknown_id_is_refused(office: Office) -> None:
    """Nothing is written."""
    with pytest.raises(UnknownId):
        office.send(reply_to="msg-nowhere")
    assert office.files() == {}


def test_a_copy_has_its_own_id_and_names_all_recipients(office: Office) -> None:
    """Copies derive their id from the message's, share MSG_ID and the thread."""
    sent = office.deliver(cc=["mira", "@agent", "tex", "mira"])
    (copy,) = office.mail.find_unread("mira")
    assert [tuple(each) for each in sent.copies] == [
        (f"{sent.message.id}-mira", "mira"),
        (f"{sent.message.id}-crt-agent", "crt-agent"),
    ]
    assert copy.recipients == sent.message.recipients == ("tex", "mira", "crt-agent")
    assert (copy.thread, copy.properties) == (sent.message.thread, {"MSG_ID": sent.message.id})


def test_a_broadcast_goes_to_every_person_but_the_sender(office: Office) -> None:
    """One thread, one tag, one copy each; agents get none unless they are asked for."""
    letter = Letter(sender="crt", to="", body="All hands", id="msg-all", tags=["ops"])
    told = office.mail.broadcast(letter)
    (copy,) = office.mail.find_unread("mira")
    assert [each.to for each in told.sent] == ["tex", "mira"]
    assert (copy.id, copy.thread, copy.tags) == ("msg-all-mira", "msg-all", ("ops", "broadcast"))
    assert office.mail.broadcast(letter, kind="agent").sent[0].to == "tex-agent"


def test_a_broadcast_that_partly_failed_is_completed_by_the_same_id(office: Office) -> None:
    """The rest is sent, and nobody gets it twice."""
    office.path("inbox/mira.org").mkdir()
    letter = Letter(sender="crt", to="", body="All hands", id="msg-all")
    with pytest.raises(Partial) as partly:
        office.mail.broadcast(letter)
    failed: Any = partly.value.details["failed"]
    office.path("inbox/mira.org").rmdir()
    office.mail.broadcast(letter)
    assert [each["to"] for each in failed] == ["mira"]
    copies = [office.content(f"inbox/{name}.org").count(b"\n* ") for name in ("tex", "mira")]
    assert copies == [1, 1]


def test_a_broadcast_to_nobody_is_refused(office: Office) -> None:
    """It was not meant."""
    with pytest.raises(InvalidField):
        office.mail.broadcast(Letter(sender="crt", to="", body="x"), exclude=["tex", "mira"])


def test_a_copy_that_could_not_be_stored_is_told(office: Office) -> None:
    """The message is stored; the same id again sends what is missing."""
    office.path("inbox/mira.org").mkdir()
    with pytest.raises(Partial) as partly:
        office.send(id="msg-once", cc=["mira", "tex-agent"])
    details: Any = partly.value.details
    assert [each["id"] for each in details["sent"]] == ["msg-once", "msg-once-tex-agent"]
    assert [each["to"] for each in details["failed"]] == ["mira"]


def test_mail_on_somebody_elses_account_names_the_chain(office: Office) -> None:
    """VIA is the chain of what it was made for, and its sender."""
    first = office.send("ask", sender="tex", to="crt-agent")
    second = office.send("ask on", sender="crt-agent", to="tex-agent", via=first.id)
    third = office.send("ask on", sender="tex-agent", to="mira", via=second.id)
    assert office.mail.find_by_id(third.id).via == ("tex", "crt-agent")


def test_a_message_waits_while_a_person_has_unsaved_edits(office: Office) -> None:
    """Scenario 9: it is told and listed at once, and folded in when the lock is gone, once."""
    office.send("first")
    before = office.content()
    lock = office.path("inbox/.#tex.org")
    lock.symlink_to("tex@elsewhere.4711:1")
    sent = office.deliver("second")
    assert (sent.message.stored, office.content()) == ("waiting", before)
    assert [m.stored for m in office.mail.find_unread("tex")] == ["waiting", "file"]
    lock.unlink()
    assert [m.stored for m in office.mail.find_unread("tex")] == ["file", "file"]
    assert office.content().count(sent.message.id.encode()) == 2


def test_the_rules_set_the_limit_of_a_body(office: Office) -> None:
    """A setting that is not obeyed is a bug."""
    office.rules = Rules(max_body_bytes=3)
    with pytest.raises(TooLarge):
        office.send("1234")
    assert office.send("123").body == "123"
