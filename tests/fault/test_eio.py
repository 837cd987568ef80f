"""A disk that fails: nothing is acknowledged that is not there, nothing acknowledged is lost.

A liar stands in for the system calls and fails the n-th of a kind, for every n until none is left.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

import pytest

from orgpost.errors import DiskFailed, NoSpace, NotPermitted, OrgpostError
from orgpost.org import scan
from orgpost.store import FileStore, Page
from orgpost.store.calls import Calls
from tests.race.writers import INBOX, entry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.slow

WRITES = ("pwrite", "write", "fsync", "fdatasync", "truncate", "rename", "link", "open")
OPERATIONS = ("send", "mark", "grow", "confirm", "first")


class Liar(Calls):
    """Fails the n-th call of one name; watches that no descriptor is synced after an error."""

    def __init__(self) -> None:
        self.name, self.left, self.number, self.fired = "", 0, 0, False
        self.bad: set[int] = set()
        self.synced_again = 0

    def arm(self, name: str, nth: int, number: int = errno.EIO) -> None:
        """Fail the n-th call of that name with that error."""
        self.name, self.left, self.number, self.fired = name, nth, number, False

    def lie(self, name: str) -> None:
        """Fail, if it is time."""
        if name == self.name:
            self.left -= 1
            if self.left == 0:
                self.fired = True
                raise OSError(self.number, os.strerror(self.number))

    def sync(self, name: str, fd: int) -> None:
        """Watch a sync."""
        self.synced_again += fd in self.bad
        try:
            self.lie(name)
        except OSError:
            self.bad.add(fd)
            raise

    def close(self, fd: int) -> None:
        """Close; the number may mean another file afterwards."""
        self.bad.discard(fd)
        super().close(fd)

    def fsync(self, fd: int) -> None:
        """Sync."""
        self.sync("fsync", fd)

    def fdatasync(self, fd: int) -> None:
        """Sync."""
        self.sync("fdatasync", fd)


def _lying(name: str) -> Callable[..., Any]:
    honest = getattr(Calls, name)

    def call(self: Liar, *args: Any, **named: Any) -> Any:
        self.lie(name)
        return honest(self, *args, **named)

    return call


for _name in set(WRITES) - {"fsync", "fdatasync"}:
    setattr(Liar, _name, _lying(_name))


class ShortWriter(Calls):
    """Writes one byte at a time, as a disk may."""

    def pwrite(self, fd: int, data: bytes | memoryview, offset: int) -> int:
        """Write the beginning."""
        return super().pwrite(fd, memoryview(data)[:97], offset)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        """Write the beginning."""
        return super().write(fd, memoryview(data)[:97])


def ids(space: Path) -> list[str]:
    """Give the ids as another process sees them."""
    with FileStore(space) as store:
        return [id.decode() for id, _ in scan.find_all_ids(store.view(INBOX).data)]


def mark(page: Page) -> None:
    """Mark the first message READ."""
    at = page.data.index(b"* UNREAD   msg-first")
    page.replace((at, at + 11), b"* READ     ")


def grow(page: Page) -> None:
    """Let the first message grow."""
    span = scan.find_id(page.data, b"msg-first")
    assert span is not None
    page.insert(span.end, b"more\n")


def operate(store: FileStore, operation: str) -> None:
    """Do one thing."""
    if operation == "send":
        store.append(INBOX, [entry("msg-new")])
    elif operation == "first":
        store.append("inbox/crt.org", [entry("msg-new")])
    elif operation == "confirm":
        store.confirm(INBOX)
    else:
        store.edit(INBOX, {"mark": mark, "grow": grow}[operation])


@pytest.fixture(params=OPERATIONS)
def operation(request: pytest.FixtureRequest) -> str:
    """Each operation in turn."""
    return str(request.param)


def prepared(place: Path, liar: Calls) -> FileStore:
    """Make a space with two messages, one of them not confirmed yet."""
    (place / "org/messaging/inbox").mkdir(parents=True)
    with FileStore(place) as store:
        store.append(INBOX, [entry("msg-first")])
        store.confirm(INBOX)
        store.append(INBOX, [entry("msg-second")])
    return FileStore(place, calls=liar, lock_seconds=1)


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC], ids=["EIO", "ENOSPC"])
def test_a_failing_call_is_one_error_and_nothing_is_lost(
    operation: str, name: str, number: int, tmp_path: Path
) -> None:
    """Refused or acknowledged, never between; the next write works; no descriptor synced again."""
    fired = 0
    for nth in range(1, 40):
        place, liar = tmp_path / str(nth), Liar()
        store = prepared(place, liar)
        liar.arm(name, nth, number)
        acknowledged = True
        try:
            operate(store, operation)
        except (DiskFailed, NoSpace, NotPermitted):
            acknowledged = False
        if not liar.fired:
            break
        fired += 1
        liar.arm("", 0)
        there = ids(place)
        assert there[:2] == ["msg-first", "msg-second"], (nth, there)
        if operation == "send" and acknowledged:
            assert there == ["msg-first", "msg-second", "msg-new"]
        store.append(INBOX, [entry(f"msg-after-{nth}")])
        store.close()
        after = ids(place)
        assert after[-1] == f"msg-after-{nth}"
        assert len(after) == len(set(after))
        assert liar.synced_again == 0
    assert fired < 39


def test_a_failed_sync_of_the_journal_is_not_an_acknowledgement(tmp_path: Path) -> None:
    """The write is refused, and neither comes back nor takes anything with it."""
    liar = Liar()
    store = prepared(tmp_path / "space", liar)
    liar.arm("fdatasync", 1)
    with pytest.raises(DiskFailed):
        store.append(INBOX, [entry("msg-refused")])
    store.append(INBOX, [entry("msg-after")])
    store.close()
    assert ids(tmp_path / "space") == ["msg-first", "msg-second", "msg-after"]


def test_a_disk_that_always_fails_to_sync_refuses_writes_and_lets_read(tmp_path: Path) -> None:
    """Reads go on; nothing is acknowledged; when the disk is well again, all is there."""

    class Broken(Liar):
        sick = True

        def fdatasync(self, fd: int) -> None:
            """Fail."""
            if self.sick:
                raise OSError(errno.EIO, "sick")
            super().fdatasync(fd)

        def fsync(self, fd: int) -> None:
            """Fail."""
            self.fdatasync(fd)

    liar = Broken()
    store = prepared(tmp_path / "space", liar)
    for number in range(3):
        with pytest.raises(OrgpostError):
            store.append(INBOX, [entry(f"msg-refused-{number}")])
        assert b"msg-second" in store.view(INBOX).data
    liar.sick = False
    store.append(INBOX, [entry("msg-after")])
    assert ids(tmp_path / "space") == ["msg-first", "msg-second", "msg-after"]


def test_short_writes_are_continued(operation: str, tmp_path: Path) -> None:
    """A call that wrote less than it was given is no error, and nothing is torn."""
    store = prepared(tmp_path / "space", ShortWriter())
    operate(store, operation)
    store.append(INBOX, [entry("msg-long", "x" * 5000)])
    store.close()
    text = (tmp_path / "space/org/messaging" / INBOX).read_bytes()
    assert text.count(b"x" * 5000 + b"\n") == 1
