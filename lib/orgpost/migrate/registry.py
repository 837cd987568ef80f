"""The actors of the new space: who stands in contacts.yaml, and those whom the old mail adds."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from orgpost.errors import BadContacts
from orgpost.migrate.people import NewActor
from orgpost.yaml_place import add_item
from orgpost.yaml_text import read_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orgpost.migrate.new_space import Readable
    from orgpost.store.page import Page, Store

CONTACTS: Final = "contacts.yaml"


def read_actors(space: Readable) -> list[NewActor]:
    """Give the actors that contacts.yaml has; a bad one stops all before anything is written."""
    parsed = read_yaml(space.read(CONTACTS) or b"", CONTACTS)
    if parsed.problems:
        raise BadContacts(problems=parsed.problems)
    fields = (parsed.data or {}).get("actors") or []
    return [_actor(each) for each in fields]


def add_actors(store: Store, actors: Sequence[NewActor]) -> None:
    """Add actors to contacts.yaml, in one step; those who are there stay as they are."""

    def decide(page: Page) -> None:
        data = page.data or b"# who is who here\nactors:\n"
        for actor in actors:
            parsed = read_yaml(data, CONTACTS)
            there = {each["id"] for each in (parsed.data or {}).get("actors") or []}
            if actor.id not in there:
                data = add_item(parsed, ("actors",), _fields(actor))
        page.rewrite(data)

    if actors:
        store.edit(CONTACTS, decide)


def _actor(fields: dict[str, Any]) -> NewActor:
    return NewActor(
        id=str(fields["id"]),
        kind=str(fields.get("kind")),
        owner=fields.get("owner"),
        trust_tier=fields.get("trust_tier") or "unknown",
        handles=tuple(fields.get("handles") or ()),
    )


def _fields(actor: NewActor) -> dict[str, object]:
    fields = {
        "id": actor.id,
        "name": actor.name,
        "kind": actor.kind,
        "owner": actor.owner,
        "trust_tier": actor.trust_tier,
        "handles": list(actor.handles),
        "added": date.fromisoformat(actor.added) if actor.added else None,
    }
    return {name: value for name, value in fields.items() if value}
