"""Which relay a client means, and by which token it logs in. It knows no network.

Named on the command line, by the environment or by the settings; else the one that serves the
space. Both are asked anew at each try: a relay may come and go, and a token may be renewed.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from orgpost.errors import InvalidField
from orgpost.frozen import NamedTuple
from orgpost.relay.refusals import BadSecret, ExposedToken
from orgpost.relay.runfile import find_running
from orgpost.unreadable import unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orgpost.post import Post

URL: Final = "ORGPOST_RELAY_URL"
TOKEN: Final = "ORGPOST_RELAY_TOKEN"  # noqa: S105  the name of a variable
SETTING: Final = "messaging.relay.url"
# It is never written down: it lives as long as this process, and we could make another.
_OWN_TTL: Final = timedelta(hours=1)
_SCOPES: Final = ("hint", "presence")
_SCHEMES: Final = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
_LONGEST: Final = 65_536


class Place(NamedTuple):
    """Where a relay is, and what lets us in there."""

    url: str
    token: str

    def __repr__(self) -> str:
        return f"Place({self.url})"


class Finding:
    """Finds the relay of one actor of one space."""

    def __init__(
        self,
        post: Post,
        me: str,
        environ: Mapping[str, str],
        *,
        url: str | None = None,
        token_file: str | None = None,
    ) -> None:
        self._post, self._me, self._environ = post, me, environ
        named = url or environ.get(URL) or post.settings.text(SETTING)
        self._url = None if named is None else socket_of(named)
        self._token_file = None if token_file is None else Path(token_file).absolute()

    @property
    def remedy(self) -> str:
        """Name where the token is from, and the command that makes a new one."""
        command = f"orgpost relay token {self._me}"
        if self._token_file is not None:
            file = self._token_file
            return f"the token is from {file}; a new one: (umask 077; {command} > {file})"
        if self._environ.get(TOKEN):
            return f"the token is from ${TOKEN}; a new one: {command}"
        return f"the token was signed with the secret of this space; look at it: {command}"

    def check(self) -> None:
        """Refuse a file that holds no token which we may use, before anybody waits for a relay."""
        if self._token_file is not None:
            _read(self._token_file)

    def find(self) -> Place | None:
        """Give the relay and a token; None where no relay serves the space at present."""
        if self._url is not None:
            return Place(self._url, self._token())
        running = find_running(self._post.space)
        return None if running is None else Place(running.ws, self._token())

    def _token(self) -> str:
        if self._token_file is not None:
            return _read(self._token_file)
        if self._environ.get(TOKEN):
            return self._environ[TOKEN].strip()
        from orgpost.relay.secret import KEY_FILE, find_secret
        from orgpost.relay.tokens import Signer

        settings, clock = self._post.settings, self._post.clock
        secret = find_secret(self._post.space, self._environ, settings)
        if secret is None:
            raise BadSecret(KEY_FILE, "is not there", remedy=f"--token-file F, or ${TOKEN}")
        audience = str(settings.text("messaging.relay.audience"))
        return Signer(secret.value, audience, clock).sign(self._me, _SCOPES, _OWN_TTL)[0]


def socket_of(url: str) -> str:
    """Give the address of the socket of a relay that somebody named."""
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES or not parts.hostname or parts.query or parts.username:
        hint = "https://mail.example.org, and no token in it"
        raise InvalidField("relay", f"{parts.scheme}://… is no address of a relay", hint=hint)
    path = parts.path.rstrip("/")
    path = path if path.endswith("/ws") else f"{path}/ws"
    return f"{_SCHEMES[parts.scheme]}://{parts.netloc}{path}"


def _read(path: Path) -> str:
    from orgpost.relay.secret import is_open_to_others

    try:
        with path.open("rb") as file:
            if is_open_to_others(os.fstat(file.fileno())):
                raise ExposedToken(path)
            return file.read(_LONGEST).decode("ascii", "replace").strip()
    except OSError as error:
        raise unreadable(path, error) from None
