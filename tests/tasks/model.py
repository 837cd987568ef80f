"""What a task's life must be, said once more and much more simply: a few fields, and no files."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

OVER: Final = ("DONE", "FAILED", "DEAD", "REJECTED", "CANCELLED")
TIMEOUT: Final = timedelta(minutes=30)
MOST_RETURNS: Final = 20


class Refused(Exception):
    """The model says no."""


@dataclass
class Model:
    """One task as it should be; `lines` counts WORKING lines, `told` what the ledger heard."""

    id: str
    state: str
    limit: int
    repeats: bool = False
    attempt: int = 0
    token: int = 0
    has_lease: bool = True
    until: datetime | None = None
    started: datetime | None = None
    not_before: datetime | None = None
    due: datetime | None = None
    stops: bool = False
    returns: int = 0
    revision: int = 0
    lines: int = 0
    moves: list[str] = field(default_factory=list)
    by_hand: int = 0
    given: list[int] = field(default_factory=list)
    told: list[tuple[str, int | None]] = field(default_factory=list)
    archived: bool = False
    gone: bool = False
    copied: bool = False

    @property
    def known_token(self) -> int:
        """The token as it is read: without a lease from the claims that the LOGBOOK tells."""
        return self.token if self.has_lease else max(self.lines, self.attempt)

    @property
    def known_until(self) -> datetime | None:
        """Until when the lease lasts, where there is one."""
        return self.until if self.has_lease else None

    def is_ready(self, now: datetime) -> bool:
        """Whether it may be claimed."""
        times = (self.not_before, self.due)
        is_due = all(time is None or time <= now for time in times)
        return not (self.gone or self.archived) and self.state == "QUEUED" and is_due

    def is_held(self, now: datetime) -> bool:
        """Whether somebody holds it who must be asked to stop."""
        until = self.known_until
        return self.state == "WORKING" and until is not None and now < until

    # -- moves -----------------------------------------------------------------------------------

    def _move(self, to: str) -> None:
        self.moves.append("DONE" if to == "QUEUED again" else to)
        self.state = to.removesuffix(" again")

    def _free(self) -> None:
        self.token, self.has_lease, self.until = self.known_token, True, None

    def _end(self, to: str, used: int | None = None, *, settles: bool = False) -> None:
        self._free()
        self._move(to)
        self.told.append(("settle", used) if settles else ("release", None))

    def _stop(self, used: int | None = None) -> None:
        self.stops = False
        self._end("CANCELLED", used, settles=used is not None)

    def must_be(self, *states: str) -> None:
        """Refuse any other state; what is archived is in none of them."""
        if self.gone or self.archived or self.state not in states:
            raise Refused

    def must_hold(self, token: int | None, now: datetime) -> None:
        """Refuse whoever holds it no longer."""
        self.must_be("WORKING")
        says = 1 if token is None else token
        until = self.known_until
        if says != self.known_token or until is None or now >= until:
            raise Refused

    def approve(self) -> None:
        """The owner lets it in."""
        self.must_be("WAITING")
        self._move("QUEUED")

    def cancel(self, now: datetime, *, at_once: bool) -> None:
        """Taken back, or its holder is asked to stop."""
        self.must_be("WAITING", "QUEUED", "WORKING")
        if self.is_held(now) and not at_once:
            self.stops = True
        else:
            self.stops = False
            self._end("CANCELLED")

    def retry(self) -> None:
        """Queued with all attempts."""
        self.must_be("DEAD", "FAILED", "CANCELLED")
        self.attempt, self.not_before, self.stops = 0, None, False
        self._move("QUEUED")

    def revise(self) -> None:
        """Wanted again, better."""
        self.must_be("DONE")
        self.attempt, self.not_before, self.stops = 0, None, False
        self.revision += 1
        self._move("QUEUED")

    def archive(self) -> None:
        """Put away."""
        self.must_be(*OVER)
        self.archived = True

    def expire(self, now: datetime) -> None:
        """Taken from a holder whose lease has run out, if there is one."""
        until = self.known_until
        if self.gone or self.archived or self.state != "WORKING" or until is None or until > now:
            return
        if self.stops:
            self._stop()
        elif self.attempt >= self.limit:
            self._end("DEAD")
        else:
            self._free()
            self._move("QUEUED")

    def claim(self, now: datetime, length: timedelta) -> int:
        """Given to somebody, under a token that nobody had."""
        self.token, self.has_lease = self.known_token + 1, True
        self.attempt += 1
        self.lines += 1
        self.started, self.until, self.not_before = now, now + min(length, TIMEOUT), None
        self.given.append(self.token)
        self._move("WORKING")
        return self.token

    def renew(self, token: int | None, now: datetime, length: timedelta) -> None:
        """Held for longer; a cancelled one ends instead, which the holder is told by a refusal."""
        is_theirs = self.state == "WORKING" and token in {None, self.known_token}
        if is_theirs and self.started is not None and now - self.started >= TIMEOUT:
            raise Refused
        self.must_hold(token, now)
        if self.stops:
            self._stop()
            raise Refused
        self.until = min(now + length, (self.started or now) + TIMEOUT)

    def release(self, token: int | None, now: datetime) -> None:
        """Given back."""
        self.must_hold(token, now)
        if self.stops:
            self._stop()
            return
        is_free = self.returns < MOST_RETURNS
        self.returns += 1
        if is_free:
            self.attempt = max(self.attempt - 1, 0)
        elif self.attempt >= self.limit:
            self._end("DEAD")
            return
        self._free()
        self._move("QUEUED")

    def complete(self, token: int | None, now: datetime, used: int | None) -> None:
        """Done; what repeats is queued again for an hour after this minute."""
        self.must_hold(token, now)
        if self.stops:
            self._stop(used)
            return
        self._end("QUEUED again" if self.repeats else "DONE", used, settles=True)
        if self.repeats:
            self.attempt, self.not_before = 0, None
            self.due = now.replace(second=0) + timedelta(hours=1)

    def fail(self, token: int | None, now: datetime, *, retryable: bool) -> None:
        """One attempt less."""
        self.must_hold(token, now)
        if self.stops:
            self._stop()
        elif not retryable or self.attempt >= self.limit:
            self._end("DEAD")
        else:
            rest = timedelta(seconds=min(5 * 2 ** (self.attempt - 1), 3600))
            self.not_before = now + rest
            self._free()
            self._move("QUEUED")
