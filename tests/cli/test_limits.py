"""Limits at the command line: status, code and words, and nothing stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from orgpost.cli import send_reply
from tests.cli.conftest import CONTACTS

if TYPE_CHECKING:
    from pathlib import Path

    from orgpost.clock import FakeClock
    from tests.cli.door import Cli

AGENTS = b"""\
  - {id: tex-agent, kind: agent, owner: tex}
  - {id: lab-agent, kind: agent, owner: tex, trust_tier: team}
"""
LARGEST = 65_536


@pytest.fixture
def agents(cli: Cli, clock: FakeClock) -> Cli:
    """A space with two agents."""
    (cli.space / "org/messaging/contacts.yaml").write_bytes(CONTACTS + AGENTS)
    return cli


def refusal(cli: Cli, *words: str, stdin: bytes | None = None) -> tuple[int, Any]:
    """Run a command that is refused; its status and its error. Nothing changes."""
    before = cli.files()
    answer = cli("--json", *words, stdin=stdin)
    assert cli.files() == before
    return answer.status, answer.document["error"]


@pytest.mark.parametrize("size", [LARGEST + 1, 1_048_577])
def test_a_body_that_is_too_large_is_told_the_limit_that_holds(
    cli: Cli, tmp_path: Path, size: int
) -> None:
    """However large it is: who cuts it down to another limit would be refused again."""
    (tmp_path / "body").write_bytes(b"x" * size)
    for words, stdin in ((["-"], b"x" * size), (["--body-file", str(tmp_path / "body")], None)):
        status, error = refusal(cli, "send", "crt", *words, stdin=stdin)
        assert (status, error["details"]["limit"]) == (5, LARGEST)


def test_a_folder_is_no_file_with_a_body(cli: Cli, tmp_path: Path) -> None:
    """It is said what it is, and nobody is asked for a permission."""
    status, error = refusal(cli, "send", "crt", "--body-file", str(tmp_path))
    assert (status, error["code"]) == (3, "no_such_file")
    assert error["hint"] == "it is a folder: name a file in it"


def test_the_eleventh_message_of_a_minute_exits_5(agents: Cli) -> None:
    """Scenario 31: with code, words and how long to wait."""
    for number in range(10):
        agents.id("send", "tex", str(number), "--as", "tex-agent")
    status, error = refusal(agents, "send", "crt", "one more", "--as", "tex-agent")
    assert (status, error["code"], error["message"], error["hint"]) == (
        5,
        "rate_limited",
        "Rate limit: 10/10 messages this minute",
        "try again in 1 min",
    )
    assert error["details"]["retry_after_seconds"] == 60
    assert agents("send", "crt", "a person may", "--as", "tex").status == 0


def test_via_is_the_chain_of_what_an_agent_writes(agents: Cli) -> None:
    """From the message that it names, in send and reply; a person has none."""
    order = agents.id("send", "tex-agent", "order", "--as", "mira")
    for words in (["send", "tex", "x"], ["reply", order, "x"]):
        assert agents.data(*words, "--via", order, "--as", "tex-agent")["via"] == ["mira"]
    assert agents.data("send", "tex", "x", "--via", order, "--as", "crt")["via"] == []
    status, error = refusal(agents, "send", "tex", "x", "--via", "task-1", "--as", "tex-agent")
    assert (status, error["code"], error["message"]) == (3, "unknown_id", "send: no task task-1")
    status, error = refusal(agents, "send", "tex", "x", "--via", "msg-none", "--as", "tex-agent")
    assert (status, error["code"]) == (3, "unknown_id")


def test_agents_that_answer_each_other_are_stopped_at_the_door(
    agents: Cli, clock: FakeClock
) -> None:
    """Scenario 32: the 21st reply exits 5; after a word of the owner the thread goes on."""
    last, sides = agents.id("send", "tex-agent", "hi", "--as", "lab-agent"), ["tex-agent"]
    for _ in range(20):
        last = agents.id("reply", last, "and you?", "--as", sides[-1])
        sides.append({"tex-agent": "lab-agent", "lab-agent": "tex-agent"}[sides[-1]])
        clock.advance(10)
    status, error = refusal(agents, "reply", last, "and you?", "--as", sides[-1])
    assert (status, error["code"]) == (5, "loop")
    assert error["message"] == "Loop: 20/20 replies in this thread in 10 minutes"
    agents.id("reply", last, "enough?", "--to", "lab-agent", "--as", "tex")
    assert agents.id("reply", last, "yes", "--as", sides[-1])


def test_the_largest_body_passes_each_door_and_one_byte_more_none(
    agents: Cli, capsys: pytest.CaptureFixture[str]
) -> None:
    """As an argument, from stdin, from a file; send, reply, broadcast and the hook's script."""
    question = agents.id("send", "tex", "?", "--as", "crt")
    fits = "\u20ac" * (LARGEST // 3) + "x" * (LARGEST % 3)
    doors = (["send", "crt"], ["reply", question], ["broadcast"])
    for body, ok in ((fits, True), (fits + "x", False)):
        (agents.space / "body").write_text(body)
        for words in doors:
            for text, stdin in (([body], None), (["-"], body.encode())):
                answer = agents("--json", *words, *text, stdin=stdin)
                assert (answer.status, answer.document["ok"]) == (0 if ok else 5, ok)
            assert agents("--json", *words, "--body-file", "body").status == (0 if ok else 5)
        status = send_reply.main(["--json", "crt", body])
        assert status == (0 if ok else 5)
