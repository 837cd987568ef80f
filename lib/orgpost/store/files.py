"""`FileStore`: Org files that programs and people write at the same time, with nothing lost.

The only door to `orgpost.store.disk`.  Readers take no lock; who writes goes through
`orgpost.store.writer`.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING

from orgpost.clock import Clock
from orgpost.errors import Exists
from orgpost.store.calls import Calls
from orgpost.store.disk import Disk, trouble
from orgpost.store.page import ROOT, Growth, Move, Outcome, Page, Receipt, Tail, View
from orgpost.store.reader import Reader
from orgpost.store.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Self, TypeVar

    from orgpost.store.held import Apply, Held
    from orgpost.store.inspection import Inspection, Inspector
    from orgpost.store.journal import Layout
    from orgpost.store.lock import FileLock
    from orgpost.store.quarantine import Kept, Quarantine
    from orgpost.store.rows import Rows
    from orgpost.store.writer import Writer

    T = TypeVar("T")


class FileStore:
    """The files below `org/messaging` of one space.

    `sync` is "full" or "off" (safe against kills, not against power cuts); `lock_seconds` is the
    longest wait for a lock or for an editor. `apply` makes of an entry's bytes, its file's kind and
    an outcome that waited the new bytes; None is: a person was faster.
    """

    def __init__(
        self,
        space: str | os.PathLike[str],
        clock: Clock | None = None,
        *,
        sync: str = "full",
        lock_seconds: float = 10.0,
        calls: Calls | None = None,
        apply: Apply | None = None,
    ) -> None:
        self.clock, self._apply = clock or Clock(), apply
        self.disk = Disk(os.fspath(space), calls or Calls(), sync=sync == "full")
        self.watch = Watch(self.disk, self.clock)
        self._lock_seconds = lock_seconds
        self._locks: dict[str, FileLock] = {}
        self._reader = Reader(self.disk, self.clock, self.watch, self.settle)

    # A command that only lists mail must not pay, at each start, for what it does not use.

    @cached_property
    def _writer(self) -> Writer:
        from orgpost.store.writer import Writer

        facts = (self.disk, self.clock, self.watch, self._quarantine)
        return Writer(*facts, lock_seconds=self._lock_seconds, apply=self._apply)

    @cached_property
    def _quarantine(self) -> Quarantine:
        from orgpost.store.quarantine import Quarantine

        return Quarantine(self.disk, self.clock)

    @cached_property
    def rows(self) -> Rows:
        """The tables that are only appended to: the ledger."""
        from orgpost.store.rows import Rows

        return Rows(self.disk, self.clock, self.watch, lock_seconds=self._lock_seconds)

    @cached_property
    def _inspector(self) -> Inspector:
        from orgpost.store.inspection import Inspector

        return Inspector(self.disk, self.clock, self.watch)

    # -- reading -------------------------------------------------------------------------------

    def view(self, path: str) -> View:
        """Read a file without a lock: what it holds, then what waits to be put into it."""
        return self._reader.view(path)

    def tail(self, path: str, size: int) -> Tail:
        """Read the end of a file without a lock, with what waits: so many bytes, or more."""
        return self._reader.tail(path, size)

    def is_being_saved(self, path: str) -> bool:
        """Ask whether a reader would have to wait now: somebody else may be in mid-write."""
        return self._reader.is_being_saved(path)

    def growth(self, path: str, layout: Layout, size: int) -> Growth | None:
        """Give what was added behind so many bytes since; None where anything else happened."""
        return self._reader.growth(path, layout, size)

    def read(self, path: str) -> bytes | None:
        """Read a file that has no journal; None where it is missing."""
        folder, _, name = path.rpartition("/")
        with trouble(path, "read"), suppress(FileNotFoundError):
            with self.disk.folder(f"{ROOT}/{folder}") as fd:
                found = self.disk.read(fd, name)
            return None if found is None else found[0]
        return None

    def fingerprint(self, path: str) -> object:
        """Give what tells one state of such a file from another; None where nothing does."""
        return self.disk.fingerprint(f"{ROOT}/{path}", self.clock.wall_ns())

    def names(self, folder: str) -> list[str]:
        """List the Org files of a folder, as paths, sorted."""
        with trouble(folder, "list"), suppress(FileNotFoundError):
            with self.disk.folder(f"{ROOT}/{folder}") as fd:
                names = self.disk.calls.names(fd)
            org = (name for name in names if name.endswith(".org") and not name.startswith("."))
            return sorted(f"{folder}/{name}" for name in org)
        return []

    # -- writing -------------------------------------------------------------------------------

    @contextmanager
    def lock(self, name: str, *, seconds: float | None = None) -> Iterator[None]:
        """Hold a lock that is no file's, for what is decided over several files.

        It is taken before any file's: never while one is held. `Busy` where others have it longer.
        """
        from orgpost.store.lock import FileLock

        lock = self._locks.setdefault(name, FileLock(self.disk, self.clock, name))
        lock.acquire(self._lock_seconds if seconds is None else seconds)
        try:
            yield
        finally:
            lock.release()

    def append(
        self,
        path: str,
        entries: Sequence[tuple[bytes, bytes]],
        *,
        unless: Callable[[View], object] | None = None,
    ) -> Receipt:
        """Add entries, each an id and its bytes, in order; on return they are synced."""
        return self._writer.append(path, entries, unless=unless)

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
        return self._writer.edit(path, decide, outcome=outcome, unwritten=unwritten)

    def move(self, path: str, decide: Callable[[Page], Sequence[Move]]) -> list[bytes]:
        """Move entries to other files: into the target, confirmed there, then out of the source.

        At no instant is one in neither file. Gives the ids that moved.
        """
        return self._writer.move(path, self.view(path), decide)

    def create(self, path: str, pieces: Iterable[bytes]) -> None:
        """Make a file that was not there, synced, with its folders; `Exists` where it is."""
        folder, _, name = path.rpartition("/")
        with trouble(path, "create"), self.disk.folder(f"{ROOT}/{folder}", make=True) as fd:
            try:
                self.disk.create(fd, name, pieces, mode=self.disk.new_mode())
            except FileExistsError:
                raise Exists(path) from None

    def quarantine(self, path: str, reason: str, data: bytes, **facts: object) -> str:
        """Keep bytes that could not stay where they were; gives the name they have there."""
        return self._quarantine.keep(path, reason, data, **facts)

    def held(self, path: str, *, seconds: float | None = None) -> AbstractContextManager[Held]:
        """Hold the lock of a file; nothing is settled yet."""
        return self._writer.held(path, seconds=seconds)

    def settle(self, path: str, *, seconds: float = 0.0) -> View | None:
        """Put right what is left over, with one try for the lock; None where it is held."""
        return self._writer.settle(path, seconds=seconds)

    # -- for doctor ----------------------------------------------------------------------------

    def inspect(self, path: str) -> Inspection:
        """Say what is known of a file besides its content."""
        view = self.view(path)
        return self._inspector.inspect(path, len(view.waiting) + len(view.outcomes))

    def confirm(self, path: str) -> None:
        """Put in what waits, sync the file, and forget its records: its journal is empty then.

        Where an editor keeps the file from us, what waits stays in the journal.
        """
        self._writer.confirm(path)

    def forget_restored(self, path: str) -> None:
        """Begin to count anew how often editors wrote over what had come."""
        self._writer.forget_restored(path)

    def left_over(self, folder: str) -> list[str]:
        """Name the scratch files that dead processes left in a folder."""
        return self._inspector.left_over(folder)

    def sweep(self, folder: str) -> list[str]:
        """Remove the scratch files that dead processes left in a folder; names them."""
        return self._inspector.sweep(folder)

    def quarantined(self) -> list[Kept]:
        """Give what is in quarantine, oldest first."""
        return list(self._quarantine.list())

    def overtaken(self) -> list[str]:
        """Name the files in which this store found that a person took back what it had told of."""
        found = self._quarantine.overtaken if "_quarantine" in vars(self) else []
        return list(dict.fromkeys(found))

    def drop_quarantined(self, name: str) -> None:
        """Remove one thing from quarantine."""
        self._quarantine.drop(name)

    # -- the end -------------------------------------------------------------------------------

    def close(self) -> None:
        """Put in what only waited for a save to end, and let go."""
        if "_writer" in vars(self):
            self._writer.close()
        for lock in self._locks.values():
            lock.close()
        self._locks.clear()
        if "rows" in vars(self):
            self.rows.close()
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


def make_private(space: Path, folder: str) -> None:
    """Make a folder that is for one space's own programs; `.orgpost` keeps itself out of git."""
    private = space / ".orgpost"
    private.mkdir(mode=0o700, exist_ok=True)
    if not (private / ".gitignore").exists():
        with suppress(Exists):
            create_file(private / ".gitignore", b"*\n")
    (space / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
