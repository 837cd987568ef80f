"""`digest` and `trace`: the state of things, and how far a message got."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orgpost.cli.ages import age, seen
from orgpost.cli.show import one_line

if TYPE_CHECKING:
    import argparse

    from orgpost.cli.desk import Desk
    from orgpost.message_store import Digest


def add(command: str, parser: argparse.ArgumentParser) -> None:
    """Say what the command understands."""
    {"digest": _add_digest, "trace": _add_trace}[command](parser)


def _add_digest(parser: argparse.ArgumentParser) -> None:
    parser.description = "Say in a few lines what your mail looks like."
    parser.add_argument("--today", action="store_true", help="silent where the settings say so")
    parser.add_argument("--since", default="24h", metavar="WHEN", help="count senders since then")
    parser.add_argument("--all-spaces", action="store_true", help="of all messaging.spaces")
    parser.add_argument("--format", default="text", choices=["text", "org", "md"])
    parser.set_defaults(run=_digest)


def _digest(args: Any, desk: Desk) -> None:
    if args.today and not desk.settings.truth("messaging.show_in_today"):
        desk.show.answer({}, [])
        return
    if not args.all_spaces:
        data, lines = _one_digest(args, desk)
        desk.show.answer(data, lines)
        return
    spaces, rows = [], []
    for space, other in desk.every_space():
        data, lines = _one_digest(args, other)
        spaces.append({"space": space, **data})
        rows += [one_line(space), *(f"  {line}" for line in lines)]
    desk.show.answer({"spaces": spaces}, rows)


def _one_digest(args: Any, desk: Desk) -> tuple[dict[str, Any], list[str]]:
    from orgpost.cli.when import when

    since = when(args.since, desk.clock, "since", past=True)
    desk.messages.settle(desk.me)
    digest = desk.messages.digest(desk.me, since=since)
    return digest.to_dict(), _lines(digest, args.format)


def _lines(digest: Digest, style: str) -> list[str]:
    item = {"text": "", "org": "- ", "md": "- "}[style]
    head = {"text": "", "org": "* ", "md": "## "}[style]
    lines = [f"{head}Mail of {digest.actor}: {digest.unread} unread, {digest.high} high"]
    lines.append(f"{item}{digest.todo} to do")
    lines += [f"{item}{each.unread} from {one_line(each.sender)}" for each in digest.by_sender]
    if digest.stale:
        lines.append(f"{item}{len(digest.stale)} unread for long: orgpost inbox --stale")
    if digest.expired:
        lines.append(f"{item}{len(digest.expired)} expired")
    return lines


def _add_trace(parser: argparse.ArgumentParser) -> None:
    parser.description = "Say how far a message got: stored, announced, read, answered, done."
    parser.add_argument("id", metavar="ID", help="an id, or a part of one")
    parser.set_defaults(run=_trace)


def _trace(args: Any, desk: Desk) -> None:
    trace = desk.messages.trace(desk.id(args.id))
    message = trace.message
    lines = [f"{message.id} from {one_line(message.sender)} to {one_line(message.to)}"]
    for rung in trace.rungs:
        mark = "x" if rung.reached else " "
        when = f", {age(rung.at, desk.clock)} ago" if rung.at else ""
        by = f" by {one_line(rung.by)}" if rung.by else ""
        lines.append(f"[{mark}] {rung.rung}{when}{by}")
    if message.expired:
        lines.append(f"expired{f', bounced as {trace.bounced}' if trace.bounced else ''}")
    if trace.recipient_last_seen:
        lines.append(f"{message.to} was last seen {seen(trace.recipient_last_seen)}")
    desk.show.answer(trace.to_dict(), lines)
