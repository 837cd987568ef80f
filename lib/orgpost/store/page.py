"""What a store hands out: a view to read, a page to change, a receipt for what was given to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from orgpost.frozen import NamedTuple
from orgpost.org import scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager
    from typing import TypeVar

    from orgpost.store.journal import Layout, Record

    T = TypeVar("T")

ROOT: Final = "org/messaging"
FOLDERS: Final = (
    *("inbox", "agents", "trays", "ledger", "changes"),
    *("triage", "engines", "archive", "files"),
)
MAX_SPLICE: Final = 65_536


class View(NamedTuple):
    """A file as every reader sees it: what it holds, then the entries that wait to be put in.

    `waiting` names those entries, `editor` who keeps them waiting, in words.  `outcomes` names the
    entries whose change was acknowledged and waits too: `data` has them as the file has them.
    `saving` says that somebody went on writing for longer than a reader waits.  `layout` says how
    the entries stand, where nothing but programs of ours can have moved one since.
    """

    data: bytes
    exists: bool
    waiting: frozenset[bytes] = frozenset()
    editor: str | None = None
    outcomes: frozenset[bytes] = frozenset()
    saving: bool = False
    layout: Layout | None = None


class Growth(NamedTuple):
    """What programs of ours added at the end of a file, and how its entries stand since."""

    data: bytes
    layout: Layout


class Outcome(NamedTuple):
    """A change that must not be lost to somebody's unsaved buffer: of which entry, and what."""

    id: bytes
    payload: bytes


class Tail(NamedTuple):
    """The end of a file, and the offset where it begins: 0 where it is the whole."""

    data: bytes
    start: int


class Receipt(NamedTuple):
    """What became of new entries: `stored` is "file" or "waiting"; `found` stopped them."""

    stored: str
    editor: str | None = None
    found: object = None


class Move(NamedTuple):
    """One entry that leaves its file: where it stands, and what it becomes where."""

    span: scan.Span
    target: str
    entry: bytes
    id: bytes


class Patch(NamedTuple):
    """Bytes of a page that become other bytes; `entry` and `id` say of which entry, if known."""

    start: int
    end: int
    new: bytes
    old: bytes | None = None
    entry: int = 0
    id: bytes = b""


class Sheet(Protocol):
    """A file while its lock is held, read as far as it is asked for."""

    def content(self) -> bytes:
        """Give all of it."""

    def piece(self, start: int, end: int) -> bytes:
        """Give a part of it."""

    def layout(self) -> Layout | None:
        """Say where its entries stand; None where nobody knows."""

    def since(self, layout: Layout) -> Sequence[Record] | None:
        """Give what was written since; None where entries may have moved."""

    def foreign_ns(self) -> int:
        """Say when somebody else's last write was seen; 0 is never."""


class Page:
    """A file while its lock is held. Nothing is written before the decision is over.

    `editor` says who has unsaved changes in it: then nothing is written at all.
    """

    def __init__(
        self,
        path: str,
        data: bytes | None = None,
        *,
        exists: bool,
        sheet: Sheet | None = None,
        editor: str | None = None,
    ) -> None:
        self.path, self.exists, self.editor = path, exists, editor
        self._data, self._sheet = data, sheet
        self.patches: list[Patch] = []
        self.removed: set[bytes] = set()

    @property
    def data(self) -> bytes:
        """The whole file."""
        if self._data is None:
            self._data = b"" if self._sheet is None else self._sheet.content()
        return self._data

    def at(self, start: int, end: int) -> bytes:
        """Give some of its bytes, without reading all of it."""
        if self._data is None and self._sheet is not None:
            return self._sheet.piece(start, end)
        return self.data[start:end]

    @property
    def layout(self) -> Layout | None:
        """Where the entries stand; None where nobody may rely on it later."""
        return None if self._sheet is None else self._sheet.layout()

    def since(self, layout: Layout) -> Sequence[Record] | None:
        """Give what was written since a layout was known; None where entries may have moved."""
        return None if self._sheet is None else self._sheet.since(layout)

    @property
    def foreign_ns(self) -> int:
        """When somebody else's last write was seen, in wall time; 0 is never."""
        return 0 if self._sheet is None else self._sheet.foreign_ns()

    def replace(self, span: tuple[int, int], new: bytes) -> None:
        """Let other bytes stand at `span`."""
        self.patches.append(Patch(*span, new))

    def change(self, entry: tuple[int, int], old: bytes, new: bytes, id: bytes) -> None:
        """Let an entry be other bytes; only what differs is written."""
        from orgpost.org.splice import smallest

        for start, before, after in smallest(old, new, entry[0]):
            end = start + len(before)
            self.patches.append(Patch(start, end, after, before, entry[0], id))

    def insert(self, offset: int, new: bytes) -> None:
        """Put bytes in."""
        self.patches.append(Patch(offset, offset, new))

    def remove(self, span: tuple[int, int]) -> None:
        """Take an entry out. An entry that nobody named is never dropped."""
        identity = scan.entry_id(self.data, scan.Span(*span))
        if identity is not None:
            self.removed.add(identity)
        self.patches.append(Patch(*span, b""))

    def rewrite(self, new: bytes) -> None:
        """Let the whole file be other bytes."""
        self.patches.append(Patch(0, len(self.data), new))

    def result(self) -> bytes:
        """Give the file with all patches in it."""
        pieces: list[bytes] = []
        at = 0
        for start, end, new, *_ in sorted(self.patches, key=lambda patch: patch[:3]):
            pieces += (self.data[at:start], new)
            at = end
        return b"".join((*pieces, self.data[at:]))

    def differs(self) -> bool:
        """Ask whether any patch changes anything."""
        return any(self._old(patch) != patch.new for patch in self.patches)

    def _old(self, patch: Patch) -> bytes:
        return self.data[patch.start : patch.end] if patch.old is None else patch.old

    def same_length(self) -> bool:
        """Ask whether every patch can be written in place."""
        fits = all(patch.end - patch.start == len(patch.new) for patch in self.patches)
        return fits and sum(len(patch.new) for patch in self.patches) <= MAX_SPLICE


class Store(Protocol):
    """Files of Org entries that people and programs write at the same time.

    Paths are relative to `org/messaging`: `inbox/tex.org`. Entries are bytes that begin with
    `* ` and end with a line end.
    """

    def view(self, path: str) -> View:
        """Read without a lock; a missing file is an empty view."""

    def tail(self, path: str, size: int) -> Tail:
        """Read the end of a file without a lock, with what waits: so many bytes, or more."""

    def is_being_saved(self, path: str) -> bool:
        """Ask whether a reader would have to wait now: somebody else may be in mid-write."""

    def growth(self, path: str, layout: Layout, size: int) -> Growth | None:
        """Give what was added behind so many bytes since; None where anything else happened."""

    def lock(self, name: str, *, seconds: float | None = None) -> AbstractContextManager[None]:
        """Hold a lock that is no file's, for what is decided over several files.

        It is taken before any file's: never while one is held. `Busy` where others have it longer.
        """

    def append(
        self,
        path: str,
        entries: Sequence[tuple[bytes, bytes]],
        *,
        unless: Callable[[View], object] | None = None,
    ) -> Receipt:
        """Add entries, each an id and its bytes, in order; on return they are synced.

        `unless` looks at the file under the lock; anything but None stops the write and comes
        back as `found`.
        """

    def edit(
        self,
        path: str,
        decide: Callable[[Page], T],
        *,
        outcome: Outcome | None = None,
        unwritten: bool = False,
    ) -> T:
        """Change a file: `decide` puts patches on the page. It may be called again, so it is pure.

        It is called again where somebody else wrote between the reading and the writing. While a
        person has unsaved changes in the file this waits, then says `Busy`; but with `outcome` it
        is decided at once (`page.editor` says who), and the outcome is kept, synced, and applied
        when the person's lock is gone; with `unwritten` it is only decided.
        """

    def move(self, path: str, decide: Callable[[Page], Sequence[Move]]) -> list[bytes]:
        """Move entries to other files; at no instant is one in neither. Gives the ids moved."""

    def names(self, folder: str) -> list[str]:
        """List the Org files of a folder, as paths."""

    def read(self, path: str) -> bytes | None:
        """Read a file that has no journal; None where it is missing."""

    def fingerprint(self, path: str) -> object:
        """Give what tells one state of such a file from another; None where nothing does."""

    def create(self, path: str, pieces: Iterable[bytes]) -> None:
        """Make a file that was not there, synced, with its folders; `Exists` where it is."""

    def quarantine(self, path: str, reason: str, data: bytes, **facts: object) -> str:
        """Keep bytes that could not stay where they were; gives the name they have there."""

    def close(self) -> None:
        """Confirm what can be confirmed, and let go."""
