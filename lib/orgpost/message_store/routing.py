"""Further places to which a message's text goes: a copy, a file of the space, a GitHub issue.

All routes are checked before anything is written; they run after the message is stored. The text
reaches other programs on their stdin and never as an argument, and no shell is asked.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orgpost.errors import Failed, InvalidField, OrgpostError, OutsideSpace
from orgpost.frozen import NamedTuple
from orgpost.org.entry import drawer_lines
from orgpost.org.quote import encode_body, one_line, shown
from orgpost.org.stamp import format_stamp
from orgpost.store.elsewhere import amend_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orgpost.message import Message
    from orgpost.message_store.desk import Desk

COPY: Final = "copy"
FILE: Final = "file"
GITHUB: Final = "github"

_ISSUE: Final = r"(?:([A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+)#)?([0-9]{1,9})"
_CLOSED: Final = (("org", "messaging"), (".orgpost",), (".git",))
_SETTINGS: Final = "settings.local.yaml"
_LOCK_SECONDS: Final = 10.0


class Route(NamedTuple):
    """A checked destination: as it was asked for, of which kind, and where."""

    dest: str
    kind: str
    place: str


class Outcome(NamedTuple):
    """What became of a route."""

    dest: str
    ok: bool
    detail: str


class Routing:
    """Checks destinations, and delivers to those outside of the mail."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def checked(self, dest: str, sender: str) -> Route:
        """Read a destination: ``@user``, ``file:PATH`` or ``github:[OWNER/REPO#]N``."""
        dest = one_line("route", dest)
        kind, _, place = dest.partition(":")
        if dest.startswith("@"):
            return Route(dest, COPY, self._desk.contacts().resolve(dest, sender=sender).id)
        if kind == FILE and place:
            return Route(dest, FILE, self._checked_path(place))
        if kind == GITHUB and re.fullmatch(_ISSUE, place):
            return Route(dest, GITHUB, place)
        raise InvalidField("route", f"{dest!r} is none of @user, file:PATH, github:[OWNER/REPO#]N")

    def run(self, route: Route, message: Message) -> Outcome:
        """Deliver a stored message's text to a file or an issue."""
        try:
            if route.kind == FILE:
                return Outcome(route.dest, ok=True, detail=self._to_file(route.place, message))
            return Outcome(route.dest, ok=True, detail=self._to_github(route.place, message.body))
        except OrgpostError as error:
            return Outcome(route.dest, ok=False, detail=str(error))

    # -- files -------------------------------------------------------------------------------

    def _checked_path(self, place: str) -> str:
        """Give where the file really lies, relative to the space, if it may be written."""
        space = self._desk.space.resolve()
        path = Path(place)
        if path.is_absolute():
            raise OutsideSpace(place, "must be a path inside the space")
        real = (space / path).resolve()
        if not real.is_relative_to(space):
            raise OutsideSpace(place, "leads outside of the space")
        inside = real.relative_to(space)
        if any(_is_below(inside.parts, folder) for folder in _CLOSED) or not inside.parts:
            raise OutsideSpace(place, "is not a place for routes")
        if inside.name == _SETTINGS or real.is_dir():
            raise OutsideSpace(place, "is not a file for routes")
        return str(inside)

    def _to_file(self, place: str, message: Message) -> str:
        # The check was made before the message was stored: a folder may have become a link since.
        path = self._checked_path(place)
        text = self._section(path, message).encode("utf-8", "surrogateescape")
        amend_file(
            self._desk.space.resolve(),
            path,
            lambda data: data + (b"\n" if data and not data.endswith(b"\n") else b"") + text,
            clock=self._desk.clock,
            seconds=_LOCK_SECONDS,
        )
        return path

    def _section(self, path: str, message: Message) -> str:
        stamp = format_stamp(self._desk.clock.now(), self._desk.clock.zone())
        title = shown(f"{message.sender}: {message.subject}")
        if not path.endswith(".org"):
            return f"## {title}\n\n{stamp}\n\n{message.body}\n\n"
        encoding, body = encode_body(message.body)
        facts = [("FROM", message.sender), ("CREATED", stamp), ("BODY_ENC", encoding)]
        drawer = drawer_lines([(name, value) for name, value in facts if value])
        return "\n".join([f"* {title}", *drawer, body])

    # -- issues ------------------------------------------------------------------------------

    def _to_github(self, place: str, body: str) -> str:
        import subprocess

        repo, _, number = place.rpartition("#")
        command = ["gh", "issue", "comment", number, *(["--repo", repo] if repo else [])]
        limit = self._desk.rules.route_timeout_seconds
        try:
            done = subprocess.run(  # noqa: S603  no shell, and the text goes to stdin
                [*command, "--body-file", "-"],
                input=body.encode("utf-8", "surrogatepass"),
                capture_output=True,
                cwd=self._desk.space,
                timeout=limit,
                check=False,
            )
        except FileNotFoundError:
            raise Failed("there is no program gh", hint="install the GitHub CLI") from None
        except subprocess.TimeoutExpired:
            raise Failed(f"gh took longer than {limit} seconds") from None
        if done.returncode:
            raise Failed(f"gh ended with {done.returncode}: {_first_words(done.stderr)}")
        return _first_words(done.stdout)


def _first_words(output: bytes) -> str:
    return shown(output.decode("utf-8", "replace").strip().partition("\n")[0])


def _is_below(parts: Sequence[str], folder: Sequence[str]) -> bool:
    return tuple(part.casefold() for part in parts[: len(folder)]) == tuple(folder)
