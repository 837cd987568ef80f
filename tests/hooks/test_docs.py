"""docs/hooks.md says what is so."""

from __future__ import annotations

import json
import re

import pytest

from orgpost.hook import clients, dialects, digest, limit, log, session, stamps, told
from orgpost.hook.digest import Counts, compose
from orgpost.hook.entry import parse
from orgpost.hook.held import Held
from tests.hooks.world import GATE, ROOT, World, entry, payload, run

MANUAL = (ROOT / "docs/hooks.md").read_text()
FIRST = "msg-20261120-083105-7k3m9q2xwd"


def registration() -> dict[str, list[dict[str, list[dict[str, object]]]]]:
    """The JSON that one is told to put into the client's settings."""
    (block,) = re.findall(r"```json\n(.*?)```", MANUAL, re.DOTALL)
    hooks: dict[str, list[dict[str, list[dict[str, object]]]]] = json.loads(block)["hooks"]
    return hooks


@pytest.mark.slow
def test_the_registration_works_as_it_is_printed(world: World) -> None:
    """Each command, run as the client would run it, with the two words replaced."""
    world.mail(entry(FIRST))
    world.env["ORGPOST_ACTOR"] = "tex-agent"
    told_at = []
    for event, (group,) in registration().items():
        (handler,) = group["hooks"]
        assert (handler["type"], handler["command"]) == ("command", "GATE")
        assert isinstance(handler["args"], list)
        words = [str(world.space) if word == "SPACE" else word for word in handler["args"]]
        answer = run([str(GATE), *words], payload(event, session=event), world.environment)
        told_at += [event] * bool(answer.ids)
    assert told_at == ["SessionStart", "UserPromptSubmit"]


def test_every_event_that_does_something_is_registered() -> None:
    """And no other; what needs a setting is left to those who set it."""
    roles = clients.ROLES["claude"].items()
    active = {event for event, role in roles if role not in {clients.SILENT, clients.TOOL}}
    assert set(registration()) == active


def rows(columns: int) -> dict[str, list[str]]:
    """The rows of a table of clients: all that its first cell names, and the other cells."""
    found = re.findall(r"(?m)^\| (`[a-z]+`[^|]*) \|((?: [^|]+ \|)+)$", MANUAL)
    cells = ((name, rest.strip("| ").split(" | ")) for name, rest in found)
    return {
        name: rest
        for names, rest in cells
        for name in re.findall("`([a-z]+)`", names)
        if len(rest) == columns and name in clients.ROLES
    }


@pytest.mark.parametrize("client", clients.ROLES)
def test_each_client_has_the_events_that_the_manual_says(client: str) -> None:
    """Where it tells, where only settings make it tell, where it does something else."""
    tells, others, *_ = rows(4)[client]
    usual, _, at_tools = tells.partition("(")
    table = clients.ROLES[client]
    tools = [event for event, role in table.items() if role == clients.TOOL]
    telling = {clients.START, clients.PROMPT, clients.SYSTEM}
    told = [event for event, role in table.items() if role in telling]
    told += tools if client in clients.TOLD_AT_TOOLS else []
    assert re.findall(r"[A-Za-z]{4,}", usual) == told
    assert re.findall(r"[A-Za-z]+", at_tools) == [e for e in tools if e not in told]
    doing = {clients.STOP, clients.FORGET, clients.END}
    assert re.findall(r"[A-Za-z]+", others) == [e for e, role in table.items() if role in doing]


@pytest.mark.parametrize("client", clients.ROLES)
def test_each_document_is_the_one_of_the_manual(client: str) -> None:
    """Both: what tells, and what lets a turn go on."""
    told = rows(1).get(client, [""])[0].partition("; ")[0].strip("`")
    held_back = rows(4)[client][2].strip("`\N{EN DASH}")
    is_json = told.startswith("{")
    for printed, given in (
        (told, dialects.document(client, "E", "t")),
        (held_back, dialects.holding_back(client, "Stop", "t")),
    ):
        text = json.dumps("t") if is_json else "t"
        line = printed.replace("TEXT", text).replace("EVENT", json.dumps("E"))
        assert given.decode() == (f"{line}\n" if printed else "")


def test_the_example_is_what_the_digest_says() -> None:
    """Byte for byte."""
    block, _ = re.findall(r"```\n(orgpost for .*?)\n```", MANUAL, re.DOTALL)
    found = parse(
        entry(FIRST, "[#A] Server is down!", BODY_ENC="eol", EXPECTS="reply").encode(),
        b"UNREAD",
        crlf=False,
    )
    assert found is not None
    found.tier = "team"
    said = compose("tex-agent", [found], lambda _: False, Counts(7, 1, []), 1200).text
    assert said.split("\n")[1:] == block.split("\n")[1:]
    assert said.replace("1 listed, 6 more", "5 listed, 2 more") == block


def test_the_example_of_a_task_is_what_the_digest_says() -> None:
    """Byte for byte, too."""
    _, block = re.findall(r"```\n(orgpost for .*?)\n```", MANUAL, re.DOTALL)
    facts = {
        "id": "task-20261120-083200-0p4n8s6vbe",
        "until": "2026-11-20T08:47:10Z",
        "token": "1",
        "from": "crt",
        "tier": "team",
        "title": "Summarise last night's incident",
    }
    counts = Counts(1, 0, [], ["1 task is yours", "2 tasks wait"])
    said = compose("tex-agent", [], lambda _: False, counts, 1200, Held(facts).blocks()).text
    assert said.replace("1 more: orgpost inbox", "1 listed") == block


@pytest.mark.parametrize(
    "words",
    [
        f"At most {digest.USUAL_CHARS:,} bytes",
        f"{digest.LEAST_CHARS} to {digest.MOST_CHARS:,}",
        f"{digest.SUBJECT_CHARS} characters at most",
        f"`{told.FORM} CLIENT ACTOR EPOCH START`",
        f"longer than {told.LONGEST_ID} characters",
        f"`{stamps.FORM} FOLDER`",
    ],
)
def test_the_numbers_are_those_of_the_program(words: str) -> None:
    """A manual that is wrong is a bug."""
    assert words in MANUAL


def test_what_is_kept_is_kept_that_long() -> None:
    """Two weeks, a megabyte, twelve months, two seconds; and how long an event may take."""
    assert (limit.LIMIT_SECONDS, limit.CLAIM_SECONDS) == (1, 2)
    assert session.KEPT_SECONDS == 14 * 24 * 3600
    assert log.MOST_BYTES == 1 << 20
    assert log.KEPT_MONTHS == 12
    assert stamps.SETTLED_NS == 2 * 10**9
