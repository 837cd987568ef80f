"""One message as a digest shows it: read from the bytes of its entry, and only what is asked.

These are the words of docs/format.md without regular expressions: importing `re` costs as much as a
start of Python. A test reads all kinds of entries with this and with `orgpost.org` and compares.
"""

from _blake2 import blake2b

from .body import size_of
from .scanner import unquoted

BLANK = " \t"
PLANNING = (b"CLOSED:", b"SCHEDULED:", b"DEADLINE:")
ID_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-")
LONGEST_ID = 128
UUID_LETTERS = frozenset("0123456789abcdefABCDEF-")
UUID_PARTS = (8, 4, 4, 4, 12)
KINDS = ("msg-", "file-")
NO_SUBJECT = "(no subject)"
HIGHEST_COOKIE_NUMBER = 64
# A drawer of more lines is noise, and a hook has a second.
MOST_LINES = 10_000

Drawer = dict[bytes, bytes]


def parse(raw: bytes, keyword: bytes, *, crlf: bool) -> "Message | None":
    """The message that an entry is; None for a note, which has no valid drawer or no id."""
    found = _plain_drawer(raw) or _drawer(raw, crlf=crlf)
    if found is None:
        return None
    drawer, rest = found
    id = drawer.get(b":ID:", b"")
    if not id or b" " in id or b"\t" in id:
        return None
    line = raw[: raw.find(b"\n")].removesuffix(b"\r" if crlf else b"")
    heading = line[2:].lstrip(b" ")[len(keyword) :]
    body = raw[rest:].replace(b"\r\n", b"\n") if crlf else raw[rest:]
    return Message(raw, heading, drawer, body)


class Message:
    """An unread message; an inbox may hold many, so each word is read when it is asked for."""

    def __init__(self, raw: bytes, heading: bytes, drawer: Drawer, body: bytes) -> None:
        self._raw, self._drawer, self._body = raw, drawer, body
        self.id = _decode(drawer[b":ID:"])
        self.priority, self._title = _priority(_decode(heading).lstrip(BLANK))
        self.tier = "unknown"
        self.waits_for = ""
        self._revision = self.note_key = ""

    def get(self, name: str) -> str:
        """A property's value; empty where there is none."""
        value = self._drawer.get(b":%b:" % name.encode())
        return unquoted(_decode(value)) if value else ""

    @property
    def sender(self) -> str:
        """Who sent it."""
        return self.get("FROM")

    @property
    def via(self) -> list[str]:
        """Through whom it came, the oldest first."""
        return self.get("VIA").split()

    @property
    def revision(self) -> str:
        """What tells this text of the entry from another; blank lines at its end are nobody's."""
        if not self._revision:
            self._revision = blake2b(self._raw.rstrip(), digest_size=6).hexdigest()
        return self._revision

    @property
    def may_be_shown(self) -> bool:
        """Whether its id is one that orgpost or Emacs makes, and so can stand outside of quotes."""
        return is_plain_id(self.id, KINDS)

    def is_expired(self, now: str) -> bool:
        """Whether its time is over; UTC texts compare as their times do."""
        expires = self.get("EXPIRES")
        return len(expires) == len(now) and expires[4::3] == now[4::3] and expires <= now

    @property
    def created(self) -> str:
        """`2026-11-20 09:31:05`, as the file has it without brackets and weekday; empty if not."""
        words = self.get("CREATED").strip("[]").split()
        stamp = f"{words[0]} {words[-1]}" if len(words) > 1 else ""
        shape = "".join("0" if letter in "0123456789" else letter for letter in stamp)
        return stamp if shape in {"0000-00-00 00:00:00", "0000-00-00 00:00"} else ""

    @property
    def subject(self) -> str:
        """SUBJECT, unless somebody edited the heading, which then has other letters."""
        title = _without_tags(self._title)
        subject = self.get("SUBJECT")
        if subject and (title == NO_SUBJECT or _same_letters(subject, title)):
            return subject
        return title

    @property
    def size(self) -> int:
        """How many bytes its body has, decoded."""
        return size_of(self._body, self.get("BODY_ENC"))


def is_plain_id(id: str, kinds: tuple[str, ...]) -> bool:
    """Whether an id is one that orgpost makes, of one of these kinds, or one of Emacs's."""
    kind, _, name = id.partition("-")
    is_ours = (
        len(id) <= LONGEST_ID
        and f"{kind}-" in kinds
        and name[:1].isalnum()
        and ID_LETTERS.issuperset(name)
    )
    return is_ours or _is_uuid(id)


def _is_uuid(id: str) -> bool:
    """Whether a person's `org-id` made it."""
    return tuple(map(len, id.split("-"))) == UUID_PARTS and UUID_LETTERS.issuperset(id)


def _decode(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _plain_drawer(raw: bytes) -> tuple[Drawer, int] | None:
    """The drawer as orgpost writes it, which is nearly every one; None where it is not so plain."""
    end = raw.find(b"\n:END:\n")
    head = raw[: max(end, 0)]
    if b"\t" in head or b"\r" in head:
        return None
    lines = head.split(b"\n")
    if lines[1:2] != [b":PROPERTIES:"]:
        return None
    drawer: Drawer = {}
    for line in lines[2:]:
        key, _, value = line.partition(b" ")
        if not _is_key(key) or key in drawer or key == b":END:" or not key.isupper():
            return None
        drawer[key] = value.strip(b" ")
    return drawer, end + len(b"\n:END:\n")


def _drawer(raw: bytes, *, crlf: bool) -> tuple[Drawer, int] | None:
    """The properties directly below a heading, and where the drawer ends; None where invalid."""
    lines = raw.split(b"\n", MOST_LINES)
    if crlf:
        lines = [line.removesuffix(b"\r") for line in lines]
    planned = len(lines) > 1 and lines[1].lstrip(b" \t").startswith(PLANNING)
    opening = 2 if planned else 1
    if len(lines) <= opening or lines[opening].strip(b" \t").upper() != b":PROPERTIES:":
        return None
    drawer: Drawer = {}
    for place, line in enumerate(lines[opening + 1 :], opening + 1):
        text = line.strip(b" \t")
        if text.upper() == b":END:":
            return drawer, sum(map(len, lines[: place + 1])) + (place + 1) * (2 if crlf else 1)
        key, _, value = text.partition(b" ")
        if b"\t" in key:
            key, _, value = text.partition(b"\t")
        if not _is_key(key) or line.endswith(b"\r"):
            return None
        drawer.setdefault(key.upper(), value.strip(b" \t"))
    return None


def _is_key(word: bytes) -> bool:
    return len(word) > len(b"::") and word[:1] == b":" == word[-1:]


def _priority(text: str) -> tuple[str, str]:
    """`A`, `B` or `C` for lower, or nothing; and the text after it."""
    cookie, bracket, rest = text.partition("]")
    sign = cookie[2:]
    if not bracket or cookie[:2] != "[#" or not sign.isascii() or not _is_cookie(sign):
        return "", text
    return sign if sign in {"A", "B"} else "C", rest.lstrip(BLANK)


def _is_cookie(sign: str) -> bool:
    if sign.isdigit():
        return sign == str(int(sign[:3])) and int(sign[:3]) <= HIGHEST_COOKIE_NUMBER
    return len(sign) == 1 and sign.isalpha()


def _without_tags(text: str) -> str:
    if text.startswith("COMMENT") and text[7:8] in {"", " ", "\t"}:
        text = text[7:]
    text = text.rstrip(BLANK)
    blank = max(text.rfind(" "), text.rfind("\t"))
    if blank >= 0 and _are_tags(text[blank + 1 :]):
        text = text[:blank]
    return text.strip(BLANK)


def _are_tags(text: str) -> bool:
    if len(text) <= 2 or text[0] != ":" or text[-1] != ":":  # noqa: PLR2004  two colons
        return False
    # Org also takes marks and letters of any script; asking which is what `unicodedata` is for.
    return all(letter.isalnum() or letter in "_@#%:" or not letter.isascii() for letter in text)


def _same_letters(subject: str, title: str) -> bool:
    """Whether a heading still shows this subject: making it harmless takes no letter away."""
    wanted, found = _letters(subject), _letters(title)
    return wanted == found or (len(title) > 200 and wanted.startswith(found))  # noqa: PLR2004  cut there


def _letters(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum()).lower()
