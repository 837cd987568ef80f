"""Completion: the scripts are what the parsers say, and each shell makes of them what they mean."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from orgpost.cli.candidates import listed
from orgpost.cli.completion import SHELLS, script, table
from orgpost.cli.words import HOMES
from orgpost.org.syntax import header
from tests.cli.door import LIB, environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.door import Cli
    from tests.cli.office import Office

    Complete = Callable[[str], list[str]]

ROOT: Final = Path(__file__).resolve().parents[2]
BASH: Final = """
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_orgpost
printf '%s\\n' "${COMPREPLY[@]}"
"""
ZSH: Final = """
compdef() { : }
script=$1
shift
source $script
compadd() { shift; for each in "$@"; do [[ $each == "$current"* ]] && print -r -- $each; done }
_files() { print -r -- FILES }
words=("$@")
CURRENT=$#
current=${words[CURRENT]}
_orgpost
"""
FISH: Final = """
source $argv[1]
complete -C "$argv[2]" | string replace -r '\\t.*' ''
"""


@pytest.mark.parametrize("shell", SHELLS)
def test_the_scripts_are_what_the_parsers_say(shell: str, cli: Cli) -> None:
    """Whoever adds a flag makes them anew: `orgpost config completion SHELL`."""
    made = (ROOT / "templates/completion" / f"orgpost.{shell}").read_text("utf-8")
    assert made == script(shell)
    assert cli("config", "completion", shell).out == made
    assert cli.data("config", "completion", shell) == {"shell": shell, "script": made}


def test_each_command_is_in_the_table() -> None:
    """With its flags, and what is known of its places."""
    found = table()
    assert set(found["/0"].split()) == {*HOMES, "help", "hook"}
    assert found["send/0"] == "@actors"
    assert found["show/0"] == "@messages"
    assert found["task show/0"] == "@tasks"
    assert found["task list/0"] == "@agents"
    assert found["mark/more"] == "@messages read unread todo done clear"
    assert found["send/--priority"] == "high normal low"
    assert "--reply-to" in found["send/flags"].split()
    assert "store.sync" in found["config get/0"].split()
    assert not [words for words in found.values() if "'" in words or "\\" in words]


@pytest.mark.parametrize(
    "words", [["bash", "--list", "tasks"], [], ["bash", "--prefix", "x"], ["csh"]]
)
def test_what_means_nothing_is_refused(words: list[str], cli: Cli) -> None:
    """A flag that does nothing is a mistake."""
    assert cli("config", "completion", *words).status == 2


# --- what is found --------------------------------------------------------------------------------


def test_ids_and_actors_are_found(office: Office) -> None:
    """The newest first, by what they begin with; also those of an archive's neighbours."""
    cli = office.cli
    for number in range(3):
        cli.id("send", "tex", "x", "--id", f"msg-a{number}")
    cli.id("send", "crt", "x", "--id", "msg-of-crt")
    office.add("Look", "--id", "task-one")
    assert cli("config", "completion", "--list", "messages").out == "msg-a2\nmsg-a1\nmsg-a0\n"
    assert listed("messages", "msg-a1", None, None) == ["msg-a1"]
    assert listed("messages", "", None, "crt") == ["msg-of-crt"]
    assert listed("tasks", "", str(cli.space), None) == ["task-one"]
    assert listed("actors", "t", None, None) == ["tex", "tex-agent"]
    assert listed("agents", "", None, None) == ["tex-agent", "lab-agent"]
    words = ["config", "completion", "--list", "agents", "--prefix", "l"]
    assert cli.data(*words) == {"words": ["lab-agent"]}


@pytest.mark.parametrize(
    "text",
    [
        b"actors:\n  - id: tex\n    kind: person\n  - id: 'bot' # ours\n    kind: \"agent\"\n",
        b"actors:\r\n- {kind: person, id: tex}\r\n- {id: bot, kind: agent}\r\n",
        b"# - {id: nobody}\nactors: [{id: tex}, {id: bot, name: '$(x)', kind: agent}]\n",
    ],
)
def test_actors_are_found_however_they_are_written(text: bytes, cli: Cli) -> None:
    """In lines or in braces; a comment is nobody."""
    (cli.space / "org/messaging/contacts.yaml").write_bytes(text)
    assert listed("actors", "", None, None) == ["tex", "bot"]
    assert listed("agents", "", None, None) == ["bot"]


@pytest.mark.parametrize(
    "text", ["identity:\n  handles: []\n  name: crt\n", 'identity: {handles: [], name: "crt"}\n']
)
def test_my_inbox_is_the_one_of_the_settings(text: str, cli: Cli) -> None:
    """As everywhere."""
    cli.id("send", "crt", "x", "--id", "msg-one")
    cli.id("send", "tex", "x", "--id", "msg-two")
    (cli.space / "settings.local.yaml").write_text(text)
    assert listed("messages", "", None, None) == ["msg-one"]


def test_only_safe_words_are_given(cli: Cli) -> None:
    """What a person wrote as an id is no word of a command line."""
    inbox = cli.space / "org/messaging/inbox/tex.org"
    ids = ["msg-$(touch pwned)", "msg-`x`", "msg-a b", "msg-ok", "msg-;x", "chg-1", "MSG-x"]
    entries = [f"* UNREAD x\n:PROPERTIES:\n:ID:       {id}\n:END:\n" for id in ids]
    inbox.parent.mkdir(exist_ok=True)
    inbox.write_bytes(header("inbox/tex.org") + "".join(entries).encode())
    assert listed("messages", "", None, None) == ["msg-ok"]


@pytest.mark.parametrize("kind", ["actors", "agents", "messages", "tasks", "nothing", ""])
def test_trouble_is_silent(kind: str, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """No space, no files, no folder: no words, and status 0."""
    for words in (["--space", "/nowhere"], [], ["--space"], ["--as", "../../x"]):
        for path in (cli.space / "org/messaging").rglob("*.yaml"):
            path.unlink()
        done = cli("config", "completion", "--list", kind, *words)
        assert (done.status, done.out, done.err) == (0, "", "")
    monkeypatch.chdir("/")
    assert cli("config", "completion", "--list", kind).out == ""


def test_a_large_inbox_is_read_from_its_end(cli: Cli) -> None:
    """Of 10,000 messages the newest are proposed, and older ones where they are meant."""
    entry = "* UNREAD x\n:PROPERTIES:\n:ID:       msg-{:06}\n:FROM:     crt\n:END:\n{}\n"
    inbox = cli.space / "org/messaging/inbox/tex.org"
    inbox.parent.mkdir(exist_ok=True)
    text = "".join(entry.format(number, "x" * 250) for number in range(10_000))
    inbox.write_bytes(header("inbox/tex.org") + text.encode())
    found = listed("messages", "", None, None)
    assert found == [f"msg-{number:06}" for number in range(9999, 9499, -1)]
    assert listed("messages", "msg-00001", None, None)[-1] == "msg-000010"


def test_a_key_loads_nothing_heavy(cli: Cli) -> None:
    """Neither a parser of words nor YAML nor the store."""
    program = (
        "import sys\nfrom orgpost.cli import main\nmain(sys.argv[1:])\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    words = ["config", "completion", "--list", "actors", "--space", str(cli.space)]
    command = [sys.executable, "-S", "-c", program, *words]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout == "tex\ncrt\nmira\n"
    heavy = {"argparse", "yaml", "json", "orgpost.post", "orgpost.store", "pathlib", "asyncio"}
    assert heavy & set(done.stderr.split()) == set()


# --- in a shell -----------------------------------------------------------------------------------

CASES: Final[list[tuple[str, list[str]]]] = [
    ("orgpost bro", ["broadcast"]),
    ("orgpost task re", ["reject", "release", "renew", "retry", "revise"]),
    ("orgpost send --pri", ["--priority"]),
    ("orgpost send --priority n", ["normal"]),
    ("orgpost send m", ["mira"]),
    ("orgpost send --subject x --tag y m", ["mira"]),
    ("orgpost --as crt show msg-", ["msg-of-crt"]),
    ("orgpost show msg-", ["msg-of-tex"]),
    ("orgpost mark msg-of-tex unr", ["unread"]),
    ("orgpost task show ", ["task-one"]),
    ("orgpost task add ", ["lab-agent", "tex-agent"]),
    ("orgpost contacts trust crt te", ["team"]),
    ("orgpost config get store.sy", ["store.sync"]),
    ("orgpost help tas", ["task"]),
    ("orgpost send mira ", []),
    ("orgpost show --space /nowhere ", []),
]


@pytest.fixture
def complete(office: Office, tmp_path: Path, request: pytest.FixtureRequest) -> Complete:
    """What a shell proposes for the end of a line."""
    office.cli.id("send", "tex", "x", "--id", "msg-of-tex")
    office.cli.id("send", "crt", "x", "--id", "msg-of-crt")
    office.add("Look", "--id", "task-one")
    program = tmp_path / "bin" / "orgpost"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nPYTHONPATH={LIB} exec {sys.executable} -m orgpost "$@"\n')
    program.chmod(0o700)
    path = f"{program.parent}:{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "HOME": str(tmp_path)}
    shell = str(request.param)
    made = str(ROOT / "templates/completion" / f"orgpost.{shell}")

    def run(line: str) -> list[str]:
        words = [line] if shell == "fish" else line.split(" ")
        program = {"bash": BASH, "zsh": ZSH, "fish": FISH}[shell]
        options = {"bash": ["--norc", "-u"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
        name = [] if shell == "fish" else ["test"]
        command = [shell, *options, "-c", program, *name, made, *words]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert done.stderr == ""
        return sorted(done.stdout.split())

    return run


@pytest.mark.slow
@pytest.mark.parametrize("complete", SHELLS, indirect=True)
def test_a_shell_proposes_what_fits(complete: Complete) -> None:
    """Commands, verbs, flags, their values, ids and actors."""
    assert {line: complete(line) for line, _ in CASES} == dict(CASES)
