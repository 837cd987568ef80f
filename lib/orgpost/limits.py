"""Limits on what is sent: to whom, through how many hands, how often, how long in a circle. Pure.

Each `check_` looks at values and gives a `Refusal`, or None where nothing is against it. Somebody
else finds the values, and obeys.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.names import TIERS

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence
    from datetime import datetime

MINUTE: Final = timedelta(seconds=60)
TEN_MINUTES: Final = timedelta(minutes=10)
_MOST_VISITS: Final = 2
_EVERYBODY: Final = "all"
_TIER: Final = "tier:"


class Refusal(NamedTuple):
    """Why not, and after how many seconds it would be otherwise, where time alone changes it."""

    code: str
    reason: str
    retry_after_seconds: int | None = None


class Judgement(NamedTuple):
    """How far a chain is trusted, and what is against it, if anything is."""

    tier: str
    refusal: Refusal | None


# --- to whom ------------------------------------------------------------------------------------


class Member(NamedTuple):
    """One of a chain: its tier toward the recipient; its names, those of a helper's parents too."""

    id: str
    tier: str
    names: Sequence[str]


def check_list(agent: str, listed: Sequence[str], chain: Iterable[Member]) -> Refusal | None:
    """Refuse what comes from, or through, somebody who is not on an agent's list."""
    for member in chain:
        if not _is_listed(member, (agent, *listed)):
            return Refusal(
                "not_accepted", f"Not accepted: {member.id} is not on the list of {agent}"
            )
    return None


def _is_listed(member: Member, listed: Sequence[str]) -> bool:
    if member.tier == TIERS[0] or _EVERYBODY in listed:
        return True
    # A tier on the list means that tier, and all above it.
    tiers = (_TIER + tier for tier in TIERS[TIERS.index(member.tier) :])
    return any(name in listed for name in (*member.names, *tiers))


# --- through how many hands ---------------------------------------------------------------------


def check_chain(via: Sequence[str], sender: str, max_hops: int) -> Refusal | None:
    """Refuse a chain that is too long, or that comes by the same actor a third time."""
    if len(via) > max_hops:
        return Refusal("too_many_hops", f"Too many hops: {len(via)}/{max_hops}")
    for id, visits in Counter((*via, sender)).items():
        if visits > _MOST_VISITS:
            return Refusal("loop", f"Loop: {id} is in the chain {visits} times")
    return None


# --- how often ----------------------------------------------------------------------------------


class Recent(NamedTuple):
    """A message that is there: what counting needs of it.

    `copy_of` is the id that all copies of one message share, `recipients` who gets them all.
    """

    id: str
    sender: str
    to: str
    at: datetime
    thread: str
    reply_to: str | None = None
    copy_of: str = ""
    recipients: Sequence[str] = ()
    place: tuple[str, int] = ("", 0)

    @property
    def key(self) -> tuple[str, ...]:
        """What copies of one message have in common.

        The id alone is not enough: a sender may choose it, and give one to many messages.
        """
        return (self.copy_of or self.id, *(sorted(self.recipients) or [self.to]))


def check_rate(new: Recent, recent: Iterable[Recent], limit: int, now: datetime) -> Refusal | None:
    """Refuse more messages of one sender than that in 60 seconds; copies count once.

    A stamp that lies as near in the future counts too: a clock that was set back a little must
    not give the minute anew.
    """
    sent = _latest(each for each in recent if _is_within(each.at, MINUTE, now))
    if not limit or new.key in sent or len(sent) < limit:
        return None
    reason = f"Rate limit: {len(sent)}/{limit} messages this minute"
    return Refusal("rate_limited", reason, _until_free(sent.values(), limit, MINUTE, now))


def check_replies(
    new: Recent,
    thread: Sequence[Recent],
    limit: int,
    now: datetime,
    *,
    persons: Container[str],
    agents: Container[str],
) -> Refusal | None:
    """Refuse more replies between agents in one thread than that in 10 minutes.

    `thread` are its messages of that time; a word from a person starts the count anew.
    """
    near = [each for each in thread if _is_within(each.at, TEN_MINUTES, now)]
    replies = _latest(
        each
        for each in _after_last_word(near, persons)
        if each.reply_to and each.sender in agents and each.to in agents
    )
    if not limit or new.key in replies or len(replies) < limit:
        return None
    reason = f"Loop: {len(replies)}/{limit} replies in this thread in 10 minutes"
    return Refusal("loop", reason, _until_free(replies.values(), limit, TEN_MINUTES, now))


def _after_last_word(thread: Sequence[Recent], persons: Container[str]) -> Sequence[Recent]:
    """Leave out what came before the last word of a person.

    Stamps are of seconds, and agents are faster: in the second of that word whatever stands below
    it, or answers it or what answers it, came after.
    """
    words = [each for each in thread if each.sender in persons]
    if not words:
        return thread
    last = max(words, key=lambda each: (each.at, each.place))
    after = {each.id for each in thread if each.at > last.at or _is_below(each, last)}
    while True:
        answers = {e.id for e in thread if e.at >= last.at and e.reply_to in {last.id, *after}}
        if answers <= after:
            return [each for each in thread if each.id in after]
        after |= answers


def _is_below(one: Recent, other: Recent) -> bool:
    (path, start), (other_path, other_start) = one.place, other.place
    return one.at == other.at and path == other_path and start > other_start


def _is_within(moment: datetime, window: timedelta, now: datetime) -> bool:
    return abs(now.replace(microsecond=0) - moment) < window


def _latest(recent: Iterable[Recent]) -> dict[tuple[str, ...], datetime]:
    """Give each message once, copies as one, with the time of the last copy."""
    latest: dict[tuple[str, ...], datetime] = {}
    for each in recent:
        latest[each.key] = max(each.at, latest.get(each.key, each.at))
    return latest


def _until_free(times: Iterable[datetime], limit: int, window: timedelta, now: datetime) -> int:
    """Say in how many seconds one fewer than the limit is left."""
    leaves = sorted(times)[-limit] + window
    return max(1, round((leaves - now.replace(microsecond=0)).total_seconds()))
