"""The mail that follows a task: one answer at its end, one word when it is rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from orgpost.clock import FakeClock
    from tests.cli.office import Office


def test_who_asked_is_answered_once(office: Office) -> None:
    """From the agent, in the task's thread, as the result of that very claim."""
    id = office.add("Look at it", by="crt")
    office.claim()
    office.data("complete", id, "--result", "It was the parser.", by="tex-agent")
    (answer,) = office.mail("crt")
    assert answer["id"] == f"msg-result-{id.removeprefix('task-')}-1"
    assert (answer["from"], answer["kind"], answer["subject"]) == (
        *("tex-agent", "result"),
        "Re: Look at it",
    )
    assert (answer["thread"], answer["reply_to"]) == (id, id)
    assert (answer["body"], answer["properties"]) == ("It was the parser.", {"STATUS": "done"})
    assert office("complete", id, "--token", "1", by="tex-agent").status == 4
    assert len(office.mail("crt")) == 1


def test_a_dead_task_tells_its_last_error(office: Office) -> None:
    """And how often it was tried."""
    id = office.add(by="crt")
    office.claim()
    office.data("fail", id, "--error", "no such host", "--final", by="tex-agent")
    (answer,) = office.mail("crt")
    assert answer["properties"] == {"STATUS": "dead"}
    assert answer["body"] == "no such host\n\nGiven up after 1 of 3 attempts.\n"


def test_a_task_that_dies_of_its_leases_is_answered_too(office: Office, clock: FakeClock) -> None:
    """By whoever claims next, and finds that it has run out for the last time."""
    office.add("x", "--max-attempts", "1", by="crt")
    office.claim("--lease-seconds", "1")
    clock.advance(2)
    assert office.data("claim", by="tex-agent")["drained"] is True
    (answer,) = office.mail("crt")
    assert answer["properties"] == {"STATUS": "dead"}


@pytest.mark.slow
def test_doctor_answers_for_a_task_that_died_of_its_leases(office: Office) -> None:
    """It settles the lease once, and says so."""
    id = office.add("x", "--max-attempts", "1", by="crt")
    until = office.claim()["lease_until"]
    path = office.space / "org/messaging/agents/tex-agent.org"
    path.write_text(path.read_text().replace(f":LEASE: {until}", ":LEASE: 2020-01-01T00:00:00Z"))
    path.write_text(path.read_text().replace(until, "2020-01-01T00:00:00Z"))
    for fixed in (1, 0):
        found = office.cli.data("doctor", "--fix")
        leases = [each["fixed"] for each in found["findings"] if each["check"] == "expired-lease"]
        assert leases == [True] * fixed
    assert office.show(id)["state"] == "DEAD"
    (answer,) = office.mail("crt")
    assert answer["properties"] == {"STATUS": "dead"}


@pytest.mark.parametrize("flags", [["--expects", "none"], []])
def test_nobody_is_answered_who_does_not_want_it(office: Office, flags: list[str]) -> None:
    """`--expects none` on the task, or `--quiet` at the door."""
    id = office.add("x", *flags, by="crt")
    office.claim()
    quiet = [] if flags else ["--quiet"]
    office.data("complete", id, "--result", "done", *quiet, by="tex-agent")
    assert office.mail("crt") == []


def test_an_agent_does_not_write_to_itself(office: Office) -> None:
    """What it gave itself to do, it knows."""
    id = office.add(by="tex-agent")
    office.claim()
    office.data("complete", id, "--result", "done", by="tex-agent")
    assert office.mail("tex-agent") == []


def test_a_revised_task_is_answered_anew(office: Office) -> None:
    """Another claim, another answer."""
    id = office.add(by="crt")
    for token in ("1", "2"):
        office.claim()
        office.data("complete", id, "--token", token, "--result", f"try {token}", by="tex-agent")
        if token == "1":
            office.data("revise", id, "--feedback", "better", by="crt")
    assert sorted(each["body"] for each in office.mail("crt")) == ["try 1", "try 2"]


def test_who_is_rejected_learns_why(office: Office) -> None:
    """A refusal from the owner; with `--quiet` none, and no words."""
    ids = [office.add(title, by="mira") for title in ("a", "b")]
    office.data("reject", ids[0], "--reason", "not our business")
    (refusal,) = office.mail("mira")
    assert (refusal["kind"], refusal["from"], refusal["body"], refusal["reply_to"]) == (
        *("refusal", "tex", "not our business\n"),
        ids[0],
    )
    answer = office.cli("task", "reject", ids[1], "--reason", "no", "--quiet")
    assert (answer.status, answer.out, len(office.mail("mira"))) == (0, "", 1)


def test_a_long_result_is_cut_in_the_mail_and_whole_in_the_task(office: Office) -> None:
    """A message has a limit; the answer says where the rest is."""
    id = office.add(by="crt")
    office.claim()
    text = "0123456789abcdef\n" * 5000
    office.data("complete", id, "--result", "-", by="tex-agent", stdin=text.encode())
    (answer,) = office.mail("crt")
    assert answer["body"].endswith(f"The rest: orgpost task show {id} --full\n")
    assert office.show(id)["result"] == text


def test_an_answer_that_cannot_be_sent_does_not_undo_the_work(office: Office) -> None:
    """The task is done; the trouble is a warning."""
    id = office.add(by="crt")
    office.claim()
    inbox = office.space / "org/messaging/inbox/crt.org"
    inbox.parent.mkdir(exist_ok=True)
    inbox.mkdir()
    answer = office("complete", id, "--result", "done", by="tex-agent")
    assert (answer.status, answer.data["state"]) == (0, "DONE")
    assert f"the sender of {id} was not answered" in answer.err


def test_the_thread_of_a_task_is_its_mail(office: Office) -> None:
    """From the task's id, or from any message in it; a reply stays in it."""
    id = office.add(by="crt")
    office.claim()
    office.data("complete", id, "--result", "done", by="tex-agent")
    office.cli.data("reply", "last", "thanks", "--as", "crt")
    thread = office.cli.data("thread", id)
    assert (thread["thread"], len(thread["messages"])) == (id, 2)
    assert office.cli.data("thread", thread["messages"][1]["id"]) == thread


def test_a_message_of_which_a_task_was_made_is_traced_to_it(office: Office) -> None:
    """The task carries on its thread; when that is done, so is the message."""
    message = office.cli.id("send", "tex", "please", "--as", "crt")
    id = office.add("please", "--parent", message)
    assert office.cli.data("trace", message)["task"] == {"id": id, "state": "QUEUED"}
    assert office.show(id)["thread"] == message
    office.claim()
    office.data("complete", id, by="tex-agent")
    trace = office.cli.data("trace", message)
    assert (trace["task"], trace["reached"]) == ({"id": id, "state": "DONE"}, "done")
