"""The writing side of a store: one lock per file, and Emacs's for as long as one write lasts.

It is loaded by the first write: whoever only reads does not pay for it.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from orgpost.errors import Busy, Conflict, OrgpostError
from orgpost.store.disk import KeptFolder, trouble
from orgpost.store.held import SAVING, Held, Waits
from orgpost.store.journal_file import JournalFile
from orgpost.store.keeper import Changed, Keeper
from orgpost.store.lock import FileLock
from orgpost.store.page import ROOT, Move, Page, Receipt, View
from orgpost.store.watch import SAVE_SECONDS, Watch

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from orgpost.clock import Clock
    from orgpost.store.disk import Disk
    from orgpost.store.held import Apply
    from orgpost.store.journal import Part
    from orgpost.store.page import Outcome
    from orgpost.store.quarantine import Quarantine

    T = TypeVar("T")

_TRIES: Final = 5
_LOOK_AGAIN_SECONDS: Final = 0.05


class _Box:
    """What this process keeps of one file: its lock, its journal, and the folder that it is in."""

    def __init__(self, disk: Disk, clock: Clock, path: str) -> None:
        self._disk, self._path = disk, path
        self.lock = FileLock(disk, clock, path)
        self.journal = JournalFile(disk, clock, path)
        self.folder = KeptFolder(disk, f"{ROOT}/{path.rpartition('/')[0]}")
        self._rights: object = None

    def check_before_all(self) -> None:
        """Not even a lock is made where nothing could be written."""
        folder, there = self.folder.open()
        self.check_writable(
            folder, there, self._disk.print_of(folder, self._path.rpartition("/")[2])
        )

    def check_writable(
        self, folder: int, there: os.stat_result, found: os.stat_result | None
    ) -> None:
        """Refuse what could not be written; asked again only where the rights are others."""
        rights = _rights(there), _rights(found)
        if rights != self._rights:
            Held.check_writable(self._disk, folder, self._path, found)
            self._rights = rights

    def close(self) -> None:
        self.lock.close()
        self.journal.close()
        self.folder.close()


def _rights(found: os.stat_result | None) -> object:
    return None if found is None else (found.st_mode, found.st_uid, found.st_gid)


class Holding:
    """The lock of one file for one block; an `OSError` in it becomes one of ours."""

    __slots__ = ("_lock", "_path", "_seconds", "_writer")

    def __init__(self, writer: Writer, path: str, seconds: float) -> None:
        self._writer, self._path, self._seconds = writer, path, seconds
        self._lock: FileLock | None = None

    def __enter__(self) -> Held:
        """Take it."""
        with trouble(self._path, "open"):
            self._lock, held = self._writer.take(self._path, self._seconds)
        return held

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Give it back."""
        with trouble(self._path, "open"):
            if self._lock is not None:
                self._lock.release()
            if isinstance(error, OSError):
                raise error


class Writer:
    """What `FileStore` writes with."""

    def __init__(
        self,
        disk: Disk,
        clock: Clock,
        watch: Watch,
        quarantine: Quarantine,
        *,
        lock_seconds: float,
        apply: Apply | None = None,
    ) -> None:
        self._disk, self._clock, self._watch, self._apply = disk, clock, watch, apply
        self._quarantine, self._lock_seconds = quarantine, lock_seconds
        self._boxes: dict[str, _Box] = {}
        self._left_waiting: set[str] = set()

    def append(
        self,
        path: str,
        entries: Sequence[tuple[bytes, bytes]],
        *,
        unless: Callable[[View], object] | None = None,
    ) -> Receipt:
        """Add entries, each an id and its bytes, in order; on return they are synced."""
        for attempt in range(_TRIES):
            try:
                with self.held(path) as held:
                    return self._append(held, path, entries, unless, again=attempt > 0)
            except Changed:
                continue
        raise Conflict(f"{path} is being written by another program again and again")

    def _append(
        self,
        held: Held,
        path: str,
        entries: Sequence[tuple[bytes, bytes]],
        unless: Callable[[View], object] | None,
        *,
        again: bool,
    ) -> Receipt:
        with suppress(Waits):
            held.settle()
        if again and not (entries := held.missing(entries)):
            return Receipt("file")
        if unless is not None and (found := unless(held.view())) is not None:
            return Receipt("file", found=found)
        why = held.append(entries)
        if why is None:
            return Receipt("file")
        self._left_waiting.add(path)
        return Receipt("waiting", editor=None if why == SAVING else why)

    def edit(
        self,
        path: str,
        decide: Callable[[Page], T],
        *,
        outcome: Outcome | None = None,
        unwritten: bool = False,
    ) -> T:
        """Change a file as `decide` says, which may be asked again; it must be pure.

        Raises `Busy` where a person has unsaved changes for longer than `lock_seconds`, and
        `Conflict` where another program wrote in between five times.
        """

        def attempt() -> T:
            with self.held(path) as held:
                try:
                    with held.alone():
                        return self._decided(held, decide)
                except Waits as reason:
                    if reason.editor is None or not (unwritten or outcome):
                        raise
                result = decide(held.unwritten_page())
                if outcome is not None:
                    held.keep(outcome)
                    self._left_waiting.add(path)
                return result

        return self._until_done(path, attempt)

    @staticmethod
    def _decided(held: Held, decide: Callable[[Page], T]) -> T:
        page = held.page()
        result = decide(page)
        if page.differs():
            held.write(page)
        return result

    def move(self, path: str, view: View, decide: Callable[[Page], Sequence[Move]]) -> list[bytes]:
        """Move entries to other files: into the target, confirmed there, then out of the source.

        At no instant is one in neither file. Gives the ids that moved.
        """
        planned = decide(Page(path, view.data, exists=view.exists))
        moved: list[bytes] = []
        for target in dict.fromkeys(move.target for move in planned):
            moved += self._until_done(path, partial(self._move_to, target, path, decide))
        return moved

    def _move_to(
        self, target: str, path: str, decide: Callable[[Page], Sequence[Move]]
    ) -> list[bytes]:
        with ExitStack() as stack:
            # Two locks are always taken in path order: else two movers could wait for each other.
            held = {name: stack.enter_context(self.held(name)) for name in sorted((path, target))}
            held[target].settle()
            with held[path].alone():
                page = held[path].page()
                chosen = [move for move in decide(page) if move.target == target]
                held[target].receive([(move.id, move.entry) for move in chosen])
                for move in chosen:
                    page.remove(move.span)
                if chosen:
                    held[path].write(page)
                return [move.id for move in chosen]

    def _until_done(self, path: str, attempt: Callable[[], T]) -> T:
        deadline = self._clock.monotonic() + self._lock_seconds
        tries = 0
        while True:
            try:
                return attempt()
            except Changed:
                tries += 1
                if tries == _TRIES:
                    raise Conflict(f"{path} is being written by another program") from None
            except Waits as reason:
                if self._clock.monotonic() >= deadline:
                    raise Busy(path, str(reason)) from None
                self._clock.sleep(_LOOK_AGAIN_SECONDS)

    # -- one file ------------------------------------------------------------------------------

    def held(self, path: str, *, seconds: float | None = None) -> Holding:
        """Hold the lock of a file for one block; nothing is settled yet."""
        return Holding(self, path, self._lock_seconds if seconds is None else seconds)

    def take(self, path: str, seconds: float) -> tuple[FileLock, Held]:
        """Take the lock of a file, which is to be released."""
        box = self._box(path)
        box.lock.acquire(seconds)
        try:
            return box.lock, self._hold(path, box)
        except BaseException:
            box.lock.release()
            raise

    def _hold(self, path: str, box: _Box) -> Held:
        folder, there = box.folder.open()
        keeper = Keeper(
            path,
            folder,
            disk=self._disk,
            clock=self._clock,
            lock=box.lock,
            journal=box.journal,
            report=self._report,
        )
        box.check_writable(folder, there, keeper.found)
        return Held(keeper, self._watch, self._apply)

    def _box(self, path: str) -> _Box:
        box = self._boxes.get(path)
        if box is None:
            new = _Box(self._disk, self._clock, path)
            try:
                new.check_before_all()
                box = self._boxes.setdefault(path, new)
            finally:
                if box is not new:
                    new.close()
        return box

    def _report(self, reason: str, path: str, part: Part) -> None:
        facts = {"id": part.id.decode("utf-8", "replace"), "offset": part.offset}
        self._quarantine.keep(path, reason, part.new, **facts)

    def settle(self, path: str, *, seconds: float = 0.0) -> View | None:
        """Put right what is left over, with one try for the lock; None where it is held."""
        try:
            with self.held(path, seconds=seconds) as held:
                held.settle()
                return held.view()
        except (OrgpostError, Changed, Waits, FileNotFoundError):
            return None

    def forget_restored(self, path: str) -> None:
        """Begin to count anew what editors wrote over."""
        with suppress(Waits), self.held(path) as held:
            held.forget_restored()

    def confirm(self, path: str) -> None:
        """Put in what waits, sync the file, and forget its records: its journal is empty then.

        Where an editor keeps the file from us, what waits stays in the journal.
        """
        with suppress(Changed, Waits), self.held(path) as held:
            held.settle()
            held.confirm()

    def close(self) -> None:
        """Put in what only waited for a save to end, and let go."""
        deadline = self._clock.monotonic() + SAVE_SECONDS
        for path in sorted(self._left_waiting):
            while self.settle(path) is None and self._clock.monotonic() < deadline:
                self._clock.sleep(_LOOK_AGAIN_SECONDS)
        self._left_waiting.clear()
        for box in self._boxes.values():
            box.close()
        self._boxes.clear()
