"""The frame: settings, then the store, then the services, wired once in `Post.open`.

With bad contacts a post can be read; who is about to write is refused. Nothing else in the house
turns settings into objects.
"""

from __future__ import annotations

import os
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from orgpost import settings_file, space
from orgpost.clock import Clock
from orgpost.contact import Trust
from orgpost.contact_file import ContactFile
from orgpost.errors import BadSettings
from orgpost.file_delivery import FileDelivery
from orgpost.message_store import Desk, MessageStore, Rules
from orgpost.message_store.announced import HookNotes
from orgpost.message_store.desk import Work
from orgpost.names import TIERS
from orgpost.store import FileStore

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from orgpost.agent_inbox import AgentInbox, TaskDesk, TaskRules, TaskShelf
    from orgpost.agent_inbox.chains import Chains
    from orgpost.answering import Answering
    from orgpost.budget import Limits
    from orgpost.config import Settings
    from orgpost.governor import Governor
    from orgpost.org.syntax import FileKind


class Post:
    """One space, opened by one actor; use it for one block, or `close` it."""

    def __init__(
        self,
        place: Path,
        settings: Settings,
        *,
        me: str | None = None,
        clock: Clock | None = None,
        lock_seconds: float | None = None,
    ) -> None:
        self.space, self.settings, self.clock = place, settings, clock or Clock()
        self._named = me
        self.store = FileStore(
            place,
            self.clock,
            sync=settings.text("store.sync") or "full",
            lock_seconds=_patience(settings, lock_seconds),
            apply=self._apply,
        )
        self._inboxes: dict[str, AgentInbox] = {}
        self.contacts = ContactFile(self.store, self.clock, _trust(settings))
        if "owner" in settings.tiers("messaging.trust_overrides").values():
            self._refuse_owners_who_are_no_people()

    @classmethod
    def open(cls, space: str | Path | None = None, me: str | None = None) -> Self:
        """Find the space and its settings, and wire everything; nothing is written.

        `space` is a folder, else it is looked for; `me` is who acts, else the environment and the
        settings say it. Raises `NotASpace` and `BadSettings`.
        """
        return cls(*_found(space, os.environ), me=me)

    @cached_property
    def me(self) -> str:
        """Who acts; `NoIdentity` where nobody says, `UnknownActor` where nobody has that name."""
        return space.who_acts(self._named, os.environ, self.settings, self.contacts.load())

    @cached_property
    def messages(self) -> MessageStore:
        """The mail of this space."""
        limit, late = self.settings.whole("messaging.limits.max_file_bytes"), _LateTasks(self)
        return MessageStore(
            Desk(
                space=self.space,
                store=self.store,
                clock=self.clock,
                contacts=self.contacts.load,
                files=FileDelivery(self.store, max_bytes=limit),
                notes=HookNotes(self.space),
                rules=_rules(self.settings),
                chains=late,
                works=late,
                task=os.environ.get("ORGPOST_TASK_ID") or None,
            )
        )

    @cached_property
    def tasks(self) -> TaskShelf:
        """The tasks of this space, whoever's they are."""
        from orgpost.agent_inbox import TaskShelf

        return TaskShelf(self.store, self.clock)

    def inbox(self, name: str) -> AgentInbox:
        """Give an agent's tasks; `UnknownActor`, or `NotAnAgent` of a person. No file is made."""
        from orgpost.agent_inbox import AgentInbox
        from orgpost.refusals import NotAnAgent

        actor = self.contacts.load().resolve(name)
        if actor.kind == "person":
            raise NotAnAgent(actor.id)
        if actor.id not in self._inboxes:
            self._inboxes[actor.id] = AgentInbox(self._task_desk(), actor.id)
        return self._inboxes[actor.id]

    def _task_desk(self) -> TaskDesk:
        from orgpost.agent_inbox import TaskDesk

        return TaskDesk(
            space=self.space,
            store=self.store,
            clock=self.clock,
            contacts=self.contacts.load,
            me=lambda: self.me,
            gate=self.governor,
            host=os.uname().nodename,
            pid=os.getpid,
            held_task=os.environ.get("ORGPOST_TASK_ID") or None,
            rules=_task_rules(self.settings),
        )

    def _apply(self, raw: bytes, kind: FileKind, payload: bytes) -> bytes | None:
        from orgpost.agent_inbox.outcomes import apply

        slack = self.settings.whole("store.slack_bytes")
        return apply(raw, kind, payload, zone=self.clock.zone(), slack_bytes=slack)

    @cached_property
    def answering(self) -> Answering:
        """Who writes to the senders of tasks."""
        from orgpost.answering import Answering

        limit = self.settings.whole("messaging.limits.max_body_bytes")
        return Answering(self.messages, self.store, self.contacts.load, max_body_bytes=limit)

    @cached_property
    def chains(self) -> Chains:
        """Who stands behind what agents send and make."""
        from orgpost.agent_inbox.chains import Chains

        return Chains(self.tasks, self.contacts.load)

    @cached_property
    def limits(self) -> Limits:
        """What the governor judges by."""
        return _limits(self.settings)

    @cached_property
    def governor(self) -> Governor:
        """Who says what may be spent."""
        from orgpost.agent_inbox import TaskLookup
        from orgpost.governor import Governor

        known = (self.store, self.clock, self.contacts.load, self.limits)
        tasks = TaskLookup(self.store, self.clock)
        return Governor(*known, tasks, mail=self.messages)

    def _refuse_owners_who_are_no_people(self) -> None:
        from orgpost.config import refuse_overrides

        problems = refuse_overrides(self.settings, self.contacts.load().bad_overrides())
        if problems:
            raise BadSettings(problems)

    def close(self) -> None:
        """Put in what waits for a save to end, and let go of all files."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _LateTasks:
    """Looks at tasks when somebody asks: whoever only reads mail does not load them."""

    def __init__(self, post: Post) -> None:
        self._post = post

    def of_task(self, id: str) -> tuple[str, ...]:
        """Give a task's VIA and its FROM, the oldest first."""
        return self._post.chains.of_task(id)

    def held_by(self, actor: str) -> tuple[str, ...]:
        """Give that of the task which an actor holds."""
        return self._post.chains.held_by(actor)

    def made_from(self, ids: Collection[str]) -> Mapping[str, Work]:
        """Give the task that was made from each of these messages."""
        made = self._post.tasks.made_from(ids)
        return {id: Work(task.id, task.state_before, task.closed) for id, task in made.items()}


def _patience(settings: Settings, at_most: float | None) -> float:
    """Say how long a file may be waited for; who is in a hurry waits less, never more."""
    usual = settings.number("store.lock_seconds")
    return usual if at_most is None else min(usual, at_most)


def _found(named: str | Path | None, environ: Mapping[str, str]) -> tuple[Path, Settings]:
    place = space.find(Path(named).expanduser() if named is not None else None, environ)
    return place, settings_file.load(place, environ)


def _trust(settings: Settings) -> Trust:
    name = settings.text("identity.name")
    return Trust(
        overrides=settings.tiers("messaging.trust_overrides"),
        agent_handles=settings.words("messaging.agent_handles"),
        handles={name: settings.words("identity.handles")} if name else {},
    )


def _rules(settings: Settings) -> Rules:
    days = settings.whole("messaging.archive_after_days")
    return Rules(
        stale_after=timedelta(hours=settings.whole("messaging.stale_after_hours")),
        archive_after=timedelta(days=days) if days else None,
        archive_keep=settings.whole("messaging.archive_keep"),
        route_timeout_seconds=settings.whole("messaging.route_timeout_seconds"),
        max_body_bytes=settings.whole("messaging.limits.max_body_bytes"),
        attach_roots=tuple(map(Path, settings.words("messaging.attach_roots"))),
        whitelists=settings.lists("messaging.whitelists"),
        max_hops=settings.whole("messaging.limits.max_hops"),
        messages_per_minute=settings.rates("messaging.limits.messages_per_minute"),
        thread_replies=settings.whole("messaging.limits.thread_replies_per_10_minutes"),
    )


def _task_rules(settings: Settings) -> TaskRules:
    from orgpost.agent_inbox import TaskRules

    return TaskRules(
        lease_seconds=settings.whole("messaging.tasks.lease_seconds"),
        max_attempts=settings.whole("messaging.tasks.max_attempts"),
        slack_bytes=settings.whole("store.slack_bytes"),
        timeout_minutes=settings.whole("messaging.compute.per_task_timeout_minutes"),
        price_per_1000_tokens=settings.number("messaging.compute.price_per_1000_tokens"),
        max_body_bytes=settings.whole("messaging.limits.max_body_bytes"),
        boosts={
            tier: settings.number(f"messaging.trust_tiers.{tier}.priority_boost") for tier in TIERS
        },
    )


def _limits(settings: Settings) -> Limits:
    # Not at the top: whoever only reads mail has nothing to spend.
    from orgpost.budget import Limits, Tier

    return Limits(
        tiers={
            tier: Tier(
                settings.number(f"messaging.trust_tiers.{tier}.priority_boost"),
                settings.whole(f"messaging.trust_tiers.{tier}.daily_token_limit"),
                settings.whole(f"messaging.trust_tiers.{tier}.max_task_effort"),
                settings.truth(f"messaging.trust_tiers.{tier}.auto_accept"),
            )
            for tier in TIERS
        },
        whitelists=settings.lists("messaging.whitelists"),
        max_hops=settings.whole("messaging.limits.max_hops"),
        daily_budget_tokens=settings.whole("messaging.compute.daily_budget_tokens"),
        per_sender_daily_max=settings.whole("messaging.compute.per_sender_daily_max"),
        per_task_max_tokens=settings.whole("messaging.compute.per_task_max_tokens"),
        per_task_timeout_minutes=settings.whole("messaging.compute.per_task_timeout_minutes"),
        cooldown_seconds=settings.whole("messaging.compute.cooldown_between_tasks"),
        max_queue_depth=settings.whole("messaging.compute.max_queue_depth"),
        tasks_per_hour=settings.whole("messaging.compute.rate_limits.tasks_per_hour"),
        default_task_tokens=settings.whole("messaging.compute.default_task_tokens"),
        price_per_1000_tokens=settings.number("messaging.compute.price_per_1000_tokens"),
        over_global_budget=settings.text("messaging.compute.over_global_budget") or "refuse",
        refusal_memory_days=settings.whole("messaging.refusal_memory_days"),
    )
