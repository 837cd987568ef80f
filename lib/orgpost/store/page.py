"""What a store hands out: a view to read, a page to change, a receipt for what was given to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from orgpost.frozen import NamedTuple
from orgpost.org import scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager
    from typing import TypeVar

    T = TypeVar("T")

ROOT: Final = "org/messaging"
FOLDERS: Final = (
    *("inbox", "agents", "trays", "ledger", "changes"),
    *("triage", "engines", "archive", "files"),
)
MAX_SPLICE: Final = 65_536


class View(NamedTuple):
    """A file as every reader sees it: what it holds, then the entries that wait to be put in.

    `waiting` names those entries, `editor` who keeps them waiting, in words.
    """

    data: bytes
    exists: bool
    waiting: frozenset[bytes] = frozenset()
    editor: str | None = None


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
    """Bytes of a page that become other bytes."""

    start: int
    end: int
    new: bytes


class Page:
    """A file while its lock is held. Nothing is written before the decision is over."""

    def __init__(self, path: str, data: bytes, *, exists: bool) -> None:
        self.path, self.data, self.exists = path, data, exists
        self.patches: list[Patch] = []
        self.removed: set[bytes] = set()

    def replace(self, span: tuple[int, int], new: bytes) -> None:
        """Let other bytes stand at `span`."""
        self.patches.append(Patch(*span, new))

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
        for start, end, new in sorted(self.patches):
            pieces += (self.data[at:start], new)
            at = end
        return b"".join((*pieces, self.data[at:]))

    def differs(self) -> bool:
        """Ask whether any patch changes anything."""
        return any(self.data[start:end] != new for start, end, new in self.patches)

    def same_length(self) -> bool:
        """Ask whether every patch can be written in place."""
        sizes = [len(new) for _, _, new in self.patches]
        fits = all(end - start == len(new) for start, end, new in self.patches)
        return fits and sum(sizes) <= MAX_SPLICE


class Store(Protocol):
    """Files of Org entries that people and programs write at the same time.

    Paths are relative to `org/messaging`: `inbox/tex.org`. Entries are bytes that begin with
    `* ` and end with a line end.
    """

    def view(self, path: str) -> View:
        """Read without a lock; a missing file is an empty view."""

    def tail(self, path: str, size: int) -> Tail:
        """Read the end of a file without a lock, with what waits: so many bytes, or more."""

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

    def edit(self, path: str, decide: Callable[[Page], T]) -> T:
        """Change a file: `decide` puts patches on the page. It may be called again, so it is pure.

        It is called again where somebody else wrote between the reading and the writing.
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
