"""What a person's hands do to the entries of a buffer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tests.store.model import KEYWORDS, Line, is_torn, keyword, whole

if TYPE_CHECKING:
    from collections.abc import Callable

_PADDED: Final = re.compile(rb"\A(\* [A-Z]+) +")


def leave(lines: list[Line], at: int) -> list[Line]:
    """Change nothing, and save all the same."""
    return lines


def add_words(lines: list[Line], at: int) -> list[Line]:
    """Write a line below an entry."""
    return _with(lines, at, lambda block: whole(block) + b"noted by hand\n")


def change_a_letter(lines: list[Line], at: int) -> list[Line]:
    """Change a word for one of the same length."""
    return _with(lines, at, lambda block: block.replace(b"hello", b"Hullo"))


def add_sub_heading(lines: list[Line], at: int) -> list[Line]:
    """Give an entry a heading of its own below it, and words under that."""
    return _with(lines, at, lambda block: whole(block) + b"** Mine\n   - [ ] to do\n")


def unpad(lines: list[Line], at: int) -> list[Line]:
    """Let one blank follow the keyword, as Org does when a person changes it."""
    slot = lines[at].slot
    double = [line for line in lines if line.slot and slot and line.slot.id == slot.id]
    if slot is None or slot.marked or not slot.is_certain() or len(double) > 1:
        return lines
    return _with(lines, at, lambda block: _PADDED.sub(rb"\1 ", block))


def set_archived(lines: list[Line], at: int) -> list[Line]:
    """Set a keyword by hand, one that no program sets here."""
    return _with(
        lines,
        at,
        lambda block: block[:2] + b"ARCHIVED" + block[10:] if keyword(block) in KEYWORDS else block,
    )


def strip_blanks(lines: list[Line], at: int) -> list[Line]:
    """Let the editor take trailing blanks away, in the whole file."""
    for place in range(len(lines)):
        lines = _with(lines, place, lambda block: re.sub(rb"(?m)[ \t]+$", b"", block))
    return lines


def strip_line_end(lines: list[Line], at: int) -> list[Line]:
    """Save without a line end at the end."""
    return _with(lines, len(lines) - 1, lambda block: block.rstrip(b"\n"))


def delete(lines: list[Line], at: int) -> list[Line]:
    """Delete an entry."""
    return lines if is_torn(lines[at]) else lines[:at] + lines[at + 1 :]


def copy(lines: list[Line], at: int) -> list[Line]:
    """Copy an entry, its id with it, to the end."""
    if is_torn(lines[at]) or keyword(lines[at].block) not in {*KEYWORDS, b"ARCHIVED"}:
        return lines
    return [*lines, Line(None, b"", lines[at].block)]


def reorder(lines: list[Line], at: int) -> list[Line]:
    """Let the entries from one on stand before all others."""
    return lines[at:] + lines[:at]


def write_note(lines: list[Line], at: int) -> list[Line]:
    """Write an entry of one's own before another."""
    return [*lines[:at], Line(None, b"", b"* Mine\nwords of my own\n"), *lines[at:]]


HANDS: Final[tuple[Callable[[list[Line], int], list[Line]], ...]] = (
    leave,
    add_words,
    change_a_letter,
    add_sub_heading,
    unpad,
    set_archived,
    strip_blanks,
    strip_line_end,
    delete,
    copy,
    reorder,
    write_note,
)


def _with(lines: list[Line], at: int, change: Callable[[bytes], bytes]) -> list[Line]:
    line = lines[at]
    if is_torn(line):
        return lines
    return [*lines[:at], line._replace(block=change(line.block)), *lines[at + 1 :]]
