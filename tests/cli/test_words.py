"""The words of the command line: flags anywhere, help on one screen, usage that is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from orgpost.cli.words import HOMES, parser_of
from orgpost.errors import InvalidField

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.door import Cli


def test_flags_of_every_command_stand_before_or_after_it(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--space`, `--as` and `--json` mean the same on either side, also after `=`."""
    cli.id("send", "crt", "hi")
    monkeypatch.chdir(tmp_path)
    flags = ["--json", f"--space={cli.space}", "--as", "crt"]
    answers = [cli(*flags, "inbox"), cli("inbox", *flags)]
    assert [answer.data["actor"] for answer in answers] == ["crt", "crt"]


@pytest.mark.parametrize("words", [["contacts", "list"], ["config", "show"], ["contacts"]])
def test_verbs_of_verbs_take_them_too(words: list[str], cli: Cli) -> None:
    """Nothing depends on how deep a command is."""
    assert cli(*words, "--json").data


def test_help_fits_a_screen(cli: Cli) -> None:
    """`orgpost help` needs no more than 24 lines of 100 columns, and names every command."""
    lines = cli("help").out.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 100
    assert [command for command in HOMES if f"  {command}" not in cli("help").out] == []


@pytest.mark.parametrize("command", HOMES)
def test_each_command_has_help(command: str, cli: Cli) -> None:
    """`help COMMAND` and `COMMAND --help` say the same, every flag explained."""
    answer = cli("help", command)
    assert answer.status == 0
    assert answer.out.startswith(f"usage: orgpost {command}")
    assert cli(command, "--help") == answer
    unexplained = [a.option_strings for a in parser_of(command)._actions if a.help is None]
    assert [flags for flags in unexplained if flags] == []


def test_the_version_is_told(cli: Cli) -> None:
    """`--version` says which one this is."""
    assert cli("--version").out.startswith("orgpost 0.")


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--space"],
        ["--as", "--json", "inbox"],
        ["nosuch"],
        ["--nosuch"],
        ["inbox", "--nosuch"],
        ["inbox", "--limit", "-1"],
        ["inbox", "--limit", "many"],
        ["send"],
        ["send", "crt"],
        ["send", "crt", "-hello"],
        ["send", "crt", "a", "b"],
        ["send", "crt", "a", "--body-file", "b"],
        ["send", "crt", "--prop", "nothing", "x"],
        ["send", "crt", ""],
        ["mark", "read"],
        ["mark", "--all", "msg-x", "read"],
        ["mark", "--all", "nonsense"],
        ["archive"],
        ["archive", "--auto", "--older-than", "1d"],
        ["search"],
        ["search", "(", "--regex"],
        ["search", "x", "--in", "heaven"],
        ["show", "msg-x", "--force"],
        ["show", "msg-x", "--body"],
        ["inbox", "--state", "NOSUCH"],
        ["inbox", "--priority", "urgent"],
        ["inbox", "--since", "yesterday"],
        ["inbox", "--since", "999999w"],
        ["send", "crt", "x", "--expires", "2020-01-01"],
        ["send", "crt", "x", "--expires", "soon"],
        ["send", "crt", "x", "--expects", "money"],
        ["send", "crt", "x", "--priority", "urgent"],
        ["contacts", "add", "UPPER"],
        ["contacts", "add", "bot", "--kind", "helper"],
        ["contacts", "trust", "crt", "boss"],
        ["config"],
        ["config", "get", "nosuch.key"],
        ["digest", "--format", "html"],
        ["reply", "last", "x", "--to", ""],
        ["send", "crt", "x", "--reply-to="],
        ["send", "crt", "x", "--id", ""],
        ["inbox", "--from", ""],
        ["task", "claim", "--id", ""],
        ["contacts", "add", "bot", "--kind", "agent", "--owner", ""],
        ["budget", "check", "crt", "--agent", ""],
        ["migrate", "--from", "v9"],
    ],
)
def test_usage_errors_are_one_document_and_exit_2(words: list[str], cli: Cli) -> None:
    """Whatever is wrong with the words: status 2, one document, nothing written, no trace."""
    before = cli.files()
    answer = cli(*words, "--json")
    assert answer.status == 2
    assert answer.document["error"]["message"]
    assert answer.document["error"]["hint"] not in {"", InvalidField.advice}
    assert answer.err == ""
    assert cli.files() == before


def test_what_no_error_says_the_help_of_its_command_does(cli: Cli) -> None:
    """The hint names the command that was typed, verbs of tasks included."""
    assert cli("send", "crt", "x", "--expires", "2020-01-01").err.endswith(
        "  orgpost send --help\n"
    )
    assert cli("show", "msg-x", "--force").err.endswith("  orgpost show --help\n")
    cli.data("contacts", "add", "bot", "--kind", "agent")
    assert "orgpost task add --help" in cli("task", "add", "bot", "x", "--effort", "0").err
    answer = cli("contacts", "nosuch")
    assert answer.err.startswith("orgpost: no such verb: 'nosuch' (choose from 'list', ")


def test_usage_errors_without_json_are_words_on_stderr(cli: Cli) -> None:
    """What went wrong, then what to do next; stdout stays empty."""
    answer = cli("inbix")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err == (
        "orgpost: no such command: inbix\n  did you mean inbox? orgpost help lists all\n"
    )


@pytest.mark.parametrize("text", ["-1", "--json", "-hello", "--", "--space=/x", "- a list"])
def test_a_text_that_looks_like_a_flag_stands_after_two_dashes(text: str, cli: Cli) -> None:
    """After `--` all is text."""
    id = cli.id("send", "crt", "--subject", "s", "--json", "--", text)
    assert cli.data("show", id)["body"] == text


def test_flags_may_stand_between_the_words(cli: Cli) -> None:
    """`send TO --flag TEXT` is what people type."""
    id = cli.id("send", "crt", "--tag", "ops", "the text", "--priority", "high")
    found = cli.data("show", id)
    assert (found["body"], found["tags"], found["priority"]) == ("the text", ["ops"], "high")


def test_json_of_help_is_a_document_too(cli: Cli) -> None:
    """Whoever asks for JSON gets JSON."""
    assert json.loads(cli("help", "--json").out)["data"]["help"].startswith("orgpost COMMAND")


@pytest.mark.parametrize("word", ["\x1b]0;x\x07", "\x9b2J", "\u202etxet", "a\nb", "\udcff"])
@pytest.mark.parametrize("place", [["show"], ["inbox", "--from"], ["--as"], ["--space"], []])
def test_words_of_the_command_line_move_no_terminal(word: str, place: list[str], cli: Cli) -> None:
    """What was typed is told back spelled out; newlines aside it holds no control."""
    rest = ["inbox"] if place in (["--as"], ["--space"]) else []
    answer = cli(*place, word, *rest)
    assert answer.status in {2, 3}
    assert [mark for mark in "\x1b\x07\x9b\u202e\udcff" if mark in answer.err] == []


def test_a_subject_that_is_no_utf_8_is_refused(cli: Cli) -> None:
    """Bytes that are no text cannot be a line; the field is named."""
    answer = cli("send", "crt", "x", "--subject", "\udcff", "--json")
    assert (answer.status, answer.code) == (2, "invalid_field")
    assert answer.document["error"]["details"]["field"] == "subject"


def test_a_text_that_is_no_utf_8_is_refused_with_its_place(cli: Cli) -> None:
    """A body must be text; the first wrong byte is told, and what to do instead."""
    answer = cli("send", "crt", "-", "--json", stdin=b"ab\xff")
    assert (answer.status, answer.code) == (65, "not_utf8")
    assert answer.document["error"]["details"]["offset"] == 2
    assert "--attach" in answer.document["error"]["hint"]


def test_a_fault_of_ours_is_a_line_without_what_was_in_it(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No page of code, no value of a variable: a secret could stand there."""

    def break_down(*_: object) -> None:
        message = "the canary's secret"
        raise RuntimeError(message)

    monkeypatch.setattr("orgpost.cli.reading._one_inbox", break_down)
    answer = cli("inbox")
    assert answer.status == 1
    assert answer.err.startswith("orgpost: RuntimeError in break_down:")
    assert "canary" not in answer.err + answer.out
