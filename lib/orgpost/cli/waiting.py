"""`wait` and `listen`: block until there is something, or tell each change as it happens."""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orgpost.cli.show import one_line
from orgpost.errors import InvalidField, UnknownActor
from orgpost.names import NAME

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence
    from datetime import timedelta

    from orgpost.cli.desk import Desk
    from orgpost.listening.listener import Event, Listening
    from orgpost.listening.runner import Runner
    from orgpost.listening.signs import Hear, Link
    from orgpost.listening.waiter import Result, Wanted

_KINDS: Final = ("message", "task", "exit", "any")


def add(command: str, parser: argparse.ArgumentParser) -> None:
    """Say what the command understands."""
    {"wait": _add_wait, "listen": _add_listen}[command](parser)


def _add_wait(parser: argparse.ArgumentParser) -> None:
    parser.description = "Wait until there is something for you, and give it once."
    parser.add_argument("--timeout", default="30m", metavar="D", help="how long; 0s looks once")
    parser.add_argument("--for", dest="kind", choices=_KINDS, default="any", help="what for")
    parser.add_argument("--again", action="store_true", help="also what was given before")
    parser.add_argument("--bodies", action="store_true", help="with the texts")
    _add_relay(parser)
    parser.set_defaults(run=_wait)


def _add_relay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--relay", metavar="URL", help="another relay than that of the space")
    parser.add_argument("--token-file", metavar="F", help="what lets us in there")


def _wait(args: Any, desk: Desk) -> None:
    from orgpost.listening.signs import FileSigns
    from orgpost.listening.waiter import Waiter

    wanted, me = _wanted(args), _whoever(desk)
    signs = FileSigns(desk.post, _joining(args, desk, me, [f"inbox/{me}"]))
    try:
        result = Waiter(desk.post, me, signs, wanted).wait()
        desk.show.answer(result.to_dict(), _lines(result, me))
        # Who waits need not wait for a relay to say goodbye, too.
        desk.show.flush()
    finally:
        signs.close()


def _add_listen(parser: argparse.ArgumentParser) -> None:
    parser.description = "Tell each change as it happens, a line of JSON for each."
    parser.add_argument("--since", choices=("now", "unread"), default="now", help="from when on")
    parser.add_argument("--cursor", metavar="F", help="a file that keeps what was told")
    parser.add_argument("--box", action="append", default=[], metavar="B", help="inbox/me and such")
    parser.add_argument("--marks", action="store_true", help="also what becomes of read mail")
    parser.add_argument("--bodies", action="store_true", help="with the texts")
    parser.add_argument("--max", type=int, metavar="N", help="end after so many")
    parser.add_argument("--timeout", metavar="D", help="end after so long")
    parser.add_argument("--presence", action="store_true", help="also who comes and goes")
    _add_relay(parser)
    parser.add_argument("--exec", nargs="+", metavar="CMD", help="run this for each; comes last")
    parser.set_defaults(run=_listen)


def _listen(args: Any, desk: Desk) -> None:
    import signal

    from orgpost.listening.cursor import Cursor
    from orgpost.listening.listener import Listener
    from orgpost.listening.signs import watch_of

    post, me = desk.post, desk.me
    cursor = Cursor(Path(args.cursor).absolute(), me) if args.cursor else None
    wanted = _listening(args, desk)
    boxes = [*wanted.boxes, *(["presence"] if args.presence else [])]
    join = _joining(args, desk, me, boxes)
    if args.exec:
        _check_program(args.exec[0], desk)
    files = watch_of(desk.post)
    runner = _runner(args.exec, desk) if args.exec else None
    tell = partial(_tell, desk, runner)
    listener = Listener(post, wanted, files, tell, cursor=cursor, join=join)
    before = signal.signal(signal.SIGTERM, lambda *_: listener.stop())
    try:
        listener.listen()
        if runner is not None and not listener.was_stopped:
            runner.finish()
    finally:
        signal.signal(signal.SIGTERM, before)
        files.close()
        if runner is not None:
            runner.stop()


def _listening(args: Any, desk: Desk) -> Listening:
    from orgpost.listening.listener import Listening

    if args.max is not None and args.max < 1:
        raise InvalidField("max", "must be 1 or more")
    timeout = _timeout(args.timeout) if args.timeout else None
    boxes = tuple(dict.fromkeys(_boxes(args, desk)))
    return Listening(boxes, args.since == "unread", args.bodies, args.max, timeout)


def _boxes(args: Any, desk: Desk) -> Iterator[str]:
    from orgpost.relay.boxes import box_of, may_hear

    me, contacts = desk.me, desk.contacts
    actor = contacts.get(me)
    for text in args.box:
        box = box_of(text)
        if box is None or not may_hear(box, me, contacts):
            hint = f"inbox/{me}, marks/{me}, sent/{me}, agents/AGENT"
            raise InvalidField("box", f"{text[:60]!r} is no box of {me}", hint=hint)
        yield str(box)
    if not args.box:
        yield f"inbox/{me}"
        if actor is not None and actor.kind == "agent":
            yield f"agents/{me}"
    if args.marks:
        yield from (f"marks/{me}", f"sent/{me}")


def _check_program(word: str, desk: Desk) -> None:
    """Refuse what can be no program; warn of one that is not there, which may come."""
    if not word or word.startswith("-"):
        hint = "--exec CMD ARG… comes last: give the flags of listen before it"
        raise InvalidField("exec", f"{word!r} is no program", hint=hint)
    import shutil

    if shutil.which(word) is not None:
        return
    why = "is not on $PATH" if "/" not in word else "is not there"
    if Path(word).is_file() and "/" in word:
        why = f"cannot be run: chmod +x {word}"
    desk.show.warn(f"--exec {word}: {why}; until it is, changes are told and nothing is run")


def _runner(argv: list[str], desk: Desk) -> Runner:
    from orgpost.listening.listener import line_of
    from orgpost.listening.runner import FOLDED, Runner

    return Runner(
        argv,
        {**os.environ, "ORGPOST_SPACE": str(desk.post.space)},
        fold=lambda count: line_of(desk.post, FOLDED, count=count),
        report=desk.show.warn,
    )


def _tell(desk: Desk, runner: Runner | None, event: Event) -> None:
    from orgpost.listening.listener import LINK, READY
    from orgpost.listening.runner import Job

    desk.show.raw(event.line)
    if runner is not None and event.kind not in {READY, LINK}:
        runner.put(Job(event.kind, event.line))


def _joining(args: Any, desk: Desk, me: str, boxes: Sequence[str]) -> Callable[[Hear], Link]:
    """Give what connects us with a relay; nothing of it is loaded before."""
    from orgpost.relay.finding import Finding

    finding = Finding(desk.post, me, os.environ, url=args.relay, token_file=args.token_file)
    finding.check()

    def join(hear: Hear) -> Link:
        from orgpost.relay.link import Link

        backoff = desk.settings.whole("messaging.relay.auth_backoff_seconds")
        link = Link(
            *(finding, boxes, hear, desk.show.warn), clock=desk.clock, backoff_seconds=backoff
        )
        link.start()
        return link

    return join


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
