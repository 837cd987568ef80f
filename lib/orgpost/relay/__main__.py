"""`python -m orgpost.relay --host`: the command line of the earlier relay, for hosts that know it.

It serves as `orgpost relay serve` does, but makes no secret: where none is set, it refuses.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any, Final

from orgpost import settings_file
from orgpost.clock import Clock
from orgpost.errors import OrgpostError
from orgpost.relay.options import add_flags, read_options
from orgpost.relay.refusals import BadSecret
from orgpost.relay.secret import find_secret
from orgpost.space import find
from orgpost.spelled import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

_USAGE: Final = 2


def parser() -> argparse.ArgumentParser:
    """Make the parser of this command line."""
    made = argparse.ArgumentParser(
        prog="python -m orgpost.relay",
        description="Serve a space's relay.",
        allow_abbrev=False,
    )
    made.add_argument("--host", action="store_true", help="serve; without it this help is shown")
    made.add_argument("--space", metavar="DIR", help="the space, else looked for")
    add_flags(made)
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until a signal comes; gives the exit status."""
    known = parser()
    args = known.parse_args(argv)
    if not args.host:
        known.print_usage(sys.stderr)
        return _USAGE
    try:
        _serve(args)
    except OrgpostError as error:
        for line in (*error.lines(), *([f"  {error.hint}"] if error.hint else [])):
            sys.stderr.write(f"orgpost: {one_line(line)}\n")
        return error.exit_code
    return 0


def _serve(args: Any) -> None:
    from orgpost.relay.running import check_address, serve

    space = find(args.space)
    settings = settings_file.load(space, os.environ)
    options = read_options(settings, os.environ, args)
    check_address(options)
    secret = find_secret(space, os.environ, settings)
    if secret is None:
        raise BadSecret("$ORGPOST_RELAY_SECRET", "is not set")
    serve(space, settings, options, secret, Clock(), _ready)


def _ready(data: dict[str, Any]) -> None:
    sys.stdout.write(f"serving {one_line(data['space'])} on {data['url']}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
