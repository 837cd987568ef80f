"""The command line: `main` is what the `orgpost` command runs.

It stays lean: a hook's door must cost no more than Python itself, and no command pays for another.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED = 130
_VALUED = ("--space", "--as")
# What a shell asks at each press of a key has a door of its own, as a hook has.
_CANDIDATES = ["config", "completion", "--list"]
_OBJECTS_OF_A_START = 50_000


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives its exit status. Without words, this is the process's last act."""
    _open_what_is_closed()
    if argv is None:
        # What is imported stays: to look for garbage among it, again and again, finds none.
        gc.set_threshold(_OBJECTS_OF_A_START)
    try:
        return _run(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        if argv is None:
            gc.freeze()  # nor does Python's end look, which takes as long as an answer


def _run(words: list[str]) -> int:
    at = place_of_command(words)
    if words[at : at + 1] == ["hook"]:
        from orgpost.cli.hook import run_hook

        return run_hook(words[:at] + words[at + 1 :])
    if words[at : at + len(_CANDIDATES)] == _CANDIDATES and "--json" not in words:
        from orgpost.cli.candidates import run_list

        after = at + len(_CANDIDATES)
        return run_list(words[after : after + 1] + words[:at] + words[after + 1 :])
    from orgpost.cli.door import run

    return run(words)


def place_of_command(words: Sequence[str]) -> int:
    """Say where the command stands, behind what is understood everywhere."""
    at = 0
    while at < len(words) and words[at].startswith("--"):
        at += 2 if words[at] in _VALUED else 1
    return at


def _open_what_is_closed() -> None:
    # A file that we open would else get the number of a closed stream, and what is printed.
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115  it stays open
