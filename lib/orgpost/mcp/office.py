"""One call of a tool, or one reading of a resource: a post of its own, opened and closed.

So each call sees contacts and settings as they are now, and calls do not wait for one another but
where the store's locks say so. Space and actor are those of the start, whatever a call says.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import unquote

from orgpost.errors import OrgpostError, UnknownId
from orgpost.mcp import mail, showing, work
from orgpost.mcp.digest import digest
from orgpost.mcp.tools import TOOLS
from orgpost.post import Post

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_Given = TypeVar("_Given")

INBOX: Final = "orgpost://inbox"
FRAMES: Final = ("message", "task")
_RUN: Final[Mapping[str, Callable[[Post, dict[str, Any]], dict[str, Any]]]] = {
    "inbox": mail.inbox,
    "show": showing.show,
    "send": mail.send,
    "mark": mail.mark,
    "task_list": work.task_list,
    "task_add": work.task_add,
    "task_claim": work.task_claim,
    "task_update": work.task_update,
}


class Office:
    """A space and who acts in it, for as long as the server lives."""

    def __init__(self, space: Path, me: str) -> None:
        self._space, self._me = space, me

    def call(self, tool: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a tool does; what is refused is an `OrgpostError`."""
        arguments = TOOLS[tool].read(given)
        return self._with_post(lambda post: _RUN[tool](post, arguments))

    def read(self, uri: str) -> str:
        """Give the text of a resource."""
        if uri == INBOX:
            return digest(self._space, self._me)
        kind, _, id = uri.removeprefix("orgpost://").partition("/")
        if not uri.startswith("orgpost://") or kind not in FRAMES or not id:
            raise UnknownId(uri, hint=f"{INBOX}, orgpost://message/ID or orgpost://task/ID")
        return self._with_post(lambda post: showing.framed_text(post, unquote(id), kind))

    def _with_post(self, do: Callable[[Post], _Given]) -> _Given:
        post = Post.open(space=self._space, me=self._me)
        try:
            return do(post)
        finally:
            # What waits for somebody's save is put in by whoever comes next.
            with suppress(OrgpostError):
                post.close()
