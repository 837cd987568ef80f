"""Hostile texts: the files of `hostile/`, each named after its oddity, and big ones made here.

A text is what a sender may hand over as subject, body, value or reason; it is data to everyone.
`(orgpost-ran "NAME")` stands wherever Lisp might run, so that a marker names the guilty text.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

HOSTILE: Final = Path(__file__).parent / "hostile"
MEGABYTE: Final = 1_000_000

BLANKS: Final = " \t\u00a0\u1680\u2003\u202f\u3000"
UNSEEN: Final = (
    "\x00\x07\x0b\x0c\r\x1b\x7f\x85\u200b\u2028\u2029\u202e\u2066\ud800\udce9\ufeff\U000e0041"
)
MARKS: Final = "*#:|%&\\<>[](){}@$+-=_/~^'\"`!?,.;0123456789"
WORDS: Final = (
    "a", "Deploy", "ist", "für", "тест", "漢字", "🚨", "e\u0301", "שלום", "\u017f",
    "UNREAD", "DONE", "COMMENT", "QUEUED", "nil", "END",
)  # fmt: skip
RAN: Final = '(orgpost-ran "generated")'
FRAGMENTS: Final = (
    "\n", "\n", "\n\n", "\n* ", "\n** ", "\n: ", "\n:\t", "\n\t", "\n# ", "\n#+", "\n| ",
    "\n- ", "\n1. ", ":END:", ":PROPERTIES:", ":LOGBOOK:", ":ID: msg-1", "        ", "\r\n",
    "#+begin_src emacs-lisp\n", "#+end_src", "#+begin_example\n", "#+end_example",
    "Local Variables:\n", "local variables:", "eval: " + RAN, "\nEnd:", "-*- ", "vim:", "vi:",
    "ex:", "%%" + RAN, "<%%" + RAN + ">", "&%%" + RAN, "%%(", "<%%", "%25", "%0A",
    "SCHEDULED: ", "DEADLINE: ", "CLOSED: ", "CLOCK: ", "<2026-11-20 Fri>",
    "[2026-11-20 Fri 09:31]", "[[", "]]", "][", "<<", ">>", "<<<", "{{{", "}}}", "@@", "[fn:1]",
    "[cite:@x]", "[1/2]", "[%]", "[#A]", "[#1]", "src_elisp{" + RAN + "}", "call_x()", "elisp:",
    "shell:x", "file:x", "id:", "file+sys:x", "https://x.example/a", "foo:bar ]", " :tag:",
    ":a:b:", "x** ", "\\alpha", "$x$", "\\\\", "- Note taken on ",
    '- State "DONE" from "WORKING" [2026-11-20 Fri 09:32]',
)  # fmt: skip


def hostile() -> dict[str, str]:
    """Return the committed texts by name; bytes that are no UTF-8 as escaped surrogates."""
    return {path.stem: _decoded(path.read_bytes()) for path in sorted(HOSTILE.glob("*.txt"))}


def large() -> Iterator[tuple[str, str]]:
    """Yield the texts that are too big to commit: a body at its limit, or more."""
    for name, unit in {
        "one-line": "x",
        "stars": "*",
        "stars-and-blanks": "* ",
        "headings": "* UNREAD   x\n",
        "colons": ":",
        "open-brackets": "[",
        "open-angles": "<",
        "open-braces": "{",
        "percent-signs": "%",
        "sexps": "%%(a)\n",
        "angle-sexps": "<%%(a)>",
        "ends": ":END:\n",
        "drawers": ":A:\n",
        "blanks": " ",
        "tabs": "\t",
        "blank-lines": "\n",
        "carriage-returns": "\r",
        "nuls": "\x00",
        "escapes": "\x1b",
        "line-separators": "\u2028",
        "surrogates": "\udcff",
        "combining-marks": "\u0301",
        "tag-characters": "\U000e0041",
        "local-variables": "Local Variables:\n",
        "modelines": "vim:",
        "links": "[[a:b]] ",
        "plain-links": "a:b ",
        "pipes": "|",
        "backslashes": "\\",
        "list-items": "- ",
        "digits": "1",
    }.items():
        yield f"megabyte-of-{name}", unit * (MEGABYTE // len(unit.encode("utf-8", "surrogatepass")))
    yield "100,000-stars-and-a-space", "*" * 100_000 + " x"


def generated(chance: random.Random, count: int) -> Iterator[str]:
    """Yield `count` texts of words, marks, blanks, controls fragments of Org and noise."""
    for _ in range(count):
        pieces = [_piece(chance) for _ in range(chance.choice((1, 2, 3, 5, 8, 13, 21)))]
        yield "".join(pieces)


def _piece(chance: random.Random) -> str:
    match chance.randrange(10):
        case 0 | 1 | 2 | 3:
            return chance.choice(FRAGMENTS)
        case 4 | 5:
            return chance.choice(WORDS) + chance.choice(("", " ", " ", "\n"))
        case 6:
            return chance.choice(BLANKS) * chance.choice((1, 1, 2, 8))
        case 7:
            return chance.choice(MARKS)
        case 8:
            return chance.choice(UNSEEN)
        case _:
            return _any_character(chance)


def _any_character(chance: random.Random) -> str:
    return chr(
        chance.choice((chance.randrange(0x80), chance.randrange(0x800), chance.randrange(0x110000)))
    )


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "surrogateescape")
