"""Whether a parsed contacts.yaml makes sense: who in it is right, and all that is wrong. Pure.

Each fault is told with the line of what is at fault; one actor's faults do not hide another's.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from orgpost.contact import Actor, Contacts, Trust
from orgpost.errors import Problem, spoken_path
from orgpost.names import TIERS, fault_of_handle, fault_of_name
from orgpost.org.syntax import REFUSED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from orgpost.errors import KeyPath

KINDS: Final = ("person", "agent", "helper")
_FIELDS: Final = frozenset({"id", "name", "kind", "owner", "trust_tier", "handles", "added"})
LONGEST_NAME: Final = 250


def contacts_of(
    data: object, file: str, line_of: Callable[[KeyPath], int | None], trust: Trust | None = None
) -> Contacts:
    """Make the registry of a parsed contacts.yaml; all that is wrong with it comes along."""
    checking = _Checking(file, line_of)
    items = checking.items(data)
    actors = [actor for path, item in items if (actor := checking.actor(path, item))]
    checking.owners()
    checking.handles(actors)
    return Contacts(actors, trust, checking.problems, checking.warnings)


class _Checking:
    """One pass over the parsed file; each fault is told with the line of what is at fault."""

    def __init__(self, file: str, line_of: Callable[[KeyPath], int | None]) -> None:
        self.file = file
        self.line_of = line_of
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.places: dict[str, KeyPath] = {}
        self.owned: list[tuple[KeyPath, str]] = []

    def items(self, data: object) -> list[tuple[KeyPath, dict[str, object]]]:
        if data is not None and not isinstance(data, dict):
            self.tell((), "must be a map with the list `actors`")
        top = data if isinstance(data, dict) else {}
        self.warn((), top.keys() - {"actors"})
        listed = top.get("actors")
        if listed is not None and not isinstance(listed, list):
            self.tell(("actors",), "must be a list of actors")
        items: list[tuple[KeyPath, dict[str, object]]] = []
        for number, item in enumerate(listed if isinstance(listed, list) else []):
            if isinstance(item, dict):
                items.append((("actors", number), item))
            else:
                self.tell(("actors", number), "is no map with id and kind")
        return items

    def actor(self, path: KeyPath, item: dict[str, object]) -> Actor | None:
        """Make the actor of one map; None where its id or kind cannot be used."""
        self.warn(path, item.keys() - _FIELDS)
        id, kind = self.id(path, item.get("id")), self.kind(path, item.get("kind"))
        name, handles = (
            self.name(path, item.get("name")),
            self.handles_of(path, item.get("handles")),
        )
        tier, added = (
            self.tier(path, item.get("trust_tier"), kind),
            self.added(path, item.get("added")),
        )
        owner = self.owner(path, item.get("owner"), id, kind)
        if id is None or kind is None:
            return None
        return Actor(
            id=id,
            name=name or id,
            kind=kind,
            owner=owner,
            trust_tier=tier,
            handles=handles,
            added=added,
        )

    def id(self, path: KeyPath, value: object) -> str | None:
        """Take a legal id that nobody had before."""
        if value is None:
            self.tell(path, "has no id")
        elif fault := fault_of_name(value):
            self.tell((*path, "id"), f"{_shown(value)} {fault}")
        elif value in self.places:
            first = self.line_of((*self.places[str(value)], "id"))
            self.tell((*path, "id"), f"{value} is there twice, first in line {first}")
        else:
            self.places[str(value)] = path
            return str(value)
        return None

    def kind(self, path: KeyPath, value: object) -> str | None:
        if value in KINDS:
            return str(value)
        if value is None:
            self.tell(path, "has no kind", f"one of {' '.join(KINDS)}")
        else:
            self.tell((*path, "kind"), f"{_shown(value)} is no kind", f"one of {' '.join(KINDS)}")
        return None

    def name(self, path: KeyPath, value: object) -> str | None:
        if value is None:
            return None
        if isinstance(value, str) and len(value) <= LONGEST_NAME and not re.search(REFUSED, value):
            return value.strip() or None
        self.tell((*path, "name"), "must be text of one line", "put it in quotes")
        return None

    def tier(self, path: KeyPath, value: object, kind: str | None) -> str:
        """Take a tier; only a person may be owner."""
        if value is None:
            return "unknown"
        if value not in TIERS:
            hint = f"one of {' '.join(TIERS)}"
            self.tell((*path, "trust_tier"), f"{_shown(value)} is no tier", hint)
        elif value == "owner" and kind != "person":
            self.tell((*path, "trust_tier"), "only a person can be of tier owner")
        else:
            return str(value)
        return "unknown"

    def owner(self, path: KeyPath, value: object, id: str | None, kind: str | None) -> str | None:
        """Take the owner of an agent or helper; whether there is such an actor is seen later."""
        if kind == "person":
            if value is not None:
                self.tell((*path, "owner"), "a person has no owner")
        elif value is None:
            if kind is not None:
                self.tell(path, f"is of kind {kind} and has no owner")
        elif fault := fault_of_name(value):
            self.tell((*path, "owner"), f"{_shown(value)} {fault}")
        elif value == id:
            self.tell((*path, "owner"), "owns itself")
        else:
            self.owned.append(((*path, "owner"), str(value)))
            return str(value)
        return None

    def handles_of(self, path: KeyPath, value: object) -> tuple[str, ...]:
        if value is None:
            return ()
        if not isinstance(value, list):
            self.tell((*path, "handles"), "must be a list of handles")
            return ()
        good: list[str] = []
        for number, handle in enumerate(value):
            if fault := fault_of_handle(handle):
                self.tell((*path, "handles", number), f"{_shown(handle)} {fault}")
            else:
                good.append(str(handle))
        return tuple(good)

    def added(self, path: KeyPath, value: object) -> date | None:
        """Take a date, also one in quotes."""
        try:
            if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
                return value
            return date.fromisoformat(str(value))
        except ValueError:
            self.tell((*path, "added"), f"{_shown(value)} is no date", "as in 2026-11-20")
            return None

    def owners(self) -> None:
        """Tell of owners who are nobody here."""
        for path, owner in self.owned:
            if owner not in self.places:
                self.tell(path, f"{owner} is no actor of this file")

    def handles(self, actors: Iterable[Actor]) -> None:
        """Tell of handles that two actors have, or that are another actor's id."""
        first: dict[str, tuple[str, KeyPath]] = {}
        for actor in actors:
            for number, handle in enumerate(actor.handles):
                path = (*self.places[actor.id], "handles", number)
                low = handle.lower()
                other, place = first.setdefault(low, (actor.id, path))
                if place != path:
                    self.tell(
                        path, f"{handle} is a handle of {other} too, line {self.line_of(place)}"
                    )
                if low[1:] in self.places and low[1:] != actor.id:
                    line = self.line_of(self.places[low[1:]])
                    self.tell(path, f"{handle} is the id of another actor, line {line}")

    def warn(self, path: KeyPath, keys: Iterable[str]) -> None:
        """Note keys that we do not know; they are kept."""
        for key in sorted(keys):
            self.warnings.append(self._problem((*path, key), "is not known here, and is kept", ""))

    def tell(self, path: KeyPath, what: str, hint: str = "") -> None:
        self.problems.append(self._problem(path, what, hint))

    def _problem(self, path: KeyPath, what: str, hint: str) -> Problem:
        key, line = spoken_path(path), self.line_of(path)
        return Problem(file=self.file, line=line, key=key, problem=what, hint=hint)


def _shown(value: object) -> str:
    return "what stands here" if isinstance(value, dict | list) else repr(value)[:60]
