"""Texts and files to draw from: any characters, and the fragments that mean something to Org."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from orgpost.org.syntax import MESSAGE, TASK
from tests.corpus.texts import BLANKS, FRAGMENTS, MARKS, UNSEEN, WORDS

if TYPE_CHECKING:
    from orgpost.org.syntax import FileKind

# Surrogates too: what was no UTF-8 in a file comes as some of them.
_ANY: Final = st.characters(exclude_categories=())
_PIECES: Final = st.one_of(
    st.sampled_from(FRAGMENTS),
    st.sampled_from(WORDS),
    st.sampled_from([*BLANKS, *UNSEEN, *MARKS, "\n"]),
    st.text(_ANY, max_size=5),
)


def without_halves(text: str) -> str:
    """Join two surrogates that are one character: no JSON can tell them apart."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


texts: Final = st.one_of(st.text(_ANY), st.lists(_PIECES, max_size=20).map("".join))
whole_texts: Final = texts.map(without_halves)
kinds: Final = st.sampled_from([MESSAGE, TASK])


# What stands in files, whole and broken, so that lines of one meet lines of the other.
_LINES: Final = (
    "* ", "** ", "*  ", "* UNREAD   x\n", "* READ\n", "* DONE", "UNREAD ", "FOO ", "COMMENT ",
    "[#A] ", "[#1]", "[#a] ", "x", " :a:b:", " :a\u00b2:", "\t:\u0915\u094d:", " :\u2167: ",
    "\n",
    "\n\n", "\r\n", ":PROPERTIES:\n", ":properties: \n", ":END:\n", ":END:", ":end:\n",
    ":END: x\n",
    ":ID: a\n", ":ID:   b c\n", ":id:\tq\n", ":\u0131d: z\n",
    ":ID:\n",
    ':FROM: "x\\u003c"\n',
    ":SUBJECT: [#A] x\n", "(#A) x\n", ":BODY_ENC: fixed\n", ":BODY_ENC: percent\n",
    ":BODY_ENC: eol\n", ":BODY_ENC: zip\n", ": a%20\n", ":\n", ":b%FF\n", "CLOCK: [x]\n",
    ":LOGBOOK:\n", '- State "A" from "B" [x] by y\n', "  : exact%0A\n",
    "CLOSED: [2026-11-20 Fri]\n",
    " SCHEDULED: <x> y\n", "\x00", "\udcff", "\ufeff", " ", "\t", "\u00a0\n",
    "#+TODO: FOO | BAR(x)\n", "  :K: v\n", ":K:v\n",
    "* UNREAD x\n:PROPERTIES:\n:ID: a\n:END:\n", "* QUEUED x\n:PROPERTIES:\n:ID: b\n",
)  # fmt: skip


def _with_line_ends(text: str, line_end: str) -> bytes:
    text = text.replace("\r", "").replace("\n", line_end) if line_end == "\r\n" else text
    return text.encode("utf-8", "surrogateescape")


files: Final = st.builds(
    _with_line_ends, st.lists(st.sampled_from(_LINES), max_size=40).map("".join),
    st.sampled_from(["\n", "\n", "\r\n"]),
)  # fmt: skip


def other(kind: FileKind) -> FileKind:
    """The other kind."""
    return TASK if kind is MESSAGE else MESSAGE
