"""Mail on the board: lists, conversations, writing, answering, marking; and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from orgpost.clock import FakeClock
    from tests.board.visiting import Place
    from tests.cli.door import Cli
    from tests.cli.office import Office


@pytest.fixture
def letter(office: Office) -> str:
    """A message of crt to tex; its id."""
    return office.cli.id(
        *("send", "tex", "The body, as sent.", "--subject", "Server is down!"),
        *("--priority", "high", "--tag", "ops", "--as", "crt"),
    )


def state(cli: Cli, id: str) -> str:
    """The state of a message, as the command line tells it."""
    return str(cli.data("show", id)["state"])


def test_an_inbox_lists_the_newest_first_whatever_is_urgent(
    place: Place, office: Office, letter: str, clock: FakeClock
) -> None:
    """Who turns pages finds each message at its time."""
    for word in ("earlier", "later"):
        clock.advance(60)
        office.cli.data("send", "tex", word, "--as", "mira")
    words = place.visitor("tex").read("/inbox").words
    assert words.index("later") < words.index("earlier") < words.index("Server is down!")


def test_a_list_says_who_sent_it_how_far_they_are_trusted_and_what_it_is(
    place: Place, letter: str
) -> None:
    """All that one needs to know before one opens it."""
    words = place.visitor("tex").read("/inbox").words
    for said in ("UNREAD", "high", "from crt", "tier team", "#ops", "Server is down!", "1 unread"):
        assert said in words


def test_lists_are_by_state_and_fifty_to_a_page(
    place: Place, office: Office, clock: FakeClock
) -> None:
    """Each state has its list and its number, and a long one goes on."""
    for number in range(60):
        clock.advance(1)
        office.cli.data("send", "tex", f"text {number}.", "--id", f"msg-{number}", "--as", "crt")
        clock.advance(60)
    office.cli.data("mark", "msg-3", "msg-4", "todo")
    tex = place.visitor("tex")
    first, second = tex.read("/inbox"), tex.read("/inbox?of=tex&state=unread&page=2")
    assert (first.text.count("data-item"), second.text.count("data-item")) == (50, 8)
    assert "1 to 50 of 58 messages" in first.words
    assert 'href="/inbox?of=tex&amp;state=unread&amp;page=2" rel="next"' in first.text
    todo = tex.read("/inbox?state=todo")
    assert todo.text.count("data-item") == 2
    assert "To do 2" in todo.words
    assert "All 60" in todo.words


@pytest.mark.parametrize(
    "path",
    [
        *("/inbox?page=0", "/inbox?page=-1", "/inbox?page=x", "/inbox?page=9999999999"),
        *("/inbox?state=archived", "/tasks?state=x", "/thread/", "/nothing", "/thread/a/b"),
    ],
)
def test_what_is_not_there_is_not_found(path: str, place: Place, office: Office) -> None:
    """An address that was made up is no fault of ours."""
    assert place.visitor("tex").get(path).status == 404


def test_a_conversation_is_read_from_any_of_its_messages(
    place: Place, office: Office, letter: str
) -> None:
    """In the order of time, with a form that answers the other side."""
    office.cli.data("reply", letter, "Looking.", "--id", "msg-r")
    page = place.visitor("tex").read("/thread/msg-r")
    assert page.words.index("The body, as sent.") < page.words.index("Looking.")
    form = page.form("/send")
    assert (form.fields["to"], form.fields["reply_to"]) == ("crt", letter)
    assert form.fields["subject"] == "Re: Server is down!"


def test_a_long_conversation_shows_its_end_first(place: Place, office: Office, letter: str) -> None:
    """What is new is what one came for; the beginning is a page away."""
    for number in range(60):
        office.cli.data("reply", letter, f"answer {number}.", "--id", f"msg-r{number:02}")
    tex = place.visitor("tex")
    page = tex.read(f"/thread/{letter}")
    assert page.text.count("data-item") == 11
    assert "answer 59." in page.words
    assert "The body, as sent." in tex.read(f"/thread/{letter}?page=1").words


def test_an_answer_is_sent_marks_what_it_answers_and_leads_back(
    place: Place, office: Office, letter: str
) -> None:
    """The same as `orgpost reply`."""
    tex = place.visitor("tex")
    form = tex.read(f"/thread/{letter}").form("/send")
    page = tex.submit(form, body="Looking.\n  Two lines.\n")
    assert page.to == f"/thread/{form.fields['id']}?said=sent&sent={form.fields['id']}"
    assert "Sent." in tex.read(page.to).words
    [sent] = office.cli.data("inbox", "--as", "crt")["messages"]
    assert (sent["body"], sent["reply_to"]) == ("Looking.\n  Two lines.\n", letter)
    assert state(office.cli, letter) == "READ"


def test_a_letter_to_somebody_new_is_sent(place: Place, office: Office) -> None:
    """A body that begins with an empty line keeps it, and CRLF is a line end."""
    tex = place.visitor("tex")
    form = tex.read("/compose?to=mira").form("/send")
    assert form.fields["to"] == "mira"
    tex.submit(form, subject="Hello", body="\n* no heading\n\n")
    [sent] = office.cli.data("inbox", "--as", "mira")["messages"]
    assert (sent["from"], sent["subject"], sent["body"]) == ("tex", "Hello", "\n* no heading\n\n")


def test_a_button_that_is_pressed_twice_sends_once(place: Place, office: Office) -> None:
    """The form has an id of its own, and the second time says the same as the first."""
    tex = place.visitor("tex")
    form = tex.read("/compose").form("/send")
    first, second = (tex.submit(form, to="crt", body="Once.") for _ in range(2))
    assert first.to == second.to
    assert office.cli.data("inbox", "--as", "crt")["unread"] == 1


def test_a_form_that_was_sent_and_changed_is_kept_with_a_way_on(
    place: Place, office: Office
) -> None:
    """The id belongs to what was sent first; the changed text goes out by one more press."""
    tex = place.visitor("tex")
    form = tex.read("/compose").form("/send")
    tex.submit(form, to="crt", body="First.")
    page = tex.submit(form, to="crt", body="Second.")
    assert page.status == 409
    again = page.form("/send")
    assert again.fields["body"] == "Second."
    assert again.fields["id"] != form.fields["id"]
    assert tex.submit(again).status == 303
    assert office.cli.data("inbox", "--as", "crt")["unread"] == 2


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"to": "crz"}, "did you mean crt?"),
        ({"to": "../etc"}, "unknown actor"),
        ({"to": "crt", "subject": "two\nlines"}, "subject"),
        ({"to": "crt", "subject": "", "body": ""}, "a message needs"),
        ({"to": "crt", "id": "no id"}, "id"),
        ({"to": "crt", "body": "x" * 70_000}, "too large"),
    ],
    ids=["unknown", "path", "two-lines", "empty", "bad-id", "too-large"],
)
def test_a_letter_that_is_refused_is_still_in_the_form(
    fields: dict[str, str], sentence: str, place: Place, office: Office
) -> None:
    """422, the reason, what to do next, and every word that was written."""
    tex = place.visitor("tex")
    form = tex.read("/compose").form("/send")
    written = {"to": "crt", "subject": "A subject", "body": "Half a letter.\n<b>&amp;", **fields}
    before = office.cli.files()
    page = tex.submit(form, **written)
    assert (page.status, sentence in page.words) == (422, True), page.words
    assert office.cli.files() == before
    again = page.form("/send").fields
    # One line's field holds no line end, and no browser would have sent it.
    assert {name: again[name].replace("\r\n", "\n") for name in written} == written


def test_the_governor_says_why_on_the_page(place: Place, office: Office) -> None:
    """An agent that writes too fast is told when to try again, and its text is kept."""
    agent = place.visitor("lab-agent")
    settings = office.space / "settings.local.yaml"
    settings.write_text(
        "identity: {name: tex}\nstore: {sync: off}\n"
        "messaging: {limits: {messages_per_minute: {team: 1}}}\n"
    )
    form = agent.read("/compose").form("/send")
    assert agent.submit(form, to="crt", body="One.").status == 303
    form = agent.read("/compose").form("/send")
    page = agent.submit(form, to="crt", body="Two.")
    assert (page.status, "try again in" in page.words) == (422, True), page.words
    assert page.form("/send").fields["body"] == "Two."


def test_every_move_of_a_message_by_its_button(place: Place, office: Office, letter: str) -> None:
    """Only those that the state allows are offered, and each does what it says."""
    tex = place.visitor("tex")
    for word, became, offered in (
        ("todo", "TODO", {"read", "todo", "done"}),
        ("done", "DONE", {"read", "done"}),
        ("read", "READ", {"read", "archived"}),
        ("unread", "UNREAD", {"todo", "done", "unread", "archived"}),
        ("read", "READ", {"read", "todo", "done"}),
    ):
        form = tex.read(f"/thread/{letter}").form("/mark")
        assert {value for _, value in form.buttons} == offered
        assert tex.submit(form, state=word).to == f"/thread/{letter}?said=marked"
        assert state(office.cli, letter) == became
    form = tex.read(f"/thread/{letter}").form("/mark")
    assert tex.submit(form, state="shred").status == 422
    assert tex.submit(form, state="archived").to == f"/thread/{letter}?said=archived"
    page = tex.read(f"/thread/{letter}")
    assert "archived" in page.words
    assert state(office.cli, letter) == "ARCHIVED"


def test_a_move_that_the_state_forbids_is_a_conflict_and_shows_the_state(
    place: Place, office: Office, letter: str
) -> None:
    """Somebody was faster: the page says what is there now."""
    tex = place.visitor("tex")
    form = tex.read("/inbox").form("/mark")
    office.cli.data("mark", letter, "todo")
    before = office.cli.files()
    page = tex.submit(form, state="unread")
    assert page.status == 409
    assert "mark: expected READ, found TODO" in page.words
    assert "TODO" in page.words.split("found TODO")[1]
    assert tex.submit(form, state="shredded").status == 422
    assert office.cli.files() == before


def test_files_are_listed_by_their_names(place: Place, office: Office) -> None:
    """And how to get them out, since a page does not give them away."""
    (office.space / "report.txt").write_text("12345")
    id = office.cli.id("send", "tex", "See file", "--attach", "report.txt", "--as", "crt")
    words = place.visitor("tex").read(f"/thread/{id}").words
    assert "report.txt 5 bytes" in words
    assert f"orgpost show {id} --save DIR" in words


def test_a_fault_of_ours_is_a_page_that_tells_nothing(
    place: Place,
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither the page nor the log repeats what an error says: it may hold somebody's words."""

    def broken(*_: object) -> None:
        message = "c4n4ry"
        raise RuntimeError(message)

    tex = place.visitor("tex")
    monkeypatch.setattr("orgpost.relay.board.mail.inbox", broken)
    page = tex.get("/inbox")
    assert page.status == 500
    assert "a fault of orgpost" in page.words
    assert "c4n4ry" not in page.text + caplog.text
    assert "RuntimeError in broken" in caplog.text
    assert tex.get("/tasks").status == 200


def test_one_message_that_cannot_be_read_hides_no_other(place: Place, office: Office) -> None:
    """What a person made of a file by hand is passed over, as everywhere."""
    office.cli.data("send", "tex", "Good.", "--as", "crt")
    inbox = office.space / "org/messaging/inbox/tex.org"
    inbox.write_bytes(inbox.read_bytes() + b"* UNREAD no drawer\n* TODO\n:PROPERTIES:\n:ID: x\n")
    assert "Good." in place.visitor("tex").read("/inbox?state=all").words
