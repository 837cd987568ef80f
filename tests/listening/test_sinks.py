"""What tells a person: one notice, with no more than sender and subject, and not too often."""

from __future__ import annotations

import http.server
import json
import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.door import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.listening.hall import Hall

pytestmark = pytest.mark.slow

HOOKS = Path(__file__).resolve().parents[2] / "hooks"
EVENT = {
    "schema": 1,
    "event": "message",
    "box": "inbox/tex",
    "change": "new",
    "id": "msg-1",
    "from": "crt",
    "tier": "team",
    "subject": "Disk <b>full</b>",
    "priority": "high",
    "body": "secret",
}


class Sink:
    """Runs one of the sinks in the hall's space."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        self.bin = hall.space.parent / "bin"
        self.bin.mkdir()

    def __call__(self, name: str, given: object = EVENT, /, **more: Any) -> tuple[int, str]:
        """Give it an event; its status and what it said."""
        text = json.dumps({**given, **more}) if isinstance(given, dict) else str(given)
        env = environment(ORGPOST_SPACE=str(self.hall.space), PATH=str(self.bin))
        done = subprocess.run(
            [sys.executable, str(HOOKS / name)],
            env=env,
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout == ""
        return done.returncode, done.stderr

    def put(self, name: str, status: int = 0) -> None:
        """Put a program there that notes its words."""
        path = self.bin / name
        notes = self.bin / "notes"
        program = f"import sys; open({str(notes)!r}, 'a').write(repr(sys.argv[1:]) + '\\n')"
        path.write_text(f"#!{sys.executable}\n{program}\nsys.exit({status})\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def notes(self) -> list[str]:
        """What it noted."""
        path = self.bin / "notes"
        return path.read_text().splitlines() if path.exists() else []

    def rest(self, name: str, seconds: float = 6) -> None:
        """Let the last notice be a while ago, however long a start takes."""
        path = self.hall.space / f".orgpost/run/{name}.json"
        _, left = json.loads(path.read_text())
        path.write_text(json.dumps([time.time() - seconds, left]))


@pytest.fixture
def sink(hall: Hall) -> Sink:
    """The sinks, in a space of their own, with no program to show anything."""
    return Sink(hall)


def test_a_notice_on_the_screen(sink: Sink) -> None:
    """Sender and subject, as words of their own; marks in it are shown, not obeyed."""
    sink.put("notify-send")
    assert sink("notify-desktop") == (0, "")
    words = ["--app-name=orgpost", "--", "crt", "Disk &lt;b&gt;full&lt;/b&gt;"]
    assert sink.notes() == [repr(words)]


def test_a_notice_on_a_mac(sink: Sink) -> None:
    """The words are arguments of the script, not a part of it."""
    sink.put("osascript")
    assert sink("notify-desktop", subject='" & do shell script "x') == (0, "")
    (note,) = sink.notes()
    assert note.endswith("'crt', '\" & do shell script \"x']")


def test_of_a_sender_of_tier_unknown_only_that_there_is_one(sink: Sink) -> None:
    """Whose words are not in the event, nor is its name in the notice."""
    sink.put("notify-send")
    event = {name: value for name, value in EVENT.items() if name != "subject"}
    assert sink("notify-desktop", event, tier="unknown") == (0, "")
    (note,) = sink.notes()
    assert "a message from somebody unknown" in note
    assert "crt" not in note


def test_at_most_one_in_five_seconds_and_the_rest_is_counted(sink: Sink) -> None:
    """Three at once are one notice; the next one says that there were two more."""
    sink.put("notify-send")
    for _ in range(3):
        assert sink("notify-desktop") == (0, "")
        sink.rest("notify-desktop", 0)
    assert len(sink.notes()) == 1
    sink.rest("notify-desktop")
    assert sink("notify-desktop", subject="Again") == (0, "")
    assert "'Again (and 2 more)'" in sink.notes()[1]
    sink.rest("notify-desktop")
    assert sink("notify-desktop", subject="Once more") == (0, "")
    assert "'Once more'" in sink.notes()[2]


@pytest.mark.parametrize(
    "facts", [{"event": "state"}, {"event": "presence"}, {"change": "edit"}, {"event": "link"}]
)
def test_what_is_no_new_mail_is_no_notice(sink: Sink, facts: dict[str, str]) -> None:
    """Nobody is disturbed by what was read."""
    sink.put("notify-send")
    assert sink("notify-desktop", **facts) == (0, "")
    assert sink.notes() == []


def test_what_was_folded_is_counted(sink: Sink) -> None:
    """One notice for all of them."""
    sink.put("notify-send")
    assert sink("notify-desktop", {"event": "folded", "count": 41}) == (0, "")
    assert "'41 more'" in sink.notes()[0]


@pytest.mark.parametrize("words", ["", "[]", "{}", "what?", "null"])
def test_what_is_no_event_is_refused(sink: Sink, words: str) -> None:
    """With a word about who runs it."""
    status, said = sink("notify-desktop", words)
    assert status == 1
    assert "orgpost listen --exec" in said


def test_where_nothing_can_be_shown_it_says_so(sink: Sink) -> None:
    """No program, or one that fails."""
    status, said = sink("notify-desktop")
    assert (status, "neither notify-send nor osascript" in said) == (1, True)
    sink.put("notify-send", status=3)
    sink.rest("notify-desktop")
    status, said = sink("notify-desktop")
    assert (status, "ended with 3" in said) == (1, True)


# --- ntfy -----------------------------------------------------------------------------------------


class Ntfy(http.server.BaseHTTPRequestHandler):
    """A server of topics; `seen` is what was posted to it."""

    seen: list[tuple[str, dict[str, Any], str]]
    status = 200

    def do_POST(self) -> None:
        """Take what is posted."""
        text = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((self.path, json.loads(text), self.headers.get("Authorization", "")))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[tuple[str, type[Ntfy]]]:
    """Its address, and what was posted."""

    class Mine(Ntfy):
        seen: list[tuple[str, dict[str, Any], str]] = []  # noqa: RUF012  one for each test

    with http.server.HTTPServer(("127.0.0.1", 0), Mine) as found:
        thread = threading.Thread(target=found.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{found.server_port}", Mine
        found.shutdown()
        thread.join()


def settle(hall: Hall, **settings: str) -> None:
    """Write settings of the sink."""
    lines = "".join(f"  {name}: {value}\n" for name, value in settings.items())
    path = hall.space / "settings.local.yaml"
    public = "messaging: {relay: {public_url: 'https://mail.example.org/'}}\n"
    path.write_text(f"notify:\n{lines}{public}")


def test_one_post_with_the_right_fields(
    sink: Sink, hall: Hall, server: tuple[str, type[Ntfy]], tmp_path: Path
) -> None:
    """Topic, title, message, priority, tags, where to look; no body, and the token in a header."""
    url, seen = server
    (tmp_path / "token").write_text("tk_secret\n")
    settle(hall, ntfy_url=f"{url}/mail", ntfy_token_file=str(tmp_path / "token"))
    assert sink("notify-ntfy") == (0, "")
    assert seen.seen == [
        (
            "/",
            {
                "topic": "mail",
                "title": "crt",
                "message": "Disk <b>full</b>",
                "priority": 4,
                "tags": ["envelope"],
                "click": "https://mail.example.org/thread/msg-1",
            },
            "Bearer tk_secret",
        )
    ]


def test_a_server_that_refuses_or_is_away_is_said(
    sink: Sink, hall: Hall, server: tuple[str, type[Ntfy]]
) -> None:
    """In one line; nothing hangs."""
    url, seen = server
    seen.status = 403
    settle(hall, ntfy_url=f"{url}/mail")
    status, said = sink("notify-ntfy")
    assert (status, "HTTP 403" in said) == (1, True)
    settle(hall, ntfy_url="http://127.0.0.1:9/mail")
    sink.rest("notify-ntfy")
    status, said = sink("notify-ntfy")
    assert (status, "does not answer" in said) == (1, True)


@pytest.mark.parametrize("url", ["", "https://ntfy.example.org/", "ftp://x/y"])
def test_without_a_server_and_a_topic_it_says_what_to_set(sink: Sink, hall: Hall, url: str) -> None:
    """As a command."""
    if url:
        settle(hall, ntfy_url=url)
    status, said = sink("notify-ntfy")
    assert status == 1
    assert "notify.ntfy_url" in said


def test_a_sink_is_executable_and_says_what_it_is() -> None:
    """Input, Output, Status, as every hook."""
    for name in ("notify-desktop", "notify-ntfy"):
        path = HOOKS / name
        assert os.access(path, os.X_OK)
        text = path.read_text()
        assert [word in text for word in ("# Input: ", "# Output: ", "# Status: ")] == [True] * 3
