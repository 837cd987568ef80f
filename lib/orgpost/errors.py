"""The one tree of everything that orgpost refuses; its branch for tasks is `orgpost.refusals`.

An error carries facts as attributes and builds its sentence from them in ``__str__``; ``hint`` says
what to do next, ``details`` holds the facts for machines. Each one survives pickling. Its ``code``
is the class's name in small letters; its exit status is the group's:

    OrgpostError
    ├──  1  Failed, Partial, NestedLock, NoSpace, DiskFailed, RouteFailed
    ├──  2  Usage, InvalidField (also a ValueError), WrongKind, AmbiguousId, AmbiguousActor
    ├──  3  NotASpace, UnknownActor, UnknownId, NoSuchFile
    ├──  4  WrongState (also a ValueError), Conflict, Exists, InUse
    ├──  5  TooLarge
    ├──  6  NotPermitted, OutsideSpace, UnsafePath
    ├── 65  Malformed, BadContacts, NotUtf8, FileChanged
    ├── 75  Busy
    └── 78  BadSettings, NoIdentity
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypedDict, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike
    from typing import TypeAlias

    KeyPath: TypeAlias = tuple[str | int, ...]
    Place: TypeAlias = str | PathLike[str]


class Problem(TypedDict):
    """One fault of a settings file or of contacts.yaml, as ``details.problems`` lists it."""

    file: str
    line: int | None
    key: str
    problem: str
    hint: str


def fact(*, default: Any, kw_only: bool) -> Any:  # noqa: ARG001  type checkers read kw_only
    """Give a fact its default; for type checkers, say that it is only given by name."""
    return default


@dataclass_transform(eq_default=False, field_specifiers=(fact,))
class _Facts:
    """Tells type checkers that annotations are arguments, as a dataclass would, without its cost.

    Thirty dataclasses are written, compiled and run anew at each start of a command.
    """


class OrgpostError(_Facts, Exception):
    """What orgpost refuses; an error's annotations are its facts, in the order of its arguments."""

    code: ClassVar[str]
    exit_code: ClassVar[int]
    facts: ClassVar[tuple[str, ...]] = ()
    sentence: ClassVar[str] = "{what}"
    advice: ClassVar[str] = ""
    most: ClassVar[int | None] = None

    hint: str = fact(default="", kw_only=True)

    def __init_subclass__(cls, exit_code: int = 1) -> None:
        words = "".join(f"_{letter}" if letter.isupper() else letter for letter in cls.__name__)
        cls.code = cls.__dict__.get("code") or words.strip("_").lower()
        cls.exit_code = exit_code
        cls.facts = (*cls.facts, *cls.__annotations__)

    def __init__(self, *values: object, hint: str = "", **named: object) -> None:
        super().__init__()
        given = dict(zip(self.facts, values, strict=False)) | named
        self.details = {name: self._plain(name, given) for name in self.facts}
        self.__dict__.update(self.details)
        self.hint = hint or self.advise()

    def __str__(self) -> str:
        return self.sentence.format_map(self.details)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[object, ...]:
        # The inherited way calls the class with ``args``, which ours does not keep.
        return _rebuild, (type(self), self.__dict__)

    def lines(self) -> list[str]:
        """Give the sentence as the lines that it is meant to have, whatever its facts hold."""
        return [str(self)]

    def advise(self) -> str:
        """Say what to do next, where whoever raised the error did not."""
        return self.advice.format_map(self.details)

    def to_dict(self) -> dict[str, object]:
        """Give the ``error`` of a JSON document."""
        said = {"code": self.code, "message": str(self), "hint": self.hint}
        return {**said, "details": self.details}

    def _plain(self, name: str, given: dict[str, object]) -> object:
        value = given[name] if name in given else getattr(type(self), name)
        if hasattr(value, "__fspath__"):
            return str(value)
        return list(value)[: self.most] if isinstance(value, list | tuple) else value


def _rebuild(kind: type[OrgpostError], facts: dict[str, object]) -> OrgpostError:
    error = kind.__new__(kind)
    error.__dict__.update(facts)
    return error


class Failed(OrgpostError):
    """Something failed that has no better name."""

    advice = "try again; orgpost doctor says what is wrong with a space"
    what: str


class Partial(OrgpostError):
    """Some of it was done: the same command with ``--id`` does the rest, and nothing twice."""

    advice = "the same command with the same --id sends the rest"
    what: str
    sent: Sequence[object]
    failed: Sequence[object]


class NestedLock(OrgpostError):
    """A thread asked again for a file that it holds already: a fault of the program."""

    sentence = "{path} is already held by this thread"
    advice = "this is a fault of the program that does it: please report it"
    path: Place


class NoSpace(OrgpostError):
    """The disk is full (a *space* that is missing is `NotASpace`)."""

    sentence = "no space left on the disk: {operation} {path}"
    advice = "free some room and try again"
    path: Place
    operation: str


class DiskFailed(OrgpostError):
    """The disk answered with an error."""

    sentence = "the disk failed: {operation} {path}: {reason}"
    advice = "check the disk, then orgpost doctor"
    path: Place
    operation: str
    reason: str


class RouteFailed(OrgpostError):
    """The message is stored; at least one of its routes did not work."""

    advice = "try again with --id {id} and only the routes that failed"
    id: str
    routes: Sequence[Mapping[str, object]]

    def __str__(self) -> str:
        failed = [f"{r.get('dest')}: {r.get('detail')}" for r in self.routes if not r.get("ok")]
        return f"{self.id} is stored, but a route failed: {'; '.join(failed)}"


class Usage(OrgpostError, exit_code=2):
    """The command line is not one that we know."""

    advice = "orgpost help"
    what: str


class InvalidField(OrgpostError, ValueError, exit_code=2):
    """A value that cannot be stored; nothing was written."""

    sentence = "{field}: {why}"
    advice = "orgpost help COMMAND says what each word may be"
    field: str
    why: str


class WrongKind(OrgpostError, exit_code=2):
    """An id of another kind than the one that was asked for."""

    sentence = "{id} is the id of a {found}, not of a {expected}"
    advice = "give the id of a {expected}"
    id: str
    expected: str
    found: str


class _Ambiguous(OrgpostError):
    sentence = "{name} could be several"
    name: str
    matches: Sequence[str]

    def advise(self) -> str:
        return f"name one of them: {' '.join(self.matches)}"


class AmbiguousId(_Ambiguous, exit_code=2):
    """A part of an id that fits several."""

    most = 10


class AmbiguousActor(_Ambiguous, exit_code=2):
    """A handle that could mean several actors."""


class NotASpace(OrgpostError, exit_code=3):
    """A place that holds no space; without ``path``, no place was named and none was found."""

    path: Place | None = None

    def __str__(self) -> str:
        if self.path is None:
            return "no space found: no folder from here upwards holds org/messaging"
        return f"{self.path} is not a space: it holds no org/messaging"

    def advise(self) -> str:
        """Say how to make one."""
        return f"orgpost init {self.path or '.'}"


class UnknownActor(OrgpostError, exit_code=3):
    """Nobody has that name; sending never creates an actor."""

    sentence = "unknown actor: {name}"
    most = 5
    name: str
    nearest: Sequence[str] = ()

    def advise(self) -> str:
        """Name the nearest ones."""
        if not self.nearest:
            return "orgpost contacts lists all"
        return f"did you mean {' or '.join(self.nearest)}?"


class UnknownId(OrgpostError, exit_code=3):
    """No entry has that id."""

    sentence = "unknown id: {id}"
    advice = "orgpost inbox --all lists ids"
    id: str


class NoSuchFile(OrgpostError, exit_code=3):
    """A file that was named is not there."""

    sentence = "no such file: {path}"
    advice = "check how it is spelt, and from which folder it counts"
    path: Place


class WrongState(OrgpostError, ValueError, exit_code=4):
    """A move that the state table does not have."""

    advice = "orgpost show {id}"
    event: str
    expected: Sequence[str]
    found: str
    id: str = ""

    def __str__(self) -> str:
        most, last = ", ".join(self.expected[:-1]), self.expected[-1:]
        words = " or ".join([*([most] if most else []), *last])
        return f"{self.event}: expected {words}, found {self.found}"


class Conflict(OrgpostError, exit_code=4):
    """The same id with other content, or a file that others changed too often meanwhile."""

    advice = "look at what is there now, then try again"
    what: str


class Exists(OrgpostError, exit_code=4):
    """It is there already, with other values."""

    advice = "look at what is there, or choose another name"
    what: str


class InUse(OrgpostError, exit_code=4):
    """It cannot go while something depends on it."""

    advice = "remove first what depends on it"
    what: str


class TooLarge(OrgpostError, exit_code=5):
    """More bytes than the settings allow."""

    advice = "send less, or raise the limit: orgpost config show"
    sentence = "{what} is too large: {size} bytes, at most {limit} are allowed"
    what: str
    size: int
    limit: int


class NotPermitted(OrgpostError, exit_code=6):
    """Whoever acts may not do this."""

    sentence = "not permitted: {what}: {why}"
    advice = "ask whoever may, or change the permissions there"
    what: Place
    why: str


class _BadPlace(OrgpostError):
    sentence = "{path}: {why}"
    advice = "look at what is there, mend it and try again"
    path: Place
    why: str


class OutsideSpace(_BadPlace, exit_code=6):
    """A path that must lie in the space, and does not."""

    advice = "give a path inside the space, and outside of its mail and settings"


class UnsafePath(_BadPlace, exit_code=6):
    """A link, device, pipe or folder where a regular file must be."""


class Malformed(_BadPlace, exit_code=65):
    """Bytes that cannot be understood."""


class _Faulty(OrgpostError):
    advice = "mend these lines and try again"
    problems: Sequence[Problem]

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> list[str]:
        """Give each problem its line: ``file:line: key: what (hint)``."""
        return [*map(_say_problem, self.problems)]


class BadContacts(_Faulty, exit_code=65):
    """contacts.yaml cannot be relied on; all its problems at once."""


class NotUtf8(OrgpostError, exit_code=65):
    """Text was asked for, and these bytes are none."""

    sentence = "{what} is not UTF-8 from byte {offset} on"
    advice = "send it as a file: --attach"
    what: str
    offset: int


class FileChanged(_BadPlace, exit_code=65):
    """A delivered file is not what its manifest says; nothing was saved."""

    advice = "ask its sender to send it again"


class Busy(OrgpostError, exit_code=75):
    """Somebody else holds the file: try again."""

    sentence = "{path} is busy: {holder}"
    advice = "try again in a moment"
    path: Place
    holder: str


class BadSettings(_Faulty, exit_code=78):
    """No command runs on half-read settings; all their problems at once."""


class NoIdentity(OrgpostError, exit_code=78):
    """Nothing says who acts."""

    sentence = "nobody is named to act here"
    advice = "--as NAME, or orgpost config set identity.name NAME"


def spoken_path(path: KeyPath) -> str:
    """Write the place of a value in a tree as people do: ``actors[1].handles``."""
    words = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(words).removeprefix(".")


def _say_problem(problem: Problem) -> str:
    line = "" if problem["line"] is None else f":{problem['line']}"
    key = f"{problem['key']}: " if problem["key"] else ""
    hint = f" ({problem['hint']})" if problem["hint"] else ""
    return f"{problem['file']}{line}: {key}{problem['problem']}{hint}"
