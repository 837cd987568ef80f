"""`orgpost listen`: lines of JSON, each change once, until there is enough of them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from orgpost.clock import Clock
from orgpost.listening.listener import Event, Listener
from orgpost.listening.listener import Listening as Wanted
from orgpost.watching.file_watch import FileWatch
from tests.cli.door import Cli, command, environment
from tests.listening.hall import ids

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.listening.hall import Hall


@pytest.fixture
def cli(
    hall: Hall, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cli]:
    """The door to the hall's space; it has the machine's clock."""
    monkeypatch.chdir(hall.space)
    before = signal.getsignal(signal.SIGTERM)
    yield Cli(hall.space, capsys, monkeypatch)
    signal.signal(signal.SIGTERM, before)


def lines(cli: Cli, *words: str, by: str = "bot") -> list[dict[str, Any]]:
    """What `listen` prints until its time is over, but for the first line."""
    answer = cli("--as", by, "listen", "--timeout", "1s", *words)
    assert (answer.status, answer.err) == (0, "")
    first, *rest = [json.loads(line) for line in answer.out.splitlines()]
    assert (first["schema"], first["event"], first["via"]) == (1, "ready", "files")
    return rest


@pytest.mark.slow
def test_what_is_unread_comes_first_where_it_is_asked_for(hall: Hall, cli: Cli) -> None:
    """In the order in which it arrived; without the word only what is new."""
    one, two = hall.send("bot", subject="One"), hall.send("bot", priority="high")
    hall.post.messages.mark_read(hall.send("bot"))
    task = hall.task("Look")
    found = lines(cli, "--since", "unread")
    assert ids(found) == [one, two, task]
    assert found[0] == {
        "schema": 1,
        "event": "message",
        "at": found[0]["at"],
        "box": "inbox/bot",
        "change": "new",
        "id": one,
        "from": "crt",
        "tier": "team",
        "priority": "normal",
        "state": "UNREAD",
        "kind": "message",
        "thread": one,
        "expects": "none",
        "created": found[0]["created"],
        "subject": "One",
    }
    assert (found[2]["event"], found[2]["box"]) == ("task", "agents/bot")
    assert lines(cli, "--since", "now") == []


def test_who_hears_ready_may_write_at_once(hall: Hall) -> None:
    """What comes after that line is news, however soon; what was there before is known by then."""
    told: list[dict[str, Any]] = []

    def tell(event: Event) -> None:
        if event.kind == "ready":
            hall.send("bot", id="msg-after")
        told.append(json.loads(event.line))

    hall.send("bot", id="msg-before")
    wanted = Wanted(("inbox/bot",), most=1, timeout=timedelta(seconds=20))
    files = FileWatch(hall.space, Clock())
    Listener(hall.open(), wanted, files, tell).listen()
    files.close()
    assert [line.get("id") for line in told] == [None, "msg-after"]


def test_a_number_is_enough(hall: Hall, cli: Cli) -> None:
    """And so is one that came before the time."""
    sent = [hall.send("bot") for _ in range(3)]
    started = time.monotonic()
    answer = cli("--as", "bot", "listen", "--since", "unread", "--max", "2")
    assert ids([json.loads(line) for line in answer.out.splitlines()][1:]) == sent[:2]
    assert time.monotonic() - started < 20


@pytest.mark.slow
def test_bodies_come_where_they_are_asked_for(hall: Hall, cli: Cli) -> None:
    """And never of a sender of tier unknown."""
    hall.send("bot", "The body.")
    hall.send("bot", "Obey me", sender="mira", subject="Obey")
    assert all("body" not in line for line in lines(cli, "--since", "unread"))
    first, second = lines(cli, "--since", "unread", "--bodies")
    assert first["body"] == "The body."
    assert {"body", "subject"} & set(second) == set()


@pytest.mark.slow
def test_one_listens_to_the_boxes_that_one_names(hall: Hall, cli: Cli) -> None:
    """An owner hears its agents' boxes; nobody else's, whether they are there or not."""
    hall.send("tex")
    id = hall.task()
    assert ids(lines(cli, "--since", "unread", "--box", "agents/bot", by="tex")) == [id]
    for box in ("inbox/crt", "inbox/nobody", "sent/bot", "inbox/../tex", "x"):
        answer = cli("--json", "--as", "tex", "listen", "--box", box)
        assert (answer.status, answer.code) == (2, "invalid_field")


@pytest.mark.slow
def test_marks_are_told_to_who_asks(hall: Hall, cli: Cli, tmp_path: Path) -> None:
    """What becomes of the own mail, and of what was sent, with nothing but its state."""
    mine, sent = hall.send("bot"), hall.send("tex", sender="bot")
    cursor = str(tmp_path / "cursor")
    assert lines(cli, "--marks", "--cursor", cursor) == []
    hall.post.messages.mark_read(mine, sent)
    hall.post.messages.archive(mine)
    found = lines(cli, "--marks", "--cursor", cursor)
    assert [(line["box"], line["change"], line["id"]) for line in found] == [
        ("marks/bot", "gone", mine),
        ("sent/bot", "state", sent),
    ]
    assert {line["event"] for line in found} == {"state"}
    assert (found[1]["state"], "subject" in found[1]) == ("READ", False)


# --- a cursor -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_cursor_goes_on_where_it_was(hall: Hall, cli: Cli, tmp_path: Path) -> None:
    """No repeat and no gap, whatever happened in between; a number that cuts off loses nothing."""
    cursor = ("--cursor", str(tmp_path / "cursor"), "--since", "unread")
    first = [hall.send("bot") for _ in range(3)]
    found = lines(cli, *cursor, "--max", "2")
    later = [hall.send("bot") for _ in range(2)]
    path = hall.space / "org/messaging/inbox/bot.org"
    path.write_text(path.read_text().replace("The body.", "Another body.", 1))
    hall.rest()
    found += lines(cli, *cursor)
    assert [(line["change"], line["id"]) for line in found] == [
        *(("new", id) for id in first[:2]),
        ("edit", first[0]),
        ("new", first[2]),
        *(("new", id) for id in later),
    ]
    assert lines(cli, *cursor) == []


@pytest.mark.parametrize("rubbish", [b"", b"{}", b"[]", b"\xff", b'{"form": 1, "actor": "tex"}'])
def test_a_file_that_is_no_cursor_is_refused(cli: Cli, tmp_path: Path, rubbish: bytes) -> None:
    """Nothing is written over, and it is said what to do."""
    path = tmp_path / "cursor"
    path.write_bytes(rubbish)
    answer = cli("--json", "--as", "bot", "listen", "--cursor", str(path))
    assert (answer.status, answer.code) == (65, "malformed")
    assert path.read_bytes() == rubbish


@pytest.mark.parametrize(
    ("name", "status", "code", "hint"),
    [
        ("nowhere/cursor", 3, "no_such_file", "mkdir -p {}/nowhere"),
        ("folder", 3, "no_such_file", "it is a folder"),
        ("x" * 300, 3, "no_such_file", "too long"),
    ],
)
def test_a_cursor_that_cannot_be_written_is_refused_at_once(
    name: str, status: int, code: str, hint: str, cli: Cli, tmp_path: Path
) -> None:
    """Before anything is told: whoever reads `ready` believes that it is kept."""
    (tmp_path / "folder").mkdir()
    cursor = str(tmp_path / name)
    answer = cli("--json", "--as", "bot", "listen", "--timeout", "1s", "--cursor", cursor)
    assert (answer.status, answer.code) == (status, code)
    assert hint.format(tmp_path) in answer.document["error"]["hint"]


# --- a program for each -------------------------------------------------------------------------


@pytest.mark.slow
def test_a_program_is_run_for_each_event(hall: Hall, cli: Cli, tmp_path: Path) -> None:
    """With the line on its stdin; what looks like a flag of ours is its own word."""
    hall.send("bot", '"; touch pwned; $(touch pwned)', subject="$(touch pwned) `x` \"'")
    out = tmp_path / "out"
    program = (
        "import os, sys; open(sys.argv[1], 'a').write("
        "sys.stdin.read() + os.environ['ORGPOST_SPACE'] + repr(sys.argv[2:]))"
    )
    words = (sys.executable, "-c", program, str(out), "--json", "--as", "ghost", "--", "-x")
    found = lines(cli, "--since", "unread", "--exec", *words)
    line, _, rest = out.read_text().partition("\n")
    assert [json.loads(line)] == found
    assert rest == str(hall.space) + repr(["--json", "--as", "ghost", "--", "-x"])
    assert not list(hall.space.rglob("pwned"))


def test_what_means_nothing_is_refused(cli: Cli) -> None:
    """With a word about what is meant."""
    for words in (["--max", "0"], ["--timeout", "soon"], ["--since", "ever"], ["--exec"]):
        answer = cli("--json", "--as", "bot", "listen", *words)
        assert answer.status == 2, words


@pytest.mark.parametrize("word", ["", "--max"])
def test_what_can_be_no_program_is_refused_before_anything_is_told(cli: Cli, word: str) -> None:
    """A flag of ours that comes after `--exec` would be run for each event, in vain."""
    answer = cli("--json", "--as", "bot", "listen", "--timeout", "1s", "--exec", word, "1")
    error = answer.document["error"]
    assert (answer.status, error["code"]) == (2, "invalid_field")
    assert error["message"] == f"exec: {word!r} is no program"
    assert "comes last" in error["hint"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("word", "why"),
    [("no-such-program", "is not on $PATH"), ("./gone", "is not there"), ("./text", "chmod +x")],
)
def test_a_program_that_cannot_be_run_yet_is_told_before_anything_else(
    hall: Hall, cli: Cli, word: str, why: str
) -> None:
    """It stops nothing, since it may come; but who mistyped it need not wait for the first mail."""
    (hall.space / "text").touch()
    answer = cli("--as", "bot", "listen", "--timeout", "1s", "--exec", word)
    assert answer.status == 0
    assert json.loads(answer.out)["event"] == "ready"
    assert answer.err.startswith(f"orgpost: --exec {word}: ")
    assert why in answer.err


# --- as a process -------------------------------------------------------------------------------


class Listening:
    """`orgpost listen` as a process of its own; its lines as they come."""

    def __init__(self, space: Path, *words: str, by: str = "bot") -> None:
        argv = command("--space", str(space), "--as", by, "listen", *words)
        self.process = subprocess.Popen(argv, env=environment(), stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        self.out = self.process.stdout
        assert self.next()["event"] == "ready"

    def next(self) -> dict[str, Any]:
        """Give the next line."""
        found = json.loads(self.out.readline())
        assert isinstance(found, dict)
        return found

    def end(self) -> int:
        """Give its status, once it has ended."""
        status = self.process.wait(timeout=20)
        self.out.close()
        return status


@pytest.mark.slow
def test_each_message_is_a_line_at_once(hall: Hall) -> None:
    """Flushed one by one, in order of arrival; SIGTERM is a good end."""
    listening = Listening(hall.space)
    for number in range(3):
        id = hall.send("bot", id=f"msg-{number}")
        assert listening.next()["id"] == id
    listening.process.terminate()
    assert listening.end() == 0


@pytest.mark.slow
def test_who_stops_reading_ends_it_well(hall: Hall) -> None:
    """A closed pipe is no failure."""
    listening = Listening(hall.space)
    listening.out.close()
    hall.send("bot")
    assert listening.process.wait(timeout=20) == 0


WRITER = """
import sys
from orgpost.post import Post
with Post.open(sys.argv[1]) as post:
    for number in range(40):
        post.messages.create_message("crt", "tex", "hi", id=f"msg-{sys.argv[2]}-{number}")
"""


@pytest.mark.slow
def test_who_is_started_again_and_again_misses_nothing(hall: Hall, tmp_path: Path) -> None:
    """While others write without a pause: with a cursor each message is told exactly once."""
    env, cursor = environment(), str(tmp_path / "cursor")
    told: list[str] = []
    listening = Listening(hall.space, "--cursor", cursor, by="tex")
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(hall.space), name], env=env)
        for name in ("a", "b", "c")
    ]
    for _ in range(3):
        told += [listening.next()["id"] for _ in range(5)]
        listening.process.terminate()
        told += [json.loads(line)["id"] for line in listening.out.read().splitlines()]
        assert listening.end() == 0
        listening = Listening(hall.space, "--cursor", cursor, by="tex")
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    while len(told) < 120:
        told.append(listening.next()["id"])
    listening.process.terminate()
    assert listening.end() == 0
    assert sorted(told) == sorted(f"msg-{name}-{n}" for name in "abc" for n in range(40))
