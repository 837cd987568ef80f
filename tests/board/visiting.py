"""A board of its own, and visitors with a cookie jar each: pages in, forms out, as a browser does.

The board is served by aiohttp's own test server; what the relay lends is here as plain as can be.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self
from urllib.parse import quote, urlencode

from aiohttp import ClientSession, DummyCookieJar, web
from aiohttp.test_utils import TestServer
from yarl import URL

from orgpost.relay.board.desk import Desk, Present
from orgpost.relay.board.pages import Board
from orgpost.relay.tokens import Signer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from orgpost.clock import Clock
    from orgpost.relay.tokens import Grant

SECRET: Final = b"0123456789abcdef0123456789abcdef"
FORM: Final = "application/x-www-form-urlencoded"


class Form(NamedTuple):
    """A form as it stands in a page: where it goes, its fields, and its buttons."""

    action: str
    fields: dict[str, str]
    buttons: tuple[tuple[str, str], ...]


class Page(NamedTuple):
    """What a visitor was answered."""

    status: int
    headers: Mapping[str, str]
    text: str
    cookies: Sequence[str]

    @property
    def forms(self) -> list[Form]:
        """Every form of the page."""
        reader = _Forms()
        reader.feed(self.text)
        return reader.forms

    def form(self, action: str) -> Form:
        """The first form whose address begins so."""
        return next(form for form in self.forms if form.action.startswith(action))

    @property
    def words(self) -> str:
        """What a person reads, hidden things included."""
        reader = _Words()
        reader.feed(self.text)
        return " ".join("".join(reader.words).split())

    @property
    def to(self) -> str:
        """Where it leads."""
        assert self.status == 303, self
        return self.headers["Location"]


class Visitor:
    """A browser without JavaScript, with cookies of its own."""

    def __init__(self, place: Place, actor: str = "") -> None:
        self._place, self.cookies = place, dict[str, str]()
        if actor:
            form = self.get("/login").form("/login")
            assert self.submit(form, token=place.token(actor)).to == "/"

    def get(self, path: str, **headers: str) -> Page:
        """Ask for a page."""
        return self.ask("GET", path, headers=headers)

    def read(self, path: str) -> Page:
        """Ask for a page that must be there."""
        page = self.get(path)
        assert page.status == 200, page
        return page

    def submit(self, form: Form, *, origin: str = "", **fields: str) -> Page:
        """Send a form, with some of its fields filled in."""
        return self.post(form.action, {**form.fields, **fields}, origin=origin)

    def press(self, form: Form) -> Page:
        """Send a form by its only button."""
        [button] = form.buttons
        name, value = button
        return self.submit(form, **({name: value} if name else {}))

    def post(self, path: str, fields: Mapping[str, str], *, origin: str = "") -> Page:
        """Send fields, line ends as browsers send them."""
        lines = {name: value.replace("\n", "\r\n") for name, value in fields.items()}
        said = {"Origin": origin} if origin else {}
        return self.ask("POST", path, urlencode(lines).encode(), {"Content-Type": FORM, **said})

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Page:
        """Send any request."""
        jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {**({"Cookie": jar} if jar else {}), **(headers or {})}
        page: Page = self._place.run(self._asked(method, path, body, sent))
        return page

    async def _asked(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Page:
        url = f"{self._place.origin}{path}"
        async with self._place.session.request(
            method, URL(url, encoded=True), data=body, headers=headers, allow_redirects=False
        ) as answer:
            for name, morsel in answer.cookies.items():
                if morsel["max-age"] == "0" or not morsel.value:
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
            set_cookies = answer.headers.getall("Set-Cookie", [])
            return Page(answer.status, answer.headers, await answer.text(), set_cookies)


class Place:
    """A board that serves a space, until the block ends."""

    def __init__(self, space: Path, clock: Clock, *, is_encrypted: bool = False) -> None:
        self.space, self.clock = space, clock
        self.tokens = Signer(SECRET, "orgpost-relay", clock)
        self.refused: set[str] = set()
        self.revoked_at: datetime | None = None
        self.there: Sequence[Present] = ()
        self.failures, self.wait = 0, 0
        self.ended: list[Grant] = []
        self._loop = asyncio.new_event_loop()
        self.board = Board(
            Desk(
                space=space,
                clock=clock,
                secret=SECRET,
                tokens=self.tokens,
                is_encrypted=is_encrypted,
                cross=_in_a_thread,
                is_good=self._is_good,
                is_ours=self._is_ours,
                wait_for=lambda _: self.wait,
                failed=self._failed,
                who=lambda: self.there,
                ended=self.ended.append,
            )
        )

    def _is_good(self, grant: Grant) -> bool:
        is_revoked = self.revoked_at is not None and grant.issued <= self.revoked_at
        return not is_revoked and grant.actor not in self.refused

    def _is_ours(self, request: web.Request) -> bool:
        return request.headers.get("Origin", self.origin) == self.origin

    def _failed(self, _: web.Request) -> None:
        self.failures += 1

    def __enter__(self) -> Self:
        app = web.Application(middlewares=[self.board.middleware()])
        app.add_routes(self.board.routes())
        self._server = TestServer(app)
        self.run(self._server.start_server())
        self.origin = f"http://127.0.0.1:{self._server.port}"
        self.session = self.run(_session())
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self.session.close())
        self.run(self._server.close())
        self.run(self._loop.shutdown_default_executor())
        self._loop.close()

    def run(self, work: Any) -> Any:
        """Let the server live until this is done."""
        return self._loop.run_until_complete(work)

    def token(self, actor: str, scope: str = "ui", **ttl: float) -> str:
        """A token of an actor."""
        return self.tokens.sign(actor, scope.split(), timedelta(**(ttl or {"hours": 12})))[0]

    def visitor(self, actor: str = "") -> Visitor:
        """Somebody with a browser, logged in where an actor is named."""
        return Visitor(self, actor)


async def _in_a_thread(work: Callable[[], Any]) -> Any:
    return await asyncio.to_thread(work)


async def _session() -> ClientSession:
    return ClientSession(cookie_jar=DummyCookieJar())


def quoted(id: str) -> str:
    """An id in an address."""
    return quote(id, safe="")


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._area, self._is_open = "", False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        if tag == "form" and facts.get("method") == "post":
            self.forms.append(Form(facts["action"], {}, ()))
            self._is_open = True
        if not self._is_open:
            return
        if tag in {"input", "textarea"} and facts.get("name"):
            self.forms[-1].fields[facts["name"]] = facts.get("value", "")
        if tag == "button" and facts.get("type") == "submit":
            button = (facts.get("name", ""), facts.get("value", ""))
            self.forms[-1] = self.forms[-1]._replace(buttons=(*self.forms[-1].buttons, button))
        self._area = facts["name"] if tag == "textarea" else ""

    def handle_data(self, data: str) -> None:
        if self._area:
            # A browser drops the first line end of a text field.
            self.forms[-1].fields[self._area] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        self._area = ""
        self._is_open = self._is_open and tag != "form"


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)
