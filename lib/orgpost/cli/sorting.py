"""`mark` and `archive`: all ids and moves are checked before the first is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orgpost.cli.show import one_line
from orgpost.errors import Usage

if TYPE_CHECKING:
    import argparse

    from orgpost.cli.desk import Desk


def add(command: str, parser: argparse.ArgumentParser) -> None:
    """Say what the command understands."""
    {"mark": _add_mark, "archive": _add_archive}[command](parser)


def _add_mark(parser: argparse.ArgumentParser) -> None:
    parser.description = "Change the state of messages."
    parser.add_argument(
        "words", nargs="+", metavar="ID… STATE", help="read, unread, todo, done or clear"
    )
    parser.add_argument("--all", action="store_true", help="instead of ids: all your unread mail")
    parser.set_defaults(run=_mark)


def _mark(args: Any, desk: Desk) -> None:
    *parts, word = args.words
    if bool(parts) == args.all:
        raise Usage("mark needs ids, or --all", hint="orgpost mark ID… STATE")
    desk.contacts.must_be_good()
    if args.all:
        ids = [message.id for message in desk.messages.find_unread(desk.me)]
    else:
        ids = [desk.id(part) for part in parts]
    marked = desk.messages.mark(ids, word)
    desk.show.answer(
        {"marked": [m._asdict() for m in marked]}, [one_line(f"{m.id} {m.state}") for m in marked]
    )


def _add_archive(parser: argparse.ArgumentParser) -> None:
    parser.description = "Move finished mail out of the inbox; it can still be found and shown."
    parser.add_argument("ids", nargs="*", metavar="ID", help="ids, or parts of them")
    parser.add_argument("--auto", action="store_true", help="what the settings say is old")
    parser.add_argument("--older-than", metavar="WHEN", help="finished, and older than that: 30d")
    parser.add_argument("--dry-run", action="store_true", help="say what would move")
    parser.set_defaults(run=_archive)


def _archive(args: Any, desk: Desk) -> None:
    from orgpost.cli.when import since

    if sum(map(bool, (args.ids, args.auto, args.older_than))) != 1:
        raise Usage("archive needs ids, --auto or --older-than", hint="give one of them")
    desk.contacts.must_be_good()
    if args.ids:
        ids = [desk.id(part) for part in args.ids]
        done = desk.messages.archive(*ids, dry_run=args.dry_run)
    else:
        before = since(args.older_than, desk.clock, "older-than")
        with desk.show.working("archiving"):
            done = desk.messages.archive_old(desk.me, before=before, dry_run=args.dry_run)
    files = [f"org/messaging/{path}" for path in done.files]
    data = {"archived": done.ids, "files": files, "left": done.left, "dry_run": done.dry_run}
    said = "would archive" if args.dry_run else "archived"
    desk.show.answer(data, [f"{said} {len(done.ids)}"])
