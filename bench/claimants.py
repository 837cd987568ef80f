"""Two processes that claim and complete from one queue, until each has had its share.

`python -m bench.claimants KIND PLACE` is one of them: for each number that it reads it takes so
many tasks and tells their ids, as one line of JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from bench import queues

if TYPE_CHECKING:
    from types import TracebackType

KINDS = {kind.__name__: kind for kind in (queues.Orgpost, queues.SqliteHuey)}
CLAIMANTS = 2


class Claimants:
    """The processes of one queue; `run` gives the seconds in which all of them took their share."""

    def __init__(self, kind: type[queues.Queue], place: Path, waiting: int) -> None:
        kind.fill(place, waiting)
        self._filler = kind(place, synced=False)
        kind(place).close()  # for ours the settings say whether to sync: now they do again
        words = [sys.executable, "-m", "bench.claimants", kind.__name__, str(place)]
        self._processes = [
            subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(CLAIMANTS)
        ]

    def run(self, each: int) -> float:
        """Let each take so many, and put the same number in again; no task is taken twice."""
        begin = time.perf_counter()
        for process in self._processes:
            print(each, file=process.stdin, flush=True)
        ids = [json.loads(process.stdout.readline()) for process in self._processes]
        seconds = time.perf_counter() - begin
        assert len(set().union(*ids)) == CLAIMANTS * each
        for _ in range(CLAIMANTS * each):
            self._filler.add()
        return seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._filler.close()
        for process in self._processes:
            process.communicate()


def main(kind: str, place: str) -> None:
    """Be one of the claimants."""
    queue = KINDS[kind](Path(place))
    for line in sys.stdin:
        print(json.dumps([queue.take() for _ in range(int(line))]), flush=True)
    queue.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
