"""The size of a body at each way into the store, and the settings of all limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orgpost.errors import Failed, TooLarge
from orgpost.governor import Governor
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


def test_the_governor_says_what_would_become_of_a_message(tmp_path: Path) -> None:
    """The same answers as sending gives; nothing is written, and a no is an answer too."""
    init(tmp_path, actor="tex")
    contacts = tmp_path / "org/messaging/contacts.yaml"
    contacts.write_text(contacts.read_text() + "  - {id: tex-agent, kind: agent, owner: tex}\n")
    contacts.write_text(contacts.read_text() + "  - {id: crt, kind: person}\n")
    file = tmp_path / "settings.local.yaml"
    file.write_text(file.read_text() + SETTINGS)
    with Post.open(tmp_path) as post:
        check = post.governor.check_message
        for number in range(2):
            assert check("tex-agent", "tex", 3).to_dict() == {
                "allowed": True,
                "code": "",
                "reason": "",
                "retry_after_seconds": None,
                "tier": "unknown",
                "auto_accept": False,
                "priority_boost": 1.0,
                "charged_to": "tex-agent",
                "reserved_tokens": 0,
                "not_before": None,
                "awaiting": None,
                "task_id": None,
            }
            post.messages.create_message("tex-agent", "tex", str(number))
        late = check("tex-agent", "tex", 3)
        assert (late.allowed, late.code) == (False, "rate_limited")
        assert late.reason == "Rate limit: 2/2 messages this minute"
        assert late.retry_after_seconds in range(1, 61)
        again = check("tex-agent", "tex", 3)  # perhaps a second later
        assert (again.code, again.reason) == (late.code, late.reason)
        large = check("crt", "tex", LARGEST + 1)
        assert (large.code, large.reason) == ("too_large", str(TooLarge("the body", 65537, 65536)))
        assert check("crt", "tex", LARGEST).allowed
        stranger = check("crt", "tex-agent", 3)
        assert stranger.code == "not_accepted"
        assert check("tex", "tex-agent", 3).tier == "owner"
    with pytest.raises(Failed):
        Governor(post.store, post.clock, post.contacts.load, post.limits).check_message("a", "b", 1)
