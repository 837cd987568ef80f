"""Scripts in `hooks/` that are commands of their own: the same desk, the same exit statuses.

Each takes `--space --as --json --help`, prints its answer on stdout and trouble on stderr.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from orgpost.cli.desk import Desk
from orgpost.cli.door import guarded
from orgpost.errors import Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orgpost.cli.show import Show


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
    given = list(sys.argv[1:] if words is None else words)

    def answer(show: Show) -> int:
        args = parser.parse_args(given)
        with Desk(args, show) as desk:
            return command(args, desk)

    return guarded(answer, given)
