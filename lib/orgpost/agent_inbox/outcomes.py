"""What a holder reports while a person has unsaved changes in the file, as the journal keeps it.

Permission, token and lease were judged when it was reported, and are not judged again by the clock;
but where a person has changed the task's state meanwhile, theirs stands. Pure.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from orgpost.agent_inbox import life
from orgpost.agent_inbox.life import Result, When
from orgpost.org.change import revised
from orgpost.org.entry import parse
from orgpost.org.logbook import state_items
from orgpost.org.splice import fit
from orgpost.org.stamp import parse_utc, utc_text
from orgpost.states import Event, TaskState
from orgpost.task_entry import json_line, read

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from orgpost.agent_inbox.life import Step
    from orgpost.org.entry import Entry
    from orgpost.org.syntax import FileKind
    from orgpost.task import Task


class Report(NamedTuple):
    """One word of a holder: what, under which token, who said it, and what else it said."""

    event: Event
    token: int
    me: str
    facts: dict[str, Any]

    def step(self, task: Task, when: When) -> Step:
        """Say what it makes of the task."""
        if self.event is Event.COMPLETE:
            return life.completed(task, self.me, Result(**self.facts), when)
        if self.event is Event.FAIL:
            error, retryable = self.facts["error"], self.facts["retryable"]
            return life.failed(task, self.me, error, when, retryable=retryable)
        return life.released(task, self.me, self.facts["reason"], when)

    def payload(self, now: datetime) -> bytes:
        """Give the bytes that the journal keeps."""
        facts = {"event": self.event, "token": self.token, "me": self.me, "at": utc_text(now)}
        return json_line({**facts, "facts": self.facts}).encode("utf-8", "surrogatepass")


def apply(
    raw: bytes, kind: FileKind, payload: bytes, *, zone: tzinfo, slack_bytes: int
) -> bytes | None:
    """Make of a task's entry what was reported; None where a person was faster.

    Applied twice it changes nothing the second time.
    """
    said = json.loads(payload.decode("utf-8", "surrogatepass"))
    now = parse_utc(said["at"])
    entry = parse(raw, kind)
    if now is None or entry.id is None:
        return None
    task = read(entry, agent="", zone=zone, now=now)
    report = Report(Event(said["event"]), said["token"], said["me"], said["facts"])
    if task.token != report.token:
        return None
    if task.state == TaskState.WORKING and task.lease_until is not None:
        new = revised(raw, report.step(task, When(now, zone)).revision, kind)
        return fit(raw, new, kind, slack_bytes=slack_bytes)
    return raw if _is_applied(task, entry) else None


def _is_applied(task: Task, entry: Entry) -> bool:
    """Ask whether a program ended the claim, which gives the lease back and says who did it."""
    newest = next(iter(state_items(entry.logbook)), None)
    said = newest is not None and newest.to == task.state and newest.words != ""
    return said and task.lease_until is None
