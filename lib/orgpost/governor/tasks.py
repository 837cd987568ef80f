"""What the governor asks of the task inboxes; they do not know each other, `post` brings them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from orgpost.budget import TaskFact


class Tasks(Protocol):
    """All tasks of a space, archives included."""

    def find(self, ids: Iterable[str]) -> Mapping[str, TaskFact | None]:
        """Give those of these tasks that are there; None is one that is still to be done."""

    def open_tasks(self) -> Iterable[TaskFact]:
        """Give all tasks that are still to be done, those that wait for approval too."""

    def ended_since(self, moment: datetime) -> Iterable[TaskFact]:
        """Give the tasks that came to their end since then."""


class NoTasks:
    """The tasks of a space that has none: nothing can be said of any."""

    def find(self, ids: Iterable[str]) -> Mapping[str, TaskFact]:  # noqa: ARG002  nothing is there
        """Give nothing."""
        return {}

    def open_tasks(self) -> Iterable[TaskFact]:
        """Give nothing."""
        return ()

    def ended_since(self, moment: datetime) -> Iterable[TaskFact]:  # noqa: ARG002  nothing was
        """Give nothing."""
        return ()
