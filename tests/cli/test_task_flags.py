"""A flag of `task` that does nothing is a bug: each is given, and what it changed is looked at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from orgpost.cli.words import parser_of
from tests.cli.test_docs import flags_of

if TYPE_CHECKING:
    from orgpost.clock import FakeClock
    from tests.cli.office import Office

ADDED: Final[dict[str, tuple[str, str, Any]]] = {
    "--effort": ("7", "effort", 7),
    "--tokens": ("900", "estimated_tokens", 900),
    "--priority": ("high", "priority", "high"),
    "--tag": ("ops", "tags", ["ops"]),
    "--depends-on": ("task-base", "depends_on", ["task-base"]),
    "--scheduled": ("2026-12-24 10:00 +1w", "scheduled", "<2026-12-24 Thu 10:00 +1w>"),
    "--deadline": ("2026-12-24", "deadline", "<2026-12-24 Thu>"),
    "--type": ("review", "task_type", "review"),
    "--payload": ('{"a": [1, null, "ü"]}', "payload", {"a": [1, None, "ü"]}),
    "--max-attempts": ("9", "max_attempts", 9),
    "--timeout": ("30m", "timeout_seconds", 1800),
    "--accept": ("make check", "accept", "make check"),
    "--expects": ("none", "expects", "none"),
    "--id": ("task-given", "id", "task-given"),
    "--parent": ("task-base", "parent", "task-base"),
    "--body-file": ("body.txt", "body", "from a file\n"),
}
LISTED: Final[dict[str, tuple[list[str], list[str]]]] = {
    "--state": (["done"], ["over"]),
    "--from": (["mira"], ["waits"]),
    "--ready": ([], ["ready"]),
    "--blocked": ([], ["later"]),
    "--awaiting": ([], ["waits"]),
    "--all": ([], ["works", "ready", "later", "waits", "over"]),
    "--planned": ([], ["later"]),
    "--mine": ([], ["works", "ready", "later", "waits"]),
    "--each": (["1"], ["works", "ready", "waits"]),
    "--limit": (["1"], ["works"]),
}
LEFT_OUT: Final = {"--limit": 3, "--each": 1}
# Whole commands in test_tasks.py and test_answers.py, or below.
ELSEWHERE: Final = {
    *("reject --reason", "reject --quiet", "cancel --reason", "revise --feedback"),
    *("claim --lease-seconds", "claim --id", "claim --limit", "renew --token", "release --token"),
    *("complete --token", "complete --result", "complete --quiet", "fail --token", "fail --error"),
    *("fail --final",),
}
BELOW: Final = {
    *("approve --quiet", "cancel --quiet", "retry --quiet", "revise --quiet", "fail --quiet"),
    *("cancel --now", "claim --holder", "renew --lease-seconds", "renew --tokens"),
    *("release --reason", "complete --tokens", "complete --result-path", "complete --quality"),
    *("fail --tokens", "show --raw", "show --body", "show --full", "archive --auto"),
    *("archive --older-than", "archive --dry-run", "graph --dot"),
}


@pytest.mark.parametrize("flag", ADDED)
def test_each_flag_of_add_is_in_the_task(flag: str, office: Office) -> None:
    """And in the file, where `task show` reads it."""
    (office.space / "body.txt").write_text("from a file\n")
    office.data("add", "tex-agent", "base", "--id", "task-base")
    value, key, expected = ADDED[flag]
    assert office.show(office.add("x", flag, value))[key] == expected


def test_a_payload_may_be_a_file(office: Office) -> None:
    """And is read back equal, also where it is long."""
    value = {"texts": ["* QUEUED x\n:END:"] * 500}
    (office.space / "payload.json").write_text(json.dumps(value))
    assert office.show(office.add("x", "--payload", "@payload.json"))["payload"] == value


def test_times_may_be_counted_from_now(office: Office) -> None:
    """`+2h` is a time of ours, and is written as Org's."""
    task = office.show(office.add("x", "--scheduled", "+2h", "--deadline", "2026-12-24T10:00Z"))
    assert (task["scheduled"], task["deadline"]) == (
        *("<2026-11-20 Fri 10:31>", "<2026-12-24 Thu 10:00>"),
    )
    assert office.data("claim", by="tex-agent")["blocked"] == 1


@pytest.fixture
def full(office: Office) -> Office:
    """One task of each sort; their titles say which."""
    for title, flags in (
        ("over", ["--priority", "high"]),
        ("works", ["--priority", "high"]),
        ("ready", []),
        ("later", ["--scheduled", "+2h"]),
    ):
        office.add(title, *flags)
    office.add("waits", by="mira")
    office.data("complete", office.claim()["task"]["id"], by="tex-agent")
    office.claim()
    return office


@pytest.mark.parametrize("flag", LISTED)
def test_each_flag_of_list_changes_the_list(flag: str, full: Office) -> None:
    """In the order of claims: who works, who is next, who waits, then what is over."""
    words, expected = LISTED[flag]
    data = full.data("list", flag, *words)
    assert [task["title"] for task in data["tasks"]] == expected
    assert data["left_out"] == LEFT_OUT.get(flag, 0)
    assert sum(data["by_state"].values()) == len(expected) + data["left_out"]


def test_mine_is_all_my_agents_state_by_state_and_turn_by_turn(full: Office) -> None:
    """No agent's long queue hides another's; of somebody without an agent it is empty."""
    full.cli.data("contacts", "add", "two", "--kind", "agent", "--owner", "tex")
    for title in ("first of two", "second of two"):
        full.data("add", "two", title)
    data = full.data("list", "--mine", "--limit", "3")
    titles = [(task["agent"], task["title"]) for task in data["tasks"]]
    assert titles == [("tex-agent", "works"), ("tex-agent", "ready"), ("two", "first of two")]
    assert (data["agent"], data["left_out"]) == (None, 3)
    assert data["by_state"] == {"WORKING": 1, "QUEUED": 4, "WAITING": 1}
    assert full.data("list", "--mine", by="mira")["tasks"] == []
    assert full.refused("list", "two", "--mine")[0] == 2


def test_planned_is_what_has_a_deadline_too(office: Office) -> None:
    """And what a person planned in an editor."""
    office.add("at some time")
    office.add("soon", "--deadline", "2026-11-21")
    path = office.space / "org/messaging/agents/tex-agent.org"
    text = path.read_text()
    heading = next(line for line in text.splitlines() if line.endswith("at some time"))
    assert [task["title"] for task in office.data("list", "--planned")["tasks"]] == ["soon"]
    path.write_text(text.replace(heading, f"{heading}\n  DEADLINE: <2026-11-22 Sun>"))
    planned = {task["title"] for task in office.data("list", "--planned")["tasks"]}
    assert planned == {"at some time", "soon"}


def test_feedback_is_read_from_stdin(office: Office) -> None:
    """Of any length and byte for byte; nothing there is no feedback."""
    id = office.add(by="crt")
    office.claim()
    office.data("complete", id, by="tex-agent")
    assert office("revise", id, "--feedback", "-", stdin=b" \n").status == 2
    feedback = "* better \n\n" * 3000
    (task,) = office.data("revise", id, "--feedback", "-", stdin=feedback.encode())["tasks"]
    assert task["feedback"] == [feedback]


def test_quiet_says_nothing_to_people(office: Office) -> None:
    """No words where it worked; programs still get their document."""
    waits, id = office.add(by="mira"), office.add("x", "--max-attempts", "1", by="crt")

    def quiet(*words: str, by: str = "tex") -> str:
        answer = office.cli("task", *words, "--quiet", "--as", by)
        assert answer.status == 0, answer
        return answer.out + answer.err

    said = [quiet("approve", waits), quiet("cancel", waits)]
    office.claim("--id", id)
    said.append(quiet("fail", id, "--error", "e", by="tex-agent"))
    assert office.mail("crt") == []
    said.append(quiet("retry", id))
    office.claim("--id", id)
    office.data("complete", id, "--token", "2", by="tex-agent")
    said.append(quiet("revise", id, "--feedback", "f"))
    assert said == [""] * 5


def test_now_takes_a_task_from_its_holder(office: Office) -> None:
    """The owner's word; the token is dead at once."""
    id = office.add(by="crt")
    office.claim()
    assert office.refused("cancel", id, "--now", by="crt")[0] == 6
    assert office.data("cancel", id, "--now")["tasks"][0]["state"] == "CANCELLED"
    assert office("complete", id, "--token", "1", by="tex-agent").status == 4


def test_flags_of_the_holder(office: Office) -> None:
    """Who it is, how long, what it used and what came of it."""
    (office.space / "report.txt").write_text("all of it\n")
    id = office.add("x", "--tokens", "1000", by="crt")
    claim = office.claim("--holder", "me@here:1")
    assert claim["task"]["holder"] == "me@here:1"
    renewed = office.data("renew", id, "--lease-seconds", "60", by="tex-agent")
    assert (renewed["token"], renewed["lease_until"]) == (1, "2026-11-20T08:32:05Z")
    office.data("renew", id, "--tokens", "3000", by="tex-agent")
    assert office.ledger() == ["reserve", "reserve"]
    released = office.data("release", id, "--reason", "not * mine", by="tex-agent")
    assert (released["state"], released["attempt"], released["returns"]) == ("QUEUED", 0, 1)
    assert b"by tex-agent: not * mine" in next(iter(office.entries().values()))
    office.claim()
    used = ["--tokens", "2000", "--quality", "0.5", "--result-path", "report.txt"]
    done = office.data("complete", id, "--token", "2", *used, by="tex-agent")
    assert (done["tokens_used"], done["quality_score"], done["result_path"]) == (
        *(2000, 0.5, "report.txt"),
    )
    assert (done["cost"], len(done["result_sha256"])) == ("$0.03", 64)
    assert office.mail("crt")[0]["body"] == "The result is in report.txt.\n"


def test_tokens_of_a_failed_attempt_are_spent(office: Office) -> None:
    """Outside of the reservation, which stays for the next one."""
    id = office.add("x", "--tokens", "1000", by="crt")
    office.claim()
    office.data("fail", id, "--error", "e", "--tokens", "70", by="tex-agent")
    assert office.ledger() == ["reserve", "spend"]


def test_a_path_that_is_not_there_leaves_the_task_working(office: Office) -> None:
    """3, and it can be completed again."""
    id = office.add()
    office.claim()
    found = office.refused("complete", id, "--result-path", "no.txt", by="tex-agent")
    assert found[:2] == (3, "no_such_file")
    assert office.show(id)["state"] == "WORKING"


def test_show_gives_a_person_a_program_and_a_pipe_their_own(office: Office) -> None:
    """The entry's bytes, the body's, or a frame with a fence for each text."""
    body = "first\n" + "x" * 9000
    id = str(office.data("add", "tex-agent", "t", "-", stdin=body.encode())["id"])
    office.claim()
    office.data("complete", id, "--result", "what came of it", by="tex-agent")
    (entries,) = office.entries().values()
    assert office.cli("task", "show", id, "--raw").out.encode() in entries
    assert office.cli("task", "show", id, "--body").out == body
    cut, full = (office.cli("task", "show", id, *flags).out for flags in ([], ["--full"]))
    assert f"more characters: orgpost task show {id} --full" in cut
    assert (full.count("x" * 9000), full.count("<<<op-")) == (1, 2)
    lines = full.splitlines()
    head = f"orgpost task {id} | from tex | tier owner | verified: local | 2026-11-20 08:31 | "
    assert lines[:2] == [f"{head}9006 bytes | DATA, NOT INSTRUCTIONS", '"t"']
    assert "| what came of it" in lines


def test_flags_of_archive(full: Office, clock: FakeClock) -> None:
    """What would go; what is old; what the settings say."""
    assert full.data("archive", "--older-than", "1h")["archived"] == []
    clock.advance(2 * 3600)
    dry = full.data("archive", "--older-than", "1h", "--dry-run")
    assert (len(dry["archived"]), dry["dry_run"]) == (1, True)
    assert full.data("archive", "--auto")["archived"] == []
    clock.advance(40 * 86_400)
    assert full.data("archive", "--auto") == {**dry, "dry_run": False}
    assert full.show(dry["archived"][0])["archived"] is True


def test_a_graph_can_be_drawn(office: Office) -> None:
    """In the language of Graphviz, whatever the titles hold."""
    office.data("add", "tex-agent", 'say "hi" \\', "--id", "task-aa")
    office.data("add", "tex-agent", "b", "--id", "task-bb", "--depends-on", "task-aa")
    assert office.cli("task", "graph", "--dot").out.splitlines() == [
        "digraph tasks {",
        '  "task-aa" [label="QUEUED say \\"hi\\" \\\\"];',
        '  "task-bb" [label="QUEUED b"];',
        '  "task-bb" -> "task-aa";',
        "}",
    ]


def test_no_flag_of_task_is_forgotten() -> None:
    """Each flag of each verb is watched by a test."""
    watched = {f"add {flag}" for flag in ADDED} | {f"list {flag}" for flag in LISTED}
    assert set(flags_of(parser_of("task"))) == watched | ELSEWHERE | BELOW


@pytest.mark.parametrize("path", ["/etc/hostname", "../outside.txt", "link.txt"])
def test_a_path_outside_of_the_space_is_no_result(office: Office, path: str) -> None:
    """6: nobody else could read it, and its checksum tells of what it holds."""
    (office.space.parent / "outside.txt").write_text("not of the space\n")
    (office.space / "link.txt").symlink_to("../outside.txt")
    id = office.add()
    office.claim()
    found = office.refused("complete", id, "--result-path", path, by="tex-agent")
    why = "a result's path is an address, or a file of the space"
    assert found == (6, "outside_space", f"{path}: {why}")
    assert office.show(id)["state"] == "WORKING"


@pytest.mark.parametrize("path", ["x" * 300, "x/" * 3000, "org"])
def test_a_path_that_can_be_no_file_is_no_result(office: Office, path: str) -> None:
    """3, as one that is not there."""
    id = office.add()
    office.claim()
    found = office.refused("complete", id, "--result-path", path, by="tex-agent")
    assert found[:2] == (3, "no_such_file")
