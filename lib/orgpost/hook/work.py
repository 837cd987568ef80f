"""What a session does about its agent's tasks at one event: nothing, claim, renew, or give back.

One task at a time is worked on for an agent. Whoever holds it is a session, by the name that the
lease has: `<agent>@<host>:<session>`. What is read here is read from bytes; what is written, the
library writes, under the lock of the file, and says what came of it.
"""

import posix

from .entry import is_plain_id
from .library import Late, ask
from .limit import Limit
from .scanner import first_object
from .tasks import KINDS, Lease, Tasks, is_time

CLAIM, RENEW, KEEP, RELEASE = "claim", "renew", "keep", "release"
MODULE = "orgpost.hook_claim"
HOLDER_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@:+-")
LONGEST_HOLDER, SESSION_LETTERS = 100, 36
# What stays for saying it, after the library is done; at its end a client waits a second.
RESERVE_SECONDS, LEAVE_SECONDS = 0.2, 0.8
CLAIMED, HELD, BUSY, NOTHING = "claimed", "held", "busy", "nothing"


class Work:
    """The tasks of a session's agent, and what came of them at this event."""

    def __init__(self, path: str, agent: str, session: str, *, certainly: bool = False) -> None:
        self._agent = agent
        self.holder = holder_of(agent, session)
        self.tasks = Tasks(path, certainly=certainly)
        self.trouble = ""
        self.held: dict[str, str] = {}
        self.busy: tuple[str, str] | None = None
        self.queued = self.tasks.queued

    @property
    def is_open(self) -> bool:
        """Whether no stamp can vouch for it: something may come true by the clock, or elsewhere."""
        return self.tasks.is_open or bool(self.held)

    @property
    def lease(self) -> Lease | None:
        """The claim that this session has already."""
        return self.tasks.held_by(self.holder)

    @property
    def is_wanted(self) -> bool:
        """Whether nobody works for the agent, and something may be there to be claimed."""
        return not self.tasks.leases and (self.tasks.may_be_ready or self.tasks.has_run_out)

    def do(self, verb: str, space: str, limit: Limit) -> None:
        """Let the library do it, and note what came of it."""
        if verb != RELEASE:
            limit.extend()
        end = limit.deadline - RESERVE_SECONDS
        end = min(end, limit.started + LEAVE_SECONDS) if verb == RELEASE else end
        words = [space, self._agent, verb, self.holder]
        try:
            said = first_object(ask(MODULE, words, end, stop=True))
        except Late:
            self.trouble = f"no {verb}: the library took too long"
            said = {}
        self.note_held_as_seen()
        self._hear({key: value for key, value in said.items() if isinstance(value, str)}, verb)

    def _hear(self, facts: dict[str, str], verb: str) -> None:
        outcome, why = facts.get("outcome", ""), facts.get("why", "")
        if (why or not outcome) and not self.trouble:
            self.trouble = f"no {verb}: {why or 'the library could not be asked'}"
        id, until = facts.get("id", ""), facts.get("until", "")
        if outcome == NOTHING:
            self.held = {}
        if not (is_plain_id(id, KINDS) and is_time(until)):
            return
        if outcome in {CLAIMED, HELD}:
            self.held = facts
            queued = facts.get("queued", "")
            self.queued = int(queued) if queued.isdigit() else self.queued
        elif outcome == BUSY:
            self.busy = id, until

    def note_held_as_seen(self) -> None:
        """Note what its lease says, where the library was not asked, or could not be."""
        lease = self.tasks.held_by(self.holder)
        if lease is not None and is_plain_id(lease.id, KINDS):
            self.held = {"id": lease.id, "until": lease.until}

    def find_who_is_busy(self) -> None:
        """Note whose lease keeps others from claiming; one whose id is odd stays unnamed."""
        for lease in self.tasks.leases:
            if is_plain_id(lease.id, KINDS):
                self.busy = lease.id, lease.until


def holder_of(agent: str, session: str) -> str:
    """The name of a session in a lease."""
    kept = "".join(letter for letter in session if letter in HOLDER_LETTERS)[:SESSION_LETTERS]
    host = "".join(letter for letter in posix.uname().nodename if letter in HOLDER_LETTERS)
    room = LONGEST_HOLDER - len(agent) - len(kept) - len("@:")
    return f"{agent}@{host[: max(room, 0)]}:{kept}"
