"""How long one event may take: a second; two where a task is claimed or renewed."""

import time

# The module `signal` makes three enumerations first.
from _signal import ITIMER_REAL, SIGALRM, setitimer, signal  # type: ignore[import-not-found]  # built in, unlisted

LIMIT_SECONDS = 1.0
CLAIM_SECONDS = 2.0


class OverTime(Exception):
    """The time is over."""


class Limit:
    """The time of one event, while it lasts; over it, `OverTime` is raised wherever we are."""

    def __init__(self, started: float) -> None:
        self.started = started
        self.deadline = started + LIMIT_SECONDS
        self._before: object = None

    def extend(self) -> None:
        """Take the time that a claim may cost."""
        self.deadline = self.started + CLAIM_SECONDS
        setitimer(ITIMER_REAL, max(self.deadline - time.monotonic(), 0.001))

    @property
    def left(self) -> float:
        """How many seconds are left; none is 0."""
        return max(self.deadline - time.monotonic(), 0)

    def __enter__(self) -> None:
        def over(_signal: int, _frame: object) -> None:
            raise OverTime

        self._before = signal(SIGALRM, over)
        setitimer(ITIMER_REAL, LIMIT_SECONDS)

    def __exit__(self, *_facts: object) -> None:
        setitimer(ITIMER_REAL, 0)
        signal(SIGALRM, self._before)
