"""The pages about tasks: a column for each state, and one task with all that was said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.errors import UnknownId
from orgpost.frame import facts_of, local, parts_of
from orgpost.org.logbook import state_items
from orgpost.relay.board.looks import PAGE, Choice, Pages, When, number, pages, when
from orgpost.relay.board.rights import COLUMNS, Rights
from orgpost.relay.board.text import address
from orgpost.states import TaskState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markupsafe import Markup

    from orgpost.agent_inbox.shelf import Found
    from orgpost.frame import Part
    from orgpost.post import Post
    from orgpost.task import Task

IN_A_COLUMN: Final = 20
_ALWAYS: Final = frozenset(COLUMNS[:4])
_AWAITS: Final = {"owner-approval": "needs approval", "budget": "needs tokens"}


class Card(NamedTuple):
    """A task as the columns show it; `decisions` are the words of what may be decided on it."""

    id: str
    href: Markup
    state: str
    title: str
    sender: str
    tier: str
    agent: str
    effort: int
    tokens: str
    priority: str
    tags: Sequence[str]
    notes: Sequence[str]
    lease: str
    at: When | None
    decisions: Sequence[str]
    reason: str = ""


class Column(NamedTuple):
    """The tasks in one state, the first of them; `more` is where all are listed."""

    state: str
    cards: Sequence[Card]
    total: int
    more: str


class Tasks(NamedTuple):
    """The tasks of one agent; one state of them where one was asked for, a page at a time."""

    of: str
    state: str
    columns: Sequence[Column]
    agents: Sequence[Choice]
    pages: Pages | None


class Change(NamedTuple):
    """One line of a task's history."""

    to: str
    before: str
    at: str
    words: str


class Whole(NamedTuple):
    """A task with all that was said of it."""

    card: Card
    tier_now: str
    facts: Sequence[str]
    parts: Sequence[Part]
    history: Sequence[Change]
    thread: Markup | None


def waiting(post: Post) -> int:
    """Count what waits for the word of whoever acts."""
    rights = Rights(post.me, post.contacts.load())
    return sum(len(_in_states(post, name, {TaskState.WAITING})) for name in rights.decides())


def tasks(post: Post, of: str, state: str, page: int) -> Tasks:
    """Show the tasks of an agent that one looks after; `UnknownId` of any other."""
    rights = Rights(post.me, post.contacts.load())
    agents = rights.agents()
    of = of or (agents[0] if agents else "")
    if (of and of not in agents) or (state and state not in COLUMNS):
        raise UnknownId(of if state in COLUMNS else state)
    choices = [
        Choice(
            f"/tasks?of={name}",
            name,
            len(_in_states(post, name, {TaskState.WAITING})),
            name == of,
        )
        for name in agents
    ]
    if not of:
        return Tasks("", "", (), choices, None)
    if state:
        found = _in_states(post, of, {state})
        base = f"/tasks?of={of}&state={state}&"
        cards = [card(each, rights, post) for each in found[(page - 1) * PAGE : page * PAGE]]
        column = Column(state, cards, len(found), "")
        return Tasks(of, state, [column], choices, pages(base, page, len(found)))
    return Tasks(of, "", list(_columns(post, of, rights)), choices, None)


def task(post: Post, id: str) -> Whole:
    """Show one task with its history; of one that may not be seen, say only that it is unknown."""
    found, one, rights = visible(post, id)
    items = state_items(found.entry().logbook)
    return Whole(
        card=card(one, rights, post, found.source.folder),
        tier_now=rights.contacts.effective_tier(one.sender, one.via, toward=one.agent),
        # The first of them is the state, which stands above.
        facts=list(facts_of(one, post.clock))[1:],
        parts=list(parts_of(one)),
        history=[
            Change(item.to, item.before or "", item.stamp.strip("[]"), item.exact or item.words)
            for item in items
        ],
        thread=address("/thread/", one.thread) if _has_mail(post, one) else None,
    )


def _has_mail(post: Post, one: Task) -> bool:
    try:
        return bool(post.messages.find_thread(one.thread))
    except UnknownId:
        return False


def visible(post: Post, id: str) -> tuple[Found, Task, Rights]:
    """Find a task that may be seen, by its exact id."""
    rights = Rights(post.me, post.contacts.load())
    found = post.tasks.get(id)
    one = post.tasks.task(found)
    if not rights.may_see(one, found.source.folder):
        raise UnknownId(id)
    return found, one, rights


def card(one: Task, rights: Rights, post: Post, folder: str = "agents") -> Card:
    """Make of a task what the columns show of it."""
    return Card(
        id=one.id,
        href=address("/task/", one.id),
        state=one.state,
        title=one.title,
        sender=one.sender,
        tier=one.trust_tier,
        agent=one.agent,
        effort=one.effort,
        tokens=number(one.estimated_tokens) if one.estimated_tokens else "",
        priority=one.priority,
        tags=one.tags,
        notes=list(_notes(one, post)),
        lease=_lease(one, post),
        at=when(one.created, post.clock),
        decisions=[str(event) for event in rights.decisions(one, folder)],
        reason=one.rejection_reason or one.cancellation_reason or "",
    )


def _columns(post: Post, of: str, rights: Rights) -> Iterator[Column]:
    turns = post.inbox(of).in_turn(over=True)
    known = [str(state) for state in COLUMNS]
    # A person's own keyword is a state, too.
    others = sorted({row.state for row in turns.rows} - {*known, str(TaskState.ARCHIVED)})
    for state in [*known, *others]:
        found = turns.in_states(frozenset({state}))
        if not found and state not in _ALWAYS:
            continue
        more = f"/tasks?of={of}&state={state}" if len(found) > IN_A_COLUMN else ""
        cards = [card(each, rights, post) for each in found[:IN_A_COLUMN]]
        yield Column(state, cards, len(found), more if state in known else "")


def _in_states(post: Post, of: str, states: set[str]) -> Sequence[Task]:
    return post.inbox(of).in_turn(over=True).in_states(frozenset(states))


def _lease(one: Task, post: Post) -> str:
    if one.state != TaskState.WORKING or not one.holder:
        return ""
    until = local(one.lease_until, post.clock)
    words = f"lease ran out at {until}" if one.expired else f"until {until}"
    return f"{one.holder}, {words}"


def _notes(one: Task, post: Post) -> Iterator[str]:
    if one.awaiting:
        yield _AWAITS.get(one.awaiting, one.awaiting)
    if one.cancel_requested:
        yield "asked to stop"
    if one.blocked_by:
        yield f"waits for {', '.join(each['id'] for each in one.blocked_by)}"
    if one.not_before is not None and one.not_before > post.clock.now():
        yield f"not before {local(one.not_before, post.clock)}"
    if one.scheduled:
        yield f"scheduled {one.scheduled}"
    if one.deadline:
        yield f"deadline {one.deadline}"
    if one.stored == "waiting" or one.outcome == "waiting":
        yield "waits for an editor"
    if one.archived:
        yield "archived"
