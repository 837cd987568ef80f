"""What an event asks of the agent's tasks: which verb, if any, and who may do it when.

A task is claimed at a prompt, at a start or at the end of a turn, as the settings and the client
let it be told. A claim that nobody could be told is not made.
"""

import time

from .call import Call
from .clients import (
    END,
    FORGETFUL_SOURCES,
    NAMELESS,
    PROMPT,
    START,
    STOP,
    SYSTEM,
    TOLD_AT_TOOLS,
    TOOL,
)
from .copy import Copy
from .disk import close, lock
from .held import claim_revision
from .limit import Limit
from .log import stamp
from .stamps import Watched
from .tasks import Lease
from .told import Told
from .work import CLAIM, KEEP, RELEASE, RENEW, Work

NEVER, ON_PROMPT, ON_SESSION = "never", "on_prompt", "on_session"
ALL, URGENT, NOTHING = "all", "urgent", ""
NO_SESSION = "none"
# What the library may take, after others were waited for.
TURN_SECONDS = 0.8


def scope_of(client: str, role: str, mid_turn: str) -> str:
    """What a session may be told at an event: all, what is urgent, or nothing."""
    if role == TOOL and client not in TOLD_AT_TOOLS:
        return mid_turn if mid_turn in {URGENT, ALL} else NOTHING
    return ALL if role in {START, PROMPT, TOOL, SYSTEM} else NOTHING


class Place:
    """Where an event is: the space, the folder of its notes if there is one, the actor."""

    def __init__(self, space: str, notes: str | None, actor: str) -> None:
        self.space, self.notes, self.actor = space, notes, actor


class Errand:
    """What one event asks of the tasks of an agent; a person has none that a session works on."""

    def __init__(self, place: Place, call: Call, role: str, copy: Copy, watched: Watched) -> None:
        self._place, self._call, self._role, self._copy = place, call, role, copy
        self._path = watched.path_of("tasks")
        self.scope = scope_of(call.client, role, copy.mid_turn)
        self.trouble = ""
        self.may_go_on = False
        is_none_of_his = call.is_trial or not copy.is_agent(place.actor)
        self.work = None if is_none_of_his else self._look()

    def _look(self) -> Work:
        session = self._call.session or NO_SESSION
        # What is only counted is counted where it is certain; a claim finds out for itself.
        certainly = self._role == STOP and self._copy.claim == NEVER
        return Work(self._path, self._place.actor, session, certainly=certainly)

    @property
    def is_wanted(self) -> bool:
        """Whether nobody works for the agent, this session included, and there is work to do."""
        work = self.work
        if work is None or work.lease is not None:
            return False
        if self._copy.claim == NEVER:
            return not work.tasks.leases and work.tasks.may_be_ready
        return work.is_wanted

    def run(self, told: Told | None, limit: Limit, *, can_speak: bool) -> None:
        """Do it; `work` then says what came of it."""
        work = self.work
        if work is None:
            return
        verb = self._verb(work, told)
        if verb and self._copy.troubles:
            self.trouble = f"no {verb}: {self._copy.troubles[0]}"
        elif verb == CLAIM and can_speak:
            self._claim(limit, told)
        elif verb and can_speak:
            self._do(verb, work, limit)
        elif work.lease is not None:
            work.note_held_as_seen()
        elif self._may_claim and self._role != STOP:
            work.find_who_is_busy()

    def _verb(self, work: Work, told: Told | None) -> str:
        lease = work.lease
        if self._role == END:
            return RELEASE if lease else ""
        if lease is None:
            return CLAIM if self._may_claim and work.is_wanted else ""
        if self._role == PROMPT:
            return RENEW
        return KEEP if self._is_to_keep(lease, told) else ""

    def _is_to_keep(self, lease: Lease, told: Told | None) -> bool:
        """Whether less than half of the lease is left, or what is held has to be told in full."""
        half = stamp(time.time() + self._copy.lease_seconds / 2)
        if lease.until < half or not self._copy.lease_seconds:
            return True
        if told is None or not self.scope or (self.scope == URGENT and not lease.canceller):
            return False
        return not told.knows_claim(lease.id, claim_revision(lease.token, lease.canceller))

    @property
    def _may_claim(self) -> bool:
        """Whether this event is one at which the settings let a session take a task."""
        claim = self._copy.claim
        if not self._call.session and self._call.client not in NAMELESS:
            return False
        if self._role == STOP:
            return self.may_go_on and claim != NEVER
        if self._role == PROMPT:
            return claim in {ON_PROMPT, ON_SESSION}
        is_new = self._role == START and self._call.source not in FORGETFUL_SOURCES
        return is_new and claim == ON_SESSION

    def _claim(self, limit: Limit, told: Told | None) -> None:
        """Claim, but one session after the other: who was later sees in the file who works."""
        limit.extend()
        turn = self._take_turn(limit)
        work = self.work = self._look()
        verb = self._verb(work, told)
        if verb:
            self._do(verb, work, limit)
        elif self._role != STOP:
            work.find_who_is_busy()
        if turn is not None:
            close(turn)

    def _take_turn(self, limit: Limit) -> int | None:
        """Wait for the sessions that claim now; without a note nobody waits for anybody."""
        notes = self._place.notes
        path = f"{notes}/claiming.{self._place.actor}"
        try:
            return lock(path, limit.left - TURN_SECONDS) if notes else None
        except TimeoutError:
            return None

    def _do(self, verb: str, work: Work, limit: Limit) -> None:
        work.do(verb, self._place.space, limit)
        self.trouble = work.trouble
