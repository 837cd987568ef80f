"""From values to pages: the templates, the style sheet and the script, all from this folder.

Whatever a template puts in is cleaned and escaped, whether the template remembers it or not.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from orgpost.relay.board import mail, work
from orgpost.relay.board.deeds import SAID
from orgpost.relay.board.looks import number
from orgpost.relay.board.rights import Rights
from orgpost.relay.board.text import address, plain, prose, raw, raw_field, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orgpost.post import Post

HERE: Final = Path(__file__).parent
STATIC: Final = "/board"
_KINDS: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
# The hub allows 64 subscriptions; two to an agent, and the own boxes.
_MOST_AGENTS: Final = 30


class Static(NamedTuple):
    """A file that pages load."""

    content: bytes
    kind: str


class Frame(NamedTuple):
    """What every page shows around its own: who looks, and what waits for them."""

    me: str
    unread: int | None
    waiting: int | None
    boxes: str
    csrf: str
    said: str


class Site:
    """The templates, and the files that pages load; the address of each names its content."""

    def __init__(self) -> None:
        folder = HERE / "static"
        self.files: Final[Mapping[str, Static]] = {
            path.name: Static(path.read_bytes(), _KINDS[path.suffix])
            for path in sorted(folder.iterdir())
            if path.suffix in _KINDS
        }
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=plain,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {
            "shown": shown,
            "prose": prose,
            "raw": raw,
            "raw_field": raw_field,
            "number": number,
        }
        self._templates.globals |= {"address": address, "file": self._address}

    def page(self, template: str, **facts: Any) -> str:
        """Give a page."""
        return self._templates.get_template(f"{template}.html").render(**facts)

    def _address(self, name: str) -> str:
        digest = hashlib.sha256(self.files[name].content).hexdigest()[:12]
        return f"{STATIC}/{name}?{digest}"


def frame(post: Post, csrf: str, said: str = "") -> Frame:
    """Look at what waits for whoever acts; a file that cannot be read hides no page."""
    rights = Rights(post.me, post.contacts.load())
    own = [name for name in rights.agents() if name in rights.inboxes()][:_MOST_AGENTS]
    boxes = [f"inbox/{name}" for name in dict.fromkeys([post.me, *own])]
    return Frame(
        me=post.me,
        unread=mail.unread(post),
        waiting=work.waiting(post) if rights.agents() else None,
        boxes=" ".join([*boxes, *(f"agents/{name}" for name in own)]),
        csrf=csrf,
        said=SAID.get(said, ""),
    )
