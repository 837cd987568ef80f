"""Carries a plan out: back up, write, read back and compare, and only then move the old aside.

It may be killed at any point; the next run completes it. Every step asks first whether it was done:
entries are known by their old ids, senders and bodies, and a file is moved only as it was read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from orgpost.clock import Clock
from orgpost.errors import Usage
from orgpost.migrate.aside import move_aside
from orgpost.migrate.entries import When
from orgpost.migrate.new_space import (
    Looker,
    compare,
    existing,
    has_preamble,
    put,
    put_in_place,
    put_preamble,
)
from orgpost.migrate.old_space import look
from orgpost.migrate.plan import Note, make_plan
from orgpost.migrate.registry import add_actors, read_actors
from orgpost.names import check_name
from orgpost.store import FileStore
from orgpost.store.backup import back_up
from orgpost.store.page import FOLDERS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from orgpost.migrate.new_space import Readable
    from orgpost.migrate.old_space import OldSpace
    from orgpost.migrate.plan import Plan

SOURCES: Final = ("auto", "v0.1", "v0.2")
AGENT_MAIL: Final = ("messages", "tasks")


@dataclass(slots=True)
class Report:
    """What was done, or would be."""

    version: str | None
    dry_run: bool
    migrated: int = 0
    already: int = 0
    by_inbox: dict[str, int] = field(default_factory=dict)
    tasks: int = 0
    actors_added: list[str] = field(default_factory=list)
    renamed: list[tuple[str, str]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    backup: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON has it."""
        return {
            "from": self.version,
            "dry_run": self.dry_run,
            "migrated": self.migrated,
            "already": self.already,
            "by_inbox": self.by_inbox,
            "tasks": self.tasks,
            "actors_added": self.actors_added,
            "renamed": [{"old": old, "new": new} for old, new in self.renamed],
            "notes": [note.to_dict() for note in self.notes],
            "backup": self.backup,
        }


def migrate(
    directory: Path,
    *,
    actor: str | None = None,
    source: str = "auto",
    agent_mail: str = "messages",
    keep_old: bool = False,
    dry_run: bool = False,
    clock: Clock | None = None,
) -> Report:
    """Bring what v0.1 or v0.2 left in a folder over to a space of ours in the same folder.

    What cannot be read stays where it is; all else is migrated, and then the first such file is
    raised as an error that holds the report in its details.
    """
    clock = clock or Clock()
    _check(actor, source, agent_mail)
    old = look(directory, source)
    run = _Run(directory, old, clock)
    if not old.data:
        report = Report(old.version, dry_run)
    elif dry_run:
        plan = run.plan(Looker(directory), actor or "", agent_mail)
        report = _report(old, plan, dry_run=True)
    else:
        report = run.carry_out(actor or "", agent_mail, keep_old=keep_old)
    return _finish(report, old)


def _check(actor: str | None, source: str, agent_mail: str) -> None:
    if actor:
        check_name(actor, "actor")
    if source not in SOURCES:
        raise Usage(f"--from is one of {' '.join(SOURCES)}")
    if agent_mail not in AGENT_MAIL:
        raise Usage(f"--agent-mail is one of {' '.join(AGENT_MAIL)}")


class _Run:
    """One migration of one folder."""

    def __init__(self, space: Path, old: OldSpace, clock: Clock) -> None:
        self._space, self._old, self._clock = space, old, clock

    def plan(self, seen: Readable, actor: str, agent_mail: str) -> Plan:
        """Decide what will be done."""
        when = When(self._clock.now(), self._clock.zone())
        there = existing(seen, read_actors(seen), self._old.data)
        return make_plan(self._old.sources(), there, when, actor=actor, agent_mail=agent_mail)

    def carry_out(self, actor: str, agent_mail: str, *, keep_old: bool) -> Report:
        """Do it, in the order that makes it safe to be killed."""
        with FileStore(self._space, self._clock) as store:
            plan = self.plan(store, actor, agent_mail)
            report = _report(self._old, plan, dry_run=False)
            in_place = set(plan.in_place.values())
            aside = set() if keep_old else set(self._old.data) - in_place
            if not aside and not in_place and not self._news(store, plan):
                return report
            self._make_folders()
            backup = back_up(self._space, self._old.data, self._clock)
            report.backup = str(backup.relative_to(self._space))
            self._write(store, plan)
        move_aside(self._space, backup, {file: self._old.data[file] for file in aside})
        return report

    def _make_folders(self) -> None:
        (self._space / "org").mkdir(exist_ok=True)
        for folder in ("", *FOLDERS):
            (self._space / ROOT / folder).mkdir(mode=0o700, exist_ok=True)

    def _news(self, seen: Readable, plan: Plan) -> bool:
        return (
            bool(plan.actors)
            or any(not entry.there for entry in plan.entries)
            or any(not has_preamble(seen, path, text) for path, text in plan.preambles.items())
        )

    def _write(self, store: FileStore, plan: Plan) -> None:
        add_actors(store, plan.actors)
        new = [entry for entry in plan.entries if not entry.there]
        for path, text in plan.preambles.items():
            if path not in plan.in_place:
                put_preamble(store, path, text)
        for path, file in plan.in_place.items():
            raws = [entry.raw for entry in new if entry.path == path]
            put_in_place(store, path, self._old.data[file], plan.preambles.get(path, ""), raws)
        put(store, (entry for entry in new if entry.path not in plan.in_place))
        compare(store, new)


def _report(old: OldSpace, plan: Plan, *, dry_run: bool) -> Report:
    new = [entry for entry in plan.entries if not entry.there]
    mail = [entry.holder for entry in new if entry.kind != "task"]
    return Report(
        old.version,
        dry_run,
        migrated=len(new),
        already=len(plan.entries) - len(new),
        by_inbox={name: mail.count(name) for name in sorted(set(mail))},
        tasks=len(new) - len(mail),
        actors_added=[actor.id for actor in plan.actors],
        renamed=list(plan.renamed),
        notes=list(plan.notes),
    )


def _finish(report: Report, old: OldSpace) -> Report:
    """Give the report, or raise what could not be read with the report in its details."""
    for error in old.unreadable:
        report.notes.append(
            Note(str(next(iter(error.details.values()))), None, f"it stays: {error}")
        )
    if old.unreadable:
        error = old.unreadable[0]
        error.details["report"] = report.to_dict()
        raise error
    return report
