"""The words of the command line: which commands there are, and what each understands.

Only the parser of the command that was named is built: the others would cost every start.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NoReturn

from orgpost.errors import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_HOMES: Final[Mapping[str, str]] = {
    "init": "places",
    "send": "sending",
    "inbox": "reading",
    "show": "reading",
    "reply": "sending",
    "mark": "sorting",
    "archive": "sorting",
    "thread": "reading",
    "search": "reading",
    "broadcast": "sending",
    "digest": "overview",
    "trace": "overview",
    "contacts": "people",
    "migrate": "places",
    "doctor": "places",
    "config": "options",
}
_WIDTH: Final = 98

HELP: Final = """\
orgpost [--space DIR] [--as ACTOR] [--json] COMMAND ...     a post office of plain Org files

  init [DIR]              make a space            send TO [TEXT|-]     write to somebody
  inbox                   what is unread          show ID              read one
  reply ID|last [TEXT|-]  answer                  mark ID... STATE     read unread todo done clear
  archive ID...|--auto    move away what is done  thread ID            a conversation
  search WORDS            find mail               broadcast [TEXT|-]   write to everybody
  digest                  the state of things     trace ID             how far a message got
  contacts                who is who              config               settings
  migrate [DIR]           take over an old space  doctor               what is wrong, and --fix
  hook EVENT              what a coding agent's hook runs

  TEXT of - is read from stdin. An ID may be a unique part of one. orgpost COMMAND --help says more.
  Exit status: 0 done, 1 failed, 2 usage, 3 not found, 4 wrong state or conflict, 5 refused,
  6 not permitted, 65 malformed data, 75 busy: try again, 78 bad settings.
"""


class _HelpAsked(Exception):
    """Somebody wants to read about a command."""


class _Help(argparse.HelpFormatter):
    """Formats help for any terminal; to ask for this one's width would cost each start."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_WIDTH)


class Parser(argparse.ArgumentParser):
    """An argument parser that says `Usage` and leaves printing to others."""

    def __init__(self, **facts: Any) -> None:
        super().__init__(**{"formatter_class": _Help, "allow_abbrev": False, **facts})

    def error(self, message: str) -> NoReturn:
        """Refuse what was given."""
        hint = self.format_usage().removeprefix("usage: ").strip()
        raise Usage(message, hint=" ".join(hint.split()))

    def print_help(self, _file: object = None) -> NoReturn:
        """Hand the help to who prints."""
        raise _HelpAsked(self.format_help())


def parse(words: list[str]) -> Any:
    """Give the parsed words, or a text to show."""
    command = _command_of(words)
    if command is None or command == "help":
        return _without_command(words)
    if command not in _HOMES:
        raise Usage(f"no such command: {command}", hint=_nearest(command))
    home = import_module(f"orgpost.cli.{_HOMES[command]}")
    parser = Parser(prog="orgpost", add_help=False, parents=[_everywhere()])
    commands = parser.add_subparsers(dest="command", parser_class=Parser, prog="orgpost")
    below = commands.add_parser(command, parents=[_everywhere()])
    home.add(command, below)
    try:
        return parser.parse_args(words)
    except _HelpAsked as asked:
        return str(asked).rstrip()


def _everywhere() -> Parser:
    # Understood before and after the command: an absent flag must not overrule a given one.
    parser = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    parser.add_argument("--space", metavar="DIR", help="the space (else looked for)")
    parser.add_argument("--as", dest="actor_name", metavar="ACTOR", help="who acts")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    return parser


def _command_of(words: Sequence[str]) -> str | None:
    takes_value = False
    for word in words:
        if takes_value:
            takes_value = False
        elif word in {"--space", "--as"}:
            takes_value = True
        elif not word.startswith("-"):
            return word
    return None


def _without_command(words: Sequence[str]) -> str:
    if "--version" in words:
        from orgpost import __version__

        return f"orgpost {__version__}"
    flags = {word for word in words if word.startswith("-")} - {"--json", "-h", "--help"}
    if "help" not in words and (flags or not words or set(words) <= {"--json"}):
        odd = f"unknown flag: {' '.join(sorted(flags))}" if flags else "no command was given"
        raise Usage(odd, hint="orgpost help")
    return HELP.rstrip()


def _nearest(command: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(command, _HOMES, n=1)
    return f"did you mean {near[0]}? orgpost help lists all" if near else "orgpost help lists all"
