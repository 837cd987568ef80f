"""What the client says about the event: the first JSON object on stdin, however it is sent.

Clients close the pipe, or do not; send one object, or two, or half of one. So reading ends as soon
as one object is whole, at the end, or when the time is up, and never fails. What comes after that
is taken by a process of its own, since a client that meets a closed pipe may drop our answer.
"""

import posix
import select
import stat
import time

from .scanner import first_object

STDIN = 0
MOST_BYTES = 4 << 20
PIECE = 1 << 16
DRAIN_SECONDS = 5.0
NOISE = "\ufeff\0 \t\r\n"


class Stdin:
    """One reading of stdin; `at_end` says whether the client has nothing more to say."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.at_end = not _may_be_read()
        self._pieces: list[bytes] = []
        self._size = 0
        self._tried_at = 0

    def read_object(self) -> dict[str, object]:
        """The first whole object; empty where none came in time."""
        while not self.at_end and _ready(self.deadline):
            piece = _piece()
            if not piece:
                self.at_end = True
                break
            if self._size < MOST_BYTES:
                self._pieces.append(piece)
                self._size += len(piece)
            found = self._parse_if_whole(piece)
            if found:
                return found
        return parse_object(b"".join(self._pieces))

    def _parse_if_whole(self, piece: bytes) -> dict[str, object] | None:
        """Look for the object where it may end: parsing at each piece would take the square."""
        ends_here = piece.rstrip().endswith(b"}")
        if not ends_here and self._size < 2 * self._tried_at:
            return None
        self._tried_at = max(self._size, PIECE)
        return parse_object(b"".join(self._pieces))

    def leave_the_rest(self) -> None:
        """Let another process take what the client still writes, so that this one can end."""
        if self.at_end or _ended_by_now():
            return
        let_go_of_the_client()
        if posix.fork():
            return
        deadline = time.monotonic() + DRAIN_SECONDS
        while _ready(deadline) and _piece():
            pass
        posix._exit(0)  # noqa: SLF001  the child of a fork must not run what its parent still has to


def parse_object(data: bytes) -> dict[str, object]:
    """The JSON object that the bytes begin with; empty for anything else."""
    return first_object(data.decode("utf-8", "surrogateescape").lstrip(NOISE))


def _may_be_read() -> bool:
    try:
        mode = posix.fstat(STDIN).st_mode
    except OSError:
        return False
    return not stat.S_ISDIR(mode) and not (stat.S_ISCHR(mode) and posix.isatty(STDIN))


def _ready(deadline: float) -> bool:
    """Whether something, or the end, can be read before the time is up."""
    poll = select.poll()
    poll.register(STDIN, select.POLLIN)
    left = deadline - time.monotonic()
    return left > 0 and bool(poll.poll(left * 1000))


def _piece() -> bytes:
    try:
        return posix.read(STDIN, PIECE)
    except OSError:
        return b""


def _ended_by_now() -> bool:
    """Most clients close the pipe right after the object: then there is nothing to wait for."""
    for _ in range(4):
        if not _ready(time.monotonic() + 0.0005):
            return False
        if not _piece():
            return True
    return False


def let_go_of_the_client() -> None:
    """Leave stdout and stderr before a fork: a client waits for their end, whoever holds them."""
    nowhere = posix.open("/dev/null", posix.O_RDWR | posix.O_CLOEXEC)
    for descriptor in (1, 2):
        posix.dup2(nowhere, descriptor)
    posix.close(nowhere)
