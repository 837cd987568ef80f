"""The secret that signs tokens: where it is looked for, what makes it good, and making one.

The first place that says something counts, and a bad secret there is refused: to fall through to
the next one would be a surprise that nobody sees. It never stands on a command line.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orgpost.errors import Exists
from orgpost.frozen import NamedTuple
from orgpost.relay.refusals import BadSecret
from orgpost.space import PRIVATE
from orgpost.store import create_file, make_private

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orgpost.clock import Clock
    from orgpost.config import Settings

LEAST_BYTES: Final = 32
KEY_FILE: Final = f"{PRIVATE}/keys/relay"
_SETTING: Final = "messaging.relay.secret"
_VARIABLES: Final = ("ORGPOST_RELAY_SECRET", "ORGPOST_RELAY_SECRET_FILE", "RELAY_SECRET")
_LONGEST: Final = 65_536
_OTHERS: Final = 0o077


class Secret(NamedTuple):
    """The secret, and where it was found; `made` is whether it was made just now."""

    value: bytes
    source: str
    made: bool = False

    def __repr__(self) -> str:
        return f"Secret({self.source})"


def find_secret(space: Path, environ: Mapping[str, str], settings: Settings) -> Secret | None:
    """Give the secret, None where none is set at all; one that is set and bad is `BadSecret`."""
    for name in _VARIABLES:
        if name in environ:
            if name.endswith("_FILE"):
                return _of_file(Path(environ[name]), f"${name}")
            return _good(environ[name].encode("utf-8", "surrogateescape"), f"${name}")
    if (words := settings.secret(_SETTING)) is not None:
        origin = settings.origin(_SETTING)
        _must_be_private(Path(origin).stat(), origin, origin)
        return _good(words.encode(), f"{_SETTING} of {origin}")
    return _of_file(space / KEY_FILE, KEY_FILE) if (space / KEY_FILE).exists() else None


def find_or_make_secret(
    space: Path, environ: Mapping[str, str], settings: Settings, clock: Clock
) -> Secret:
    """Give the secret, and make one where none is set at all."""
    found = find_secret(space, environ, settings)
    if found is not None:
        return found
    path = space / KEY_FILE
    make_private(space, f"{PRIVATE}/keys")
    digits = clock.token(8 * LEAST_BYTES)
    # Somebody may have been faster: then theirs counts, also for us.
    with suppress(Exists):
        create_file(path, f"{digits}\n".encode())
        return Secret(digits.encode(), KEY_FILE, made=True)
    return _of_file(path, KEY_FILE)


def is_open_to_others(found: os.stat_result) -> bool:
    """Ask whether anybody but its owner can get at a file."""
    return stat.S_ISREG(found.st_mode) and bool(found.st_mode & _OTHERS)


def _of_file(path: Path, source: str) -> Secret:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # noqa: TID251  only read, and asked who else can
    except FileNotFoundError:
        remedy = f"check the path, or make one: {_to_make(path)}"
        raise BadSecret(source, f"is not there: {path}", remedy=remedy) from None
    except OSError as error:
        remedy = f"check the path, or make one: {_to_make(path)}"
        raise BadSecret(source, f"cannot be read: {error.strerror}", remedy=remedy) from None
    try:
        _must_be_private(os.fstat(fd), source, path)
        data = os.read(fd, _LONGEST)
    finally:
        os.close(fd)
    return _good(data.removesuffix(b"\n").removesuffix(b"\r"), source, remedy=_to_make(path))


def _must_be_private(found: os.stat_result, source: str, path: str | Path) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise BadSecret(source, f"is no regular file: {path}", remedy="name a file that holds it")
    if is_open_to_others(found):
        raise BadSecret(source, "can be read by others", remedy=f"chmod 600 {path}")


def _good(value: bytes, source: str, *, remedy: str = "") -> Secret:
    if not value:
        raise BadSecret(source, "is empty", remedy=remedy)
    if len(value) < LEAST_BYTES:
        why = f"has {len(value)} bytes, and needs {LEAST_BYTES}"
        raise BadSecret(source, why, remedy=remedy)
    return Secret(value, source)


def _to_make(path: Path) -> str:
    folder = "" if path.parent.is_dir() else f"mkdir -p {path.parent}; "
    return f"(umask 077; {folder}openssl rand -hex 32 > {path})"
