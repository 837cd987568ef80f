"""Yes or no: each limit is one line of a table, and the first that is passed over decides. Pure.

Whoever acts on the verdict holds the ledger meanwhile; here nothing is read and nothing written.
Limits are inclusive: what just fits is let in.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.budget import work
from orgpost.budget.verdict import APPROVE, CREATE, RENEW, RETRY, REVISE, Ask, Verdict
from orgpost.limits import check_chain

if TYPE_CHECKING:
    from collections.abc import Callable

    from orgpost.budget.limits import Limits

_HOUR: Final = timedelta(hours=1)
OWNER: Final = "owner"
FOR_OWNER, FOR_BUDGET = "owner-approval", "budget"


class Usage(NamedTuple):
    """What is known before the ask: of the charged actor, of all, of the agent, of the work.

    `spent` and `open` are the charged actor's tokens today, `own` those that this task has already,
    `recent` its submissions of the last hour, `last_start` when its last task at this agent may
    begin. `not_accepted` is what a list says against it. `queued` counts QUEUED and WORKING tasks.
    """

    charged_to: str
    spent: int = 0
    open: int = 0
    own: int = 0
    spent_by_all: int = 0
    reserved_by_all: int = 0
    recent: tuple[datetime, ...] = ()
    last_start: datetime | None = None
    not_accepted: str = ""
    refused: tuple[work.Remembered, ...] = ()
    queued: int = 0
    waiting: int = 0


class _Case(NamedTuple):
    tier: str
    usage: Usage
    ask: Ask
    limits: Limits
    now: datetime

    @property
    def tokens(self) -> int:
        if self.ask.event == RENEW:
            return max(0, self.ask.tokens - self.usage.own)
        held = self.usage.own if self.ask.event == APPROVE else 0
        return held or self.limits.ask_of(self.ask.tokens, self.tier)

    @property
    def accepts(self) -> bool:
        return self.limits.tiers[self.tier].auto_accept


class _No(NamedTuple):
    code: str
    reason: str
    until: datetime | None = None


class _Check(NamedTuple):
    find: Callable[[_Case], _No | None]
    events: frozenset[str]
    binds_owner: bool


def decide(tier: str, usage: Usage, ask: Ask, limits: Limits, now: datetime) -> Verdict:
    """Judge one ask; `tier` is the effective one of its chain."""
    case = _Case(tier, usage, ask, limits, now)
    stops = [no for check in _CHECKS if (no := _judged(check, case)) is not None]
    waits = _may_wait(case, stops)
    if stops and not waits:
        return _refusal(case, stops[0])
    numbers, accepted = limits.tiers[tier], case.accepts and not waits
    awaiting = None if accepted or ask.event != CREATE else FOR_BUDGET if waits else FOR_OWNER
    return Verdict(
        allowed=True,
        tier=tier,
        auto_accept=numbers.auto_accept,
        priority_boost=numbers.priority_boost,
        charged_to=usage.charged_to,
        reserved_tokens=case.tokens,
        not_before=_cooled(case),
        awaiting=awaiting,
        task_id=ask.task_id,
    )


def _judged(check: _Check, case: _Case) -> _No | None:
    if case.ask.event not in check.events or (case.tier == OWNER and not check.binds_owner):
        return None
    return check.find(case)


def _may_wait(case: _Case, stops: list[_No]) -> bool:
    only_all = [stop.code for stop in stops] == ["global_budget_exceeded"]
    return only_all and case.ask.event == CREATE and case.limits.over_global_budget == "wait"


def _refusal(case: _Case, no: _No) -> Verdict:
    numbers = case.limits.tiers[case.tier]
    return Verdict(
        allowed=False,
        code=no.code,
        reason=no.reason,
        retry_after_seconds=None if no.until is None else _seconds(no.until - case.now),
        tier=case.tier,
        auto_accept=numbers.auto_accept,
        priority_boost=numbers.priority_boost,
        charged_to=case.usage.charged_to,
        task_id=case.ask.task_id,
    )


def _seconds(left: timedelta) -> int:
    return max(1, math.ceil(left.total_seconds()))


def _cooled(case: _Case) -> datetime | None:
    last, seconds = case.usage.last_start, case.limits.cooldown_seconds
    if case.ask.event != CREATE or case.tier == OWNER or last is None or not seconds:
        return None
    start = last + timedelta(seconds=seconds)
    return start if start > case.now else None


# -- the checks, in their order ------------------------------------------------------------------


def _not_accepted(case: _Case) -> _No | None:
    why = case.usage.not_accepted
    return _No("not_accepted", why) if why else None


def _chain(case: _Case) -> _No | None:
    found = check_chain(case.ask.via, case.ask.sender, case.limits.max_hops)
    return None if found is None else _No(found.code, found.reason)


def _already_refused(case: _Case) -> _No | None:
    for past in case.usage.refused:
        if past.sender != case.usage.charged_to or past.code == work.REJECTED:
            why = f"Already refused: {past.code} for {past.sender} on {past.at:%Y-%m-%d}"
            return _No("already_refused", why, past.until)
    return None


def _effort(case: _Case) -> _No | None:
    effort, most = case.ask.effort, case.limits.tiers[case.tier].max_task_effort
    if not most or effort <= most:
        return None
    return _No("effort_exceeded", f"Effort {effort} exceeds tier limit {most}")


def _size(case: _Case) -> _No | None:
    # A claim that goes on asks for the difference only, and is as large as all of it.
    tokens = case.ask.tokens if case.ask.event == RENEW else case.tokens
    most = case.limits.per_task_max_tokens
    if not most or tokens <= most:
        return None
    return _No("task_too_large", f"Task too large: {tokens}/{most} tokens")


def _tokens(code: str, words: str, used: int, most: int, case: _Case) -> _No | None:
    if not most or used + case.tokens <= most:
        return None
    return _No(code, f"{words}: {used}/{most} tokens today", work.next_day(case.now))


def _budget(case: _Case) -> _No | None:
    used, most = case.usage.spent + case.usage.open, case.limits.tiers[case.tier].daily_token_limit
    return _tokens("budget_exceeded", "Budget exceeded", used, most, case)


def _sender(case: _Case) -> _No | None:
    used, most = case.usage.spent + case.usage.open, case.limits.per_sender_daily_max
    return _tokens("sender_limit_exceeded", "Sender limit exceeded", used, most, case)


def _everybody(case: _Case) -> _No | None:
    used = case.usage.spent_by_all + case.usage.reserved_by_all
    most = case.limits.daily_budget_tokens
    return _tokens("global_budget_exceeded", "Global budget exceeded", used, most, case)


def _rate(case: _Case) -> _No | None:
    recent = [time for time in case.usage.recent if case.now - _HOUR < time <= case.now]
    most = case.limits.tasks_per_hour
    if not most or case.ask.tray or len(recent) < most:
        return None
    why = f"Rate limit: {len(recent)}/{most} tasks this hour"
    return _No("rate_limited", why, min(recent) + _HOUR)


def _queue(case: _Case) -> _No | None:
    queued = case.ask.event != CREATE or (case.accepts and _everybody(case) is None)
    before = case.usage.queued if queued else case.usage.waiting
    most = case.limits.max_queue_depth
    if not most or case.ask.tray or before < most:
        return None
    return _No("queue_full", f"Queue full: {before}/{most}")


_NEW: Final = frozenset({CREATE})
_ANEW: Final = frozenset({CREATE, RETRY, REVISE})
_SPENDING: Final = _ANEW | {RENEW}
_QUEUEING: Final = _ANEW | {APPROVE}

_CHECKS: Final = (
    _Check(_not_accepted, _NEW, binds_owner=False),
    _Check(_chain, _NEW, binds_owner=True),
    _Check(_already_refused, _ANEW, binds_owner=False),
    _Check(_effort, _ANEW, binds_owner=False),
    _Check(_size, _SPENDING, binds_owner=True),
    _Check(_budget, _SPENDING, binds_owner=False),
    _Check(_sender, _SPENDING, binds_owner=False),
    _Check(_everybody, _SPENDING | {APPROVE}, binds_owner=True),
    _Check(_rate, _NEW, binds_owner=False),
    _Check(_queue, _QUEUEING, binds_owner=False),
)
