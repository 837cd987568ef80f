"""`task`: what agents are given to do. Here only the words; each verb's work has its own module.

Numbers, tokens and holders are checked before a file is opened, and a value that a service refuses
is named by the flag that brought it.
"""

from __future__ import annotations

import argparse
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from orgpost.cli.reading import count
from orgpost.errors import InvalidField

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orgpost.cli.desk import Desk

_LIMIT: Final = 50
_AGENT: Final = "the agent; else you, or your only one"
# What the services call otherwise than the flags do.
_FLAGS: Final[Mapping[str, str]] = {
    "estimated_tokens": "tokens",
    "task_type": "type",
    "max_attempts": "max-attempts",
    "lease_seconds": "lease-seconds",
    "result_path": "result-path",
    "quality_score": "quality",
}


_NO_FLAGS: Final = frozenset({"title", "body"})


class _Verb(NamedTuple):
    home: str
    what: str
    add: Callable[[argparse.ArgumentParser], None]


def add(command: str, parser: argparse.ArgumentParser) -> None:
    """Say what the command understands: `task` with all its verbs, or one of them."""
    verb = command.partition(" ")[2]
    if verb:
        _add_verb(verb, parser)
        return
    parser.description = "Tasks of agents: give, decide, work, look."
    below = parser.add_subparsers(metavar="|".join(VERBS), required=True, dest="verb")
    for name, each in VERBS.items():
        _add_verb(name, below.add_parser(name, help=each.what))


def _add_verb(verb: str, parser: argparse.ArgumentParser) -> None:
    each = VERBS[verb]
    parser.description = f"{each.what[0].upper()}{each.what[1:]}."
    each.add(parser)
    parser.set_defaults(run=_run, verb=verb)


def _run(args: Any, desk: Desk) -> None:
    run = getattr(import_module(f"orgpost.cli.{VERBS[args.verb].home}"), f"run_{args.verb}")
    try:
        run(args, desk)
    except InvalidField as error:
        flag = _FLAGS.get(error.field, error.field)
        raise InvalidField(flag, error.why, hint=_hint(flag, error.hint, args.verb)) from None


def _hint(flag: str, hint: str, verb: str) -> str:
    said = "" if hint == InvalidField.advice else hint
    if flag in _NO_FLAGS or f"--{flag}" in said:
        return said or f"orgpost task {verb} --help"
    return f"--{flag}: {said}" if said else f"another --{flag}: orgpost task {verb} --help"


# --- values that are checked before anything is read --------------------------------------------


def token(words: str) -> int:
    """Read what proves a claim."""
    if not re.fullmatch("[1-9][0-9]{0,17}", words):
        raise argparse.ArgumentTypeError(f"{words[:40]!r} is no token: a whole number from 1 on")
    return int(words)


def _holder(words: str) -> str:
    from orgpost.task import HOLDER

    if not re.fullmatch(HOLDER, words):
        raise argparse.ArgumentTypeError("must be 1 to 100 of A-Z a-z 0-9 . _ @ : + -")
    return words


def whole(words: str) -> int:
    """Read a whole number, whose bounds the services know."""
    if not re.fullmatch("-?[0-9]{1,18}", words):
        raise argparse.ArgumentTypeError(f"{words[:40]!r} is no whole number")
    return int(words)


def _share(words: str) -> float:
    if not re.fullmatch(r"-?[0-9]{0,9}\.?[0-9]{1,9}", words):
        raise argparse.ArgumentTypeError(f"{words[:40]!r} is no number from 0 to 1")
    return float(words)


def _seconds(words: str) -> int:
    found = re.fullmatch("([0-9]{1,9})([smhd]?)", words)
    if found is None:
        raise argparse.ArgumentTypeError(f"{words[:40]!r} is no time: 90, 90s, 30m or 2h")
    return int(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}[found[2]]


# --- words that several verbs have --------------------------------------------------------------


def _add_agent(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("agent", nargs="?", metavar="AGENT", help=_AGENT)


def _add_id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="an id, or a part of one")


def _add_ids(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", nargs="+", metavar="ID", help="ids, or parts of them")
    _add_quiet(parser)


def _add_quiet(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="no mail about it, and no words")


def _add_token(parser: argparse.ArgumentParser) -> None:
    what = "which claim; else $ORGPOST_TASK_TOKEN"
    parser.add_argument("--token", type=token, metavar="N", help=what)


def _add_lease(parser: argparse.ArgumentParser) -> None:
    what = "for how long it is yours, from now"
    parser.add_argument("--lease-seconds", type=whole, metavar="N", help=what)


# --- giving and looking -------------------------------------------------------------------------


def _add_add(parser: argparse.ArgumentParser) -> None:
    text, number = parser.add_argument, parser.add_argument
    text("agent", metavar="AGENT", help="whose task it will be")
    text("title", metavar="TITLE", help="one line")
    text("body", nargs="?", metavar="TEXT", help="what is to be done; - reads stdin")
    text("--body-file", metavar="F", help="take the text from a file")
    number("--effort", type=whole, default=1, metavar="N", help="1 to 100")
    number("--tokens", type=whole, default=0, metavar="N", help="what it may cost, as you guess")
    text("--priority", default="normal", help="high, normal or low")
    text("--tag", action="append", default=[], help="letters, digits and _@#%%")
    text("--depends-on", action="append", default=[], metavar="ID", help="to be done before")
    text("--scheduled", metavar="WHEN", help="not before: a date, a time, or +2h")
    text("--deadline", metavar="WHEN", help="until when; it only informs")
    text("--type", metavar="TYPE", help="what sort of work it is")
    text("--payload", metavar="JSON|@FILE", help="a value for the program that does it")
    number("--max-attempts", type=whole, metavar="N", help="1 to 100; else the setting")
    number("--timeout", type=_seconds, metavar="SECONDS", help="of its program; also 30m")
    text("--accept", metavar="COMMAND", help="the worker runs it on the result; owners only")
    text("--expects", default="result", help="none, ack, reply or result")
    text("--id", help="add again with the same id: nothing happens twice")
    text("--parent", metavar="ID", help="the task or message on whose account you add it")


def _add_list(parser: argparse.ArgumentParser) -> None:
    _add_agent(parser)
    parser.add_argument("--state", action="append", default=[], metavar="S", help="QUEUED, DONE …")
    parser.add_argument("--from", dest="sender", metavar="ACTOR", help="from this sender")
    parser.add_argument("--ready", action="store_true", help="that could be claimed now")
    parser.add_argument("--blocked", action="store_true", help="queued, and not ready")
    parser.add_argument("--awaiting", action="store_true", help="waiting for approval or tokens")
    parser.add_argument("--planned", action="store_true", help="with a schedule or a deadline")
    parser.add_argument("--mine", action="store_true", help="of all your agents")
    parser.add_argument("--all", action="store_true", help="every state, of the hot file")
    what = "at most so many of each state"
    parser.add_argument("--each", type=count, default=0, metavar="N", help=what)
    parser.add_argument("--limit", type=count, default=_LIMIT, metavar="N", help="0 is no limit")


def _add_show(parser: argparse.ArgumentParser) -> None:
    _add_id(parser)
    parser.add_argument("--raw", action="store_true", help="the entry's bytes")
    parser.add_argument("--body", action="store_true", help="the body's bytes")
    parser.add_argument("--full", action="store_true", help="however long it is")


def _add_counts(parser: argparse.ArgumentParser) -> None:
    _add_agent(parser)


def _add_graph(parser: argparse.ArgumentParser) -> None:
    _add_agent(parser)
    parser.add_argument("--dot", action="store_true", help="in the language of Graphviz")


# --- deciding -----------------------------------------------------------------------------------


def _add_reject(parser: argparse.ArgumentParser) -> None:
    _add_ids(parser)
    parser.add_argument("--reason", required=True, metavar="R", help="why, on one line")


def _add_cancel(parser: argparse.ArgumentParser) -> None:
    _add_ids(parser)
    parser.add_argument("--reason", default="", metavar="R", help="why, on one line")
    parser.add_argument("--now", action="store_true", help="take it from its holder; owners only")


def _add_revise(parser: argparse.ArgumentParser) -> None:
    _add_id(parser)
    _add_quiet(parser)
    what = "what should be better; - reads stdin"
    parser.add_argument("--feedback", required=True, metavar="T", help=what)


def _add_archive(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", nargs="*", metavar="ID", help="ids, or parts of them")
    parser.add_argument("--auto", action="store_true", help="what the settings say is old")
    parser.add_argument("--older-than", metavar="WHEN", help="finished, and older than that: 30d")
    parser.add_argument("--dry-run", action="store_true", help="say what would move")


# --- working ------------------------------------------------------------------------------------


def _add_claim(parser: argparse.ArgumentParser) -> None:
    _add_agent(parser)
    _add_lease(parser)
    parser.add_argument("--holder", type=_holder, metavar="H", help="who, for people to read")
    parser.add_argument("--limit", type=whole, default=1, metavar="N", help="1 to 100 at once")
    parser.add_argument("--id", metavar="ID", help="this one, or none")


def _add_renew(parser: argparse.ArgumentParser) -> None:
    _add_id(parser)
    _add_token(parser)
    _add_lease(parser)
    parser.add_argument("--tokens", type=whole, metavar="N", help="used so far")


def _add_release(parser: argparse.ArgumentParser) -> None:
    _add_id(parser)
    _add_token(parser)
    parser.add_argument("--reason", default="", metavar="R", help="why, on one line")


def _add_complete(parser: argparse.ArgumentParser) -> None:
    _add_id(parser)
    _add_token(parser)
    parser.add_argument("--result", metavar="TEXT", help="what came of it; - reads stdin")
    parser.add_argument("--tokens", type=whole, metavar="N", help="really used")
    parser.add_argument("--result-path", metavar="P", help="an address, or a file of the space")
    parser.add_argument("--quality", type=_share, metavar="Q", help="0 to 1")
    _add_quiet(parser)


def _add_fail(parser: argparse.ArgumentParser) -> None:
    _add_id(parser)
    _add_token(parser)
    parser.add_argument("--error", required=True, metavar="TEXT", help="what went wrong")
    parser.add_argument("--tokens", type=whole, metavar="N", help="used for nothing")
    parser.add_argument("--final", action="store_true", help="do not try again")
    _add_quiet(parser)


VERBS: Final[Mapping[str, _Verb]] = {
    "add": _Verb("task_adding", "give an agent something to do", _add_add),
    "list": _Verb("task_listing", "list what is not over, in the order of claims", _add_list),
    "show": _Verb("task_showing", "read a task; through a pipe in a frame, as data", _add_show),
    "approve": _Verb("task_deciding", "let waiting tasks in", _add_ids),
    "reject": _Verb("task_deciding", "turn waiting tasks away", _add_reject),
    "cancel": _Verb("task_deciding", "take tasks back; a holder is asked to stop", _add_cancel),
    "claim": _Verb("task_working", "take the next task that is ready, under a lease", _add_claim),
    "renew": _Verb("task_working", "keep a task for another lease", _add_renew),
    "release": _Verb("task_working", "give a task back; that is no failed attempt", _add_release),
    "complete": _Verb("task_working", "finish a task; its sender is answered", _add_complete),
    "fail": _Verb("task_working", "report a failed attempt", _add_fail),
    "retry": _Verb("task_deciding", "queue dead, failed or cancelled tasks again", _add_ids),
    "revise": _Verb("task_deciding", "ask for a finished task again, better", _add_revise),
    "archive": _Verb("task_sorting", "move tasks that are over to the archive", _add_archive),
    "counts": _Verb("task_listing", "count tasks by their states", _add_counts),
    "graph": _Verb("task_listing", "show which tasks wait for which", _add_graph),
}
