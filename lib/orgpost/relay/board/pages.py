"""The board's addresses: who may, what is asked for, and the page or the way on that answers it.

A GET changes nothing. A POST is looked at only once its session, its origin and its form's proof
are right; then it goes on with 303, or shows what was refused and loses nothing that was written.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, unquote

from aiohttp import web

from orgpost.errors import Conflict, OrgpostError, UnknownId
from orgpost.relay.board import answers, deeds, mail, work
from orgpost.relay.board.answers import Refusal, refusal_of
from orgpost.relay.board.entering import NOT_OURS, Entrance
from orgpost.relay.board.forms import BadForm, read_form
from orgpost.relay.board.house import House
from orgpost.relay.board.people import people
from orgpost.relay.board.rights import DECISIONS
from orgpost.relay.board.sessions import SESSION
from orgpost.relay.board.site import STATIC
from orgpost.relay.board.spending import budget
from orgpost.relay.board.text import address

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import TypeAlias

    from aiohttp.typedefs import Middleware

    from orgpost.post import Post
    from orgpost.relay.board.desk import Desk
    from orgpost.relay.tokens import Grant

    Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
    Looking: TypeAlias = Callable[[web.Request, Grant], Awaitable[web.StreamResponse]]
    Doing: TypeAlias = Callable[[web.Request, Grant, Mapping[str, str]], Awaitable[web.Response]]

_PAGE: Final = "[1-9][0-9]{0,5}"
_LOST: Final = {404: "There is nothing here.", 405: "This is not done this way."}


class Board:
    """The board, to be put into the relay's application."""

    def __init__(self, desk: Desk) -> None:
        self._house = House(desk)
        self._sessions = self._house.sessions
        self._entrance = Entrance(self._house)

    def routes(self) -> list[web.AbstractRouteDef]:
        """Give all addresses."""
        to_look: dict[str, Looking] = {
            "/": self._inbox,
            "/inbox": self._inbox,
            "/sent": self._sent,
            "/thread/{id}": self._thread,
            "/compose": self._compose,
            "/tasks": self._tasks,
            "/task/{id}": self._task,
            "/budget": self._budget,
            "/presence": self._presence,
        }
        to_do: dict[str, Doing] = {
            "/send": self._send,
            "/mark": self._mark,
            "/logout": self._log_out,
            **{f"/task/{{id}}/{event}": self._decide for event in DECISIONS},
        }
        return [
            web.get("/login", self._watched(self._log_in_form)),
            web.post("/login", self._watched(self._log_in)),
            web.get(f"{STATIC}/{{name}}", self._watched(self._static)),
            *(web.get(path, self._watched(self._looking(do))) for path, do in to_look.items()),
            *(web.post(path, self._watched(self._doing(do))) for path, do in to_do.items()),
        ]

    def grant(self, request: web.Request) -> Grant | None:
        """Give whose session a request belongs to; for the socket, which asks for its origin."""
        return self._sessions.read(request.cookies)

    async def lost(self, request: web.Request, status: int) -> web.Response:
        """Answer at an address that is nobody's (404), or is not spoken to this way (405)."""
        sentence = _LOST[status]
        return await self._house.refuse(Refusal(status, sentence), self.grant(request))

    def middleware(self) -> Middleware:
        """Give the application what answers where no address fits, with a page like any other."""

        @web.middleware
        async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
            missed = request.match_info.http_exception
            if missed is not None and missed.status in _LOST:
                return await self.lost(request, missed.status)
            return await handler(request)

        return answer

    # -- who may ---------------------------------------------------------------------------------

    def _watched(self, handler: Handler) -> Handler:
        async def watched(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except web.HTTPException:
                raise
            except Exception as error:  # noqa: BLE001  a fault of ours is an answer, too
                return await self._house.fault(error, self.grant(request))

        return watched

    def _looking(self, look: Looking) -> Handler:
        async def looking(request: web.Request) -> web.StreamResponse:
            grant = self.grant(request)
            if grant is None:
                return self._entrance.first(request)
            try:
                return await look(request, grant)
            except OrgpostError as error:
                return await self._house.refuse(refusal_of(error), grant)

        return looking

    def _doing(self, do: Doing) -> Handler:
        async def doing(request: web.Request) -> web.StreamResponse:
            grant = self.grant(request)
            if grant is None:
                return self._entrance.first(request)
            try:
                fields = await read_form(request)
            except BadForm as bad:
                return await self._house.refuse(Refusal(bad.status, bad.why), grant)
            is_ours = self._house.desk.is_ours(request)
            if not (is_ours and self._sessions.proves(SESSION, grant.id, fields.get("csrf", ""))):
                return await self._house.refuse(NOT_OURS, grant)
            return await do(request, grant, fields)

        return doing

    # -- in and out ------------------------------------------------------------------------------

    async def _log_in_form(self, request: web.Request) -> web.Response:
        return self._entrance.form(request, self.grant(request))

    async def _log_in(self, request: web.Request) -> web.Response:
        try:
            fields = await read_form(request)
        except BadForm as bad:
            return await self._house.refuse(Refusal(bad.status, bad.why), None)
        if not self._house.desk.is_ours(request):
            return await self._house.refuse(NOT_OURS, None)
        return self._entrance.log_in(request, fields)

    async def _log_out(self, _: web.Request, grant: Grant, __: Mapping[str, str]) -> web.Response:
        return await self._entrance.log_out(grant)

    async def _static(self, request: web.Request) -> web.Response:
        found = self._house.site.files.get(request.match_info["name"])
        if found is None:
            return await self.lost(request, 404)
        # Its address names its content, and nobody's words are in it.
        headers = {**answers.HEADERS, "Cache-Control": "public, max-age=31536000, immutable"}
        return web.Response(
            body=found.content, content_type=found.kind, charset="utf-8", headers=headers
        )

    # -- looking ---------------------------------------------------------------------------------

    async def _inbox(self, request: web.Request, grant: Grant) -> web.Response:
        asked = _asked(request)
        of, state, page = asked.get("of", ""), asked.get("state", "unread"), _page(asked)
        return await self._house.show(
            grant,
            "inbox",
            lambda post: {"box": mail.inbox(post, of, state, page)},
            said=asked.get("said", ""),
        )

    async def _sent(self, request: web.Request, grant: Grant) -> web.Response:
        page = _page(_asked(request))
        return await self._house.show(grant, "inbox", lambda post: {"box": mail.sent(post, page)})

    async def _thread(self, request: web.Request, grant: Grant) -> web.Response:
        asked, id = _asked(request), _id(request)
        page = _page(asked) if "page" in asked else None
        return await self._house.show(
            grant,
            "thread",
            lambda post: _thread(post, id, page, asked.get("sent", "")),
            said=asked.get("said", ""),
        )

    async def _compose(self, request: web.Request, grant: Grant) -> web.Response:
        asked = _asked(request)
        to, reply_to = asked.get("to", ""), asked.get("reply_to", "")
        return await self._house.show(
            grant, "compose", lambda post: _letter(post, mail.compose(post, to, reply_to))
        )

    async def _tasks(self, request: web.Request, grant: Grant) -> web.Response:
        asked = _asked(request)
        of, state, page = asked.get("of", ""), asked.get("state", ""), _page(asked)
        return await self._house.show(
            grant,
            "tasks",
            lambda post: {"tasks": work.tasks(post, of, state, page)},
            said=asked.get("said", ""),
        )

    async def _task(self, request: web.Request, grant: Grant) -> web.Response:
        asked, id = _asked(request), _id(request)
        return await self._house.show(
            grant,
            "task",
            lambda post: {"task": work.task(post, id), "reason": "", "event": ""},
            said=asked.get("said", ""),
        )

    async def _budget(self, _: web.Request, grant: Grant) -> web.Response:
        def look(post: Post) -> Mapping[str, object]:
            balance = post.governor.accounts.balance(None, None)
            return {"budget": budget(balance, post.clock)}

        return await self._house.show(grant, "budget", look)

    async def _presence(self, _: web.Request, grant: Grant) -> web.Response:
        there = self._house.desk.who()
        return await self._house.show(
            grant, "presence", lambda post: {"people": people(post, there)}
        )

    # -- doing -----------------------------------------------------------------------------------

    async def _send(self, _: web.Request, grant: Grant, fields: Mapping[str, str]) -> web.Response:
        form = deeds.letter_of(fields)
        try:
            id = await self._house.do(grant, lambda post: deeds.send(post, form))
        except UnknownId as error:
            return await self._house.refuse(refusal_of(error), grant)
        except OrgpostError as error:
            refusal, is_other = refusal_of(error), isinstance(error, Conflict)
            return await self._house.show(
                grant,
                "compose",
                lambda post: _letter(post, _again(post, form) if is_other else form),
                refusal=_with_way(refusal) if is_other else refusal,
            )
        return answers.go_on(f"{address('/thread/', id)}?said=sent&sent={address('', id)}")

    async def _mark(
        self, request: web.Request, grant: Grant, fields: Mapping[str, str]
    ) -> web.Response:
        id = fields.get("id", "")
        try:
            said = await self._house.do(grant, lambda post: deeds.mark(post, fields))
        except OrgpostError as error:
            refusal = refusal_of(error)
            if refusal.status == HTTPStatus.NOT_FOUND:
                return await self._house.refuse(refusal, grant)
            return await self._house.show(
                grant,
                "thread",
                lambda post: _thread(post, id, None),
                refusal=refusal,
            )
        return answers.go_on(_back(request, f"{address('/thread/', id)}", said))

    async def _decide(
        self, request: web.Request, grant: Grant, fields: Mapping[str, str]
    ) -> web.Response:
        id, word, reason = _id(request), request.path.rpartition("/")[2], fields.get("reason", "")
        try:
            said = await self._house.do(grant, lambda post: deeds.decide(post, id, word, reason))
        except OrgpostError as error:
            refusal = refusal_of(error)
            if refusal.status == HTTPStatus.NOT_FOUND:
                return await self._house.refuse(refusal, grant)
            return await self._house.show(
                grant,
                "task",
                lambda post: {"task": work.task(post, id), "reason": reason, "event": word},
                refusal=refusal,
            )
        return answers.go_on(_back(request, f"{address('/task/', id)}", said))


def _letter(post: Post, form: mail.Form) -> Mapping[str, object]:
    answered = mail.readable(post, form.reply_to) if form.reply_to else None
    return {"form": form, "answered": answered, "people": mail.correspondents(post)}


def _thread(post: Post, id: str, page: int | None, sent: str = "") -> Mapping[str, object]:
    thread = mail.thread(post, id, page)
    return {"thread": thread, "people": mail.correspondents(post), "sent": sent}


def _again(post: Post, form: mail.Form) -> mail.Form:
    """Give the form a new id: its old one belongs to what was sent with it."""
    return form._replace(id=post.clock.new_id("msg"))


def _with_way(refusal: Refusal) -> Refusal:
    return refusal._replace(
        sentence="A message with the id of this form was sent before, with another text.",
        hint="send it now, and it is a second message",
    )


def _asked(request: web.Request) -> dict[str, str]:
    pairs = parse_qsl(
        request.rel_url.raw_query_string, keep_blank_values=True, errors="surrogateescape"
    )
    return dict(reversed(pairs))


def _page(asked: Mapping[str, str]) -> int:
    words = asked.get("page", "1")
    if not re.fullmatch(_PAGE, words):
        raise UnknownId(words)
    return int(words)


def _id(request: web.Request) -> str:
    # The second part of the path, as the bytes say it: an id may be no UTF-8.
    return unquote(request.rel_url.raw_path.split("/")[2], errors="surrogateescape")


def _back(request: web.Request, otherwise: str, said: str) -> str:
    """Give the list that a button was pressed in, or the page of what it belongs to."""
    asked = _asked(request)
    of, state = asked.get("of", ""), asked.get("state", "")
    if asked.get("from") == "inbox" and state in mail.STATES:
        return f"/inbox?of={address('', of)}&state={state}&said={said}"
    if asked.get("from") == "tasks":
        return f"/tasks?of={address('', of)}&said={said}"
    return f"{otherwise}?said={said}"
