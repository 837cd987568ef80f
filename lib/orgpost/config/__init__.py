"""Settings as values: parsed files are checked against the one table, and merged. Pure.

The table is `config.table`; reading files is the business of `settings_file`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from orgpost.config.table import KEYS
from orgpost.errors import Problem, spoken_path
from orgpost.frozen import NamedTuple
from orgpost.names import TIERS, fault_of_handle, fault_of_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import TypeAlias

    from orgpost.config.key import Key
    from orgpost.errors import KeyPath

    Fault: TypeAlias = tuple[KeyPath, str, str]

DEFAULT: Final = "default"
_HIDDEN: Final = "(hidden)"
_LONGEST_SHOWN: Final = 60
_LONGEST_TEXT: Final = 2000
_LISTED_TIERS: Final = frozenset(f"tier:{tier}" for tier in TIERS)
_SAY_WHICH: Final = "v0.1 meant everyone by it, readers expect nobody: say which"

BY_NAME: Final = MappingProxyType({key.name: key for key in KEYS})
GROUPS: Final = frozenset(
    key.name[:place] for key in KEYS for place, letter in enumerate(key.name) if letter == "."
)


class Layer(NamedTuple):
    """The settings of one file, by their full names; where they stand is told when asked."""

    origin: str
    values: Mapping[str, Any]
    line_of: Callable[[KeyPath], int | None] = lambda _: None


class Found(NamedTuple):
    """A setting as it is shown: `origin` is a file or `DEFAULT`."""

    value: Any
    origin: str


class Settings:
    """All settings, each with a value and the place that it came from; it does not change.

    Ask by name and kind: ``settings.whole("messaging.archive_keep")``. A name that is not in the
    table, or is of another kind, is a fault of the program.
    """

    __slots__ = ("_layers", "_values")

    def __init__(self, layers: Sequence[Layer] = ()) -> None:
        """Merge layers, the strongest last; maps are merged key by key, all else is replaced."""
        values: dict[str, Any] = {key.name: key.default for key in KEYS}
        for layer in layers:
            for name, value in layer.values.items():
                merged = isinstance(value, dict)
                values[name] = MappingProxyType({**values[name], **value}) if merged else value
        self._layers: Final = tuple(layers)
        self._values: Final = MappingProxyType(values)

    def __repr__(self) -> str:
        told = (
            f"{name}={self.found(name).value!r}" for name in BY_NAME if self.origin(name) != DEFAULT
        )
        return f"Settings({', '.join(told)})"

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def origin(self, name: str) -> str:
        """Name the strongest layer that sets it, or `DEFAULT`."""
        setting = [layer.origin for layer in self._layers if name in layer.values]
        return [DEFAULT, *setting][-1]

    def line(self, name: str) -> int | None:
        """Give the line that sets it in its origin."""
        setting = [layer for layer in self._layers if name in layer.values]
        return setting[-1].line_of(tuple(name.split("."))) if setting else None

    def text(self, name: str) -> str | None:
        """Give an actor, path, choice or other text; None where it is not set."""
        value: str | None = self._of_kind(name, "actor", "path", "choice", "text")
        return value

    def secret(self, name: str) -> str | None:
        """Give a secret, for who uses it; nobody else shows it."""
        value: str | None = self._of_kind(name, "secret")
        return value

    def whole(self, name: str) -> int:
        """Give a whole number."""
        return int(self._of_kind(name, "int"))

    def number(self, name: str) -> float:
        """Give a number."""
        return float(self._of_kind(name, "float"))

    def truth(self, name: str) -> bool:
        """Give a yes or no."""
        return bool(self._of_kind(name, "bool"))

    def words(self, name: str) -> tuple[str, ...]:
        """Give a list of handles, paths or other texts."""
        return tuple(self._of_kind(name, "handles", "paths", "texts"))

    def tiers(self, name: str) -> Mapping[str, str]:
        """Give a map of actors to tiers."""
        tiers: Mapping[str, str] = self._of_kind(name, "tiers")
        return tiers

    def rates(self, name: str) -> Mapping[str, int]:
        """Give a map of tiers to numbers."""
        rates: Mapping[str, int] = self._of_kind(name, "rates")
        return rates

    def lists(self, name: str) -> Mapping[str, tuple[str, ...]]:
        """Give a map of agents to who is on their list."""
        lists = self._of_kind(name, "lists")
        return MappingProxyType({agent: tuple(listed) for agent, listed in lists.items()})

    def found(self, name: str) -> Found:
        """Give a value as plain data, with its origin; for those who show settings."""
        hidden = BY_NAME[name].kind == "secret" and self[name] is not None
        return Found(_HIDDEN if hidden else _plain(self[name]), self.origin(name))

    def names(self) -> tuple[str, ...]:
        """Give all names, in the order of the table."""
        return tuple(BY_NAME)

    def _of_kind(self, name: str, *kinds: str) -> Any:
        if BY_NAME[name].kind not in kinds:
            message = f"{name} is a setting of kind {BY_NAME[name].kind}"
            raise TypeError(message)
        return self[name]


def check(
    data: object, file: str, line_of: Callable[[KeyPath], int | None]
) -> tuple[Layer, list[Problem]]:
    """Check one file's parsed content; give what is good of it, and all that is not."""
    values: dict[str, Any] = {}
    faults = list(_walk(data, (), values))
    problems = [
        Problem(file=file, line=line_of(path), key=spoken_path(path), problem=what, hint=hint)
        for path, what, hint in faults
    ]
    return Layer(file, values, line_of), problems


def refuse_overrides(settings: Settings, ids: Iterable[str]) -> list[Problem]:
    """Tell of actors whom the settings make an owner though they are no person."""
    name = "messaging.trust_overrides"
    what, hint = "is no person, and only a person can be of tier owner", ""
    file, line = settings.origin(name), settings.line(name)
    return [
        Problem(file=file, line=line, key=f"{name}.{id}", problem=what, hint=hint) for id in ids
    ]


def check_value(name: str, value: object) -> tuple[Any, list[Fault]]:
    """Check one value of a known setting; give it as it is kept, and its faults."""
    key = BY_NAME[name]
    if value is False and "off" in key.choices:
        value = "off"  # what YAML makes of the word
    return value, list(_FAULTS[key.kind](key, value))


def nearest_name(name: str) -> str | None:
    """Give the known setting that this one is most like."""
    import difflib

    near = difflib.get_close_matches(name, [*BY_NAME, *sorted(GROUPS - {name})], n=1)
    return near[0] if near else None


def wanted(key: Key) -> str:
    """Say what a value of this setting must be."""
    if key.kind == "choice":
        return " or ".join(key.choices)
    low, high = key.low, key.high
    bounds = f" from {low} to {high}" if high is not None else f" from {low} on"
    return _WANTED[key.kind] + ("" if low is None else bounds)


_WANTED: Final = {
    "actor": "the name of an actor",
    "bool": "true or false",
    "float": "a number",
    "handles": "a list of handles",
    "int": "a whole number",
    "lists": "a map of agents to lists of actors, tier:NAME or all",
    "path": "a path",
    "paths": "a list of paths",
    "rates": "a map of tiers to whole numbers",
    "secret": "a secret text",
    "text": "a text of one line",
    "texts": "a list of texts of one line",
    "tiers": "a map of actors to tiers",
}


def _walk(data: object, at: KeyPath, values: dict[str, Any]) -> Iterator[Fault]:
    if data is None:  # a map whose entries are all commented out
        return
    if not isinstance(data, dict):
        yield at, "must be a map of settings", ""
        return
    for step, value in data.items():
        path = (*at, step)
        name = ".".join(map(str, path))
        if "." in step:
            yield path, "is written with a dot", "put one map into the other"
        elif name in GROUPS:
            yield from _walk(value, path, values)
        elif name in BY_NAME:
            kept, faults = check_value(name, value)
            yield from ((path + below, what, hint) for below, what, hint in faults)
            values.update({name: kept} if kept is not None and not faults else {})
        else:
            near = nearest_name(name)
            yield path, "is no setting", f"did you mean {near}?" if near else ""


def _faults_of_one(key: Key, value: object) -> Iterator[Fault]:
    if value is None and key.default is None:
        return
    if not _is_right(key, value):
        # What is wrong with a secret is said, and never what it is.
        shown = f"a {type(value).__name__}" if key.kind == "secret" else _shown(value)
        yield (), f"must be {wanted(key)}, not {shown}", ""


def _faults_of_actor(key: Key, value: object) -> Iterator[Fault]:
    fault = None if value is None else fault_of_name(value)
    if fault:
        yield (), f"must be {wanted(key)}: {_shown(value)} {fault}", ""


def _faults_of_list(key: Key, value: object) -> Iterator[Fault]:
    if not isinstance(value, list):
        yield (), f"must be {wanted(key)}, not {_shown(value)}", ""
        return
    for number, item in enumerate(value):
        if key.kind == "paths" and not _is_path(item):
            yield (number,), f"must be a path, not {_shown(item)}", ""
        if key.kind == "texts" and not _is_text(item):
            yield (number,), f"must be a text of one line, not {_shown(item)}", ""
        if key.kind == "handles" and (fault := fault_of_handle(item)):
            yield (number,), f"{_shown(item)} {fault}", ""


def _faults_of_tiers(key: Key, value: object) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield (), f"must be {wanted(key)}, not {_shown(value)}", ""
        return
    for name, tier in value.items():
        if fault := fault_of_name(name):
            yield (name,), f"{_shown(name)} {fault}", ""
        if tier not in TIERS:
            yield (name,), f"{_shown(tier)} is no tier", f"one of {' '.join(TIERS)}"


def _faults_of_rates(key: Key, value: object) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield (), f"must be {wanted(key)}, not {_shown(value)}", ""
        return
    for tier, rate in value.items():
        if tier not in TIERS:
            yield (tier,), "is no tier", f"one of {' '.join(TIERS)}"
        if isinstance(rate, bool) or not isinstance(rate, int) or rate < 0:
            yield (tier,), f"must be a whole number from 0 on, not {_shown(rate)}", ""


def _faults_of_lists(key: Key, value: object) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield (), f"must be {wanted(key)}, not {_shown(value)}", ""
        return
    for agent, listed in value.items():
        if fault := fault_of_name(agent):
            yield (agent,), f"{_shown(agent)} {fault}", ""
        if not isinstance(listed, list):
            yield (agent,), f"must be a list, not {_shown(listed)}", ""
        elif not listed:
            yield (agent,), "is an empty list", _SAY_WHICH
        else:
            faults = ((number, _fault_of_listed(who)) for number, who in enumerate(listed))
            yield from (((agent, number), fault, "") for number, fault in faults if fault)


def _fault_of_listed(who: object) -> str | None:
    if who == "all" or (isinstance(who, str) and who in _LISTED_TIERS):
        return None
    fault = fault_of_name(who)
    return fault and f"{_shown(who)} {fault}, nor tier:NAME, nor all"


_FAULTS: Final[Mapping[str, Callable[[Key, object], Iterator[Fault]]]] = {
    "actor": _faults_of_actor,
    "bool": _faults_of_one,
    "choice": _faults_of_one,
    "float": _faults_of_one,
    "handles": _faults_of_list,
    "int": _faults_of_one,
    "lists": _faults_of_lists,
    "path": _faults_of_one,
    "paths": _faults_of_list,
    "rates": _faults_of_rates,
    "secret": _faults_of_one,
    "text": _faults_of_one,
    "texts": _faults_of_list,
    "tiers": _faults_of_tiers,
}


def _is_right(key: Key, value: object) -> bool:
    if key.kind == "choice":
        return value in key.choices
    if key.kind in _IS_TEXT:
        return _IS_TEXT[key.kind](value)
    if key.kind == "bool":
        return isinstance(value, bool)
    kinds = int | float if key.kind == "float" else int
    if isinstance(value, bool) or not isinstance(value, kinds):
        return False
    return (key.low is None or key.low <= value) and (key.high is None or value <= key.high)


def _is_path(value: object) -> bool:
    return isinstance(value, str) and value != "" and "\0" not in value


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and 0 < len(value) <= _LONGEST_TEXT


_IS_TEXT: Final[Mapping[str, Callable[[object], bool]]] = {
    "path": _is_path,
    # Whether a secret is good enough is for who signs with it.
    "secret": lambda value: isinstance(value, str),
    "text": _is_text,
}


def _shown(value: object) -> str:
    text = repr(value) if not isinstance(value, dict | list) else f"a {type(value).__name__}"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, MappingProxyType) else value
