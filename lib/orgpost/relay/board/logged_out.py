"""Which sessions were logged out of: `.orgpost/keys/logged-out`, by their ids, until they end.

A signed cookie is good wherever it was copied to, so that ending it has to be remembered. A file
that cannot be understood ends nothing that is on it; whoever wants to be sure revokes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from orgpost.space import PRIVATE
from orgpost.store import make_private, replace_file

if TYPE_CHECKING:
    from pathlib import Path

    from orgpost.clock import Clock
    from orgpost.relay.tokens import Grant

FILE: Final = f"{PRIVATE}/keys/logged-out"


def read_logged_out(space: Path, clock: Clock) -> dict[str, float]:
    """Read the ids of sessions that were ended, with the time when each would have ended anyway."""
    try:
        data = json.loads((space / FILE).read_bytes())
        ended = {str(id): float(until) for id, until in data["ended"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}
    now = clock.now().timestamp()
    return {id: until for id, until in ended.items() if until > now}


def log_out(space: Path, clock: Clock, grant: Grant) -> dict[str, float]:
    """End a session for good; gives all that are ended."""
    ended = read_logged_out(space, clock) | {grant.id: grant.expires.timestamp()}
    path = space / FILE
    make_private(space, f"{PRIVATE}/keys")
    replace_file(path, json.dumps({"schema": 1, "ended": ended}).encode() + b"\n")
    return ended
