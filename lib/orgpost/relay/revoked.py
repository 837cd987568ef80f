"""Whose tokens are refused that were made up to some moment: `.orgpost/keys/revoked`.

A file that cannot be understood revokes everybody: whoever takes a right away means it.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from orgpost.errors import Malformed
from orgpost.space import PRIVATE
from orgpost.store import make_private, replace_file

if TYPE_CHECKING:
    from pathlib import Path

    from orgpost.post import Post
    from orgpost.relay.tokens import Grant

FILE: Final = f"{PRIVATE}/keys/revoked"
_LOCK: Final = "relay revoked"


class Revoked:
    """Who was revoked, and when last."""

    def __init__(self, upto: dict[str, float] | None) -> None:
        self._upto = upto

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Revoked) and other._upto == self._upto

    __hash__ = None  # type: ignore[assignment]  # it is compared, and never a key

    @property
    def is_understood(self) -> bool:
        """Whether the file could be read."""
        return self._upto is not None

    def holds(self, grant: Grant) -> bool:
        """Whether this grant was taken away."""
        if self._upto is None:
            return True
        return grant.issued.timestamp() <= self._upto.get(grant.actor, 0.0)

    def with_actor(self, actor: str, moment: datetime) -> dict[str, float]:
        """Give the file's content with one more; what was understood of it stays."""
        if self._upto is None:
            raise Malformed(FILE, "cannot be understood", hint=f"remove it: {FILE}")
        before = self._upto.get(actor, 0.0)
        return {**self._upto, actor: max(before, moment.timestamp())}


def read_revoked(space: Path) -> Revoked:
    """Read who was revoked; a file that is not there revokes nobody, one that is rubbish all.

    Raises `OSError` where it is there and cannot be read.
    """
    try:
        data = json.loads((space / FILE).read_bytes())
        upto = {str(actor): float(moment) for actor, moment in data["revoked"].items()}
    except FileNotFoundError:
        return Revoked({})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Revoked(None)
    return Revoked(upto)


def revoke(post: Post, actor: str) -> datetime:
    """Take away all that was granted to an actor until now; gives that moment."""
    with post.store.lock(_LOCK):
        now = post.clock.now().astimezone(UTC)
        upto = read_revoked(post.space).with_actor(actor, now)
        path = post.space / FILE
        make_private(post.space, f"{PRIVATE}/keys")
        replace_file(path, json.dumps({"schema": 1, "revoked": upto}).encode() + b"\n")
    return now
