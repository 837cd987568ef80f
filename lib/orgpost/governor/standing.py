"""Who asks: whom it costs, how far the chain is trusted, and whether a list is against it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from orgpost.limits import Member, check_list

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orgpost.budget import Ask
    from orgpost.contact import Contacts


class Standing(NamedTuple):
    """What contacts and lists say of one ask; `not_accepted` is why not, in words."""

    tier: str
    charged_to: str
    not_accepted: str = ""


def standing(ask: Ask, contacts: Contacts, whitelists: Mapping[str, tuple[str, ...]]) -> Standing:
    """Look everybody up who is behind an ask."""
    tier = ask.tier or contacts.effective_tier(ask.sender, ask.via, toward=ask.agent)
    chain = [
        Member(id, contacts.tier(id, toward=ask.agent), contacts.names_of(id))
        for id in (ask.sender, *ask.via)
    ]
    listed = whitelists.get(ask.agent)
    stranger = None if listed is None else check_list(ask.agent, listed, chain)
    reason = stranger.reason if stranger is not None else ""
    return Standing(tier, charged(ask.sender, ask.via, contacts), reason)


def charged(sender: str, via: tuple[str, ...], contacts: Contacts) -> str:
    """Give whom it costs: the first of the chain, and for a helper its parent."""
    return contacts.names_of((*via, sender)[0])[-1]
