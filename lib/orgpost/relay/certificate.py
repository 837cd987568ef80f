"""The certificate and the key with which the relay speaks TLS itself; what is wrong with them.

OpenSSL's own words name neither the file nor the fault, and it would ask a terminal for a
passphrase that nobody is there to type: what cannot be used is looked at once more, for people.
"""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orgpost.errors import BadSettings, Problem

if TYPE_CHECKING:
    from orgpost.relay.options import Options

CERT, KEY = "--tls-cert", "--tls-key"
_IN_PEM: Final = {
    CERT: ("certificate", rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----"),
    KEY: ("private key", rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----"),
}
_OF_ANOTHER: Final = frozenset(
    {"KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH", "NO_CERTIFICATE_ASSIGNED"}
)
_LONGEST: Final = 1_048_576


def tls_of(options: Options) -> ssl.SSLContext | None:
    """Give what speaks TLS, None where the relay does not; `BadSettings` where it cannot."""
    cert, key = options.tls_cert, options.tls_key
    if cert is None or key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    passphrase = _Passphrase()
    try:
        context.load_cert_chain(cert, key, passphrase)
    except (OSError, ValueError) as error:
        for flag, path in ((CERT, cert), (KEY, key)):
            _look(flag, path)
        if passphrase.was_asked:
            hint = f"openssl pkey -in {key} -out F writes it without one; only you should read F"
            raise bad(KEY, f"{key} asks for a passphrase, and nobody is there", hint) from None
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or "OpenSSL"
        if reason in _OF_ANOTHER:
            hint = "name the key with which that certificate was asked for"
            raise bad(KEY, f"{key} is not the key of {cert}", hint) from None
        words = reason.replace("_", " ").lower()
        hint = f"openssl x509 -in {cert} -text shows it"
        raise bad(CERT, f"{cert} cannot be used: {words}", hint) from None
    return context


def bad(source: str, problem: str, hint: str) -> BadSettings:
    """Make the refusal of what a flag says."""
    found = Problem(file=source, line=None, key="", problem=problem, hint="")
    return BadSettings([found], hint=hint)


class _Passphrase:
    """Stands where a terminal would be asked: notes that it was, and answers nothing."""

    was_asked = False

    def __call__(self) -> bytes:
        self.was_asked = True
        return b""


def _look(flag: str, path: str) -> None:
    """Refuse a file that cannot be read, or holds nothing of its kind."""
    kind, mark = _IN_PEM[flag]
    try:
        with Path(path).open("rb") as file:
            data = file.read(_LONGEST)
    except FileNotFoundError:
        hint = "check how it is spelt, and from which folder it counts"
        raise bad(flag, f"{path} is not there", hint) from None
    except OSError as error:
        hint = "name a file that whoever runs the relay can read"
        raise bad(flag, f"{path} cannot be read: {error.strerror}", hint) from None
    if not re.search(mark, data):
        hint = f"{CERT} is the certificate and {KEY} its key, each a file of PEM (-----BEGIN …)"
        raise bad(flag, f"{path} holds no {kind} as PEM", hint)
