"""What the relay logs: events with fields, on stderr, as lines for people or for programs.

Never a token, secret, cookie, header or query, nor a word that somebody wrote: of a fault only its
kind and its place are told. Names of actors are our own and harmless.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import TracebackType

FIELDS: Final = (
    *("action", "conn", "actor", "client", "box", "code", "reason", "address", "bytes", "ms"),
    *("count", "jti", "kind", "where", "file", "status", "path", "method"),
)
LOG: Final = logging.getLogger("orgpost.relay")


def start_logging(style: str) -> None:
    """Let all loggers of orgpost write to stderr; libraries that would quote requests, do not."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if style == "json" else _Text())
    logger = logging.getLogger("orgpost")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    for library in ("aiohttp", "asyncio", "watchfiles"):
        other = logging.getLogger(library)
        other.handlers, other.propagate = [_Unquoted(logging.WARNING)], False


def say(action: str, level: int = logging.INFO, **fields: object) -> None:
    """Log an event."""
    LOG.log(level, action, extra={"action": action, **fields})


def fault(action: str, error: BaseException, **fields: object) -> None:
    """Log a fault of ours: its kind and the way to it, not its words, which may be a client's."""
    kind, where = type(error).__name__, way_to(error.__traceback__)
    say(action, logging.ERROR, kind=kind, where=where, **fields)


def way_to(trace: TracebackType | None) -> str:
    """Give a traceback on one line, without the values in it."""
    frames = traceback.extract_tb(trace)
    return " > ".join(f"{f.filename.rpartition('/')[2]}:{f.lineno} {f.name}" for f in frames)


class _Text(logging.Formatter):
    """One line for people."""

    def format(self, record: logging.LogRecord) -> str:
        when = self.formatTime(record, "%Y-%m-%dT%H:%M:%S")
        facts = " ".join(f"{name}={value}" for name, value in _facts(record) if name != "action")
        return f"{when} {record.levelname.lower():<7} {record.getMessage()} {facts}".rstrip()


class _Json(logging.Formatter):
    """One line for programs."""

    def format(self, record: logging.LogRecord) -> str:
        head = {"at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"), "level": record.levelname}
        facts = {name: _plain(value) for name, value in _facts(record)}
        return json.dumps({**head, "event": record.getMessage(), **facts})


def _facts(record: logging.LogRecord) -> list[tuple[str, object]]:
    return [(name, vars(record)[name]) for name in FIELDS if name in vars(record)]


def _plain(value: object) -> object:
    return value if isinstance(value, int | float | str | bool | None) else str(value)


class _Unquoted(logging.Handler):
    """Tells of a library's trouble that it was, and where, in none of its words."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        kind = "-" if error is None else type(error).__name__
        where = f"{record.name} {record.funcName}"
        say("library", logging.WARNING, kind=kind, where=where)
