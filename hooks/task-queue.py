#!/usr/bin/env python3
# Input: status|next|approve|reject|cancel|retry|clear [ID] [--task-id ID] [--reason R]
#   [--agent A] [--peek]; see --help.
# Output: words for people, of `next` always one JSON object; with --json one document.
# Status: 0, or as `orgpost`: 2 usage, 3 not found, 4 not allowed in this state, 6 not permitted.
"""Look after an agent's tasks from a shell, without installing anything."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Beside the sources, or inside of the installed package.
LIBRARY = HERE.parent / "lib" if (HERE.parent / "lib").is_dir() else HERE.parent.parent

if __name__ == "__main__":
    sys.path.insert(0, str(LIBRARY))
    from orgpost.cli.task_queue import main

    sys.exit(main())
