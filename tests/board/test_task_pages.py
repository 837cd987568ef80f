"""Tasks on the board: columns, one task with its history, and what owners and senders decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from orgpost.clock import FakeClock
    from tests.board.visiting import Page, Place
    from tests.cli.office import Office

pytestmark = pytest.mark.slow


def offered(page: Page) -> set[str]:
    """What can be decided by the forms of a page."""
    actions = (form.action.split("?")[0].split("/") for form in page.forms)
    return {parts[3] for parts in actions if parts[1] == "task"}


def test_a_column_for_each_state_and_in_it_what_one_needs_to_know(
    place: Place, office: Office, clock: FakeClock
) -> None:
    """Title, sender, tier, effort, lease: of each task, in the column of its state."""
    office.add("Sort the list", "--tokens", "2000", "--effort", "2", by="ann")
    office.add("Look into it", "--tag", "ops", by="crt")
    clock.advance(100)
    office.claim("--holder", "tex-agent@laptop")
    office.add("Check the links", by="crt")
    page = place.visitor("tex").read("/tasks")
    words = page.words
    columns = {name: words.split(name)[1] for name in ("WAITING", "QUEUED", "WORKING", "DONE")}
    assert columns["WAITING"].startswith(" 1 task Sort the list from ann tier trusted")
    assert "effort 2 2 000 tokens needs approval" in columns["WAITING"]
    assert columns["QUEUED"].startswith(" 1 task Check the links from crt tier team")
    assert columns["WORKING"].startswith(" 1 task Look into it")
    assert "tex-agent@laptop, until 08:47" in columns["WORKING"]
    assert columns["DONE"].startswith(" 0 tasks None.")
    clock.advance(3600)
    assert "lease ran out at 08:47" in place.visitor("tex").read("/tasks").words


def test_a_long_column_leads_to_a_list_by_pages(
    place: Place, office: Office, clock: FakeClock
) -> None:
    """Twenty are enough for a look; the rest is a press away."""
    settings = office.space / "settings.local.yaml"
    settings.write_text(
        "identity: {name: tex}\nstore: {sync: off}\n"
        "messaging: {compute: {max_queue_depth: 0, rate_limits: {tasks_per_hour: 0}}}\n"
    )
    for number in range(52):
        office.add(f"Task number {number}.")
    tex = place.visitor("tex")
    page = tex.read("/tasks")
    assert page.text.count("data-item") == 20
    assert "All 52" in page.words
    listed = tex.read("/tasks?of=tex-agent&state=QUEUED")
    assert listed.text.count("data-item") == 50
    assert tex.read("/tasks?of=tex-agent&state=QUEUED&page=2").text.count("data-item") == 2


def test_a_persons_own_keyword_has_a_column_too(place: Place, office: Office) -> None:
    """What somebody made of a task in Emacs is shown as it is."""
    office.add("Look into it")
    file = office.space / "org/messaging/agents/tex-agent.org"
    file.write_bytes(
        file.read_bytes()
        .replace(b"#+TODO: ", b"#+TODO: LATER ", 1)
        .replace(b"* QUEUED ", b"* LATER  ", 1)
    )
    assert "LATER 1 task Look into it" in place.visitor("tex").read("/tasks").words


def test_one_task_tells_all_that_was_said_of_it(place: Place, office: Office) -> None:
    """Body, result, who changed its state when, and what it cost."""
    (office.space / "body").write_text("Every word.")
    id = office.add("Look into it", "--body-file", "body", by="crt")
    office.claim()
    office.data("complete", id, "--result", "All is well.", "--tokens", "900", by="tex-agent")
    page = place.visitor("tex").read(f"/task/{id}")
    words = page.words
    for said in (
        *("Look into it", "from crt tier team", "Every word.", "Result by tex-agent"),
        *("All is well.", "tokens used 900", "DONE from WORKING by tex-agent"),
    ):
        assert said in words, said
    assert offered(page) == set()


def test_a_waiting_task_is_approved_and_leads_back_to_the_list(
    place: Place, office: Office
) -> None:
    """One press on the list, and it is in the queue."""
    id, tex = office.add(by="ann"), place.visitor("tex")
    form = tex.read("/tasks").form(f"/task/{id}/approve")
    page = tex.press(form)
    assert page.to == "/tasks?of=tex-agent&said=approve"
    assert "Approved: it is in the queue." in tex.read(page.to).words
    assert office.show(id)["state"] == "QUEUED"


def test_a_rejected_tasks_sender_is_told_why(place: Place, office: Office) -> None:
    """As `orgpost task reject` does it."""
    id, tex = office.add(by="ann"), place.visitor("tex")
    form = tex.read(f"/task/{id}").form(f"/task/{id}/reject")
    assert tex.submit(form, reason="We did this already").to == f"/task/{id}?said=reject"
    assert office.show(id)["rejection_reason"] == "We did this already"
    [told] = office.mail("ann")
    assert "We did this already" in str(told["body"])


def test_a_rejection_needs_a_reason(place: Place, office: Office) -> None:
    """And one that cannot be stored is still in the field."""
    id, tex = office.add(by="ann"), place.visitor("tex")
    form = tex.read(f"/task/{id}").form(f"/task/{id}/reject")
    before = office.entries()
    assert tex.submit(form, reason="  ").status == 422
    page = tex.post(form.action, {**form.fields, "reason": "bell \x07 here"})
    assert (page.status, "reason" in page.words) == (422, True)
    again = page.form(f"/task/{id}/reject")
    assert again.fields["reason"] == "bell \x07 here"
    assert office.entries() == before


def test_a_task_is_cancelled_by_who_sent_it_and_tried_again(place: Place, office: Office) -> None:
    """Where nobody works on it, at once; the owner has let it in before."""
    id, ann, tex = office.add(by="ann"), place.visitor("ann"), place.visitor("tex")
    tex.press(tex.read("/tasks").form(f"/task/{id}/approve"))
    page = ann.read(f"/task/{id}")
    assert offered(page) == {"cancel"}
    ann.submit(page.form(f"/task/{id}/cancel"), reason="")
    assert office.show(id)["state"] == "CANCELLED"
    page = ann.read(f"/task/{id}")
    assert offered(page) == {"retry"}
    assert ann.press(page.form(f"/task/{id}/retry")).to == f"/task/{id}?said=retry"
    assert office.show(id)["state"] == "QUEUED"


def test_what_nobody_let_in_is_tried_again_by_the_owner_alone(place: Place, office: Office) -> None:
    """Its sender would queue what waited for the owner's word."""
    id, ann, tex = office.add(by="ann"), place.visitor("ann"), place.visitor("tex")
    ann.submit(ann.read(f"/task/{id}").form(f"/task/{id}/cancel"), reason="")
    assert offered(ann.read(f"/task/{id}")) == set()
    page = tex.read(f"/task/{id}")
    assert offered(page) == {"retry"}
    tex.press(page.form(f"/task/{id}/retry"))
    assert office.show(id)["state"] == "QUEUED"


def test_a_holder_is_asked_to_stop_and_nobody_asks_twice(place: Place, office: Office) -> None:
    """A task that is worked on ends when its holder hears of it."""
    id, tex = office.add(), place.visitor("tex")
    office.claim()
    form = tex.read(f"/task/{id}").form(f"/task/{id}/cancel")
    assert tex.submit(form, reason="Enough").to == f"/task/{id}?said=asked"
    page = tex.read(f"/task/{id}?said=asked")
    assert "Its holder was asked to stop." in page.words
    assert offered(page) == set()


def test_the_second_of_two_who_approve_sees_what_is_there_now(place: Place, office: Office) -> None:
    """409, in the words of the command line, with the present state and its moves."""
    id = office.add(by="ann")
    first, second = place.visitor("tex"), place.visitor("tex")
    forms = [each.read("/tasks").form(f"/task/{id}/approve") for each in (first, second)]
    assert first.press(forms[0]).status == 303
    page = second.press(forms[1])
    assert page.status == 409
    assert "approve: expected WAITING, found QUEUED" in page.words
    assert offered(page) == {"cancel"}
    assert [item["state"] for item in office.data("list")["tasks"]] == ["QUEUED"]


def test_a_refusal_of_the_governor_is_told_with_its_reason(place: Place, office: Office) -> None:
    """422, and the task waits on."""
    settings = office.space / "settings.local.yaml"
    id = office.add("Large", "--tokens", "9000", by="ann")
    settings.write_text(
        "identity: {name: tex}\nstore: {sync: off}\n"
        "messaging: {compute: {daily_budget_tokens: 100}}\n"
    )
    tex = place.visitor("tex")
    page = tex.press(tex.read("/tasks").form(f"/task/{id}/approve"))
    assert (page.status, "refused:" in page.words) == (422, True), page.words
    assert office.show(id)["state"] == "WAITING"


def test_a_word_in_an_address_is_none_that_can_be_said(place: Place, office: Office) -> None:
    """What a page says was done comes from a list, and never from a link."""
    tex = place.visitor("tex")
    assert "owned" not in tex.read("/tasks?said=owned").words
    assert "Approved" in tex.read("/tasks?said=approve").words


@pytest.mark.parametrize("word", ["claim", "complete", "archive", "frobnicate"])
def test_what_no_form_offers_is_no_address(word: str, place: Place, office: Office) -> None:
    """The board decides; it does not work."""
    id, tex = office.add(by="ann"), place.visitor("tex")
    proof = tex.read("/tasks").form("/logout").fields["csrf"]
    assert tex.post(f"/task/{id}/{word}", {"csrf": proof}).status == 404


def test_who_has_no_agent_is_told_how_to_get_one(place: Place, office: Office) -> None:
    """An empty page is a question; this one has the answer."""
    page = place.visitor("mira").read("/tasks")
    assert "orgpost contacts add NAME --kind agent" in page.words
    assert "waiting" not in page.words


def test_who_is_there_is_told_with_what_they_say(
    place: Place, office: Office, clock: FakeClock
) -> None:
    """Everybody who is known, those who are there first."""
    from orgpost.relay.board.desk import Present

    place.there = [Present("mira", "busy", "in a <b>review</b>", clock.now(), 2)]
    words = place.visitor("tex").read("/presence").words
    assert words.index("mira busy in a <b>review</b> since 08:31 person") < words.index("ann")
    assert "offline agent of tex tier team" in words
