"""The budget's page: the governor's figures of today as bars, and the same figures as a table.

What a bar shows is worked out here, so that picture and table cannot tell two stories. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.names import TIERS
from orgpost.relay.board.looks import When, number, when

if TYPE_CHECKING:
    from orgpost.clock import Clock
    from orgpost.governor.accounts import Balance, Left

EVERYBODY: Final = "all senders"
_ROW_HEIGHT: Final = 52
_FULL: Final = 100.0


class Bar(NamedTuple):
    """One sender: the figures, and how far they reach in hundredths of the picture's width.

    `limit_at` is where the limit stands, None where there is none.
    """

    actor: str
    tier: str
    spent: int
    reserved: int
    limit: int
    remaining: int | None
    tasks: int
    spent_width: float
    reserved_width: float
    limit_at: float | None
    top: int

    @property
    def sentence(self) -> str:
        """The bar in words."""
        of = f" of {number(self.limit)}" if self.limit else ", no limit"
        return f"{number(self.spent)} spent, {number(self.reserved)} reserved{of}"


class Budget(NamedTuple):
    """A day: everybody's bar first, then each sender's, the most trusted tier first."""

    day: str
    resets_at: When | None
    everybody: Bar
    bars: list[Bar]
    height: int

    @property
    def description(self) -> str:
        """The picture in words, for who cannot see it."""
        bars = [self.everybody, *self.bars]
        return "; ".join(f"{bar.actor}: {bar.sentence}" for bar in bars)


def budget(balance: Balance, clock: Clock) -> Budget:
    """Make of the governor's figures what the page shows."""
    order = sorted(
        balance.senders,
        key=lambda left: (TIERS.index(left.tier), -left.spent - left.reserved, left.actor),
    )
    # Each sender's bar has one scale, so that they can be compared; everybody's has its own.
    most = max((_reach(left.spent + left.reserved, left.limit) for left in order), default=0)
    total = balance.spent + balance.reserved
    tasks = sum(left.tasks_today for left in order)
    everybody = _bar(
        (EVERYBODY, "", balance.spent, balance.reserved, balance.limit),
        max(0, balance.limit - total) if balance.limit else None,
        tasks,
        _reach(total, balance.limit),
        0,
    )
    bars = [_bar_of(left, most, place) for place, left in enumerate(order, start=1)]
    return Budget(
        day=balance.day,
        resets_at=when(balance.resets_at, clock),
        everybody=everybody,
        bars=bars,
        height=_ROW_HEIGHT * (len(bars) + 1),
    )


def _bar_of(left: Left, most: int, place: int) -> Bar:
    facts = (left.actor, left.tier, left.spent, left.reserved, left.limit)
    return _bar(facts, left.remaining, left.tasks_today, most, place)


def _bar(
    facts: tuple[str, str, int, int, int], remaining: int | None, tasks: int, most: int, place: int
) -> Bar:
    actor, tier, spent, reserved, limit = facts

    def width(tokens: int) -> float:
        return round(_FULL * tokens / most, 2) if most else 0.0

    return Bar(
        actor=actor,
        tier=tier,
        spent=spent,
        reserved=reserved,
        limit=limit,
        remaining=remaining,
        tasks=tasks,
        spent_width=width(spent),
        reserved_width=width(reserved),
        limit_at=width(limit) if limit else None,
        top=place * _ROW_HEIGHT,
    )


def _reach(tokens: int, limit: int) -> int:
    return max(tokens, limit)
