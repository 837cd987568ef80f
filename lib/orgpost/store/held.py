"""What happens to one Org file while its lock is held: settle, then append or edit.

The order of each write is the promise: record, sync (acknowledged), then the file, then the
state block; a record is forgotten only after the file itself was synced.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from orgpost.errors import Conflict, NotPermitted, TooLarge
from orgpost.org import scan, splice
from orgpost.org.syntax import TASK
from orgpost.store.image import Mended, mend, with_tail
from orgpost.store.journal import (
    MAX_RECORD,
    Flag,
    Kind,
    Part,
    Reading,
    Record,
    outcomes_of,
    without_outcomes,
    without_voids,
)
from orgpost.store.page import Page, View

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Sequence

    from orgpost.org.syntax import FileKind
    from orgpost.store.disk import Disk
    from orgpost.store.keeper import Keeper
    from orgpost.store.page import Outcome, Patch
    from orgpost.store.watch import Watch

    Apply = Callable[[bytes, FileKind, bytes], bytes | None]

CONFIRM_NS: Final = 500_000_000
SAVING: Final = "a save is going on"


class Waits(Exception):
    """An editor keeps the file from us; `editor` says who, where it is more than a save."""

    def __init__(self, words: str, *, editor: str | None = None) -> None:
        super().__init__(words)
        self.editor = editor


class Held:
    """The protocol of one file, for one holding of its lock.

    `settled` says that the file is ours to write; otherwise `waiting` is what it lacks and
    `editor` who keeps it from us, in words.
    """

    def __init__(self, keeper: Keeper, watch: Watch, apply: Apply | None = None) -> None:
        self._file, self._watch, self._apply = keeper, watch, apply
        self.settled = False
        self.waiting: tuple[Part, ...] = ()
        self.outcomes: tuple[Part, ...] = ()
        self.editor: str | None = None

    @staticmethod
    def check_writable(disk: Disk, folder: int, path: str, found: os.stat_result | None) -> None:
        """Refuse before anything is locked or acknowledged that could then not be written."""
        for each in ["."] if found is None else [".", path.rpartition("/")[2]]:
            if not disk.calls.may_write(each, folder=folder):
                raise NotPermitted(f"write {path}", "no permission to write there")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Settle, then hold the editor's lock for one edit; `Waits` where a person has it."""
        self.settle()
        with self._watch.hold(self._file.folder, self._file.name) as editor:
            if editor is not None:
                self.editor = editor.words(self._file.path)
            if self.editor is not None:
                raise Waits(self.editor, editor=self.editor)
            if not self.settled:
                raise Waits(SAVING)
            yield

    # -- what others and the dead left ---------------------------------------------------------

    def settle(self) -> None:
        """Put right what is left over; raises `Waits` where a save may be going on."""
        if self._file.is_as_we_left_it():
            self.settled = True
            self._confirm_if_due()
        else:
            self._look_closely()

    def _confirm_if_due(self) -> None:
        block = self._file.block
        if block is not None and block.mark:
            age = self._file.clock.wall_ns() - block.mark_ns
            if not 0 <= age < CONFIRM_NS:
                self._file.confirm(block.mark)

    def _look_closely(self) -> None:
        reading = self._file.load()
        self._file.distrust()
        self._file.sweep()
        data = self._file.read()
        records = without_voids(reading.records)
        mended = self._mend(records, data)
        self.outcomes = outcomes_of(records)
        if self._may_be_a_save(data):
            self.waiting = mended.tail
            raise Waits(SAVING)
        if mended.data != data or mended.tail or self.outcomes:
            self._put_right(mended)
        else:
            self._agree(reading, mended)

    def _may_be_a_save(self, data: bytes) -> bool:
        file, block = self._file, self._file.block
        is_new = block is None and file.found is None
        if is_new or (block is not None and file.is_our_print(block)):
            return False
        if block is not None and block.turn % 2 and len(data) >= block.size:
            return False  # our own death: an append or a patch never makes a file shorter
        odd = file.kind is not None and not scan.has_cookie(data)
        return self._watch.may_be_a_save(file.path, file.folder, file.found, odd=odd)

    def _mend(self, records: Sequence[Record], data: bytes) -> Mended:
        block = self._file.block
        return mend(
            data,
            without_outcomes(records),
            applied=0 if block is None else block.last,
            crashed=block is None or block.turn % 2 == 1,
            now_ns=self._file.clock.wall_ns(),
        )

    def _agree(self, reading: Reading, mended: Mended) -> None:
        # Each record is judged once: what a person does to it later is the person's.
        self._report(mended)
        self._file.note(mark=reading.position.last if reading.records else 0)
        self.settled = True
        self._file.confirm()

    def _put_right(self, mended: Mended) -> None:
        file = self._file
        with self._watch.hold(file.folder, file.name) as editor:
            if editor is not None:
                file.data, self.waiting = mended.data, mended.tail
                self.editor = editor.words(file.path)
                return
            if self.outcomes and self._apply is None:
                raise Waits("an outcome waits that this program does not know")
            self._report(mended)
            file.restored += mended.restored
            data = with_tail(file.with_header(mended.data), mended.tail)
            file.replace(self._with_outcomes(data, report=True))
        file.forget(file.at.last)
        self.outcomes, self.settled = (), True

    def _with_outcomes(self, data: bytes, *, report: bool = False) -> bytes:
        """Give the file with what waits for it; what a person overtook is kept aside."""
        for part in self.outcomes:
            span, new = self._with_outcome(data, part)
            if span is not None and new is not None:
                data = data[: span.start] + new + data[span.end :]
            elif report:
                self._file.report("overtaken", self._file.path, part)
        return data

    def _with_outcome(self, data: bytes, part: Part) -> tuple[scan.Span | None, bytes | None]:
        span = scan.find_id(data, part.id)
        if span is None or self._apply is None:
            return span, None
        kind = scan.file_kind(data, self._file.kind or TASK)
        return span, self._apply(data[span.start : span.end], kind, part.new)

    def _report(self, mended: Mended) -> None:
        there = self._are_in(mended.data) if mended.overtaken else ()
        for part in mended.overtaken:
            if part.id not in there:
                self._file.report("overtaken", self._file.path, part)

    def _are_in(self, data: bytes) -> set[bytes]:
        # The power may have gone after the fold, and before its records were forgotten: then what
        # differs from the records is the outcome, and no person's.
        found = set()
        for part in self.outcomes:
            span, new = self._with_outcome(data, part)
            if span is not None and new == data[span.start : span.end]:
                found.add(part.id)
        return found

    def confirm(self) -> None:
        """Sync the file and empty its journal, where the file is ours."""
        if self.settled:
            self._file.confirm()

    def forget_restored(self) -> None:
        """Begin to count anew what editors wrote over."""
        self.settle()
        if self.settled:
            self._file.restored = 0
            self._file.note()

    def view(self) -> View:
        """Give what a reader sees while we hold the lock."""
        data = with_tail(self._file.content(), self.waiting)
        waiting = frozenset(part.id for part in self.waiting)
        outcomes = frozenset(part.id for part in self.outcomes)
        return View(data, self._file.found is not None, waiting, self.editor, outcomes)

    def keep(self, outcome: Outcome) -> None:
        """Keep an outcome that cannot be written now: acknowledged on return."""
        part = Part(outcome.id, 0, 0, b"", outcome.payload)
        self._file.record(Kind.INTENT, (part,))

    # -- new entries ---------------------------------------------------------------------------

    def append(self, entries: Sequence[tuple[bytes, bytes]]) -> str | None:
        """Add entries: acknowledged on return. Gives what keeps them waiting, in words."""
        file = self._file
        if sum(len(text) + 256 for _, text in entries) > MAX_RECORD:
            raise TooLarge(file.path, sum(len(text) for _, text in entries), MAX_RECORD)
        if self.settled and self._needs_whole_write():
            self._begin_file()
        record = file.record(Kind.ENTRY, self._parts(entries))
        if not self.settled:
            return self.editor or SAVING
        with self._watch.hold(file.folder, file.name) as editor:
            if editor is not None:
                return editor.words(file.path)
            return None if file.add(record) else SAVING

    def missing(self, entries: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Leave out what is here already: a try that was broken off may have come this far."""
        here = _ids(self.view().data)
        return [(identity, text) for identity, text in entries if identity not in here]

    def receive(self, entries: Sequence[tuple[bytes, bytes]]) -> None:
        """Take in entries that leave another file: afterwards they are here, whatever happens.

        What is here already came with a move that was cut short. Nothing is acknowledged here
        that would have to wait: the move would be tried again, and forget it.
        """
        file = self._file
        editor = self._watch.editor(file.folder, file.name)
        if editor is not None or not self.settled:
            raise Waits(self.editor or SAVING if editor is None else editor.words(file.path))
        new = self.missing(entries)
        if new and (why := self.append(new)) is not None:
            raise Waits(why)
        file.confirm()

    def _needs_whole_write(self) -> bool:
        found = self._file.found
        return found is None or found.st_nlink > 1 or self._file.has(Flag.BARE)

    def _begin_file(self) -> None:
        file = self._file
        with self._watch.hold(file.folder, file.name) as editor:
            if editor is not None:
                self.settled, self.editor = False, editor.words(file.path)
                return
            file.replace(file.with_header(b"" if file.found is None else file.content()))
        file.note()

    def _parts(self, entries: Sequence[tuple[bytes, bytes]]) -> tuple[Part, ...]:
        file = self._file
        at = 0 if file.found is None else file.found.st_size
        crlf = file.has(Flag.CRLF)
        lead = (b"\r\n" if crlf else b"\n") if file.has(Flag.OPEN) else b""
        parts = []
        for identity, text in entries:
            new = lead + (text.replace(b"\n", b"\r\n") if crlf else text)
            parts.append(Part(identity, at + len(lead), at, b"", new))
            at, lead = at + len(new), b""
        return tuple(parts)

    # -- edits ---------------------------------------------------------------------------------

    def unwritten_page(self) -> Page:
        """Give a page that is only looked at: the file with all that waits for it."""
        data = self._with_outcomes(with_tail(self._file.content(), self.waiting))
        exists = self._file.found is not None
        return Page(self._file.path, data, exists=exists, sheet=self._file, editor=self.editor)

    def page(self) -> Page:
        """Give the page to decide on."""
        return Page(self._file.path, exists=self._file.found is not None, sheet=self._file)

    def write(self, page: Page) -> None:
        """Write what was decided; raises `Changed` where the file is not what was read."""
        file = self._file
        file.check_same()
        parts = self._splices(page) if self._fits_in_place(page) else None
        if parts is None:
            # A record of the old layout must not be read against the new one.
            file.confirm()
            file.replace(self._guarded(page))
            file.note(mark=0)
        elif parts:
            file.patch(file.record(Kind.SPLICE, parts))

    def _fits_in_place(self, page: Page) -> bool:
        return page.same_length() and not self._needs_whole_write() and self._file.kind is not None

    def _splices(self, page: Page) -> tuple[Part, ...] | None:
        parts: list[Part] = []
        for patch in sorted(page.patches, key=lambda patch: patch[:3]):
            if patch.old is not None:
                parts.append(Part(patch.id, patch.entry, patch.start, patch.old, patch.new))
            elif (found := self._differences(page.data, patch)) is not None:
                parts += found
            else:
                return None
        return tuple(parts)

    @staticmethod
    def _differences(data: bytes, patch: Patch) -> list[Part] | None:
        parts = []
        for at, old, new in splice.smallest(data[patch.start : patch.end], patch.new, patch.start):
            entry = data.rfind(b"\n* ", 0, at + 1) + 1
            identity = scan.entry_id(data, scan.span_at(data, entry))
            if identity is None:
                return None
            parts.append(Part(identity, entry, at, old, new))
        return parts

    def _guarded(self, page: Page) -> bytes:
        result = page.result()
        if self._file.kind is None:
            return result
        lost = _ids(page.data) - _ids(result) - page.removed
        if lost:
            raise Conflict(f"{page.path}: this change would drop {len(lost)} entries unasked")
        return self._file.with_header(result)


def _ids(data: bytes) -> set[bytes]:
    return {identity for identity, _ in scan.find_all_ids(data)}
