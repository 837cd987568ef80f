"""What a store can say of a file besides its content: for `doctor`, for nobody's decisions."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from orgpost.frozen import NamedTuple
from orgpost.store.journal_file import JournalFile
from orgpost.store.lock import FileLock
from orgpost.store.page import ROOT

if TYPE_CHECKING:
    from orgpost.clock import Clock
    from orgpost.store.disk import Disk
    from orgpost.store.watch import Editor, Watch

_OTHERS: Final = (".{}.swp", ".~lock.{}#")


class Inspection(NamedTuple):
    """`waiting` entries are not in the file yet, `unconfirmed` records not forgotten.

    `editor` says in words who has unsaved changes, `doubted_seconds` for how long already where
    the lock is of another host, so that nobody here can know whether its process lives.
    `others` names signs of other editors, `links` counts the names of the file, `mode` is its
    permission bits.  `restored` counts what an editor wrote over in this boot, and was put back.
    """

    path: str
    waiting: int
    unconfirmed: int
    journal_readable: bool
    editor: str | None
    doubted_seconds: float
    others: tuple[str, ...]
    links: int
    mode: int
    restored: int


class Inspector:
    """Looks, and sweeps what dead processes left; it changes no Org file."""

    def __init__(self, disk: Disk, clock: Clock, watch: Watch) -> None:
        self._disk, self._clock, self._watch = disk, clock, watch

    def inspect(self, path: str, waiting: int) -> Inspection:
        """Say what is known of a file; `waiting` comes from a view of it."""
        folder, _, name = path.rpartition("/")
        journal = JournalFile(self._disk, self._clock, path)
        reading = journal.peek()
        records = 0 if reading is None else len(reading.records)
        readable = reading is not None or not journal.exists()
        editor, doubted, links, mode = None, 0.0, 0, 0
        others: tuple[str, ...] = ()
        with suppress(FileNotFoundError), self._disk.folder(f"{ROOT}/{folder}") as fd:
            there = set(self._disk.calls.names(fd))
            others = tuple(sign.format(name) for sign in _OTHERS if sign.format(name) in there)
            found = self._disk.print_of(fd, name)
            holder = self._watch.editor(fd, name)
            if holder is not None:
                editor, doubted = holder.words(path), self._doubted_seconds(holder, fd, name)
            if found is not None:
                links, mode = found.st_nlink, found.st_mode & 0o777
        block = FileLock(self._disk, self._clock, path).peek()
        restored = 0 if block is None else block.restored
        facts = (editor, doubted, others, links, mode, restored)
        return Inspection(path, waiting, records, readable, *facts)

    def _doubted_seconds(self, holder: Editor, folder: int, name: str) -> float:
        if holder.host == self._disk.calls.host():
            return 0.0
        made = self._disk.calls.lstat(f".#{name}", folder=folder).st_mtime_ns
        return (self._clock.wall_ns() - made) / 1e9

    def left_over(self, folder: str) -> list[str]:
        """Name the scratch files of dead processes in a folder."""
        with suppress(FileNotFoundError), self._disk.folder(f"{ROOT}/{folder}") as fd:
            return self._disk.left_over(fd)
        return []

    def sweep(self, folder: str) -> list[str]:
        """Remove the scratch files of dead processes in a folder; names them."""
        with suppress(FileNotFoundError), self._disk.folder(f"{ROOT}/{folder}") as fd:
            return self._disk.sweep(fd)
        return []
