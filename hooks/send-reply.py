#!/usr/bin/env python3
# Input: [--reply-to ID] [--complete ID [--token T] [--tokens N] [--result-path P]]
#   [--route DEST]... TO TEXT...; ID is a message or a task, TEXT - is stdin; see --help.
# Output: `[messaging] Sent: ID`, then `[messaging] Completed: ID`; with --json one document.
# Status: 0, or as `orgpost`: 2 usage, 3 not found, 4 not allowed in this state, 75 busy.
"""Answer a message or a task from a shell, without installing anything."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Beside the sources, or inside of the installed package.
LIBRARY = HERE.parent / "lib" if (HERE.parent / "lib").is_dir() else HERE.parent.parent

if __name__ == "__main__":
    sys.path.insert(0, str(LIBRARY))
    from orgpost.cli.send_reply import main

    sys.exit(main())
