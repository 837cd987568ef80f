#!/usr/bin/env python3
# Input: ID... STATE, with STATE one of read unread todo done clear archive; see --help.
# Output: a line `ID STATE` for each message; with --json one document.
# Status: 0, or as `orgpost`: 2 usage or ambiguous, 3 not found, 4 not allowed, 75 busy.
"""Mark messages from a shell, without installing anything."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Beside the sources, or inside of the installed package.
LIBRARY = HERE.parent / "lib" if (HERE.parent / "lib").is_dir() else HERE.parent.parent

if __name__ == "__main__":
    sys.path.insert(0, str(LIBRARY))
    from orgpost.cli.mark_message import main

    sys.exit(main())
