"""`Sight`: what moved files mean for the boxes that somebody follows.

It keeps a snapshot of each file that a followed box needs, looks again when it is told that the
file moved, and tells the difference. Looks from several threads come one after the other, and are
told in their order; what is told can be read at that moment by everybody, what waits included.
"""

from __future__ import annotations

import re
from threading import RLock
from typing import TYPE_CHECKING, Final

from orgpost.errors import OrgpostError
from orgpost.names import NAME
from orgpost.org import scan
from orgpost.org.syntax import kind_of
from orgpost.watching.change import (
    EDIT,
    GONE,
    MAIL,
    NEW,
    STATE,
    WORK,
    Change,
    News,
    Round,
    Told,
    boxes_of,
    sort_into_boxes,
)
from orgpost.watching.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from orgpost.clock import Clock
    from orgpost.contact import Contacts
    from orgpost.org.syntax import FileKind
    from orgpost.store.journal import Layout
    from orgpost.store.page import Store, View
    from orgpost.watching.entries import Row
    from orgpost.watching.snapshot import Compared, Difference

GONE_SECONDS: Final = 2.0
_SAVING_SECONDS: Final = 2.0
_AGAIN_SECONDS: Final = 0.05
_UNREADABLE_SECONDS: Final = 1.0
_BOX: Final = rf"(inbox|marks|sent|agents|trays)/({NAME})"
_PATH: Final = rf"(inbox|agents|trays)/({NAME})\.org"


class _File:
    """What is known of one file; `lost` says that nobody could say what became of it."""

    def __init__(self, path: str, kind: FileKind, snapshot: Snapshot) -> None:
        self.path, self.kind, self.snapshot = path, kind, snapshot
        self.folder, _, name = path.partition("/")
        self.name = name.removesuffix(".org")
        self.existed = self.lost = False
        self.layout: Layout | None = None
        self.again: float | None = None
        self.missing_since: float | None = None
        self.saving_since: float | None = None


class Sight:
    """Knows the files behind the boxes that are followed.

    `contacts` gives the registry that decides tiers, `tell` is called with each round: under the
    lock of the sight, from whichever thread looked, so it must be quick and never wait.
    """

    def __init__(
        self,
        store: Store,
        contacts: Callable[[], Contacts],
        clock: Clock,
        tell: Callable[[Round], None],
    ) -> None:
        self._store, self._contacts, self._clock, self._tell = store, contacts, clock, tell
        self._files: dict[str, _File] = {}
        self._troubles: dict[str, str] = {}
        self._all_mail = False
        self._lock = RLock()
        self.searched = 0

    # -- following -----------------------------------------------------------------------------

    def follow(self, box: str) -> None:
        """Begin to know a box; on return whatever changes from now on will be told.

        To follow ``sent/ACTOR`` reads every inbox once. Raises `ValueError` for what is no box.
        """
        found = re.fullmatch(_BOX, box)
        if found is None:
            message = f"{box!r} is no box of files"
            raise ValueError(message)
        with self._lock:
            if found[1] == "sent":
                self._follow_all_mail()
            else:
                folder = found[1] if found[1] in WORK else MAIL
                self._begin(f"{folder}/{found[2]}.org")

    def _follow_all_mail(self) -> None:
        if self._all_mail:
            return
        for path in self._store.names(MAIL):
            if re.fullmatch(_PATH, path):
                self._begin(path)
        # From here on an inbox that nobody knew is one that was not there.
        self._all_mail = True

    def _begin(self, path: str) -> None:
        kind = kind_of(path)
        if path in self._files or kind is None:
            return
        file = _File(path, kind, Snapshot.of(b"", kind))
        try:
            view = self._store.view(path)
            file.existed = view.exists
            file.snapshot = Snapshot.of(self._content(file, view), kind)
            file.layout = view.layout
        except OrgpostError as error:
            file.lost, self._troubles[path] = True, str(error)
            file.again = self._clock.monotonic() + _UNREADABLE_SECONDS
        self._files[path] = file

    def known(self, box: str) -> list[Change]:
        """Give all that is in a followed box, as if it were new, in the order of the files."""
        kind, _, name = box.partition("/")
        folder = kind if kind in WORK else MAIL
        with self._lock:
            paths = sorted(self._files) if kind == "sent" else [f"{folder}/{name}.org"]
            return [
                self._change(file, NEW, row)
                for path in paths
                if (file := self._files.get(path)) is not None and file.folder == folder
                for row in sorted(file.snapshot.first_rows())
                if kind != "sent" or row.sender == name
            ]

    # -- looking -------------------------------------------------------------------------------

    def look(self, paths: Iterable[str] = (), *, everything: bool = False) -> None:
        """Look at files that moved, and at those that are due; tell what became of them.

        Paths are below org/messaging; those that nobody follows are passed over.
        """
        with self._lock:
            moved = {*paths, *(self._files if everything else ())}
            troubles = dict(self._troubles)
            news = [each for path in self._due(moved) for each in self._look(path)]
            contacts = bool({"contacts.yaml", "helpers.org"} & moved)
            if news or contacts or troubles != self._troubles:
                self._tell(Round(_merged(news), contacts, tuple(self._troubles.items())))

    def due(self) -> float | None:
        """Say in how many seconds a file must be looked at again; None where none must."""
        with self._lock:
            times = [file.again for file in self._files.values() if file.again is not None]
            return max(min(times) - self._clock.monotonic(), 0.0) if times else None

    def _due(self, moved: set[str]) -> list[str]:
        now = self._clock.monotonic()
        due = {p for p, file in self._files.items() if file.again is not None and file.again <= now}
        return sorted(path for path in moved | due if self._is_followed(path))

    def _is_followed(self, path: str) -> bool:
        if path in self._files:
            return True
        if not self._all_mail or not path.startswith(f"{MAIL}/") or not re.fullmatch(_PATH, path):
            return False
        kind = kind_of(path)
        if kind is not None:
            self._files[path] = _File(path, kind, Snapshot.of(b"", kind))
        return kind is not None

    def _look(self, path: str) -> Sequence[News]:
        file = self._files[path]
        file.again = None
        try:
            if (compared := self._growth(file)) is not None:
                return self._tell_of(file, compared)
            if self._may_wait(file):
                return ()
            view = self._store.view(path)
            data = self._content(file, view)
        except OrgpostError as error:
            self._troubles[path] = str(error)
            file.again = self._clock.monotonic() + _UNREADABLE_SECONDS
            return self._lose(file)
        self._troubles.pop(path, None)
        if file.existed and not view.exists:
            return self._miss(file)
        file.existed, file.missing_since = view.exists, None
        file.layout = view.layout
        return self._compare(file, data)

    def _growth(self, file: _File) -> Compared | None:
        """Look only at what programs added, where that is all that happened."""
        known = file.layout
        found = None if known is None else self._store.growth(file.path, known, file.snapshot.size)
        if found is None:
            return None
        file.layout = found.layout
        return file.snapshot.grown(found.data)

    def _may_wait(self, file: _File) -> bool:
        """Leave a file alone in which somebody may be writing; others are looked at meanwhile."""
        now = self._clock.monotonic()
        if not self._store.is_being_saved(file.path):
            file.saving_since = None
            return False
        if file.saving_since is None:
            file.saving_since = now
        if now - file.saving_since >= _SAVING_SECONDS:
            return False
        file.again = now + _AGAIN_SECONDS
        return True

    def _content(self, file: _File, view: View) -> bytes:
        """Give what can be told of: not the last entry while somebody may be appending it."""
        if not view.saving or view.waiting:
            return view.data
        file.again = self._clock.monotonic() + _AGAIN_SECONDS
        last = view.data.rfind(b"\n* ") + 1
        id = scan.entry_id(view.data, scan.span_at(view.data, last)) if last else None
        return view.data if id is not None and id in file.snapshot else view.data[:last]

    # -- what became of a file -----------------------------------------------------------------

    def _compare(self, file: _File, data: bytes) -> Sequence[News]:
        if file.lost:
            file.lost, file.snapshot = False, Snapshot.of(data, file.kind)
            return self._reset(file, file.snapshot.senders())
        before = file.snapshot
        compared = before.compare(data, file.kind)
        if compared.strange:
            file.snapshot = compared.snapshot
            return self._reset(file, before.senders() | compared.snapshot.senders())
        return self._tell_of(file, compared)

    def _tell_of(self, file: _File, compared: Compared) -> Sequence[News]:
        file.snapshot = compared.snapshot
        self.searched += compared.searched
        told = [self._told(file, difference) for difference in compared.differences]
        return sort_into_boxes(file.folder, file.name, told)

    def _miss(self, file: _File) -> Sequence[News]:
        """Wait for a file that is missing: it may be in the middle of being replaced."""
        if file.lost:
            return ()
        now = self._clock.monotonic()
        if file.missing_since is None:
            file.missing_since = now
        if now - file.missing_since < GONE_SECONDS:
            file.again = now + _AGAIN_SECONDS
            return ()
        return self._lose(file)

    def _lose(self, file: _File) -> Sequence[News]:
        file.missing_since = file.layout = None
        if file.lost:
            return ()
        senders = file.snapshot.senders()
        file.lost, file.snapshot = True, Snapshot.of(b"", file.kind)
        return self._reset(file, senders)

    @staticmethod
    def _reset(file: _File, senders: Iterable[str]) -> Sequence[News]:
        boxes = boxes_of(file.folder, file.name, sorted(senders))
        return [News(box, reset=True) for box in boxes]

    def _told(self, file: _File, difference: Difference) -> Told:
        before, now = difference
        if now is None:
            assert before is not None  # noqa: S101  one of the two is always there
            return Told(self._change(file, GONE, before), text=False)
        if before is None:
            return Told(self._change(file, NEW, now), text=False)
        kind = EDIT if before.state == now.state else STATE
        return Told(self._change(file, kind, now), text=before.digest != now.digest)

    def _change(self, file: _File, kind: str, row: Row) -> Change:
        id = row.id.decode("utf-8", "surrogateescape")
        toward = file.name if file.folder == "agents" else None
        tier = self._contacts().effective_tier(row.sender, row.via.split(), toward=toward)
        return Change(kind, id, row.state, row.sender, tier, row.priority, row.digest.hex())


def _merged(news: Iterable[News]) -> tuple[News, ...]:
    """Give one `News` for each box: several inboxes may have something of one sender."""
    boxes: dict[str, News] = {}
    for each in news:
        known = boxes.get(each.box, News(each.box))
        reset = known.reset or each.reset
        changes = () if reset else known.changes + each.changes
        boxes[each.box] = News(each.box, changes, reset)
    return tuple(boxes.values())
