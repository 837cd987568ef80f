"""Any text made harmless to Org and Emacs, and brought back exactly.

Each writer stands beside its reader. Reading asks `BODY_ENC` and the quotes, never the tests that
chose them: so a stricter test of tomorrow cannot change what a file of today says.
"""

from __future__ import annotations

import re
from typing import Final

from orgpost.errors import InvalidField
from orgpost.org import syntax
from orgpost.org.syntax import text_pattern

ENCODINGS: Final = ("eol", "fixed", "percent")
BLANKS: Final = (
    " \t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u202f\u205f\u3000"
)
NO_SUBJECT: Final = "(no subject)"
_BLANK: Final = BLANKS + "\n"

# What the percent form is for; a percent sign alone is no reason for it.
_HAZARD: Final = (
    rf"({syntax.HOT}|{syntax.TIMED}):|{syntax.CTL}|{syntax.TRAIL}|(?m:^)\t|(?<= )\t|\t(?= )"
    rf"|{syntax.STAMP}|{syntax.LOGGED}"
)


# Most texts are lines of plain words, in which no hazard can stand: one look tells that, where
# looking for each hazard was seen to cost as much as all else that a new entry needs.
_LINE_OF_WORDS: Final = (
    r"(?:- (?=[a-z])|(?=[A-Za-z]))"
    r"(?>(?:[A-Za-z0-9\u00c0-\u00ff,;.!?'\"()/]++"
    r"(?>(?:(?<=[a-z])(?<!vi|Vi|im|ex|es):(?=[ \n]|\Z))?)[ -]*+)*)(?<! )"
)
WORDS: Final = rf"{_LINE_OF_WORDS}(?>(?:\n++{_LINE_OF_WORDS})*)"
TITLE_OF_WORDS: Final = rf"(?!COMMENT|Footnotes\Z){_LINE_OF_WORDS}(?<!:)"


# --- bodies -------------------------------------------------------------------------------------


def encode_body(text: str) -> tuple[str, str]:
    """Give the name for BODY_ENC (none for text as it is) and the text as it is stored."""
    core = text.removesuffix("\n")
    if _is_plain(core):
        return "" if core == text else "eol", f"{core}\n"
    if not text:
        return "", ""
    if re.search(_HAZARD, text):
        return "percent", percent_lines(text)
    return "fixed", _fixed(text)


def decode_body(encoding: str, stored: str) -> str:
    """Give the text back; of an encoding that nobody knows, the text as it stands."""
    match encoding:
        case "":
            return _without_blank_lines(stored)
        case "eol":
            return _without_blank_lines(stored) + "\n"
        case "fixed":
            return _unfixed(stored)
        case "percent":
            return _unpercent(_unfixed(stored))
        case _:
            return stored


def percent_lines(text: str, indent: str = "") -> str:
    """Store a text in the percent form, whatever it holds."""
    return _fixed(re.sub(rf"{_HAZARD}|%", _escape, text), indent)


def _is_plain(core: str) -> bool:
    if text_pattern(WORDS).fullmatch(core):
        return True
    return (
        bool(core)
        and core.strip(_BLANK) == core
        and not any(
            text_pattern(hazard).search(core)
            for hazard in (syntax.CTL, syntax.HOT, syntax.INLINE, syntax.TRAIL, syntax.LINE)
        )
    )


def _escape(found: re.Match[str]) -> str:
    if found[1]:
        return f"{found[1]}%3A"
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogatepass"))


def _unpercent(text: str) -> str:
    try:
        escaped = text.encode("utf-8", "surrogateescape")
        plain = re.sub(
            rb"%([0-9A-Fa-f]{2})", lambda found: bytes.fromhex(found[1].decode()), escaped
        )
        return plain.decode("utf-8", "surrogatepass")
    except UnicodeError:
        return text


def _fixed(text: str, indent: str = "") -> str:
    return "".join(f"{indent}: {line}\n" if line else f"{indent}:\n" for line in text.split("\n"))


def _unfixed(stored: str) -> str:
    lines = ((line, re.match(syntax.FIXED_LINE, line)) for line in stored.split("\n"))
    # A line that is not ours was put there by a person, and is part of what the body says now.
    return "\n".join(
        found[1] or "" if found else line for line, found in lines if found or line.strip(BLANKS)
    )


def _without_blank_lines(stored: str) -> str:
    if not stored.strip(_BLANK):
        return ""
    first = len(stored) - len(stored.lstrip(_BLANK))
    last = len(stored.rstrip(_BLANK))
    end = stored.find("\n", last)
    return stored[stored.rfind("\n", 0, first) + 1 : len(stored) if end < 0 else end]


# --- titles -------------------------------------------------------------------------------------


def safe_title(title: str) -> bool:
    """Say whether the title can be a heading's text as it is."""
    if not 1 <= len(title) <= syntax.TITLE_LIMIT:
        return False
    hazards = (syntax.CTL, syntax.HOT, syntax.EDGE, syntax.INLINE)
    return bool(text_pattern(TITLE_OF_WORDS).fullmatch(title)) or not any(
        text_pattern(hazard).search(title) for hazard in hazards
    )


_BRACKETS: Final = str.maketrans("[{<>}]", "((\u2039\u203a))")


def shown(title: str) -> str:
    """Make of any title what may stand in a heading; the exact one then goes to SUBJECT."""
    text = re.sub(rf"(?:{syntax.CTL}|{syntax.BL}|\n)+", " ", title).translate(_BRACKETS)
    text = re.sub(r"%+|@+|\*+", lambda found: found[0][0], text).replace("call_", "call ")
    text = re.sub(rf"({syntax.HOT}):", r"\1 ", text)
    text = re.sub(syntax.COLON, lambda found: f"{found[0][:-1]} ", text)
    text = re.sub(" +", " ", text).lstrip("*: ")
    if text.startswith("COMMENT"):
        text = text.replace("COMMENT", "comment", 1)
    text = text[: syntax.TITLE_LIMIT].rstrip(": ")
    return text if safe_title(text) else NO_SUBJECT


# --- values -------------------------------------------------------------------------------------


# Names, ids, numbers, our own stamps and leases: most values are these, and one look is enough.
_UTC: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"
HARMLESS: Final = (
    r"(?!nil\Z)[A-Za-z0-9][A-Za-z0-9._@-]*"
    r"|\[[0-9]{4}-[0-9]{2}-[0-9]{2} [A-Z][a-z]{2} [0-9]{2}:[0-9]{2}(?::[0-9]{2})?\]"
    rf"|{_UTC}(?: [0-9]+ [A-Za-z0-9._-]+@[A-Za-z0-9._@-]*(?::[A-Za-z0-9._@-]+)?)?|- [0-9]+ -"
)


def quote_value(text: str) -> str:
    """Give a property's value as it is written: bare, or as a JSON string."""
    if text_pattern(HARMLESS).fullmatch(text):
        return text
    hazards = (syntax.HOT, syntax.CTL, syntax.VALUE, syntax.TIMED, syntax.LOGGED)
    if text and not any(text_pattern(hazard).search(text) for hazard in hazards):
        return text
    return '"' + re.sub(rf'["\\\n\t%<:]|{syntax.CTL}', _json_escape, text) + '"'


def unquote_value(value: str) -> str:
    """Read a property's value."""
    if not value.startswith('"'):
        return value
    import json

    try:
        text = json.loads(value)
    except ValueError:
        return value
    return str(text)


_SHORT: Final = {'"': r"\"", "\\": r"\\", "\n": r"\n", "\t": r"\t"}


def _json_escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return _SHORT.get(found[0]) or "".join(
        f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)
    )


# --- what callers give --------------------------------------------------------------------------


def one_line(field: str, text: str) -> str:
    """Give the text without blanks at its ends; refuse what cannot stand on one line."""
    text = text.strip(BLANKS)
    if found := text_pattern(syntax.REFUSED).search(text):
        why = f"holds a line break or control character (U+{ord(found[0]):04X})"
        raise InvalidField(field=field, why=why)
    # Two halves of one character are that character: JSON could not keep them apart.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def check_tag(tag: str) -> str:
    """Give the tag, if Org takes it for one and means nothing by it."""
    text = one_line("tag", tag)
    if not 1 <= len(text) <= syntax.TAG_LIMIT:
        raise InvalidField(field="tag", why=f"must have 1 to {syntax.TAG_LIMIT} characters")
    if wrong := next((letter for letter in text if not _in_a_tag(letter)), None):
        raise InvalidField(field="tag", why=f"{wrong!r} cannot stand in an Org tag", hint=_TAG_HINT)
    if _category(text[0])[0] == "M":
        raise InvalidField(field="tag", why="begins with a mark that belongs on a letter")
    if text.casefold() in syntax.REFUSED_TAGS:
        raise InvalidField(field="tag", why=f"{text} has a meaning of its own in Org")
    return text


_TAG_HINT: Final = "use letters, digits, _ @ # %"


def _category(letter: str) -> str:
    # Not at the top: only tags ask, and the tables are large.
    from unicodedata import category

    return category(letter)


def _in_a_tag(letter: str) -> bool:
    category = _category(letter)
    return letter in syntax.TAG_MARKS or category[0] in "LM" or category == "Nd"


def read_tags(text: str) -> tuple[str, ...] | None:
    """Read ``:a:b:`` as Org does; None where it is none, and so belongs to the title."""
    inner = text[1:-1]
    if len(text) < 3 or text[0] != ":" or text[-1] != ":":  # noqa: PLR2004  `:a:` at least
        return None
    if not all(letter == ":" or _in_a_read_tag(letter) for letter in inner):
        return None
    return tuple(tag for tag in inner.split(":") if tag)


def _in_a_read_tag(letter: str) -> bool:
    # Emacs also takes numbers that are letters (roman ones), which nobody needs to write.
    return _in_a_tag(letter) or _category(letter) == "Nl"


def check_property(name: str, value: str) -> tuple[str, str]:
    """Give name and value of a caller's property, if neither Org nor orgpost means it."""
    raised = one_line("property name", name).upper()
    if not re.fullmatch(syntax.PROPERTY, raised):
        raise InvalidField(field="property name", why=f"{raised!r} is not {syntax.PROPERTY}")
    if syntax.refused_property(raised):
        raise InvalidField(field=raised, why="is set by orgpost or by Org, not by senders")
    text = one_line(raised, value)
    if len(text) > syntax.CALLERS_VALUE_LIMIT:
        why = f"is longer than {syntax.CALLERS_VALUE_LIMIT} characters"
        raise InvalidField(field=raised, why=why)
    return raised, text
