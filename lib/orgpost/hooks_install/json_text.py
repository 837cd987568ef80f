"""JSON as it stands in a file: every value with the place of its bytes.

The standard library's reader gives values and forgets where they stood, how a number was spelt and
that a key came twice. This one keeps all of it, reads comments, and refuses what is not JSON.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from orgpost.frozen import NamedTuple

if TYPE_CHECKING:
    from typing import TypeAlias

    Exact: TypeAlias = tuple[str, object]

_GAP: Final = re.compile(r"[ \t\n\r]+|//[^\n\r]*|/\*(?s:.*?)\*/")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_STRING: Final = re.compile(
    r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"'
)
_WORD: Final = re.compile(r"true|false|null")
_DEEPEST: Final = 100


class Unfit(Exception):
    """A text that cannot be read, or not be changed without changing more than is meant."""


class Key(NamedTuple):
    """The name of a member, and where it stands with its quotes."""

    name: str
    start: int
    end: int


class Node(NamedTuple):
    """A value: what it is, from where to where it stands, what it holds.

    `kind` is `{`, `[`, `"` or empty for a number and the words true, false and null. `name` is the
    key before it, in an object.
    """

    kind: str
    start: int
    end: int
    text: str
    children: tuple[Node, ...] = ()
    name: Key | None = None

    @property
    def begin(self) -> int:
        """Where it begins with its key."""
        return self.name.start if self.name else self.start

    def child(self, key: str) -> int | None:
        """The number of the member with this key: of two the last, which is the one that counts."""
        found = [n for n, each in enumerate(self.children) if each.name and each.name.name == key]
        return found[-1] if found and self.kind == "{" else None

    def value(self) -> object:
        """The value as Python has it; a number stays as it is spelt."""
        if self.kind == "{":
            return {each.name.name: each.value() for each in self.children if each.name}
        if self.kind == "[":
            return [each.value() for each in self.children]
        return json.loads(self.text) if self.kind == '"' else self.text

    def exact(self) -> Exact:
        """All that is said, in order, keys that come twice and the spelling of numbers included."""
        if self.kind == "{":
            return "{", tuple(
                (each.name and each.name.name, each.exact()) for each in self.children
            )
        if self.kind == "[":
            return "[", tuple(each.exact() for each in self.children)
        return self.kind, self.value()


def exact(value: object) -> Exact:
    """What a node that says this value would say."""
    if isinstance(value, dict):
        return "{", tuple((key, exact(held)) for key, held in value.items())
    if isinstance(value, list):
        return "[", tuple(map(exact, value))
    return ('"', value) if isinstance(value, str) else ("", json.dumps(value))


def parse(text: str, *, trailing_commas: bool = False) -> Node:
    """Read a whole text; `Unfit` says what is wrong with it and in which line."""
    return _Reader(text, trailing_commas=trailing_commas).read()


def skip(text: str, at: int) -> int:
    """Where the next word stands, behind blanks and comments."""
    while found := _GAP.match(text, at):
        at = found.end()
    return at


class _Reader:
    def __init__(self, text: str, *, trailing_commas: bool) -> None:
        self._text, self._trailing_commas = text, trailing_commas

    def read(self) -> Node:
        top = self._value(skip(self._text, 0), None, 0)
        if skip(self._text, top.end) != len(self._text):
            raise self._broken(top.end, "there is more behind the end")
        return top

    def _value(self, at: int, name: Key | None, depth: int) -> Node:
        if depth > _DEEPEST:
            raise self._broken(at, f"it is nested more than {_DEEPEST} deep")
        first = self._text[at : at + 1]
        if first in {"{", "["}:
            return self._container(at, name, depth)
        for kind, pattern in (('"', _STRING), ("", _NUMBER), ("", _WORD)):
            if found := pattern.match(self._text, at):
                return Node(kind, at, found.end(), found[0], (), name)
        raise self._broken(at, "a value is missing or misspelt")

    def _container(self, start: int, name: Key | None, depth: int) -> Node:
        kind = self._text[start]
        closing = {"{": "}", "[": "]"}[kind]
        children: list[Node] = []
        at = skip(self._text, start + 1)
        while self._text[at : at + 1] != closing:
            key, at = self._key(at) if kind == "{" else (None, at)
            children.append(self._value(at, key, depth + 1))
            at = skip(self._text, children[-1].end)
            if self._text[at : at + 1] == ",":
                comma, at = at, skip(self._text, at + 1)
                if self._text[at : at + 1] == closing and not self._trailing_commas:
                    raise self._broken(comma, "a comma stands before the end")
            elif self._text[at : at + 1] != closing:
                raise self._broken(at, f"a comma or {closing} is missing")
        return Node(kind, start, at + 1, "", tuple(children), name)

    def _key(self, at: int) -> tuple[Key, int]:
        found = _STRING.match(self._text, at)
        if found is None:
            raise self._broken(at, "a key is missing or misspelt")
        colon = skip(self._text, found.end())
        if self._text[colon : colon + 1] != ":":
            raise self._broken(colon, "a colon is missing")
        return Key(json.loads(found[0]), at, found.end()), skip(self._text, colon + 1)

    def _broken(self, at: int, what: str) -> Unfit:
        return Unfit(f"line {self._text.count(chr(10), 0, at) + 1}: {what}")
