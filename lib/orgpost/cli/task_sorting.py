"""`task archive`: tasks that are over leave the hot files; they can still be found and shown."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from orgpost.cli.task_words import meant, my_agents
from orgpost.errors import Usage
from orgpost.states import Event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orgpost.agent_inbox import AgentInbox
    from orgpost.agent_inbox.archiving import ArchivedTasks
    from orgpost.cli.desk import Desk


def run_archive(args: Any, desk: Desk) -> None:
    """Archive tasks by id, by the settings, or by their age."""
    if sum(map(bool, (args.ids, args.auto, args.older_than))) != 1:
        raise Usage("task archive needs ids, --auto or --older-than", hint="give one of them")
    done = list(_named(args, desk) if args.ids else _old(args, desk))
    ids = [id for each in done for id in each.ids]
    files = sorted({f"org/messaging/{path}" for each in done for path in each.files})
    left = sum(each.left for each in done)
    said = "would archive" if args.dry_run else "archived"
    data = {"archived": ids, "files": files, "left": left, "dry_run": args.dry_run}
    desk.show.answer(data, [f"{said} {len(ids)}"])


def _named(args: Any, desk: Desk) -> Iterator[ArchivedTasks]:
    inboxes: dict[str, AgentInbox] = {}
    wanted: dict[str, list[str]] = {}
    for part in args.ids:
        id, inbox = meant(part, desk, Event.ARCHIVE)
        inboxes.setdefault(inbox.name, inbox).check(Event.ARCHIVE, id)
        wanted.setdefault(inbox.name, []).append(id)
    for name, ids in wanted.items():
        yield inboxes[name].archive(*ids, dry_run=args.dry_run)


def _old(args: Any, desk: Desk) -> Iterator[ArchivedTasks]:
    from orgpost.cli.when import since

    before = since(args.older_than, desk.clock, "older-than")
    if before is None:
        days = desk.settings.whole("messaging.archive_after_days")
        age = timedelta(days=days) if days else None
        keep = desk.settings.whole("messaging.archive_keep")
    else:
        age, keep = desk.clock.now() - before, None
    with desk.show.working("archiving"):
        for name in my_agents(desk):
            yield desk.post.inbox(name).archive_old(age=age, keep=keep, dry_run=args.dry_run)
