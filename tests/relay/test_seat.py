"""The seat of the one relay of a space, and what becomes of it where somebody deletes its files."""

from __future__ import annotations

import fcntl
import shutil
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import pytest

from orgpost.clock import Clock
from orgpost.relay.refusals import RelayRuns
from orgpost.relay.runfile import FILE, LOCK, Running, Seat, find_running
from tests.relay.test_process import SECONDS, process, ready

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.door import Cli

RUN: Final = ".orgpost/run"
ONE: Final = Running("http://127.0.0.1:1", 1, "2026-11-20T08:31:05Z")
TWO: Final = ONE._replace(url="http://127.0.0.1:2", pid=2)


class Hasty(Clock):
    """A clock for who does not wait to see whether a lock is held for an instant only."""

    def sleep(self, seconds: float) -> None:
        """Go on."""


def sits(space: Path) -> Running | None:
    """Who is found there, and whether it is really locked against others."""
    found = find_running(space)
    if found is not None:
        with pytest.raises(RelayRuns), Seat(space, Hasty()):
            pass
    return found


@pytest.mark.parametrize("deleted", [RUN, ".orgpost", LOCK, FILE])
def test_a_seat_whose_files_were_deleted_is_taken_again(space: Path, deleted: str) -> None:
    """Clients find the relay, and no other can begin."""
    with Seat(space, Hasty()) as seat:
        seat.tell(ONE)
        path = space / deleted
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
        assert find_running(space) is None
        seat.keep()
        assert sits(space) == ONE
    assert find_running(space) is None
    assert not (space / FILE).exists()


def test_what_a_dead_relay_left_meanwhile_is_written_over(space: Path) -> None:
    """The lock that it held is free, and its file tells of nobody."""
    with Seat(space, Hasty()) as seat:
        seat.tell(ONE)
        shutil.rmtree(space / RUN)
        with Seat(space, Hasty()) as other:
            other.tell(TWO)
            left = (space / FILE).read_bytes()
        (space / FILE).write_bytes(left)
        seat.keep()
        assert sits(space) == ONE


def test_whoever_was_faster_keeps_the_seat(space: Path) -> None:
    """It is told to the first, whose end takes nothing away from the second."""
    with ExitStack() as second:
        with Seat(space, Hasty()) as first:
            first.tell(ONE)
            shutil.rmtree(space / RUN)
            second.enter_context(Seat(space, Hasty())).tell(TWO)
            with pytest.raises(RelayRuns):
                first.keep()
        assert sits(space) == TWO


def test_of_a_space_that_is_deleted_nothing_is_made_again(space: Path) -> None:
    """Who deletes it must not meet a folder that comes back."""
    with Seat(space, Hasty()) as seat:
        seat.tell(ONE)
        shutil.rmtree(space)
        seat.keep()
        assert not space.exists()


@pytest.mark.slow
def test_a_running_relay_is_found_again_soon(space: Path, cli: Cli) -> None:
    """Status tells of it, though everything below `.orgpost/run/` was deleted; a second is 75."""
    with process(space) as program:
        where = ready(program)
        shutil.rmtree(space / RUN)
        end = time.monotonic() + SECONDS
        while find_running(space) is None:
            assert time.monotonic() < end
            time.sleep(0.05)
        status = cli.data("relay", "status")
        assert (status["url"], status["pid"]) == (where["url"], program.pid)
        assert cli("relay", "serve").status == 75


@pytest.mark.slow
def test_a_relay_whose_seat_another_took_ends(space: Path) -> None:
    """With 75, as if it had come second; of the other's files it takes nothing away."""
    with process(space) as program:
        ready(program)
        shutil.rmtree(space / RUN)
        (space / RUN).mkdir()
        with (space / LOCK).open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            (space / FILE).write_text("the other's")
            assert program.wait(SECONDS) == 75
            assert (space / FILE).read_text() == "the other's"
