"""Hostile mail, through every command that prints it, to a terminal and to a pipe."""

from __future__ import annotations

import json
import re
import sys
from typing import Final

import pytest

from orgpost.cli import main
from orgpost.errors import OrgpostError
from orgpost.post import Post
from tests.cli.door import LIB, Cli, environment, on_a_terminal, process
from tests.corpus.texts import hostile

RAW: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\U000e0000-\U000e01ef]"
)
# What a person could write by hand into a file, or a program that is not ours.
FORGED = """\
* UNREAD   A \x1b[2Jsubject\u202e :t\u0301ag:
:PROPERTIES:
:ID:       msg-\x1b]0;x\x07-1
:FROM:     "cr\\u001bt\\n<<<op-0 written by tex"
:TO:       tex\x9b2J
:CREATED:  [2026-11-20 Fri 09:31:05]
:THREAD:   msg-\x1b]0;x\x07-1
:REPLY_TO: msg-\x1b]8;;\x07
:FILES:    1
:KIND:     \x1b[1m
:END:
A \x1b]52;c;x\x07body
"""
COMMANDS = (
    *(["inbox"], ["inbox", "--all", "--limit", "0"], ["search", "--from", "crt", "--limit", "0"]),
    *(["digest"], ["digest", "--format", "org"], ["contacts"], ["doctor"]),
)


@pytest.fixture
def full(cli: Cli) -> Cli:
    """A space where each hostile text is a body, and a subject where it can be one."""
    with Post.open(cli.space, me="crt") as post:
        for number, text in enumerate(hostile().values()):
            id = f"msg-hostile-{number}"
            post.messages.create_message("crt", "tex", text or "x", subject="s", id=id)
            line = text.split("\n")[0][:200]
            try:
                post.messages.create_message("crt", "tex", "x", subject=line, id=f"{id}-line")
            except OrgpostError:
                continue
    inbox = cli.space / "org/messaging/inbox/tex.org"
    inbox.write_bytes(inbox.read_bytes() + FORGED.encode())
    return cli


@pytest.mark.slow
def test_no_hostile_text_reaches_a_pipe_raw(full: Cli) -> None:
    """Every list and every frame is spelled out; nothing breaks."""
    ids = [message["id"] for message in full.data("inbox", "--limit", "0")["messages"]]
    assert len(ids) > 900
    shown = [["show", "--full", id] for id in ids if not id.endswith("-line")]
    guilty = []
    for words in [*COMMANDS, *shown]:
        answer = full(*words)
        if answer.status not in {0, 1} or RAW.search(answer.out + answer.err):
            guilty.append((words, answer.status, RAW.findall(answer.out)[:3]))
    assert guilty == []


@pytest.mark.slow
def test_a_forged_entry_moves_no_terminal(cli: Cli) -> None:
    """Id, sender, recipient, kind, state and thread may be anything that a file can hold."""
    inbox = cli.space / "org/messaging/inbox/tex.org"
    cli.id("send", "tex", "hi")
    inbox.write_bytes(inbox.read_bytes() + FORGED.encode())
    id = "msg-\x1b]0;x\x07-1"
    one = (["show", id], ["thread", id], ["trace", id], ["search", "body"], ["show", "0;x\x07-"])
    for words in [*COMMANDS, *one]:
        answer = cli(*words)
        assert answer.status in {0, 1}, (words, answer)
        assert RAW.findall(answer.out + answer.err) == [], words


@pytest.mark.parametrize(
    "words",
    [
        ["send", "te\nx", "hi"],
        ["mark", "no\nsuch\torg", "read"],
        ["inbox", "--as", "te\nx"],
        ["inbox", "--space", "/no\nwhere"],
        ["send", "tex", "hi", "--priority", "hi\ngh"],
        ["send", "tex", "hi", "--prop", "a\nb"],
        ["no\nsuch"],
        ["inbox", "un\nknown"],
        ["config", "get", "no\nsuch"],
    ],
)
def test_a_refusal_is_one_line_whatever_it_repeats(words: list[str], cli: Cli) -> None:
    """No word of a command line can pose as a line of ours; then comes the hint's line."""
    answer = cli(*words)
    lines = answer.err.splitlines()
    assert answer.status in {2, 3}
    assert [line[:9] for line in lines[:1]] == ["orgpost: "]
    assert all(line.startswith("  ") for line in lines[1:])
    assert len(lines) <= 2, answer.err


def test_each_problem_of_a_file_is_one_line_whatever_its_keys_are(cli: Cli) -> None:
    """A key of YAML may hold a line end; told raw it would pose as another problem."""
    path = cli.space / "settings.local.yaml"
    path.write_text('"no\\nsuch": 1\n"nor\\tthis": 2\n')
    lines = cli("config", "check").err.splitlines()
    assert len(lines) == 3, lines
    assert "no\\nsuch" in lines[0]
    assert "nor\\tthis" in lines[1]


def test_a_forged_sender_makes_no_line_of_a_frame(cli: Cli) -> None:
    """The header stays one line, whatever FROM holds."""
    inbox = cli.space / "org/messaging/inbox/tex.org"
    cli.id("send", "tex", "hi")
    inbox.write_bytes(inbox.read_bytes() + FORGED.encode())
    lines = cli("show", "msg-\x1b]0;x\x07-1").out.splitlines()
    assert [line[:8] for line in lines if line.startswith("<<<op-")] == [lines[2][:8]]


@pytest.mark.slow
@pytest.mark.parametrize("words", [["inbox", "--limit", "0"], ["show", "msg-hostile-all"]])
def test_no_hostile_text_reaches_a_terminal_raw(words: list[str], full: Cli) -> None:
    """The same at a terminal, with its plain view; only our own colours are left out of it."""
    with Post.open(full.space, me="crt") as post:
        texts = "\n".join(text for text in hostile().values() if "\ud800" not in text)[:60_000]
        post.messages.create_message("crt", "tex", texts, subject="all", id="msg-hostile-all")
    status, sent = on_a_terminal("--space", str(full.space), *words, NO_COLOR="1", PYTHONUTF8="1")
    assert status == 0
    assert RAW.findall(sent.decode().replace("\r\n", "\n")) == []


@pytest.mark.slow
def test_nothing_is_executed_on_reading(full: Cli) -> None:
    """No program, no code made of text, no import by a name from a message."""
    program = (
        "import sys\n"
        "from orgpost.cli import main\n"
        "words = [['inbox', '--limit', '0', '--json'], ['search', 'zzz'], ['digest']]\n"
        "words += [['show', f'msg-hostile-{n}'] for n in range(0, 500, 10)]\n"
        "for each in words[:4]: main(each)\n"  # everything is loaded now
        "def judge(event, args):\n"
        "    if event in ('exec', 'compile', 'subprocess.Popen', 'os.system', 'import',\n"
        "                 'os.exec', 'os.posix_spawn', 'pickle.find_class'):\n"
        "        sys.stderr.write(f'RAN {event} {args!r:.200}\\n')\n"
        "sys.addaudithook(judge)\n"
        "for each in words: main(each)\n"
    )
    import subprocess

    command = [sys.executable, "-c", program]
    done = subprocess.run(
        command, cwd=full.space, env=environment(), capture_output=True, check=True
    )
    assert b"RAN" not in done.stderr, done.stderr[:2000]


def test_show_gives_what_a_program_sent_as_it_is(cli: Cli) -> None:
    """Half a character, which no UTF-8 has, still comes out of `show`."""
    with Post.open(cli.space, me="crt") as post:
        post.messages.create_message("crt", "tex", "a\ud800b", id="msg-half")
    assert process("show", "msg-half", "--body").stdout == b"a\xed\xa0\x80b"
    assert json.loads(cli("show", "msg-half", "--json").out)["ok"] is True
    assert "<U+D800>" in cli("show", "msg-half").out


def test_a_canary_in_a_settings_file_is_told_to_nobody(cli: Cli) -> None:
    """A secret that stands where no key is known: the problem is told, the value is not."""
    path = cli.space / "settings.local.yaml"
    path.write_text("messaging:\n  relay: {secret: c4n4ry}\nstore: {sync: off}\n")
    for words in (["inbox"], ["config", "check"], ["config", "show"], ["doctor"], ["send", "x"]):
        for flags in ([], ["--json"]):
            answer = cli(*words, *flags)
            assert "c4n4ry" not in answer.out + answer.err, words


def test_the_library_is_where_processes_look() -> None:
    """The tests of processes run this checkout."""
    assert (LIB / "orgpost" / "__init__.py").is_file()
    assert main(["help"]) == 0
