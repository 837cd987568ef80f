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

WORKING, QUEUED = b"WORKING", b"QUEUED"
KINDS = ("task-",)
# Of more blocked tasks than that nobody looks for one that is ready; the library does.
MOST_LOOKED = 100
MOST_READ = 16 << 20
LEASE_FIELDS = 3
PLANNING = (b"CLOSED:", b"SCHEDULED:", b"DEADLINE:")


class Lease:
    """A claim that holds."""

    def __init__(self, id: str, until: str, holder: str) -> None:
        self.id, self.until, self.holder = id, until, holder


class Tasks:
    """What the file of an agent's tasks says at one moment.

    `is_open` is whether anything may come of it by the clock alone, or by other files.
    """

    def __init__(self, path: str) -> None:
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
        looked = queued[:MOST_LOOKED]
        self.may_be_ready = len(queued) > len(looked) or any(
            _may_be_ready(raw, crlf, now, descriptor) for raw in entries_at(descriptor, looked)
        )

    def _note(self, task: Message | None, now: str) -> None:
        """Take in a claim; where a person set WORKING by hand there is none."""
        lease = task.get("LEASE").split(" ") if task else []
        if task is None or len(lease) != LEASE_FIELDS or not is_time(lease[0]):
            return
        if lease[0] <= now:
            self.has_run_out = True
        else:
            self.leases.append(Lease(task.id, lease[0], lease[2]))


def is_time(text: str) -> bool:
    """Whether this is a moment in UTC; such texts compare as the moments do."""
    shape = "".join("0" if letter in "0123456789" else letter for letter in text)
    return shape == "0000-00-00T00:00:00Z"


def _may_be_ready(raw: bytes, crlf: bool, now: float, descriptor: int) -> bool:  # noqa: FBT001  private
    task = parse(raw, QUEUED, crlf=crlf)
    if task is None or not is_plain_id(task.id, KINDS):
        return False
    gate = task.get("NOT_BEFORE")
    if (is_time(gate) and gate > stamp(now)) or _is_scheduled_later(raw, now):
        return False
    needed = task.get("DEPENDS_ON").split()
    return not (needed and _is_one_not_done(needed, descriptor))


def _is_scheduled_later(raw: bytes, now: float) -> bool:
    """Whether SCHEDULED says so for certain; a date without a time begins at local midnight."""
    line = raw.split(b"\n", 2)[1:2]
    if not line or not line[0].lstrip(b" \t").startswith(PLANNING):
        return False
    words = line[0].partition(b"SCHEDULED: <")[2].partition(b">")[0].decode("ascii", "replace")
    date, *rest = words.split(" ")
    times = [word[:5] for word in rest if word[2:3] == ":" and (word[:2] + word[3:5]).isdigit()]
    when = " ".join([date, *times[:1]])
    return date[4::3] == "--" and when > time.strftime("%Y-%m-%d %H:%M", time.localtime(now))


def _is_one_not_done(ids: list[str], descriptor: int) -> bool:
    """Whether one of these stands in the same file and is not DONE; others only the library finds.

    The first entry with an id counts, there as here.
    """
    data = b"\n" + posix.pread(descriptor, MOST_READ, 0)
    return any(
        _keyword_of(id.encode("utf-8", "surrogateescape"), data) not in {b"", b"DONE"} for id in ids
    )


def _keyword_of(id: bytes, data: bytes) -> bytes:
    at = data.find(id)
    while at >= 0:
        line = data[data.rfind(b"\n", 0, at) + 1 : data.find(b"\n", at) + 1 or len(data)]
        if line.lstrip()[:4].upper() == b":ID:" and line.split()[-1:] == [id]:
            heading = data.rfind(b"\n* ", 0, at)
            return (data[heading + 3 : at].split(None, 1) or [b""])[0] if heading >= 0 else b""
        at = data.find(id, at + 1)
    return b""
