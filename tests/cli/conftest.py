"""A space of tex (owner), crt (team) and mira, and the door to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orgpost.clock import FakeClock
from tests.cli.door import Cli

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.office import Office

CONTACTS = b"""\
# who is who here
actors:
  - {id: tex, name: Tex Novak, kind: person, trust_tier: owner, handles: ["@t"], added: 2026-11-20}
  - {id: crt, kind: person, trust_tier: team, added: 2026-11-20}
  - {id: mira, kind: person}  # unknown
"""


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A space that the working folder is in, and that does not sync."""
    folder = tmp_path / "space"
    messaging = folder / "org" / "messaging"
    messaging.mkdir(parents=True)
    (messaging / "contacts.yaml").write_bytes(CONTACTS)
    settings = folder / "settings.local.yaml"
    settings.write_text("identity: {name: tex}\nstore: {sync: off}\n")
    settings.chmod(0o600)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("USER", raising=False)
    return folder


@pytest.fixture
def cli(space: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The door."""
    return Cli(space, capsys, monkeypatch)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """A clock that stands still at 2026-11-20 08:31:05 UTC; ids count up."""
    still = FakeClock()
    monkeypatch.setattr("orgpost.post.Clock", lambda: still)
    return still


@pytest.fixture
def office(cli: Cli, clock: FakeClock) -> Office:
    """A space with agents; the clock stands still."""
    from tests.cli.office import Office

    return Office(cli)
