"""`budget show` and `budget check`: what was spent, and what would be let in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orgpost.budget import Ask
from orgpost.post import Post

if TYPE_CHECKING:
    from pathlib import Path

    from orgpost.clock import FakeClock
    from tests.cli.door import Cli

LEDGER = "org/messaging/ledger/2026-11-20.org"


def spend(space: Path) -> None:
    """Let crt have one task reserved and mira one that waits."""
    with Post.open(space) as post:
        for sender, task, tokens in (("crt", "task-1", 30_000), ("mira", "task-2", 900)):
            post.governor.admit(Ask("create", sender, "bot", task, tokens=tokens), str)
        post.governor.record_usage("crt", 500)


def test_what_is_shown_is_what_the_ledger_adds_up_to(cli: Cli, clock: FakeClock) -> None:
    """Of all, of each sender, and of each task that is open."""
    spend(cli.space)
    assert cli.data("budget", "show") == {
        "day": "2026-11-20",
        "resets_at": "2026-11-21T00:00:00Z",
        "global": {"spent": 500, "reserved": 30_000, "limit": 500_000},
        "senders": [
            {
                "actor": "crt",
                "tier": "team",
                "spent": 500,
                "reserved": 30_000,
                "limit": 100_000,
                "tasks_today": 1,
                "tasks_this_hour": 1,
                "remaining": 69_500,
            },
            {
                "actor": "mira",
                "tier": "unknown",
                "spent": 0,
                "reserved": 900,
                "limit": 10_000,
                "tasks_today": 1,
                "tasks_this_hour": 1,
                "remaining": 9100,
            },
        ],
        "open": [
            {"task": "task-1", "sender": "crt", "tokens": 30_000, "kind": "reserve"},
            {"task": "task-2", "sender": "mira", "tokens": 900, "kind": "hold"},
        ],
    }
    assert cli("budget", "show").out == (
        "2026-11-20: 500 spent, 30000 promised of 500000 tokens\n"
        "crt  team  500 spent, 30000 open, 69500 left of 100000; 1 task today, 1 this hour\n"
        "mira  unknown  0 spent, 900 open, 9100 left of 10000; 1 task today, 1 this hour\n"
        "reserve  30000  crt  task-1\n"
        "hold  900  mira  task-2\n"
        "budgets begin anew at 2026-11-21 00:00\n"
    )


def test_one_actor_is_shown_alone_also_where_nothing_is_told_of_it(
    cli: Cli, clock: FakeClock
) -> None:
    """By a handle too; an owner has no limit."""
    spend(cli.space)
    only = cli.data("budget", "show", "mira")
    assert [each["actor"] for each in only["senders"]] == ["mira"]
    assert [each["task"] for each in only["open"]] == ["task-2"]
    assert "no limit" in cli("budget", "show", "@t").out


def test_another_day_is_shown_where_it_is_asked_for(cli: Cli, clock: FakeClock) -> None:
    """A day without a ledger is empty, and what is no day is refused."""
    spend(cli.space)
    assert cli.data("budget", "show", "--day", "2026-11-19")["senders"] == []
    assert cli("budget", "show", "--day", "2026-11-20").out == cli("budget", "show").out
    for day in ("today", "2026-13-45", "9999-12-31"):
        assert cli("budget", "show", "--day", day, "--json").code == "invalid_field"


def test_a_check_says_what_would_become_of_a_task_and_writes_nothing(
    cli: Cli, clock: FakeClock
) -> None:
    """Queued, or waiting for somebody."""
    assert cli.data("budget", "check", "crt", "--tokens", "12000")["allowed"] is True
    said = cli("budget", "check", "crt", "--tokens", "12000").out
    assert said == "would be queued (team, 12000 tokens of crt)\n"
    said = cli("budget", "check", "mira").out
    assert said == "would wait: owner-approval (unknown, 1000 tokens of mira)\n"
    assert not (cli.space / "org/messaging/ledger").exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--tokens", "60000"), "task_too_large"),
        (("--effort", "9"), "effort_exceeded"),
    ],
)
def test_a_check_that_would_be_refused_ends_with_the_governors_status(
    cli: Cli, clock: FakeClock, words: tuple[str, ...], code: str
) -> None:
    """The whole verdict is in the details."""
    answer = cli("--json", "budget", "check", "crt", *words)
    assert (answer.status, answer.code) == (5, code)
    verdict = answer.document["error"]["details"]["verdict"]
    assert (verdict["code"], verdict["allowed"]) == (code, False)


def test_who_is_not_on_the_list_of_an_agent_is_told_so(cli: Cli, clock: FakeClock) -> None:
    """With the status of what is not permitted."""
    cli("contacts", "add", "bot", "--kind", "agent")
    with (cli.space / "settings.local.yaml").open("a") as settings:
        settings.write("messaging: {whitelists: {bot: [mira]}}\n")
    answer = cli("budget", "check", "crt", "--agent", "bot")
    assert (answer.status, answer.err.split("\n")[0]) == (
        6,
        "orgpost: Not accepted: crt is not on the list of bot",
    )
    assert cli("budget", "check", "mira", "--agent", "bot").status == 0


@pytest.mark.parametrize(
    "words", [("--tokens", "-1"), ("--effort", "0"), ("--effort", "101"), ("--tokens", "many")]
)
def test_a_number_that_is_out_of_range_is_refused(
    cli: Cli, clock: FakeClock, words: tuple[str, ...]
) -> None:
    """Naming the flag."""
    answer = cli("budget", "check", "crt", *words)
    assert answer.status == 2
    assert words[0] in answer.err


def test_a_ledger_that_cannot_be_read_is_said_with_its_line(cli: Cli, clock: FakeClock) -> None:
    """Nobody can say what was spent."""
    spend(cli.space)
    with (cli.space / LEDGER).open("a") as ledger:
        ledger.write("| 2026-11-20T08:00:00Z | reserve | crt |\n")
    for words in (("show",), ("check", "crt")):
        answer = cli("--json", "budget", *words)
        assert (answer.status, answer.code) == (65, "ledger_corrupt")
        details = answer.document["error"]["details"]
        assert details == {
            "file": "ledger/2026-11-20.org",
            "line": 10,
            "what": "3 columns instead of 8",
        }


def test_no_task_of_a_persons_is_said_to_be_let_in(cli: Cli) -> None:
    """`task add` would refuse it, so `budget check` does."""
    answer = cli("budget", "check", "crt", "--agent", "mira", "--json")
    assert (answer.status, answer.code) == (2, "not_an_agent")
    assert cli("task", "add", "mira", "x", "--as", "crt").status == 2
