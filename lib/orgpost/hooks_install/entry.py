"""What we put into a client's file, and how we know again later that it is ours."""

from __future__ import annotations

import re
import shlex
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from orgpost.frozen import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

GATE: Final = "orgpost-hook"
OLD_DOORS: Final = ("inbox-watcher.py", "inbox-watcher")


class Entry(NamedTuple):
    """One thing of ours in a file: a last item of the list at `path`, or a member named `key`.

    `event` is empty for an MCP server, and for a mark that a file needs, which is put only where
    it is missing.
    """

    path: tuple[str, ...]
    value: Any
    key: str = ""
    event: str = ""
    is_mark: bool = False


class Found(NamedTuple):
    """A handler that stands in a file: for which event, what it runs, and where it stands.

    `line` is what a shell is given; empty where the client runs the words themselves.
    """

    event: str
    words: list[str]
    place: tuple[int, ...] = ()
    line: str = ""

    @property
    def program(self) -> PurePath:
        """What is run; of a script that is named to an interpreter, the script."""
        rest = [word for word in self.words[1:2] if PurePath(self.words[0]).name[:6] == "python"]
        return PurePath((rest or self.words or [""])[0])

    @property
    def client(self) -> str:
        """Whose dialect the gate is asked to speak."""
        plain = [word for word in self.words[1:] if not word.startswith("-")]
        return plain[0] if plain and self.program.name == GATE else ""

    def is_named_ours(self, hooks: Path) -> bool:
        """Say whether it runs a gate, or the old door of this very package."""
        name = self.program.name
        return name == GATE or (name in OLD_DOORS and self.program.parent == hooks)


def words_of(value: Any) -> tuple[list[str], str]:
    """The words that a handler runs, and the line for a shell; no words where it runs nothing."""
    if not isinstance(value, dict):
        return [], ""
    if isinstance(value.get("action"), dict):
        return words_of(value["action"])
    command = next((value[key] for key in ("command", "bash") if key in value), None)
    args = value.get("args")
    if isinstance(command, list):
        return [word for word in command if isinstance(word, str)], ""
    if not isinstance(command, str):
        return [], ""
    if isinstance(args, list):
        return [command, *(word for word in args if isinstance(word, str))], ""
    return shell_words(command), command


def runs_mcp(server: Any) -> bool:
    """Say whether an MCP server is ours: it runs `orgpost mcp`, however it is written."""
    words, _ = words_of(server)
    program = PurePath(words[0]).name if words else ""
    return "mcp" in words and (program == "orgpost" or words[1:3] == ["-m", "orgpost"])


def shell_words(line: str) -> list[str]:
    """The words of a line for a shell; one that no shell can read is one word."""
    try:
        return shlex.split(_plain(line))
    except ValueError:
        return [line]


def quoted(words: Sequence[str]) -> str:
    """Write words as a line that any shell takes for these words and nothing else."""
    return " ".join(map(shlex.quote, words))


def quoted_without_dollars(words: Sequence[str]) -> str:
    """The same for a client that puts variables in before its shell (bash) sees the line."""
    return " ".join(_ansi(word) if "$" in word else shlex.quote(word) for word in words)


def _ansi(word: str) -> str:
    spelt = word.replace("\\", "\\\\").replace("'", "\\'").replace("$", "\\x24")
    return f"$'{spelt}'"


def _plain(line: str) -> str:
    """Undo `_ansi`, which only bash reads."""

    def unspell(hit: re.Match[str]) -> str:
        word = hit[1].replace("\\x24", "$").replace("\\'", "'").replace("\\\\", "\\")
        return shlex.quote(word)

    return re.sub(r"(?<!\S)\$'((?:[^'\\]|\\.)*)'(?!\S)", unspell, line)
