"""Reading without a lock: a whole file, never half of a write, never "no mail" in mid-save.

What the journal knows and the file does not have yet is shown in its place.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from orgpost.frozen import NamedTuple
from orgpost.org import scan, syntax
from orgpost.store.disk import print_of, trouble
from orgpost.store.journal import (
    Flag,
    Kind,
    Layout,
    outcomes_of,
    without_outcomes,
    without_voids,
)
from orgpost.store.journal_file import JournalFile
from orgpost.store.lock import FileLock
from orgpost.store.page import ROOT, Growth, Tail, View
from orgpost.store.watch import SAVE_SECONDS

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from orgpost.clock import Clock
    from orgpost.store.disk import Disk
    from orgpost.store.image import Mended
    from orgpost.store.journal import Block, Record
    from orgpost.store.watch import Watch

_PATIENCE_SECONDS: Final = 0.05
_LOOK_SECONDS: Final = 0.02


class _Look(NamedTuple):
    """One reading of everything there is."""

    block: Block | None
    data: bytes
    found: os.stat_result | None
    steady: bool
    saving: bool
    folder: bool = True

    def is_ours(self) -> bool:
        block = self.block
        print_ = print_of(self.found)
        return block is not None and print_ == (block.size, block.mtime_ns, block.inode)

    def is_known(self) -> bool:
        return self.is_ours() or (self.block is None and self.found is None)


def _layout_of(block: Block | None) -> Layout | None:
    known = block is not None and block.generation
    return Layout(block.generation, block.position) if block is not None and known else None


class Reader:
    """The lock-free side of a store; `settle` is its one try to put things right."""

    def __init__(
        self, disk: Disk, clock: Clock, watch: Watch, settle: Callable[[str], View | None]
    ) -> None:
        self._disk, self._clock, self._watch, self._settle = disk, clock, watch, settle

    def view(self, path: str) -> View:
        """Give a file as every reader sees it; a missing one is empty."""
        lock = FileLock(self._disk, self._clock, path)
        journal = JournalFile(self._disk, self._clock, path)
        look = self._steady_look(path, lock)
        if look.block is None and not journal.exists():
            look = self._after_save(path, lock, look)
            return View(look.data, look.found is not None, saving=look.saving)
        if look.steady and look.is_ours() and not self._has_more(journal, look):
            return View(look.data, look.found is not None, layout=_layout_of(look.block))
        # To settle would make a folder anew that somebody has taken away, and may put back.
        settled = self._settle(path) if look.folder else None
        return settled or self._overlay(path, lock, journal)

    def tail(self, path: str, size: int) -> Tail:
        """Give the end of a file: so many bytes, or more where the whole must be looked at."""
        lock = FileLock(self._disk, self._clock, path)
        journal = JournalFile(self._disk, self._clock, path)
        look, start = self._look_at_end(path, lock, size)
        if look.block is None:
            is_all = not look.saving and not journal.exists()
        else:
            is_all = look.steady and look.is_ours() and not self._has_more(journal, look)
        return Tail(look.data, start) if is_all else Tail(self.view(path).data, 0)

    def growth(self, path: str, layout: Layout, size: int) -> Growth | None:
        """Give what programs of ours added at the end; None where anything else happened, too."""
        lock = FileLock(self._disk, self._clock, path)
        journal = JournalFile(self._disk, self._clock, path)
        block = lock.peek()
        if block is None or block.turn % 2 or block.generation != layout.generation:
            return None
        records = journal.peek_since(layout.position, block.position)
        if records is None or any(record.kind is not Kind.ENTRY for record in records):
            return None
        if block.flags & Flag.BROKEN or journal.goes_on_after(block.position):
            return None
        folder, _, name = path.rpartition("/")
        with trouble(path, "read"), suppress(FileNotFoundError):
            with self._disk.folder(f"{ROOT}/{folder}") as fd:
                end = self._disk.read_end(fd, name, block.size - size)
            if end is None:
                return None
            _, data, start, found = end
            if start == size and print_of(found) == (block.size, block.mtime_ns, block.inode):
                return Growth(data, Layout(block.generation, block.position))
        return None

    def is_being_saved(self, path: str) -> bool:
        """Ask whether `view` would have to wait now."""
        look, _ = self._look_at_end(path, FileLock(self._disk, self._clock, path), 0)
        return look.saving and not look.is_known()

    def _look_at_end(self, path: str, lock: FileLock, size: int) -> tuple[_Look, int]:
        folder, _, name = path.rpartition("/")
        before = lock.peek()
        data, start, found, saving = b"", 0, None, False
        with (
            trouble(path, "read"),
            suppress(FileNotFoundError),
            self._disk.folder(f"{ROOT}/{folder}") as fd,
        ):
            if (end := self._disk.read_end(fd, name, size)) is not None:
                head, data, start, found = end
                odd = syntax.kind_of(path) is not None and not scan.has_cookie(head)
                saving = self._watch.may_be_a_save(path, fd, found, odd=odd)
        block = lock.peek()
        steady = before == block and (block is None or block.turn % 2 == 0)
        return _Look(block, data, found, steady, saving), start

    def _steady_look(self, path: str, lock: FileLock) -> _Look:
        wait, deadline = 0.0002, self._clock.monotonic() + _PATIENCE_SECONDS
        while True:
            look = self._look(path, lock)
            if look.steady or self._clock.monotonic() >= deadline:
                return look
            self._clock.sleep(wait)
            wait *= 2

    def _look(self, path: str, lock: FileLock) -> _Look:
        folder, _, name = path.rpartition("/")
        before = lock.peek()
        data, found, saving, is_there = b"", None, False, False
        with (
            trouble(path, "read"),
            suppress(FileNotFoundError),
            self._disk.folder(f"{ROOT}/{folder}") as fd,
        ):
            is_there = True
            data, found = self._disk.read(fd, name) or (b"", None)
            odd = syntax.kind_of(path) is not None and not scan.has_cookie(data)
            saving = self._watch.may_be_a_save(path, fd, found, odd=odd)
        block = lock.peek()
        steady = before == block and (block is None or block.turn % 2 == 0)
        look = _Look(block, data, found, steady, saving, is_there)
        return look._replace(saving=saving and not look.is_known())

    def _has_more(self, journal: JournalFile, look: _Look) -> bool:
        block = look.block
        return block is not None and (
            bool(block.flags & Flag.BROKEN) or journal.goes_on_after(block.position)
        )

    def _after_save(self, path: str, lock: FileLock, look: _Look) -> _Look:
        # Who saves again and again is in mid-save at the end of any patience: then what was whole a
        # moment ago is nearer to the truth than what is just being written.
        whole, deadline = look, self._clock.monotonic() + SAVE_SECONDS
        while look.saving and self._clock.monotonic() < deadline:
            self._clock.sleep(_LOOK_SECONDS)
            look = self._look(path, lock)
            whole = max(look, whole, key=lambda each: len(each.data))
        return whole if look.saving else look

    def _overlay(self, path: str, lock: FileLock, journal: JournalFile) -> View:
        from orgpost.store.image import with_tail

        look = self._after_save(path, lock, self._steady_look(path, lock))
        reading = journal.peek()
        if reading is None:
            return View(look.data, look.found is not None, saving=look.saving)
        records = without_voids(reading.records)
        mended = self._mend(look, without_outcomes(records))
        waiting = frozenset(part.id for part in mended.tail)
        outcomes = frozenset(part.id for part in outcomes_of(records))
        data = with_tail(mended.data, mended.tail)
        editor = self._editor(path)
        return View(data, look.found is not None, waiting, editor, outcomes, look.saving)

    def _mend(self, look: _Look, records: Sequence[Record]) -> Mended:
        from orgpost.store.image import mend

        block = look.block
        return mend(
            look.data,
            records,
            applied=0 if block is None else block.last,
            crashed=block is None or block.turn % 2 == 1,
            now_ns=self._clock.wall_ns(),
        )

    def _editor(self, path: str) -> str | None:
        folder, _, name = path.rpartition("/")
        with suppress(FileNotFoundError), self._disk.folder(f"{ROOT}/{folder}") as fd:
            editor = self._watch.editor(fd, name)
            return None if editor is None else editor.words(path)
        return None
