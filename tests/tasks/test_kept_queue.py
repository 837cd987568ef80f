"""The queue that a long-lived program keeps: always what a fresh look would find, and cheaper."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from orgpost import task_entry
from orgpost.agent_inbox import AgentInbox, changing, kept
from orgpost.states import Event
from orgpost.store import FileStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from orgpost.agent_inbox.changing import Sheet
    from tests.tasks.conftest import Shop


class Worker:
    """A program that stays: it has one inbox for all its life, and a store of its own."""

    def __init__(self, shop: Shop, store: FileStore) -> None:
        self._desk = shop.inbox()._desk._replace(store=store, me=lambda: "tex-agent")
        self.inbox = AgentInbox(self._desk, "tex-agent")

    def queue(self, inbox: AgentInbox | None = None) -> list[object]:
        """Give what is queued, in order, and what is worked on, as an inbox sees it."""

        def look(sheet: Sheet) -> list[object]:
            return [*sheet.queue.queued(), *sheet.queue.working()]

        return (inbox or self.inbox)._changing.edit(look)

    def fresh(self) -> list[object]:
        """Give the same as a program sees it that was just started."""
        return self.queue(AgentInbox(self._desk, "tex-agent"))


@pytest.fixture(name="worker")
def fixture_worker(shop: Shop) -> Iterator[Worker]:
    """A worker in whose space others write, too."""
    with FileStore(shop.space, shop.clock, sync="off", lock_seconds=0.2) as store:
        yield Worker(shop, store)


@pytest.fixture(name="readings")
def fixture_readings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of all files of tasks that were read as a whole to find the queue."""
    sizes: list[int] = []

    def counted(data: bytes, kind: Any) -> Any:
        sizes.append(len(data))
        return rows(data, kind)

    from orgpost.agent_inbox.rows import rows

    monkeypatch.setattr(kept, "rows", counted)
    return sizes


def test_what_others_write_is_read_entry_by_entry(
    shop: Shop, worker: Worker, readings: list[int]
) -> None:
    """New tasks, claims, renewals and ends of other programs: the file is read whole once."""
    first, second = shop.add("first"), shop.add("second", priority="low")
    assert worker.queue() == worker.fresh()
    del readings[:]
    seen = [worker.queue()]
    third = shop.add("third", priority="high")
    seen.append(worker.queue())
    claim = shop.claim(id=first.id)
    seen.append(worker.queue())
    with shop.acting("tex-agent"):
        shop.inbox().complete(claim)
    seen.append(worker.queue())
    taken = [each.task.id for each in worker.inbox.claim(limit=2)]
    seen.append(worker.queue())
    others = len([size for size in readings if size])
    del readings[:]
    again = worker.queue()
    assert readings == []
    assert again == seen[-1] == worker.fresh()
    assert taken == [third.id, second.id]
    assert others == 2, "the two programs that were just started; the worker reads nothing whole"


def person(shop: Shop) -> None:
    """A person gives a task another title, of another length."""
    shop.edit("Look at it", "Look at it tomorrow")


def archive(shop: Shop) -> None:
    """A task that is over is moved away from above the others."""
    over = shop.inbox().find_by_state("QUEUED")[0]
    shop.inbox().cancel(over.id)
    shop.inbox().archive(over.id)


def lock_files(shop: Shop) -> None:
    """Somebody removes the locks, and with them what vouches for the places."""
    for path in (shop.space / ".orgpost/locks").iterdir():
        path.unlink()
    shop.add("after that")


def deleted(shop: Shop) -> None:
    """A person removes the first task."""
    data = shop.content()
    start = data.index(b"\n* ") + 1
    end = data.index(b"\n* ", start) + 1
    path = shop.path("agents/tex-agent.org")
    path.write_bytes(data[:start] + data[end:])
    seconds = shop.clock.now().timestamp() - 60
    os.utime(path, (seconds, seconds))


@pytest.mark.parametrize("moves", [person, archive, lock_files, deleted])
def test_whatever_may_have_moved_an_entry_is_read_anew(
    shop: Shop, worker: Worker, moves: Callable[[Shop], None]
) -> None:
    """What the worker takes afterwards is what stands there, and its neighbours stay whole."""
    for title in ("Look at it", "second", "third"):
        shop.add(title)
    worker.queue()
    moves(shop)
    assert worker.queue() == worker.fresh()
    (claim,) = worker.inbox.claim()
    assert shop.now(claim.task.id).state == "WORKING"
    assert worker.queue() == worker.fresh()


def test_who_changes_its_mind_keeps_no_positions(
    shop: Shop, worker: Worker, readings: list[int]
) -> None:
    """A step that was thought of and not written is forgotten with all that follows from it."""
    shop.add("first")
    worker.queue()
    del readings[:]

    def fail(sheet: Sheet) -> None:
        (row,) = sheet.queue.queued()
        sheet.queue.put(row._replace(state="WORKING"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        worker.inbox._changing.edit(fail)
    assert len(worker.queue()) == 1
    assert len(readings) == 1
    assert worker.queue() == worker.fresh()


def nothing(shop: Shop) -> None:
    """Nobody does anything."""
    del shop


def time_passes(shop: Shop) -> None:
    """The lease runs out."""
    shop.clock.advance(10_000)


def cancelled(shop: Shop) -> None:
    """The owner asks the holder to stop, in a program of its own."""
    with shop.acting("tex"):
        shop.inbox().cancel(shop.inbox().find_by_state("WORKING")[0].id, "no more")


def corrected(shop: Shop) -> None:
    """A person corrects a word, which is as long as before."""
    shop.edit("Look at it", "Lock at it")


@pytest.mark.parametrize("happens", [nothing, time_passes, cancelled, corrected])
def test_a_holder_that_comes_back_finds_its_task_as_it_is_by_now(
    shop: Shop, worker: Worker, happens: Callable[[Shop], None]
) -> None:
    """What it has read before is relied on only while the file has the same bytes there."""
    for title in ("Look at it", "second"):
        shop.add(title)
    (claim,) = worker.inbox.claim()

    def seen(inbox: AgentInbox) -> object:
        def look(sheet: Sheet) -> object:
            return sheet.task_at(sheet.span_of(claim.task.id, Event.COMPLETE))[0]

        return inbox._changing.edit(look)

    happens(shop)
    assert seen(worker.inbox) == seen(AgentInbox(worker._desk, "tex-agent"))


def test_a_claim_that_is_completed_by_its_program_is_read_twice(
    shop: Shop, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the claim was written, and after the end was: before either, nobody needs all of it."""
    shop.add("first")
    read: list[Any] = []

    def counted(entry: Any, **facts: Any) -> Any:
        read.append(entry)
        return task_entry.read(entry, **facts)

    monkeypatch.setattr(changing, "read", counted)
    (claim,) = worker.inbox.claim()
    task = worker.inbox.complete(claim, result="done")
    assert (len(read), task) == (2, shop.now(task.id))


def test_what_is_kept_belongs_to_one_process(shop: Shop, worker: Worker) -> None:
    """Nothing of it is written anywhere: the space has no file that it did not have before."""
    shop.add("first")
    worker.fresh()

    def names() -> set[str]:
        return {str(path) for path in shop.space.rglob("*")}

    before = names()
    worker.queue()
    worker.queue()
    assert names() == before
