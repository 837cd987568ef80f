"""`send-reply.py --complete TASK`: the reply is the task's one answer, whatever breaks between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from orgpost.cli.send_reply import main
from tests.cli.door import Answer

if TYPE_CHECKING:
    from orgpost.clock import FakeClock
    from tests.cli.office import Office


class Script:
    """Runs the script in this process, as the agent."""

    def __init__(self, office: Office, capsys: pytest.CaptureFixture[str]) -> None:
        self._office, self._capsys = office, capsys

    def __call__(self, *words: str, by: str = "tex-agent") -> Answer:
        """Run it with --json."""
        self._capsys.readouterr()
        status = main(["--json", "--as", by, *words])
        out, err = self._capsys.readouterr()
        return Answer(status, out, err)


@pytest.fixture
def reply(office: Office, capsys: pytest.CaptureFixture[str]) -> Script:
    """The script."""
    return Script(office, capsys)


def held(office: Office, *flags: str) -> str:
    """A task of crt that the agent works on."""
    id = office.add("Look at it", *flags, by="crt")
    office.claim()
    return id


@pytest.mark.parametrize("to", ["crt", "@crt", "TASK", "PART"])
def test_the_reply_is_the_one_answer(office: Office, reply: Script, to: str) -> None:
    """Stored, then the task is done with what it used; nothing more is sent."""
    id = held(office, "--tokens", "1000")
    name = {"TASK": id, "PART": id[5:]}.get(to, to)
    used = ["--token", "1", "--tokens", "700", "--route", "file:log.md"]
    answer = reply("--complete-task", id, *used, name, "It", "was", "the parser")
    assert answer.data["answered"] == {"id": id, "state": "DONE"}
    assert [route["ok"] for route in answer.data["routes"]] == [True]
    (mail,) = office.mail("crt")
    assert (mail["body"], mail["kind"], mail["reply_to"], mail["properties"]["STATUS"]) == (
        *("It was the parser", "result"),
        *(id, "done"),
    )
    task = office.show(id)
    assert (task["result"], task["tokens_used"]) == ("It was the parser", 700)


def test_the_words_for_people_are_those_of_old(
    office: Office, reply: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sent, then completed, each on its line."""
    id = held(office)
    assert main(["--as", "tex-agent", "--complete", id, "crt", "ok"]) == 0
    tail = id.removeprefix("task-")
    assert capsys.readouterr().out == (
        f"[messaging] Sent: msg-result-{tail}-1\n[messaging] Completed: {id}\n"
    )


def test_a_refused_completion_leaves_the_reply(
    office: Office, reply: Script, clock: FakeClock
) -> None:
    """4, and the error names it; it is no result, and no route was run."""
    id = held(office)
    clock.advance(3600)
    answer = reply("--complete", id, "--token", "1", "--route", "file:log.md", "crt", "late")
    assert (answer.status, answer.code) == (4, "lease_lost")
    (mail,) = office.mail("crt")
    assert (mail["kind"], mail["body"], mail["thread"]) == ("message", "late", id)
    error = answer.document["error"]
    assert error["details"]["reply"] == mail["id"]
    assert error["hint"].endswith(f"the reply is stored: {mail['id']}")
    assert not (office.space / "log.md").exists()


def test_who_completes_twice_is_told_and_nothing_is_doubled(office: Office, reply: Script) -> None:
    """The same words are the same reply; other words are one more message, and no answer."""
    id = held(office)
    words = ["--complete", id, "--token", "1", "crt"]
    assert reply(*words, "ok").status == 0
    again = reply(*words, "ok")
    assert (again.status, again.code) == (4, "wrong_state")
    assert again.document["error"]["details"]["by_this_token"] is True
    assert len(office.mail("crt")) == 1
    assert reply(*words, "or not").status == 4
    assert sorted(mail["kind"] for mail in office.mail("crt")) == ["message", "result"]


def test_what_a_kill_left_half_done_is_finished(office: Office, reply: Script) -> None:
    """The reply is stored and the task is not done: the same command again completes it."""
    id = held(office)
    office.data("complete", id, "--result", "ok", by="tex-agent")
    path = office.space / "org/messaging/agents/tex-agent.org"
    done = path.read_bytes()
    assert reply("--complete", id, "--token", "1", "crt", "ok").status == 4
    assert (path.read_bytes(), len(office.mail("crt"))) == (done, 1)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["mira", "hi"], 2),
        (["crt", "hi", "--result-path", "none.txt"], 3),
        (["crt", "hi", "--tokens", "-1"], 2),
        (["crt", "hi", "--route", "nowhere"], 2),
        (["crt", "hi", "--reply-to", "task-nobody"], 3),
    ],
)
def test_what_can_be_checked_is_checked_first(
    office: Office, reply: Script, words: list[str], status: int
) -> None:
    """Nothing is stored, and the task goes on."""
    id = held(office)
    before = office.cli.files()
    assert reply("--complete", id, *words).status == status
    assert office.cli.files() == before
    assert reply("--complete", id, "crt", "ok", by="mira").status == 6
    assert office.cli.files() == before


def test_a_cancelled_task_is_no_result(office: Office, reply: Script) -> None:
    """The words reach who asked, as a message; the task ends as CANCELLED."""
    id = held(office)
    office.data("cancel", id, "--reason", "never mind")
    answer = reply("--complete", id, "crt", "half of it")
    assert answer.data["answered"] == {"id": id, "state": "CANCELLED"}
    assert [mail["kind"] for mail in office.mail("crt")] == ["message"]


def test_a_task_can_be_written_about(office: Office, reply: Script) -> None:
    """Without --complete it is one message in the task's thread, from either side."""
    id = held(office)
    told: Any = reply(id, "still", "looking").data
    assert (told["to"], told["thread"], told["subject"]) == ("crt", id, "Re: Look at it")
    assert reply(id, "hurry", by="crt").data["to"] == "tex-agent"
    assert office.show(id)["state"] == "WORKING"
