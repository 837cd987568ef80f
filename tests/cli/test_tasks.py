"""Tasks through the command line's door: who may, what holds, what is refused and what is kept."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.door import command, environment

if TYPE_CHECKING:
    from orgpost.clock import FakeClock
    from tests.cli.office import Office


def start(*words: str) -> subprocess.Popen[bytes]:
    """Start a command of its own as the agent."""
    argv = command("--json", "--as", "tex-agent", "task", *words)
    return subprocess.Popen(argv, env=environment(), stdout=subprocess.PIPE, stderr=-1)


def ended(program: subprocess.Popen[bytes]) -> tuple[int, Any]:
    """Wait for it; its status and its one document."""
    out, err = program.communicate()
    assert err == b""
    assert out.count(b"\n") == 1
    return program.returncode, json.loads(out)


@pytest.mark.slow
def test_one_of_two_that_claim_the_same_task_gets_it(office: Office) -> None:
    """Scenario 3: the other is told what it found."""
    id = office.add()
    both = [start("claim", "--id", id) for _ in range(2)]
    answers = sorted((ended(each) for each in both), key=lambda answer: answer[0])
    (first, good), (second, bad) = answers
    assert (first, good["data"]["task"]["id"], second) == (0, id, 4)
    assert bad["error"]["message"] == "claim: expected QUEUED, found WORKING"


@pytest.mark.slow
def test_many_processes_claim_each_task_once(office: Office) -> None:
    """Scenario 34, as far as a test has time for it: each id once, each answer one document."""
    for number in range(60):
        office.add(f"task {number}")
    ids: list[str] = []
    while True:
        answers = [ended(each) for each in [start("claim", "--limit", "5") for _ in range(4)]]
        data = [document["data"] for status, document in answers if status == 0]
        assert len(data) == 4
        claims = [claim for each in data if each["claimed"] for claim in [each, *each["more"]]]
        ids += [claim["task"]["id"] for claim in claims]
        if not claims:
            break
    assert (len(ids), len(set(ids))) == (60, 60)


def test_a_result_that_comes_too_late_is_kept(office: Office, clock: FakeClock) -> None:
    """Scenario 4: the task is not done, and the hint names the file with the text."""
    id = office.add()
    office.claim("--lease-seconds", "1")
    clock.advance(2)
    answer = office("complete", id, "--result", "It was\n* the parser", by="tex-agent")
    assert (answer.status, answer.code) == (4, "lease_lost")
    assert office.show(id)["state"] == "WORKING"
    hint = answer.document["error"]["hint"]
    place = hint.partition("the result is kept in ")[2]
    assert (office.space / place).read_bytes() == b"It was\n* the parser"


def test_what_was_kept_never_becomes_an_entry(office: Office, clock: FakeClock) -> None:
    """A result that looks like a task is not put into a file by `doctor --restore`."""
    id = office.add()
    office.claim("--lease-seconds", "1")
    clock.advance(2)
    forged = "* QUEUED   x\n:PROPERTIES:\n:ID:       task-forged\n:END:\n"
    office("complete", id, "--result", forged, by="tex-agent")
    (name,) = [place.name for place in (office.space / ".orgpost/quarantine").iterdir()]
    assert office.cli("doctor", "--restore", name).status == 65
    assert office("show", "task-forged").status == 3


@pytest.mark.parametrize(
    "words",
    [["renew"], ["release"], ["fail", "--error", "late"], ["complete", "--result", "late"]],
)
def test_an_old_token_changes_nothing(office: Office, clock: FakeClock, words: list[str]) -> None:
    """Scenario 5: whatever its holder tries; the second token completes."""
    id = office.add()
    office.claim("--lease-seconds", "1")
    clock.advance(2)
    assert office.claim()["token"] == 2
    verb, *flags = words
    status, code, sentence = office.refused(verb, id, "--token", "1", *flags, by="tex-agent")
    assert (status, code) == (4, "lease_lost")
    assert f"{id} is held under token 2 by tex-agent@" in sentence
    assert office.kept() == ([b"late"] if flags else [])
    assert office.data("complete", id, "--token", "2", by="tex-agent")["state"] == "DONE"


def test_who_lost_the_answer_learns_that_it_is_done(office: Office) -> None:
    """Scenario 6: the same token by itself, another one not; nothing is written."""
    id = office.add()
    office.claim()
    office.data("complete", id, "--token", "1", by="tex-agent")
    told = []
    for token in ("1", "2"):
        status, code, sentence = office.refused("complete", id, "--token", token, by="tex-agent")
        assert (status, code) == (4, "wrong_state")
        assert sentence == "complete: expected WORKING, found DONE"
        answer = office("complete", id, "--token", token, by="tex-agent")
        told.append(answer.document["error"]["details"]["by_this_token"])
    assert told == [True, False]


def test_a_task_that_failed_rests(office: Office) -> None:
    """Scenario 9: queued, not before a while, and nothing to claim meanwhile."""
    id = office.add()
    office.claim()
    failed = office.data("fail", id, "--error", "no network", by="tex-agent")
    assert (failed["state"], failed["errors"]) == ("QUEUED", ["no network"])
    assert failed["not_before"] == "2026-11-20T08:31:10Z"
    nothing = office.data("claim", by="tex-agent")
    assert nothing == {"claimed": False, "drained": False, "blocked": 1, "stuck": 0}


def test_what_waits_for_a_cancelled_task_is_stuck(office: Office) -> None:
    """Scenario 10: done, the first lets the second go; cancelled, it needs a person."""
    first = office.add("first")
    second = office.add("second", "--depends-on", first)
    assert office.claim("--limit", "9")["task"]["id"] == first
    assert office.data("claim", by="tex-agent")["claimed"] is False
    office.data("complete", first, "--token", "1", by="tex-agent")
    assert office.claim()["task"]["id"] == second
    office.data("complete", second, "--token", "1", by="tex-agent")
    third = office.add("third")
    office.add("fourth", "--depends-on", third)
    office.data("cancel", third)
    nothing = {"claimed": False, "drained": True, "blocked": 1, "stuck": 1}
    assert office.data("claim", by="tex-agent") == nothing


def test_a_task_that_has_had_its_time_is_not_renewed(office: Office, clock: FakeClock) -> None:
    """Scenario 30: a holder that renews all the time is told so; then the task expires."""
    office.cli.data("config", "set", "messaging.compute.per_task_timeout_minutes", "1")
    id = office.add()
    assert office.claim("--lease-seconds", "600")["lease_until"] == "2026-11-20T08:32:05Z"
    for _ in range(5):
        clock.advance(10)
        data = office.data("renew", id, "--lease-seconds", "600", by="tex-agent")
        assert data["lease_until"] == "2026-11-20T08:32:05Z"
    clock.advance(10)
    said = (5, "timeout", "renew: Timeout: 1/1 minutes")
    assert office.refused("renew", id, by="tex-agent") == said
    assert office.show(id)["expired"] is True
    assert office.claim()["token"] == 2


@pytest.mark.slow
def test_a_bad_row_of_the_ledger_lets_nothing_in_and_work_be_finished(office: Office) -> None:
    """Scenario 22: for every sender, with file and line; `doctor --fix` keeps its text."""
    id = office.add(by="crt")
    office.claim()
    (ledger,) = (office.space / "org/messaging/ledger").glob("*.org")
    ledger.write_text(ledger.read_text() + "| 2026-11-20T08:31:05Z | reserve | crt |\n")
    before = office.cli.files()
    for sender in ("crt", "mira", "tex"):
        answer = office("add", "tex-agent", "more", "--tokens", "1", by=sender)
        assert (answer.status, answer.code) == (65, "ledger_corrupt")
        details = answer.document["error"]["details"]
        assert (details["file"], details["line"]) == ("ledger/2026-11-20.org", 8)
    assert office.cli.files() == before
    assert office.data("complete", id, "--token", "1", by="tex-agent")["state"] == "DONE"
    office.cli("doctor", "--fix")
    assert "# | 2026-11-20T08:31:05Z | reserve | crt |\n" in ledger.read_text()
    assert office.add(by="crt")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("flags", "fit", "sentence"),
    [
        (["--tokens", "30000"], 3, "Budget exceeded: 90000/100000 tokens today"),
        ([], 5, "Rate limit: 5/5 tasks this hour"),
    ],
    ids=["tokens of a day", "tasks of an hour"],
)
def test_of_twenty_commands_at_once_as_many_are_let_in_as_fit(
    flags: list[str], fit: int, sentence: str, office: Office
) -> None:
    """Scenarios 17 and 18, with the default settings and a sender of tier team."""
    argv = command("--json", "--as", "crt", "task", "add", "tex-agent", "Look", *flags)
    programs = [
        subprocess.Popen(argv, env=environment(), stdout=subprocess.PIPE, stderr=-1)
        for _ in range(20)
    ]
    answers = [ended(each) for each in programs]
    refused = [document["error"] for status, document in answers if status == 5]
    assert [status for status, _ in answers].count(0) == fit == 20 - len(refused)
    assert {error["message"] for error in refused} == {sentence}
    waits = [error["details"]["retry_after_seconds"] for error in refused]
    assert all(1 <= wait <= (86_400 if flags else 3600) for wait in waits)
    assert office.ledger().count("reserve") == fit


def test_a_circle_is_refused(office: Office) -> None:
    """Scenario 11: what is not there yet may be waited for, but not in a circle."""
    x = office.data("add", "tex-agent", "x", "--id", "task-xx", "--depends-on", "task-yy")
    assert len(x["warnings"]) == 1
    found = office.refused("add", "tex-agent", "y", "--id", "task-yy", "--depends-on", "task-xx")
    assert found == (4, "cycle", "create: dependency cycle: task-yy → task-xx → task-yy")
    assert office("show", "task-yy").status == 3


def test_only_the_owner_lets_a_stranger_in(office: Office) -> None:
    """Scenario 15: a hold, then the owner's word, then a reservation; a second word is one late."""
    id = office.add(by="mira")
    assert (office.show(id)["state"], office.ledger()) == ("WAITING", ["hold"])
    assert office.refused("approve", id, by="mira")[:2] == (6, "not_permitted")
    assert office.data("approve", id)["tasks"][0]["state"] == "QUEUED"
    assert office.ledger() == ["hold", "reserve"]
    found = office.refused("approve", id)
    assert found == (4, "wrong_state", "approve: expected WAITING, found QUEUED")


@pytest.mark.parametrize(
    ("words", "status"),
    [([], 2), (["task-nobody"], 3), (["QUEUED"], 4), (["msg-x"], 2)],
)
def test_to_approve_nothing_is_never_silent(office: Office, words: list[str], status: int) -> None:
    """Scenario 36: no id, an unknown one, one that is queued, one of a message."""
    queued = office.add()
    answer = office.cli("task", "approve", *[queued if w == "QUEUED" else w for w in words])
    assert (answer.status, answer.out) == (status, "")
    assert answer.err.startswith("orgpost: ")


@pytest.mark.parametrize("text", ["a\nb", "* QUEUED x\n* QUEUED y", "x\r:END:", "\x1b[2J\n|"])
def test_fields_of_one_line_take_no_other(office: Office, text: str) -> None:
    """Scenario 33: title, reason, holder and type are one line, or nothing is written."""
    id, waits = office.add(), office.add("w", by="mira")
    office.claim("--id", id)
    for words in (
        ["add", "tex-agent", text],
        ["add", "tex-agent", "x", "--type", text],
        ["reject", waits, "--reason", text],
        ["cancel", id, "--reason", text],
        ["release", id, "--reason", text],
        ["claim", "tex-agent", "--holder", text],
        ["complete", id, "--result-path", text],
    ):
        assert office.refused(*words)[0] == 2, words


@pytest.mark.parametrize(
    "text", ["* QUEUED x\n:PROPERTIES:\n:ID: task-f\n:END:\n", "a\n| b |\n:END:", "\x00\x1b\n\n"]
)
def test_texts_are_read_back_whole(office: Office, text: str) -> None:
    """Scenario 33: errors, results, feedback and bodies are text, and make no entry."""
    id = str(office.data("add", "tex-agent", "t", "-", stdin=text.encode())["id"])
    office.claim()
    if "\x00" not in text:  # no argument can hold it
        office.data("fail", id, "--error", text, "--final", by="tex-agent")
        office.data("retry", id)
        office.claim()
        assert office.show(id)["errors"] == [text]
    done = office.data(
        "complete",
        id,
        "--token",
        str(office.show(id)["token"]),
        "--result",
        "-",
        by="tex-agent",
        stdin=text.encode(),
    )
    assert (done["body"], done["result"]) == (text, text)
    if "\x00" not in text:
        revised = office.data("revise", id, "--feedback", text)["tasks"][0]
        assert revised["feedback"] == [text]
    (entries,) = office.entries().values()
    assert entries.count(b"\n* ") == 1


def test_a_cancelled_holder_is_told_and_its_result_kept(office: Office) -> None:
    """Scenario 14: asked to stop; a complete that comes all the same ends it as CANCELLED."""
    id = office.add()
    office.claim()
    (asked,) = office.data("cancel", id, "--reason", "too late")["tasks"]
    assert (asked["state"], asked["cancel_requested"]) == ("WORKING", "2026-11-20T08:31:05Z tex")
    done = office.data("complete", id, "--result", "half", by="tex-agent")
    assert (done["state"], done["result"]) == ("CANCELLED", "half")
    other = office.add()
    office.claim()
    office.data("cancel", other, "--reason", "stop")
    answer = office("renew", other, by="tex-agent")
    assert (answer.status, answer.code) == (4, "cancel_requested")
    assert answer.document["error"]["message"] == f"renew: {other} was cancelled by tex: stop"


def test_of_many_ids_one_bad_one_stops_all(office: Office) -> None:
    """All are found and checked before the first is written."""
    first, second = office.add("a", by="mira"), office.add("b", by="mira")
    assert office.refused("approve", first, second, "task-nobody")[0] == 3
    assert office.refused("approve", first, second, office.add())[0] == 4
    assert len(office.data("approve", first, second, first)["tasks"]) == 2


def test_a_part_of_an_id_is_enough_and_two_are_too_many(office: Office) -> None:
    """As for messages."""
    for name in ("task-first-one", "task-first-two"):
        office.data("add", "tex-agent", "x", "--id", name)
    assert office.show("first-o")["id"] == "task-first-one"
    answer = office("show", "first")
    assert (answer.status, answer.code) == (2, "ambiguous_id")


def test_an_agent_left_out_is_the_only_one(office: Office) -> None:
    """Who acts, or its one agent; a person with none and one with two are told so."""
    assert office.data("list", by="tex-agent")["agent"] == "tex-agent"
    assert office.data("list")["agent"] == "tex-agent"
    assert office("list", by="mira").status == 2
    office.cli.data("contacts", "add", "two", "--kind", "agent", "--owner", "tex")
    answer = office("counts")
    assert (answer.status, answer.code) == (2, "ambiguous_actor")
    assert answer.document["error"]["details"]["matches"] == ["tex-agent", "two"]
    assert office.refused("list", "crt")[:2] == (2, "not_an_agent")


def test_the_token_of_the_environment_is_for_its_own_task(
    office: Office, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`$ORGPOST_TASK_TOKEN` counts where `$ORGPOST_TASK_ID` names the task; else a word says so."""
    id = office.add()
    office.claim("--lease-seconds", "1")
    clock.advance(2)
    office.claim()
    needs = office.refused("complete", id, by="tex-agent")
    assert needs == (
        4,
        "lease_lost",
        f"complete: {id} was claimed 2 times; say which claim with --token",
    )
    monkeypatch.setenv("ORGPOST_TASK_TOKEN", "2")
    monkeypatch.setenv("ORGPOST_TASK_ID", "task-other")
    assert office.refused("complete", id, by="tex-agent")[0] == 4
    monkeypatch.setenv("ORGPOST_TASK_ID", id)
    monkeypatch.setenv("ORGPOST_TASK_TOKEN", "two")
    assert office.refused("complete", id, by="tex-agent")[0] == 2
    monkeypatch.setenv("ORGPOST_TASK_TOKEN", "2")
    assert office.data("complete", id, by="tex-agent")["state"] == "DONE"


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        (["add", "tex-agent", "x", "--effort", "0"], "--effort"),
        (["add", "tex-agent", "x", "--effort", "101"], "--effort"),
        (["add", "tex-agent", "x", "--effort", "much"], "--effort"),
        (["add", "tex-agent", "x", "--tokens", "-1"], "--tokens"),
        (["add", "tex-agent", "x", "--tokens", "1.5"], "--tokens"),
        (["add", "tex-agent", "x", "--max-attempts", "0"], "--max-attempts"),
        (["add", "tex-agent", "x", "--timeout", "0"], "--timeout"),
        (["add", "tex-agent", "x", "--timeout", "soon"], "--timeout"),
        (["add", "tex-agent", "x", "--payload", "{no"], "--payload"),
        (["add", "tex-agent", "x", "--payload", "NaN"], "--payload"),
        (["add", "tex-agent", "x", "--deadline", "soon"], "--deadline"),
        (["add", "tex-agent", "x", "--scheduled", "2026-02-30"], "--scheduled"),
        (["add", "tex-agent", "x", "--scheduled", "+1y"], "--scheduled"),
        (["add", "tex-agent", "x", "--priority", "urgent"], "--priority"),
        (["add", "tex-agent", "x", "--expects", "money"], "--expects"),
        (["add", "tex-agent", "x", "--tag", "a-b"], "--tag"),
        (["add", "tex-agent", " "], "title"),
        (["claim", "tex-agent", "--lease-seconds", "0"], "--lease-seconds"),
        (["claim", "tex-agent", "--lease-seconds", "86401"], "--lease-seconds"),
        (["claim", "tex-agent", "--limit", "101"], "--limit"),
        (["claim", "tex-agent", "--holder", "a b"], "--holder"),
        (["complete", "ID", "--token", "0"], "--token"),
        (["complete", "ID", "--token", "x"], "--token"),
        (["complete", "ID", "--quality", "1.1"], "--quality"),
        (["complete", "ID", "--quality", "good"], "--quality"),
        (["complete", "ID", "--tokens", "-5"], "--tokens"),
        (["fail", "ID", "--error", " "], "--error"),
        (["reject", "ID", "--reason", " "], "--reason"),
        (["reject", "ID"], "--reason"),
        (["revise", "ID", "--feedback", ""], "--feedback"),
        (["list", "--state", "NOSUCH"], "--state"),
        (["archive"], "--auto"),
        (["show", "ID", "--raw"], "--raw"),
        (["graph", "--dot"], "--dot"),
    ],
)
def test_bad_input_names_its_flag_and_writes_nothing(
    office: Office, words: list[str], flag: str
) -> None:
    """Exit 2, one document, and every file as it was."""
    id = office.add()
    office.claim()
    before = office.cli.files()
    answer = office(*[id if word == "ID" else word for word in words])
    assert answer.status == 2, answer
    error = answer.document["error"]
    assert flag in f"{error['message']} {error['hint']}"
    assert office.cli.files() == before


def test_a_refusal_says_when_to_come_back(office: Office) -> None:
    """In one line for people, with the whole verdict for programs."""
    for number in range(2):
        office.add(f"task {number}", "--tokens", "45000", by="crt")
    words = ["task", "add", "tex-agent", "more", "--tokens", "20000", "--as", "crt"]
    answer = office.cli(*words)
    reason = "Budget exceeded: 90000/100000 tokens today"
    assert (answer.status, answer.out) == (5, "")
    assert answer.err == f"orgpost: refused: {reason}; try again in 15 h 29 min\n"
    error = office.cli(*words, "--json").document["error"]
    assert (error["code"], error["message"]) == ("budget_exceeded", reason)
    verdict = error["details"]["verdict"]
    assert (verdict["allowed"], verdict["retry_after_seconds"]) == (False, 55735)


def test_people_are_told_what_became_of_it(office: Office) -> None:
    """Queued with its reservation, waiting for whom, there already."""
    words = ["task", "add", "tex-agent", "x", "--id", "task-told", "--tokens", "12000"]
    queued = office.cli(*words, "--as", "crt").out
    assert queued == "queued task-told for tex-agent (team, 12000 tokens reserved)\n"
    assert office.cli(*words, "--as", "crt").out == "is there already: task-told, QUEUED\n"
    waits = office.cli("task", "add", "tex-agent", "y", "--id", "task-wait", "--as", "mira").out
    assert waits == "waiting for approval by tex: task-wait\n"
    plain = office.cli("task", "add", "tex-agent", "z", "--id", "task-plain").out
    assert plain == "queued task-plain for tex-agent (owner)\n"
