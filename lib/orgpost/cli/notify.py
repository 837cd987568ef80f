"""The sinks of `listen --exec`: one event on stdin, and a person is told that there is something.

Sender and subject alone are shown, and of a sender of tier unknown neither; at most one notice in
five seconds, and the next one says how many there were in between.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from orgpost.cli.door import guarded
from orgpost.clock import Clock
from orgpost.errors import Failed
from orgpost.frozen import NamedTuple
from orgpost.space import find
from orgpost.spelled import one_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.client import HTTPConnection

    from orgpost.config import Settings

QUIET_SECONDS: Final = 5.0
_POST_SECONDS: Final = 5.0
_LARGEST: Final = 1 << 20
_PRIORITIES: Final = {"high": 4, "normal": 3, "low": 2}
_FINE: Final = range(200, 300)
_WORDS: Final = {"message": "message", "task": "task"}


class Notice(NamedTuple):
    """What a person is told."""

    title: str
    text: str
    kind: str = "message"
    priority: str = "normal"
    id: str = ""


def desktop() -> int:
    """Show a notice on this screen."""
    return guarded(lambda _: _tell("notify-desktop", lambda _: _on_screen), ())


def ntfy() -> int:
    """Post a notice to the server of the settings."""
    return guarded(lambda _: _tell("notify-ntfy", _poster), ())


def _tell(name: str, make: Callable[[Settings], Callable[[Notice], None]]) -> int:
    from orgpost import settings_file

    notice = notice_of(sys.stdin.buffer.read(_LARGEST))
    if notice is None:
        return 0
    space = find()
    show = make(settings_file.load(space, os.environ))
    left = _Pace(name, space).step()
    if left is not None:
        more = f" (and {left} more)" if left else ""
        show(notice._replace(text=f"{notice.text}{more}"))
    return 0


# --- what is told ---------------------------------------------------------------------------------


def notice_of(line: bytes) -> Notice | None:
    """Make a notice of an event; None where nobody need be told."""
    try:
        event: dict[str, Any] = json.loads(line)
        kind = event["event"]
    except (ValueError, TypeError, KeyError):
        raise Failed("stdin held no event", hint="orgpost listen --exec …") from None
    if kind == "folded":
        return _more(int(event["count"]))
    if kind not in _WORDS or event.get("change") != "new":
        return None
    sender, subject = event.get("from"), event.get("subject")
    if subject is None:
        return Notice("orgpost", f"a {_WORDS[kind]} from somebody unknown", kind)
    facts = (kind, str(event.get("priority")), str(event.get("id")))
    return Notice(one_line(str(sender)), one_line(str(subject)), *facts)


def _more(count: int) -> Notice:
    return Notice("orgpost", f"{count} more")


class _Pace:
    """When one was shown last, and how many were not; below ``.orgpost/run/``."""

    def __init__(self, name: str, space: Path) -> None:
        from orgpost.store import FileStore

        self._name, self._clock = name, Clock()
        self._store = FileStore(space, self._clock)
        self._path = space / ".orgpost/run" / f"{name}.json"

    def step(self) -> int | None:
        """Give how many were left out since the last one; None where it is too soon for another."""
        from orgpost.store import replace_file

        with self._store, self._store.lock(f"run/{self._name}"):
            shown, left = self._read()
            now = self._clock.wall_ns() / 10**9
            is_soon = 0 <= now - shown < QUIET_SECONDS
            note = [shown, left + 1] if is_soon else [now, 0]
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(self._path, json.dumps(note).encode(), mode=0o600)
        return None if is_soon else left

    def _read(self) -> tuple[float, int]:
        try:
            shown, left = json.loads(self._path.read_bytes())
            return float(shown), int(left)
        except (OSError, ValueError, TypeError):
            return 0.0, 0


# --- where ----------------------------------------------------------------------------------------


def _on_screen(notice: Notice) -> None:
    if program := shutil.which("notify-send"):
        # Its text may hold marks, its title may not.
        argv = [program, "--app-name=orgpost", "--", notice.title, escape(notice.text)]
    elif program := shutil.which("osascript"):
        script = "display notification (item 2 of argv) with title (item 1 of argv)"
        argv = [program, "-e", "on run argv", "-e", script, "-e", "end run"]
        argv += [notice.title, notice.text]
    else:
        raise Failed("neither notify-send nor osascript is here", hint="install libnotify")
    done = subprocess.run(argv, check=False, timeout=_POST_SECONDS)  # noqa: S603  our own words, as words
    if done.returncode:
        raise Failed(f"{program} ended with {done.returncode}")


def _poster(settings: Settings) -> Callable[[Notice], None]:
    url = settings.text("notify.ntfy_url")
    if url is None:
        hint = "orgpost config set notify.ntfy_url https://ntfy.example.org/TOPIC"
        raise Failed("notify.ntfy_url is not set", hint=hint)
    parts = urlsplit(url)
    base, _, topic = parts.path.rpartition("/")
    if parts.scheme not in {"http", "https"} or not parts.hostname or not topic:
        raise Failed("notify.ntfy_url is no address of a server and a topic")
    headers = {"Content-Type": "application/json"}
    if (file := settings.text("notify.ntfy_token_file")) is not None:
        headers["Authorization"] = f"Bearer {_token(Path(file))}"
    public = settings.text("messaging.relay.public_url")

    def post(notice: Notice) -> None:
        data: dict[str, Any] = {
            "topic": topic,
            "title": notice.title,
            "message": notice.text,
            "priority": _PRIORITIES.get(notice.priority, 3),
            "tags": ["clipboard" if notice.kind == "task" else "envelope"],
        }
        if public is not None and notice.id:
            page = "task" if notice.kind == "task" else "thread"
            data["click"] = f"{public.rstrip('/')}/{page}/{notice.id}"
        _post(_connection(url), base or "/", data, headers)

    return post


def _token(file: Path) -> str:
    try:
        return file.read_text("ascii").strip()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "is no text"
        raise Failed(f"the token in {file} cannot be read: {why}") from None


def _connection(url: str) -> HTTPConnection:
    from http.client import HTTPConnection, HTTPSConnection

    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=_POST_SECONDS)


def _post(
    connection: HTTPConnection, path: str, data: dict[str, Any], headers: dict[str, str]
) -> None:
    from http.client import HTTPException

    try:
        connection.request("POST", path, json.dumps(data), headers)
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        words = getattr(error, "strerror", None) or type(error).__name__
        raise Failed(f"{connection.host} does not answer: {words}") from None
    finally:
        connection.close()
    if status not in _FINE:
        raise Failed(f"{connection.host} answers HTTP {status}")
