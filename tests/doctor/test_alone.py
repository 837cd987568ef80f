"""`doctor FILE`: what somebody is about to commit, looked at without the space around it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from orgpost.doctor import Options, examine, examine_files
from tests.cli.conftest import cli, space
from tests.cli.door import environment

if TYPE_CHECKING:
    from tests.cli.door import Cli

__all__ = ["cli", "space"]

ROOT: Final = Path(__file__).resolve().parents[2]
INBOX: Final = "org/messaging/inbox/tex.org"


@pytest.fixture
def mail(cli: Cli) -> Cli:
    """A space with one message, in which nothing is wrong."""
    cli.id("send", "tex", "hello")
    return cli


def spoil(space: Path, how: str) -> None:
    """Do to the inbox what people and programs do."""
    path = space / INBOX
    data = path.read_bytes()
    changed = {
        "conflict": b"%b<<<<<<< HEAD\n" % data,
        "latin-1": data.replace(b"hello", b"h\xe4llo"),
        "cookie": data.partition(b"\n")[2],
        "todo": data.replace(b"#+TODO:", b"#+NOTE:"),
        "torn": data[:-40] + b"\0" * 40,
        "id": data.replace(b":ID:       msg-", b":ID:       msg-!"),
    }[how]
    assert changed != data
    path.write_bytes(changed)


def test_a_sound_file_passes(mail: Cli) -> None:
    """Silently, from wherever, and without a look at anything else."""
    (mail.space / "org/messaging/contacts.yaml").write_text("actors: nonsense\n")
    done = mail("doctor", INBOX)
    assert (done.status, done.out, done.err) == (0, "", "")
    assert mail.data("doctor", str(mail.space / INBOX))["findings"] == []


@pytest.mark.parametrize("how", ["conflict", "latin-1", "cookie", "todo", "torn", "id"])
def test_a_malformed_file_is_65(how: str, mail: Cli) -> None:
    """With the words that the whole space's doctor has for it; nothing is changed."""
    spoil(mail.space, how)
    before = mail.files()
    done = mail("--json", "doctor", INBOX)
    assert done.status == 65
    found = done.data["findings"]
    assert found
    assert mail.files() == before
    told = [each.to_dict() for each in examine(mail.space, Options(dry_run=True)).all]
    assert [each for each in found if each not in told] == []


def test_what_holds_no_mail_is_passed_over(mail: Cli, tmp_path: Path) -> None:
    """A diary, a ledger, a README: whoever commits them commits what they like."""
    odd = [tmp_path / "notes.org", mail.space / "org/messaging/x.org", mail.space / "a/b.org"]
    for path in odd:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"* \xff\n")
    assert mail("doctor", *map(str, odd)).status == 0


@pytest.mark.parametrize("name", ["nosuch.org", "org/messaging/inbox/nosuch.org"])
def test_a_file_that_is_not_there_is_not_sound(name: str, mail: Cli) -> None:
    """Whoever misspelt it would take silence for a good answer."""
    answer = mail("--json", "doctor", str(mail.space / name))
    assert (answer.status, answer.code) == (3, "no_such_file")


def test_a_link_is_no_file(mail: Cli) -> None:
    """Nothing below org/messaging may be one."""
    link = mail.space / "org/messaging/inbox/crt.org"
    link.symlink_to(mail.space / INBOX)
    assert mail("doctor", str(link)).status == 65
    assert mail("doctor", str(link.with_name("ann.org"))).status == 3


@pytest.mark.parametrize("flag", ["--fix", "--deep", "--dry-run", "--prune"])
def test_a_file_is_only_looked_at(flag: str, mail: Cli) -> None:
    """What would do nothing is refused."""
    assert mail("doctor", INBOX, flag).status == 2


def test_an_unreadable_file_is_said(mail: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no exception."""

    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "no")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    from orgpost.clock import FakeClock

    (finding,) = examine_files([mail.space / INBOX], FakeClock().zone()).all
    assert finding.check == "unreadable"


def hook() -> dict[str, Any]:
    """The one hook that is for pre-commit."""
    (found,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    return dict(found)


def test_pre_commit_gives_it_the_mail_and_nothing_else() -> None:
    """The pattern is asked for each changed path, from the repository's root."""
    assert hook()["id"] == "orgpost-doctor"
    fits = re.compile(hook()["files"]).search
    assert fits("org/messaging/inbox/tex.org")
    assert fits("mail/org/messaging/archive/inbox-tex-2026-11.org")
    assert not fits("org/messaging/ledger/2026-11-20.org")
    assert not fits("notes/tex.org")


@pytest.mark.slow
def test_the_hook_refuses_a_malformed_file(mail: Cli) -> None:
    """As pre-commit runs it: its words, then the changed files."""
    words = hook()["entry"].split()
    assert words[0] == "orgpost"
    spoil(mail.space, "conflict")
    command = [sys.executable, "-m", *words, INBOX]
    done = subprocess.run(
        command, env=environment(), cwd=mail.space, capture_output=True, text=True, check=False
    )
    assert done.returncode == 65
    assert f"error: {INBOX}:" in done.stdout
