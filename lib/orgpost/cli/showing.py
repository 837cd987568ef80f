"""`show`: one message. At a terminal for a person; through a pipe in a frame, as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orgpost.cli.show import one_line, safe
from orgpost.errors import Usage

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from orgpost.cli.desk import Desk
    from orgpost.message import Message


def add(_command: str, parser: argparse.ArgumentParser) -> None:
    """Say what the command understands."""
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
    _check(args, desk)
    id = desk.id(args.id)
    saved = _save(args, id, desk) if args.save else []
    if args.read:
        _mark_read(id, desk)
    found, message = desk.messages.locate(id), desk.messages.find_by_id(id)
    if args.raw or args.body:
        show_bytes(found.raw if args.raw else message.body, desk)
    else:
        data = {
            **desk.with_tier(message),
            "where": {"file": f"org/messaging/{found.source.path}", "line": found.line},
            "verified": "local",
            "body_is": "data",
            **({"saved": saved} if args.save else {}),
        }
        lines = () if desk.show.json else _words(args, message, desk)
        desk.show.answer(data, [*lines, *(f"saved {one_line(path)}" for path in saved)])
    if desk.settings.truth("messaging.auto_mark_read"):
        with desk.only_warned("not marked as read"):
            _mark_read(id, desk)


def _check(args: Any, desk: Desk) -> None:
    if args.force and not args.save:
        raise Usage("--force goes with --save")
    if args.raw + args.body + desk.show.json > 1:
        raise Usage("--raw, --body and --json are three answers", hint="give one of them")
    if args.read:
        desk.contacts.must_be_good()


def _save(args: Any, id: str, desk: Desk) -> list[str]:
    from pathlib import Path

    paths = desk.messages.save_files(id, Path(args.save), force=args.force)
    return [str(path) for path in paths]


def _mark_read(id: str, desk: Desk) -> None:
    message = desk.messages.find_by_id(id)
    if message.state == "UNREAD" and message.to == desk.me:
        desk.messages.mark_read(id)


def show_bytes(content: bytes | str, desk: Desk) -> None:
    """Give an entry or a body as it is; at a terminal, spelled out."""
    data = _bytes(content) if isinstance(content, str) else content
    if desk.show.terminal:
        desk.show.answer(None, [safe(data.decode("utf-8", "surrogateescape"))])
    else:
        desk.show.raw(data)


def _bytes(body: str) -> bytes:
    try:
        return body.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a character, which only a program can have sent
        return body.encode("utf-8", "surrogatepass")


def _words(args: Any, message: Message, desk: Desk) -> Iterable[str]:
    tier = desk.tier(message)
    if desk.show.terminal:
        return _plain_view(message, tier, desk)
    from orgpost.frame import LIMIT, frame

    limit = None if args.full else LIMIT
    return [frame(message, tier, "local", desk.clock, limit=limit).text]


def _plain_view(message: Message, tier: str, desk: Desk) -> list[str]:
    created = message.created.astimezone(desk.clock.zone()) if message.created else None
    head = f"from {message.sender} ({tier}) to {message.to}"
    lines = [
        head + (f", {created:%Y-%m-%d %H:%M}" if created else ""),
        " ".join([message.state, message.id, *(f"#{tag}" for tag in message.tags)]),
        *(f"file {file['name']}, {file['size']} bytes, {file['status']}" for file in message.files),
    ]
    subject = desk.show.paint(one_line(message.subject), "bold")
    return [subject, *map(one_line, lines), "", safe(message.body.removesuffix("\n"))]
