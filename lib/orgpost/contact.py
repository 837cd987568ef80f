"""Who is who: actors, and the registry that knows their names and how far they are trusted. Pure.

A registry answers for good and bad files alike: actors that are right are known, whatever is wrong
beside them, so that mail can be read; `Contacts.must_be_good` is for those who are about to write.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from orgpost.errors import AmbiguousActor, BadContacts, UnknownActor
from orgpost.frozen import NamedTuple, dataclass
from orgpost.names import check_name, lowest_tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from orgpost.errors import Problem

__all__ = ["Actor", "Contacts", "Trust", "check_name"]


_NEAREST: Final = 5
_LIKE: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Whoever can send or receive."""

    id: str
    name: str
    kind: str
    owner: str | None = None
    trust_tier: str = "unknown"
    handles: tuple[str, ...] = ()
    added: date | None = None

    def to_dict(self) -> dict[str, object]:
        """Give the actor as ``--json`` prints it."""
        return {
            "id": self.id,
            "name": self.name,
            "kind": self.kind,
            "owner": self.owner,
            "trust_tier": self.trust_tier,
            "handles": list(self.handles),
            "added": self.added.isoformat() if self.added else None,
        }


class Trust(NamedTuple):
    """What the settings add to the contacts: whom to trust otherwise, and further handles."""

    overrides: Mapping[str, str] = MappingProxyType({})
    agent_handles: tuple[str, ...] = ("@agent", "@claude", "@ai")
    handles: Mapping[str, tuple[str, ...]] = MappingProxyType({})


class Contacts:
    """The registry; it does not change."""

    __slots__ = ("_by_handle", "_by_id", "_trust", "actors", "problems", "warnings")

    def __init__(
        self,
        actors: Iterable[Actor] = (),
        trust: Trust | None = None,
        problems: Iterable[Problem] = (),
        warnings: Iterable[Problem] = (),
    ) -> None:
        self.actors: Final = tuple(actors)
        self.problems: Final = tuple(problems)
        self.warnings: Final = tuple(warnings)
        self._trust: Final = trust or Trust()
        self._by_id: Final = MappingProxyType({actor.id: actor for actor in self.actors})
        self._by_handle: Final = MappingProxyType(self._handles())

    def get(self, id: str) -> Actor | None:
        """Give the actor of exactly this id."""
        return self._by_id.get(id)

    def resolve(self, name: str, *, sender: str | None = None) -> Actor:
        """Find whom a name or handle means; for `sender`, ``@agent`` means the own agent."""
        found = self.get(name) or self.carrier(name)
        if found is not None:
            return found
        if sender is not None and name.lower() in map(str.lower, self._trust.agent_handles):
            return self._own_agent(name, sender)
        # Whom a file with problems does not tell of may well be in it.
        self.must_be_good()
        raise UnknownActor(name, self.nearest(name))

    def carrier(self, handle: str) -> Actor | None:
        """Give whom this handle means; each id is a handle of its own."""
        return self._by_handle.get(handle.lower())

    def nearest(self, name: str) -> list[str]:
        """Give the ids of those whose id, handle or name is most like this one, nearest first."""
        import difflib

        known = {actor.name.lower(): actor.id for actor in self.actors}
        known |= {handle.lstrip("@"): actor.id for handle, actor in self._by_handle.items()}
        known |= {actor.id: actor.id for actor in self.actors}
        like = difflib.get_close_matches(
            name.lower().lstrip("@")[:100], known, n=2 * _NEAREST, cutoff=_LIKE
        )
        return list(dict.fromkeys(known[word] for word in like))[:_NEAREST]

    def agents_of(self, owner: str) -> tuple[Actor, ...]:
        """Give the agents and helpers that belong to this actor."""
        return tuple(actor for actor in self.actors if actor.owner == owner)

    def names_of(self, id: str) -> tuple[str, ...]:
        """Give the names that an actor goes by: its own and, of a helper, those of its parents."""
        names = [id]
        while (actor := self.get(names[-1])) and actor.kind == "helper":
            if actor.owner is None or actor.owner in names:
                break
            names.append(actor.owner)
        return tuple(names)

    def tier(self, id: str, *, toward: str | None = None) -> str:
        """Say how far this actor is trusted; `toward` its own agent, an owner is owner."""
        if toward is not None and (agent := self.get(toward)) and agent.owner == id:
            return "owner"
        return self._tier(id, frozenset())

    def effective_tier(
        self, sender: str, via: Iterable[str] = (), *, toward: str | None = None
    ) -> str:
        """Say how far a chain is trusted: as far as the least trusted of it."""
        return lowest_tier(*(self.tier(each, toward=toward) for each in (sender, *via)))

    def must_be_good(self) -> None:
        """Raise `BadContacts` with all problems, if there are any."""
        if self.problems:
            raise BadContacts(self.problems)

    def bad_overrides(self) -> list[str]:
        """Give whom the settings make an owner though they are no person of this space."""
        owners = [id for id, tier in self._trust.overrides.items() if tier == "owner"]
        return [id for id in owners if (actor := self.get(id)) is None or actor.kind != "person"]

    def _tier(self, id: str, seen: frozenset[str]) -> str:
        actor = self.get(id)
        own = self._trust.overrides.get(id) or (actor.trust_tier if actor else "unknown")
        if own == "owner" and (actor is None or actor.kind != "person"):
            return "unknown"
        if actor is None or actor.kind != "helper":
            return own
        # A helper acts for its parent; a circle of parents ends at nobody.
        parent = actor.owner
        above = self._tier(parent, seen | {id}) if parent and parent not in seen else "unknown"
        return lowest_tier(own, above)

    def _own_agent(self, name: str, sender: str) -> Actor:
        own = [actor for actor in self.agents_of(sender) if actor.kind == "agent"]
        if len(own) > 1:
            raise AmbiguousActor(name, [actor.id for actor in own])
        if not own:
            self.must_be_good()
            raise UnknownActor(name, hint=f"{sender} owns no agent: orgpost contacts add")
        return own[0]

    def _handles(self) -> dict[str, Actor]:
        # Whatever is said later is stronger: an actor's own id, then what the file says.
        further = {
            handle.lower(): self._by_id[id]
            for id, handles in self._trust.handles.items()
            if id in self._by_id
            for handle in handles
        }
        said = {
            handle.lower(): actor for actor in reversed(self.actors) for handle in actor.handles
        }
        return further | said | {f"@{actor.id}": actor for actor in self.actors}
