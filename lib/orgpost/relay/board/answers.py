"""What a browser is told: a refusal as a status and a sentence, and the headers of every page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from aiohttp import web

from orgpost.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orgpost.errors import OrgpostError

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_FAULT: Final = 500
# The group of an error says what a browser makes of it; what is wrong in a form is 422.
_STATUS: Final[Mapping[int, int]] = {2: 422, 3: 404, 4: 409, 5: 422, 6: 403, 65: 503, 75: 503}
TITLES: Final[Mapping[int, str]] = {
    400: "That was no form",
    403: "Not permitted",
    404: "Not found",
    405: "Not done this way",
    409: "Something else was faster",
    413: "Too large",
    415: "That was no form",
    422: "Not accepted",
    429: "Too many tries",
    503: "Not possible right now",
}


class Refusal(NamedTuple):
    """What was refused, why, and what to do next."""

    status: int
    sentence: str
    hint: str = ""

    @property
    def title(self) -> str:
        """The heading of a page that shows nothing else."""
        return TITLES.get(self.status, "Something went wrong")


def refusal_of(error: OrgpostError) -> Refusal:
    """Make of an error what a page says."""
    # The governor's list of senders has the exit status of a missing right.
    status = 422 if isinstance(error, Refused) else _STATUS.get(error.exit_code, _FAULT)
    return Refusal(status, "\n".join(error.lines()), error.hint)


def page(text: str, status: int = 200) -> web.Response:
    """Answer with a page."""
    return web.Response(
        text=text, status=status, content_type="text/html", charset="utf-8", headers=HEADERS
    )


def go_on(address: str) -> web.Response:
    """Answer a form that was done, or a guest who must log in first."""
    return web.Response(status=303, headers={**HEADERS, "Location": address})
