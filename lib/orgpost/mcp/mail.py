"""The tools for messages: `inbox`, `send`, `mark`."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from orgpost.errors import InvalidField, OrgpostError, Usage
from orgpost.mcp.heads import cut, message_head
from orgpost.message import utc_or_none
from orgpost.states import MessageState

if TYPE_CHECKING:
    from orgpost.post import Post


def inbox(post: Post, arguments: dict[str, Any]) -> dict[str, Any]:
    """List messages of one state."""
    from orgpost.message_store import Query

    me, contacts = post.me, post.contacts.load()
    with suppress(OrgpostError):  # what expired can be bounced by the next one, too
        post.messages.settle(me)
    state = arguments["state"].upper()
    if state not in map(str, MessageState):
        raise InvalidField("state", f"must be one of {' '.join(MessageState)}")
    sender = arguments["sender"]
    query = Query(
        sender=contacts.resolve(sender, sender=me).id if sender else None, states=(state,)
    )
    found = post.messages.list_inbox(me, query)
    messages = list(found[: arguments["limit"]])
    data = {
        "actor": me,
        "messages": [message_head(message, contacts) for message in messages],
        "unread": len(post.messages.find_unread(me)),
        "left_out": len(found) - len(messages),
    }
    return cut(data, "messages")


def send(post: Post, arguments: dict[str, Any]) -> dict[str, Any]:
    """Write to somebody."""
    from orgpost.message_store import Letter

    reply_to = arguments["reply_to"]
    sent = post.messages.send(
        Letter(
            sender=post.me,
            to=arguments["to"],
            body=arguments["text"],
            subject=arguments["subject"],
            reply_to=post.messages.resolve(reply_to, post.me) if reply_to else None,
            priority=arguments["priority"],
            expects=arguments["expects"],
            id=arguments["id"] or None,
        )
    )
    message = sent.message
    return {
        "id": message.id,
        "to": message.to,
        "stored": message.stored,
        "duplicate": sent.duplicate,
        "recipient_last_seen": utc_or_none(post.messages.last_seen(message.to)),
    }


def mark(post: Post, arguments: dict[str, Any]) -> dict[str, Any]:
    """Change the state of messages."""
    if not arguments["ids"]:
        raise Usage("mark needs ids", hint="ids, or parts of them, as inbox gives them")
    post.contacts.load().must_be_good()
    ids = [post.messages.resolve(part, post.me) for part in arguments["ids"]]
    marked = post.messages.mark(ids, arguments["state"])
    return {"marked": [each._asdict() for each in marked]}
