"""The actors of the new space: who stands in contacts.yaml, and those whom the old mail adds.

All are added in one step and with the dates that they had, which is why this is not
`ContactFile.add`, one after the other and as of today.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from orgpost.contact_check import contacts_of
from orgpost.contact_file import HEADER, NAME
from orgpost.errors import BadContacts
from orgpost.migrate.people import NewActor
from orgpost.yaml_place import add_item
from orgpost.yaml_text import read_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orgpost.contact import Contacts
    from orgpost.migrate.new_space import Readable
    from orgpost.store import Page, Store
    from orgpost.yaml_text import Parsed


def read_actors(space: Readable) -> list[NewActor]:
    """Give the actors that contacts.yaml has; a bad one stops all before anything is written."""
    contacts = _good(read_yaml(space.read(NAME) or b"", NAME))
    return [
        NewActor(each.id, each.kind, each.owner, each.trust_tier, each.name, each.handles)
        for each in contacts.actors
    ]


def add_actors(store: Store, actors: Sequence[NewActor]) -> None:
    """Add actors to contacts.yaml, in one step; those who are there stay as they are."""

    def decide(page: Page) -> None:
        parsed = read_yaml(page.data or HEADER, NAME)
        there = {each.id for each in _good(parsed).actors}
        for actor in actors:
            if actor.id not in there:
                parsed = read_yaml(add_item(parsed, ("actors",), _fields(actor)), NAME)
        _good(parsed)
        page.rewrite(parsed.encode(parsed.text))

    if actors:
        store.edit(NAME, decide)


def _good(parsed: Parsed) -> Contacts:
    contacts = contacts_of(parsed.data, NAME, parsed.line)
    if problems := [*parsed.problems, *contacts.problems]:
        raise BadContacts(problems)
    return contacts


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
