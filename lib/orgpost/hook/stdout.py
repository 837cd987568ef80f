"""Handing the document over: whole and in time, or it was not told.

A pipe that is full would hold us for ever, so each write is one that the pipe takes at once.
"""

import posix
import select
import time

STDOUT = 1
# What a pipe that reports room is sure to take without blocking (PIPE_BUF).
PIECE = 4096


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
            at += posix.write(STDOUT, document[at : at + PIECE])
        except OSError:
            return False
    return True
