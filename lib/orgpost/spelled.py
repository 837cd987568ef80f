"""Text of others, spelled out so that it can be shown: at a terminal, or to a program that reads.

Controls, bidi marks and invisible characters become words, so that no message can move a cursor,
set a title or hide its own end. Of a fault of ours only its place is spelled out, never its words.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# Controls, what turns the direction of a text, and what has no width. Not among them: the selectors
# of a variant (U+FE0F), without which many a picture of everyday mail would be two.
_UNSEEN: Final = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u2069\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff"
    "\ufffe\uffff\U000e0000-\U000e01ef]"
)
_LAST_CONTROL: Final = 0x9F


def safe(text: str) -> str:
    """Spell out what must not reach a terminal; line ends and tabs stay."""
    return text if text.isascii() and text.isprintable() else re.sub(_UNSEEN, _spelled, text)


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Give a text in pieces, as they are shown, and of each whether it had to be spelled out.

    For who can show the difference: spelled out, a control looks like a text that names it.
    """
    for number, piece in enumerate(re.split(f"({_UNSEEN}+)", text)):
        if piece:
            yield safe(piece), number % 2 == 1


def one_line(text: str) -> str:
    """Spell out line ends and tabs too."""
    return safe(text).replace("\n", "\\n").replace("\t", "\\t")


def place_of(error: BaseException) -> str:
    """Say where a fault of the program was met.

    Never the error's own words: they may hold what somebody wrote, or a secret.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else "nowhere"
    return f"{type(error).__name__} in {where}"


def _spelled(found: re.Match[str]) -> str:
    number = ord(found[0])
    if 0xDC80 <= number <= 0xDCFF:  # noqa: PLR2004  a byte that is no UTF-8
        return f"\\x{number - 0xDC00:02x}"
    return f"\\x{number:02x}" if number <= _LAST_CONTROL else f"<U+{number:04X}>"
