"""The YAML that nearly everybody writes, read in a moment; whatever is more is left to the library.

To import the YAML library costs a command as much again as starting Python. So lines of plain
``key: value``, lists of them and short brackets are read here. One rule makes it safe: whatever is
answered is what the library would answer, and where there is the least doubt, `Doubt` is raised.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from orgpost.frozen import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEY: Final = r"([A-Za-z_][A-Za-z0-9_-]*):(?: +|\Z)"
_SCALAR: Final = (
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"|(?P<float>(?:0|[1-9][0-9]{0,8})\.[0-9]{1,8})"
    r"|(?P<whole>0|[1-9][0-9]{0,8})"
    r"""|"(?P<double>[^"\\]*)"|'(?P<single>[^']*)'"""
    r"|(?P<word>[A-Za-z/][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*)"
)
_TRUTHS: Final = {"true": True, "false": False}
# The library knows many words for true and false, in any case; a person may mean the word.
_DOUBTFUL: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_DASH: Final = "- "
_INDENT_OF_ITEM: Final = 2
_DEEPEST: Final = 3
_NOTHING: Final = object()


class Doubt(Exception):
    """This may mean something else than it seems to."""


class _Token(NamedTuple):
    """A dash, an entry or a value, and the column that it stands in."""

    indent: int
    key: str | None
    value: Any


def read_plain(text: str) -> Any:
    """Read a whole text, or raise `Doubt`."""
    if not text.isascii() or not text.replace("\n", "").isprintable():
        raise Doubt
    tokens = [token for line in text.split("\n") for token in _tokens_of(line)]
    if not tokens:
        return None
    content, end = _block(tokens, 0, 0)
    # Each part takes what is certainly its own; what nobody took would have changed its meaning.
    if end != len(tokens):
        raise Doubt
    return content


def _tokens_of(line: str) -> Iterator[_Token]:
    at = len(line) - len(line.lstrip(" "))
    if line[at:] == "" or line[at] == "#":
        return
    while line.startswith(_DASH, at):
        yield _Token(at, _DASH, _NOTHING)
        at += len(_DASH)
    indent, key, value = at, None, _NOTHING
    if entry := re.compile(_KEY).match(line, at):
        key, at = _certain(entry[1]), entry.end()
    if key is None or (at < len(line) and line[at] != "#"):
        value, at = _value(line, at, 0)
        if not re.fullmatch(r" *(?: #.*)?", line[at:]):
            raise Doubt
    yield _Token(indent, key, value)


# --- one line -----------------------------------------------------------------------------------


def _value(line: str, at: int, depth: int) -> tuple[Any, int]:
    if line[at : at + 1] in {"[", "{"}:
        if depth == _DEEPEST:
            raise Doubt
        return _brackets(line, at, depth)
    found = re.compile(_SCALAR).match(line, at)
    if found is None:
        raise Doubt
    return _meaning(str(found.lastgroup), found[str(found.lastgroup)]), found.end()


def _brackets(line: str, at: int, depth: int) -> tuple[Any, int]:
    is_map = line[at] == "{"
    items: list[Any] = []
    entries: dict[str, Any] = {}
    close = "}" if is_map else "]"
    at = _past(line, at + 1, "")
    while line[at : at + 1] != close:
        if items or entries:
            at = _past(line, at, ",")
        if is_map:
            entry = re.compile(_KEY).match(line, at)
            if entry is None or entry[1] in entries:
                raise Doubt
            entries[_certain(entry[1])], at = _value(line, entry.end(), depth + 1)
        else:
            item, at = _value(line, at, depth + 1)
            items.append(item)
        at = _past(line, at, "")
    return (entries if is_map else items), at + 1


def _past(line: str, at: int, mark: str) -> int:
    if not line.startswith(mark, at):
        raise Doubt
    at += len(mark)
    while line.startswith(" ", at):
        at += 1
    return at


def _meaning(kind: str, text: str) -> Any:
    if kind == "date":
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise Doubt from None
    if kind == "word":
        return _TRUTHS[text] if text in _TRUTHS else _certain(text)
    return {"float": float, "whole": int}.get(kind, str)(text)


def _certain(word: str) -> str:
    if word.lower() in _DOUBTFUL:
        raise Doubt
    return word


# --- lines that belong together -----------------------------------------------------------------


def _block(tokens: list[_Token], at: int, indent: int) -> tuple[Any, int]:
    if tokens[at].indent != indent:
        raise Doubt
    if tokens[at].key is None:
        # A value in a line of its own may go on in the next one.
        raise Doubt
    return _list(tokens, at, indent) if tokens[at].key == _DASH else _map(tokens, at, indent)


def _list(tokens: list[_Token], at: int, indent: int) -> tuple[list[Any], int]:
    items: list[Any] = []
    while at < len(tokens) and tokens[at].key == _DASH and tokens[at].indent == indent:
        at += 1
        if tokens[at].key is None:
            items.append(tokens[at].value)
            at += 1
        else:
            item, at = _block(tokens, at, indent + _INDENT_OF_ITEM)
            items.append(item)
    return items, at


def _map(tokens: list[_Token], at: int, indent: int) -> tuple[dict[str, Any], int]:
    entries: dict[str, Any] = {}
    while at < len(tokens) and tokens[at].key not in {None, _DASH} and tokens[at].indent == indent:
        key, value = str(tokens[at].key), tokens[at].value
        at += 1
        if value is _NOTHING:
            value, at = _below(tokens, at, indent)
        if key in entries:
            raise Doubt
        entries[key] = value
    return entries, at


def _below(tokens: list[_Token], at: int, indent: int) -> tuple[Any, int]:
    if at == len(tokens) or tokens[at].indent < indent:
        return None, at
    if tokens[at].indent == indent and tokens[at].key != _DASH:
        return None, at
    return _block(tokens, at, tokens[at].indent)
