"""Sessions of the board: a signed cookie of its own audience, and what proves that a form is ours.

A cookie ends with the token that opened it, and falls with it. One that was logged out of is
remembered on disk until it would have ended anyway.
"""

from __future__ import annotations

import hashlib
import hmac
from threading import Lock
from typing import TYPE_CHECKING, Final

from orgpost.relay.board.logged_out import log_out, read_logged_out
from orgpost.relay.tokens import BadToken, Signer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orgpost.relay.board.desk import Desk
    from orgpost.relay.tokens import Grant

AUDIENCE: Final = "orgpost-board"
SCOPE: Final = "ui"
SESSION, LOGIN = "session", "login"
_FORM_BITS: Final = 128
# Beside the pages a session hears, at the socket, that they changed.
_SCOPES: Final = (SCOPE, "hint", "presence")


class Sessions:
    """Opens, reads and ends sessions.

    The cookies' names hold a part of a digest of the secret: browsers send a cookie to every port
    of a host, and two spaces must not log each other out.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._signer = Signer(desk.secret, AUDIENCE, desk.clock)
        prefix = "__Host-" if desk.is_encrypted else ""
        space = self._digest("name")[:8]
        self.cookie: Final = f"{prefix}orgpost-{space}"
        self.form_cookie: Final = f"{prefix}orgpost-form-{space}"
        self._ended = read_logged_out(desk.space, desk.clock)
        self._lock = Lock()

    def open(self, token: str) -> tuple[str, Grant]:
        """Give the cookie's value that a token is good for; `BadToken` where it is for none."""
        grant = self._desk.tokens.read(token)
        if not self._desk.is_good(grant):
            raise BadToken("revoked or unknown")
        if not grant.allows(SCOPE):
            raise NoScope("without the scope ui")
        ttl = grant.expires - self._desk.clock.now()
        return self._signer.sign(grant.actor, _SCOPES, ttl, since=grant.issued)

    def read(self, cookies: Mapping[str, str]) -> Grant | None:
        """Give whose session this is, None where it is none or none any more."""
        try:
            grant = self._signer.read(cookies.get(self.cookie, ""))
        except BadToken:
            return None
        if grant.id in self._ended or not self._desk.is_good(grant):
            return None
        return grant

    def end(self, grant: Grant) -> None:
        """Make a session void; touches the disk."""
        with self._lock:
            self._ended[grant.id] = grant.expires.timestamp()  # also where the disk is full
            self._ended = log_out(self._desk.space, self._desk.clock, grant)

    # -- forms -----------------------------------------------------------------------------------

    def new_form(self) -> str:
        """Give the value of the cookie that a login form is bound to."""
        return self._desk.clock.token(_FORM_BITS)

    def proof(self, of: str, bound_to: str) -> str:
        """Give what a form carries: nobody else can make it, and it fits nothing else.

        `of` keeps forms of sessions apart from those of guests, whose cookie anybody can choose.
        """
        return self._digest(f"{of} {bound_to}")

    def proves(self, of: str, bound_to: str, proof: str) -> bool:
        """Ask whether a form carries it."""
        expected = self.proof(of, bound_to).encode()
        return hmac.compare_digest(expected, proof.encode("utf-8", "surrogatepass"))

    def _digest(self, words: str) -> str:
        message = f"orgpost board {words}".encode("utf-8", "surrogatepass")
        return hmac.new(self._desk.secret, message, hashlib.sha256).hexdigest()


class NoScope(BadToken):
    """A good token that is not for the board."""
