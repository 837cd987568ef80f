"""A process that dies at each system call of each operation, on a real disk; then another looks.

The n-th call is never made, or half of it where it writes, until n passes the end.  What a kill
leaves needs no sync to stay: so there is none here.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
import time
import traceback
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from orgpost.clock import FakeClock
from orgpost.org import scan, syntax
from orgpost.store.calls import Calls
from orgpost.store.files import FileStore
from orgpost.store.person import Person
from tests.crash.scenarios import (
    PATHS,
    THREE,
    Model,
    Play,
    Scenario,
    Step,
    another_process,
    archive,
    confirm,
    lengthen,
    look,
    mark,
    person_locks,
    person_unlocks,
    send,
    wait,
)
from tests.store.stages import ARCHIVE, INBOX, entry

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

DIED: Final = 9
BROKE: Final = 1
MODE: Final = 0o640
FILE: Final = "files/msg-1/notes.txt"
SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108  a disk that is fast; folders in it are private
RECOVERIES: Final = {"ci": 2, "nightly": 60}[os.environ.get("SIZE", "ci")]


class Killer(Calls):
    """A process that dies at its n-th call from `aim` on, after half of it where that writes."""

    deadly = frozenset(name for name in vars(Calls) if not name.startswith("_"))
    left = -1
    half = False

    def aim(self, nth: int, *, half: bool) -> None:
        """Die at the n-th call from now."""
        self.left, self.half = nth, half

    def __getattribute__(self, name: str) -> object:
        """Count each call when it is asked for."""
        if name in Killer.deadly:
            self.left -= 1
            if self.left == 0 and not (self.half and name in {"write", "pwrite"}):
                os._exit(DIED)
        return super().__getattribute__(name)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        """Write, or die in the middle."""
        if self.left == 0:
            super().write(fd, data[: len(data) // 2])
            os._exit(DIED)
        return super().write(fd, data)

    def pwrite(self, fd: int, data: bytes | memoryview, offset: int) -> int:
        """Write, or die in the middle."""
        if self.left == 0:
            super().pwrite(fd, data[: len(data) // 2], offset)
            os._exit(DIED)
        return super().pwrite(fd, data, offset)
