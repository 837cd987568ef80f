"""`Listener`: tell each change of some boxes, once, as a line of JSON, until somebody has enough.

It watches the files itself. What it prints is what the files say at that moment; a message that is
gone already is told with what is known of it.
"""

from __future__ import annotations

import json
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final

from orgpost.errors import OrgpostError
from orgpost.frozen import NamedTuple
from orgpost.listening.heads import message_head, sender_of, short, task_head
from orgpost.listening.signs import NoLink, no_relay, path_of_box, taken
from orgpost.listening.told import Told
from orgpost.message import utc_or_none
from orgpost.watching.sight import Sight
from orgpost.watching.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import timedelta

    from orgpost.listening.cursor import Cursor
    from orgpost.listening.signs import Hear, Link
    from orgpost.post import Post
    from orgpost.watching.change import Change, News, Round
    from orgpost.watching.file_watch import FileWatch

READY, MESSAGE, TASK, STATE = "ready", "message", "task", "state"
LINK, PRESENCE, UP, DOWN = "link", "presence", "up", "down"
_EVENTS: Final = {"inbox": MESSAGE, "agents": TASK, "trays": TASK, "marks": STATE, "sent": STATE}
_OPEN: Final = frozenset({"UNREAD", "QUEUED"})
_STEP_SECONDS: Final = 5.0


class Listening(NamedTuple):
    """What somebody listens to, and for how long; `unread` begins with what is there unread."""

    boxes: tuple[str, ...]
    unread: bool = False
    bodies: bool = False
    most: int | None = None
    timeout: timedelta | None = None


class Event(NamedTuple):
    """One line."""

    kind: str
    line: bytes


class Listener:
    """Listens for one actor; `tell` is given each event, in order."""

    def __init__(
        self,
        post: Post,
        wanted: Listening,
        files: FileWatch,
        tell: Callable[[Event], None],
        *,
        cursor: Cursor | None = None,
        join: Callable[[Hear], Link] = no_relay,
    ) -> None:
        self._post, self._wanted, self._tell, self._cursor = post, wanted, tell, cursor
        self._rounds: SimpleQueue[Round] = SimpleQueue()
        self._sight = Sight(post.store, post.contacts.load, post.clock, self._rounds.put)
        self._watcher = Watcher(files, self._sight)
        self._told: dict[str, Told] = {}
        self._join = join
        self._frames: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self._count = 0
        self.was_stopped = False

    def listen(self) -> None:
        """Tell what there is and what comes, until the number or the time is reached."""
        clock, limit = self._post.clock, self._wanted.timeout
        deadline = None if limit is None else clock.monotonic() + limit.total_seconds()
        kept = {} if self._cursor is None else self._cursor.read()
        there = self._look_first(kept)
        # That a cursor cannot be written is found out before anybody relies on it.
        self._keep()
        # Whoever hears it may write at once: what was there before is known by now.
        self._say(READY, via="files", boxes=list(self._wanted.boxes))
        for told, known in there:
            self._tell_all(told, told.missed(known))
        self._keep()
        link = NoLink() if self._is_enough() else self._join(self._hear)
        try:
            self._go_on(deadline)
        finally:
            link.stop()

    def _go_on(self, deadline: float | None) -> None:
        clock = self._post.clock
        while not self._is_enough():
            left = None if deadline is None else deadline - clock.monotonic()
            if left is not None and left <= 0:
                return
            self._watcher.step(_STEP_SECONDS if left is None else min(left, _STEP_SECONDS))
            self._tell_what_came()

    def stop(self) -> None:
        """Let `listen` end soon; from a signal's handler or another thread."""
        self.was_stopped = True
        self._watcher.files.wake()

    def _is_enough(self) -> bool:
        return self.was_stopped or self._count >= (self._wanted.most or float("inf"))

    # -- the beginning -------------------------------------------------------------------------

    def _look_first(self, kept: dict[str, Told]) -> list[tuple[Told, list[Change]]]:
        """Give all that is in the boxes, beside what of it counts as told."""
        there = []
        for box in self._wanted.boxes:
            self._sight.follow(box)
            known = self._sight.known(box)
            told = self._told[box] = kept.get(box) or Told(box)
            if box not in kept:
                is_new = _OPEN if self._wanted.unread else frozenset()
                told.begin(each for each in known if each.state not in is_new)
            there.append((told, known))
        return there

    # -- a relay -------------------------------------------------------------------------------

    def _hear(self, frame: dict[str, Any]) -> None:
        """Take a frame of the relay, in the thread of the link."""
        self._frames.put(frame)
        self._watcher.files.wake()

    def _tell_of_frame(self, frame: dict[str, Any]) -> None:
        if frame["type"] in {UP, DOWN}:
            is_up = frame["type"] == UP
            self._say(LINK, up=is_up, reason=None if is_up else short(str(frame.get("reason"))))
        elif frame["type"] == PRESENCE:
            self._count += 1
            facts = {name: frame.get(name) for name in ("actor", "status")}
            self._say(PRESENCE, **facts, note=short(str(frame.get("note") or "")))
        elif path := path_of_box(frame.get("box")):
            self._sight.look([path])
        else:
            # What was sent may have changed anywhere.
            self._sight.look(everything=True)

    # -- what comes ----------------------------------------------------------------------------

    def _tell_what_came(self) -> None:
        for frame in taken(self._frames):
            if not self._is_enough():
                self._tell_of_frame(frame)
        news = [each for found in taken(self._rounds) for each in found.news]
        for each in news:
            self._tell_news(each)
        if news:
            self._keep()

    def _tell_news(self, news: News) -> None:
        told = self._told.get(news.box)
        if told is None:
            return
        known = told.missed(self._sight.known(news.box)) if news.reset else news.changes
        self._tell_all(told, known)

    def _tell_all(self, told: Told, changes: Iterable[Change]) -> None:
        kind = _EVENTS[told.box.partition("/")[0]]
        for each in changes:
            # What is not told for there was enough is not taken for told: the cursor knows.
            if self._is_enough():
                return
            change = told.take(each)
            if change is not None:
                self._count += 1
                self._say(kind, box=told.box, change=change.kind, **self._facts(kind, change))

    def _facts(self, kind: str, change: Change) -> dict[str, Any]:
        plain = {**change.to_dict(), "from": sender_of(change.sender)}
        del plain["kind"]
        if kind == STATE:
            return plain
        contacts, bodies = self._post.contacts.load(), self._wanted.bodies
        try:
            if kind == MESSAGE:
                message = self._post.messages.find_by_id(change.id)
                return message_head(message, contacts, bodies=bodies)
            found = self._post.tasks.get(change.id)
            return task_head(self._post.tasks.task(found), contacts, bodies=bodies)
        except OrgpostError:
            return plain

    # -- lines ---------------------------------------------------------------------------------

    def _say(self, kind: str, /, **facts: Any) -> None:
        self._tell(Event(kind, line_of(self._post, kind, **facts)))

    def _keep(self) -> None:
        if self._cursor is not None:
            self._cursor.write(self._told)


def line_of(post: Post, kind: str, /, **facts: Any) -> bytes:
    """Make the line of an event."""
    at = utc_or_none(post.clock.now())
    line = {"schema": 1, "event": kind, "at": at, **facts}
    return json.dumps(line, ensure_ascii=True, allow_nan=False).encode() + b"\n"
