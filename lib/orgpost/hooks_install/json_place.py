"""Changes of a JSON text by place: what is not meant stays, to the byte.

A child is put in at the end of its container, in the manner of what stands there already: on a line
of its own with the same indentation, or beside the others. Taking it out again gives the text that
was there before. Each change is proved before it is given back: read again, the text must say what
it said, with that one change; else `Unfit`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from orgpost.hooks_install.json_text import Node, Unfit, exact, parse, skip

if TYPE_CHECKING:
    from collections.abc import Callable

    from orgpost.hooks_install.json_text import Exact

Place: TypeAlias = tuple[int, ...]

_REST_OF_LINE: Final = re.compile(r"[ \t]*(?://[^\n\r]*|(?:/\*[^\n]*?\*/[ \t]*)+(?=\r?\n))")
_BLANK: Final = " \t\n\r"
_USUAL_INDENT: Final = "  "


class Page:
    """A text, what it says, and the manner in which it is written."""

    def __init__(self, text: str, *, trailing_commas: bool = False) -> None:
        self.text, self._trailing_commas = text, trailing_commas
        self.root = parse(text, trailing_commas=trailing_commas)
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self._indent = self._find_indent()
        root = self.root
        self._on_one_line = bool(root.children) and "\n" not in text[root.start : root.end]
        self._colon = ":" if self._is_tight() else ": "
        self._comma = "," if self._is_tight() else ", "

    def at(self, place: Place) -> Node:
        """The value at a place: the numbers of children from the top down."""
        node = self.root
        for number in place:
            node = node.children[number]
        return node

    def find(self, path: tuple[str, ...]) -> tuple[Place, int]:
        """The place of the last one on this path that is there, and how many keys led to it."""
        place: Place = ()
        for depth, key in enumerate(path):
            number = self.at(place).child(key)
            if number is None:
                return place, depth
            place = (*place, number)
        return place, len(path)

    # --- changes ----------------------------------------------------------------------------------

    def insert(self, place: Place, value: object, key: str | None = None) -> Page:
        """Put a last child into the container at a place."""
        box = self.at(place)
        text = self._after_last(box, value, key) if box.children else self._alone(box, value, key)
        child = exact(value) if box.kind == "[" else (key, exact(value))
        return self._proved(text, _with_children(self.root.exact(), place, lambda c: (*c, child)))

    def cut(self, place: Place, inner: str = "") -> Page:
        """Take a child out; `inner` is what its container held when it was empty before."""
        box, number = self.at(place[:-1]), place[-1]
        child, text = box.children[number], self.text
        after = skip(text, child.end)
        end = after + 1 if text[after] == "," else child.end
        start = len(text[: child.begin].rstrip(_BLANK))
        comma: int | None = None
        if number and number + 1 == len(box.children) and end == child.end:
            comma = skip(text, box.children[number - 1].end)
            start = max(start, comma + 1)
        elif start == child.begin:
            end += len(text[end:]) - len(text[end:].lstrip(" \t"))
        rest = text[:start] if comma is None else text[:comma] + text[comma + 1 : start]
        if len(box.children) == 1:
            left = text[box.start + 1 : start] + text[end : box.end - 1]
            if left.strip() == inner.strip():
                rest, end = text[: box.start + 1] + inner, box.end - 1
        wanted = _with_children(
            self.root.exact(), place[:-1], lambda c: (*c[:number], *c[number + 1 :])
        )
        return self._proved(rest + text[end:], wanted)

    def exchange(self, place: Place, value: object) -> Page:
        """Put another value where one stands; the key before it stays."""
        old, text = self.at(place), self.text
        if old.exact() == exact(value):
            return self
        tall = "\n" in text[old.start : old.end]
        new = self._tall(value, self._indent_of_line(old.begin)) if tall else self._flat(value)
        number = place[-1]
        child = exact(value) if old.name is None else (old.name.name, exact(value))
        wanted = _with_children(
            self.root.exact(), place[:-1], lambda c: (*c[:number], child, *c[number + 1 :])
        )
        return self._proved(text[: old.start] + new + text[old.end :], wanted)

    def _proved(self, text: str, wanted: Exact) -> Page:
        page = Page(text, trailing_commas=self._trailing_commas)
        if page.root.exact() != wanted:
            raise Unfit("it cannot be changed by place")
        return page

    # --- where the bytes go -----------------------------------------------------------------------

    def _after_last(self, box: Node, value: object, key: str | None) -> str:
        text, last = self.text, box.children[-1]
        before = box.children[-2].end if len(box.children) > 1 else box.start + 1
        after = skip(text, last.end)
        has_comma = text[after] == ","
        at = after + 1 if has_comma else last.end
        if "\n" not in text[before : last.begin]:
            child = self._member(key) + self._flat(value)
            if has_comma:
                return f"{text[:at]} {child},{text[at:]}"
            return f"{text[:at]}{self._comma}{child}{text[at:]}"
        indent = self._indent_of_line(last.begin)
        if text[: last.begin].rstrip(" \t")[-1:] != "\n":
            indent = self._indent_of_line(box.begin) + self._indent
        rest = _REST_OF_LINE.match(text, at)
        to = rest.end() if rest else at
        child = f"{self.newline}{indent}{self._member(key)}{self._tall(value, indent)}"
        commas = ("", ",") if has_comma else (",", "")
        return f"{text[:at]}{commas[0]}{text[at:to]}{child}{commas[1]}{text[to:]}"

    def _alone(self, box: Node, value: object, key: str | None) -> str:
        text = self.text
        at = box.start + 1 + len(text[box.start + 1 : box.end - 1].rstrip(_BLANK))
        if self._on_one_line and at == box.start + 1:
            return f"{text[:at]}{self._member(key)}{self._flat(value)}{text[at:]}"
        around = self._indent_of_line(box.begin)
        indent = around + self._indent
        child = f"{self.newline}{indent}{self._member(key)}{self._tall(value, indent)}"
        closes = "" if "\n" in text[at : box.end - 1] else self.newline + around
        return f"{text[:at]}{child}{closes}{text[at:]}"

    # --- the manner -------------------------------------------------------------------------------

    def _find_indent(self) -> str:
        for child in self.root.children:
            before = self.text[: child.begin]
            line = before[before.rfind("\n") + 1 :]
            if "\n" in before and not line.strip(" \t"):
                return line
        return _USUAL_INDENT

    def _indent_of_line(self, at: int) -> str:
        line = self.text[self.text.rfind("\n", 0, at) + 1 : at]
        return line[: len(line) - len(line.lstrip(" \t"))]

    def _is_tight(self) -> bool:
        last = self.root.children[-1] if self.root.children else None
        if last is None or last.name is None:
            return False
        return self.text[last.name.end : last.start] == ":"

    def _member(self, key: str | None) -> str:
        return "" if key is None else _scalar(key) + self._colon

    def _flat(self, value: object) -> str:
        if isinstance(value, dict):
            held = [self._member(key) + self._flat(each) for key, each in value.items()]
            return "{" + self._comma.join(held) + "}"
        if isinstance(value, list):
            return "[" + self._comma.join(map(self._flat, value)) + "]"
        return _scalar(value)

    def _tall(self, value: object, indent: str) -> str:
        inner = indent + self._indent
        if isinstance(value, dict) and value:
            held = [self._member(key) + self._tall(each, inner) for key, each in value.items()]
        elif isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
            held = [self._tall(each, inner) for each in value]
        else:
            return self._flat(value)
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        lines = f",{self.newline}{inner}".join(held)
        return f"{opening}{self.newline}{inner}{lines}{self.newline}{indent}{closing}"


def _scalar(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _with_children(top: Exact, place: Place, change: Callable[[Any], Any]) -> Exact:
    """What a value says when the children of one container in it are others."""
    kind, children = cast("tuple[str, Any]", top)
    if not place:
        return kind, change(children)
    number = place[0]
    child = children[number]
    if kind == "{":
        child = child[0], _with_children(child[1], place[1:], change)
    else:
        child = _with_children(child, place[1:], change)
    return kind, (*children[:number], child, *children[number + 1 :])
