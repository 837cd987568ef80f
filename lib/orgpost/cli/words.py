"""The words of the command line: which commands there are, and what each understands.

Only the parser of the command that was named is built: the others would cost every start.
"""

from __future__ import annotations

import argparse
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NoReturn

from orgpost.cli import place_of_command
from orgpost.errors import Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

HOMES: Final[Mapping[str, str]] = {
    "init": "places",
    "send": "sending",
    "inbox": "reading",
    "show": "showing",
    "reply": "sending",
    "mark": "sorting",
    "archive": "sorting",
    "thread": "finding",
    "search": "finding",
    "broadcast": "sending",
    "digest": "overview",
    "trace": "overview",
    "task": "tasks",
    "contacts": "people",
    "budget": "budgets",
    "migrate": "places",
    "doctor": "places",
    "config": "options",
    "mcp": "serving",
    "hooks": "hooks",
    "relay": "relay",
    "wait": "waiting",
    "listen": "waiting",
    "ui": "ui",
    "presence": "presence",
}
# Our words are English; to look for translations of argparse's would cost each start more than
# all of the parsing.
vars(argparse)["_"] = str

_WITH_VERBS: Final = frozenset({"contacts", "config", "budget", "task", "hooks", "relay"})
# Their verbs are commands of their own: `task add AGENT --tag x TITLE` needs the slower reader.
_OF_VERBS: Final = frozenset({"task"})
_VALUED: Final = {"--space": "space", "--as": "actor_name"}
_NO_VERB: Final = re.compile(r"\Aargument \w+\|\S+: invalid choice: ")
_WIDTH: Final = 98
# An empty subject is none, as in mail.
_MAY_BE_EMPTY: Final = frozenset({"--subject"})
# Words after `--` are text, whatever they look like; no word of a command line can hold this.
_TEXT: Final = "\0"

HELP: Final = """\
orgpost COMMAND ... [--space DIR] [--as ACTOR] [--json]     a post office of plain Org files

  init [DIR]              make a space            send TO [TEXT|-]     write to somebody
  inbox                   what is unread          show ID              read one
  reply ID|last [TEXT|-]  answer                  mark ID... STATE     read unread todo done clear
  archive ID...|--auto    move away what is done  thread ID            a conversation
  search WORDS...         find mail               broadcast [TEXT|-]   write to everybody
  digest                  the state of things     trace ID             how far a message got
  contacts                who is who              config               settings
  task VERB ...           work for agents: add list show counts graph, approve reject cancel retry
                          revise archive, claim renew release complete fail
  budget                  tokens spent and left   doctor               what is wrong, and --fix
  migrate [DIR]           take over an old space
  hooks VERB              install uninstall list test stats: hooks for coding agents
  hook EVENT              what such a hook runs
  mcp                     the same verbs, by MCP      ui        mail and tasks as web pages
  wait                    until something is for me   listen    each change, as lines of JSON
  presence [STATUS]       who is there
  relay VERB              serve token status: tells who is connected what changed, at once

  TEXT of - is read from stdin; a TEXT that begins with - comes after --.
  An ID may be a part of one, of 4 characters or more. orgpost help COMMAND says more.
  Exit status: 0 done, 1 failed, 2 usage, 3 not found, 4 wrong state or conflict, 5 refused,
  6 not permitted, 65 malformed data, 75 busy: try again, 78 bad settings, 130 interrupted.
"""
_EVERYWHERE: Final = (
    "everywhere: --space DIR (else looked for), --as ACTOR (who acts), --json (one document)"
)

# What a hook runs never prints help: only `orgpost help hook` comes here.
HOOK_HELP: Final = (
    "orgpost hook [EVENT] [--host CLIENT] [--space DIR] [--as ACTOR]\n\n"
    "What a coding agent's hook runs, with the client's payload on stdin; the status is always 0."
)


class _HelpAsked(Exception):
    """Somebody wants to read about a command."""


class _Help(argparse.HelpFormatter):
    """Formats help for any terminal; to ask for this one's width would cost each start."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_WIDTH)


class _Unsaid(str):
    """A default, which argparse reads as if somebody had said it."""

    __slots__ = ()


class _Said:
    """Reads a value that says something; a script whose variable is empty means no other."""

    def __init__(self, read: Callable[[str], Any]) -> None:
        self._read = read

    def __call__(self, words: str) -> Any:
        """Read it."""
        if isinstance(words, _Unsaid):
            return self._read(str(words))
        if not words:
            raise argparse.ArgumentTypeError("is empty: give it a value, or leave it out")
        return self._read(words)

    def __repr__(self) -> str:
        return getattr(self._read, "__name__", "value")  # argparse names it in its words


class Parser(argparse.ArgumentParser):
    """An argument parser that says `Usage` and leaves printing to others."""

    def __init__(self, **facts: Any) -> None:
        given = {"formatter_class": _Help, "allow_abbrev": False, "epilog": _EVERYWHERE, **facts}
        super().__init__(**given)

    def add_argument(self, *names: str, **facts: Any) -> argparse.Action:
        """Add what somebody may say; a flag with an empty value would count as not given."""
        takes_value = facts.get("action", "append") == "append" and "nargs" not in facts
        if takes_value and names[0].startswith("--") and names[0] not in _MAY_BE_EMPTY:
            facts["type"] = _Said(facts.get("type", str))
            if isinstance(facts.get("default"), str):
                facts["default"] = _Unsaid(facts["default"])
        return super().add_argument(*names, **facts)

    def error(self, message: str) -> NoReturn:
        """Refuse what was given; a verb that is none is called by its name."""
        said = _NO_VERB.sub("no such verb: ", message)
        raise Usage(said, hint=f"{self.prog} --help; a text that begins with - goes after --")

    def print_help(self, _file: object = None) -> NoReturn:
        """Hand the help to who prints."""
        raise _HelpAsked(self.format_help())


def parse(words: Sequence[str]) -> Any:
    """Give the parsed words, or a text to show."""
    everywhere, rest = _split(words)
    if not rest:
        raise Usage("no command was given", hint="orgpost help")
    command, *own = rest
    if command == "help" and own:
        command, own = own[0], [*own[1:2], "--help"] if own[0] in _OF_VERBS else ["--help"]
    if command == "hook":
        return HOOK_HELP
    if command in {"help", "-h", "--help"}:
        return HELP.rstrip()
    if command == "--version":
        from orgpost import __version__

        return f"orgpost {__version__}"
    return _parsed(command, own, everywhere)


def parser_of(command: str) -> Parser:
    """Make the parser of one command."""
    parser = Parser(prog=f"orgpost {command}")
    home = HOMES[command.partition(" ")[0]]
    import_module(f"orgpost.cli.{home}").add(command, parser)
    return parser


def _parsed(command: str, words: list[str], everywhere: argparse.Namespace) -> Any:
    if command.startswith("-"):
        raise Usage(f"unknown flag: {command}", hint="orgpost help")
    if command not in HOMES:
        raise Usage(f"no such command: {command}", hint=_nearest(command))
    if command in _OF_VERBS and words and words[0] in _verbs_of(command):
        command, words = f"{command} {words[0]}", words[1:]
    parser = parser_of(command)
    try:
        args = _reader(parser, command, words)(words, everywhere)
    except _HelpAsked as asked:
        return str(asked).rstrip()
    found = {name: _unguarded(value) for name, value in vars(args).items()}
    return argparse.Namespace(**found, command=command)


def _verbs_of(command: str) -> Iterable[str]:
    verbs: Iterable[str] = import_module(f"orgpost.cli.{HOMES[command]}").VERBS
    return verbs


def _reader(parser: Parser, command: str, words: list[str]) -> Callable[..., argparse.Namespace]:
    # Only the slower one understands `send tex --tag x TEXT`; it knows no verbs of verbs.
    flags = any(word.startswith("-") for word in words)
    mixed = flags and len(words) > 1 and command not in _WITH_VERBS
    return parser.parse_intermixed_args if mixed else parser.parse_args


def _split(words: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """Take out what is understood everywhere; guard what stands after ``--``."""
    end = end_of_flags(words)
    text = words[end:][words[end : end + 1] == ["--"] :]
    found: dict[str, Any] = {"space": None, "actor_name": None}
    rest = list(_others(iter(words[:end]), found))
    return argparse.Namespace(**found), rest + [_TEXT + word for word in text]


def end_of_flags(words: Sequence[str]) -> int:
    """Say where our words end: at ``--``, or at the program that `listen --exec` is to run."""
    end = words.index("--") if "--" in words else len(words)
    at = place_of_command(words)
    if words[at : at + 1] == ["listen"] and "--exec" in words[at:end]:
        return words.index("--exec", at) + 1
    return end


def _others(words: Iterator[str], found: dict[str, Any]) -> Iterator[str]:
    for word in words:
        flag, equals, value = word.partition("=")
        if flag in _VALUED:
            value = value if equals else next(words, "")
            if not value or value.startswith("--"):
                raise Usage(f"{flag} needs a value", hint="orgpost help")
            found[_VALUED[flag]] = value
        elif word != "--json":
            yield word


def _unguarded(value: Any) -> Any:
    if isinstance(value, list):
        return [_unguarded(each) for each in value]
    return value.removeprefix(_TEXT) if isinstance(value, str) else value


def _nearest(command: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(command, HOMES, n=1)
    return f"did you mean {near[0]}? orgpost help lists all" if near else "orgpost help lists all"
