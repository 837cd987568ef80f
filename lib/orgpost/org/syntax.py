"""The words of the format: its characters, regular expressions, file kinds, names and limits.

The regular expressions are strings, compiled where they are first used: a start that only lists an
inbox needs none of them. docs/format.md holds the same ones, and a test compares the two.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from orgpost.frozen import NamedTuple
from orgpost.names import NAME


@cache
def text_pattern(pattern: str) -> re.Pattern[str]:
    """Compile when it is first used, and find it again faster than `re` does."""
    return re.compile(pattern)


@cache
def byte_pattern(pattern: bytes) -> re.Pattern[bytes]:
    """Compile when it is first used, and find it again faster than `re` does."""
    return re.compile(pattern)


# --- characters ---------------------------------------------------------------------------------

BL: Final = r"[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]"
CTL: Final = (
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028\u2029\u202a-\u202e\u2066-\u2069"
    r"\ud800-\udfff\ufeff\ufffe\uffff\U000e0000-\U000e01ef]"
)
REFUSED: Final = r"[\x00-\x1f\x7f-\x9f\u2028\u2029]"

# --- what Org or Emacs would act upon -----------------------------------------------------------

HOT: Final = (
    rf"(?i:local variables)(?=:)"
    rf"|(?:(?m:^)|(?<={BL}))(?:[vV]im?|[vV]im[<=>]?[0-9]{{1,9}}|ex)(?=:)"
)
EDGE: Final = (
    rf"\A(?:COMMENT|Footnotes\Z|[*:]|{BL})|(?::|{BL})\Z|\[#|\[[0-9]*(?:/[0-9]*|%)\]|[\t\n]"
)
COLON: Final = (
    r"(?<![A-Za-z0-9])(?:SCHEDULED|DEADLINE|CLOSED|CLOCK):"
    r"|(?i:(?<![A-Za-z0-9])(?:elisp|shell|file(?:\+[a-z]{1,9})?|id|attachment):(?=[^ \t\n]))"
)
TIMED: Final = r"(?i:SCHEDULED|DEADLINE|CLOSED|CLOCK)(?=: *[<\[])"
INLINE: Final = (
    r"%%\(|<%%|[<\[][0-9]{4}-|\[\[|<<|\{\{\{|@@|\[fn:|\[cite|[^*\n ,]\*\*+ "
    r"|[A-Za-z+]{2,20}:[^ \t\n\]]{1,300} ?\]"
    r"|src_[^ \t\n\[{]{1,50}[\[{]|call_[^ \t\n\[(]{1,50}[\[(]"
    rf"|{COLON}|{TIMED}"
)
LINE: Final = (
    r"(?m)^[ \t]*(?:[*#:|%&\\]|[0-9]+[.)](?:[ \t]|$)"
    r"|[-+][ \t]+(?:State|Note taken|Rescheduled|New deadline|Not scheduled|Removed deadline"
    r"|Refiled|CLOSING NOTE)\b)|^ {8}|\t"
)
TRAIL: Final = rf"{BL}(?=\n|\Z)"
VALUE: Final = rf'\A(?:"|nil\Z|{BL})|{BL}\Z|%%\(|<%%|<[0-9]{{4}}-|(?i::END:|:PROPERTIES:)|[\t\n]'

# What Org finds even in fixed-width lines and values, as it finds TIMED: stamps and logs.
STAMP: Final = r"<(?=%%|[0-9]{4}-)"
LOGGED: Final = r'(?<= State) (?=")'

# --- how entries are read -----------------------------------------------------------------------

PRIORITY: Final = r"\[#([A-Za-z]|[1-5]?[0-9]|6[0-4])\][ \t]*"
PLANNING_LINE: Final = r"[ \t]*(?:CLOSED|SCHEDULED|DEADLINE):[^\n]*"
PLANNED: Final = r"(CLOSED|SCHEDULED|DEADLINE):[ \t]*([<\[][^\]>\n]{0,80}[\]>])"
DRAWER_LINE: Final = r"[ \t]*:([^ \t\n]+):(?:[ \t]([^\n]*))?"
OPENING: Final = r"[ \t]*:([^ \t\n:]+):[ \t]*"
CLOSING: Final = r"[ \t]*:(?i:END):[ \t]*"
CLOCK: Final = r"[ \t]*CLOCK:[^\n]*"
FIXED_LINE: Final = r"^[ \t]*:(?: (.*))?$"
STATE_ITEM: Final = (
    r'^[ \t]*- State "([^"]*)"[ \t]+from(?:[ \t]+"([^"]*)")?[ \t]+\[([^\]\n]*)\](.*)$'
)

# --- names --------------------------------------------------------------------------------------

MADE_ID: Final = r"(msg|task|file|chg)-([0-9]{8}-[0-9]{6})-[0123456789abcdefghjkmnpqrstvwxyz]{10}"
SUPPLIED_ID: Final = r"(?:msg|task|file|chg)-[a-z0-9][a-z0-9._-]{0,119}"
READ_ID: Final = r"[^ \t]+"
# What a person's org-id makes.
EMACS_ID: Final = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
PROPERTY: Final = r"[A-Z][A-Z0-9_-]{0,47}"

# The order in which drawers SHOULD list them; what is not here comes last.
PROPERTIES: Final = (
    *("ID", "FROM", "TO", "TRUST_TIER", "CREATED", "THREAD", "REPLY_TO", "MSG_ID", "SUBJECT"),
    *("BODY_ENC", "EXPECTS", "EXPIRES", "KIND", "ANSWER_ROUTE", "RECIPIENTS", "VIA", "HASH"),
    *("FILES", "MANIFEST", "FILENAME", "SIZE", "CONTENT_TYPE", "DOWNLOADED", "STATUS", "ORDER"),
    *("ORDER_BY", "SOURCE_ID", "MAIL_FROM", "APPROVAL", "AWAITING", "EFFORT_LEVEL"),
    *("ESTIMATED_TOKENS", "ESTIMATED_COST", "TASK_TYPE", "PAYLOAD", "TRACE_CONTEXT"),
    *("DEPENDS_ON", "PARENT", "MAX_ATTEMPTS", "TIMEOUT", "ACCEPT", "ATTEMPT", "LEASE", "STARTED"),
    *("NOT_BEFORE", "RETURNS", "REVISION", "CLAIM_REQUEST", "TOKENS_USED", "COST", "RESULT_PATH"),
    *("RESULT_SHA256", "QUALITY_SCORE", "DOCUMENT", "REJECTION_REASON", "CANCELLATION_REASON"),
    *("CANCEL_REQUESTED", "ARCHIVE_TODO", "LAST_REPEAT", "REPEAT_TO_STATE"),
)
PLACE: Final = {name: place for place, name in enumerate(PROPERTIES)}

_ORGS_OWN: Final = frozenset(
    (
        *("FILE", "ITEM", "PRIORITY", "TAGS", "ALLTAGS", "TODO", "CLOSED", "DEADLINE"),
        *("SCHEDULED", "TIMESTAMP", "TIMESTAMP_IA", "BLOCKED", "CLOCKSUM", "CLOCKSUM_T"),
        *("TITLE", "AUTHOR", "DATE", "EMAIL", "LANGUAGE", "KEYWORDS", "EFFORT", "CUSTOM_ID"),
        *("ARCHIVE", "CATEGORY", "COLUMNS", "COOKIE_DATA", "LOGGING", "LOG_INTO_DRAWER"),
        *("ORDERED", "NOBLOCKING", "STYLE", "VISIBILITY", "UNNUMBERED", "DIR", "ATTACH_DIR"),
        *("BLOCKER", "TRIGGER"),
    )
)
_PREFIXES: Final = ("V01_", "V02_", "ARCHIVE_", "ATTACH", "EXPORT_", "HEADER-ARGS")
_SUFFIXES: Final = ("+", "_ALL")

TAG_MARKS: Final = frozenset("_@#%")
REFUSED_TAGS: Final = frozenset({"archive", "attach", "crypt"})


def refused_property(name: str) -> bool:
    """Say whether Org or orgpost gives the name a meaning, so that no sender may set it."""
    raised = name.upper()
    return (
        raised in PLACE
        or raised in _ORGS_OWN
        or raised.startswith(_PREFIXES)
        or raised.endswith(_SUFFIXES)
    )


# --- limits -------------------------------------------------------------------------------------

TITLE_LIMIT: Final = 250
VALUE_LIMIT: Final = 4000
CALLERS_VALUE_LIMIT: Final = 1000
CALLERS_PROPERTIES_LIMIT: Final = 32
TAG_LIMIT: Final = 48
TAGS_LIMIT: Final = 20
BODY_BYTES_LIMIT: Final = 65_536
BODY_BYTES_CEILING: Final = 1_048_576
ID_LIMIT: Final = 128
FILE_BYTES_LIMIT: Final = 10_000_000
FILE_BYTES_WARNING: Final = 5_000_000
UNLIMITED_VALUES: Final = frozenset({"RECIPIENTS", "DEPENDS_ON"})

TAG_COLUMN: Final = 77
LEASE_WIDTH: Final = 64
SLACK_LINE: Final = 80
SLACK_BYTES: Final = 400

# --- files --------------------------------------------------------------------------------------

COOKIE: Final = b"# -*- mode: org; coding: utf-8-unix -*-"
BOM: Final = b"\xef\xbb\xbf"


class FileKind(NamedTuple):
    """What the entries of a file are, the keywords it knows, and how it ends its lines."""

    name: str
    keywords_open: tuple[str, ...]
    keywords_closed: tuple[str, ...]
    todo_line: str
    crlf: bool = False

    @property
    def keywords(self) -> tuple[str, ...]:
        """All keywords, in the file's order."""
        return self.keywords_open + self.keywords_closed

    @property
    def pad(self) -> int:
        """How wide a keyword is made, so that a change of state need not change the length."""
        return max(map(len, self.keywords))

    @property
    def eol(self) -> bytes:
        """What ends a line that we write."""
        return b"\r\n" if self.crlf else b"\n"


MESSAGE: Final = FileKind(
    "message",
    ("UNREAD", "READ", "TODO"),
    ("DONE", "ARCHIVED"),
    "UNREAD(u) READ(r) TODO(t) | DONE(d) ARCHIVED(a)",
)
TASK: Final = FileKind(
    "task",
    ("QUEUED", "WAITING", "WORKING"),
    ("DONE", "FAILED", "DEAD", "REJECTED", "CANCELLED", "ARCHIVED"),
    "QUEUED(q!) WAITING(w!) WORKING(k!)"
    " | DONE(d!) FAILED(f@) DEAD(x@) REJECTED(j@) CANCELLED(c@) ARCHIVED(a)",
)
_FOLDERS: Final = {
    "inbox": (MESSAGE, "Inbox of {}"),
    "agents": (TASK, "Tasks of {}"),
    "trays": (TASK, "Tray {}"),
}
_HOT_FILE: Final = rf"(inbox|agents|trays)/({NAME})\.org"
_ARCHIVE_FILE: Final = rf"archive/(inbox|agents|trays)-({NAME})-([0-9]{{4}}-[0-9]{{2}})\.org"


def kind_of(path: str) -> FileKind | None:
    """Give the kind of a file below ``org/messaging``; None where its contract is another one."""
    found = re.fullmatch(_HOT_FILE, path) or re.fullmatch(_ARCHIVE_FILE, path)
    return _FOLDERS[found[1]][0] if found else None


def archive_path(path: str, month: str) -> str:
    """Name the archive of a hot file for a month ``YYYY-MM``."""
    return f"archive/{path.removesuffix('.org').replace('/', '-')}-{month}.org"


def header(path: str, title: str | None = None) -> bytes:
    """Give what every new Org file begins with, its last line empty."""
    kind = kind_of(path)
    lines = [
        COOKIE.decode(),
        f"#+TITLE: {_title_of(path) if title is None else title}",
        *([f"#+TODO: {kind.todo_line}"] if kind else []),
        "#+STARTUP: overview logdrawer",
    ]
    return "\n".join([*lines, "", ""]).encode()


def _title_of(path: str) -> str:
    if found := re.fullmatch(_ARCHIVE_FILE, path):
        return f"Archive of {found[1]}/{found[2]}, {found[3]}"
    if found := re.fullmatch(_HOT_FILE, path):
        return _FOLDERS[found[1]][1].format(found[2])
    return path.removesuffix(".org")
