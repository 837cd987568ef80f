"""Who may spend what: every task that costs something is judged, reserved, settled or released.

One rule: whoever judges holds the ledger's lock until what was judged is written down. What an
owner asks for without an estimate costs nothing, and nobody looks at the ledger for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from orgpost.budget import Ask, TaskFact, Unneeded, Verdict, mending, row, work
from orgpost.budget.decision import OWNER
from orgpost.budget.row import Row
from orgpost.budget.verdict import CREATE, RENEW
from orgpost.errors import DiskFailed, Failed, InvalidField, OrgpostError
from orgpost.governor.accounts import Accounts
from orgpost.governor.gate import Entry, Gate
from orgpost.governor.ledger import FOLDER, Ledger
from orgpost.governor.standing import charged
from orgpost.governor.tasks import NoTasks, Tasks
from orgpost.refusals import REFUSALS

if TYPE_CHECKING:
    from collections.abc import Callable

    from orgpost.budget import Limits
    from orgpost.clock import Clock
    from orgpost.contact import Contacts
    from orgpost.governor.ledger import Leaf
    from orgpost.governor.mail import Mail
    from orgpost.store import FileStore
    from orgpost.store.rows import Alone

__all__ = ["Governor", "NoTasks", "TaskGovernor", "Tasks", "must_be_allowed"]

T = TypeVar("T")
# A task that repeats is to be done again at its next date, and what it may cost is promised anew.
_BEGUN_AGAIN: Final = frozenset({"QUEUED", "WAITING"})


def _nobody() -> tuple[int, int]:
    return 0, 0


class Governor:
    """The governor of one space."""

    def __init__(
        self,
        store: FileStore,
        clock: Clock,
        contacts: Callable[[], Contacts],
        limits: Limits,
        tasks: Tasks | None = None,
        mail: Mail | None = None,
    ) -> None:
        self._store, self._clock, self._contacts = store, clock, contacts
        self._limits, self._mail = limits, mail
        self._ledger = Ledger(store)
        self._tasks = tasks or NoTasks()
        self._gate = self._gate_of(self._ledger)
        self.accounts = Accounts(store, clock, contacts, limits)

    # -- letting work in -----------------------------------------------------------------------

    def admit(
        self,
        ask: Ask,
        put: Callable[[Verdict], T],
        depth: Callable[[], tuple[int, int]] = _nobody,
    ) -> T:
        """Judge an ask; where the answer is yes, reserve, and give what `put` makes of it.

        `put` writes the task while nobody else is let in, or raises `Unneeded`; `depth` counts the
        agent's tasks that are queued or worked on, and those that wait. A no is written down and
        raised as the error of its code; where `put` fails, nothing stays reserved.
        """
        verdict = self._gate.plain(ask)
        if verdict is not None:
            return _put(put, verdict)

        def enter(alone: Alone) -> T:
            entry = self._gate.enter(alone, ask, depth)
            must_be_allowed(entry.verdict)
            return self._made(entry, put)

        return self._alone(enter)

    def check_task(
        self,
        actor_id: str,
        *,
        estimated_tokens: int = 0,
        effort: int = 1,
        agent: str | None = None,
        content_hash: str | None = None,
    ) -> Verdict:
        """Say what would become of a task now; nothing is written."""
        ask = _asked(actor_id, estimated_tokens, effort, agent, content_hash)
        return self._gate_of(Ledger(self._store)).look(ask)

    def check_message(self, from_actor: str, to_actor: str, size: int) -> Verdict:
        """Say what would become of a message of that size now; nothing is written."""
        if self._mail is None:
            raise Failed("this governor knows of no mail", hint="ask Post.governor")
        tier, refusal = self._mail.judge(from_actor, to_actor, size)
        sender = self._contacts().resolve(from_actor).id
        if refusal is None:
            return Verdict(allowed=True, tier=tier, charged_to=sender)
        code, reason, seconds = refusal
        return Verdict(
            allowed=False,
            code=code,
            reason=reason,
            retry_after_seconds=seconds,
            tier=tier,
            charged_to=sender,
        )

    def submit_task(
        self,
        actor_id: str,
        *,
        estimated_tokens: int = 0,
        effort: int = 1,
        agent: str | None = None,
        content_hash: str | None = None,
        task_id: str | None = None,
    ) -> Verdict:
        """Judge and reserve in one step; a no is an answer too. Without an id, one is made."""
        ask = _asked(actor_id, estimated_tokens, effort, agent, content_hash)
        ask = ask._replace(task_id=task_id or self._clock.new_id("task"))
        plain = self._gate.plain(ask)
        if plain is not None:
            return plain
        return self._alone(lambda alone: self._gate.enter(alone, ask, _nobody).verdict)

    def more(self, fact: TaskFact, tokens: int) -> Verdict:
        """Let a claim go on that has used so many tokens by now; the difference is reserved."""
        ask = Ask(RENEW, fact.sender, fact.agent, fact.id, fact.via, tokens=tokens, tier=fact.tier)

        def enter(alone: Alone) -> Verdict:
            entry = self._gate.enter(alone, ask, _nobody)
            must_be_allowed(entry.verdict)
            return entry.verdict

        return self._alone(enter)

    # -- the end of a task ---------------------------------------------------------------------

    def settle(self, fact: TaskFact, tokens: int | None = None) -> None:
        """Write down what a task really used: without a number, all that was reserved for it."""
        if fact.tier != OWNER or fact.estimated_tokens or tokens:
            self._alone(lambda alone: self._settle(alone, fact, tokens))

    def release(self, task: TaskFact | str, *, rejected: str = "") -> None:
        """Give back what is open; `rejected` is the hash of work that the owner does not want."""
        plain = isinstance(task, TaskFact) and task.tier == OWNER and not task.estimated_tokens
        if not plain or rejected:
            self._alone(lambda alone: self._release(alone, task, rejected))

    def record_usage(self, actor_id: str, tokens: int, *, task_id: str | None = None) -> None:
        """Write down what was used outside of any reservation; on return it is synced."""
        if type(tokens) is not int or tokens < 0:
            raise InvalidField("tokens", f"{tokens!r} is no whole number of tokens")
        contacts = self._contacts()
        payer, tier = charged(actor_id, (), contacts), contacts.tier(actor_id)
        note, task = mending.said_for(actor_id, payer, ""), task_id or row.NOTHING

        def spend(alone: Alone) -> None:
            leaf = self._ledger.open(self._clock.now(), alone, tolerant=True)
            spent = Row(leaf.time, row.SPEND, payer, row.NOTHING, task, tokens, tier, note)
            leaf.write(spent, synced=True)

        self._alone(spend)

    # -- what is known -------------------------------------------------------------------------

    def get_usage(self, actor_id: str) -> dict[str, int | None]:
        """Say what an actor has used today, and what is left."""
        return self.accounts.usage(actor_id)

    def daily_summary(self, day: str | None = None) -> dict[str, Any]:
        """Say what all have used on a day."""
        return self.accounts.summary(day)

    def _gate_of(self, ledger: Ledger) -> Gate:
        return Gate(ledger, self._clock, self._contacts, self._limits, self._tasks)

    # -- behind the lock -----------------------------------------------------------------------

    def _alone(self, work: Callable[[Alone], T]) -> T:
        return self._store.rows.alone(FOLDER, work)

    def _made(self, entry: Entry, put: Callable[[Verdict], T]) -> T:
        try:
            return put(entry.verdict)
        except Unneeded as there:
            self._gate.undo(entry)
            return there.result  # type: ignore[return-value]  # what put gives in its place
        except OrgpostError as error:
            # After a failed sync nobody knows whether the task is there: better too much reserved.
            if not isinstance(error, DiskFailed):
                self._gate.undo(entry)
            raise

    def _settle(self, alone: Alone, fact: TaskFact, tokens: int | None) -> None:
        leaf = self._ledger.open(self._clock.now(), alone, tolerant=True)
        left = leaf.books.open.get(fact.id)
        if left is not None:
            note = row.OVER if tokens is not None and tokens > left.tokens else ""
            leaf.write(mending.of_open(row.SETTLE, fact.id, left, leaf.time, tokens, note))
        elif not self._is_settled(leaf, alone, fact):
            used = self._limits.ask_of(fact.estimated_tokens, fact.tier)
            used = used if tokens is None else tokens
            payer = charged(fact.sender, fact.via, self._contacts())
            leaf.write(mending.of_task(fact, row.SETTLE, payer, leaf.time, used))
        if fact.state in _BEGUN_AGAIN:
            leaf.write(*self._gate.promised(leaf, fact))

    def _is_settled(self, leaf: Leaf, alone: Alone, fact: TaskFact) -> bool:
        """Ask whether somebody else, who found it done, was faster; perhaps before midnight."""
        days = [day for day in self._ledger.days() if day < leaf.account.day][-1:]
        books = [leaf.books, *(self._ledger.account(day, alone).books for day in days)]
        return any(each.has_settled(fact.id, fact.started) for each in books)

    def _release(self, alone: Alone, task: TaskFact | str, rejected: str) -> None:
        leaf = self._ledger.open(self._clock.now(), alone, tolerant=True)
        id = task if isinstance(task, str) else task.id
        left, note = leaf.books.open.get(id), work.told(work.REJECTED, rejected) if rejected else ""
        if left is not None:
            leaf.write(mending.of_open(row.RELEASE, id, left, leaf.time, note=note))
        elif isinstance(task, TaskFact) and rejected:
            payer = charged(task.sender, task.via, self._contacts())
            leaf.write(mending.of_task(task, row.RELEASE, payer, leaf.time, 0, note))


TaskGovernor = Governor


def _asked(
    actor: str, tokens: int, effort: int, agent: str | None, content_hash: str | None
) -> Ask:
    for field, value in (("tokens", tokens), ("effort", effort)):
        if type(value) is not int or value < 0:
            raise InvalidField(field, f"{value!r} is no whole number from 0 on")
    return Ask(
        CREATE,
        actor,
        agent or "",
        "",
        tokens=tokens,
        effort=effort,
        content_hash=content_hash or "",
    )


def must_be_allowed(verdict: Verdict) -> None:
    """Raise the error of a no, with the whole verdict in it."""
    if not verdict.allowed:
        kind = REFUSALS[verdict.code]
        raise kind(verdict.reason, verdict.retry_after_seconds, verdict=verdict.to_dict())


def _put(put: Callable[[Verdict], T], verdict: Verdict) -> T:
    try:
        return put(verdict)
    except Unneeded as there:
        return there.result  # type: ignore[return-value]  # what put gives in its place
