"""Where nothing may be written: reads work, one clear error, and not a byte more on the disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orgpost.post import Post
from orgpost.store import FileStore
from tests.race.writers import INBOX, LIB, entry

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

NOBODY = 65534
AS_NOBODY = """
import json, os, sys
sys.path.insert(0, {lib!r})
import filelock
from filelock import lock_descriptor
import orgpost.store.quarantine, orgpost.store.writer
from orgpost.errors import OrgpostError
from orgpost.store import FileStore
assert os.getuid() == 0, "the tests of permissions run as root, to become nobody"
os.setgroups([]); os.setgid({nobody}); os.setuid({nobody})
store = FileStore({space!r}, lock_seconds=0.2)
print(b"msg-first" in store.view("inbox/tex.org").data)
def decide(page):
    page.insert(len(page.data), b"* note\\n")
def send():
    text = b"* UNREAD   x\\n:PROPERTIES:\\n:ID:       msg-n\\n:END:\\n"
    store.append("inbox/tex.org", [(b"msg-n", text)])
def create():
    store.create("inbox/new.org", [b"x"])
for work in (send, lambda: store.edit("inbox/tex.org", decide), create):
    try:
        work()
        print("written")
    except OrgpostError as error:
        print(error.code, error.exit_code)
store.close()
"""


@pytest.fixture
def space() -> Iterator[Path]:
    """Give a space with one message, in a folder that everybody may look into."""
    top = Path(tempfile.mkdtemp(prefix="orgpost-"))
    place = top / "space"
    (place / "org/messaging/inbox").mkdir(parents=True)
    with FileStore(place) as store:
        store.append(INBOX, [entry("msg-first")])
    for path in [top, *top.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    yield place
    shutil.rmtree(top)


def picture(space: Path) -> dict[str, tuple[int, int, bytes]]:
    """Give every name with its mode, owner and bytes."""
    return {
        str(path.relative_to(space)): (
            path.stat().st_mode,
            path.stat().st_uid,
            b"" if path.is_dir() else path.read_bytes(),
        )
        for path in sorted(space.rglob("*"))
    }


def as_nobody(space: Path, *before: str) -> list[str]:
    """Run reads and writes as a user who owns nothing; gives what each said."""
    code = AS_NOBODY.format(lib=LIB, space=str(space), nobody=NOBODY)
    done = subprocess.run(
        [*before, sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1]


READS = (
    *("inbox", "show msg-first --raw", "search hello", "trace msg-first", "budget show"),
    *("task list tex-agent", "archive --auto --dry-run", "doctor --dry-run"),
)
WRITES = (
    *("send tex hi", "mark --all read", "reply last hi", "contacts add zed"),
    *("task add tex-agent hi", "task claim tex-agent", "config set store.sync off"),
)


def test_each_command_on_a_read_only_disk_reads_or_is_refused(space: Path) -> None:
    """Whoever reads is answered; whoever writes exits with 6 and a word, and changes nothing."""
    contacts = space / "org/messaging/contacts.yaml"
    contacts.write_text(
        "actors:\n  - {id: tex, kind: person, trust_tier: owner}\n"
        "  - {id: crt, kind: person}\n  - {id: tex-agent, kind: agent, owner: tex}\n"
    )
    with Post.open(space, me="tex") as post:
        post.inbox("tex-agent").create_task("tex", "Look")
    before = picture(space)
    mount = f"mount --bind {space} {space} && mount -o remount,ro,bind {space} && cd {space}"
    orgpost = f"{sys.executable} -m orgpost --as tex"
    script = [f"{mount} || exit 99"]
    script += [f"{orgpost} {words} >/dev/null; echo $?" for words in (*READS, *WRITES)]
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", "\n".join(script)],
        env=os.environ | {"PYTHONPATH": LIB},
        capture_output=True,
        text=True,
        check=True,
    )
    codes = done.stdout.split()
    told = dict(zip((*READS, *WRITES), codes, strict=True))
    wanted = dict.fromkeys(READS, "0") | dict.fromkeys(WRITES, "6") | {"doctor --dry-run": "1"}
    assert told == wanted, done.stderr
    assert done.stderr.count("orgpost: not permitted: write ") == len(WRITES)
    assert "Traceback" not in done.stderr
    assert picture(space) == before


REFUSED = ["True", *["not_permitted 6"] * 3]


def test_a_strangers_files_are_read_and_never_written(space: Path) -> None:
    """A folder 0755 and files 0644 of somebody else: reads work, writes are one clear error."""
    before = picture(space)
    assert as_nobody(space) == REFUSED
    assert picture(space) == before


def test_a_locked_folder_refuses_before_anything_is_acknowledged(space: Path) -> None:
    """Where the journal could be written but the inbox could not, nothing is acknowledged."""
    for path in [space / ".orgpost", *(space / ".orgpost").rglob("*")]:
        os.chown(path, NOBODY, NOBODY)
    before = picture(space)
    assert as_nobody(space) == REFUSED
    assert picture(space) == before


def test_a_file_that_may_not_be_written_is_not_replaced_either(space: Path) -> None:
    """0444 says that its owner wants it to stay, also where the folder could be written."""
    for path in [space, *space.rglob("*")]:
        os.chown(path, NOBODY, NOBODY)
    file = space / "org/messaging" / INBOX
    file.chmod(0o444)
    assert as_nobody(space) == ["True", "not_permitted 6", "not_permitted 6", "written"]
    assert b"msg-n" not in file.read_bytes()


def test_a_read_only_mount_is_read_and_left_as_it_is(space: Path) -> None:
    """The same on a disk that is mounted read-only."""
    before = picture(space)
    mount = f'mount --bind {space} {space} && mount -o remount,ro,bind {space} && exec "$@"'
    assert as_nobody(space, "unshare", "-m", "sh", "-c", mount, "sh") == REFUSED
    assert picture(space) == before
