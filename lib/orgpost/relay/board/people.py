"""The page about people: who is known here, how far each is trusted, and who is there now."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from orgpost.relay.board.looks import When, when

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orgpost.post import Post
    from orgpost.relay.board.desk import Present


class Person(NamedTuple):
    """An actor, and whether it is there."""

    id: str
    name: str
    kind: str
    owner: str
    tier: str
    status: str
    note: str
    since: When | None
    seen: When | None


def people(post: Post, there: Sequence[Present]) -> list[Person]:
    """Give everybody: who is there first, then by name."""
    contacts, present = post.contacts.load(), {each.actor: each for each in there}
    found = []
    for actor in contacts.actors:
        now = present.get(actor.id)
        found.append(
            Person(
                id=actor.id,
                name=actor.name if actor.name != actor.id else "",
                kind=actor.kind,
                owner=actor.owner or "",
                tier=contacts.tier(actor.id),
                status=now.status if now else "offline",
                note=now.note if now else "",
                since=when(now.since, post.clock) if now else None,
                seen=when(post.messages.last_seen(actor.id), post.clock),
            )
        )
    return sorted(found, key=lambda person: (person.status == "offline", person.id))
