"""Logging in and out: a token is pasted into a form, a cookie comes back, and ends with it."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from orgpost.errors import OrgpostError
from orgpost.relay.board import answers
from orgpost.relay.board.answers import Refusal
from orgpost.relay.board.sessions import LOGIN, NoScope
from orgpost.relay.tokens import BadToken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from orgpost.relay.board.house import House
    from orgpost.relay.tokens import Grant

_log: Final = logging.getLogger("orgpost.board")
# A way on that stays here: no other host, no scheme, nothing that a browser would mend into one.
_OURS: Final = (
    r"/(?:(?:inbox|sent|thread|compose|tasks|task|budget|presence)(?:[/?][\w%~.&=?/-]*)?)?"
)
NOT_OURS: Final = Refusal(
    403,
    "This form was not made for this session, so nothing was done.",
    "go back, load the page again and send it once more",
)
_BAD_TOKEN: Final = Refusal(
    403,
    "This token opens nothing here: it is not whole, has ended or was revoked.",
    "orgpost ui makes a new one, and so does: orgpost relay token ACTOR --scope ui",
)
_NO_SCOPE: Final = Refusal(
    403,
    "This token is not for the board: it lacks the scope ui.",
    "orgpost relay token ACTOR --scope ui",
)


class Entrance:
    """Lets people in and out."""

    def __init__(self, house: House) -> None:
        self._house, self._sessions = house, house.sessions
        self._flags: dict[str, Any] = {
            "httponly": True,
            "samesite": "Strict",
            "path": "/",
            "secure": house.desk.is_encrypted,
        }

    def form(self, request: web.Request, grant: Grant | None) -> web.Response:
        """Show the form that a token is pasted into."""
        then = _here(request.query.get("next", "/"))
        return answers.go_on(then) if grant is not None else self._page(request, then)

    def log_in(self, request: web.Request, fields: Mapping[str, str]) -> web.Response:
        """Open a session; the same form again where the token is good for none."""
        then = _here(fields.get("next", "/"))
        bound_to = request.cookies.get(self._sessions.form_cookie, "")
        if not bound_to or not self._sessions.proves(LOGIN, bound_to, fields.get("csrf", "")):
            return self._page(request, then, NOT_OURS)
        try:
            cookie, grant = self._sessions.open("".join(fields.get("token", "").split()))
        except BadToken as bad:
            return self._refuse(request, then, bad)
        left = (grant.expires - self._house.desk.clock.now()).total_seconds()
        answer = answers.go_on(then)
        answer.set_cookie(self._sessions.cookie, cookie, max_age=int(left), **self._flags)
        answer.del_cookie(self._sessions.form_cookie, **self._flags)
        return answer

    def _refuse(self, request: web.Request, then: str, bad: BadToken) -> web.Response:
        if seconds := self._house.desk.wait_for(request):
            refusal = Refusal(429, "Too many tries from here.", f"try again in {seconds} s")
            answer = self._page(request, then, refusal)
            answer.headers["Retry-After"] = str(seconds)
            return answer
        self._house.desk.failed(request)
        return self._page(request, then, _NO_SCOPE if isinstance(bad, NoScope) else _BAD_TOKEN)

    async def log_out(self, grant: Grant) -> web.Response:
        """Make a session void, here and wherever its cookie was copied to."""
        try:
            await self._house.desk.cross(lambda: self._sessions.end(grant))
        except OrgpostError as error:
            # It is void as long as this process lives; only the next one would take it again.
            _log.error("board: %s", error.code, extra={"action": "logout_not_kept"})
        self._house.desk.ended(grant)
        answer = answers.go_on("/login")
        answer.del_cookie(self._sessions.cookie, **self._flags)
        return answer

    def first(self, request: web.Request) -> web.Response:
        """Lead a guest to the form, and from there to where it wanted to go."""
        wanted = request.path_qs if request.method in {"GET", "HEAD"} else "/"
        then = _here(wanted)
        return answers.go_on("/login" if then == "/" else f"/login?next={quote(then, safe='')}")

    def _page(
        self, request: web.Request, then: str, refusal: Refusal | None = None
    ) -> web.Response:
        bound_to = request.cookies.get(self._sessions.form_cookie) or self._sessions.new_form()
        text = self._house.site.page(
            "login",
            frame=None,
            csrf=self._sessions.proof(LOGIN, bound_to),
            then=then,
            refusal=refusal,
        )
        answer = answers.page(text, refusal.status if refusal else 200)
        answer.set_cookie(self._sessions.form_cookie, bound_to, **self._flags)
        return answer


def _here(address: str) -> str:
    return address if re.fullmatch(_OURS, address, re.ASCII) else "/"
