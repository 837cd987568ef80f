"""The numbers by which the governor judges; 0 is no limit. Pure.

They are handed down from `post`, the only one who reads settings.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from orgpost.frozen import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Tier(NamedTuple):
    """What a tier of trust allows."""

    priority_boost: float
    daily_token_limit: int
    max_task_effort: int
    auto_accept: bool


class Limits(NamedTuple):
    """All limits; `cooldown` is in seconds, `timeout` in minutes, as the settings have them."""

    tiers: Mapping[str, Tier] = MappingProxyType(
        {
            "owner": Tier(2.0, 0, 0, auto_accept=True),
            "team": Tier(1.5, 100_000, 8, auto_accept=True),
            "trusted": Tier(1.0, 50_000, 5, auto_accept=False),
            "unknown": Tier(0.5, 10_000, 3, auto_accept=False),
        }
    )
    whitelists: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    max_hops: int = 8
    daily_budget_tokens: int = 500_000
    per_sender_daily_max: int = 100_000
    per_task_max_tokens: int = 50_000
    per_task_timeout_minutes: int = 30
    cooldown_seconds: int = 60
    max_queue_depth: int = 20
    tasks_per_hour: int = 5
    default_task_tokens: int = 1000
    price_per_1000_tokens: float = 0.015
    over_global_budget: str = "refuse"
    refusal_memory_days: int = 7

    def ask_of(self, tokens: int, tier: str) -> int:
        """Give what is reserved for an estimate; a plain task of an owner asks for nothing."""
        return tokens or (0 if tier == "owner" else self.default_task_tokens)

    def cost_of(self, tokens: int) -> str:
        """Write what tokens cost: ``$0.18``."""
        return f"${tokens / 1000 * self.price_per_1000_tokens:.2f}"
