"""The whole library, in a process of its own: for what this stage cannot do, or must not.

It starts with the same Python, but with its packages; it holds nothing of the client's, and what it
says on stdout is all that is heard of it.
"""

import posix
import select
import sys
import time
from _signal import SIGKILL  # type: ignore[import-not-found]  # built in, unlisted

START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from importlib import import_module; "
    "import_module(sys.argv.pop(1)).main()"
)


class Late(Exception):
    """The library is still at work."""


def ask(module: str, words: list[str], deadline: float, *, stop: bool = False) -> str:
    """What `main` of a module says; empty where there is no library that can.

    `Late` where it is not done in time; with `stop` it is stopped then. A kill breaks nothing: what
    it did, the next event finds done.
    """
    reading, writing = posix.pipe()
    try:
        process = _start([module, *words], writing)
    except (OSError, ValueError):
        posix.close(reading)
        return ""
    finally:
        posix.close(writing)
    try:
        said = _read_all(reading, deadline)
    except Late:
        if stop:
            posix.kill(process, SIGKILL)
            posix.waitpid(process, 0)
        raise
    finally:
        posix.close(reading)
    _, status = posix.waitpid(process, 0)
    return said.decode("utf-8", "replace") if status == 0 else ""


def _start(words: list[str], output: int) -> int:
    library = f"{__file__.rsplit('/', 2)[0]}/.."
    command = [sys.executable, "-I", "-c", START, library, *words]
    nowhere = "/dev/null"
    actions = (
        (posix.POSIX_SPAWN_OPEN, 0, nowhere, posix.O_RDONLY, 0),
        (posix.POSIX_SPAWN_DUP2, output, 1),
        (posix.POSIX_SPAWN_OPEN, 2, nowhere, posix.O_WRONLY, 0),
    )
    return posix.posix_spawn(sys.executable, command, posix.environ, file_actions=actions)


def _read_all(descriptor: int, deadline: float) -> bytes:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    pieces: list[bytes] = []
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise Late
        piece = posix.read(descriptor, 1 << 16)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
