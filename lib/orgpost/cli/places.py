"""`init`, `migrate` and `doctor`: a space as a whole."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orgpost.cli.show import one_line, several
from orgpost.errors import Failed, Malformed, NoSuchFile, Usage

if TYPE_CHECKING:
    import argparse

    from orgpost.cli.desk import Desk
    from orgpost.doctor import Finding


def add(command: str, parser: argparse.ArgumentParser) -> None:
    """Say what the command understands."""
    {"init": _add_init, "migrate": _add_migrate, "doctor": _add_doctor}[command](parser)


def _add_init(parser: argparse.ArgumentParser) -> None:
    parser.description = "Make a space; again, it makes only what is missing."
    parser.add_argument("directory", nargs="?", metavar="DIR", help="else --space, else here")
    parser.add_argument("--actor", metavar="NAME", help="who you are; else $USER")
    parser.add_argument("--name", metavar="TEXT", help="how people call you")
    parser.add_argument("--handle", action="append", default=[], metavar="@H", help="another name")
    parser.add_argument("--git", action="store_true", help="keep what is private out of git")
    parser.set_defaults(run=_init)


def _init(args: Any, desk: Desk) -> None:
    from orgpost.hook_copy import note_python, renew
    from orgpost.space import init

    made = init(
        Path(args.directory or desk.space_named or "."),
        actor=args.actor or desk.actor_named,
        name=args.name,
        handles=args.handle,
        git=args.git,
    )
    renew(made.space, os.environ)
    note_python(os.environ)
    lines = [f"{'made' if made.created else 'is there already:'} {one_line(str(made.space))}"]
    lines += [one_line(note) for note in made.notes]
    data = {"space": str(made.space), "actor": made.actor, "created": list(made.created)}
    desk.show.answer(data, lines)


def _add_migrate(parser: argparse.ArgumentParser) -> None:
    parser.description = "Take over a space of v0.1 or v0.2; the old files are kept in a backup."
    parser.add_argument("directory", nargs="?", metavar="DIR", help="else the space, else here")
    parser.add_argument("--actor", metavar="NAME", help="who becomes the owner")
    parser.add_argument("--from", dest="source", default="auto", help="auto, v0.1 or v0.2")
    parser.add_argument("--agent-mail", default="messages", help="messages or tasks")
    parser.add_argument("--keep-old", action="store_true", help="leave the old files in place")
    parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
    parser.set_defaults(run=_migrate)


def _migrate(args: Any, desk: Desk) -> None:
    from orgpost.migrate import migrate

    if args.directory and not Path(args.directory).is_dir():
        raise NoSuchFile(args.directory)
    folder = Path(args.directory) if args.directory else desk.space_or_none() or Path()
    with desk.show.working("migrating"):
        report = migrate(
            folder,
            actor=args.actor or desk.actor_named,
            source=args.source,
            agent_mail=args.agent_mail,
            keep_old=args.keep_old,
            dry_run=args.dry_run,
        )
    data = report.to_dict()
    words = "would migrate" if args.dry_run else "migrated"
    counted = f"{several(report.migrated, 'message')} and {several(report.tasks, 'task')}"
    lines = [f"{words} {counted}"]
    lines += [one_line(f"  {name}: {count}") for name, count in report.by_inbox.items()]
    for note in report.notes:
        place = f"{note.file}:{note.line}" if note.line else note.file
        lines.append(one_line(f"note: {place}: {note.what}"))
    if report.backup:
        lines.append(one_line(f"the old files are in {report.backup}"))
    desk.show.answer(data, lines)


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.description = "Say what is wrong with a space; --fix mends what needs no decision."
    parser.add_argument("files", nargs="*", metavar="FILE", help="only these, each in itself")
    parser.add_argument("--fix", action="store_true", help="mend, after a backup")
    parser.add_argument("--deep", action="store_true", help="compare each entry with orgparse")
    parser.add_argument("--dry-run", action="store_true", help="with --fix: only say so")
    parser.add_argument("--restore", metavar="NAME", help="put a quarantined entry back")
    parser.add_argument("--prune", action="store_true", help="forget old quarantine")
    parser.set_defaults(run=_doctor)


def _doctor(args: Any, desk: Desk) -> int:
    from orgpost.doctor import Options, examine

    if args.files:
        return _doctor_files(args, desk)
    options = Options(
        fix=args.fix,
        deep=args.deep,
        dry_run=args.dry_run,
        restore=args.restore,
        prune=args.prune,
    )
    space = desk.space()
    with desk.show.working("looking"):
        found = examine(space, options, expire=lambda name: _expire(name, desk))
    lines = [_finding(finding) for finding in found.all]
    counted = f"{several(found.errors, 'error')}, {several(found.warnings, 'warning')}"
    lines.append(f"{counted}, {found.fixed} fixed")
    desk.show.answer(found.to_dict(), lines)
    return Failed.exit_code if found.errors else 0


def _expire(name: str, desk: Desk) -> None:
    from orgpost.cli.task_working import answer

    for task in desk.post.inbox(name).expire():
        answer(task, desk)


def _doctor_files(args: Any, desk: Desk) -> int:
    """Look at files that are about to be committed: no space is asked for, nothing is written."""
    from orgpost.clock import Clock
    from orgpost.doctor import examine_files

    if args.fix or args.deep or args.dry_run or args.restore or args.prune:
        raise Usage("a FILE is only looked at", hint="without FILE the flags are for the space")
    found = examine_files(map(Path, args.files), Clock().zone())
    lines = [_finding(finding) for finding in found.all]
    desk.show.answer(found.to_dict(), lines)
    return Malformed.exit_code if found.errors else 0


def _finding(finding: Finding) -> str:
    place = ":".join(str(part) for part in (finding.file, finding.line) if part)
    mended = " (fixed)" if finding.fixed else " (--fix mends it)" if finding.fixable else ""
    return one_line(f"{finding.severity}: {place}: {finding.message}{mended}")
