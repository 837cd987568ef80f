"""One page, made in a thread: a post of its own is opened, looked at, shown and closed.

So each page sees contacts, settings and mail as they are now, and the loop waits for no disk.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from orgpost.errors import OrgpostError
from orgpost.post import Post
from orgpost.relay.board import answers
from orgpost.relay.board.answers import Refusal, refusal_of
from orgpost.relay.board.sessions import SESSION, Sessions
from orgpost.relay.board.site import Site, frame
from orgpost.spelled import place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from aiohttp import web

    from orgpost.relay.board.desk import Desk
    from orgpost.relay.tokens import Grant

_log: Final = logging.getLogger("orgpost.board")


class House:
    """Where the board's pages are made."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.site = Site()
        self.sessions = Sessions(desk)

    async def show(
        self,
        grant: Grant,
        template: str,
        look: Callable[[Post], Mapping[str, Any]],
        *,
        refusal: Refusal | None = None,
        said: str = "",
    ) -> web.Response:
        """Show what was looked at; `refusal` is what was just refused, and gives the status."""

        def make() -> tuple[str, int]:
            with self._opened(grant) as post:
                facts = look(post)
                whole = {**facts, "frame": self._frame(post, grant, said), "refusal": refusal}
                return self.site.page(template, **whole), refusal.status if refusal else 200

        try:
            text, status = await self.desk.cross(make)
        except OrgpostError as error:
            return await self.refuse(refusal_of(error), grant)
        return answers.page(text, status)

    async def do(self, grant: Grant, deed: Callable[[Post], str]) -> str:
        """Do what a form asks for; what is refused is an `OrgpostError`."""

        def work() -> str:
            with self._opened(grant) as post:
                return deed(post)

        return await self.desk.cross(work)

    async def refuse(self, refusal: Refusal, grant: Grant | None) -> web.Response:
        """Show a refusal on a page of its own."""

        def make() -> str:
            if grant is not None:
                with suppress(OrgpostError), self._opened(grant) as post:
                    around = self._frame(post, grant, "")
                    return self.site.page("refused", frame=around, refusal=refusal)
            return self.site.page("refused", frame=None, refusal=refusal)

        return answers.page(await self.desk.cross(make), refusal.status)

    async def fault(self, error: Exception, grant: Grant | None) -> web.Response:
        """Say that the fault is ours; what was met is told to the log alone, without any text."""
        _log.error("board: %s", place_of(error), extra={"action": "board_fault"})
        words = "This is a fault of orgpost; it stands in the relay's log."
        return await self.refuse(Refusal(500, words, "please report it"), grant)

    def _frame(self, post: Post, grant: Grant, said: str) -> Any:
        return frame(post, self.sessions.proof(SESSION, grant.id), said)

    @contextmanager
    def _opened(self, grant: Grant) -> Iterator[Post]:
        post = Post.open(space=self.desk.space, me=grant.actor)
        try:
            yield post
        finally:
            # What waits for somebody's save is put in by whoever comes next.
            with suppress(OrgpostError):
                post.close()
