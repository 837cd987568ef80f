"""`hooks`: registering the hooks with coding agents' clients, and looking at what is registered."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orgpost.cli.hook_stats import HELP as HELP_OF_STATS
from orgpost.cli.hook_stats import add_stats
from orgpost.cli.show import one_line
from orgpost.errors import Failed, Usage

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from orgpost.cli.desk import Desk
    from orgpost.hooks_install import Change, Place, Wish

AUTO: Final = "auto"
_NO_TASKS: Final = "A test notes nothing, and neither tells of tasks nor claims one."


def add(_command: str, parser: argparse.ArgumentParser) -> None:
    """Say what the command understands."""
    parser.description = "Let coding agents' clients run orgpost's hooks; see what is registered."
    below = parser.add_subparsers(metavar="install|uninstall|list|test|stats", required=True)
    install = below.add_parser("install", help="register the hooks with a client")
    uninstall = below.add_parser("uninstall", help="take them out again")
    for each in (install, uninstall):
        each.add_argument("--client", required=True, metavar="NAME", help="claude, codex …")
        scope = each.add_mutually_exclusive_group()
        scope.add_argument("--user", dest="scope", action="store_const", const="user")
        scope.add_argument("--project", dest="scope", action="store_const", const="project")
        each.add_argument("--dry-run", action="store_true", help="only show what would change")
    install.add_argument("--mid-turn", action="store_true", help="also after tools ran")
    install.add_argument("--wake", action="store_true", help="let mail wake an idle session")
    install.add_argument("--mcp", action="store_true", help="also the MCP server `orgpost mcp`")
    install.set_defaults(run=_install)
    uninstall.set_defaults(run=_uninstall)
    below.add_parser("list", help="every place that would run orgpost here").set_defaults(run=_list)
    test = below.add_parser("test", help="run what is registered, with the client's own samples")
    test.description = f"Run what is registered as the client would. {_NO_TASKS}"
    test.add_argument("--client", required=True, metavar="NAME", help="claude, codex …")
    test.set_defaults(run=_test)
    add_stats(below.add_parser("stats", help=HELP_OF_STATS))


def _install(args: Any, desk: Desk) -> None:
    from orgpost.hooks_install import Records, plan_install

    wish, place = _wish(args, desk), _place()
    records = Records(os.environ)
    changes = plan_install(wish, place, records)
    written = _carry_out(args, desk, changes, records)
    if written:
        records.note_python()
    words = f"{wish.client.title} runs orgpost's hooks" if written else "nothing was written"
    _answer(args, desk, wish, changes, records, words, list(_next(wish)))


def _uninstall(args: Any, desk: Desk) -> None:
    from orgpost.hooks_install import Records, Wish, plan_uninstall

    client = _client(args.client)
    scope = _scope(args, client.scopes)
    records = Records(os.environ)
    changes = plan_uninstall(client, scope, _place(), records)
    written = _carry_out(args, desk, changes, records)
    words = f"{client.title} does not run orgpost's hooks" if written else "nothing was written"
    _answer(args, desk, Wish(client, scope), changes, records, words, [])


def _list(_args: Any, desk: Desk) -> None:
    from orgpost.hooks_install import Listing, Records

    listing = Listing(_place(), Records(os.environ))
    for warning in listing.warnings:
        desk.show.warn(warning)
    data = listing.to_dict(sys.executable)
    lines = [f"gate: {data['gate']}"]
    theirs = next(each for each in data["clients"] if each["client"] == "claude")["installed"]
    for client in data["clients"]:
        there = client["installed"]
        words = "documented only" if client["documented_only"] else "" if there else "-"
        lines.append(f"{client['client']:<12} {words}".rstrip())
        is_other = client["client"] != "claude"
        for each in there:
            notes = " (stale)" if each["stale"] else ""
            if is_other and each in theirs:
                notes += " (Claude Code's file, which it can read)"
            lines.append(f"  {each['event']:<18} {each['file']}{notes}")
    desk.show.answer(data, map(one_line, lines))


def _test(args: Any, desk: Desk) -> int:
    from orgpost.hooks_install import Listing, Records, run

    client, place = _client(args.client), _place()
    found = Listing(place, Records(os.environ)).own[client.name]
    if not found:
        hint = f"orgpost hooks install --client {client.name}"
        raise Failed(f"nothing is registered with {client.title}", hint=hint)
    runs = [run(client.name, each, place) for each in found]
    is_good = not any(each.problems for each in runs)
    lines = []
    for each in runs:
        size = len(each.stdout)
        lines.append(f"{each.handler.event}: exit {each.exit}, {each.ms} ms, {size} bytes")
        lines += [f"  | {line}" for line in each.text.split("\n") if line]
        lines += [f"  wrong: {what} ({each.handler.file})" for what in each.problems]
    lines.append(_NO_TASKS)
    data = {"client": client.name, "good": is_good, "runs": [each.to_dict() for each in runs]}
    desk.show.answer(data, map(one_line, lines))
    return 0 if is_good else Failed.exit_code


# --- what is asked for ----------------------------------------------------------------------------


def _wish(args: Any, desk: Desk) -> Wish:
    from orgpost.hooks_install import Wish, find_gate, is_documented, refuse, said_words

    if is_documented(args.client):
        space = None if desk.space_named == AUTO else desk.space_or_none()
        raise refuse(args.client, find_gate(), said_words(space, desk.actor_named))
    client = _client(args.client)
    scope = _scope(args, client.scopes)
    space = None if desk.space_named == AUTO else desk.space()
    server = _server() if args.mcp else ()
    return Wish(client, scope, space, _actor(desk, space), args.mid_turn, server, wake=args.wake)


def _client(name: str) -> Any:
    from orgpost.hooks_install import CLIENTS

    if name not in CLIENTS:
        raise Usage(f"no such client: {name}", hint=f"one of {' '.join(CLIENTS)}")
    return CLIENTS[name]


def _scope(args: Any, scopes: Sequence[str]) -> str:
    scope: str = args.scope or scopes[0]
    if scope not in scopes:
        raise Usage(f"{args.client} has no hooks for the {scope}", hint=f"--{scopes[0]}")
    return scope


def _actor(desk: Desk, space: Path | None) -> str | None:
    name = desk.actor_named
    if name is None or space is None:
        if name is not None:
            from orgpost.names import check_name

            check_name(name, "--as")
        return name
    return desk.contacts.resolve(name).id


def _place() -> Place:
    from orgpost.hooks_install import Place

    try:
        return Place(Path("~").expanduser(), Path.cwd(), os.environ)
    except (RuntimeError, FileNotFoundError):
        raise Usage("there is no home, or no working folder") from None


def _server() -> list[str]:
    """The command of the MCP server: the one of this environment, by its path."""
    beside = Path(sys.executable).parent / "orgpost"
    if os.access(beside, os.X_OK):
        return [str(beside), "mcp"]
    return [sys.executable, "-m", "orgpost", "mcp"]


# --- carrying it out ------------------------------------------------------------------------------


def _carry_out(args: Any, desk: Desk, changes: list[Change], records: Any) -> bool:
    from orgpost.hooks_install import commit

    if args.dry_run:
        return False
    diff = "".join(change.diff() for change in changes)
    if diff and not desk.show.agrees(map(one_line, diff.split("\n")[:-1]), "Write this?"):
        return False
    commit(changes, records)
    return True


def _answer(
    args: Any,
    desk: Desk,
    wish: Wish,
    changes: list[Change],
    records: Any,
    words: str,
    steps: list[str],
) -> None:
    from orgpost.hooks_install import backup_of

    diff = "".join(change.diff() for change in changes)
    first = changes[0] if changes else None
    backup = backup_of(first, records) if first else None
    changed = any(change.is_change for change in changes)
    steps = steps if changed else []
    data = {
        "client": wish.client.name,
        "scope": wish.scope,
        "events": [*wish.events],
        "files": [str(change.file) for change in changes],
        "file": str(first.file) if first else None,
        "changed": changed,
        "diff": diff,
        "backup": str(backup) if backup else None,
        "next": steps,
    }
    lines = [] if desk.show.has_asked else diff.split("\n")[:-1]
    lines.append(
        "nothing changes" if not changed else "dry run: " + words if args.dry_run else words
    )
    lines += [f"next: {step}" for step in steps]
    desk.show.answer(data, map(one_line, lines))


def _next(wish: Wish) -> Iterator[str]:
    yield from wish.client.advice
    if wish.mid_turn and wish.client.mid_turn not in wish.client.events:
        yield "orgpost config set hooks.mid_turn urgent: without it nothing is told there"
    if wish.scope == "project" and wish.client.name != "claude":
        yield "the project's file holds absolute paths now: keep it out of git"
    if wish.space is None:
        yield "without a space each event costs a start of Python: --space DIR spares it"
    if wish.mcp:
        from importlib.util import find_spec

        if find_spec("mcp") is None:
            yield "pip install 'orgpost[mcp]': the MCP server needs it"
    yield f"orgpost hooks test --client {wish.client.name}"
