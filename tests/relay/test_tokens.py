"""Tokens: what lets in, what does not, and that nothing is told of a secret."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import jwt
import pytest

from orgpost.clock import FakeClock
from orgpost.errors import InvalidField
from orgpost.relay.revoked import FILE, read_revoked
from orgpost.relay.tokens import USUAL, BadToken, Grant, Signer, checked_scopes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.door import Cli

SECRET: Final = b"s" * 32
HOUR: Final = timedelta(hours=1)


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still."""
    return FakeClock()


@pytest.fixture
def signer(clock: FakeClock) -> Signer:
    """Who makes and reads tokens."""
    return Signer(SECRET, "orgpost-relay", clock)


def made(clock: FakeClock, **changed: Any) -> str:
    """A token made elsewhere, with some claims changed; None leaves one out."""
    now = int(clock.now().timestamp())
    claims = {
        "iss": "orgpost",
        "aud": "orgpost-relay",
        "sub": "tex",
        "iat": now,
        "exp": now + 60,
        "jti": "j1",
        "scope": "hint send",
        **changed,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, SECRET, algorithm="HS256")


def test_what_was_granted_is_read_back(signer: Signer, clock: FakeClock) -> None:
    """The same actor, scopes, moments and id."""
    token, grant = signer.sign("tex", USUAL, HOUR)
    assert signer.read(token) == grant
    assert (grant.actor, grant.scope) == ("tex", "hint presence send read mark")
    assert grant.expires == clock.now() + HOUR


def test_a_token_made_elsewhere_is_as_good(signer: Signer, clock: FakeClock) -> None:
    """The claims are the contract, not who wrote them; words that are no scope grant nothing."""
    grant = signer.read(made(clock, scope="send hint fly"))
    assert (grant.actor, grant.scope) == ("tex", "hint send")


def test_a_token_ends_to_the_second(signer: Signer, clock: FakeClock) -> None:
    """The end has no leeway."""
    token, _ = signer.sign("tex", USUAL, timedelta(seconds=60))
    clock.advance(59)
    assert signer.read(token).actor == "tex"
    clock.advance(1)
    with pytest.raises(BadToken, match="expired"):
        signer.read(token)


@pytest.mark.parametrize(
    "changed",
    [
        *({name: None} for name in ("iss", "aud", "sub", "exp", "iat", "jti", "scope")),
        {"iss": "other"},
        {"aud": "other"},
        {"sub": "../tex"},
        {"sub": ""},
        {"sub": 7},
        {"exp": "soon"},
        {"exp": True},
        {"exp": 10**20},
        {"iat": [1]},
        {"jti": ""},
        {"jti": "a\nb"},
        {"scope": ["hint"]},
        {"exp": 2**31},
    ],
    ids=json.dumps,
)
def test_a_claim_that_is_wrong_lets_nobody_in(
    changed: dict[str, Any], signer: Signer, clock: FakeClock
) -> None:
    """Each claim is needed, and each is checked."""
    with pytest.raises((BadToken, jwt.exceptions.PyJWTError, TypeError)) as refused:
        signer.read(made(clock, **changed))
    assert refused.type is BadToken


def test_a_token_may_come_from_a_clock_that_is_a_little_ahead(
    signer: Signer, clock: FakeClock
) -> None:
    """Sixty seconds, and no more."""
    now = int(clock.now().timestamp())
    assert signer.read(made(clock, iat=now + 60, exp=now + 90)).actor == "tex"
    with pytest.raises(BadToken, match="future"):
        signer.read(made(clock, iat=now + 62, exp=now + 90))


def encoded(part: dict[str, Any]) -> str:
    """A part of a token."""
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def test_only_our_way_of_signing_counts(signer: Signer, clock: FakeClock) -> None:
    """Whatever the header says: none, another algorithm, another secret, changed claims."""
    head, body, signature = made(clock).split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged = encoded({**claims, "sub": "crt"})
    hopes = [
        f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{body}.",
        f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{body}.{signature}",
        f"{encoded({'alg': 'RS256', 'typ': 'JWT'})}.{body}.{signature}",
        f"{head}.{forged}.{signature}",
        jwt.encode(claims, b"t" * 32, algorithm="HS256"),
        jwt.encode(claims, b"s" * 64, algorithm="HS384"),
        *("", ".", "..", "rubbish", "a.b.c", f"{head}.{body}", "x" * 5000, "é.é.é"),
        f"{head}.{encoded({'sub': ['x'] * 10})}.{signature}",
    ]
    for hope in hopes:
        with pytest.raises(BadToken):
            signer.read(hope)


def test_scopes_are_words_of_the_table() -> None:
    """In the order of the table, each once; a word that is none is named."""
    assert checked_scopes("send hint send") == ("hint", "send")
    for words in ("", "hint fly"):
        with pytest.raises(InvalidField, match="scope"):
            checked_scopes(words)


# --- the command --------------------------------------------------------------------------------


def key(cli: Cli) -> bytes:
    """The secret that was made."""
    return (cli.space / ".orgpost/keys/relay").read_bytes().strip()


def grant_of(cli: Cli, token: str) -> Grant:
    """What a token of the command grants."""
    from orgpost.clock import Clock

    return Signer(key(cli), "orgpost-relay", Clock()).read(token)


def test_the_command_prints_the_token_alone(cli: Cli) -> None:
    """So that a script can take it; making the secret is told beside it."""
    answer = cli("relay", "token", "tex")
    assert answer.status == 0
    assert grant_of(cli, answer.out.removesuffix("\n")).scope == "hint presence send read mark"
    assert "made the relay's secret: .orgpost/keys/relay" in answer.err
    assert cli("relay", "token", "tex").err == ""


def test_the_secret_is_for_its_owner_alone(cli: Cli) -> None:
    """32 random bytes, written as digits, mode 0600."""
    cli("relay", "token", "tex")
    assert len(bytes.fromhex(key(cli).decode())) == 32
    assert (cli.space / ".orgpost/keys/relay").stat().st_mode & 0o777 == 0o600


def test_a_token_is_told_with_all_that_it_grants(cli: Cli) -> None:
    """As JSON; the scopes and the end are those that were asked for."""
    data = cli.data("relay", "token", "@t", "--ttl", "90s", "--scope", "read hint")
    grant = grant_of(cli, data["token"])
    assert (data["actor"], data["scope"], data["jti"]) == ("tex", "hint read", grant.id)
    assert timedelta(seconds=90) <= grant.expires - grant.issued <= timedelta(seconds=91)
    assert data["expires"] == f"{grant.expires:%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (["nobody"], 3, "unknown_actor"),
        (["tex", "--ttl", "31d"], 2, "invalid_field"),
        (["tex", "--ttl", "0s"], 2, "invalid_field"),
        (["tex", "--ttl", "long"], 2, "invalid_field"),
        (["tex", "--scope", "fly"], 2, "invalid_field"),
        (["tex", "--scope", ""], 2, "usage"),
    ],
)
def test_what_cannot_be_granted_is_refused(
    words: list[str], status: int, code: str, cli: Cli
) -> None:
    """Before a secret is made."""
    answer = cli("--json", "relay", "token", *words)
    assert (answer.status, answer.code) == (status, code)


@pytest.mark.parametrize(
    ("length", "longest"),
    [("31d", "30d"), ("0d", "30d"), ("721h", "720h"), ("5w", "30d"), ("999999m", "30d")],
)
def test_a_longest_time_is_told_in_the_unit_that_was_used(
    length: str, longest: str, cli: Cli
) -> None:
    """Where it is whole in that; else in days or hours."""
    said = cli("relay", "token", "tex", "--ttl", length).err
    assert f"ttl: must be from 1s to {longest}\n" in said


def test_revoking_takes_back_what_was_granted_until_now(cli: Cli) -> None:
    """Of that actor alone; what is granted later is good, also in the same second."""
    before = grant_of(cli, cli.data("relay", "token", "tex")["token"])
    other = grant_of(cli, cli.data("relay", "token", "crt")["token"])
    assert cli.data("relay", "token", "tex", "--revoke")["actor"] == "tex"
    after = grant_of(cli, cli.data("relay", "token", "tex")["token"])
    revoked = read_revoked(cli.space)
    assert [revoked.holds(grant) for grant in (before, other, after)] == [True, False, False]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"revoked": 7}', '{"revoked": {"tex": "x"}}'])
def test_a_list_of_revoked_that_nobody_can_read_revokes_all(text: str, cli: Cli) -> None:
    """Whoever took a right away meant it; a second list does not replace what is not understood."""
    grant = grant_of(cli, cli.data("relay", "token", "tex")["token"])
    (cli.space / FILE).write_text(text)
    assert read_revoked(cli.space).holds(grant)
    answer = cli("--json", "relay", "token", "tex", "--revoke")
    assert (answer.status, answer.code) == (65, "malformed")


# --- the secret ---------------------------------------------------------------------------------

GOOD: Final = "k" * 32


def refused(cli: Cli) -> str:
    """What is said about a secret that is no good."""
    answer = cli("relay", "token", "tex")
    assert (answer.status, answer.out) == (78, "")
    return answer.err


@pytest.mark.parametrize("name", ["ORGPOST_RELAY_SECRET", "RELAY_SECRET"])
def test_an_empty_or_short_secret_is_refused_and_not_told(
    name: str, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 78, with the command that makes a good one."""
    for value in ("", "c4n4ry" * 5):
        monkeypatch.setenv(name, value)
        said = refused(cli)
        assert f"${name}" in said
        assert "openssl rand -hex 32" in said
        assert "c4n4ry" not in said


def test_a_file_that_others_can_read_holds_no_secret(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Be it the one that is named, the one that was made, or the settings."""
    path = tmp_path / "secret"
    path.write_text(GOOD)
    path.chmod(0o644)
    monkeypatch.setenv("ORGPOST_RELAY_SECRET_FILE", str(path))
    assert f"chmod 600 {path}" in refused(cli)
    path.chmod(0o400)
    assert cli("relay", "token", "tex").status == 0
    monkeypatch.delenv("ORGPOST_RELAY_SECRET_FILE")
    assert cli("relay", "token", "tex").status == 0
    (cli.space / ".orgpost/keys/relay").chmod(0o640)
    assert "can be read by others" in refused(cli)


@pytest.mark.parametrize(
    ("name", "why", "remedy"),
    [
        ("gone", "is not there: {}", "check the path, or make one: (umask 077; openssl rand"),
        ("no/folder", "is not there: {}", "(umask 077; mkdir -p {parent}; openssl rand"),
        ("folder", "is no regular file: {}", "name a file"),
        ("file/below", "cannot be read: Not a directory", "check the path, or make one"),
    ],
)
def test_a_path_that_names_no_secret_is_told_with_how_to_make_one(
    name: str,
    why: str,
    remedy: str,
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """A mistyped one is not there; a mode that could be mended is no matter of it."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    path = tmp_path / name
    monkeypatch.setenv("ORGPOST_RELAY_SECRET_FILE", str(path))
    said = refused(cli)
    assert f"$ORGPOST_RELAY_SECRET_FILE {why.format(path)}" in said
    assert remedy.format(parent=path.parent) in said
    assert "chmod" not in said


def test_the_first_place_that_says_something_counts(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The environment, its file, the earlier product's name, the settings, what was made."""

    def signed_by(secret: str) -> bool:
        from orgpost.clock import Clock

        token = cli.data("relay", "token", "tex")["token"]
        try:
            return bool(Signer(secret.encode(), "orgpost-relay", Clock()).read(token))
        except BadToken:
            return False

    settings = cli.space / "settings.local.yaml"
    settings.write_text(f"store: {{sync: off}}\nmessaging: {{relay: {{secret: {'s' * 32}}}}}\n")
    assert signed_by("s" * 32)
    assert not (cli.space / ".orgpost/keys/relay").exists()
    monkeypatch.setenv("RELAY_SECRET", "r" * 32)
    assert signed_by("r" * 32)
    path = tmp_path / "secret"
    path.write_text("f" * 32 + "\n")
    path.chmod(0o600)
    monkeypatch.setenv("ORGPOST_RELAY_SECRET_FILE", str(path))
    assert signed_by("f" * 32)
    monkeypatch.setenv("ORGPOST_RELAY_SECRET", "e" * 32)
    assert signed_by("e" * 32)
