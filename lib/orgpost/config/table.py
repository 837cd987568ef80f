"""The one table of settings: what each is called, may be, is where nobody says it, and means. Pure.

A setting that is not in `KEYS` does not exist; the manual, the example file and `module.yaml` are
compared with it. How values are checked and merged is the business of `config`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from orgpost.config.key import Key
from orgpost.config.relay_table import RELAY_KEYS
from orgpost.names import TIERS

if TYPE_CHECKING:
    from collections.abc import Iterator


def _tier_keys() -> Iterator[Key]:
    numbers = {
        "owner": (2.0, 0, 0, True),
        "team": (1.5, 100_000, 8, True),
        "trusted": (1.0, 50_000, 5, False),
        "unknown": (0.5, 10_000, 3, False),
    }
    for tier in TIERS:
        boost, tokens, effort, accept = numbers[tier]
        name = f"messaging.trust_tiers.{tier}"
        yield Key(
            f"{name}.priority_boost", "float", boost, f"weight of the tasks of tier {tier}", 0.1, 10
        )
        yield Key(
            f"{name}.daily_token_limit",
            "int",
            tokens,
            f"tokens that each sender of tier {tier} may use a day; 0 = no limit",
            0,
        )
        yield Key(
            f"{name}.max_task_effort",
            "int",
            effort,
            f"the most effort that a task of tier {tier} may ask for; 0 = no limit",
            0,
        )
        yield Key(
            f"{name}.auto_accept", "bool", accept, f"tasks of tier {tier} need nobody's approval"
        )


KEYS: Final = (
    Key("identity.name", "actor", None, "who acts here"),
    Key("identity.handles", "handles", (), "further handles of that actor"),
    Key("messaging.default_space", "path", None, "the space where nothing else names one"),
    Key("messaging.spaces", "paths", (), "the spaces that `--all-spaces` reads"),
    Key("messaging.show_in_today", "bool", True, "`digest --today` prints something"),
    Key(
        "messaging.auto_mark_read",
        "bool",
        False,
        "`show` and `inbox` mark what they showed as read",
    ),
    Key(
        "messaging.agent_handles",
        "handles",
        ("@agent", "@claude", "@ai"),
        "handles that mean the sender's own agent",
    ),
    Key("messaging.stale_after_hours", "int", 24, "unread for longer than this is stale", 1, 8760),
    Key(
        "messaging.archive_after_days",
        "int",
        30,
        "`archive --auto` moves finished entries older than this; 0 = not by age",
        0,
        3650,
    ),
    Key(
        "messaging.archive_keep",
        "int",
        500,
        "finished entries that `archive --auto` leaves in a file",
        0,
        100_000,
    ),
    Key("messaging.route_timeout_seconds", "int", 30, "for one `--route`", 1, 600),
    Key("messaging.limits.max_body_bytes", "int", 65_536, "of one body, in UTF-8", 1, 1_048_576),
    Key("messaging.limits.max_file_bytes", "int", 26_214_400, "of all files of one message", 1),
    Key(
        "messaging.limits.messages_per_minute",
        "rates",
        MappingProxyType({"owner": 0, "team": 120, "trusted": 60, "unknown": 10}),
        "of one agent, by its tier; 0 = no limit",
    ),
    Key(
        "messaging.limits.thread_replies_per_10_minutes",
        "int",
        20,
        "between agents in one thread; 0 = no limit",
        0,
    ),
    Key("messaging.limits.max_hops", "int", 8, "actors in one chain", 1, 64),
    Key(
        "messaging.attach_roots",
        "paths",
        (),
        "where attachments may come from; empty: anywhere for persons, "
        "the space and the working folder for everyone else",
    ),
    Key(
        "messaging.trust_overrides",
        "tiers",
        MappingProxyType({}),
        "tiers that count here instead of those of contacts",
    ),
    Key(
        "messaging.whitelists",
        "lists",
        MappingProxyType({}),
        "whose tasks and mail an agent takes; without a list everybody's",
    ),
    *_tier_keys(),
    Key(
        "messaging.compute.daily_budget_tokens",
        "int",
        500_000,
        "tokens of all senders together in a day; 0 = no limit",
        0,
    ),
    Key(
        "messaging.compute.per_sender_daily_max",
        "int",
        100_000,
        "tokens of one sender in a day, whatever its tier; 0 = no limit",
        0,
    ),
    Key("messaging.compute.per_task_max_tokens", "int", 50_000, "of one task; 0 = no limit", 0),
    Key(
        "messaging.compute.per_task_timeout_minutes",
        "int",
        30,
        "how long one claim of a task may be worked on; 0 = no limit",
        0,
    ),
    Key(
        "messaging.compute.cooldown_between_tasks",
        "int",
        60,
        "seconds between the starts of two tasks of one sender at one agent",
        0,
    ),
    Key(
        "messaging.compute.max_queue_depth",
        "int",
        20,
        "tasks that one agent may have before it; 0 = no limit",
        0,
    ),
    Key(
        "messaging.compute.rate_limits.tasks_per_hour",
        "int",
        5,
        "new tasks of one sender; 0 = no limit",
        0,
    ),
    Key(
        "messaging.compute.default_task_tokens",
        "int",
        1000,
        "reserved for a task that names no estimate",
        1,
    ),
    Key(
        "messaging.compute.price_per_1000_tokens",
        "float",
        0.015,
        "in dollars, for the cost of a task",
        0,
        1000,
    ),
    Key(
        "messaging.compute.over_global_budget",
        "choice",
        "refuse",
        "what becomes of a task that only the budget of all senders stops",
        choices=("refuse", "wait"),
    ),
    Key("messaging.refusal_memory_days", "int", 7, "how long refused work is recognised", 0, 90),
    Key("messaging.tasks.lease_seconds", "int", 900, "of a claim that names none", 1, 86_400),
    Key("messaging.tasks.max_attempts", "int", 3, "of a task that names none", 1, 100),
    *RELAY_KEYS,
    Key(
        "store.sync",
        "choice",
        "full",
        "`off`: what was acknowledged survives a kill, not a power cut",
        choices=("full", "off"),
    ),
    Key(
        "store.lock_seconds",
        "float",
        10.0,
        "the longest wait for a file that somebody holds",
        0,
        600,
    ),
    Key("store.slack_bytes", "int", 400, "blanks kept in each task for its changes", 0, 2000),
    Key("store.quarantine_days", "int", 90, "`doctor --prune` removes what is older", 0),
    Key("hooks.actor", "actor", None, "who a session of a coding agent acts as"),
    Key(
        "hooks.claim",
        "choice",
        "on_prompt",
        "when a session takes a task of its agent: at a prompt, or also at its start",
        choices=("never", "on_prompt", "on_session"),
    ),
    Key("hooks.digest_chars", "int", 1200, "the most that a hook says at once", 800, 8000),
    Key(
        "hooks.mid_turn",
        "choice",
        "never",
        "what a session is told in the middle of its turn, after it used a tool",
        choices=("never", "urgent", "all"),
    ),
    Key(
        "hooks.keep_going",
        "choice",
        "never",
        "what lets a turn go on that would end: `tasks` that are ready",
        choices=("never", "tasks"),
    ),
    Key(
        "hooks.keep_going_cap",
        "int",
        10,
        "the most turns of a session that go on so within an hour",
        1,
        100,
    ),
    Key(
        "hooks.wake",
        "choice",
        "mail",
        "what wakes an idle session, where `hooks install --wake` was asked for",
        choices=("never", "urgent", "mail", "tasks", "all"),
    ),
    Key("hooks.wake_per_hour", "int", 10, "the most wakes of a session within an hour", 1, 60),
    Key(
        "hooks.wake_cooldown_seconds",
        "int",
        60,
        "how long a session that was woken is left alone",
        0,
        3600,
    ),
)
