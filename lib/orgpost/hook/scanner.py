"""JSON without the module `json`, whose import costs as much as a bare start of Python.

The interpreter's own scanner stands behind that module and can be called alone. What it asks of its
caller is here: rules, and the error that it raises, which it otherwise imports `json` to get.
"""

import sys
from _json import encode_basestring_ascii, make_scanner, scanstring

__all__ = ["encode_basestring_ascii", "first_object", "unquoted"]

_FAULTS = (ValueError, RecursionError, StopIteration, SystemError)


def first_object(text: str) -> dict[str, object]:
    """The object that a text begins with; empty where there is none."""
    if not text.startswith("{"):
        return {}
    with _OwnError():
        try:
            found = make_scanner(_Rules)(text, 0)[0]  # type: ignore[arg-type]  # all it asks for
        except _FAULTS:
            return {}
    return found if isinstance(found, dict) else {}


def unquoted(value: str) -> str:
    """A property's value as it was meant: what is written as a JSON string is that string."""
    if not value.startswith('"'):
        return value
    with _OwnError():
        try:
            text, end = scanstring(value, 1, True)
        except _FAULTS:
            return value
    return str(text) if end == len(value) else value


def _nothing(_digits: str) -> None:
    """Numbers are not looked at: one of a million digits must not cost what it takes to read it."""


class _Rules:
    strict = False
    object_hook = None
    object_pairs_hook = None
    parse_float = parse_int = parse_constant = staticmethod(_nothing)


class _Fault(ValueError):
    def __init__(self, *_facts: object) -> None:
        super().__init__()


class _Decoder:
    JSONDecodeError = _Fault


class _OwnError:
    """Stands in for `json.decoder` while the scanner runs, unless it is there already.

    Python 3.11 looks for that module; from 3.12 on it is imported, which asks for `json` too.
    """

    NAMES = ("json", "json.decoder")

    def __enter__(self) -> None:
        self.placed = [name for name in self.NAMES if name not in sys.modules]
        for name in self.placed:
            sys.modules[name] = _Decoder  # type: ignore[assignment]  # stands in

    def __exit__(self, *_facts: object) -> None:
        for name in self.placed:
            del sys.modules[name]
