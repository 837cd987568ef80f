"""How others' text becomes part of a page: always text, and what cannot be seen is shown as marks.

The cleaner is the one of `orgpost show`. Whatever a template puts in goes through `plain`, whether
the template remembers it or not; `shown` and `prose` make the marks visible as such.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import quote

from markupsafe import Markup, escape

from orgpost.spelled import one_line, pieces

# Nothing but what an address may hold as it is, so that a link ends where a reader sees it end.
_ADDRESS: Final = re.compile(r"\bhttps?://[A-Za-z0-9._~:/?#\[\]@!$&'+*(),;=%-]+")
_NOT_ITS_END: Final = ".,;:!?'\")]"
_LINE_MARKS: Final = {"\n": "\\n", "\t": "\\t"}


def plain(value: Any) -> Any:
    """Clean what a template puts in, unless it is markup of ours; for attributes and titles."""
    if isinstance(value, Markup):
        return value
    return "" if value is None else one_line(str(value))


def shown(text: str) -> Markup:
    """Give a text on one line, with marks for what cannot be seen."""
    return Markup().join(_in_line(*piece) for piece in pieces(text))


def prose(text: str) -> Markup:
    """Give a text with its lines, marks for what cannot be seen, and links for web addresses."""
    return Markup().join(
        _mark(piece) if is_spelled else _linked(piece) for piece, is_spelled in pieces(text)
    )


def raw(text: str) -> Markup:
    """Give what a hidden or one-line field holds, exactly."""
    # Half characters, which only bytes can hold, would be no page; such a field fits nothing.
    return escape(text.encode("utf-8", "replace").decode())


def raw_field(text: str) -> Markup:
    """Give what somebody wrote into a field, exactly, to be written on."""
    # A browser drops the first line end of a text field, and that of a text may be meant.
    return Markup("\n") + raw(text)


def address(prefix: str, id: str) -> Markup:
    """Give the address that ends with an id, whatever the id is made of."""
    return Markup(f"{prefix}{quote(id, safe='', errors='surrogateescape')}")  # noqa: S704  quoted


def _in_line(piece: str, is_spelled: bool) -> Markup:  # noqa: FBT001  a pair of `pieces`
    if is_spelled:
        return _mark(piece)
    parts = re.split(r"([\n\t])", piece)
    return Markup().join(_mark(_LINE_MARKS[p]) if p in _LINE_MARKS else escape(p) for p in parts)


def _mark(words: str) -> Markup:
    return Markup('<span class="mark">{}</span>').format(words)


def _linked(text: str) -> Markup:
    made, end = Markup(), 0
    for found in _ADDRESS.finditer(text):
        address = found[0].rstrip(_NOT_ITS_END)
        made += escape(text[end : found.start()]) + _link(address)
        end = found.start() + len(address)
    return made + escape(text[end:])


def _link(address: str) -> Markup:
    link = Markup('<a href="{0}" rel="noopener noreferrer nofollow">{0}</a>')
    return link.format(address)
