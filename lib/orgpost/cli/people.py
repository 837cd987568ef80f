"""`contacts`: who is who, and how far each is trusted."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from orgpost.cli.show import one_line
from orgpost.names import TIERS

if TYPE_CHECKING:
    import argparse

    from orgpost.cli.desk import Desk
    from orgpost.contact import Actor


_KINDS: Final = ("person", "agent", "helper")


def add(_command: str, parser: argparse.ArgumentParser) -> None:
    """Say what the command understands."""
    parser.description = "List, add, remove and trust actors."
    parser.set_defaults(run=_list, kind=None, tier=None)
    below = parser.add_subparsers(metavar="list|show|add|remove|trust")
    listing = below.add_parser("list", help="everybody")
    listing.add_argument("--kind", choices=_KINDS, help="of this kind only")
    listing.add_argument("--tier", choices=TIERS, help="of this tier only")
    listing.set_defaults(run=_list)
    showing = below.add_parser("show", help="one actor")
    showing.add_argument("id", metavar="ID")
    showing.set_defaults(run=_show)
    _add_add(below.add_parser("add", help="somebody new"))
    removing = below.add_parser("remove", help="out of the registry; the mail stays")
    removing.add_argument("id", metavar="ID")
    removing.add_argument(
        "--force", action="store_true", help="with unread mail or open tasks, too"
    )
    removing.set_defaults(run=_remove)
    trusting = below.add_parser("trust", help="how far somebody is trusted")
    trusting.add_argument("id", metavar="ID")
    trusting.add_argument("tier", choices=TIERS)
    trusting.set_defaults(run=_trust)


def _add_add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="1 to 48 of a-z 0-9 _ -")
    parser.add_argument("--name", help="how people call them")
    parser.add_argument("--kind", default="person", choices=_KINDS, help="what they are")
    parser.add_argument("--owner", metavar="ACTOR", help="of an agent; else you")
    parser.add_argument("--tier", default="unknown", choices=TIERS, help="how far trusted")
    parser.add_argument("--handle", action="append", default=[], metavar="@H", help="another name")
    parser.set_defaults(run=_add)


def _list(args: Any, desk: Desk) -> None:
    actors = [
        actor
        for actor in desk.contacts.actors
        if args.kind in {None, actor.kind} and args.tier in {None, actor.trust_tier}
    ]
    desk.show.answer({"actors": [actor.to_dict() for actor in actors]}, map(_row, actors))


def _row(actor: Actor) -> str:
    owner = f" of {actor.owner}" if actor.owner else ""
    handles = " ".join(actor.handles)
    row = f"{actor.id}  {actor.name}  {actor.kind}{owner}  {actor.trust_tier}  {handles}"
    return one_line(row.rstrip())


def _show(args: Any, desk: Desk) -> None:
    contacts = desk.contacts
    actor = contacts.resolve(args.id)
    unread = len(desk.messages.find_unread(actor.id))
    tier = contacts.effective_tier(actor.id)
    data = {**actor.to_dict(), "unread": unread, "effective_tier": tier}
    desk.show.answer(data, [_row(actor), f"{unread} unread, effectively {tier}"])


def _add(args: Any, desk: Desk) -> None:
    owner = args.owner or (desk.me if args.kind == "agent" else None)
    added = desk.post.contacts.add(
        args.id,
        name=args.name,
        kind=args.kind,
        owner=owner,
        trust_tier=args.tier,
        handles=args.handle,
        by=desk.me_or_none(),
    )
    _tell_hooks(desk)
    words = "added" if added.created else "was there already:"
    data = {**added.actor.to_dict(), "created": added.created}
    desk.show.answer(data, [f"{words} {_row(added.actor)}"])


def _remove(args: Any, desk: Desk) -> None:
    desk.contacts.must_be_good()
    actor = desk.contacts.resolve(args.id)
    id, unread = actor.id, len(desk.messages.find_unread(actor.id))
    tasks = 0 if actor.kind == "person" else len(desk.post.inbox(id).in_turn())
    desk.post.contacts.remove(id, unread=unread, tasks=tasks, force=args.force)
    _tell_hooks(desk)
    desk.show.answer({"removed": id}, [f"removed {id}"])


def _trust(args: Any, desk: Desk) -> None:
    changed = desk.post.contacts.trust(args.id, args.tier, by=desk.me_or_none())
    _tell_hooks(desk)
    data = {**changed.actor.to_dict(), "changed": changed.changed}
    words = "trusts now:" if changed.changed else "as before:"
    desk.show.answer(data, [f"{words} {_row(changed.actor)}"])


def _tell_hooks(desk: Desk) -> None:
    from orgpost.hook_copy import renew

    renew(desk.post.space, os.environ)
