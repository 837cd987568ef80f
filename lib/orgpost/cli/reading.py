"""`inbox`: what waits for somebody; reading marks nothing, unless the settings ask for it."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from typing import TYPE_CHECKING, Any, Final

from orgpost.cli.rows import message_rows
from orgpost.cli.show import one_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from datetime import datetime

    from orgpost.cli.desk import Desk
    from orgpost.message import Message
    from orgpost.message_store import Query

LIMIT: Final = 20


def count(words: str) -> int:
    """Read a number that counts something."""
    if not re.fullmatch("[0-9]{1,18}", words):
        raise ArgumentTypeError(f"{words[:40]!r} is no number: 0, which is no limit, or more")
    return int(words)


def add_limit(parser: argparse.ArgumentParser) -> None:
    """Let somebody say how many are listed."""
    parser.add_argument("--limit", type=count, default=LIMIT, metavar="N", help="0 is no limit")


def add(_command: str, parser: argparse.ArgumentParser) -> None:
    """Say what the command understands."""
    parser.description = "List your unread mail: high first, then the newest."
    parser.add_argument("--all", action="store_true", help="every state, of the hot file")
    parser.add_argument("--state", action="append", default=[], metavar="S", help="UNREAD, READ …")
    parser.add_argument("--from", dest="sender", metavar="ACTOR", help="from this sender")
    parser.add_argument("--tag", help="with this tag")
    parser.add_argument("--priority", help="high, normal or low")
    parser.add_argument("--since", metavar="WHEN", help="a time, or 24h: since then")
    parser.add_argument("--files", action="store_true", help="with files")
    parser.add_argument("--stale", action="store_true", help="unread for long")
    parser.add_argument("--oldest", action="store_true", help="the oldest first")
    parser.add_argument("--all-spaces", action="store_true", help="of all messaging.spaces")
    add_limit(parser)
    parser.set_defaults(run=_inbox)


def _inbox(args: Any, desk: Desk) -> None:
    if args.all_spaces:
        _all_spaces(args, desk)
        return
    data, lines, messages = _one_inbox(args, desk)
    desk.show.answer(data, lines)
    _mark(messages, desk)


def _all_spaces(args: Any, desk: Desk) -> None:
    spaces, lines = [], []
    for space, other in desk.every_space():
        data, rows, messages = _one_inbox(args, other)
        spaces.append({"space": space, **data})
        lines += [one_line(space), *(f"  {row}" for row in rows)]
        _mark(messages, other)
    desk.show.answer({"spaces": spaces}, lines)


def _one_inbox(args: Any, desk: Desk) -> tuple[dict[str, Any], list[str], Sequence[Message]]:
    desk.settle()
    query = _query(args, desk)
    found = desk.messages.list_inbox(desk.me, query)
    plain = query == type(query)()  # then what is listed is what is unread
    messages = list(found[: args.limit] if args.limit else found)
    left_out = len(found) - len(messages)
    data = {
        "actor": desk.me,
        "messages": [desk.with_tier(message) for message in messages],
        "unread": len(found) if plain else len(desk.messages.find_unread(desk.me)),
        "total": len(found),
        "left_out": left_out,
    }
    lines = message_rows(messages, desk)
    if left_out:
        lines.append(f"{left_out} more: orgpost inbox --limit 0")
    if not messages:
        lines.append(f"No {'such' if data['unread'] or args.all else 'unread'} mail for {desk.me}.")
    return data, lines, messages


def _query(args: Any, desk: Desk) -> Query:
    from orgpost.message_store import Query

    states = tuple(state.upper() for state in args.state)
    query = Query(
        sender=desk.actor(args.sender) if args.sender else None,
        tag=args.tag,
        priority=args.priority,
        with_files=args.files,
        stale=args.stale,
        oldest=args.oldest,
    )
    if states or args.all:
        query = query._replace(states=states)
    return query._replace(since=_since(args.since, desk)) if args.since else query


def _since(words: str, desk: Desk) -> datetime | None:
    from orgpost.cli.when import since

    return since(words, desk.clock, "since")


def _mark(messages: Sequence[Message], desk: Desk) -> None:
    unread = [message.id for message in messages if message.state == "UNREAD"]
    if unread and desk.settings.truth("messaging.auto_mark_read"):
        with desk.only_warned("not marked as read"):
            desk.messages.mark_read(*unread)
