"""`--exec`: one program for each event, one at a time, that cannot stop or fool the listener.

Its arguments are those that were given; the event is a line of JSON on its stdin. No word of a
message is in its arguments or its environment.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections import deque
from contextlib import suppress
from threading import Condition, Thread
from typing import TYPE_CHECKING, Final

from orgpost.frozen import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MOST_WAITING: Final = 100
LIMIT_SECONDS: Final = 30.0
FOLDED: Final = "folded"
# Lines of ours are on stdout: what a program says beside them does not belong there.
_STDERR: Final = 2


class Job(NamedTuple):
    """An event that is to be handed to the program; `kind` is its name."""

    kind: str
    line: bytes


class Runner:
    """Runs the program in a thread of its own.

    `fold` makes the line that says how many events there was no room for, `report` is told of what
    goes wrong; `failures` counts it.
    """

    def __init__(
        self,
        argv: Sequence[str],
        environ: Mapping[str, str],
        *,
        fold: Callable[[int], bytes],
        report: Callable[[str], None],
    ) -> None:
        self._argv, self._environ, self._fold, self._report = list(argv), environ, fold, report
        self._waiting: deque[Job] = deque()
        self._left_out = 0
        self._is_over = False
        self._changed = Condition()
        self._process: subprocess.Popen[bytes] | None = None
        self.failures = 0
        self._thread = Thread(target=self._work, name="orgpost --exec", daemon=True)
        self._thread.start()

    def put(self, job: Job) -> None:
        """Hand over an event; the hundred-and-first that waits is only counted."""
        with self._changed:
            if len(self._waiting) >= MOST_WAITING:
                self._left_out += 1
            else:
                self._waiting.append(job)
            self._changed.notify()

    def finish(self) -> None:
        """Let everything that waits be done, and end."""
        with self._changed:
            self._is_over = True
            self._changed.notify()
        self._thread.join()

    def stop(self) -> None:
        """End now, with the program and all that it started."""
        with self._changed:
            self._waiting.clear()
            self._left_out, self._is_over = 0, True
            self._changed.notify()
            process = self._process
        if process is not None:
            _kill(process)
        self._thread.join()

    # -- in the thread -------------------------------------------------------------------------

    def _work(self) -> None:
        while (job := self._next()) is not None:
            self._run(job)

    def _next(self) -> Job | None:
        with self._changed:
            while not (self._waiting or self._left_out or self._is_over):
                self._changed.wait()
            if self._waiting:
                return self._waiting.popleft()
            if self._left_out:
                count, self._left_out = self._left_out, 0
                return Job(FOLDED, self._fold(count))
            return None

    def _run(self, job: Job) -> None:
        try:
            process = self._start(job)
        except (OSError, ValueError) as error:
            self._failed(getattr(error, "strerror", None) or str(error))
            return
        try:
            process.communicate(job.line, timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            _kill(process)
            process.communicate()
            self._failed(f"it was ended after {LIMIT_SECONDS:.0f} seconds")
        else:
            if process.returncode:
                self._failed(f"it ended with {process.returncode}")
        finally:
            self._process = None

    def _start(self, job: Job) -> subprocess.Popen[bytes]:
        with self._changed:
            process = subprocess.Popen(  # noqa: S603  no shell: the words are the user's own
                self._argv,
                env={**self._environ, "ORGPOST_EVENT": job.kind},
                stdin=subprocess.PIPE,
                stdout=_STDERR,
                start_new_session=True,
            )
            self._process = process
        return process

    def _failed(self, why: str) -> None:
        self.failures += 1
        self._report(f"--exec {self._argv[0]}: {why}")


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
