"""`FileStore`: Org files that programs and people write at the same time, with nothing lost.

The only door to `orgpost.store.disk`.  Readers take no lock; writers hold one lock per file, and
Emacs's for as long as one write lasts.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from orgpost.clock import Clock
from orgpost.errors import Busy, Conflict, Exists, OrgpostError
from orgpost.store.calls import Calls
from orgpost.store.disk import Disk, trouble
from orgpost.store.held import SAVING, Held, Waits
from orgpost.store.inspection import Inspection, Inspector
from orgpost.store.journal_file import JournalFile
from orgpost.store.keeper import Changed, Keeper
from orgpost.store.lock import FileLock
from orgpost.store.page import ROOT, Move, Page, Receipt, View
from orgpost.store.quarantine import Kept, Quarantine
from orgpost.store.reader import Reader
from orgpost.store.watch import SAVE_SECONDS, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import Self, TypeVar

    from orgpost.store.journal import Part

    T = TypeVar("T")

_TRIES: Final = 5
_LOOK_AGAIN_SECONDS: Final = 0.05


class _Box:
    """What this process keeps of one file: its lock and its journal."""

    def __init__(self, disk: Disk, clock: Clock, path: str) -> None:
        self.lock = FileLock(disk, clock, path)
        self.journal = JournalFile(disk, clock, path)

    def close(self) -> None:
        self.lock.close()
        self.journal.close()


class FileStore:
    """The files below `org/messaging` of one space.

    `sync` is "full" or "off" (safe against kills, not against power cuts); `lock_seconds` is the
    longest wait for a lock or for an editor.
    """

    def __init__(
        self,
        space: str | os.PathLike[str],
        clock: Clock | None = None,
        *,
        sync: str = "full",
        lock_seconds: float = 10.0,
        calls: Calls | None = None,
    ) -> None:
        self.clock = clock or Clock()
        self.disk = Disk(os.fspath(space), calls or Calls(), sync=sync == "full")
        self.watch = Watch(self.disk, self.clock)
        self._lock_seconds = lock_seconds
        self._boxes: dict[str, _Box] = {}
        self._left_waiting: set[str] = set()
        self._inspector = Inspector(self.disk, self.clock, self.watch)
        self._quarantine = Quarantine(self.disk, self.clock)
        self._reader = Reader(self.disk, self.clock, self.watch, self.settle)

    # -- reading -------------------------------------------------------------------------------

    def view(self, path: str) -> View:
        """Read a file without a lock: what it holds, then what waits to be put into it."""
        return self._reader.view(path)

    def read(self, path: str) -> bytes | None:
        """Read a file that has no journal; None where it is missing."""
        folder, _, name = path.rpartition("/")
        with trouble(path, "read"), suppress(FileNotFoundError):
            with self.disk.folder(f"{ROOT}/{folder}") as fd:
                found = self.disk.read(fd, name)
            return None if found is None else found[0]
        return None

    def names(self, folder: str) -> list[str]:
        """List the Org files of a folder, as paths, sorted."""
        with trouble(folder, "list"), suppress(FileNotFoundError):
            with self.disk.folder(f"{ROOT}/{folder}") as fd:
                names = self.disk.calls.names(fd)
            org = (name for name in names if name.endswith(".org") and not name.startswith("."))
            return sorted(f"{folder}/{name}" for name in org)
        return []

    # -- writing -------------------------------------------------------------------------------

    def append(
        self,
        path: str,
        entries: Sequence[tuple[bytes, bytes]],
        *,
        unless: Callable[[View], object] | None = None,
    ) -> Receipt:
        """Add entries, each an id and its bytes, in order; on return they are synced."""
        for attempt in range(_TRIES):
            with suppress(Changed), self.held(path) as held:
                with suppress(Waits):
                    held.settle()
                if attempt and not (entries := held.missing(entries)):
                    return Receipt("file")
                if unless is not None and (found := unless(held.view())) is not None:
                    return Receipt("file", found=found)
                why = held.append(entries)
                if why is None:
                    return Receipt("file")
                self._left_waiting.add(path)
                return Receipt("waiting", editor=None if why == SAVING else why)
        raise Conflict(f"{path} is being written by another program again and again")

    def edit(self, path: str, decide: Callable[[Page], T]) -> T:
        """Change a file as `decide` says, which may be asked again; it must be pure.

        Raises `Busy` where a person has unsaved changes for longer than `lock_seconds`, and
        `Conflict` where another program wrote in between five times.
        """

        def attempt() -> T:
            with self.held(path) as held, held.alone():
                page = held.page()
                result = decide(page)
                if page.differs():
                    held.write(page)
                return result

        return self._until_done(path, attempt)

    def move(self, path: str, decide: Callable[[Page], Sequence[Move]]) -> list[bytes]:
        """Move entries to other files: into the target, confirmed there, then out of the source.

        At no instant is one in neither file. Gives the ids that moved.
        """
        view = self.view(path)
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
        deadline = self.clock.monotonic() + self._lock_seconds
        tries = 0
        while True:
            try:
                return attempt()
            except Changed:
                tries += 1
                if tries == _TRIES:
                    raise Conflict(f"{path} is being written by another program") from None
            except Waits as reason:
                if self.clock.monotonic() >= deadline:
                    raise Busy(path, str(reason)) from None
                self.clock.sleep(_LOOK_AGAIN_SECONDS)

    def create(self, path: str, pieces: Iterable[bytes]) -> None:
        """Make a file that was not there, synced, with its folders; `Exists` where it is."""
        folder, _, name = path.rpartition("/")
        with trouble(path, "create"), self.disk.folder(f"{ROOT}/{folder}", make=True) as fd:
            try:
                self.disk.create(fd, name, pieces, mode=self.disk.new_mode())
            except FileExistsError:
                raise Exists(path) from None

    def quarantine(self, path: str, reason: str, data: bytes, **facts: object) -> None:
        """Keep bytes that could not stay where they were."""
        self._quarantine.keep(path, reason, data, **facts)

    # -- one file ------------------------------------------------------------------------------

    @contextmanager
    def held(self, path: str, *, seconds: float | None = None) -> Iterator[Held]:
        """Hold the lock of a file; nothing is settled yet."""
        folder, _, _ = path.rpartition("/")
        with trouble(path, "open"), self.disk.folder(f"{ROOT}/{folder}", make=True) as fd:
            Held.check_writable(self.disk, fd, path)
            box = self._box(path)
            box.lock.acquire(self._lock_seconds if seconds is None else seconds)
            try:
                yield self._hold(path, fd, box)
            finally:
                box.lock.release()

    def _hold(self, path: str, folder: int, box: _Box) -> Held:
        keeper = Keeper(
            path,
            folder,
            disk=self.disk,
            clock=self.clock,
            lock=box.lock,
            journal=box.journal,
            report=self._report,
        )
        return Held(keeper, self.watch)

    def _box(self, path: str) -> _Box:
        return self._boxes.setdefault(path, _Box(self.disk, self.clock, path))

    def _report(self, reason: str, path: str, part: Part) -> None:
        facts = {"id": part.id.decode("utf-8", "replace"), "offset": part.offset}
        self._quarantine.keep(path, reason, part.new, **facts)

    def settle(self, path: str, *, seconds: float = 0.0) -> View | None:
        """Put right what is left over, with one try for the lock; None where it is held."""
        try:
            with self.held(path, seconds=seconds) as held:
                held.settle()
                return held.view()
        except (OrgpostError, Changed, Waits):
            return None

    # -- for doctor ----------------------------------------------------------------------------

    def inspect(self, path: str) -> Inspection:
        """Say what is known of a file besides its content."""
        return self._inspector.inspect(path, len(self.view(path).waiting))

    def confirm(self, path: str) -> None:
        """Put in what waits, sync the file, and forget its records: its journal is empty then.

        Where an editor keeps the file from us, what waits stays in the journal.
        """
        with suppress(Changed, Waits), self.held(path) as held:
            held.settle()
            held.confirm()

    def left_over(self, folder: str) -> list[str]:
        """Name the scratch files that dead processes left in a folder."""
        return self._inspector.left_over(folder)

    def sweep(self, folder: str) -> list[str]:
        """Remove the scratch files that dead processes left in a folder; names them."""
        return self._inspector.sweep(folder)

    def quarantined(self) -> list[Kept]:
        """Give what is in quarantine, oldest first."""
        return list(self._quarantine.list())

    def drop_quarantined(self, name: str) -> None:
        """Remove one thing from quarantine."""
        self._quarantine.drop(name)

    # -- the end -------------------------------------------------------------------------------

    def close(self) -> None:
        """Put in what only waited for a save to end, and let go."""
        deadline = self.clock.monotonic() + SAVE_SECONDS
        for path in sorted(self._left_waiting):
            while self.settle(path) is None and self.clock.monotonic() < deadline:
                self.clock.sleep(_LOOK_AGAIN_SECONDS)
        self._left_waiting.clear()
        for box in self._boxes.values():
            box.close()
        self._boxes.clear()
        self.watch.close()

    def __enter__(self) -> Self:
        """Use it for one block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go."""
        self.close()


def replace_file(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Put a file in place of another, anywhere: scratch, sync, rename, sync of the folder.

    The mode of what was there is kept, where none is given; a new file is private.
    """
    disk = Disk(os.fspath(path.parent), Calls(), sync=True)
    with trouble(str(path), "write"), disk.folder("") as folder:
        found = disk.print_of(folder, path.name)
        like = mode if mode is not None else found if found is not None else 0o600
        disk.replace(folder, path.name, data, like=like)


def create_file(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Make a file anywhere that was not there, synced; `Exists` where it is."""
    disk = Disk(os.fspath(path.parent), Calls(), sync=True)
    with trouble(str(path), "write"), disk.folder("") as folder:
        try:
            disk.create(folder, path.name, [data], mode=mode)
        except FileExistsError:
            raise Exists(str(path)) from None
