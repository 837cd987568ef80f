"""What the relay lends to the board: the space, the secret, who is let in, the way to the store.

The board itself knows neither the relay's socket nor its tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from aiohttp import web

    from orgpost.clock import Clock
    from orgpost.relay.tokens import Grant, Signer

T = TypeVar("T")


class Cross(Protocol):
    """Does what touches files in a thread, so that the loop never waits for a disk."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]:
        """Do it."""


class Present(NamedTuple):
    """Somebody who is there, as the relay's presence tells it."""

    actor: str
    status: str
    note: str
    since: datetime | None
    connections: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the board works with.

    `is_good` says of a grant whether its actor is known and it was not revoked; `is_ours` of a
    request that it does not come from another's page; `wait_for` how many seconds an address must
    wait after too many failed logins, each of which is told to `failed`; `who` says who is there;
    `ended` closes what a session had opened beside its pages.
    """

    space: Path
    clock: Clock
    secret: bytes
    tokens: Signer
    is_encrypted: bool
    cross: Cross
    is_good: Callable[[Grant], bool]
    is_ours: Callable[[web.Request], bool]
    wait_for: Callable[[web.Request], int]
    failed: Callable[[web.Request], None]
    who: Callable[[], Sequence[Present]]
    ended: Callable[[Grant], None]
