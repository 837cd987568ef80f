"""Asking a relay how it does, by plain HTTP and without any library."""

from __future__ import annotations

import json
import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from orgpost.errors import Failed
from orgpost.relay.where import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS: Final = 5.0
_LARGEST: Final = 65_536
_FINE: Final = 200


def ask_status(url: str) -> Mapping[str, Any]:
    """Give what a relay says of itself; `Failed` where it says nothing."""
    try:
        connection = _connection(url)
        try:
            connection.request("GET", "/status")
            response = connection.getresponse()
            data = json.loads(response.read(_LARGEST))
        finally:
            connection.close()
        if response.status == _FINE and isinstance(data, dict):
            return data
    except (OSError, HTTPException, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise Failed(f"the relay at {url} does not answer: {why}", hint=_HINT) from None
    raise Failed(f"the relay at {url} does not answer as one", hint=_HINT)


_HINT: Final = "its log may say why; end it and start it again, nothing is lost"


def _connection(url: str) -> HTTPConnection:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    if parts.scheme != "https":
        return HTTPConnection(host, port, timeout=_SECONDS)
    context = ssl.create_default_context()
    if is_loopback(host):
        # Its certificate is for the name that others know; nobody is between us and ourselves.
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return HTTPSConnection(host, port, timeout=_SECONDS, context=context)
