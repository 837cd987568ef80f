"""The command line's door, as tests use it: words in; status, words and one document out."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from orgpost.cli import main

if TYPE_CHECKING:
    import pytest

LIB: Final = Path(__file__).resolve().parents[2] / "lib"


class Answer(NamedTuple):
    """What a command gave."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one document on stdout; anything more is a failure."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        assert self.out.count("\n") == 1, "one document, on one line"
        return found

    @property
    def data(self) -> Any:
        """The data of a command that worked."""
        assert self.document["ok"] is True, self.document
        return self.document["data"]

    @property
    def code(self) -> str:
        """The error's code."""
        assert self.document["ok"] is False
        return str(self.document["error"]["code"])


class Cli:
    """Runs commands in this process, in one space."""

    def __init__(
        self, space: Path, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch
    ) -> None:
        self.space, self._capsys, self._patch = space, capsys, patch

    def __call__(self, *words: str, stdin: bytes | None = None) -> Answer:
        """Run one command; without `stdin`, reading it is a failure."""
        self._patch.setattr(sys, "stdin", _Unread() if stdin is None else _Stdin(stdin))
        self._capsys.readouterr()
        status = main(words)
        out, err = self._capsys.readouterr()
        return Answer(status, out, err)

    def data(self, *words: str, stdin: bytes | None = None) -> Any:
        """Run one command that must work; its data."""
        answer = self("--json", *words, stdin=stdin)
        assert answer.status == 0, answer
        return answer.data

    def id(self, *words: str) -> str:
        """Send something; its id."""
        return str(self.data(*words)["id"])

    def files(self) -> dict[str, bytes]:
        """Every file of the space but what is private."""
        return {
            str(path.relative_to(self.space)): path.read_bytes()
            for path in sorted(self.space.rglob("*"))
            if path.is_file() and ".orgpost" not in path.parts
        }


class _Unread:
    """A stdin that nobody may read."""

    @property
    def buffer(self) -> Any:
        message = "stdin was read"
        raise AssertionError(message)


class _Stdin:
    """A stdin that holds bytes."""

    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


def command(*words: str) -> list[str]:
    """Give the argv of a process of its own."""
    return [sys.executable, "-m", "orgpost", *words]


def environment(**more: str) -> dict[str, str]:
    """Give what such a process is told."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return {**kept, "PYTHONPATH": str(LIB), **more}


def process(*words: str, stdin: bytes = b"", **more: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command as a process of its own."""
    env = environment(**more)
    return subprocess.run(command(*words), env=env, input=stdin, capture_output=True, check=False)


def on_a_terminal(*words: str, **more: str) -> tuple[int, bytes]:
    """Run a command on a terminal of its own; its status, and what the terminal was sent."""
    ours, theirs = os.openpty()
    with subprocess.Popen(
        command(*words), env=environment(**more), stdin=theirs, stdout=theirs, stderr=theirs
    ) as program:
        os.close(theirs)
        sent = b""
        while piece := _read_until_closed(ours):
            sent += piece
    os.close(ours)
    return program.returncode, sent


def _read_until_closed(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""
