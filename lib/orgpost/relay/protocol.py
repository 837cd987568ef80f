"""The wire: what a frame may be, what each holds, what a close means. Text in, values out; pure.

`CLIENT` and `RELAY` are the law: a frame that is not in them does not exist, and the table in
`docs/relay.md` is made from them. Nothing here knows a socket, a file or the time.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from orgpost.frozen import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PROTOCOL: Final = 1
FRAME_BYTES: Final = 524_288
OUR_FRAME_BYTES: Final = 1_048_576
SUBSCRIPTIONS: Final = 64
MOST_IDS_FETCHED: Final = 50
MOST_IDS_MARKED: Final = 100
MOST_CHANGES: Final = 20
SENDS_UNDER_WAY: Final = 16
LONGEST_NOTE: Final = 80
LONGEST_STATUS_SECONDS: Final = 8 * 3600
CLIENT_NAME: Final = r"[a-z0-9][a-z0-9_.-]{0,47}"
STATUSES: Final = ("online", "away", "busy", "focusing", "offline")

_DEEPEST: Final = 16
_LONGEST_REF: Final = 64
_LARGEST_REF: Final = 2**53
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


# --- frames -------------------------------------------------------------------------------------


class Field(NamedTuple):
    """One field of a client's frame; `kind` is one of `_KINDS`, `limit` words for people."""

    name: str
    kind: str
    is_optional: bool = False
    limit: str = ""


class Frame(NamedTuple):
    """One frame that clients send: its fields, and what answers it."""

    fields: tuple[Field, ...]
    answer: str


def _may(name: str, kind: str = "text", limit: str = "") -> Field:
    return Field(name, kind, is_optional=True, limit=limit)


CLIENT: Final[Mapping[str, Frame]] = MappingProxyType(
    {
        "auth": Frame(
            (Field("token", "text"), _may("client"), _may("protocol", "whole")),
            "`auth_ok`, or `error` and close",
        ),
        "sub": Frame(
            (Field("box", "text"), _may("epoch", "any"), _may("offset", "any")),
            "`subbed` or `error`; again on the same box: replaces",
        ),
        "unsub": Frame((Field("box", "text"),), "`ok`"),
        "send": Frame(
            (
                *(Field("to", "text"), Field("body", "text"), _may("subject"), _may("id")),
                *(_may("reply_to"), _may("priority"), _may("tags", "texts"), _may("expects")),
                *(_may("expires"), _may("from")),
            ),
            "exactly one `send_ack`, whatever happens",
        ),
        "fetch": Frame(
            (
                Field("box", "text"),
                _may("ids", "texts", f"≤ {MOST_IDS_FETCHED}"),
                *(_may("state"), _may("after"), _may("limit", "whole", f"≤ {MOST_IDS_FETCHED}")),
            ),
            "`entries`, as many as fit; changes nothing",
        ),
        "mark": Frame(
            (Field("ids", "texts", limit=f"≤ {MOST_IDS_MARKED}"), Field("state", "text")),
            "`mark_ack{done, refused:[{id, code, message}]}`",
        ),
        "status": Frame(
            (
                Field("status", "text"),
                _may("note", "text", f"≤ {LONGEST_NOTE}, one line"),
                _may("for_seconds", "whole"),
            ),
            "`ok` where `ref` was given",
        ),
        "who": Frame((), "`who{who:[{actor, status, note, since, connections}]}`"),
        "ping": Frame((), "`pong{at}`"),
    }
)

RELAY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "auth_ok": "`protocol`, `actor`, `client`, `scope`, `expires`, `heartbeat_seconds`, "
        "`limits{frame_bytes, body_bytes, rate, burst, subscriptions}`",
        "subbed": "`box`, `epoch`, `offset`, `recovered`, `changes`; for `presence`: `who`",
        "hint": f"`box`, `epoch`, `offset`, `changes` (newest {MOST_CHANGES}), "
        "`more` (left out), `reset`?",
        "send_ack": "`ok` true, `id`, `stored` (`file` or `waiting`), `duplicate`, `delivered`, "
        "`recipient_last_seen`; or `ok` false, `error{code, message, hint, retry_after?}`",
        "entries": "`box`, `epoch`, `offset`, `entries` (the CLI's JSON values), `more`, `next`",
        "presence": "`actor`, `status`, `note`, `at`",
        "error": "`code`, `message`, `retry_after`?",
        "bye": "`reason`, `retry_after`?; the close frame follows",
    }
)

CODES: Final = ("bad_frame", "unknown_type", "already_authenticated", "too_many", "draining")


class BadFrame(Exception):
    """What a client sent is no frame of ours; the connection lives."""

    def __init__(self, code: str, message: str, ref: object = None, kind: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.ref, self.kind = code, message, ref, kind


class Asked(NamedTuple):
    """A frame of a client: its type, its reference and those of its fields that we know."""

    kind: str
    ref: str | int | None
    fields: Mapping[str, Any]

    def get(self, name: str, default: Any = None) -> Any:
        """Give a field."""
        return self.fields.get(name, default)


def read_frame(text: str) -> Asked:
    """Understand a text frame, or say why not; what it held is never repeated."""
    frame = read_object(text)
    kind, ref = frame.get("type"), _checked_ref(frame)
    if not isinstance(kind, str):
        raise BadFrame("bad_frame", "type must be a text", ref)
    known = CLIENT.get(kind)
    if known is None:
        raise BadFrame("unknown_type", f"a type is one of {' '.join(CLIENT)}", ref)
    fields = {each.name: frame[each.name] for each in known.fields if each.name in frame}
    for each in known.fields:
        if fault := _fault_of(each, fields):
            raise BadFrame("invalid_field", f"{each.name}: {fault}", ref, kind)
    return Asked(kind, ref, {name: value for name, value in fields.items() if value is not None})


def read_object(text: str) -> dict[str, Any]:
    """Read one JSON object whose every value we can work with."""
    try:
        frame = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):  # also a number of thousands of digits
        raise BadFrame("bad_frame", "is no JSON that we read") from None
    if not isinstance(frame, dict):
        raise BadFrame("bad_frame", "must be an object")
    level: list[Any] = [frame]
    for depth in itertools.count(1):
        inner = [value for value in level if isinstance(value, dict | list)]
        if inner and depth > _DEEPEST:
            raise BadFrame("bad_frame", f"is nested deeper than {_DEEPEST}")
        if fault := next(filter(None, map(_fault_of_value, level)), ""):
            raise BadFrame("bad_frame", fault)
        level = [value for each in inner for value in _held_by(each)]
        if not level:
            break
    return frame


def _refuse_constant(word: str) -> None:
    message = f"{word} is no number"
    raise ValueError(message)


def _fault_of_value(value: object) -> str:
    if isinstance(value, str) and not value.isascii() and _SURROGATE.search(value):
        return "holds half a character"
    if isinstance(value, float) and not math.isfinite(value):
        return "holds a number that is none"
    return ""


def _held_by(container: dict[str, Any] | list[Any]) -> Iterator[Any]:
    yield from container
    if isinstance(container, dict):
        yield from container.values()


def _checked_ref(frame: dict[str, Any]) -> str | int | None:
    ref = frame.get("ref")
    if isinstance(ref, str) and len(ref) <= _LONGEST_REF:
        return ref
    if isinstance(ref, int) and not isinstance(ref, bool) and abs(ref) <= _LARGEST_REF:
        return ref
    if ref is not None:
        raise BadFrame("bad_frame", f"ref must be an integer, or a text up to {_LONGEST_REF}")
    return None


def _fault_of(field: Field, fields: dict[str, Any]) -> str:
    value = fields.get(field.name)
    if value is None:
        return "" if field.is_optional else "is missing"
    fits, words = _KINDS[field.kind]
    return "" if fits(value) else f"must be {words}"


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


_KINDS: Final[Mapping[str, tuple[Callable[[object], bool], str]]] = {
    "any": (lambda _: True, "anything"),
    "text": (lambda value: isinstance(value, str), "a text"),
    "texts": (_is_texts, "a list of texts"),
    "whole": (_is_whole, "a whole number"),
}


def encode(kind: str, ref: object = None, **fields: Any) -> bytes:
    """Write a frame of ours; escapes make of any text one that is UTF-8."""
    frame = {"type": kind, **({} if ref is None else {"ref": ref}), **fields}
    return json.dumps(frame, allow_nan=False, separators=(",", ":")).encode("ascii")


_TEXT: Final = b"\x81"
_SHORT, _MEDIUM = 126, 65_536


def on_the_wire(payload: bytes) -> bytes:
    """Put a payload into one WebSocket text frame of a server, which has no mask."""
    size = len(payload)
    if size < _SHORT:
        return _TEXT + bytes((size,)) + payload
    if size < _MEDIUM:
        return _TEXT + b"\x7e" + size.to_bytes(2, "big") + payload
    return _TEXT + b"\x7f" + size.to_bytes(8, "big") + payload


# --- closing ------------------------------------------------------------------------------------


class Close(NamedTuple):
    """Why a connection is closed, and what its client does then."""

    code: int
    reason: str
    client: str


SHUTDOWN: Final = Close(4001, "shutdown", "comes back")
NO_LOGIN: Final = Close(4002, "no login in time", "comes back")
TOKEN_ENDED: Final = Close(4003, "token ended", "comes back")
SLOW: Final = Close(4008, "slow", "comes back")
NO_PONG: Final = Close(4012, "no pong", "comes back")
RATE: Final = Close(4013, "rate", "comes back")
TOO_MANY: Final = Close(4014, "too many connections", "comes back")
FAULT: Final = Close(4015, "our fault", "comes back")
BAD_TOKEN: Final = Close(4500, "bad token", "treats it as HTTP 401")
LOGIN_FIRST: Final = Close(4501, "login first", "treats it as HTTP 401")
DENIED: Final = Close(4503, "denied", "treats it as HTTP 401")
NOT_SPOKEN: Final = Close(4511, "protocol not spoken", "stops at once")
TAKEN_OVER: Final = Close(4520, "taken over", "stops at once")
CLOSES: Final = (
    *(SHUTDOWN, NO_LOGIN, TOKEN_ENDED, SLOW, NO_PONG, RATE, TOO_MANY, FAULT),
    *(BAD_TOKEN, LOGIN_FIRST, DENIED, NOT_SPOKEN, TAKEN_OVER),
)


# --- the tables of the documents ----------------------------------------------------------------


def table_of_client_frames() -> list[str]:
    """Give the rows that say what a client may send."""
    rows = ["| a client sends | fields | answer |", "|---|---|---|"]
    for kind, frame in CLIENT.items():
        # `from` is understood only to be refused where it is a lie.
        fields = ", ".join(_told(field) for field in frame.fields if field.name != "from")
        rows.append(f"| `{kind}` | {fields} | {frame.answer} |")
    return rows


def table_of_relay_frames() -> list[str]:
    """Give the rows that say what the relay sends."""
    rows = ["| the relay sends | fields |", "|---|---|"]
    return rows + [f"| `{kind}` | {fields} |" for kind, fields in RELAY.items()]


def table_of_closes() -> list[str]:
    """Give the rows that say what a close means."""
    rows = ["| close | meaning | the client |", "|---|---|---|"]
    return rows + [f"| {each.code} | {each.reason} | {each.client} |" for each in CLOSES]


def _told(field: Field) -> str:
    limit = f" ({field.limit})" if field.limit else ""
    return f"`{field.name}`{'?' if field.is_optional else ''}{limit}"
