"""Who may see and decide what on the board. Pure; the rules are those of the command line's words.

An actor sees its own boxes, those of its agents, and what it sent; of everything else the board
says no more than that it is not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.agent_inbox.rights import is_owner, is_worker, may_queue_again
from orgpost.errors import WrongState
from orgpost.states import Event, MessageState, TaskState, has_move, move

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orgpost.contact import Contacts
    from orgpost.message import Message
    from orgpost.task import Task

DECISIONS: Final = (Event.APPROVE, Event.REJECT, Event.CANCEL, Event.RETRY)
_OWNERS: Final = frozenset({Event.APPROVE, Event.REJECT})
_MARKS: Final = (
    MessageState.READ,
    MessageState.TODO,
    MessageState.DONE,
    MessageState.UNREAD,
    MessageState.ARCHIVED,
)


class Rights(NamedTuple):
    """What one actor may, by the contacts as they are now."""

    me: str
    contacts: Contacts

    def inboxes(self) -> list[str]:
        """Give whose mail may be read and marked: the own, and that of the own agents."""
        return [self.me, *(actor.id for actor in self.contacts.agents_of(self.me))]

    def agents(self) -> list[str]:
        """Give whose tasks may be looked after: the own agents first, then those of others."""
        own = [actor.id for actor in self.contacts.agents_of(self.me)]
        others = [
            actor.id
            for actor in self.contacts.actors
            if actor.kind != "person" and is_owner(self.contacts, self.me, actor.id)
        ]
        me = self.contacts.get(self.me)
        mine = [self.me] if me is not None and me.kind != "person" else []
        return list(dict.fromkeys([*mine, *own, *others]))

    def decides(self) -> list[str]:
        """Give whose tasks wait for the word of this actor."""
        return [name for name in self.agents() if is_owner(self.contacts, self.me, name)]

    def may_read(self, message: Message) -> bool:
        """Ask whether a message may be seen."""
        return message.sender == self.me or self.may_mark(message)

    def may_mark(self, message: Message) -> bool:
        """Ask whether the state of a message may be changed: it stands in a box of the own."""
        return message.to in self.inboxes()

    def may_see(self, task: Task, folder: str) -> bool:
        """Ask whether a task may be seen; `folder` says whether it is an agent's or a tray's."""
        if task.sender == self.me:
            return True
        return folder == "agents" and is_worker(self.contacts, self.me, task.agent)

    def moves(self, message: Message) -> Iterator[MessageState]:
        """Give the states that a message may be brought to."""
        if not self.may_mark(message) or message.archived:
            return
        for state in _MARKS:
            if state != message.state and _is_way(message.state, state):
                yield state

    def decisions(self, task: Task, folder: str) -> Iterator[Event]:
        """Give what may be decided on a task now."""
        is_theirs = is_owner(self.contacts, self.me, task.agent)
        if folder != "agents" or task.archived or task.cancel_requested:
            return
        for event in DECISIONS:
            may = is_theirs or (event not in _OWNERS and task.sender == self.me)
            if event == Event.RETRY:
                may = may and may_queue_again(self.contacts, self.me, task)
            if may and has_move(task.state, event):
                yield event


def _is_way(state: str, to: MessageState) -> bool:
    try:
        move(state, to)
    except WrongState:
        return False
    return True


# The order in which a person reads them: what asks for a word comes first.
COLUMNS: Final = (
    TaskState.WAITING,
    TaskState.QUEUED,
    TaskState.WORKING,
    TaskState.DONE,
    TaskState.FAILED,
    TaskState.DEAD,
    TaskState.REJECTED,
    TaskState.CANCELLED,
)
