"""Nothing below `org/messaging` or `.orgpost` follows a link: a victim's bytes stay as they are."""

from __future__ import annotations

import os
import shutil
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from orgpost.errors import OrgpostError, UnsafePath
from orgpost.store import FileStore, Page
from tests.race.writers import INBOX, entry

if TYPE_CHECKING:
    from pathlib import Path

PLACES = {
    "inbox": "org/messaging/inbox/tex.org",
    "folder": "org/messaging/inbox",
    "lock": ".orgpost/locks/inbox+tex.org.lock",
    "journal": ".orgpost/journal/inbox+tex.org.j",
    "locks": ".orgpost/locks",
    "private": ".orgpost",
}


@pytest.fixture
def space(tmp_path: Path) -> Path:
    """Give a space with one message in it."""
    place = tmp_path / "space"
    (place / "org/messaging/inbox").mkdir(parents=True)
    with FileStore(place) as store:
        store.append(INBOX, [entry("msg-first")])
    return place


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """Give a folder with a file that must stay as it is."""
    folder = tmp_path / "victim"
    folder.mkdir()
    (folder / "file").write_bytes(b"precious\n")
    (folder / "file").chmod(0o640)
    (folder / "tex.org").write_bytes(b"precious\n")
    return folder


def picture(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Give names, modes and bytes."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path): (path.stat().st_mode, path.read_bytes()) for path in files}


def grow(page: Page) -> None:
    """Add a line."""
    page.insert(len(page.data), b"* a note\n")


def swap(space: Path, where: str, target: Path) -> None:
    """Put a link in a place."""
    place = space / where
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
    place.symlink_to(target)


@pytest.mark.parametrize("where", PLACES.values(), ids=PLACES)
def test_a_link_in_our_way_is_refused_and_not_followed(
    space: Path, victim: Path, where: str
) -> None:
    """Reads and writes refuse it by name; the victim's bytes, modes and names stay."""
    before = picture(victim)
    target = victim / "file" if (space / where).is_file() else victim
    swap(space, where, target)
    store = FileStore(space, lock_seconds=0.2)
    with pytest.raises(UnsafePath):
        store.append(INBOX, [entry("msg-second")])
    with pytest.raises(UnsafePath):
        store.edit(INBOX, grow)
    assert picture(victim) == before


def test_a_pipe_in_the_place_of_an_inbox_is_refused_and_not_waited_for(space: Path) -> None:
    """Neither reading nor writing hangs on a pipe that nobody writes to."""
    file = space / PLACES["inbox"]
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(UnsafePath):
        FileStore(space).view(INBOX)
    with pytest.raises(UnsafePath):
        FileStore(space).append(INBOX, [entry("msg-second")])


@pytest.mark.slow
def test_links_that_are_swapped_in_all_the_time_never_reach_the_victim(
    space: Path, victim: Path
) -> None:
    """A rival exchanges file and link in a loop for five seconds while we write."""
    before, stop = picture(victim), threading.Event()
    file = space / PLACES["inbox"]
    aside = file.with_name("aside")

    def rival() -> None:
        while not stop.is_set():
            with suppress(OSError):
                file.rename(aside)
                file.symlink_to(victim / "file")
                time.sleep(0.0005)
                aside.replace(file)

    thread = threading.Thread(target=rival)
    thread.start()
    store, end, number = FileStore(space, lock_seconds=0.1), time.monotonic() + 5, 0
    while time.monotonic() < end:
        number += 1
        with suppress(OrgpostError):
            store.append(INBOX, [entry(f"msg-{number}")])
        with suppress(OrgpostError):
            store.edit(INBOX, grow)
    stop.set()
    thread.join()
    assert picture(victim) == before
