"""`thread` and `search`: mail that is somewhere, archives included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orgpost.cli.reading import add_limit
from orgpost.cli.rows import message_row, message_rows
from orgpost.errors import Usage

if TYPE_CHECKING:
    import argparse

    from orgpost.cli.desk import Desk
    from orgpost.message_store import Search


def add(command: str, parser: argparse.ArgumentParser) -> None:
    """Say what the command understands."""
    {"thread": _add_thread, "search": _add_search}[command](parser)


def _add_thread(parser: argparse.ArgumentParser) -> None:
    parser.description = "Show a conversation, from the id of any message in it."
    parser.add_argument("id", metavar="ID", help="an id, or a part of one")
    parser.set_defaults(run=_thread)


def _thread(args: Any, desk: Desk) -> None:
    thread = desk.messages.thread(_thread_of(args.id, desk))
    depths: dict[str, int] = {}
    lines = []
    for message in thread.messages:
        depths[message.id] = depths.get(message.reply_to or "", -1) + 1
        lines.append("  " * depths[message.id] + message_row(message, desk))
    data = {
        "actor": desk.me_or_none(),
        "thread": thread.id,
        "messages": [desk.with_tier(m) for m in thread.messages],
    }
    desk.show.answer(data, lines)


def _thread_of(part: str, desk: Desk) -> str:
    """Give the message whose thread is meant, or the thread of a task."""
    if not part.startswith("task-"):
        return desk.id(part)
    return desk.post.tasks.plain_task(desk.post.tasks.resolve(part, event="thread")).thread


def _add_search(parser: argparse.ArgumentParser) -> None:
    parser.description = "Find mail: all words, in any case, in subject, text, people and tags."
    parser.add_argument("words", nargs="*", metavar="WORD")
    parser.add_argument("--regex", action="store_true", help="the words are regular expressions")
    parser.add_argument("--from", dest="sender", metavar="ACTOR", help="from this sender")
    parser.add_argument("--to", metavar="ACTOR", help="to this recipient")
    parser.add_argument("--tag", help="with this tag")
    parser.add_argument("--state", metavar="S", help="in this state")
    parser.add_argument("--since", metavar="WHEN", help="a time, or 24h: since then")
    parser.add_argument("--until", metavar="WHEN", help="a time, or 24h: before then")
    parser.add_argument("--in", dest="scope", default="mine", help="mine, all or archive")
    add_limit(parser)
    parser.set_defaults(run=_search)


def _search(args: Any, desk: Desk) -> None:
    asked = _asked(args, desk)
    with desk.show.working("searching"):
        hits = desk.messages.search(desk.me, asked, limit=args.limit)
    left_out = hits.total - len(hits.messages)
    data = {
        "actor": desk.me,
        "query": " ".join(args.words),
        "messages": [desk.with_tier(message) for message in hits.messages],
        "total": hits.total,
        "left_out": left_out,
    }
    lines = message_rows(hits.messages, desk) or ["Nothing found."]
    desk.show.answer(data, [*lines, *([f"{left_out} more: --limit 0"] if left_out else [])])


def _asked(args: Any, desk: Desk) -> Search:
    from orgpost.cli.when import since
    from orgpost.message_store import Search

    filters = (args.sender, args.to, args.tag, args.state, args.since, args.until)
    if not args.words and not any(filters):
        raise Usage("search for what?", hint="orgpost search WORD… , or a flag such as --from")
    return Search(
        words=args.words,
        regex=args.regex,
        sender=desk.actor(args.sender) if args.sender else None,
        to=desk.actor(args.to) if args.to else None,
        tag=args.tag,
        state=args.state.upper() if args.state else None,
        since=since(args.since, desk.clock, "since"),
        until=since(args.until, desk.clock, "until"),
        scope=args.scope,
    )
