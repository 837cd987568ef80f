"""The LOGBOOK's lines: a state's item, what was said, and the blanks that keep a length.

An item's own line holds only shown words; the exact ones, where they matter, follow in the percent
form.
"""

from __future__ import annotations

import re
from typing import Final

from orgpost.frozen import NamedTuple
from orgpost.org import syntax
from orgpost.org.quote import decode_body, percent_lines, shown

_QUOTED_WIDTH: Final = 12
_WORDS_LIMIT: Final = 200
_INDENT: Final = "  "


class StateItem(NamedTuple):
    """One change of state, as the LOGBOOK tells it."""

    to: str
    before: str | None
    stamp: str
    words: str
    exact: str | None


def state_item(to: str, before: str | None, stamp: str, words: str = "") -> str:
    """Write an item's line; foreign words come through `said`."""
    now, then = f'"{to}"', f'"{before}"' if before else ""
    line = f"- State {now:<{_QUOTED_WIDTH}} from {then:<{_QUOTED_WIDTH}} {stamp}"
    return f"{line} {words}" if words else line


def said(text: str) -> str:
    """Make foreign words fit for an item's own line."""
    return shown(text)[:_WORDS_LIMIT].rstrip(": ") if text else ""


def exact_lines(text: str) -> str:
    """Give the lines that follow an item and hold a text exactly; each ends the line before it."""
    return "\n" + percent_lines(text, _INDENT).removesuffix("\n")


def state_items(logbook: str) -> tuple[StateItem, ...]:
    """Read the items; what is none of ours is passed over."""
    items: list[StateItem] = []
    exact: list[list[str]] = []
    follows = False
    for line in logbook.split("\n"):
        if found := re.match(syntax.STATE_ITEM, line):
            words = found[4].strip(" \t")
            items.append(StateItem(found[1], found[2], f"[{found[3]}]", words, None))
            exact.append([])
            follows = True
        elif follows and re.match(r"[ \t]+:(?: |$)", line):
            exact[-1].append(line)
        else:
            follows = False
    return tuple(map(_with_exact, items, exact))


def _with_exact(item: StateItem, lines: list[str]) -> StateItem:
    return item._replace(exact=decode_body("percent", "\n".join(lines))) if lines else item


def slack(size: int, eol: bytes = b"\n") -> bytes:
    """Give blanks in lines, so many bytes with their line ends; fewer than one line end is none."""
    lines = []
    while size >= len(eol):
        rest = size - syntax.SLACK_LINE
        # What is left for the last line must hold a line end.
        width = size if rest <= 0 else syntax.SLACK_LINE - (0 < rest < len(eol))
        lines.append(b" " * (width - len(eol)) + eol)
        size -= width
    return b"".join(lines)
