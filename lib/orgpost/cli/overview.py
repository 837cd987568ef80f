"""`digest` and `trace`: the state of things, and how far a message got."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from orgpost.cli.ages import ago
from orgpost.cli.show import one_line, several

if TYPE_CHECKING:
    import argparse

    from orgpost.cli.desk import Desk
    from orgpost.message_store import Digest


# Ten lines in all.
_MOST_SENDERS: Final = 5
_FEW_SENDERS: Final = 3


def add(command: str, parser: argparse.ArgumentParser) -> None:
    """Say what the command understands."""
    {"digest": _add_digest, "trace": _add_trace}[command](parser)


def _add_digest(parser: argparse.ArgumentParser) -> None:
    parser.description = "Say in a few lines what your mail looks like."
    parser.add_argument("--today", action="store_true", help="silent where the settings say so")
    parser.add_argument("--since", metavar="WHEN", help="a time, or 24h: what came since then")
    parser.add_argument("--all-spaces", action="store_true", help="of all messaging.spaces")
    styles = ["text", "org", "md"]
    parser.add_argument("--format", default="text", choices=styles, help="how it looks")
    parser.set_defaults(run=_digest)


def _digest(args: Any, desk: Desk) -> None:
    if args.today and not desk.settings.truth("messaging.show_in_today"):
        desk.show.answer({}, [])
        return
    if not args.all_spaces:
        data, lines = _one_digest(args, desk)
        desk.show.answer(data, lines)
        return
    spaces, rows = [], []
    for space, other in desk.every_space():
        data, lines = _one_digest(args, other)
        spaces.append({"space": space, **data})
        rows += [one_line(space), *(f"  {line}" for line in lines)]
    desk.show.answer({"spaces": spaces}, rows)


def _one_digest(args: Any, desk: Desk) -> tuple[dict[str, Any], list[str]]:
    from orgpost.cli.when import since

    desk.settle()
    digest = desk.messages.digest(desk.me, since=since(args.since, desk.clock, "since"))
    tasks = _tasks(desk)
    return {**digest.to_dict(), **tasks}, _lines(digest, args.format, tasks)


def _tasks(desk: Desk) -> dict[str, Any]:
    """Count the tasks of me or my agents; nothing is said of them where there are none."""
    from orgpost.cli.task_words import my_agents

    inboxes = [desk.post.inbox(name) for name in my_agents(desk)]
    if not inboxes:
        return {"tasks": None, "awaiting_approval": None}
    counts = [inbox.counts() for inbox in inboxes]
    awaiting = sum(len(inbox.find_awaiting_approval()) for inbox in inboxes)
    total = {state: sum(each[state] for each in counts) for state in counts[0]}
    return {"tasks": total, "awaiting_approval": awaiting}


def _lines(digest: Digest, style: str, tasks: dict[str, Any]) -> list[str]:
    item = {"text": "", "org": "- ", "md": "- "}[style]
    head = {"text": "", "org": "* ", "md": "## "}[style]
    lines = [f"{head}Mail of {digest.actor}: {digest.unread} unread, {digest.high} high"]
    lines.append(f"{item}{digest.todo} to do")
    shown = _MOST_SENDERS if tasks["tasks"] is None else _FEW_SENDERS
    most = digest.by_sender[:shown]
    lines += [f"{item}{each.unread} from {_name(each.sender, style)}" for each in most]
    if others := digest.by_sender[shown:]:
        unread = sum(each.unread for each in others)
        lines.append(f"{item}{unread} from {several(len(others), 'other')}")
    if digest.stale:
        lines.append(f"{item}{len(digest.stale)} unread for long: orgpost inbox --stale")
    if digest.expired:
        lines.append(f"{item}{len(digest.expired)} expired")
    if tasks["tasks"] and (said := _open_tasks(tasks["tasks"])):
        lines.append(f"{item}tasks: {said}")
    if tasks["awaiting_approval"]:
        lines.append(f"{item}{tasks['awaiting_approval']} waiting: orgpost task list --awaiting")
    return lines


def _open_tasks(counts: dict[str, int]) -> str:
    states = ("working", "ready", "blocked", "dead")
    return ", ".join(f"{counts[state]} {state}" for state in states if counts[state])


def _name(sender: str, style: str) -> str:
    if not sender:
        return "?"
    if style != "org":
        return one_line(sender)
    from orgpost.org.quote import shown

    return one_line(shown(sender))  # a hand-written name is not to be more than a name in a file


def _add_trace(parser: argparse.ArgumentParser) -> None:
    parser.description = "Say how far a message got: stored, announced, read, answered, done."
    parser.add_argument("id", metavar="ID", help="an id, or a part of one")
    parser.set_defaults(run=_trace)


def _trace(args: Any, desk: Desk) -> None:
    trace = desk.messages.trace(desk.id(args.id))
    message = trace.message
    lines = [one_line(f"{message.id} from {message.sender} to {message.to}")]
    for rung in trace.rungs:
        mark = "x" if rung.reached else " "
        when = f", {ago(rung.at, desk.clock)}" if rung.at else ""
        by = f" by {one_line(rung.by)}" if rung.by else ""
        lines.append(f"[{mark}] {rung.rung}{when}{by}")
    if trace.task:
        lines.append(one_line(f"task {trace.task.id}: {trace.task.state}"))
    if message.expired:
        bounced = f", bounced as {one_line(trace.bounced)}" if trace.bounced else ""
        lines.append(f"expired{bounced}")
    if message.stored == "waiting":
        lines.append("it waits until the file is saved in an editor")
    if trace.recipient_last_seen:
        seen = ago(trace.recipient_last_seen, desk.clock)
        lines.append(f"{one_line(message.to)} was last seen {seen}")
    desk.show.answer(trace.to_dict(), lines)
