"""Who the old mail is from and to: legal names for all of them, and the actors to add. Pure.

v0.1 knew nobody but the people of USERS.yaml; a file or a sender that stands nowhere else makes an
actor here, of tier `unknown`, since mail of nobody could not be answered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from orgpost.names import NAME, RESERVED, TIERS, fault_of_handle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SHARED: Final = "claude"
SHARED_HANDLES: Final = frozenset({"@agent", "@claude", "@ai"})

_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_AGENT: Final = "-claude"
_NOBODY: Final = "nobody"


@dataclass(frozen=True, slots=True)
class NewActor:
    """An actor that contacts.yaml does not have yet."""

    id: str
    kind: str = "person"
    owner: str | None = None
    trust_tier: str = "unknown"
    name: str = ""
    handles: tuple[str, ...] = ()
    added: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What the old registries and the old mail tell about people, under their old names.

    `agents` are those who have a file of tasks; `mentioned` are all senders, recipients and owners
    of files, in the order in which they were met.
    """

    users: Sequence[tuple[str, Mapping[str, object]]] = ()
    actors: Sequence[Mapping[str, object]] = ()
    agents: Sequence[str] = ()
    mentioned: Sequence[str] = ()
    trusted: frozenset[str] = frozenset()


@dataclass(slots=True)
class People:
    """The answer: each old name's new one, the actors to add, what is worth a note."""

    names: dict[str, str]
    actors: list[NewActor]
    notes: list[str] = field(default_factory=list)


def meet(told: Told, *, owner: str, known: Mapping[str, str], kinds: Mapping[str, str]) -> People:
    """Decide who becomes an actor.

    `owner` is whom `--actor` names, or nobody; `known` gives the actor of each id and handle that
    contacts.yaml has, `kinds` the kind of each of its actors: those stay as they are.
    """
    told, notes = _without_shared(told)
    olds = _all_names(told, owner)
    names = name_all(olds, known)
    register = _Register(names, kinds, notes)
    if owner:
        register.add(owner, NewActor(names[owner], trust_tier="owner"))
    _add_people(register, told)
    _add_agents(register, told)
    _add_mentioned(register, told)
    actors = register.with_owners()
    return People(names, _with_handles(actors, names, known, notes), notes)


def name_all(olds: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
    """Give each old name a legal one; two people never become one, one person never two.

    `tex`, `Tex` and `tex@team.example.com` are one person; the `tex` of a second host is another.
    """
    holders: dict[str, tuple[str, str]] = {id: (id, "") for id in known.values()}
    names: dict[str, str] = {}
    for old in sorted(dict.fromkeys(olds), key=lambda old: legal_name(old) != old):
        if of_handle := known.get(f"@{old.lower()}"):
            names[old] = of_handle
            continue
        base, _, host = old.lower().removeprefix("@").partition("@")
        wanted = numbered = legal_name(old)
        count = 1
        while not _same(holders.get(numbered), base, host):
            count += 1
            numbered = f"{wanted[:44]}-{count}"
        names[old] = numbered
        holders[numbered] = (base, host or holders.get(numbered, ("", ""))[1])
    return names


def legal_name(old: str) -> str:
    """Lower a name and make `-` of what a name may not hold."""
    base = old.lower().removeprefix("@").partition("@")[0]
    name = re.sub(r"[^a-z0-9_-]", "-", base).lstrip("-_")[:48] or _NOBODY
    name = f"{name[:42]}-actor" if name in RESERVED else name
    return name if re.fullmatch(NAME, name) else _NOBODY


def is_agent(old: str) -> bool:
    """Say whether the ancestor's naming makes this somebody's agent."""
    base = old.lower().removeprefix("@").partition("@")[0]
    return base.endswith(_AGENT) and base != _AGENT


def owner_of(old: str) -> str:
    """Give the old name of whom an agent belongs to, by the ancestor's naming."""
    base, at, host = old.partition("@")
    return base[: -len(_AGENT)] + at + host


def _same(holder: tuple[str, str] | None, base: str, host: str) -> bool:
    if holder is None:
        return True
    return holder[0] == base and (not host or not holder[1] or holder[1] == host)


class _Register:
    """Collects actors; who comes first stays, but for what a later source adds."""

    def __init__(
        self, names: Mapping[str, str], kinds: Mapping[str, str], notes: list[str]
    ) -> None:
        self.names = names
        self.kinds = kinds
        self.notes = notes
        self.found: dict[str, NewActor] = {}

    def add(self, old: str, actor: NewActor) -> None:
        """Add an actor that is not there yet; of one that is, learn what was not known."""
        if actor.id in self.kinds:
            return
        before = self.found.get(actor.id)
        if before is None:
            shown = actor.name or (old if self.names[old] != old else "")
            self.found[actor.id] = replace(actor, name=shown)
            return
        self.found[actor.id] = replace(
            before,
            name=before.name or actor.name,
            handles=tuple(dict.fromkeys(before.handles + actor.handles)),
            added=before.added or actor.added,
        )

    def with_owners(self) -> list[NewActor]:
        """Give all, each agent with an owner who is there."""
        persons = [id for id, kind in self.kinds.items() if kind == "person"]
        persons += [actor.id for actor in self.found.values() if actor.kind == "person"]
        first = persons[0] if persons else _NOBODY
        if not persons and any(not actor.owner for actor in self.found.values()):
            self.found[_NOBODY] = NewActor(_NOBODY)
        return [
            replace(actor, owner=first) if actor.kind == "agent" and not actor.owner else actor
            for actor in self.found.values()
        ]


def _without_shared(told: Told) -> tuple[Told, list[str]]:
    """Leave out the `claude` of v0.1 that stood for everybody's own agent, unless it has mail."""
    bare = [name for name, _ in told.users if name.lower() == SHARED]
    if not bare or SHARED in {name.lower() for name in told.mentioned}:
        return told, []
    handles = [handle for name in bare for handle in _handles(dict(told.users)[name])]
    others = [handle for handle in handles if handle not in SHARED_HANDLES]
    note = f"{SHARED} had no inbox: its handles mean the sender's own agent"
    if others:
        note += f"; to keep {' '.join(others)} too, add them to messaging.agent_handles"
    kept = [(name, fields) for name, fields in told.users if name not in bare]
    return replace(told, users=kept), [note]


def _all_names(told: Told, owner: str) -> list[str]:
    names = [owner] if owner else []
    names += [name for name, _ in told.users]
    names += [str(actor["id"]) for actor in told.actors]
    names += [*told.agents, *told.mentioned]
    return names + [owner_of(name) for name in names if is_agent(name)]


def _add_people(register: _Register, told: Told) -> None:
    names = register.names
    for old, fields in told.users:
        is_ai = fields.get("type") == "ai" or is_agent(old)
        known = NewActor(
            names[old],
            handles=_handles(fields),
            added=_date(fields.get("added")),
            trust_tier="team" if old in told.trusted else "trusted",
        )
        register.add(old, _as_agent(known, old, names) if is_ai else known)
    for fields in told.actors:
        old = str(fields["id"])
        known = NewActor(
            names[old],
            handles=_handles(fields),
            added=_date(fields.get("added")),
            name=" ".join(str(fields.get("name") or "").split()),
            trust_tier=_tier(fields),
        )
        if is_agent(old) or old in told.agents:
            if known.trust_tier == "owner":
                register.notes.append(f"{known.id} is an agent, so not of tier owner: team")
                known = replace(known, trust_tier="team")
            tier = known.trust_tier
            known = replace(_as_agent(known, old, names), trust_tier=tier)
        register.add(old, known)


def _add_agents(register: _Register, told: Told) -> None:
    for old in told.agents:
        register.add(old, _as_agent(NewActor(register.names[old]), old, register.names))


def _add_mentioned(register: _Register, told: Told) -> None:
    names = register.names
    olds = [*told.mentioned, *(owner_of(old) for old in _all_names(told, "") if is_agent(old))]
    for old in olds:
        if is_agent(old) or old.lower() == SHARED:
            register.add(old, _as_agent(NewActor(names[old]), old, names))
            continue
        if names[old] not in register.found and names[old] not in register.kinds:
            register.notes.append(f"{names[old]} was in no registry: a person of tier unknown")
        register.add(old, NewActor(names[old]))


def _as_agent(actor: NewActor, old: str, names: Mapping[str, str]) -> NewActor:
    owner = names[owner_of(old)] if is_agent(old) else None
    return replace(actor, kind="agent", owner=owner, trust_tier="unknown")


def _with_handles(
    actors: Sequence[NewActor],
    names: Mapping[str, str],
    known: Mapping[str, str],
    notes: list[str],
) -> list[NewActor]:
    """Give each actor its old name as a handle, and leave each handle to one actor only."""
    ids = {*known.values(), *(actor.id for actor in actors)}
    taken = {handle: id for handle, id in known.items() if handle.startswith("@")}
    done = []
    for actor in actors:
        kept: list[str] = []
        olds = [f"@{old.removeprefix('@').lower()}" for old, id in names.items() if id == actor.id]
        for handle in [*actor.handles, *(old for old in olds if old != f"@{actor.id}")]:
            if fault_of_handle(handle):
                notes.append(f"{handle} cannot be a handle of {actor.id}")
            elif taken.get(handle, actor.id) != actor.id or handle[1:] in ids - {actor.id}:
                notes.append(f"{handle} is somebody else already, not {actor.id} too")
            elif handle not in kept:
                taken[handle] = actor.id
                kept.append(handle)
        done.append(replace(actor, handles=tuple(kept)))
    return done


def _handles(fields: Mapping[str, object]) -> tuple[str, ...]:
    handles = fields.get("handles")
    listed = handles if isinstance(handles, list) else [handles] if handles else []
    named = [str(handle).strip().lower() for handle in listed]
    return tuple(handle if handle.startswith("@") else f"@{handle}" for handle in named)


def _date(value: object) -> str:
    text = str(value or "")[:10]
    return text if _DATE.fullmatch(text) else ""


def _tier(fields: Mapping[str, object]) -> str:
    tier = str(fields.get("trust_tier") or "unknown")
    return tier if tier in TIERS else "unknown"
