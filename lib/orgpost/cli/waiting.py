"""`wait` and `listen`: block until there is something, or tell each change as it happens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from orgpost.cli.show import one_line
from orgpost.errors import UnknownActor
from orgpost.names import NAME

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from datetime import timedelta

    from orgpost.cli.desk import Desk
    from orgpost.listening.waiter import Result, Wanted

_KINDS: Final = ("message", "task", "exit", "any")


def add(command: str, parser: argparse.ArgumentParser) -> None:
    """Say what the command understands."""
    {"wait": _add_wait}[command](parser)


def _add_wait(parser: argparse.ArgumentParser) -> None:
    parser.description = "Wait until there is something for you, and give it once."
    parser.add_argument("--timeout", default="30m", metavar="D", help="how long; 0s looks once")
    parser.add_argument("--for", dest="kind", choices=_KINDS, default="any", help="what for")
    parser.add_argument("--again", action="store_true", help="also what was given before")
    parser.add_argument("--bodies", action="store_true", help="with the texts")
    parser.set_defaults(run=_wait)


def _wait(args: Any, desk: Desk) -> None:
    from orgpost.listening.signs import FileSigns
    from orgpost.listening.waiter import Waiter

    wanted, me = _wanted(args), _whoever(desk)
    signs = FileSigns(desk.post)
    try:
        result = Waiter(desk.post, me, signs, wanted).wait()
    finally:
        signs.close()
    desk.show.answer(result.to_dict(), _lines(result, me))


def _wanted(args: Any) -> Wanted:
    from orgpost.listening.waiter import Wanted

    timeout = _timeout(args.timeout)
    return Wanted(args.kind, timeout, again=args.again, bodies=args.bodies)


def _timeout(words: str) -> timedelta:
    from datetime import timedelta

    from orgpost.cli.when import duration

    if re.fullmatch("0+[smhdw]?", words):
        return timedelta(0)
    return duration(words, "timeout", most=timedelta(days=365))


def _whoever(desk: Desk) -> str:
    """Give who waits: also one who was somebody here, and is not any more, and must be told so."""
    from orgpost.listening.handed import Memory

    try:
        return desk.me
    except UnknownActor as error:
        name = str(error.name)
        if re.fullmatch(NAME, name):
            post = desk.post
            places = (f"inbox/{name}.org", f"agents/{name}.org")
            if Memory(post, name).exists() or any(post.store.view(each).exists for each in places):
                return name
        raise


def _lines(result: Result, me: str) -> Iterator[str]:
    if result.reason is not None:
        yield one_line(f"{me} is to leave: {result.reason}")
    if not result.items:
        yield f"Nothing came for {me}."
    for item in result.items:
        facts = item.head
        yield one_line(" ".join(f"{word}" for word in _words(item.where, facts) if word))
    if result.more:
        yield f"{result.more} more: orgpost wait"


def _words(where: str, facts: dict[str, Any]) -> Iterator[str]:
    yield where.removesuffix("s")
    yield facts["id"]
    if "rung" in facts:
        yield facts["rung"]
        return
    yield f"from {facts['from']} ({facts['tier']})"
    if "order" in facts:
        yield facts["order"] if facts["obeyed"] else f"{facts['order']}, not obeyed: {facts['why']}"
    yield facts.get("subject", "")
    if "body" in facts:
        yield f"| {facts['body']}"
