"""The one rule for names of actors, agents and trays, asked at every door before a path is built.

A name that passes is safe as a file name on any system and as the value of an Org property.
"""

from __future__ import annotations

import re
from typing import Final

from orgpost.errors import InvalidField

NAME: Final = r"[a-z0-9][a-z0-9_-]{0,47}"
HANDLE: Final = r"@[A-Za-z0-9_.-]+(?:@[A-Za-z0-9_.-]+)?"
RESERVED: Final = frozenset({"all", "me", "agent", "orgpost", "import"})
# A space may be cloned on Windows, where these are devices whatever ending they are given.
DEVICE: Final = r"con|prn|aux|nul|com[0-9]|lpt[0-9]"

# Highest first.
TIERS: Final = ("owner", "team", "trusted", "unknown")


def fault_of_name(name: object) -> str | None:
    """Say why this cannot be a name; None where it can."""
    if not isinstance(name, str):
        return "is no text (put it in quotes)"
    if name in RESERVED:
        return "is a reserved name"
    if re.fullmatch(DEVICE, name):
        return "is a device on Windows"
    if not re.fullmatch(NAME, name):
        return "is no name: 1 to 48 of a-z 0-9 _ -, beginning with a letter or digit"
    return None


def fault_of_handle(handle: object) -> str | None:
    """Say why this cannot be a handle; None where it can."""
    if isinstance(handle, str) and re.fullmatch(HANDLE, handle):
        return None
    return "is no handle: @ and a-z 0-9 _ . -, optionally @ and a domain"


def check_name(name: str, field: str = "name") -> str:
    """Give the name back, or refuse it as `InvalidField` of that field."""
    fault = fault_of_name(name)
    if fault is not None:
        raise InvalidField(field, f"{name[:60]!r} {fault}")
    return name


def lowest_tier(*tiers: str) -> str:
    """Give the lowest of these tiers; of none, and of a word that is no tier: unknown."""
    ranks = [TIERS.index(tier) if tier in TIERS else len(TIERS) - 1 for tier in tiers]
    return TIERS[max(ranks, default=len(TIERS) - 1)]
