"""What a form sends: its fields, in UTF-8, of a limited size; a refusal changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

LIMIT: Final = 524_288
_KIND: Final = "application/x-www-form-urlencoded"
_MOST_FIELDS: Final = 20


class BadForm(Exception):
    """A body that is none of our forms."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


async def read_form(request: web.Request) -> Mapping[str, str]:
    """Read the fields of a form; of two with one name the first counts."""
    if request.content_type != _KIND:
        raise BadForm(415, f"a form of the kind {_KIND} was expected")
    data = await _limited(request)
    try:
        pairs = parse_qsl(
            data.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        raise BadForm(400, "this is no form, or its text is not UTF-8") from None
    return {name: _lines(value) for name, value in reversed(pairs)}


async def _limited(request: web.Request) -> bytes:
    data = bytearray()
    async for piece in request.content.iter_chunked(65_536):
        data += piece
        if len(data) > LIMIT:
            raise BadForm(413, f"a form may have {LIMIT} bytes; nothing was stored")
    return bytes(data)


def _lines(value: str) -> str:
    # Browsers end the lines of every text field with CRLF, whatever was typed.
    return value.replace("\r\n", "\n")
