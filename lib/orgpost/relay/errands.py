"""What a client has done in the store: send, fetch, mark. One call each, in a thread, by a post.

Rights are asked here, with the contacts as they are now; only fields that are named here reach an
entry.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from orgpost.errors import (
    AmbiguousActor,
    Busy,
    InvalidField,
    NotPermitted,
    OrgpostError,
    UnknownActor,
    UnknownId,
)
from orgpost.frozen import NamedTuple
from orgpost.relay.boxes import Box, may_hear
from orgpost.relay.protocol import MOST_IDS_FETCHED, MOST_IDS_MARKED, OUR_FRAME_BYTES
from orgpost.states import TaskState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from orgpost.message_store import Sent
    from orgpost.post import Post
    from orgpost.relay.protocol import Asked

_TRUSTED: Final = ("owner", "team", "trusted")
_LONGEST_MESSAGE: Final = 500
_BUSY_SECONDS: Final = 1.0
_ROOM: Final = OUR_FRAME_BYTES - 4096
_FETCHED: Final = ("inbox", "marks", "sent", "agents")


class Fetched(NamedTuple):
    """Entries as they fit into a frame; `next` is what to ask for after."""

    entries: list[dict[str, Any]]
    more: int
    next: str | None


class Marked(NamedTuple):
    """Which were marked, and which were not and why."""

    done: list[str]
    refused: list[dict[str, str]]


def send(post: Post, sender: str, asked: Asked) -> tuple[Sent, datetime | None]:
    """Send a message as somebody; also when its recipient was last seen."""
    from orgpost.message_store import Letter

    if asked.get("from", sender) != sender:
        raise NotPermitted("send", "the token is somebody else's")
    reply_to = asked.get("reply_to")
    if reply_to is not None:
        _must_be_seen(post, sender, reply_to)
    expires = asked.get("expires")
    sent = post.messages.send(
        Letter(
            sender=sender,
            to=asked.get("to"),
            body=asked.get("body"),
            subject=asked.get("subject", ""),
            id=asked.get("id"),
            reply_to=reply_to,
            priority=asked.get("priority", "normal"),
            tags=tuple(asked.get("tags", ())),
            expects=asked.get("expects", "none"),
            expires=None if expires is None else _moment(expires),
        )
    )
    return sent, post.messages.last_seen(sent.message.to)


def fetch(post: Post, actor: str, box: Box, asked: Asked) -> Fetched:
    """Give entries of a box: those that are named, or the next ones; changes nothing."""
    ids, limit = asked.get("ids"), asked.get("limit", MOST_IDS_FETCHED)
    if not 0 < limit <= MOST_IDS_FETCHED:
        raise InvalidField("limit", f"must be from 1 to {MOST_IDS_FETCHED}")
    if ids is not None and len(ids) > MOST_IDS_FETCHED:
        raise InvalidField("ids", f"must be at most {MOST_IDS_FETCHED}")
    if not may_hear(box, actor, post.contacts.load()):
        raise NotPermitted("fetch", "it is not yours")
    if box.kind not in _FETCHED:
        raise InvalidField("box", f"entries are fetched from {' '.join(_FETCHED)}")
    if ids is not None:
        return _fit(_named(post, box, ids), len(ids))
    found = _listed(post, box, asked.get("state"))
    start = _place_after(found, asked.get("after"))
    left = len(found) - start
    return _fit((_as_json(post, each) for each in islice(found, start, start + limit)), left)


def mark(post: Post, actor: str, ids: Sequence[str], state: str) -> Marked:
    """Mark messages of the own inbox or of an own agent's: each for itself."""
    from orgpost.message_store.moving import state_named

    state_named(state)
    if len(ids) > MOST_IDS_MARKED:
        raise InvalidField("ids", f"must be at most {MOST_IDS_MARKED}")
    marked = Marked([], [])
    contacts = post.contacts.load()
    for id in dict.fromkeys(ids):
        try:
            inbox = post.messages.locate(id).source.actor
            if not may_hear(Box("inbox", inbox), actor, contacts):
                raise UnknownId(id)
            post.messages.mark(id, state)
            marked.done.append(id)
        except OrgpostError as error:
            told = told_error(error, is_trusted=True)
            marked.refused.append({"id": id, "code": told["code"], "message": told["message"]})
    return marked


def told_error(error: OrgpostError, *, is_trusted: bool) -> dict[str, Any]:
    """Give an error as the wire has it; names that are near are for those who are trusted."""
    told: dict[str, Any] = {"code": error.code, "message": str(error)[:_LONGEST_MESSAGE]}
    hides = isinstance(error, UnknownActor | AmbiguousActor) and not is_trusted
    told["hint"] = "" if hides else error.hint[:_LONGEST_MESSAGE]
    retry_after = getattr(error, "retry_after_seconds", None)
    if isinstance(error, Busy):
        retry_after = _BUSY_SECONDS
    if retry_after is not None:
        told["retry_after"] = retry_after
    return told


def is_trusted(tier: str) -> bool:
    """Ask whether somebody of this tier is told names that are near."""
    return tier in _TRUSTED


def _must_be_seen(post: Post, actor: str, id: str) -> None:
    """Refuse to answer what the sender cannot know of, as if it were not there."""
    found = post.messages.locate(id)
    own = may_hear(Box("inbox", found.source.actor), actor, post.contacts.load())
    if not own and found.entry().get("FROM") != actor:
        raise UnknownId(id)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise InvalidField("expires", "must be a time with its zone, as 2026-11-20T09:00:00Z")


# --- entries ------------------------------------------------------------------------------------


def _listed(post: Post, box: Box, state: str | None) -> Sequence[Any]:
    from orgpost.message_store import Query, Search

    if box.kind == "agents":
        wanted = TaskState if state is None else (state.upper(),)
        return post.inbox(box.name).find_by_state(*wanted)
    if box.kind == "sent":
        asked = Search(sender=box.name, state=state and state.upper(), scope="all")
        return post.messages.search(box.name, asked).messages
    states = () if state is None else (state.upper(),)
    return post.messages.list_inbox(box.name, Query(states=states))


def _named(post: Post, box: Box, ids: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Give those of the named entries that stand in this box."""
    for id in dict.fromkeys(ids):
        try:
            if box.kind == "agents":
                yield _as_json(post, post.inbox(box.name).find_by_id(id))
                continue
            found = post.messages.locate(id)
        except OrgpostError:
            continue
        sender = found.entry().get("FROM")
        if box.name == (sender if box.kind == "sent" else found.source.actor):
            yield _as_json(post, post.messages.find_by_id(id))


def _place_after(found: Sequence[Any], after: str | None) -> int:
    if after is None:
        return 0
    for place, each in enumerate(found):
        if each.id == after:
            return place + 1
    raise UnknownId(after)


def _as_json(post: Post, entry: Any) -> dict[str, Any]:
    data: dict[str, Any] = entry.to_dict()
    if "subject" in data:
        data["tier"] = post.contacts.load().effective_tier(entry.sender, entry.via)
    return data


def _fit(entries: Iterator[dict[str, Any]], left: int) -> Fetched:
    fitting, room = list[dict[str, Any]](), _ROOM
    for entry in entries:
        size = len(json.dumps(entry)) + 1
        if size > _ROOM:
            # One that fits into no frame goes without its text, so that the rest can be had.
            entry["body"], entry["cut"] = "", True
            size = len(json.dumps(entry)) + 1
        if size > room:
            break
        room -= size
        fitting.append(entry)
    more = max(0, left - len(fitting))
    return Fetched(fitting, more, fitting[-1]["id"] if fitting and more else None)
