"""Parse the words, run the command, turn an error into its exit status. All in one place."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from orgpost.cli.show import Show
from orgpost.errors import OrgpostError, Usage

if TYPE_CHECKING:
    from collections.abc import Sequence

_INTERRUPTED = 130


def run(words: Sequence[str]) -> int:
    """Run one command; gives its exit status."""
    from orgpost.cli.words import parse

    show = Show(json="--json" in words[: _end_of_flags(words)])
    try:
        args = parse(list(words))
        if isinstance(args, str):
            show.answer({"help": args}, [args])
            return 0
        return _run(args, show)
    except OrgpostError as error:
        show.trouble(error)
        return error.exit_code
    except BrokenPipeError:
        # Who read our output has seen enough; Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # noqa: TID251  no file of ours
        return 0
    except KeyboardInterrupt:
        return _INTERRUPTED


def _end_of_flags(words: Sequence[str]) -> int:
    return words.index("--") if "--" in words else len(words)


def _run(args: Any, show: Show) -> int:
    from orgpost.cli.desk import Desk

    if not hasattr(args, "run"):
        raise Usage("no command was given", hint="orgpost help")
    with Desk(args, show) as desk:
        status = args.run(args, desk)
        sys.stdout.flush()
        return int(status or 0)
