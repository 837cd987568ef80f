"""From where somebody comes, and whether that is us: hosts, origins and addresses. Pure.

A browser that was led here by another's page names that page as its origin; one that was led here
by another's name for our address asks for that name as its host.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from orgpost.relay.options import Options

_LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST: Final = r"(?:\[([0-9A-Fa-f:.]+)\]|([^:\[\]]+))(?::[0-9]{1,5})?"
# What would carry a token in an address, where logs and histories keep it.
_WORDS: Final = (
    *("token", "access_token", "id_token", "auth", "authorization", "jwt", "bearer", "secret"),
    *("key", "password", "api_key", "apikey"),
)
_LIKE_A_JWT: Final = r"[\w-]{8,}\.[\w-]{8,}\.[\w-]*"


def is_loopback(address: str) -> bool:
    """Ask whether only this host can reach an address."""
    try:
        return ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False


def host_of(header: str) -> str | None:
    """Give the host that a Host header names, without its port; None where it names none."""
    found = re.fullmatch(_HOST, header)
    return None if found is None else (found[1] or found[2]).lower().rstrip(".")


def our_hosts(options: Options) -> frozenset[str]:
    """Name the hosts by which this relay may be asked."""
    named = {options.bind.lower()}
    if options.public_url is not None:
        named.add((urlsplit(options.public_url).hostname or "").lower())
    return (_LOOPBACK_NAMES | named) - {""}


def is_our_origin(origin: str, host_header: str, allowed: Container[str]) -> bool:
    """Ask whether a page of this origin may speak to us; `null` is nobody's."""
    if origin in allowed:
        return True
    scheme, _, rest = origin.partition("://")
    return scheme in {"http", "https"} and rest.lower() == host_header.lower()


def has_secret(query: Iterable[tuple[str, str]]) -> bool:
    """Ask whether an address carries what belongs into a header."""
    return any(
        name.lower() in _WORDS or re.search(_LIKE_A_JWT, value) is not None for name, value in query
    )


def address_behind(peer: str, forwarded: str | None, *, behind_proxy: bool) -> str:
    """Give the address of whoever asks; only a proxy of ours is believed what it forwards."""
    if behind_proxy and forwarded:
        return forwarded.rpartition(",")[2].strip()[:100]
    return peer
