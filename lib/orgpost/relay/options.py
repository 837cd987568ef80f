"""How the relay is to run: by flags, the environment, the settings, the defaults, in that order.

Each flag has a setting of the same name below `messaging.relay`, and each of these settings but the
secret a variable (`--rate`, `messaging.relay.rate`, `$ORGPOST_RELAY_RATE`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from orgpost.config import BY_NAME, check_value
from orgpost.errors import BadSettings, Problem
from orgpost.frozen import NamedTuple

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from orgpost.config import Settings

# The flags, and what each is called for people.
_FLAGS: Final[Mapping[str, str]] = {
    "bind": "A",
    "port": "N",
    "tls_cert": "F",
    "tls_key": "F",
    "watch": "HOW",
    "max_connections": "N",
    "max_per_actor": "N",
    "rate": "N",
    "burst": "N",
    "heartbeat": "S",
    "log_format": "F",
}
# What has no flag; a container, which has no settings file, says it in its environment.
_FLAGLESS: Final = ("audience", "origins", "public_url", "legacy", "history", "debounce_ms")
_GROUP: Final = "messaging.relay"
_TRUTHS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class Options(NamedTuple):
    """All that a relay is told at its start."""

    bind: str
    port: int
    board: str
    tls_cert: str | None
    tls_key: str | None
    behind_proxy: bool
    watch: str
    max_connections: int
    max_per_actor: int
    rate: int
    burst: int
    heartbeat: int
    log_format: str
    audience: str
    origins: tuple[str, ...]
    public_url: str | None
    legacy: bool
    history: int
    debounce_ms: int

    @property
    def has_tls(self) -> bool:
        """Whether the relay itself speaks TLS."""
        return self.tls_cert is not None

    @property
    def is_encrypted(self) -> bool:
        """Whether a browser reaches it by TLS, be it ours or a proxy's."""
        return self.has_tls or self.behind_proxy


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Let a parser understand the relay's flags; one that is not given says nothing."""
    for name, metavar in _FLAGS.items():
        key = BY_NAME[f"{_GROUP}.{name}"]
        flag, about = f"--{name.replace('_', '-')}", key.meaning.replace("%", "%%")
        choices = {"choices": key.choices} if key.choices else {"metavar": metavar}
        parser.add_argument(flag, help=about, **choices)
    board = parser.add_mutually_exclusive_group()
    for flag, value in (("--board", "always"), ("--no-board", "never")):
        about = "with the web pages" if value == "always" else "without them"
        board.add_argument(flag, dest="board", action="store_const", const=value, help=about)
    about = BY_NAME[f"{_GROUP}.behind_proxy"].meaning
    parser.add_argument(
        "--behind-proxy", action="store_const", const="true", default=None, help=about
    )


def read_options(settings: Settings, environ: Mapping[str, str], given: Any) -> Options:
    """Give the options; all that is wrong with flags and environment is told together."""
    said: dict[str, Any] = {}
    problems: list[Problem] = []
    for name in (*_FLAGS, "board", "behind_proxy", *_FLAGLESS):
        words, source = _said(name, environ, getattr(given, name, None))
        if words is not None:
            value, found = _checked(name, words, source)
            problems += found
            said[name] = tuple(value) if isinstance(value, list) else value
    if problems:
        raise BadSettings(problems)
    return _of_settings(settings)._replace(**said)


def _said(name: str, environ: Mapping[str, str], flag: str | None) -> tuple[str | None, str]:
    if flag is not None:
        return flag, f"--{name.replace('_', '-')}"
    variable = f"ORGPOST_RELAY_{name.upper()}"
    if environ.get(variable):
        return environ[variable], f"${variable}"
    if name == "port" and environ.get("PORT"):
        return environ["PORT"], "$PORT"
    return None, ""


def _checked(name: str, words: str, source: str) -> tuple[Any, list[Problem]]:
    key = BY_NAME[f"{_GROUP}.{name}"]
    value: object = words
    if key.kind == "int" and words.isdecimal() and words.isascii():
        value = int(words)
    if key.kind == "bool":
        value = _TRUTHS.get(words.lower(), words)
    if key.kind == "texts":
        value = words.split()
    value, faults = check_value(key.name, value)
    return value, [
        Problem(file=source, line=None, key="", problem=what, hint=hint) for _, what, hint in faults
    ]


def _of_settings(settings: Settings) -> Options:
    return Options(
        bind=str(settings.text("messaging.relay.bind")),
        port=settings.whole("messaging.relay.port"),
        board=str(settings.text("messaging.relay.board")),
        tls_cert=settings.text("messaging.relay.tls_cert"),
        tls_key=settings.text("messaging.relay.tls_key"),
        behind_proxy=settings.truth("messaging.relay.behind_proxy"),
        watch=str(settings.text("messaging.relay.watch")),
        max_connections=settings.whole("messaging.relay.max_connections"),
        max_per_actor=settings.whole("messaging.relay.max_per_actor"),
        rate=settings.whole("messaging.relay.rate"),
        burst=settings.whole("messaging.relay.burst"),
        heartbeat=settings.whole("messaging.relay.heartbeat"),
        log_format=str(settings.text("messaging.relay.log_format")),
        audience=str(settings.text("messaging.relay.audience")),
        origins=settings.words("messaging.relay.origins"),
        public_url=settings.text("messaging.relay.public_url"),
        legacy=settings.truth("messaging.relay.legacy"),
        history=settings.whole("messaging.relay.history"),
        debounce_ms=settings.whole("messaging.relay.debounce_ms"),
    )
