"""Who sees and decides what: the own, the own agents', and what was sent; the rest is not there."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from tests.board.visiting import Place, quoted

if TYPE_CHECKING:
    from tests.cli.office import Office

pytestmark = pytest.mark.slow


@pytest.fixture
def mail(office: Office) -> Office:
    """Mail between three people and two agents, and a task of each agent."""
    for id, sender, to in (
        ("msg-crt-tex", "crt", "tex"),
        ("msg-tex-crt", "tex", "crt"),
        ("msg-crt-mira", "crt", "mira"),
        ("msg-crt-agent", "crt", "tex-agent"),
        ("msg-agent-mira", "tex-agent", "mira"),
        ("msg-crt-lab", "mira", "lab-agent"),
    ):
        office.cli.data("send", to, f"secret {id}", "--id", id, "--as", sender)
    office.add("of mira", "--id", "task-mira", by="mira")
    office.data("add", "lab-agent", "of ann", "--id", "task-lab", by="ann")
    return office


@pytest.mark.parametrize(
    ("actor", "seen"),
    [
        ("tex", {"msg-crt-tex", "msg-tex-crt", "msg-crt-agent"}),
        ("crt", {"msg-crt-tex", "msg-tex-crt", "msg-crt-mira", "msg-crt-agent", "msg-crt-lab"}),
        ("mira", {"msg-crt-mira", "msg-agent-mira", "msg-crt-lab"}),
        ("tex-agent", {"msg-crt-agent", "msg-agent-mira"}),
    ],
)
def test_an_actor_sees_its_mail_and_that_of_its_agents(
    actor: str, seen: set[str], place: Place, mail: Office
) -> None:
    """A thread, an answer, a mark: of what is not theirs, the board says that it is not there."""
    every = {name for _, data in mail.cli.files().items() for name in ids_in(data)}
    visitor = place.visitor(actor)
    proof = visitor.read("/inbox").form("/logout").fields["csrf"]
    found = {id for id in every if visitor.get(f"/thread/{id}").status == 200}
    assert found == seen
    for id in every - seen:
        for page in (
            visitor.get(f"/thread/{id}"),
            visitor.get(f"/compose?reply_to={id}"),
            visitor.post("/mark", {"id": id, "state": "read", "csrf": proof}),
            visitor.post("/send", {"reply_to": id, "body": "x", "csrf": proof}),
        ):
            assert page.status == 404
            assert "secret" not in page.text
            assert page.words == visitor.get("/thread/msg-nobody").words.replace("msg-nobody", id)


def ids_in(data: bytes) -> list[str]:
    """The ids of the messages in a file."""
    words = data.decode().split()
    return [id for key, id in itertools.pairwise(words) if (key, id[:4]) == (":ID:", "msg-")]


def test_a_box_of_somebody_else_is_not_there(place: Place, mail: Office) -> None:
    """Nor is one that does not exist, and nothing tells the two apart."""
    crt = place.visitor("crt")
    answers = [crt.get(f"/inbox?of={name}") for name in ("tex", "tex-agent", "nobody", "../x")]
    assert {page.status for page in answers} == {404}
    assert crt.get("/inbox?of=lab-agent").status == 200
    assert {crt.get(f"/tasks?of={name}").status for name in ("tex-agent", "nobody")} == {404}


def test_what_was_sent_is_seen_and_not_marked(place: Place, mail: Office) -> None:
    """The state of a message is its recipient's."""
    tex = place.visitor("tex")
    page = tex.read("/thread/msg-tex-crt")
    assert [form.action for form in page.forms if form.action == "/mark"] == []
    proof = page.form("/logout").fields["csrf"]
    before = mail.cli.files()
    refused = tex.post("/mark", {"id": "msg-tex-crt", "state": "read", "csrf": proof})
    assert (refused.status, mail.cli.files()) == (403, before)
    assert "secret msg-tex-crt" in tex.read("/sent").words


def test_an_id_that_somebody_elses_message_has_is_taken_and_tells_nothing_of_it(
    place: Place, mail: Office
) -> None:
    """As on the command line it is a conflict; the text goes out by one more press."""
    tex = place.visitor("tex")
    form = tex.read("/compose").form("/send")
    page = tex.submit(form, id="msg-crt-mira", to="mira", body="Mine.")
    assert (page.status, "secret" in page.text) == (409, False)
    assert "A message with the id of this form was sent before, with another text." in page.words
    assert tex.submit(page.form("/send")).status == 303
    assert mail.cli.data("show", "msg-crt-mira", "--as", "mira")["from"] == "crt"


def test_an_owner_marks_the_mail_of_its_agent(place: Place, mail: Office) -> None:
    """Its box is looked after like one's own."""
    tex = place.visitor("tex")
    form = tex.read("/inbox?of=tex-agent").form("/mark")
    assert tex.submit(form, state="read").to == "/inbox?of=tex-agent&state=unread&said=marked"
    assert mail.cli.data("show", "msg-crt-agent")["state"] == "READ"


def test_only_the_owner_decides(place: Place, mail: Office) -> None:
    """Who sent a task may take it back, and no more; to others it is not there."""
    for actor, status in (("mira", 403), ("crt", 404), ("tex-agent", 403)):
        visitor = place.visitor(actor)
        proof = visitor.read("/inbox").form("/logout").fields["csrf"]
        before = mail.cli.files()
        for word in ("approve", "reject"):
            page = visitor.post(f"/task/task-mira/{word}", {"reason": "x", "csrf": proof})
            assert page.status == status, (actor, word, page.words)
        assert mail.cli.files() == before
    seen = {
        actor: {
            form.action.split("/")[-1].split("?")[0]
            for form in place.visitor(actor).read("/task/task-mira").forms
        }
        for actor in ("mira", "tex", "tex-agent")
    }
    assert seen == {
        "mira": {"logout", "cancel"},
        "tex": {"logout", "approve", "reject", "cancel"},
        "tex-agent": {"logout"},
    }


def test_a_task_in_a_tray_is_seen_by_who_sent_it(place: Place, mail: Office) -> None:
    """A tray that is called like an agent of mine is still none of mine."""
    tray = mail.space / "org/messaging/trays/tex-agent.org"
    agents = mail.space / "org/messaging/agents/tex-agent.org"
    tray.parent.mkdir(exist_ok=True)
    tray.write_bytes(agents.read_bytes().replace(b"task-mira", b"task-tray"))
    assert place.visitor("tex").get("/task/task-tray").status == 404
    mira = place.visitor("mira")
    page = mira.read("/task/task-tray")
    assert [form.action for form in page.forms] == ["/logout"]
    proof = page.form("/logout").fields["csrf"]
    assert mira.post("/task/task-tray/cancel", {"reason": "", "csrf": proof}).status == 403


def test_an_actor_that_is_gone_is_logged_out_of_its_mail(place: Place, mail: Office) -> None:
    """Whoever is taken out of the contacts reads nothing more, whatever the relay has noticed."""
    crt = place.visitor("crt")
    contacts = mail.space / "org/messaging/contacts.yaml"
    lines = contacts.read_bytes().split(b"\n")
    gone = (b"id: crt,", b"owner: crt")
    contacts.write_bytes(b"\n".join(line for line in lines if not any(g in line for g in gone)))
    page = crt.get("/inbox")
    assert page.status == 404
    assert "secret" not in page.text


def test_an_id_names_one_task_whole(place: Place, mail: Office) -> None:
    """In an address a part of an id is nobody's."""
    tex = place.visitor("tex")
    assert tex.get("/task/task-mira").status == 200
    assert {tex.get(f"/task/{quoted(id)}").status for id in ("mira", "task-", "task-mira ")} == {
        404
    }
