"""An agent that keeps its queue between calls never works on what stands elsewhere by now."""

from __future__ import annotations

import errno
import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from orgpost.agent_inbox import Hold
from orgpost.errors import NoSpace
from orgpost.org import syntax
from orgpost.store import FileStore
from orgpost.store.calls import Calls
from orgpost.store.file_state import FileState

if TYPE_CHECKING:
    from collections.abc import Callable

    from orgpost.agent_inbox.changing import Sheet
    from tests.tasks.conftest import Shop


class Full(Calls):
    """A disk that is full, or not."""

    is_full = False

    def write(self, fd: int, data: bytes | memoryview) -> int:
        """Write, where there is room."""
        if self.is_full:
            raise OSError(errno.ENOSPC, "no space left")
        return super().write(fd, data)


@pytest.fixture(name="reads")
def fixture_reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names each file that a writer read as a whole."""
    found: list[str] = []
    read = FileState.read

    def counted(self: FileState) -> bytes:
        found.append(self.path)
        return read(self)

    monkeypatch.setattr(FileState, "read", counted)
    return found


def other(shop: Shop, calls: Calls | None = None) -> Shop:
    """Another process in the same space."""
    store = FileStore(shop.space, shop.clock, sync="off", lock_seconds=0.2, calls=calls)
    return replace(shop, store=store)


def test_with_nothing_foreign_the_file_is_read_once(shop: Shop, reads: list[str]) -> None:
    """Two agents and one who adds work at the same time; nobody reads it all again."""
    beside = other(shop)
    for number in range(30):
        shop.add(f"task {number}")
    one, two = shop.inbox(), beside.inbox()
    shop.me = beside.me = "tex-agent"
    one.claim()
    two.claim()
    reads.clear()
    for number in range(20):
        (claim,) = one.claim()
        one.renew(claim)
        with beside.acting("tex"):
            beside.add(f"another {number}")
        two.complete(two.claim()[0], result="found it")
        one.complete(claim)
        shop.clock.advance(0.05)
    assert reads == []


def test_a_first_line_that_comes_back_moves_all_tasks(shop: Shop) -> None:
    """A person took it away; the claim that puts it back changes no length but moves everything."""
    ids = [shop.add(f"task {number}").id for number in range(3)]
    shop.clock.advance(60)
    shop.edit(syntax.COOKIE.decode() + "\n", "")
    inbox, shop.me = shop.inbox(), "tex-agent"
    assert [inbox.claim()[0].task.id for _ in range(3)] == ids
    assert shop.content().startswith(syntax.COOKIE)


def test_a_task_that_was_taken_back_for_want_of_room_is_no_task(shop: Shop) -> None:
    """Its record stands in the journal, withdrawn; what is added next may stand in its place."""
    calls = Full()
    beside = other(shop, calls)
    first = shop.add("first")
    inbox = shop.inbox()
    assert [claim.task.id for claim in inbox.claim()] == [first.id]
    calls.is_full = True
    with pytest.raises(NoSpace):
        beside.add("never there")
    calls.is_full = False
    shop.me = "tex-agent"
    assert inbox.claim() == []
    second = beside.add("a longer one than that which is not there")
    assert [claim.task.id for claim in inbox.claim()] == [second.id]
    assert shop.now(second.id).state == "WORKING"


def unpads(text: str) -> str:
    """Let one blank follow the keyword, as Org does; the blanks go to the end of the title."""
    head, rest = text.split("* QUEUED   ", 1)
    title, rest = rest.split("\n", 1)
    return f"{head}* QUEUED {title}  \n{rest}"


def swaps(text: str) -> str:
    """Let the last two tasks change places, which are of one length."""
    before, one, two = text.rsplit("\n* ", 2)
    return f"{before}\n* {two.rstrip(chr(10))}\n* {one}\n"


@pytest.mark.parametrize("change", [unpads, swaps])
def test_a_person_who_saves_with_the_same_size_is_noticed(
    shop: Shop, change: Callable[[str], str]
) -> None:
    """Whatever stands where the next task stood: the next one is claimed, and no other."""
    ids = []
    for number in range(4):
        ids.append(shop.add(f"task {number}").id)
        shop.clock.advance(1)
    inbox, shop.me = shop.inbox(), "tex-agent"
    assert inbox.claim()[0].task.id == ids[0]
    path, size = shop.path(), len(shop.content())
    path.write_text(change(path.read_text()))
    assert len(shop.content()) == size
    seconds = shop.clock.now().timestamp() - 60
    os.utime(path, (seconds, seconds))
    assert [inbox.claim()[0].task.id for _ in range(3)] == ids[1:]
    assert {shop.now(id).title for id in ids} == {f"task {number}" for number in range(4)}
    assert [shop.now(id).token for id in ids] == [1] * 4


class Slow(FileStore):
    """A process that may be stopped when it has written, before it notes what it did."""

    afterwards: Callable[[], object] | None = None

    def edit(self, *known: Any, **facts: Any) -> Any:
        """Write, then let others do what they want."""
        result = super().edit(*known, **facts)
        afterwards, self.afterwards = self.afterwards, None
        if afterwards is not None:
            afterwards()
        return result


def test_threads_that_share_an_inbox_share_no_queue(shop: Shop) -> None:
    """One is late with what it wrote; meanwhile a person gave the task back, as another saw."""
    task, _ = shop.add("one"), shop.add("two")
    written, go_on = threading.Event(), threading.Event()

    def afterwards() -> None:
        written.set()
        assert go_on.wait(10)

    with Slow(shop.space, shop.clock, sync="off", lock_seconds=0.2) as store:
        inbox = replace(shop, store=store, me="tex-agent").inbox()
        store.afterwards = afterwards
        late = threading.Thread(target=inbox.claim)
        late.start()
        assert written.wait(10)
        with shop.acting("tex-agent"):
            shop.inbox().release(Hold(task.id, 1))

        def look(sheet: Sheet) -> list[str]:
            go_on.set()
            late.join()
            return [row.id for row in sheet.queue.queued()]

        assert task.id in inbox._changing.edit(look)
        assert [claim.task.id for claim in inbox.claim()] == [task.id]
