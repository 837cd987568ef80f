"""How often the disk is asked to sync: once for what is acknowledged, and rarely besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orgpost.clock import FakeClock
from orgpost.store import FileStore, Page
from orgpost.store.calls import Calls
from tests.store.stages import INBOX, entry

if TYPE_CHECKING:
    from pathlib import Path

OPERATIONS = 1000


class Counting(Calls):
    """The kernel, and how often it was asked to sync."""

    syncs = 0

    def fsync(self, fd: int) -> None:
        """Count."""
        self.syncs += 1

    def fdatasync(self, fd: int) -> None:
        """Count."""
        self.syncs += 1


def test_a_thousand_operations_cost_a_thousand_syncs_and_few_more(tmp_path: Path) -> None:
    """New entries and changes of a state, at a pace of 200 a second, with all confirmations."""
    calls, clock = Counting(), FakeClock()
    (tmp_path / "org/messaging/inbox").mkdir(parents=True)
    with FileStore(tmp_path, clock, calls=calls) as store:
        store.append(INBOX, [entry("msg-first")])
        first = calls.syncs

        def mark(page: Page) -> None:
            at = page.data.rindex(b"* UNREAD   ")
            page.replace((at, at + 11), b"* READ     ")

        for number in range(OPERATIONS // 2):
            store.append(INBOX, [entry(f"msg-{number}")])
            store.edit(INBOX, mark)
            clock.advance(0.01)
        spent = calls.syncs - first
    print(f"{spent} syncs for {OPERATIONS} operations")
    assert OPERATIONS <= spent <= 1.05 * OPERATIONS
