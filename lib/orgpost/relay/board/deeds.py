"""What the forms do: each is a verb of the command line, with the same rights and refusals."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from orgpost.errors import InvalidField, NotPermitted, OrgpostError, UnknownActor
from orgpost.message_store import Letter
from orgpost.org.quote import one_line
from orgpost.relay.board.mail import Form, readable
from orgpost.relay.board.rights import Rights
from orgpost.relay.board.work import visible
from orgpost.states import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orgpost.agent_inbox import AgentInbox
    from orgpost.post import Post
    from orgpost.task import Task

ARCHIVE: Final = frozenset({"archive", "archived"})
SAID: Final[Mapping[str, str]] = {
    "sent": "Sent.",
    "marked": "Marked.",
    "archived": "Archived.",
    "approve": "Approved: it is in the queue.",
    "reject": "Rejected: its sender was told.",
    "cancel": "Cancelled.",
    "asked": "Its holder was asked to stop.",
    "retry": "Queued again, with all attempts.",
}


def letter_of(fields: Mapping[str, str]) -> Form:
    """Give what was written, as the form shows it again where it is refused."""
    return Form(
        id=fields.get("id", ""),
        to=fields.get("to", "").strip(),
        subject=fields.get("subject", ""),
        body=fields.get("body", ""),
        reply_to=fields.get("reply_to", ""),
    )


def send(post: Post, form: Form) -> str:
    """Send what was written, once however often; gives the id of the message."""
    letter = Letter(
        sender=post.me,
        to=form.to,
        subject=form.subject,
        body=form.body,
        reply_to=form.reply_to or None,
        id=form.id or None,
    )
    try:
        if form.reply_to:
            readable(post, form.reply_to)
            return post.messages.reply(letter).sent.message.id
        return post.messages.send(letter).message.id
    except UnknownActor as unknown:
        raise InvalidField("to", str(unknown), hint=unknown.hint) from None


def mark(post: Post, fields: Mapping[str, str]) -> str:
    """Bring a message to a state; gives the word for what was done."""
    id, state = fields.get("id", ""), fields.get("state", "")
    message = readable(post, id)
    if not Rights(post.me, post.contacts.load()).may_mark(message):
        raise NotPermitted(f"mark {id}", f"it stands in the inbox of {message.to}")
    if state.lower() in ARCHIVE:
        post.messages.archive(id)
        return "archived"
    post.messages.mark(id, state)
    return "marked"


def decide(post: Post, id: str, word: str, reason: str) -> str:
    """Decide on a task; gives the word for what was done."""
    event = Event(word)
    found, one, _ = visible(post, id)
    if found.source.folder != "agents":
        raise NotPermitted(word, f"{id} is in the tray {found.source.name}, which is no agent's")
    inbox = post.inbox(one.agent)
    inbox.check(event, id)
    task = _DECIDE[event](inbox, id, one_line("reason", reason))
    if event is Event.REJECT:
        with suppress(OrgpostError):  # the task is rejected, whoever could not be told
            post.answering.refuse(task, post.me)
    return "asked" if task.cancel_requested and event is Event.CANCEL else word


_DECIDE: Final[Mapping[Event, Callable[[AgentInbox, str, str], Task]]] = {
    Event.APPROVE: lambda inbox, id, _: inbox.approve(id),
    Event.REJECT: lambda inbox, id, reason: inbox.reject(id, reason),
    Event.CANCEL: lambda inbox, id, reason: inbox.cancel(id, reason),
    Event.RETRY: lambda inbox, id, _: inbox.retry(id),
}
