"""Handing the document over: whole and in time, or it was not told.

A pipe that nobody reads holds us until the second is over, and then the document is told again.
"""

import posix
import select
import time

STDOUT = 1


def keep_standard_descriptors() -> bool:
    """Fill what the caller left closed, or a note would become stdout; whether stdout was open."""
    open_before = _is_open(STDOUT)
    while (descriptor := posix.open("/dev/null", posix.O_RDWR)) <= 2:  # noqa: PLR2004  stderr
        pass
    posix.close(descriptor)
    return open_before


def _is_open(descriptor: int) -> bool:
    try:
        posix.fstat(descriptor)
    except OSError:
        return False
    return True


def hand_over(document: bytes, deadline: float) -> bool:
    """Write the document; whether stdout took all of it."""
    poll = select.poll()
    poll.register(STDOUT, select.POLLOUT)
    at = 0
    while at < len(document):
        left = deadline - time.monotonic()
        events = poll.poll(left * 1000) if left > 0 else []
        if not events or not events[0][1] & select.POLLOUT:
            return False
        try:
            at += posix.write(STDOUT, document[at:])
        except OSError:
            return False
    return True
