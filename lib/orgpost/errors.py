"""The one tree of everything that orgpost refuses, with each error's code, exit status and hint.

An error carries facts as attributes and builds its sentence from them in ``__str__``; ``hint`` says
what to do next, ``details`` holds the facts for machines. Each one survives pickling.

    OrgpostError
    ├── Failed            failed            1   NestedLock   nested_lock   1   (a bug in the caller)
    │   └── Partial       partial           1   some recipients got it
    ├── NoSpace           no_space          1   the disk is full
    ├── DiskFailed        disk_failed       1
    ├── RouteFailed       route_failed      1   stored, but a route did not work
    ├── Usage             usage             2
    ├── InvalidField      invalid_field     2   also a ValueError
    ├── WrongKind         wrong_kind        2
    ├── AmbiguousId       ambiguous_id      2
    ├── AmbiguousActor    ambiguous_actor   2
    ├── NotASpace         not_a_space       3
    ├── UnknownActor      unknown_actor     3
    ├── UnknownId         unknown_id        3
    ├── NoSuchFile        no_such_file      3
    ├── WrongState        wrong_state       4   also a ValueError
    ├── Conflict          conflict          4
    ├── Exists            exists            4
    ├── InUse             in_use            4
    ├── TooLarge          too_large         5
    ├── NotPermitted      not_permitted     6
    ├── OutsideSpace      outside_space     6
    ├── UnsafePath        unsafe_path       6
    ├── Malformed         malformed        65
    ├── BadContacts       bad_contacts     65
    ├── NotUtf8           not_utf8         65
    ├── FileChanged       file_changed     65
    ├── Busy              busy             75   try again
    ├── BadSettings       bad_settings     78
    └── NoIdentity        no_identity      78
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    type_of_path = str | PathLike[str]


class Problem(TypedDict):
    """One fault of a settings file or of contacts.yaml, as ``details.problems`` lists it."""

    file: str
    line: int | None
    key: str
    problem: str
    hint: str


class OrgpostError(Exception):
    """What orgpost refuses; ``details`` is ready for JSON."""

    code: ClassVar[str] = "failed"
    exit_code: ClassVar[int] = 1

    hint: str
    details: dict[str, object]

    def __init__(self, hint: str = "", **facts: object) -> None:
        super().__init__()
        self.hint = hint
        self.details = facts
        self.__dict__.update(facts)

    def __str__(self) -> str:
        return self.code

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[object, ...]:
        # The inherited way calls the class with ``args``, which are not what our classes ask for.
        return _rebuild, (type(self), self.__dict__)

    def to_dict(self) -> dict[str, object]:
        """Give the ``error`` of the JSON document."""
        return {
            "code": self.code,
            "message": str(self),
            "hint": self.hint,
            "details": self.details,
        }


def _rebuild(kind: type[OrgpostError], facts: dict[str, object]) -> OrgpostError:
    error = kind.__new__(kind)
    error.__dict__.update(facts)
    return error


class Failed(OrgpostError):
    """Something failed that has no better name."""

    what: str

    def __init__(self, what: str, *, hint: str = "") -> None:
        super().__init__(hint, what=what)

    def __str__(self) -> str:
        return self.what


class Partial(Failed):
    """Some of it was done: the same command again does the rest."""

    code = "partial"
    sent: Sequence[object]
    failed: Sequence[object]

    def __init__(
        self, what: str, *, sent: Sequence[object], failed: Sequence[object], hint: str = ""
    ) -> None:
        super().__init__(what, hint=hint or "the same command with the same --id sends the rest")
        self.sent, self.failed = list(sent), list(failed)
        self.details = {"sent": self.sent, "failed": self.failed}


class NestedLock(Failed):
    """A thread asked again for a file that it holds already: a fault of the program."""

    code = "nested_lock"
    path: str

    def __init__(self, path: type_of_path, *, hint: str = "") -> None:
        super().__init__(f"{path} is already held by this thread", hint=hint)
        self.path = str(path)
        self.details = {"path": self.path}


class NoSpace(OrgpostError):
    """The disk is full (a *space* that is missing is `NotASpace`)."""

    code = "no_space"
    path: str
    operation: str

    def __init__(self, path: type_of_path, operation: str, *, hint: str = "") -> None:
        super().__init__(
            hint or "free some room and try again; nothing was changed",
            path=str(path),
            operation=operation,
        )

    def __str__(self) -> str:
        return f"no space left on the disk: {self.operation} {self.path}"


class DiskFailed(OrgpostError):
    """The disk answered with an error."""

    code = "disk_failed"
    path: str
    operation: str
    reason: str

    def __init__(self, path: type_of_path, operation: str, reason: str, *, hint: str = "") -> None:
        super().__init__(
            hint or "check the disk, then orgpost doctor",
            path=str(path),
            operation=operation,
            reason=reason,
        )

    def __str__(self) -> str:
        return f"the disk failed: {self.operation} {self.path}: {self.reason}"


class RouteFailed(OrgpostError):
    """The message is stored; at least one of its routes did not work."""

    code = "route_failed"
    id: str
    routes: Sequence[Mapping[str, object]]

    def __init__(self, id: str, routes: Sequence[Mapping[str, object]], *, hint: str = "") -> None:
        super().__init__(
            hint or f"try again with --id {id} and only the routes that failed",
            id=id,
            routes=list(routes),
        )

    def __str__(self) -> str:
        bad = [
            f"{route.get('dest')}: {route.get('detail')}"
            for route in self.routes
            if not route.get("ok")
        ]
        return f"{self.id} is stored, but a route failed: {'; '.join(bad)}"


class Usage(OrgpostError):
    """The command line is not one that we know."""

    code = "usage"
    exit_code = 2
    why: str

    def __init__(self, why: str, *, hint: str = "") -> None:
        super().__init__(hint, why=why)

    def __str__(self) -> str:
        return self.why


class InvalidField(OrgpostError, ValueError):
    """A value that cannot be stored; nothing was written."""

    code = "invalid_field"
    exit_code = 2
    field: str
    why: str

    def __init__(self, field: str, why: str, *, hint: str = "") -> None:
        super().__init__(hint, field=field, why=why)

    def __str__(self) -> str:
        return f"{self.field}: {self.why}"


class WrongKind(OrgpostError):
    """An id of another kind than the one asked for."""

    code = "wrong_kind"
    exit_code = 2
    id: str
    expected: str
    found: str

    def __init__(self, id: str, expected: str, found: str, *, hint: str = "") -> None:
        super().__init__(hint, id=id, expected=expected, found=found)

    def __str__(self) -> str:
        return f"{self.id} is the id of a {self.found}, expected a {self.expected}"


class AmbiguousId(OrgpostError):
    """A part of an id that fits several."""

    code = "ambiguous_id"
    exit_code = 2
    part: str
    matches: Sequence[str]

    def __init__(self, part: str, matches: Sequence[str], *, hint: str = "") -> None:
        super().__init__(hint or "give more of the id", part=part, matches=list(matches)[:10])

    def __str__(self) -> str:
        return f"{self.part} fits several: {' '.join(self.matches)}"


class AmbiguousActor(OrgpostError):
    """A handle that could mean several actors."""

    code = "ambiguous_actor"
    exit_code = 2
    name: str
    matches: Sequence[str]

    def __init__(self, name: str, matches: Sequence[str], *, hint: str = "") -> None:
        super().__init__(hint or "name one of them", name=name, matches=list(matches))

    def __str__(self) -> str:
        return f"{self.name} could be {' or '.join(self.matches)}"


class NotASpace(OrgpostError):
    """No space there, or none found at all (``path`` is then None)."""

    code = "not_a_space"
    exit_code = 3
    path: str | None

    def __init__(self, path: type_of_path | None = None, *, hint: str = "") -> None:
        where = "." if path is None else str(path)
        super().__init__(hint or f"orgpost init {where}", path=None if path is None else str(path))

    def __str__(self) -> str:
        if self.path is None:
            return "no space found: no folder upwards from here holds org/messaging"
        return f"{self.path} is not a space: it has no org/messaging"


class UnknownActor(OrgpostError):
    """Nobody of that name; sending never creates an actor."""

    code = "unknown_actor"
    exit_code = 3
    name: str
    nearest: Sequence[str]

    def __init__(self, name: str, nearest: Sequence[str] = (), *, hint: str = "") -> None:
        near = list(nearest)[:5]
        meant = f"did you mean {' or '.join(near)}? " if near else ""
        super().__init__(
            hint or f"{meant}orgpost contacts lists everybody", name=name, nearest=near
        )

    def __str__(self) -> str:
        return f"unknown actor: {self.name}"


class UnknownId(OrgpostError):
    """No entry has that id."""

    code = "unknown_id"
    exit_code = 3
    id: str

    def __init__(self, id: str, *, hint: str = "") -> None:
        super().__init__(hint or "orgpost inbox --all lists ids", id=id)

    def __str__(self) -> str:
        return f"no message has the id {self.id}"


class NoSuchFile(OrgpostError):
    """A file that was named is not there."""

    code = "no_such_file"
    exit_code = 3
    path: str

    def __init__(self, path: type_of_path, *, hint: str = "") -> None:
        super().__init__(hint, path=str(path))

    def __str__(self) -> str:
        return f"no such file: {self.path}"


class WrongState(OrgpostError, ValueError):
    """A move that the state table does not have."""

    code = "wrong_state"
    exit_code = 4
    event: str
    expected: Sequence[str]
    found: str
    id: str

    def __init__(
        self, event: str, expected: Sequence[str], found: str, *, id: str = "", hint: str = ""
    ) -> None:
        super().__init__(hint, event=event, expected=list(expected), found=found, id=id)

    def __str__(self) -> str:
        *most, last = self.expected or ["another state"]
        words = f"{', '.join(most)} or {last}" if most else last
        return f"{self.event}: expected {words}, found {self.found}"


class Conflict(OrgpostError):
    """The same id with other content, or a file that changed under our hands too often."""

    code = "conflict"
    exit_code = 4
    what: str

    def __init__(self, what: str, *, hint: str = "") -> None:
        super().__init__(hint, what=what)

    def __str__(self) -> str:
        return self.what


class Exists(Conflict):
    """It is there already, with other values."""

    code = "exists"


class InUse(Conflict):
    """It cannot go while something depends on it."""

    code = "in_use"


class TooLarge(OrgpostError):
    """More bytes than the settings allow."""

    code = "too_large"
    exit_code = 5
    what: str
    size: int
    limit: int

    def __init__(self, what: str, size: int, limit: int, *, hint: str = "") -> None:
        super().__init__(hint, what=what, size=size, limit=limit)

    def __str__(self) -> str:
        return f"{self.what} is too large: {self.size} bytes, at most {self.limit}"


class NotPermitted(OrgpostError):
    """Whoever acts may not do this."""

    code = "not_permitted"
    exit_code = 6
    what: str
    why: str

    def __init__(self, what: type_of_path, why: str, *, hint: str = "") -> None:
        super().__init__(hint, what=str(what), why=why)

    def __str__(self) -> str:
        return f"not permitted: {self.what}: {self.why}"


class OutsideSpace(OrgpostError):
    """A path that must lie in the space, and does not."""

    code = "outside_space"
    exit_code = 6
    path: str
    why: str

    def __init__(self, path: type_of_path, why: str, *, hint: str = "") -> None:
        super().__init__(hint, path=str(path), why=why)

    def __str__(self) -> str:
        return f"{self.path}: {self.why}"


class UnsafePath(OutsideSpace):
    """A link, device, pipe or folder where a regular file must be."""

    code = "unsafe_path"


class Malformed(OrgpostError):
    """Bytes that cannot be understood."""

    code = "malformed"
    exit_code = 65
    path: str
    why: str

    def __init__(self, path: type_of_path, why: str, *, hint: str = "") -> None:
        super().__init__(hint or "orgpost doctor says more", path=str(path), why=why)

    def __str__(self) -> str:
        return f"{self.path}: {self.why}"


class NotUtf8(OrgpostError):
    """Text was asked for, and these bytes are none."""

    code = "not_utf8"
    exit_code = 65
    what: str
    offset: int

    def __init__(self, what: str, offset: int, *, hint: str = "") -> None:
        super().__init__(hint or "send it as a file: --attach", what=what, offset=offset)

    def __str__(self) -> str:
        return f"{self.what} is not UTF-8: byte {self.offset}"


class FileChanged(Malformed):
    """A delivered file is not what its manifest says; nothing was saved."""

    code = "file_changed"


class Busy(OrgpostError):
    """Somebody else holds the file: try again."""

    code = "busy"
    exit_code = 75
    path: str
    holder: str

    def __init__(self, path: type_of_path, holder: str, *, hint: str = "") -> None:
        super().__init__(hint or "try again in a moment", path=str(path), holder=holder)

    def __str__(self) -> str:
        return f"{self.path} is busy: {self.holder}"


class _Problems(OrgpostError):
    """All faults of a file that people write, reported together."""

    problems: Sequence[Problem]

    def __init__(self, problems: Sequence[Problem], *, hint: str = "") -> None:
        super().__init__(hint or "mend these lines and try again", problems=list(problems))

    def __str__(self) -> str:
        return "\n".join(map(say_problem, self.problems))


class BadContacts(_Problems):
    """contacts.yaml cannot be relied on."""

    code = "bad_contacts"
    exit_code = 65


class BadSettings(_Problems):
    """No command runs on half-read settings."""

    code = "bad_settings"
    exit_code = 78


class NoIdentity(OrgpostError):
    """Nothing says who acts."""

    code = "no_identity"
    exit_code = 78

    def __init__(self, *, hint: str = "") -> None:
        super().__init__(hint or "orgpost config set identity.name NAME, or --as NAME")

    def __str__(self) -> str:
        return "nobody is named to act here"


def say_problem(problem: Problem) -> str:
    """Say one problem in one line: ``file:line: key: what (hint)``."""
    line = f":{problem['line']}" if problem["line"] is not None else ""
    key = f"{problem['key']}: " if problem["key"] else ""
    hint = f" ({problem['hint']})" if problem["hint"] else ""
    return f"{problem['file']}{line}: {key}{problem['problem']}{hint}"
