"""Frozen values, dataclasses and named tuples, without what the library's own cost each start.

To import `dataclasses` (it brings `inspect`) and to let it write two classes took a fifth of a cold
start; to write forty named tuples, of which a run makes ten, a fifteenth. Type checkers see the
real names; who asks a value for its `fields` gets the real ones.
"""

from __future__ import annotations

from collections import _tuplegetter, namedtuple  # type: ignore[attr-defined]  # as typing does
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from dataclasses import dataclass, field, replace
    from typing import NamedTuple, Self

__all__ = ["NamedTuple", "dataclass", "field", "replace"]

_REAL: Final = ("__dataclass_fields__", "__dataclass_params__", "__signature__")


class _Factory:
    """What makes the default of a field."""

    def __init__(self, make: Callable[[], object]) -> None:
        self.make = make


class _Asked:
    """An attribute that only `dataclasses` and `inspect` look for: made when they do."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, _: object, owner: type[_Frozen]) -> Any:
        if not hasattr(owner, "defaults_"):
            raise AttributeError(self._name)
        for name, fact in zip(_REAL, _real_facts(owner), strict=True):
            setattr(owner, name, fact)
        return owner.__dict__[self._name]


class _Frozen:
    """A value of named facts; a change of it is a new one."""

    __slots__ = ()
    __match_args__ = ()
    defaults_: dict[str, object]
    setters_: dict[str, Callable[[object, object], None]]
    __dataclass_fields__ = _Asked()
    __dataclass_params__ = _Asked()
    __signature__ = _Asked()

    def __init__(self, **given: object) -> None:
        cls = type(self)
        facts = cls.defaults_ | given
        if facts.keys() != cls.setters_.keys():
            odd = ", ".join(sorted(facts.keys() ^ cls.setters_.keys()))
            raise TypeError(f"{cls.__qualname__}: missing or unexpected: {odd}")
        for name, put in cls.setters_.items():
            fact = facts[name]
            put(self, fact.make() if isinstance(fact, _Factory) else fact)

    def __setattr__(self, name: str, _: object) -> None:
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> None:
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __repr__(self) -> str:
        facts = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.setters_)
        return f"{type(self).__qualname__}({facts})"

    def __eq__(self, other: object) -> bool:
        return _facts(self) == _facts(other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(_facts(self).values()))

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuilt, (type(self), _facts(self))

    def __replace__(self, /, **changes: object) -> Any:
        return type(self)(**_facts(self) | changes)


def _facts(value: Any) -> dict[str, object]:
    return {name: getattr(value, name) for name in value.setters_}


def _rebuilt(cls: type[_Frozen], facts: dict[str, object]) -> _Frozen:
    return cls(**facts)


def _frozen(cls: type) -> Any:
    """Make the class anew: with a slot for each annotation, and nothing that changes them."""
    names = tuple(cls.__annotations__)
    own = {name: fact for name, fact in vars(cls).items() if name not in {*names, *_OF_A_DICT}}
    made: Any = type(cls)(cls.__name__, (_Frozen,), {**own, "__slots__": names})
    made.__qualname__ = cls.__qualname__
    made.defaults_ = {name: vars(cls)[name] for name in names if name in vars(cls)}
    made.setters_ = {name: vars(made)[name].__set__ for name in names}
    return made


_OF_A_DICT: Final = ("__dict__", "__weakref__")


def _real_facts(owner: type[_Frozen]) -> tuple[object, ...]:
    """Let `dataclasses` make its own of the same annotations, and give what it says of that."""
    import dataclasses
    import inspect

    defaults = {
        name: dataclasses.field(default_factory=fact.make) if isinstance(fact, _Factory) else fact
        for name, fact in owner.defaults_.items()
    }
    facts = {"__annotations__": owner.__annotations__, "__module__": owner.__module__, **defaults}
    real: Any = dataclasses.dataclass(frozen=True, slots=True, kw_only=True)(
        type(owner.__name__, (), facts)
    )
    return real.__dataclass_fields__, real.__dataclass_params__, inspect.signature(real)


class _Naming(type):
    """Gives the places of a tuple the names of the annotations, and their values as defaults."""

    def __new__(cls, name: str, bases: tuple[type, ...], own: dict[str, Any]) -> Any:
        """Make the class."""
        names = tuple(own.get("__annotations__", ()))
        defaults = {name: own[name] for name in names if name in own}
        places = {name: _tuplegetter(place, "") for place, name in enumerate(names)}
        facts = {"__slots__": (), "__match_args__": names, "_fields": names}
        return super().__new__(cls, name, bases, own | places | facts | {"_defaults": defaults})


class _Named(tuple[Any, ...]):
    """A tuple whose places have names."""

    __slots__ = ()
    _fields: tuple[str, ...]
    _defaults: dict[str, object]

    def __new__(cls, *values: object, **named: object) -> Self:
        # The first one that is made waits for the library to write what makes them fast.
        write: Any = namedtuple  # noqa: PYI024  it is what typing asks, too
        made = write(cls.__name__, cls._fields, defaults=cls._defaults.values())
        cls.__new__ = vars(made)["__new__"]  # type: ignore[method-assign]  # once, and for good
        return cls(*values, **named)

    def __repr__(self) -> str:
        facts = ", ".join(f"{name}={fact!r}" for name, fact in self._asdict().items())
        return f"{type(self).__name__}({facts})"

    def __getnewargs__(self) -> tuple[Any, ...]:
        return tuple(self)

    def _asdict(self) -> dict[str, Any]:
        return dict(zip(self._fields, self, strict=True))

    @classmethod
    def _make(cls, values: Iterable[Any]) -> Self:
        return tuple.__new__(cls, values)

    def _replace(self, /, **changes: object) -> Self:
        made = self._make(map(changes.pop, self._fields, self))
        if changes:
            raise ValueError(f"{type(self).__name__}: unexpected: {', '.join(sorted(changes))}")
        return made

    __replace__ = _replace


if not TYPE_CHECKING:

    class NamedTuple(_Named, metaclass=_Naming):
        """What `typing.NamedTuple` is; what makes its tuples is written when one is made."""

    def dataclass(*, frozen: bool, slots: bool, kw_only: bool) -> Callable[[type], Any]:
        """Make a frozen class with slots whose facts are given by name; there is no other kind."""
        if not (frozen and slots and kw_only):
            raise TypeError("only frozen, with slots, by name")
        return _frozen

    def field(*, default_factory: Callable[[], object]) -> _Factory:
        """Give a fact a default that is made anew each time."""
        return _Factory(default_factory)

    def replace(value: _Frozen, /, **changes: object) -> _Frozen:
        """Give a value with some of its facts changed."""
        return value.__replace__(**changes)
