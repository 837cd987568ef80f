"""Who may look: `.orgpost` is 0700, what is in it 0600, new Org files too, whatever the umask."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from orgpost.post import Post
from orgpost.space import init
from orgpost.store import FileStore, Page
from tests.race.writers import INBOX, entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=[0o000, 0o077, 0o022], ids=["umask-000", "umask-077", "umask-022"])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """Each umask in turn."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def modes(folder: Path) -> dict[str, str]:
    """Give the mode of everything below a folder, folders apart from files."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_symlink():
            kind = "folder" if path.is_dir() else "file"
            found[f"{kind} {path.relative_to(folder)}"] = oct(stat.S_IMODE(path.stat().st_mode))
    return found


def test_after_every_operation_everything_private_is_private(umask: int, tmp_path: Path) -> None:
    """Sending, marking, replacing, archiving and quarantine leave no open file behind."""
    place = tmp_path / "space"
    init(place, actor="tex")
    with Post.open(space=place, me="tex") as post:
        sent = post.messages.create_message("tex", "tex", "The body.")
        post.messages.mark_read(sent.id)
        post.messages.archive(sent.id)
        post.store.quarantine("inbox/tex.org", "odd", b"bytes")
        post.store.confirm("inbox/tex.org")
    private = modes(place / ".orgpost")
    assert {m for name, m in private.items() if name.startswith("folder")} == {"0o700"}
    assert {m for name, m in private.items() if name.startswith("file")} == {"0o600"}
    mail = modes(place / "org/messaging")
    org = {mode for name, mode in mail.items() if name.endswith(".org")}
    assert org == {"0o600"}
    assert stat.S_IMODE((place / "settings.local.yaml").stat().st_mode) == 0o600


def test_the_mode_that_a_person_gave_stays(umask: int, tmp_path: Path) -> None:
    """Neither an append nor a replace changes it."""
    (tmp_path / "org/messaging/inbox").mkdir(parents=True)
    file = tmp_path / "org/messaging" / INBOX
    with FileStore(tmp_path) as store:
        store.append(INBOX, [entry("msg-first")])
        file.chmod(0o640)
        store.append(INBOX, [entry("msg-second")])

        def grow(page: Page) -> None:
            page.insert(len(page.data), b"* a note\n")

        store.edit(INBOX, grow)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_shared_folder_makes_shared_files(tmp_path: Path) -> None:
    """Where the group may write to the folder, it may write to what is made there."""
    messaging = tmp_path / "org/messaging"
    messaging.mkdir(parents=True)
    messaging.chmod(0o770)
    before = os.umask(0o002)
    try:
        with FileStore(tmp_path) as store:
            store.append(INBOX, [entry("msg-first")])
    finally:
        os.umask(before)
    assert stat.S_IMODE((messaging / INBOX).stat().st_mode) == 0o660
    assert stat.S_IMODE((tmp_path / ".orgpost").stat().st_mode) == 0o700
