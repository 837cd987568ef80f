"""The frame: one space, its settings and its mail, wired once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orgpost import Post
from orgpost.errors import BadSettings, NotASpace, TooLarge, UnknownActor
from orgpost.message_store import Rules
from orgpost.space import init

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def space(tmp_path: Path) -> Path:
    """A space of tex."""
    init(tmp_path, actor="tex")
    return tmp_path


def test_a_post_is_opened_where_a_space_is(space: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named, or found from the working folder upwards; the settings say who acts."""
    inner = space / "deep" / "inside"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    with Post.open() as found, Post.open(space=str(space), me="tex") as named:
        sent = found.messages.create_message(found.me, "tex", "Hi")
        assert named.messages.find_by_id(sent.id).sender == named.me == "tex"


def test_to_open_writes_nothing(space: Path) -> None:
    """Reading needs no lock and no journal."""
    before = sorted(space.rglob("*"))
    with Post.open(space=space) as post:
        assert len(post.messages.find_unread(post.me)) == 0
    assert sorted(space.rglob("*")) == before


def test_a_place_that_is_no_space_is_an_error(tmp_path: Path) -> None:
    """There is no falling through to the next one."""
    with pytest.raises(NotASpace):
        Post.open(space=tmp_path)


def test_who_acts_must_be_known(space: Path) -> None:
    """A name is checked when it is asked for."""
    with Post.open(space=space, me="nobody") as post, pytest.raises(UnknownActor):
        assert post.me


def test_no_post_has_half_read_settings(space: Path) -> None:
    """All problems at once, and nothing is opened."""
    with (space / "settings.local.yaml").open("a") as file:
        file.write("messaging:\n  nonsense: 1\n  archive_keep: many\n")
    with pytest.raises(BadSettings) as bad:
        Post.open(space=space)
    assert len(bad.value.problems) == 2


def test_each_setting_of_mail_reaches_it(space: Path) -> None:
    """A setting that nobody reads is a bug."""
    with (space / "settings.local.yaml").open("a") as file:
        file.write(
            "messaging:\n  stale_after_hours: 2\n  archive_after_days: 0\n  archive_keep: 3\n"
            "  route_timeout_seconds: 4\n  attach_roots: [files]\n"
            "  limits: {max_body_bytes: 5, max_file_bytes: 6}\n"
        )
    with Post.open(space=space) as post:
        rules = post.messages._desk.rules
        assert rules == Rules(
            stale_after=rules.stale_after,
            archive_after=None,
            archive_keep=3,
            route_timeout_seconds=4,
            max_body_bytes=5,
            attach_roots=(space / "files",),
        )
        assert rules.stale_after.total_seconds() == 7200
        (space / "files").mkdir()
        (space / "files" / "a").write_bytes(b"1234567")
        with pytest.raises(TooLarge):
            post.messages.create_file_delivery("tex", "tex", space / "files" / "a")
