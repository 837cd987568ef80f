"""The mail that follows what became of a task: one answer at its end, one word when it is refused.

Services change files and send no mail. Each door that ends a task (the command line, a hook, a
worker) asks here afterwards. An answer's id follows from task and token: whoever sends it, and
however often, it is stored once.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from orgpost.errors import Conflict, WrongState
from orgpost.message import answer_subject
from orgpost.refusals import CancelRequested, LeaseLost
from orgpost.states import TaskState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from orgpost.contact import Contacts
    from orgpost.message_store import About, Letter, MessageStore, Sent
    from orgpost.store.page import Store
    from orgpost.task import Task

_TAIL: Final = r"[a-z0-9][a-z0-9._-]{0,90}"
_ROOM_FOR_WORDS: Final = 200


class Answering:
    """Writes to the senders of tasks."""

    def __init__(
        self,
        messages: MessageStore,
        store: Store,
        contacts: Callable[[], Contacts],
        *,
        max_body_bytes: int,
    ) -> None:
        self._messages, self._store, self._contacts = messages, store, contacts
        self._max_body_bytes = max_body_bytes

    def answer(self, task: Task) -> Sent | None:
        """Send the one answer of a task that is DONE or DEAD; None where there is none to send."""
        if not self.wants_answer(task):
            return None
        letter = self.answer_to(task, task.token, self._words(task))
        try:
            return self._messages.send(letter)
        except Conflict:
            # Somebody answered for this claim in other words: one answer is enough.
            return None

    def wants_answer(self, task: Task) -> bool:
        """Ask whether a task came to an end of which its sender is to be told."""
        is_over = task.state_before in {TaskState.DONE, TaskState.DEAD}
        return is_over and task.expects != "none" and self._can_read(task)

    def answer_to(self, task: Task, token: int, body: str, *, status: str = "") -> Letter:
        """Make the answer of a claim, in these words; `status` where the task is not there yet."""
        from orgpost.message_store import Letter

        about = about_task(task)._replace(status=status or task.state_before.lower())
        return Letter(
            id=f"msg-result-{_tail(task.id)}-{token}",
            kind="result",
            sender=task.agent,
            to=task.sender,
            subject=answer_subject(task.title),
            body=body,
            about=about,
        )

    def refuse(self, task: Task, by: str) -> Sent | None:
        """Tell the sender of a rejected task why; None where there is nobody to tell."""
        from orgpost.message_store import Letter

        if task.sender == by or not self._can_read(task):
            return None
        letter = Letter(
            id=f"msg-refusal-{_tail(task.id)}",
            kind="refusal",
            sender=by,
            to=task.sender,
            subject=answer_subject(task.title),
            body=f"{task.rejection_reason}\n",
            about=about_task(task),
        )
        try:
            return self._messages.send(letter)
        except Conflict:
            return None

    @contextmanager
    def keeping(self, id: str, what: str, text: str) -> Iterator[None]:
        """Keep a text that comes with a refused call, and name its file in the refusal's hint."""
        try:
            yield
        except (LeaseLost, CancelRequested, WrongState) as error:
            if text:
                data = text.encode("utf-8", "surrogatepass")
                name = self._store.quarantine(f"{what}s/{id}", "refused", data, task=id)
                kept = f"the {what} is kept in .orgpost/quarantine/{name}/bytes"
                error.hint = f"{error.hint}; {kept}" if error.hint else kept
            raise

    def _can_read(self, task: Task) -> bool:
        return task.sender != task.agent and self._contacts().get(task.sender) is not None

    def _words(self, task: Task) -> str:
        if task.state_before == TaskState.DEAD:
            error = task.errors[-1] if task.errors else "The lease ran out."
            tries = f"Given up after {task.attempt} of {task.max_attempts} attempts."
            return f"{self._cut(error, task)}\n\n{tries}\n"
        if task.result:
            return self._cut(task.result, task)
        return f"The result is in {task.result_path}.\n" if task.result_path else "Done.\n"

    def _cut(self, text: str, task: Task) -> str:
        """Give as much of a text as a message may hold; the whole one stands in the task."""
        data = text.encode("utf-8", "surrogatepass")
        room = self._max_body_bytes - _ROOM_FOR_WORDS
        if len(data) <= room:
            return text
        kept = data[:room].decode("utf-8", "ignore")
        return f"{kept}\n\nThe rest: orgpost task show {task.id} --full\n"


def about_task(task: Task) -> About:
    """Say of a letter that it is about this task."""
    from orgpost.message_store import About

    return About(task.id, task.thread, (*task.via, task.sender))


def _tail(id: str) -> str:
    """Give what makes a task's id its own, as far as it can stand in a message's id."""
    tail = id.partition("-")[2]
    if re.fullmatch(_TAIL, tail):
        return tail
    from hashlib import sha256

    return sha256(id.encode("utf-8", "surrogatepass")).hexdigest()[:32]
