"""contacts.yaml on disk: read whole and checked whole, changed by place so that comments stay.

Reading never fails, whatever stands there; what is wrong comes along as `Contacts.problems`.
Changing a file that is wrong does: nobody can say what a change of it would mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orgpost import yaml_place
from orgpost.contact import Actor, Contacts, Trust
from orgpost.contact_check import KINDS, LONGEST_NAME, contacts_of
from orgpost.errors import Exists, InUse, InvalidField, NoIdentity, NotPermitted, Usage
from orgpost.frozen import NamedTuple, replace
from orgpost.names import TIERS, check_name, fault_of_handle
from orgpost.org.quote import one_line
from orgpost.yaml_text import read_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orgpost.clock import Clock
    from orgpost.store import Page, Store
    from orgpost.yaml_text import Parsed

NAME: Final = "contacts.yaml"
HEADER: Final = b"# who is who here; comments and order are yours and stay\n"
_NOT_READ: Final = b"\0"


class Added(NamedTuple):
    """What `ContactFile.add` did; `created` is false where the same actor was there."""

    actor: Actor
    created: bool


class Trusted(NamedTuple):
    """What `ContactFile.trust` did."""

    actor: Actor
    changed: bool


class ContactFile:
    """The registry of one space."""

    def __init__(self, store: Store, clock: Clock, trust: Trust | None = None) -> None:
        self._store = store
        self._clock = clock
        self._trust = trust or Trust()
        self._seen: tuple[bytes | None, Contacts] = _NOT_READ, Contacts()
        self._fingerprint: object = None

    def load(self) -> Contacts:
        """Read the file as it is now; it is parsed again only where its bytes are others."""
        fingerprint = self._store.fingerprint(NAME)
        if fingerprint is None or fingerprint != self._fingerprint:
            data = self._store.read(NAME)
            if data != self._seen[0]:
                self._seen = data, self._contacts(read_yaml(data or b"", NAME))
            self._fingerprint = fingerprint
        return self._seen[1]

    def add(
        self,
        id: str,
        *,
        name: str | None = None,
        kind: str = "person",
        owner: str | None = None,
        trust_tier: str = "unknown",
        handles: Sequence[str] = (),
        by: str | None = None,
    ) -> Added:
        """Add an actor; one who is there with the same values is left as is, else `Exists`."""
        wanted = Actor(
            id=check_name(id, "id"),
            name=one_line("name", name or "") or id,
            kind=kind,
            owner=owner,
            trust_tier=trust_tier,
            handles=tuple(dict.fromkeys(handles)),
            added=self._clock.now().astimezone(self._clock.zone()).date(),
        )
        _refuse_what_no_actor_is(wanted)
        return self._store.edit(NAME, lambda page: self._add(page, wanted, by))

    def remove(self, name: str, *, unread: int = 0, tasks: int = 0, force: bool = False) -> Actor:
        """Take an actor out of the registry; mail and tasks stay where they are.

        Without `force` nobody goes who has `unread` mail, or `tasks` that are not over.
        """
        left = {"unread": unread, "open tasks": tasks}
        held = " and ".join(f"{number} {what}" for what, number in left.items() if number)
        return self._store.edit(NAME, lambda page: self._remove(page, name, "" if force else held))

    def trust(self, name: str, tier: str, *, by: str | None = None) -> Trusted:
        """Set how far an actor is trusted; only an owner may, where there is one."""
        if tier not in TIERS:
            raise InvalidField("tier", f"{tier!r} is no tier", hint=f"one of {' '.join(TIERS)}")
        return self._store.edit(NAME, lambda page: self._set_tier(page, name, tier, by))

    def _add(self, page: Page, wanted: Actor, by: str | None) -> Added:
        parsed, contacts = self._good(page)
        actor = _with_known_owner(wanted, contacts)
        if (there := contacts.get(actor.id)) is not None:
            return Added(_same(there, actor), created=False)
        _refuse_what_others_have(actor, contacts)
        if actor.trust_tier != "unknown":
            _must_be_owner(contacts, by, f"add {actor.id} as {actor.trust_tier}")
        page.rewrite(yaml_place.add_item(parsed, ("actors",), _fields(actor)))
        return Added(actor, created=True)

    def _remove(self, page: Page, name: str, held: str) -> Actor:
        parsed, contacts = self._good(page)
        actor = contacts.resolve(name)
        if owned := [agent.id for agent in contacts.agents_of(actor.id)]:
            raise InUse(f"{actor.id} owns {' '.join(owned)}", hint="remove them first")
        if held:
            raise InUse(f"{actor.id} has {held}", hint="--force removes, the mail stays")
        number = contacts.actors.index(actor)
        page.rewrite(yaml_place.remove_item(parsed, ("actors",), number))
        return actor

    def _set_tier(self, page: Page, name: str, tier: str, by: str | None) -> Trusted:
        parsed, contacts = self._good(page)
        actor = contacts.resolve(name)
        _must_be_owner(contacts, by, f"trust {actor.id}")
        changed = replace(actor, trust_tier=tier)
        _refuse_tier(changed)
        if changed != actor:
            place = ("actors", contacts.actors.index(actor), "trust_tier")
            page.rewrite(yaml_place.set_value(parsed, place, tier))
        return Trusted(changed, changed != actor)

    def _good(self, page: Page) -> tuple[Parsed, Contacts]:
        parsed = read_yaml(page.data or HEADER, NAME)
        contacts = self._contacts(parsed)
        contacts.must_be_good()
        return parsed, contacts

    def _contacts(self, parsed: Parsed) -> Contacts:
        contacts = contacts_of(parsed.data, NAME, parsed.line, self._trust)
        if not parsed.problems:
            return contacts
        problems = [*parsed.problems, *contacts.problems]
        return Contacts(contacts.actors, self._trust, problems, contacts.warnings)


def first_contacts(actor: Actor) -> bytes:
    """Give the file of a space in which there is one actor."""
    return yaml_place.add_item(read_yaml(HEADER, NAME), ("actors",), _fields(actor))


def _fields(actor: Actor) -> dict[str, object]:
    """Give what is written of an actor: nothing that is the default."""
    return {
        "id": actor.id,
        **({"name": actor.name} if actor.name != actor.id else {}),
        "kind": actor.kind,
        **({"owner": actor.owner} if actor.owner else {}),
        **({"trust_tier": actor.trust_tier} if actor.trust_tier != "unknown" else {}),
        **({"handles": list(actor.handles)} if actor.handles else {}),
        **({"added": actor.added} if actor.added else {}),
    }


def _refuse_what_no_actor_is(actor: Actor) -> None:
    if len(actor.name) > LONGEST_NAME:
        raise InvalidField("name", f"is longer than {LONGEST_NAME} characters")
    if actor.kind == "helper":
        raise Usage("a helper is made by its parent, not in contacts.yaml")
    if actor.kind not in KINDS:
        raise InvalidField("kind", f"{actor.kind!r} is no kind", hint="person or agent")
    if actor.kind == "person" and actor.owner:
        raise InvalidField("owner", "a person has no owner")
    if actor.kind == "agent" and not actor.owner:
        raise InvalidField("owner", "an agent has an owner", hint="--owner ACTOR")
    for handle in actor.handles:
        if fault := fault_of_handle(handle):
            raise InvalidField("handle", f"{handle[:60]!r} {fault}")
    _refuse_tier(actor)


def _refuse_tier(actor: Actor) -> None:
    if actor.trust_tier not in TIERS:
        hint = f"one of {' '.join(TIERS)}"
        raise InvalidField("tier", f"{actor.trust_tier!r} is no tier", hint=hint)
    if actor.trust_tier == "owner" and actor.kind != "person":
        raise InvalidField("tier", "only a person can be of tier owner")


def _with_known_owner(actor: Actor, contacts: Contacts) -> Actor:
    if actor.owner is None:
        return actor
    owner = contacts.resolve(actor.owner).id
    if owner == actor.id:
        raise InvalidField("owner", f"{owner} cannot own itself")
    return replace(actor, owner=owner)


def _same(there: Actor, wanted: Actor) -> Actor:
    if replace(wanted, added=there.added) != there:
        what = f"{there.id} is there already, with other values"
        raise Exists(what, hint=f"orgpost contacts show {there.id}; contacts.yaml is yours to edit")
    return there


def _refuse_what_others_have(actor: Actor, contacts: Contacts) -> None:
    for handle in (f"@{actor.id}", *actor.handles):
        if (other := contacts.carrier(handle)) is not None:
            raise Exists(f"{handle} is {other.id} already", hint="choose another name or handle")


def _must_be_owner(contacts: Contacts, by: str | None, what: str) -> None:
    if not any(actor.trust_tier == "owner" for actor in contacts.actors):
        return
    if by is None:
        raise NoIdentity
    if contacts.tier(by) != "owner":
        why = f"{by} is not of tier owner"
        raise NotPermitted(what, why, hint="orgpost contacts list --tier owner tells who is")
