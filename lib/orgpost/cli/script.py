"""Scripts in `hooks/` that are commands of their own: the same desk, the same exit statuses.

Each takes `--space --as --json --help`, prints its answer on stdout and trouble on stderr.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any, Final, NoReturn

from orgpost.cli.desk import Desk
from orgpost.cli.show import Show
from orgpost.errors import Failed, OrgpostError, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


_INSTALL: Final = "run the script with the Python that has orgpost, or install what it needs"


class Parser(argparse.ArgumentParser):
    """An argument parser that leaves refusing to whoever shows errors."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(prog=name, description=what, allow_abbrev=False)
        self.add_argument("--space", metavar="DIR", help="the space (else looked for)")
        self.add_argument("--as", dest="actor_name", metavar="ACTOR", help="who acts")
        self.add_argument("--json", action="store_true", help="one JSON document on stdout")

    def error(self, message: str) -> NoReturn:
        """Refuse what was given."""
        raise Usage(message, hint=" ".join(self.format_usage().split()))


def run(
    parser: Parser, command: Callable[[Any, Desk], int], words: Sequence[str] | None = None
) -> int:
    """Run one script; gives its exit status."""
    words = sys.argv[1:] if words is None else words
    show = Show(json="--json" in words)
    try:
        args = parser.parse_args(words)
        with Desk(args, show) as desk:
            return command(args, desk)
    except ModuleNotFoundError as missing:
        error = Failed(f"{sys.executable} has no {missing.name}", hint=_INSTALL)
        show.trouble(error)
        return error.exit_code
    except OrgpostError as error:
        show.trouble(error)
        return error.exit_code
