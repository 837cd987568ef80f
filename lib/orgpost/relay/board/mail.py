"""The pages about mail: from a post and what was asked for to what a template shows.

Looking changes nothing, so that a page can be asked for as often as somebody likes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.errors import OrgpostError, UnknownId
from orgpost.message import POST_OFFICE, answer_subject
from orgpost.message_store import Query, Search
from orgpost.names import fault_of_handle, fault_of_name
from orgpost.relay.board.looks import PAGE, Choice, Pages, When, number, pages, when
from orgpost.relay.board.rights import Rights
from orgpost.relay.board.text import address, plain
from orgpost.states import MessageState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from orgpost.message import Message
    from orgpost.post import Post

_ANY: Final = "all"
STATES: Final = ("unread", "todo", "read", "done", _ANY)
_LABELS: Final = {
    "unread": "Unread",
    "todo": "To do",
    "read": "Read",
    "done": "Done",
    _ANY: "All",
}
_MOVES: Final = {
    MessageState.READ: ("read", "Mark read"),
    MessageState.TODO: ("todo", "To do"),
    MessageState.DONE: ("done", "Done"),
    MessageState.UNREAD: ("unread", "Unread"),
    MessageState.ARCHIVED: ("archived", "Archive"),
}
_NOBODY_ANSWERS: Final = frozenset({POST_OFFICE, "import"})


class Move(NamedTuple):
    """A state that a message can be brought to by one press."""

    word: str
    label: str


class Attached(NamedTuple):
    """A file that came with a message."""

    name: str
    size: str
    status: str


class Letter(NamedTuple):
    """A message as the pages show it."""

    id: str
    href: Markup
    state: str
    sender: str
    tier: str
    to: str
    subject: str
    body: str
    at: When | None
    priority: str
    tags: Sequence[str]
    notes: Sequence[str]
    files: Sequence[Attached]
    moves: Sequence[Move]
    answer: Markup | None


class Inbox(NamedTuple):
    """A page of a box."""

    of: str
    me: str
    state: str
    letters: Sequence[Letter]
    boxes: Sequence[Choice]
    states: Sequence[Choice]
    pages: Pages
    here: str


class Thread(NamedTuple):
    """A conversation, and the form that answers it."""

    id: str
    href: Markup
    subject: str
    letters: Sequence[Letter]
    pages: Pages
    form: Form | None


class Form(NamedTuple):
    """A letter that is being written; `id` makes pressing the button twice harmless."""

    id: str
    to: str = ""
    subject: str = ""
    body: str = ""
    reply_to: str = ""
    answers: str = ""


def unread(post: Post) -> int:
    """Count what is unread of whoever acts."""
    return len(post.messages.find_unread(post.me))


def inbox(post: Post, of: str, state: str, page: int) -> Inbox:
    """Show one page of a box that may be read; `UnknownId` of any other."""
    rights = Rights(post.me, post.contacts.load())
    of = of or post.me
    if of not in rights.inboxes() or state not in STATES:
        raise UnknownId(of if state in STATES else state)
    lists = {each: post.messages.list_inbox(of, _query(each)) for each in STATES}
    found = lists[state]
    here = f"/inbox?of={of}&state={state}"
    begin = (page - 1) * PAGE
    return Inbox(
        of=of,
        me=post.me,
        state=state,
        letters=[letter(each, post, rights) for each in found[begin : begin + PAGE]],
        boxes=_boxes(post, rights, of),
        states=[
            Choice(f"/inbox?of={of}&state={each}", _LABELS[each], len(lists[each]), each == state)
            for each in STATES
        ],
        pages=pages(f"{here}&", page, len(found)),
        here=here if page == 1 else f"{here}&page={page}",
    )


def sent(post: Post, page: int) -> Inbox:
    """Show one page of what whoever acts has sent, archives included."""
    rights = Rights(post.me, post.contacts.load())
    asked = Search(sender=post.me, scope="mine")
    hits = post.messages.search(post.me, asked, limit=page * PAGE)
    letters = [letter(each, post, rights) for each in hits.messages[(page - 1) * PAGE :]]
    return Inbox(
        of="",
        me=post.me,
        state="",
        letters=letters,
        boxes=_boxes(post, rights, ""),
        states=(),
        pages=pages("/sent?", page, hits.total),
        here="/sent" if page == 1 else f"/sent?page={page}",
    )


def thread(post: Post, id: str, page: int | None) -> Thread:
    """Show a conversation, the end of it first where it is long, as far as it may be read."""
    rights = Rights(post.me, post.contacts.load())
    found = post.messages.thread(id)
    seen = [each for each in found.messages if rights.may_read(each)]
    if not seen:
        raise UnknownId(id)
    last_page = -(-len(seen) // PAGE)
    page = last_page if page is None else page
    # One answers what somebody else wrote; where nobody did, what oneself wrote goes on.
    answerable = [each for each in seen if each.sender not in _NOBODY_ANSWERS]
    others = [each for each in answerable if each.sender != post.me]
    answered = (others or answerable)[-1:]
    href = address("/thread/", found.id)
    here = seen[(page - 1) * PAGE : page * PAGE]
    return Thread(
        id=found.id,
        href=href,
        subject=seen[0].subject,
        letters=[letter(each, post, rights) for each in here],
        pages=pages(f"{href}?", page, len(seen)),
        form=reply_form(post, answered[0].id) if answered else None,
    )


def compose(post: Post, to: str, reply_to: str) -> Form:
    """Begin a letter; one that answers needs what it answers."""
    if reply_to:
        return reply_form(post, reply_to)
    return Form(id=post.clock.new_id("msg"), to=to if _may_be_name(to) else "")


def reply_form(post: Post, id: str) -> Form:
    """Begin an answer to a message that may be read."""
    parent = readable(post, id)
    to = parent.to if parent.sender == post.me else parent.sender
    subject = answer_subject(parent.subject)
    return Form(
        id=post.clock.new_id("msg"),
        to=to if _may_be_name(to) and to not in _NOBODY_ANSWERS else "",
        # What cannot be seen is not put into a field; left empty, it is the same subject.
        subject=subject if plain(subject) == subject else "",
        reply_to=parent.id,
        answers=parent.subject,
    )


def readable(post: Post, id: str) -> Message:
    """Find a message that may be read; of one that may not, say only that it is unknown."""
    message = post.messages.find_by_id(id)
    if not Rights(post.me, post.contacts.load()).may_read(message):
        raise UnknownId(id)
    return message


def correspondents(post: Post) -> list[str]:
    """Give whom one can write to."""
    return sorted(actor.id for actor in post.contacts.load().actors if actor.id != post.me)


def letter(message: Message, post: Post, rights: Rights) -> Letter:
    """Make of a message what the pages show of it."""
    href = address("/thread/", message.id)
    answerable = message.sender not in _NOBODY_ANSWERS and rights.may_read(message)
    return Letter(
        id=message.id,
        href=href,
        state=message.state,
        sender=message.sender,
        tier=rights.contacts.effective_tier(message.sender, message.via),
        to=message.to,
        subject=message.subject,
        body=message.body,
        at=when(message.created, post.clock),
        priority=message.priority,
        tags=message.tags,
        notes=list(_notes(message)),
        files=[_attached(file) for file in message.files],
        moves=[Move(*_MOVES[state]) for state in rights.moves(message)],
        answer=address("/compose?reply_to=", message.id) if answerable else None,
    )


def _may_be_name(words: str) -> bool:
    # Addresses and senders are others' words: what cannot be a name is not put into a field.
    return fault_of_name(words) is None or fault_of_handle(words) is None


def _notes(message: Message) -> list[str]:
    notes = []
    if message.expects != "none" and not message.is_silent:
        notes.append(f"expects {message.expects}")
    if message.stored == "waiting":
        notes.append("waits for an editor")
    if message.expired:
        notes.append("expired")
    if message.archived:
        notes.append("archived")
    if message.via:
        notes.append(f"on account of {', '.join(message.via)}")
    return notes


def _attached(file: object) -> Attached:
    facts = dict(file) if isinstance(file, dict) else {}
    size = facts.get("size")
    return Attached(
        str(facts.get("name", "?")),
        f"{number(size)} bytes" if isinstance(size, int) else "?",
        str(facts.get("status", "")),
    )


def _query(state: str) -> Query:
    return Query(states=() if state == _ANY else (state.upper(),), by_time=True)


def _boxes(post: Post, rights: Rights, of: str) -> list[Choice]:
    boxes = []
    for name in rights.inboxes():
        try:
            count = len(post.messages.find_unread(name))
        except OrgpostError:  # one file that cannot be read hides no other
            count = None
        label = "Mine" if name == post.me else name
        boxes.append(Choice(f"/inbox?of={name}", label, count, name == of))
    return [*boxes, Choice("/sent", "Sent", None, not of)]
