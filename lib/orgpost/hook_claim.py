"""A session's task, by the library: claimed, renewed or given back for the hook's second stage.

It is started as a process of its own, only where there is something to do, and says on stdout what
came of it: one JSON object of texts, which are facts and no sentences. `orgpost.hook.work` is who
asks, `orgpost.hook.held` has the words.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orgpost import settings_file
from orgpost.agent_inbox import Hold
from orgpost.errors import OrgpostError
from orgpost.org.stamp import utc_text
from orgpost.post import Post
from orgpost.states import TaskState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orgpost.task import Task

    Facts = dict[str, str]

LOCK_SECONDS: Final = 0.5
ENDED: Final = "session ended"
_COOKIES: Final = {"high": "A", "normal": "B", "low": "C"}


def main() -> None:
    """Do what the words say: space, agent, verb, holder."""
    space, agent, verb, holder = sys.argv[1:5]
    facts = act(Path(space), agent, verb, holder, os.environ)
    sys.stdout.write(json.dumps(facts))


def act(space: Path, agent: str, verb: str, holder: str, environ: Mapping[str, str]) -> Facts:
    """Claim, renew, keep or release for a holder; a refusal is an outcome, too."""
    try:
        settings = settings_file.load(space, environ)
        post = Post(space, settings, me=agent, lock_seconds=LOCK_SECONDS)
        try:
            at = Session(post, agent, holder)
            return {"claim": at.claim, "renew": at.renew, "keep": at.keep, "release": at.release}[
                verb
            ]()
        finally:
            # What was done is done, whatever waits for somebody's save.
            with suppress(OrgpostError):
                post.close()
    except OrgpostError as error:
        return {"outcome": "refused", "why": error.code}


class Session:
    """The work of one session for its agent."""

    def __init__(self, post: Post, agent: str, holder: str) -> None:
        self._post, self._agent, self._holder = post, agent, holder
        self._inbox = post.inbox(agent)

    def claim(self) -> Facts:
        """Take the next task, if nobody works for the agent; what has run out is settled before."""
        # On a ledger that nobody can read no session begins to spend.
        self._post.governor.accounts.today()
        taken = self._inbox.take(holder=self._holder, alone=True)
        facts = self._told("claimed", taken.claims[0].task) if taken.claims else self._not_claimed()
        for task in taken.expired:
            self._answer(task)
        return facts

    def _not_claimed(self) -> Facts:
        for task in self._live():
            return {"outcome": "busy", "id": task.id, "until": _until(task)}
        return {"outcome": "nothing"}

    def renew(self) -> Facts:
        """Let the session's claim hold for another lease."""
        return self._kept(at_least=None)

    def keep(self) -> Facts:
        """The same, where less than half of a lease is left."""
        return self._kept(at_least=self._lease / 2)

    @property
    def _lease(self) -> timedelta:
        return timedelta(seconds=self._post.settings.whole("messaging.tasks.lease_seconds"))

    def _kept(self, at_least: timedelta | None) -> Facts:
        for task in self._mine():
            left = task.lease_until - self._post.clock.now() if task.lease_until else timedelta(0)
            # Renewing would end a task that is to be cancelled; its holder may have a result yet.
            if task.cancel_requested or (at_least is not None and left >= at_least):
                return self._told("held", task)
            try:
                claim = self._inbox.renew(Hold(task.id, task.token))
            except OrgpostError as error:
                return self._told("held", task) | {"why": error.code}
            return self._told("held", claim.task)
        return {"outcome": "nothing"}

    def release(self) -> Facts:
        """Give back what the session holds: it has ended."""
        for task in self._mine():
            self._answer(self._inbox.release(Hold(task.id, task.token), ENDED))
        return {"outcome": "nothing"}

    # -- what is there -----------------------------------------------------------------------------

    def _live(self) -> list[Task]:
        working = self._inbox.in_turn().in_states(frozenset({TaskState.WORKING}))
        return [task for task in working if task.lease_until is not None and not task.expired]

    def _mine(self) -> list[Task]:
        # What it ended already, while a person edits the file, is not its own any more.
        mine = [task for task in self._live() if task.holder == self._holder]
        return [task for task in mine if task.outcome is None]

    def _answer(self, task: Task) -> None:
        with suppress(OrgpostError):
            self._post.answering.answer(task)

    def _told(self, outcome: str, task: Task) -> Facts:
        contacts = self._post.contacts.load()
        queued = self._inbox.in_turn().in_states(frozenset({TaskState.QUEUED}))
        shown = task.to_dict()
        facts = {
            "outcome": outcome,
            "id": task.id,
            "title": str(shown["title"]),
            "from": str(shown["from"]),
            "tier": contacts.effective_tier(task.sender, task.via, toward=self._agent),
            "via": " ".join(task.via),
            "priority": _COOKIES.get(task.priority, "B"),
            "token": str(task.token),
            "until": _until(task),
            "queued": str(len(queued)),
            "canceller": (task.cancel_requested or "").rpartition(" ")[2],
            "feedback": str(len(task.feedback) or ""),
            "is_last": "yes" if self._is_last(task) else "",
        }
        return {name: value for name, value in facts.items() if value}

    def _is_last(self, task: Task) -> bool:
        """Whether no renewal can move the end of this lease."""
        minutes = self._post.settings.whole("messaging.compute.per_task_timeout_minutes")
        if not minutes or task.started is None or task.lease_until is None:
            return False
        return task.lease_until >= task.started + timedelta(minutes=minutes)


def _until(task: Task) -> str:
    return utc_text(task.lease_until) if task.lease_until else ""
