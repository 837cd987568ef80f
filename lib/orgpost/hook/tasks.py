"""What an agent's tasks ask of a session: found by searching bytes, before any library is started.

Who works, under which lease; how many are queued; whether one of them may be ready. In every doubt
one may be: the library decides under the file's lock, and this only spares its start.
"""

import posix
import time

from .disk import open_regular
from .entry import Message, is_plain_id, parse
from .headings import entries_at, starts_of
from .log import stamp

WORKING, QUEUED, DONE = b"WORKING", b"QUEUED", b"DONE"
KINDS = ("task-",)
# Of more blocked tasks than that nobody looks for one that is ready; the library does.
MOST_LOOKED, AT_ONCE = 10_000, 64
MOST_READ = 16 << 20
LEASE_FIELDS = 3
PLANNING = (b"CLOSED:", b"SCHEDULED:", b"DEADLINE:")


class Lease:
    """A claim that holds: of which task, until when, whose; its number, and who wants an end."""

    def __init__(self, task: Message, fields: list[str]) -> None:
        self.id = task.id
        self.until, self.token, self.holder = fields
        self.canceller = task.get("CANCEL_REQUESTED").rpartition(" ")[2]


class Tasks:
    """What the file of an agent's tasks says at one moment.

    `is_open` is whether anything may come of it by the clock alone, or by other files. Nobody looks
    for what may be ready while somebody works; `certainly` asks for what is, without a doubt.
    """

    def __init__(self, path: str, *, certainly: bool = False) -> None:
        self._enough = frozenset({DONE} if certainly else {b"", DONE})
        self.leases: list[Lease] = []
        self.queued = 0
        self.has_run_out = self.may_be_ready = self.is_open = False
        descriptor = open_regular(path)
        if descriptor is None:
            return
        try:
            self._read(descriptor)
        except OSError:
            return
        finally:
            posix.close(descriptor)

    def held_by(self, holder: str) -> Lease | None:
        """The claim of this holder."""
        return next((lease for lease in self.leases if lease.holder == holder), None)

    def _read(self, descriptor: int) -> None:
        crlf = posix.pread(descriptor, 256, 0).partition(b"\n")[0].endswith(b"\r")
        working, queued = starts_of(descriptor, WORKING), starts_of(descriptor, QUEUED)
        self.queued = len(queued)
        self.is_open = bool(working or queued)
        now = time.time()
        for raw in entries_at(descriptor, working):
            self._note(parse(raw, WORKING, crlf=crlf), stamp(now))
        if not self.leases:
            self.may_be_ready = len(queued) > MOST_LOOKED or _Search(
                descriptor, now, self._enough, crlf=crlf
            ).any_of(queued)

    def _note(self, task: Message | None, now: str) -> None:
        """Take in a claim; where a person set WORKING by hand there is none."""
        lease = task.get("LEASE").split(" ") if task else []
        if task is None or len(lease) != LEASE_FIELDS or not is_time(lease[0]):
            return
        if lease[0] <= now:
            self.has_run_out = True
        else:
            self.leases.append(Lease(task, lease))


def is_time(text: str) -> bool:
    """Whether this is a moment in UTC; such texts compare as the moments do."""
    shape = "".join("0" if letter in "0123456789" else letter for letter in text)
    return shape == "0000-00-00T00:00:00Z"


class _Search:
    """A search for a task that may be ready; in the order of the file, up to the first."""

    def __init__(
        self, descriptor: int, now: float, enough: frozenset[bytes], *, crlf: bool
    ) -> None:
        self._descriptor, self._crlf, self._enough = descriptor, crlf, enough
        self._utc = stamp(now)
        self._local = time.strftime("%Y-%m-%d %H:%M", time.localtime(now))
        self._data = b""
        self._keywords: dict[str, bytes] = {}

    def any_of(self, starts: list[int]) -> bool:
        """Whether one of the entries that begin here may be ready."""
        for at in range(0, len(starts), AT_ONCE):
            entries = entries_at(self._descriptor, starts[at : at + AT_ONCE])
            if any(map(self._may_be_ready, entries)):
                return True
        return False

    def _may_be_ready(self, raw: bytes) -> bool:
        task = parse(raw, QUEUED, crlf=self._crlf)
        if task is None or not is_plain_id(task.id, KINDS):
            return False
        gate = task.get("NOT_BEFORE")
        if (is_time(gate) and gate > self._utc) or _is_scheduled_later(raw, self._local):
            return False
        needed = task.get("DEPENDS_ON").split()
        return all(self._keyword_of(id) in self._enough for id in needed)

    def _keyword_of(self, id: str) -> bytes:
        """The keyword of a task in the same file; others only the library finds.

        The first entry with an id counts, there as here.
        """
        if id not in self._keywords:
            if not self._data:
                self._data = b"\n" + posix.pread(self._descriptor, MOST_READ, 0)
            self._keywords[id] = _keyword_of(id.encode("utf-8", "surrogateescape"), self._data)
        return self._keywords[id]


def _is_scheduled_later(raw: bytes, now: str) -> bool:
    """Whether SCHEDULED says so for certain; a date without a time begins at local midnight."""
    line = raw.split(b"\n", 2)[1:2]
    if not line or not line[0].lstrip(b" \t").startswith(PLANNING):
        return False
    words = line[0].partition(b"SCHEDULED: <")[2].partition(b">")[0].decode("ascii", "replace")
    date, *rest = words.split(" ")
    times = [word[:5] for word in rest if word[2:3] == ":" and (word[:2] + word[3:5]).isdigit()]
    when = " ".join([date, *times[:1]])
    return date[4::3] == "--" and when > now


def _keyword_of(id: bytes, data: bytes) -> bytes:
    at = data.find(id)
    while at >= 0:
        line = data[data.rfind(b"\n", 0, at) + 1 : data.find(b"\n", at) + 1 or len(data)]
        if line.lstrip()[:4].upper() == b":ID:" and line.split()[-1:] == [id]:
            heading = data.rfind(b"\n* ", 0, at)
            return (data[heading + 3 : at].split(None, 1) or [b""])[0] if heading >= 0 else b""
        at = data.find(id, at + 1)
    return b""
