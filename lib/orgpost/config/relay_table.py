"""The rows of the table of settings that say how the relay runs. Pure."""

from __future__ import annotations

from typing import Any, Final

from orgpost.config.key import Key


def _row(name: str, kind: str, default: Any, meaning: str, *limits: Any) -> Key:
    return Key(f"messaging.relay.{name}", kind, default, meaning, *limits)


RELAY_KEYS: Final = (
    _row("bind", "text", "127.0.0.1", "the address on which the relay listens"),
    _row("port", "int", 8080, "its port; 0 takes a free one", 0, 65_535),
    _row(
        "board",
        "choice",
        "auto",
        "the web pages; `auto`: where the extra `ui` is installed and the address is loopback",
        None,
        None,
        ("auto", "always", "never"),
    ),
    _row("tls_cert", "path", None, "the certificate, with which the relay speaks TLS itself"),
    _row("tls_key", "path", None, "the key of that certificate"),
    _row("behind_proxy", "bool", False, "something in front of the relay speaks TLS"),
    _row(
        "watch",
        "choice",
        "auto",
        "how changes are learnt: by the kernel's events, or by looking",
        None,
        None,
        ("auto", "inotify", "poll"),
    ),
    _row("max_connections", "int", 2000, "connections in all", 1, 100_000),
    _row("max_per_actor", "int", 10, "connections of one actor", 1, 10_000),
    _row("rate", "int", 10, "frames a second that one connection may send for long", 1, 100_000),
    _row("burst", "int", 60, "frames that it may send at once", 1, 1_000_000),
    _row("heartbeat", "int", 25, "seconds between two pings", 1, 3600),
    _row(
        "log_format",
        "choice",
        "text",
        "how events are written on stderr",
        None,
        None,
        ("text", "json"),
    ),
    _row("audience", "text", "orgpost-relay", "whom a token is for"),
    _row("origins", "texts", (), "further origins of web pages that may connect"),
    _row("public_url", "text", None, "the address by which others reach the relay"),
    _row("secret", "secret", None, "what signs tokens, of 32 bytes or more"),
    _row("legacy", "bool", False, "clients of the earlier relay may log in with the secret"),
    _row("history", "int", 500, "changes of each box that a client can catch up with", 0, 100_000),
    _row("url", "text", None, "the relay that clients here use, where none serves the space"),
    _row(
        "auth_backoff_seconds",
        "int",
        300,
        "how long a client waits that was not let in; it tries five times",
        1,
        86_400,
    ),
    _row("debounce_ms", "int", 20, "milliseconds of quiet before a hint goes out", 0, 5000),
    Key("notify.ntfy_url", "text", None, "where `notify-ntfy` posts: a server and a topic"),
    Key("notify.ntfy_token_file", "path", None, "a file with the token for that server"),
)
