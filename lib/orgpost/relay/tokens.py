"""Tokens: who may log in as whom, for what, until when. A JWT in, a grant out, and back.

Only HS256 is taken, whatever a header says. Times are judged by our clock and not by the
library's, so that a test can set it, and `exp` has no leeway.
"""

from __future__ import annotations

import hmac
import math
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import jwt

from orgpost.errors import InvalidField
from orgpost.frozen import NamedTuple
from orgpost.names import NAME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orgpost.clock import Clock

SCOPES: Final = ("hint", "presence", "send", "read", "mark", "ui", "metrics", "change")
USUAL: Final = ("hint", "presence", "send", "read", "mark")
LONGEST_TTL: Final = timedelta(days=30)
LONGEST_TOKEN: Final = 4096

_ISSUER: Final = "orgpost"
_ALGORITHM: Final = "HS256"
_AHEAD: Final = timedelta(seconds=60)
_ROUNDED_UP: Final = timedelta(seconds=1)
_CLAIMS: Final = ("iss", "aud", "sub", "exp", "iat", "jti", "scope")
_JTI: Final = r"[\x21-\x7e]{1,128}"
# Our own checks of times come after: the library's would ask the machine's clock.
_VERIFIED: Final = {"require": [*_CLAIMS], "verify_exp": False, "verify_iat": False}


class BadToken(Exception):
    """A token that opens nothing; the reason is for the log, never for whoever sent it."""


class Grant(NamedTuple):
    """What a token grants."""

    actor: str
    scopes: frozenset[str]
    issued: datetime
    expires: datetime
    id: str

    def allows(self, scope: str) -> bool:
        """Whether it is good for this."""
        return scope in self.scopes

    @property
    def scope(self) -> str:
        """Its scopes as one text, in the order of the table."""
        return " ".join(scope for scope in SCOPES if scope in self.scopes)


class Signer:
    """Makes and reads the tokens of one secret and one audience."""

    def __init__(self, secret: bytes, audience: str, clock: Clock) -> None:
        self._secret, self._audience, self._clock = secret, audience, clock

    def sign(
        self, actor: str, scopes: Iterable[str], ttl: timedelta, *, since: datetime | None = None
    ) -> tuple[str, Grant]:
        """Make a token; also what it grants.

        One that another opened is as old as that, `since`: what takes back one takes back both.
        """
        now = self._clock.now()
        id = self._clock.token(128)
        grant = Grant(actor, frozenset(scopes), since or now, now + ttl, id)
        end = math.ceil(grant.expires.timestamp())
        claims = {
            "iss": _ISSUER,
            "aud": self._audience,
            "sub": actor,
            "iat": grant.issued.timestamp(),
            "exp": end,
            "jti": id,
            "scope": grant.scope,
        }
        token = jwt.encode(claims, self._secret, algorithm=_ALGORITHM)
        return token, grant._replace(expires=datetime.fromtimestamp(end, UTC))

    def is_secret(self, given: str) -> bool:
        """Ask whether somebody knows the secret itself."""
        return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), self._secret)

    def read(self, token: str) -> Grant:
        """Give what a token grants now; `BadToken` in every other case."""
        if len(token) > LONGEST_TOKEN:
            raise BadToken("too long")
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                audience=self._audience,
                issuer=_ISSUER,
                options=_VERIFIED,  # type: ignore[arg-type]  # a dict of the options it knows
            )
        except (jwt.InvalidTokenError, ValueError, TypeError, RecursionError) as error:
            raise BadToken(type(error).__name__) from None
        return self._judged(claims)

    def _judged(self, claims: dict[str, Any]) -> Grant:
        actor, id, scope = claims["sub"], claims["jti"], claims["scope"]
        if not (isinstance(actor, str) and re.fullmatch(NAME, actor)):
            raise BadToken("no such sub")
        if not (isinstance(id, str) and re.fullmatch(_JTI, id)):
            raise BadToken("no such jti")
        if not isinstance(scope, str):
            raise BadToken("no such scope")
        issued, expires, now = _moment(claims["iat"]), _moment(claims["exp"]), self._clock.now()
        if expires <= now:
            raise BadToken("expired")
        if issued > now + _AHEAD:
            raise BadToken("issued in the future")
        if expires - issued > LONGEST_TTL + _ROUNDED_UP:
            raise BadToken("lives too long")
        return Grant(actor, frozenset(scope.split()) & frozenset(SCOPES), issued, expires, id)


def checked_scopes(words: str) -> tuple[str, ...]:
    """Give the scopes that were named, in the order of the table."""
    named = words.split()
    for word in named:
        if word not in SCOPES:
            hint = f"any of {' '.join(SCOPES)}"
            raise InvalidField("scope", f"{word[:60]!r} is no scope", hint=hint)
    if not named:
        raise InvalidField("scope", "names none", hint=f"any of {' '.join(SCOPES)}")
    return tuple(scope for scope in SCOPES if scope in named)


def _moment(seconds: object) -> datetime:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise BadToken("a time that is no number")
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise BadToken("a time that is none") from None
