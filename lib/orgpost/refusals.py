"""What a task's life and the governor refuse; the branch of `orgpost.errors` for tasks.

The governor's refusals, all of them a `Refused`, carry the whole verdict in ``details``:

    OrgpostError
    ├──  2  NotAnAgent, NotATask (also a WrongKind)
    ├──  3  UnknownTask (also an UnknownId)
    ├──  4  WrongTaskState (also a WrongState), LeaseLost, CancelRequested, Cycle
    ├──  5  AlreadyRefused, EffortExceeded, TaskTooLarge, BudgetExceeded, SenderLimitExceeded
    ├──  5  GlobalBudgetExceeded, RateLimited, QueueFull, TooManyHops, Loop, Timeout
    ├──  6  NotAccepted, NotYours (also a NotPermitted)
    └── 65  LedgerCorrupt
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from orgpost.errors import NotPermitted, OrgpostError, UnknownId, WrongKind, WrongState, fact

if TYPE_CHECKING:
    from collections.abc import Mapping


class NotAnAgent(OrgpostError, exit_code=2):
    """Only agents and helpers have tasks."""

    sentence = "{name} is a person, and has no tasks"
    name: str

    def advise(self) -> str:
        """Name what people can be given."""
        return f"orgpost send {self.name}"


class NotATask(WrongKind, exit_code=2):
    """The id of something else, where a task's was asked for."""

    code = "wrong_kind"
    sentence = "{event}: {id} is a {found}, not a task"
    advice = "orgpost show {id}"
    event: str = ""


class UnknownTask(UnknownId, exit_code=3):
    """No task has that id."""

    code = "unknown_id"
    sentence = "{event}: no task {id}"
    advice = "orgpost task list --all lists ids"
    event: str


class WrongTaskState(WrongState, exit_code=4):
    """A move that the state table does not have; of a finished task, whether this claim did it."""

    code = "wrong_state"
    advice = "orgpost task show {id}"
    by_this_token: bool | None = None


class LeaseLost(OrgpostError, exit_code=4):
    """A claim that holds no longer: it can change nothing any more."""

    sentence = "{event}: {why}"
    advice = "claim it again: orgpost task claim --id {id}"
    event: str
    id: str
    why: str


class CancelRequested(OrgpostError, exit_code=4):
    """The task was cancelled while it was worked on: stop."""

    sentence = "{event}: {id} was cancelled by {by}: {reason}"
    advice = "stop working on it; there is nothing left to give back"
    event: str
    id: str
    by: str
    reason: str


class Cycle(OrgpostError, exit_code=4):
    """Tasks that would wait for each other for ever."""

    sentence = "{event}: dependency cycle: {way}"
    advice = "leave one of these dependencies out"
    event: str
    way: str


class Refused(OrgpostError, exit_code=5):
    """The governor said no; `verdict` is all that it said."""

    sentence = "{reason}"
    advice = "orgpost budget show tells the limits"
    reason: str
    retry_after_seconds: int | None = None
    verdict: Mapping[str, Any] = fact(default={}, kw_only=True)

    def lines(self) -> list[str]:
        """Say in one line that it was refused, why, and when to try again."""
        when = "" if self.retry_after_seconds is None else f"; {self.advise()}"
        return [f"refused: {self}{when}"]

    def advise(self) -> str:
        """Say when to try again, or what else to do."""
        if self.retry_after_seconds is None:
            return self.advice
        return f"try again in {spoken_seconds(self.retry_after_seconds)}"


class AlreadyRefused(Refused, exit_code=5):
    """The same work was refused before, under another name."""


class EffortExceeded(Refused, exit_code=5):
    """More effort than the sender's tier may ask for."""

    advice = "ask for less, or let an owner ask for it"


class TaskTooLarge(Refused, exit_code=5):
    """More tokens than one task may cost."""

    advice = "make several tasks of it; messaging.compute.per_task_max_tokens is the limit"


class BudgetExceeded(Refused, exit_code=5):
    """The sender's tier has no tokens left today."""


class SenderLimitExceeded(Refused, exit_code=5):
    """The sender has no tokens left today."""


class GlobalBudgetExceeded(Refused, exit_code=5):
    """The space has no tokens left today."""


class RateLimited(Refused, exit_code=5):
    """Too many in too short a time."""


class QueueFull(Refused, exit_code=5):
    """Too many tasks wait already."""

    advice = "try again when some are done; orgpost task list shows them"


class TooManyHops(Refused, exit_code=5):
    """A chain of actors that is too long."""

    advice = "let a person send it, who answers for it"


class Loop(Refused, exit_code=5):
    """A chain, or a thread, that runs in a circle."""

    advice = "let a person send it, who answers for it"


class Timeout(Refused, exit_code=5):
    """The task has had all the time that a task may have."""

    sentence = "{event}: {reason}"
    advice = "give it back with what there is, or fail it: orgpost task release, orgpost task fail"
    event: str = ""

    def lines(self) -> list[str]:
        """Say it in the words of every other loss of a lease."""
        return [str(self)]

    def advise(self) -> str:
        """Say what is left to do."""
        return self.advice


class NotAccepted(Refused, exit_code=6):
    """The sender, or somebody behind it, is not on the agent's list."""

    advice = "ask the agent's owner, who keeps messaging.whitelists"

    def lines(self) -> list[str]:
        """Say it without a prefix: the reason begins with these words."""
        return [str(self)]


class NotYours(NotPermitted, exit_code=6):
    """Somebody else decides on this task, or works on it."""

    code = "not_permitted"
    sentence = "{what}: {why}"
    advice = "ask one of them"


class LedgerCorrupt(OrgpostError, exit_code=65):
    """A row of the ledger cannot be read: nobody knows what was spent, and nothing is let in."""

    sentence = "Ledger unreadable: {file} line {line}: {what}"
    advice = "look at that line, then orgpost doctor --fix"
    file: str
    line: int
    what: str


REFUSALS: Final[Mapping[str, type[Refused]]] = {
    kind.code: kind
    for kind in (
        *(AlreadyRefused, EffortExceeded, TaskTooLarge, BudgetExceeded, SenderLimitExceeded),
        *(GlobalBudgetExceeded, RateLimited, QueueFull, TooManyHops, Loop, NotAccepted),
    )
}

_MINUTE: Final = 60


def spoken_seconds(seconds: int) -> str:
    """Say a time as people do: ``5 h 12 min``."""
    if seconds < _MINUTE:
        return f"{seconds} s"
    hours, minutes = divmod(-(-seconds // _MINUTE), _MINUTE)
    return " ".join([*([f"{hours} h"] if hours else []), *([f"{minutes} min"] if minutes else [])])
