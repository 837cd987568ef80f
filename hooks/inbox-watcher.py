#!/usr/bin/env python3
# Input: [EVENT] [--host CLIENT] [--space DIR] [--as ACTOR]; on stdin what the client sends.
# Output: nothing, or one document in the shape that this client wants; nothing on stderr.
# Status: 0, whatever happened.
"""The hook for settings of Claude Code that name this file: the gate's answer, without the gate.

What is not said is found on stdin. It costs a start of Python each time; `orgpost-hook` beside it
costs a start of a shell where nothing is new.
"""

import sys
from pathlib import Path


def main() -> int:
    """Answer one event, if there is a hook beside this file that this Python can run."""
    here = Path(__file__).resolve().parent
    # Beside the sources, or inside of the installed package.
    for folder in (here.parent / "lib" / "orgpost", here.parent):
        if (folder / "hook" / "__init__.py").is_file():
            sys.path.append(str(folder))
            break
    try:
        import hook
    except (ImportError, SyntaxError):
        return 0
    status: int = hook.main(sys.argv[1:])
    return status


if __name__ == "__main__":
    sys.exit(main())
