"""The templates for running a relay: each is parsed, and its command line is one that we have."""

from __future__ import annotations

import argparse
import configparser
import json
import re
import shlex
from pathlib import Path
from typing import Any, Final

import pytest

from orgpost.cli.words import parse
from orgpost.config.table import KEYS
from orgpost.relay.__main__ import parser
from orgpost.relay.options import Options, add_flags, read_options
from orgpost.settings_file import load

ROOT: Final = Path(__file__).resolve().parents[2]
DEPLOY: Final = ROOT / "templates" / "deploy"
HEARTBEAT: Final = next(key.default for key in KEYS if key.name == "messaging.relay.heartbeat")


def options(words: list[str]) -> Options:
    """What a command line means, whichever of the two it is."""
    if words[:3] == ["python", "-m", "orgpost.relay"]:
        args: Any = parser().parse_args(words[3:])
        assert args.host
    else:
        assert words[:2] == ["orgpost", "relay"]
        args = parse(words[1:])
    return read_options(load(None, {}), {}, args)


def instructions() -> dict[str, list[str]]:
    """The lines of the Dockerfile, by their word."""
    text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    found: dict[str, list[str]] = {}
    for line in text.split("\n"):
        if line and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            found.setdefault(word, []).append(rest.strip())
    return found


def test_the_container_runs_as_nobody_special_and_keeps_mail_outside() -> None:
    """A slim image, a user of its own, the space as a volume, a command without a shell."""
    found = instructions()
    assert "slim" in found["FROM"][0]
    assert found["USER"] == ["orgpost"]
    assert found["VOLUME"] == ["/space"]
    run = options(json.loads(found["CMD"][0]))
    assert (run.bind, run.port, run.behind_proxy, run.log_format) == ("0.0.0.0", 8080, True, "json")
    health = json.loads(found["HEALTHCHECK"][0].partition("CMD ")[2])
    assert parse(health[1:]).run.__name__ == "_status"
    assert "ORGPOST_RELAY_SECRET" not in " ".join(found["ENV"])


def test_the_procfile_is_the_earlier_relays_line() -> None:
    """One process, named web, as its users know it."""
    (line,) = (DEPLOY / "Procfile").read_text().strip().split("\n")
    name, _, command = line.partition(": ")
    run = options(shlex.split(command))
    assert (name, run.bind, run.behind_proxy) == ("web", "0.0.0.0", True)


def test_the_service_may_write_nothing_but_the_space() -> None:
    """A user of its own, the secret as a credential, started again whenever it ends."""
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's names have capitals
    unit.read_string((DEPLOY / "orgpost-relay.service").read_text())
    service = dict(unit["Service"])
    run = options(shlex.split(service["ExecStart"]))
    assert (run.bind, run.behind_proxy) == ("127.0.0.1", True)
    wanted = {
        "User": "orgpost",
        "ProtectSystem": "strict",
        "NoNewPrivileges": "yes",
        "ReadWritePaths": "/srv/orgpost",
        "Restart": "always",
    }
    assert wanted.items() <= service.items()
    assert service["LoadCredential"].startswith("secret:")
    assert service["Environment"] == "ORGPOST_RELAY_SECRET_FILE=%d/secret"
    assert int(service["TimeoutStopSec"]) > 10


def balanced(text: str) -> bool:
    """Whether each brace that is opened is closed."""
    depth = 0
    for brace in re.findall(r"(?:^|\s)([{}])(?=\s|$)", text):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    return depth == 0


def test_the_proxies_pass_the_upgrade_on_and_wait_longer_than_the_heartbeat() -> None:
    """And write down no query string; the address that they pass on is the one that they see."""
    nginx = re.sub(r"#[^\n]*", "", (DEPLOY / "nginx.conf").read_text())
    assert balanced(nginx)
    directives = dict(
        re.findall(
            r"(?m)^\s*([a-z_]+(?: (?:Upgrade|Connection|Host|X-Forwarded-For))?)\s+([^;{]+);", nginx
        )
    )
    assert directives["proxy_set_header Upgrade"] == "$http_upgrade"
    assert directives["proxy_set_header Connection"] == "$connection_upgrade"
    assert directives["proxy_set_header X-Forwarded-For"] == "$remote_addr"
    assert int(directives["proxy_read_timeout"].rstrip("s")) > HEARTBEAT + 10
    assert directives["proxy_http_version"] == "1.1"
    assert "$request " not in directives["log_format"]
    assert "$args" not in directives["log_format"]
    assert directives["access_log"].endswith("without_query")
    caddy = re.sub(r"(?m)^\s*#[^\n]*", "", (DEPLOY / "Caddyfile").read_text())
    assert balanced(caddy)
    assert "header_up X-Forwarded-For {remote_host}" in caddy
    (read,) = re.findall(r"read_timeout (\d+)s", caddy)
    assert int(read) > HEARTBEAT + 10
    assert r'request>uri regexp "\?.*" ""' in caddy


# --- flags, environment, settings ---------------------------------------------------------------


def given(*words: str) -> Any:
    """The flags of a command line."""
    made = argparse.ArgumentParser()
    add_flags(made)
    return made.parse_args(words)


CHANGED: Final = {
    "bind": ("::1", "::1"),
    "port": ("99", 99),
    "tls_cert": ("/c", "/c"),
    "tls_key": ("/k", "/k"),
    "watch": ("poll", "poll"),
    "max_connections": ("7", 7),
    "max_per_actor": ("7", 7),
    "rate": ("7", 7),
    "burst": ("7", 7),
    "heartbeat": ("7", 7),
    "log_format": ("json", "json"),
}


@pytest.mark.parametrize("name", CHANGED)
def test_a_flag_is_stronger_than_the_environment_and_that_than_the_settings(
    name: str, tmp_path: Path
) -> None:
    """And each of them changes something."""
    words, value = CHANGED[name]
    settings, plain = load(None, {}), getattr(read_options(load(None, {}), {}, None), name)
    variable = {f"ORGPOST_RELAY_{name.upper()}": words}
    flag = given(f"--{name.replace('_', '-')}", words)
    assert plain != value
    assert getattr(read_options(settings, {}, flag), name) == value
    assert getattr(read_options(settings, variable, given()), name) == value
    (tmp_path / "settings.local.yaml").write_text(
        f"messaging: {{relay: {{{name}: {json.dumps(value)}}}}}\n"
    )
    configured = load(tmp_path, {"XDG_CONFIG_HOME": "/nowhere"})
    assert getattr(read_options(configured, {}, given()), name) == value
    other = {f"ORGPOST_RELAY_{name.upper()}": str(plain or "/other")}
    assert getattr(read_options(configured, other, flag), name) == value
    assert getattr(read_options(configured, other, given()), name) == (plain or "/other")


def test_what_says_yes_or_no_is_understood_everywhere() -> None:
    """The board's two flags, the proxy's one, and the words of the environment."""
    settings = load(None, {})

    def board(*words: str, **environ: str) -> str:
        return read_options(settings, environ, given(*words)).board

    assert (board(), board("--board"), board("--no-board")) == ("auto", "always", "never")
    assert board(ORGPOST_RELAY_BOARD="never") == "never"
    assert read_options(settings, {}, given("--behind-proxy")).behind_proxy is True
    for words, value in (("yes", True), ("1", True), ("false", False)):
        environ = {"ORGPOST_RELAY_BEHIND_PROXY": words}
        assert read_options(settings, environ, given()).behind_proxy is value


def test_what_has_no_flag_may_come_from_the_environment_too() -> None:
    """A container has no settings file."""
    environ = {
        "ORGPOST_RELAY_PUBLIC_URL": "https://post.example.com",
        "ORGPOST_RELAY_AUDIENCE": "mine",
        "ORGPOST_RELAY_HISTORY": "7",
        "ORGPOST_RELAY_DEBOUNCE_MS": "0",
        "ORGPOST_RELAY_LEGACY": "true",
        "ORGPOST_RELAY_ORIGINS": "https://a.example https://b.example",
    }
    found = read_options(load(None, {}), environ, given())
    assert (found.public_url, found.audience) == ("https://post.example.com", "mine")
    assert (found.history, found.debounce_ms, found.legacy) == (7, 0, True)
    assert found.origins == ("https://a.example", "https://b.example")


def test_the_port_may_come_from_the_host() -> None:
    """Where no flag gives it, and nothing that is ours."""
    settings = load(None, {})
    assert read_options(settings, {"PORT": "99"}, given()).port == 99
    assert read_options(settings, {"PORT": "99"}, given("--port", "98")).port == 98
    environ = {"PORT": "99", "ORGPOST_RELAY_PORT": "97"}
    assert read_options(settings, environ, given()).port == 97
