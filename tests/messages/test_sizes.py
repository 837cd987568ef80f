"""The size of a body at each way into the store, and the settings of all limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orgpost.errors import TooLarge
from orgpost.message_store import Letter
from orgpost.post import Post
from orgpost.space import init

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.messages.conftest import Office

AGENT = "crt-agent"


# --- sizes ----------------------------------------------------------------------------------------

LARGEST = 65_536


@pytest.mark.parametrize("letter", ["x", "\u20ac"], ids=["one-byte", "three-bytes"])
def test_the_largest_body_passes_and_one_byte_more_does_not(office: Office, letter: str) -> None:
    """Each way into the store: send, reply, broadcast, Python's methods, a note to a file."""
    size = len(letter.encode())
    fits = letter * (LARGEST // size) + "x" * (LARGEST % size)
    file = office.space / "a.txt"
    file.write_text("a file")
    mail, first = office.mail, office.send("first")
    ways: list[Callable[[str], object]] = [
        lambda body: mail.send(Letter(sender="crt", to="tex", body=body)),
        lambda body: mail.create_message("crt", "tex", body),
        lambda body: mail.reply(Letter(sender="tex", to="", body=body, reply_to=first.id)),
        lambda body: mail.broadcast(Letter(sender="crt", to="", body=body)),
        lambda body: mail.create_file_delivery("crt", "tex", file, note=body),
        lambda body: mail.send(Letter(sender=AGENT, to="tex", body=body)),
    ]
    for way in ways:
        before = office.files()
        with pytest.raises(TooLarge) as error:
            way(fits + "x")
        assert (error.value.exit_code, office.files()) == (5, before)
        way(fits)


# --- settings -------------------------------------------------------------------------------------

SETTINGS = """\
messaging:
  whitelists: {tex-agent: [mira, "tier:owner"]}
  limits:
    max_hops: 1
    messages_per_minute: {unknown: 2}
    thread_replies_per_10_minutes: 1
"""


def test_the_settings_are_the_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that nobody obeys is a bug; tiers that a map leaves out keep their limit."""
    init(tmp_path, actor="tex")
    file = tmp_path / "settings.local.yaml"
    file.write_text(file.read_text() + SETTINGS)
    monkeypatch.setenv("ORGPOST_TASK_ID", "task-1")
    with Post.open(tmp_path) as post:
        desk = post.messages._desk
    rules = desk.rules
    assert dict(rules.whitelists) == {"tex-agent": ("mira", "tier:owner")}
    assert dict(rules.messages_per_minute) == {"owner": 0, "team": 120, "trusted": 60, "unknown": 2}
    assert (rules.max_hops, rules.thread_replies, desk.task) == (1, 1, "task-1")
