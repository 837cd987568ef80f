"""The governor and real task inboxes together: what is promised holds for what stands in files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orgpost.agent_inbox import AgentInbox, TaskDesk, TaskLookup, TaskRules
from orgpost.agent_inbox.shelf import TaskShelf
from orgpost.clock import FakeClock
from orgpost.errors import Conflict, NotPermitted, WrongState
from orgpost.governor import Governor
from orgpost.governor.ledger import table_of
from orgpost.refusals import BudgetExceeded, LedgerCorrupt
from orgpost.store.memory import Killed, MemoryStore
from orgpost.store.memory_disk import SPACE, MemoryDisk
from tests.governor.conftest import CONTACTS, DAY, Treasury

if TYPE_CHECKING:
    from orgpost.task import Task


@dataclass
class Office:
    """Task inboxes on a treasury's disk; `me` is who acts."""

    treasury: Treasury
    me: str = "crt"

    def inbox(self, me: str, agent: str = "tex-agent") -> AgentInbox:
        """An agent's inbox that somebody has just opened, in a process of its own."""
        treasury = self.treasury
        store = MemoryStore(treasury.clock, disk=treasury.disk, lock_seconds=0)
        lookup = TaskLookup(store, treasury.clock)
        governor = Governor(store, treasury.clock, lambda: CONTACTS, treasury.limits, lookup)
        treasury.store, treasury.governor = store, governor
        return AgentInbox(
            TaskDesk(
                space=Path(SPACE),
                store=store,
                clock=treasury.clock,
                contacts=lambda: CONTACTS,
                me=lambda: me,
                gate=governor,
                host="memory",
                pid=lambda: 1,
                rules=TaskRules(),
            ),
            agent,
        )

    def add(self, sender: str, title: str = "Look at it", tokens: int = 1000) -> Task:
        """Let somebody create a task."""
        return self.inbox(sender).create_task(sender, title, estimated_tokens=tokens)

    def complete(self, tokens: int | None = None) -> Task:
        """Let the agent do what is first."""
        inbox = self.inbox("tex-agent")
        [claim] = inbox.claim()
        return inbox.complete(claim, tokens_used=tokens)

    def events(self) -> list[str]:
        """The ledger's events."""
        return [each.event for each in self.treasury.rows()]


@pytest.fixture
def office(treasury: Treasury) -> Office:
    """An office in which nothing was asked yet."""
    return Office(treasury)


def test_only_the_owner_approves_and_only_once(office: Office) -> None:
    """What was held is reserved by that, and by nothing else."""
    task = office.add("joe", tokens=900)
    with pytest.raises(NotPermitted):
        office.inbox("joe").approve(task.id)
    assert office.events() == ["hold"]
    office.inbox("tex").approve(task.id)
    with pytest.raises(WrongState, match="approve: expected WAITING, found QUEUED"):
        office.inbox("tex").approve(task.id)
    books = office.treasury.governor.accounts.today()[0].books
    assert (books.open_of("joe"), books.reserved_by_all()) == (900, 900)


def test_what_a_person_ended_in_the_file_is_settled_by_whoever_asks_next(office: Office) -> None:
    """The holder is told what it found, and its reservation is not left for ever."""
    office.add("crt")
    inbox = office.inbox("tex-agent")
    [claim] = inbox.claim()

    def done(data: bytes) -> bytes:
        return data.replace(b"* WORKING  ", b"* DONE     ")

    store = office.treasury.store
    store.edit("agents/tex-agent.org", lambda page: page.rewrite(done(page.data)))
    with pytest.raises(WrongState):
        inbox.complete(claim, tokens_used=5)
    office.add("tex", tokens=7)
    assert office.events() == ["reserve", "settle", "reserve"]


def test_work_can_be_finished_while_the_ledger_cannot_be_read(office: Office) -> None:
    """Nothing is let in, nothing that was done is lost."""
    office.add("crt")
    office.treasury.write(lambda text: text + "| 2026-11-20T08:00:00Z | reserve | crt |\n")
    for sender in ("crt", "tex"):
        with pytest.raises(LedgerCorrupt):
            office.add(sender, tokens=1)
    assert office.complete(400).state == "DONE"
    assert office.inbox("tex").counts()["total"] == 1
    assert "| settle | crt |" in office.treasury.text()


def test_a_second_task_of_a_sender_begins_a_minute_later(office: Office) -> None:
    """The cooldown stands in the task."""
    first, second = office.add("crt"), office.add("crt", "Another one")
    assert first.not_before is None
    assert second.not_before is not None
    assert (second.not_before - office.treasury.clock.now()).total_seconds() == 60


@pytest.mark.slow
def test_a_kill_at_any_call_never_leaves_a_task_without_its_reservation() -> None:
    """The other way round it does, and ten minutes later that is put right."""
    deaths, orphans = 0, 0
    while True:
        clock = FakeClock()
        office = Office(Treasury(clock, MemoryDisk(clock)))
        office.add("crt", "The first", 40_000)
        inbox = office.inbox("crt")
        office.treasury.store.calls.die(deaths + 1)
        try:
            inbox.create_task("crt", "The second", estimated_tokens=40_000)
        except Killed:
            deaths += 1
        else:
            break
        tasks = office.inbox("crt").counts()["total"]
        reserved = office.treasury.governor.get_usage("crt")["reserved_tokens"]
        assert reserved in {40_000 * tasks, 40_000 * (tasks + 1)}
        orphans += reserved != 40_000 * tasks
        clock.advance(601)
        office.add("ann", "Another", 1)
        reserved = office.treasury.governor.get_usage("crt")["reserved_tokens"]
        assert reserved == 40_000 * tasks
    assert (deaths > 100, orphans > 10) == (True, True)


def test_after_a_power_cut_the_tasks_say_what_was_lost(office: Office) -> None:
    """The rows are gone, the entries were synced: nothing is spent twice, nothing is forgotten."""
    office.add("crt", "Done", 2000)
    office.complete(1500)
    office.add("crt", "Open", 3000)
    waiting = office.add("joe", "Waiting", 900)
    before = office.treasury.store.rows.read(table_of(DAY))
    office.treasury.write(lambda text: text[: text.index("| 2026")])
    office.treasury.disk.boot = b"another boot    "
    office.add("ann", "Later", 5)
    rows = office.treasury.rows()
    assert before is not None
    assert sorted((it.event, it.sender, it.tokens) for it in rows) == [
        ("hold", "ann", 5),
        ("hold", "joe", 900),
        ("reserve", "crt", 3000),
        ("settle", "crt", 1500),
    ]
    assert waiting.id in {it.task for it in rows}


def test_each_round_of_a_task_that_repeats_is_counted(office: Office) -> None:
    """Also on one day, and the day after: what it may cost is promised, what it cost is spent."""
    office.inbox("crt").create_task(
        "crt", "Again", estimated_tokens=40_000, scheduled="2026-11-01 +1d"
    )
    usage = office.treasury.governor.get_usage
    for spent, tokens in ((100, 100), (30_100, 30_000), (70_100, None)):
        office.treasury.clock.advance(60)
        assert usage("crt")["reserved_tokens"] == 40_000
        office.complete(tokens)
        assert usage("crt")["tokens_today"] == spent
    assert usage("crt")["tasks_today"] == 1
    with pytest.raises(BudgetExceeded):
        office.add("crt", tokens=1)
    office.treasury.clock.advance(timedelta(days=1).total_seconds())
    office.complete(5)
    assert (usage("crt")["tokens_today"], usage("crt")["reserved_tokens"]) == (5, 40_000)


def test_what_an_owners_revision_cost_is_spent_besides(office: Office) -> None:
    """It asked for no tokens, so that nothing was promised; each time some were used."""
    task = office.add("tex", tokens=0)
    office.complete(900)
    office.treasury.clock.advance(5)
    office.inbox("tex").request_revision(task.id, "Which?")
    office.treasury.clock.advance(5)
    office.complete(500)
    assert office.treasury.governor.get_usage("tex")["tokens_today"] == 1400
    office.treasury.clock.advance(timedelta(days=1).total_seconds())
    office.inbox("tex").request_revision(task.id, "And why?")
    office.complete(70)
    assert office.treasury.governor.get_usage("tex")["tokens_today"] == 70


@pytest.mark.parametrize("is_archived", [False, True])
def test_two_agents_tasks_cannot_have_one_id(office: Office, *, is_archived: bool) -> None:
    """Tokens are promised to an id: to take one of them back would free what the other has."""
    first = office.add("crt", tokens=40_000)
    if is_archived:
        office.complete()
        office.inbox("tex").archive(first.id)
    before = office.treasury.rows()
    with pytest.raises(Conflict, match=f"{first.id} is there already, as a task of tex-agent"):
        office.inbox("crt", "lab-agent").create_task(
            "crt", "Look at it", estimated_tokens=40_000, id=first.id
        )
    assert office.treasury.rows() == before


def test_what_was_promised_to_an_id_stays_where_another_takes_it_meanwhile(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who looked before the other wrote looks again, alone with the ledger."""
    first = office.add("crt", tokens=40_000)
    late = office.inbox("crt", "lab-agent")
    monkeypatch.setattr(TaskShelf, "everything", lambda _: iter(()))
    with pytest.raises(Conflict, match="as a task of tex-agent"):
        late.create_task("crt", "Look at it", estimated_tokens=50_000, id=first.id)
    assert office.treasury.governor.get_usage("crt")["reserved_tokens"] == 40_000


@pytest.mark.parametrize(
    "properties",
    [
        b":ID: 9f1c2f2e-5d0b-4d67-9b1e-1234567890ab\n:FROM: joe\n",
        b":ID: 9F1C2F2E-5D0B-4D67-9B1E-1234567890AB\n",
        b":ID: a|b\n:FROM: joe\n",
        b":ID: task-\xff\n:FROM: joe\n",
        b":ID: " + b"x" * 200 + b"\n:FROM: joe\n",
        b":ID: task-1\n:FROM: Joe Doe | x\n",
        b":ID: task-1\n:FROM: \xff\n:VIA: crt \xff\n",
        b":ID: task-1\n:FROM: joe\n:TRUST_TIER: king\n:ESTIMATED_TOKENS: 9" + b"9" * 30 + b"\n",
    ],
)
def test_a_task_that_a_person_made_never_makes_the_ledger_unreadable(
    office: Office, properties: bytes
) -> None:
    """It is claimed, done and taken over midnight, and others still get theirs."""
    entry = b"* QUEUED By hand\n:PROPERTIES:\n" + properties + b":END:\n"
    later = entry.replace(b":ID: ", b":ID: z")
    office.add("crt")
    office.treasury.store.edit(
        "agents/tex-agent.org", lambda page: page.rewrite(page.data + entry + later)
    )
    for _ in range(3):
        office.treasury.clock.advance(timedelta(days=1).total_seconds())
        office.add("crt")
        office.complete(700)
        office.complete()
    assert office.add("crt").state == "QUEUED"
