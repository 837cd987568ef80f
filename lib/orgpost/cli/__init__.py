"""The command line: `main` is what the `orgpost` command runs.

It stays lean: a hook's door must cost no more than Python itself, and no command pays for another.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives its exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if words[:1] == ["hook"]:
            from orgpost.cli.hook import run_hook

            return run_hook(words[1:])
        from orgpost.cli.door import run

        return run(words)
    except KeyboardInterrupt:
        return INTERRUPTED
