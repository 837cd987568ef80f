"""Parse the words, run the command, turn an error into its exit status. All in one place."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Final

from orgpost.cli.show import Show, Unwritten
from orgpost.errors import Failed, InvalidField, NotPermitted, OrgpostError, Usage
from orgpost.spelled import place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_INSTALL: Final = "run this with the Python that has orgpost, or install what it needs"


def run(words: Sequence[str]) -> int:
    """Run one command; gives its exit status."""
    return guarded(lambda show: _answer(words, show), words)


def guarded(command: Callable[[Show], int], words: Sequence[str]) -> int:
    """Run what answers; gives its exit status, whatever happens and whoever stops listening."""
    from orgpost.cli.words import end_of_flags

    show = Show(json="--json" in words[: end_of_flags(words)])
    status = 0
    try:
        status = _refused(command, show)
        show.flush()
    except Unwritten as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # noqa: TID251  no file of ours
        if error.reason:  # who closed a pipe has seen enough
            # Who was not told what is stored would send it again.
            stored = f"stored: {' '.join(show.stored)}; " if show.stored else ""
            show.warn(f"{stored}the answer could not be written: {error.reason}")
            return Failed.exit_code
    return status


def _refused(command: Callable[[Show], int], show: Show) -> int:
    try:
        return command(show)
    except OrgpostError as error:
        show.trouble(error)
        return error.exit_code
    except Unwritten:
        raise
    except Exception as error:  # noqa: BLE001  a fault of ours is a line and a status, not a page of code
        failed = _failed(error)
        show.trouble(failed)
    return failed.exit_code


def _failed(error: Exception) -> OrgpostError:
    if isinstance(error, PermissionError) and error.filename is not None:
        return NotPermitted(error.filename, error.strerror or "it is forbidden")
    if isinstance(error, OSError) and error.filename is not None:
        return Failed(f"{error.strerror}: {error.filename}")
    if isinstance(error, FileNotFoundError) and _is_nowhere():
        return Failed("the working folder is gone", hint="cd to one that is there, and try again")
    if isinstance(error, ModuleNotFoundError):
        return Failed(f"{sys.executable} has no {error.name}", hint=_INSTALL)
    return Failed(place_of(error), hint="this is a fault of orgpost: please report it")


def _is_nowhere() -> bool:
    from pathlib import Path

    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False


def _answer(words: Sequence[str], show: Show) -> int:
    from orgpost.cli.desk import Desk
    from orgpost.cli.words import parse

    args: Any = parse(words)
    if isinstance(args, str):
        show.answer({"help": args}, [args])
        return 0
    try:
        with Desk(args, show) as desk:
            return int(args.run(args, desk) or 0)
    except (InvalidField, Usage) as error:
        if error.hint == error.advice:
            error.hint = f"orgpost {args.command} --help"
        raise
