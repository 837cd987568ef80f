"""YAML that a person wrote, as plain data in which each value knows its place.

Only plain data comes out: maps with text keys, lists, text, numbers, truths, dates and nothing.
What is more than that (tags, aliases, merge keys, a second document), what is there twice and what
nests without end is a problem with its line; all of them are reported, none of them is followed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from orgpost.errors import Problem, spoken_path
from orgpost.frozen import NamedTuple
from orgpost.yaml_plain import Doubt, read_plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orgpost.errors import KeyPath

LARGEST_FILE: Final = 1024 * 1024
DEEPEST: Final = 24

_TOO_DEEP: Final = f"holds more than {DEEPEST} levels"
_PLAIN: Final = "tag:yaml.org,2002:"
_SCALARS: Final = frozenset({"null", "bool", "int", "float", "timestamp"})
_TEXTS: Final = frozenset({"str", "value", "merge"})
# Newer libraries look ahead for the end of a key, and give up before they tell of any level.
_TOO_DEEP_TO_SCAN: Final = "nesting depth"


class Mark(NamedTuple):
    """Where a value stands: offsets of its text (of a collection: of its content), and of its key.

    `line` counts from 1 and is the key's where there is a key; `column` counts from 0.
    """

    line: int
    column: int
    start: int
    end: int
    flow: bool
    key_end: int | None = None


class Parsed:
    """A file as it was read; `data` holds what could be understood of it."""

    def __init__(
        self,
        file: str,
        text: str,
        data: Any = None,
        problems: Iterable[Problem] = (),
        *,
        marks: dict[KeyPath, Mark] | None = None,
        bom: bool = False,
    ) -> None:
        self.file: Final = file
        self.text: Final = text
        self.data: Final = data
        self.problems: Final = list(problems)
        self._marks = marks
        self._bom = bom

    @property
    def marks(self) -> dict[KeyPath, Mark]:
        """Where each value stands, by its path."""
        if self._marks is None:
            reading = _Reading(self.file, self.text)
            reading.whole()
            self._marks = reading.marks
        return self._marks

    def line(self, path: KeyPath) -> int | None:
        """Give the line of a value, or of the nearest thing around it that has one."""
        while path and path not in self.marks:
            path = path[:-1]
        return self.marks[path].line if path in self.marks else None

    def encode(self, text: str) -> bytes:
        """Give a new text the bytes that the old one would have."""
        return text.encode("utf-8-sig" if self._bom else "utf-8")


def read_yaml(data: bytes, file: str) -> Parsed:
    """Read the bytes of `file`; whatever they are, this returns."""
    if len(data) > LARGEST_FILE:
        return _nothing(file, 1, f"is larger than {LARGEST_FILE} bytes", "")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return _nothing(file, line, f"is not UTF-8 from byte {error.start} on", "save it as UTF-8")
    bom = data.startswith(b"\xef\xbb\xbf")
    try:
        return Parsed(file, text, read_plain(text), bom=bom)
    except Doubt:
        reading = _Reading(file, text)
        content = reading.whole()
        return Parsed(file, text, content, reading.problems, marks=reading.marks, bom=bom)


def _nothing(file: str, line: int, what: str, hint: str) -> Parsed:
    problem = Problem(file=file, line=line, key="", problem=what, hint=hint)
    return Parsed(file, "", None, [problem], marks={})


# In place of a value that was a problem: its key counts as not given, so it is told only once.
_LOST: Final = object()


class _TooDeepError(Exception):
    """A collection inside of too many others."""


class _Reading:
    """One pass over the events of a text."""

    def __init__(self, file: str, text: str) -> None:
        # Not at the top: a space without settings, and each hook, does without yaml.
        import yaml

        self.yaml: Any = yaml
        self.resolver: Any = yaml.resolver.Resolver()
        self.constructor = yaml.constructor.SafeConstructor()
        self.file = file
        self.text = text
        self.marks: dict[KeyPath, Mark] = {}
        self.problems: list[Problem] = []

    def whole(self) -> object:
        """Read the one document."""
        loader = getattr(self.yaml, "CSafeLoader", self.yaml.SafeLoader)
        try:
            self.events: Iterator[Any] = self.yaml.parse(self.text, Loader=loader)
            return self._document()
        except _TooDeepError:
            pass
        except self.yaml.MarkedYAMLError as error:
            self._tell_syntax(error)
        except self.yaml.reader.ReaderError:
            self._tell_character()
        return None

    def _document(self) -> object:
        next(self.events)  # the stream's start
        if isinstance(next(self.events), self.yaml.StreamEndEvent):
            return None
        content = self._value(next(self.events), (), None)
        content = None if content is _LOST else content
        next(self.events)  # the document's end
        another = next(self.events)
        if not isinstance(another, self.yaml.StreamEndEvent):
            self._tell(another, (), "begins a second document", "one file, one document")
        return content

    def _value(self, event: Any, path: KeyPath, key: Any) -> object:
        if isinstance(event, self.yaml.AliasEvent):
            self._tell(event, path, "is an alias, and aliases are not followed", "write it out")
            return _LOST
        if isinstance(event, self.yaml.ScalarEvent):
            text = self.text[event.start_mark.index : event.end_mark.index]
            self._mark(path, key, event, event.start_mark.index + len(text.rstrip()))
            return self._scalar(event, path)
        if len(path) == DEEPEST:
            self._tell(event, path[:2], _TOO_DEEP, "")
            raise _TooDeepError
        if event.tag not in {None, "!", f"{_PLAIN}map", f"{_PLAIN}seq"}:
            self._tell_tag(event, path)
        is_list = isinstance(event, self.yaml.SequenceStartEvent)
        content, close = self._list(path) if is_list else self._map(path)
        # A block's own end is where the next thing begins, past comments that are not its own.
        self._mark(path, key, event, close.end_mark.index if event.flow_style else self.end)
        return content

    def _list(self, path: KeyPath) -> tuple[list[object], Any]:
        items: list[object] = []
        while not isinstance(event := next(self.events), self.yaml.SequenceEndEvent):
            item = self._value(event, (*path, len(items)), None)
            items.append(None if item is _LOST else item)
        return items, event

    def _map(self, path: KeyPath) -> tuple[dict[str, object], Any]:
        entries: dict[str, object] = {}
        while not isinstance(event := next(self.events), self.yaml.MappingEndEvent):
            key = self._key(event, path, entries)
            # -1 is a step that no path to a kept value has.
            value = self._value(next(self.events), (*path, -1 if key is None else key), event)
            if key is not None and value is not _LOST:
                entries[key] = value
        return entries, event

    def _key(self, event: Any, path: KeyPath, entries: dict[str, object]) -> str | None:
        if not isinstance(event, self.yaml.ScalarEvent):
            self._value(event, (*path, -1), None)
            self._tell(event, path, "has a key that is no text", "")
            return None
        key = self._scalar(event, (*path, event.value))
        if not isinstance(key, str):
            self._tell(
                event, path, f"has the key {event.value!r}, which is no text", "put it in quotes"
            )
            return None
        if key in entries:
            first = self.marks[*path, key].line
            self._tell(event, (*path, key), f"is there twice, first in line {first}", "keep one")
            return None
        return key

    def _scalar(self, event: Any, path: KeyPath) -> object:
        tag: str | None = event.tag
        if tag is None or tag == "!":
            tag = self.resolver.resolve(self.yaml.ScalarNode, event.value, event.implicit)
        kind = str(tag).removeprefix(_PLAIN)
        if kind in _TEXTS:
            return event.value
        if kind not in _SCALARS:
            self._tell_tag(event, path)
            return _LOST
        try:
            return self.constructor.construct_object(self.yaml.ScalarNode(tag, event.value))
        except (ValueError, KeyError, AttributeError):  # the 45th of May, !!int x, !!bool x
            self._tell(event, path, f"cannot be read as {kind}", "put it in quotes if it is text")
            return _LOST

    def _mark(self, path: KeyPath, key: Any, event: Any, end: int) -> None:
        begin = event.start_mark
        line = begin.line if key is None else key.start_mark.line
        key_end = None if key is None else key.end_mark.index
        flow = bool(getattr(event, "flow_style", False))
        self.marks[path] = Mark(line + 1, begin.column, begin.index, end, flow, key_end)
        self.end = end

    def _tell(self, event: Any, path: KeyPath, what: str, hint: str) -> None:
        self._tell_at(event.start_mark.line + 1, path, what, hint)

    def _tell_tag(self, event: Any, path: KeyPath) -> None:
        self._tell(event, path, f"has the tag {event.tag}", "only plain data is read")

    def _tell_syntax(self, error: Any) -> None:
        mark = error.problem_mark or error.context_mark
        if _TOO_DEEP_TO_SCAN in str(error.problem):
            self._tell_at(mark.line + 1, (), _TOO_DEEP, "")
            return
        what = f"column {mark.column + 1}: {error.problem or error.context}"
        self._tell_at(mark.line + 1, (), what, "this is no YAML")

    def _tell_character(self) -> None:
        # The reader counts in bytes or characters, as it was built; so look for ourselves.
        bad = re.search(
            "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", self.text
        )
        place = bad.start() if bad else 0
        what = f"has the character U+{ord(self.text[place]):04X}, which YAML refuses"
        self._tell_at(self.text.count("\n", 0, place) + 1, (), what, "")

    def _tell_at(self, line: int, path: KeyPath, what: str, hint: str) -> None:
        key = spoken_path(path)
        problem = Problem(file=self.file, line=line, key=key, problem=what, hint=hint)
        self.problems.append(problem)
