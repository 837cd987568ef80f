"""`inbox`, `show`, `thread` and `search`: reading marks nothing, unless that was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orgpost.cli.rows import message_rows
from orgpost.cli.show import one_line, safe
from orgpost.errors import Usage

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

    from orgpost.cli.desk import Desk
    from orgpost.message import Message
    from orgpost.message_store import Query

LIMIT = 20


def add(command: str, parser: argparse.ArgumentParser) -> None:
    """Say what the command understands."""
    adders = {"inbox": _add_inbox, "show": _add_show, "thread": _add_thread, "search": _add_search}
    adders[command](parser)


def _limit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit", type=int, default=LIMIT, metavar="N", help="0 is no limit")


# --- inbox --------------------------------------------------------------------------------------


def _add_inbox(parser: argparse.ArgumentParser) -> None:
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
    _limit(parser)
    parser.set_defaults(run=_inbox)


def _inbox(args: Any, desk: Desk) -> None:
    if args.all_spaces:
        _all_spaces(args, desk)
        return
    data, lines, messages = _one_inbox(args, desk)
    desk.show.answer(data, lines)
    unread = [message.id for message in messages if message.state == "UNREAD"]
    if unread and desk.settings.truth("messaging.auto_mark_read"):
        desk.messages.mark_read(*unread)


def _one_inbox(args: Any, desk: Desk) -> tuple[dict[str, Any], list[str], Sequence[Message]]:
    _settle(desk)
    found = desk.messages.list_inbox(desk.me, _query(args, desk))
    messages = list(found[: args.limit] if args.limit > 0 else found)
    data = {
        "actor": desk.me,
        "messages": [desk.with_tier(message) for message in messages],
        "unread": len(desk.messages.find_unread(desk.me)),
        "total": len(found),
        "left_out": len(found) - len(messages),
    }
    lines = message_rows(messages, desk)
    if data["left_out"]:
        lines.append(f"{data['left_out']} more: orgpost inbox --limit 0")
    if not messages:
        what = "unread mail" if not (args.all or args.state) else "such mail"
        lines.append(f"No {what} for {desk.me}.")
    return data, lines, messages


def _settle(desk: Desk) -> None:
    """Bounce what expired; a broken contacts file or a busy one must not hide the mail."""
    from orgpost.errors import OrgpostError

    try:
        desk.messages.settle(desk.me)
    except OrgpostError as error:
        desk.show.warn(f"expired mail was not bounced: {error}")


def _query(args: Any, desk: Desk) -> Query:
    from orgpost.cli.when import when
    from orgpost.message_store import Query

    states = tuple(state.upper() for state in args.state)
    return Query(
        states=states if states or args.all else Query().states,
        sender=desk.actor(args.sender) if args.sender else None,
        tag=args.tag,
        priority=args.priority,
        since=when(args.since, desk.clock, "since", past=True) if args.since else None,
        with_files=args.files,
        stale=args.stale,
        oldest=args.oldest,
    )


def _all_spaces(args: Any, desk: Desk) -> None:
    spaces, lines = [], []
    for space, other in desk.every_space():
        data, rows, _ = _one_inbox(args, other)
        spaces.append({"space": space, **data})
        lines += [one_line(space), *(f"  {row}" for row in rows)]
    desk.show.answer({"spaces": spaces}, lines)


# --- show ---------------------------------------------------------------------------------------


def _add_show(parser: argparse.ArgumentParser) -> None:
    parser.description = "Read a message. Through a pipe it comes in a frame: data, no orders."
    parser.add_argument("id", metavar="ID", help="an id, or a part of one")
    parser.add_argument("--read", action="store_true", help="mark it READ")
    parser.add_argument("--raw", action="store_true", help="the entry's bytes")
    parser.add_argument("--body", action="store_true", help="the body's bytes")
    parser.add_argument("--full", action="store_true", help="however long it is")
    parser.add_argument("--save", metavar="DIR", help="save its files there")
    parser.add_argument("--force", action="store_true", help="with --save: write over files")
    parser.set_defaults(run=_show)


def _show(args: Any, desk: Desk) -> None:
    if args.force and not args.save:
        raise Usage("--force goes with --save")
    id = desk.id(args.id)
    found, message = desk.messages.locate(id), desk.messages.find_by_id(id)
    saved = _save(args, message, desk) if args.save else []
    if desk.show.json:
        data = {
            **desk.with_tier(message),
            "where": {"file": found.source.path, "line": found.line},
            "verified": "local",
            "body_is": "data",
        }
        desk.show.answer(data | ({"saved": saved} if args.save else {}))
    elif args.raw or args.body:
        _show_bytes(args, found.raw, message, desk)
    else:
        desk.show.answer(None, [*_words(args, message, desk), *saved])
    if args.read or desk.settings.truth("messaging.auto_mark_read"):
        _mark_read(message, desk)


def _save(args: Any, message: Message, desk: Desk) -> list[str]:
    from pathlib import Path

    paths = desk.messages.save_files(message.id, Path(args.save), force=args.force)
    return [safe(str(path)) for path in paths]


def _show_bytes(args: Any, raw: bytes, message: Message, desk: Desk) -> None:
    data = raw if args.raw else message.body.encode("utf-8", "surrogateescape")
    if desk.show.terminal:
        desk.show.answer(None, [safe(data.decode("utf-8", "surrogateescape"))])
    else:
        desk.show.raw(data)


def _words(args: Any, message: Message, desk: Desk) -> Iterable[str]:
    tier = desk.tier(message)
    if desk.show.terminal:
        return _plain_view(message, tier, desk)
    from orgpost.cli.frame import frame

    return [frame(message, tier, "local", desk.clock, full=args.full)]


def _plain_view(message: Message, tier: str, desk: Desk) -> list[str]:
    paint = desk.show.paint
    created = message.created.astimezone(desk.clock.zone()) if message.created else None
    lines = [
        paint(one_line(message.subject), "bold"),
        f"from {one_line(message.sender)} ({tier}) to {one_line(message.to)}"
        + (f", {created:%Y-%m-%d %H:%M}" if created else ""),
        f"{message.state} {message.id}",
    ]
    lines += [
        f"file {one_line(str(f['name']))}, {f['size']} bytes, {f['status']}" for f in message.files
    ]
    return [*lines, "", safe(message.body.removesuffix("\n"))]


def _mark_read(message: Message, desk: Desk) -> None:
    if message.state == "UNREAD" and message.to == desk.me:
        desk.messages.mark_read(message.id)


# --- thread and search --------------------------------------------------------------------------


def _add_thread(parser: argparse.ArgumentParser) -> None:
    parser.description = "Show a conversation, from the id of any message in it."
    parser.add_argument("id", metavar="ID", help="an id, or a part of one")
    parser.set_defaults(run=_thread)


def _thread(args: Any, desk: Desk) -> None:
    thread = desk.messages.thread(desk.id(args.id))
    depths: dict[str, int] = {}
    lines = []
    for message in thread.messages:
        depths[message.id] = depths.get(message.reply_to or "", -1) + 1
        (row,) = message_rows([message], desk)
        lines.append("  " * depths[message.id] + row)
    data = {"thread": thread.id, "messages": [desk.with_tier(m) for m in thread.messages]}
    desk.show.answer(data, lines)


def _add_search(parser: argparse.ArgumentParser) -> None:
    parser.description = "Find mail: all words, in any case, in subject, text, people and tags."
    parser.add_argument("words", nargs="*", metavar="WORD")
    parser.add_argument("--regex", action="store_true", help="the words are regular expressions")
    parser.add_argument("--from", dest="sender", metavar="ACTOR")
    parser.add_argument("--to", metavar="ACTOR")
    parser.add_argument("--tag")
    parser.add_argument("--state", metavar="S")
    parser.add_argument("--since", metavar="WHEN")
    parser.add_argument("--until", metavar="WHEN")
    parser.add_argument("--in", dest="scope", default="mine", help="mine, all or archive")
    _limit(parser)
    parser.set_defaults(run=_search)


def _search(args: Any, desk: Desk) -> None:
    from orgpost.cli.when import when
    from orgpost.message_store import Search

    times = {
        name: when(text, desk.clock, name, past=True) if (text := getattr(args, name)) else None
        for name in ("since", "until")
    }
    asked = Search(
        words=args.words,
        regex=args.regex,
        sender=desk.actor(args.sender) if args.sender else None,
        to=desk.actor(args.to) if args.to else None,
        tag=args.tag,
        state=args.state.upper() if args.state else None,
        scope=args.scope,
        **times,
    )
    hits = desk.messages.search(desk.me, asked, limit=max(0, args.limit))
    left_out = hits.total - len(hits.messages)
    data = {
        "query": " ".join(args.words),
        "messages": [desk.with_tier(message) for message in hits.messages],
        "total": hits.total,
        "left_out": left_out,
    }
    lines = message_rows(hits.messages, desk) or ["Nothing found."]
    desk.show.answer(data, [*lines, *([f"{left_out} more: --limit 0"] if left_out else [])])
