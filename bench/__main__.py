"""`python -m bench [NAME…]`: ratios against named floors, each measured in this one run."""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING

from bench import hooks, mail, relay, tasks
from bench.timing import NO_GOAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bench.timing import Row

PARTS: Mapping[str, Callable[[], Iterable[Row]]] = {
    "mail": mail.rows,
    "hooks": hooks.rows,
    "tasks": tasks.rows,
    "relay": relay.rows,
}


def main(names: list[str]) -> int:
    """Print a line for each figure; 1 where a goal is missed."""
    print(f"# Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    print("| what | ratio | goal | floor | ours ms | floor ms | rounds | holds |")
    print("|---|---|---|---|---|---|---|---|")
    missed = 0
    for name in names or PARTS:
        for row in PARTS[name]():
            missed += not row.holds
            figures = f"{row.ratio:.2f} | {row.goal} | {row.floor} | {row.ours_ms:.3f}"
            holds = "yes" if row.holds else "NO"
            told = row.goal if row.goal == NO_GOAL else holds
            tail = f"{row.floor_ms:.3f} | {row.rounds} | {told}"
            print(f"| {row.what} | {figures} | {tail} |", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
