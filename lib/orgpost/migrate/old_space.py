"""Finds what v0.1 and v0.2 left in a folder, and reads it; it only ever reads.

Besides the two plain layouts there is the half-made one: v0.2's notes told people to move
`org/inboxes` to `org/messaging`, so inboxes of v0.1 may lie there too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from orgpost.errors import Malformed, NotUtf8, OrgpostError
from orgpost.migrate import v01, v02
from orgpost.migrate.plan import Source, Sources
from orgpost.yaml_text import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

V01: Final = "v0.1"
V02: Final = "v0.2"
_INBOXES: Final = "org/inboxes"
_MESSAGING: Final = "org/messaging"
_OURS: Final = frozenset({"inbox.org", "outbox.org", "helpers.org"})
_SETTINGS: Final = (
    "settings.local.yaml",
    ".datacore/settings.local.yaml",
    "../.datacore/settings.local.yaml",
)
_A_MESSAGE: Final = re.compile(r"(?m)^\* MESSAGE \[")
_A_HEADING: Final = re.compile(r"(?m)^\*+ ")


@dataclass(slots=True)
class OldSpace:
    """What was found: each old file's bytes, what they say, and which could not be read.

    Files are named by their paths in the space.
    """

    versions: set[str] = field(default_factory=set)
    data: dict[str, bytes] = field(default_factory=dict)
    files: list[Source] = field(default_factory=list)
    users: Any = None
    actors: Any = None
    trusted: frozenset[str] = frozenset()
    unreadable: list[OrgpostError] = field(default_factory=list)

    @property
    def version(self) -> str | None:
        """Whose layout it is; of a half-made upgrade both."""
        return "+".join(sorted(self.versions)) or None

    def sources(self) -> Sources:
        """Give what the plan is made from."""
        return Sources(tuple(self.files), self.users, self.actors, self.trusted)


def look(space: Path, version: str = "auto") -> OldSpace:
    """Read all that is old; `version` leaves out the other one's."""
    found = OldSpace()
    if version in {"auto", V01}:
        _look_v01(space, found)
    if version in {"auto", V02}:
        _look_v02(space, found)
    found.trusted = _trusted(space) if found.users is not None else frozenset()
    return found


def _look_v01(space: Path, found: OldSpace) -> None:
    for place in _org_files(space / _INBOXES):
        _take(space, place, found, V01, "inbox")
    for place in _org_files(space / _MESSAGING):
        if place.name not in _OURS and _holds(place, _A_MESSAGE):
            _take(space, place, found, V01, "inbox")
    for folder in (_INBOXES, _MESSAGING):
        tree = _registry(space, f"{folder}/USERS.yaml", found, V01)
        found.users = tree if found.users is None else found.users


def _look_v02(space: Path, found: OldSpace) -> None:
    messaging = space / _MESSAGING
    if _is_file(messaging / "inbox.org"):
        _take(space, messaging / "inbox.org", found, V02, "universal")
    outbox = messaging / "outbox.org"
    if _is_file(outbox) and _is_old(outbox) and not _holds(outbox, _A_HEADING):
        found.data[f"{_MESSAGING}/outbox.org"] = outbox.read_bytes()
        found.versions.add(V02)
    for place in _org_files(messaging / "agents"):
        if _is_old(place):
            _take(space, place, found, V02, "tasks")
    found.actors = _registry(space, "contacts.yaml", found, V02)


def _take(space: Path, place: Path, found: OldSpace, version: str, role: str) -> None:
    file = str(place.relative_to(space))
    data = place.read_bytes()
    found.versions.add(version)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        hint = "save it as UTF-8 and run migrate again; all else is dealt with"
        found.unreadable.append(NotUtf8(file, error.start, hint=hint))
        return
    found.data[file] = data
    holder = "" if role == "universal" else place.stem
    found.files.append(Source(file, holder, text, role))


def _registry(space: Path, file: str, found: OldSpace, version: str) -> Any:
    place = space / file
    if not _is_file(place):
        return None
    parsed = read_yaml(place.read_bytes(), file)
    key = "users" if version == V01 else "actors"
    if not isinstance(parsed.data, dict) or key not in parsed.data:
        if parsed.problems:
            hint = "mend it and run migrate again; all else is dealt with"
            found.unreadable.append(Malformed(file, parsed.problems[0]["problem"], hint=hint))
        return None
    found.data[file] = place.read_bytes()
    found.versions.add(version)
    return parsed.data


def _trusted(space: Path) -> frozenset[str]:
    """Read whom the old settings trusted; they lay beside the spaces, or in one."""
    trees = (
        read_yaml((space / file).read_bytes(), file).data
        for file in _SETTINGS
        if _is_file(space / file)
    )
    return frozenset().union(*(v01.read_whitelist(tree) for tree in trees))


def _org_files(folder: Path) -> Iterator[Path]:
    places = sorted(folder.glob("*.org")) if folder.is_dir() else []
    return (place for place in places if _is_file(place) and not place.name.startswith("."))


def _is_file(place: Path) -> bool:
    return place.is_file() and not place.is_symlink()


def _holds(place: Path, pattern: re.Pattern[str]) -> bool:
    return bool(pattern.search(place.read_bytes().decode("utf-8", "surrogateescape")))


def _is_old(place: Path) -> bool:
    return v02.is_old(place.read_bytes().decode("utf-8", "surrogateescape"))
