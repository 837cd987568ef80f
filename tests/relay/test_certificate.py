"""Files with which the relay cannot speak TLS: each is refused at the start."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

import pytest

from tests.relay.test_process import SECRET

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.door import Cli

FAULTS: Final = [
    ("cert.pem", "gone.pem", "--tls-key: {}/gone.pem is not there", "spelt"),
    ("gone.pem", "key.pem", "--tls-cert: {}/gone.pem is not there", "spelt"),
    (".", "key.pem", "--tls-cert: {}/. cannot be read: Is a directory", "can read"),
    ("words", "key.pem", "--tls-cert: {}/words holds no certificate as PEM", "-----BEGIN"),
    ("cert.pem", "words", "--tls-key: {}/words holds no private key as PEM", "-----BEGIN"),
    ("key.pem", "cert.pem", "--tls-cert: {}/key.pem holds no certificate as PEM", "--tls-key its"),
    ("cert.pem", "other.pem", "--tls-key: {0}/other.pem is not the key of {0}/cert.pem", "the key"),
    ("cert.pem", "rsa.pem", "--tls-key: {0}/rsa.pem is not the key of {0}/cert.pem", "the key"),
    ("cert.pem", "locked.pem", "--tls-key: {}/locked.pem asks for a passphrase", "openssl pkey"),
    ("torn.pem", "key.pem", "--tls-cert: {}/torn.pem cannot be used: ", "openssl x509"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate with its key, and files that go with neither."""
    made = tmp_path_factory.mktemp("tls")
    curve = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    for words in (
        ["genpkey", *curve, "-out", "key.pem"],
        ["genpkey", *curve, "-out", "other.pem"],
        ["genpkey", "-algorithm", "RSA", "-out", "rsa.pem"],
        ["req", "-x509", "-key", "key.pem", "-subj", "/CN=x", "-days", "2", "-out", "cert.pem"],
        ["pkey", "-in", "key.pem", "-aes256", "-passout", "pass:secret", "-out", "locked.pem"],
    ):
        subprocess.run(["openssl", *words], cwd=made, check=True, capture_output=True)
    (made / "words").write_text("no PEM at all\n")
    lines = (made / "cert.pem").read_text().splitlines(keepends=True)
    (made / "torn.pem").write_text("".join([*lines[:2], *lines[-1:]]))
    return made


@pytest.mark.slow
@pytest.mark.parametrize(("cert", "key", "said", "hint"), FAULTS, ids=lambda value: value[:20])
def test_tls_files_that_cannot_be_used_are_named_with_what_is_wrong(
    cert: str,
    key: str,
    said: str,
    hint: str,
    folder: Path,
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Exit 78, with the flag, the file and what to do; OpenSSL's own words name none of them."""
    monkeypatch.setenv("ORGPOST_RELAY_SECRET", SECRET)
    flags = ["--tls-cert", f"{folder}/{cert}", "--tls-key", f"{folder}/{key}", "--port", "0"]
    answer = cli("--json", "relay", "serve", *flags)
    error = answer.document["error"]
    assert (answer.status, answer.code) == (78, "bad_settings")
    assert error["message"].startswith(said.format(folder))
    assert "_ssl.c" not in error["message"]
    assert hint in error["hint"]
