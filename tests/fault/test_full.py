"""A full disk: one `NoSpace`, the old content whole, and nothing that was refused appears later."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.race.writers import LIB

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

ON_A_SMALL_DISK = """
import os, sys
sys.path.insert(0, {lib!r})
from orgpost.errors import NoSpace
from orgpost.org import scan
from orgpost.store import FileStore

space = {space!r}
inbox, path = "inbox/tex.org", space + "/org/messaging/inbox/tex.org"

def entry(name, body=b"hello"):
    text = b"* UNREAD   x\\n:PROPERTIES:\\n:ID:       " + name + b"\\n:END:\\n" + body + b"\\n"
    return name, text

def ids():
    return [id for id, _ in scan.find_all_ids(FileStore(space).view(inbox).data)]

def grow(page):
    span = scan.find_id(page.data, b"msg-first")
    page.insert(span.end, b"more words of mine " * 200 + b"\\n")

def mark(page):
    at = page.data.index(b"* UNREAD   x")
    page.replace((at, at + 12), b"* READ     x")

os.makedirs(os.path.dirname(path))
first = FileStore(space)
first.append(inbox, [entry(b"msg-first")])
first.append(inbox, [entry(b"msg-second")])
first.close()
refused, done = 0, 0
for level in range({levels}):
    filler = open(space + "/filler", "wb", buffering=0)
    try:
        while True:
            filler.write(bytes(512))
    except OSError:
        pass
    os.truncate(space + "/filler", max(0, filler.tell() - level * 1024))
    filler.close()
    store, before = FileStore(space), ids()
    works = [
        lambda: store.append(inbox, [entry(b"msg-%d" % level, b"x" * 3000)]),
        lambda: store.append("inbox/new-%d.org" % level, [entry(b"msg-new-%d" % level)]),
        lambda: store.edit(inbox, grow),
        lambda: store.edit(inbox, mark) if b"UNREAD   x" in store.view(inbox).data else None,
        lambda: store.create("files/msg-%d/name" % level, [b"y" * 2000]),
    ]
    for number, work in enumerate(works):
        try:
            work()
            done += 1
        except NoSpace as error:
            assert error.exit_code == 1 and error.hint, error
            refused += 1
        except Exception as error:
            raise SystemExit("level %d, work %d: %r" % (level, number, error))
    after = ids()
    assert after[: len(before)] == before, (before, after)
    store.close()
    os.unlink(space + "/filler")
    # Space is back: what was refused stays away, what was told stays there, and writing works.
    assert ids() == after, (level, after, ids())
    again = FileStore(space)
    again.append(inbox, [entry(b"msg-again-%d" % level)])
    again.close()
    assert ids() == [*after, b"msg-again-%d" % level]
    scratch = [name for name in os.listdir(os.path.dirname(path)) if "tmp" in name]
    assert scratch == [], scratch
    FileStore(space).edit(inbox, lambda page: [
        page.remove(span) for id, span in list(scan.find_all_ids(page.data))[2:]])
    for name in os.listdir(os.path.dirname(path)):
        if name.startswith("new-"):
            os.unlink(os.path.join(os.path.dirname(path), name))
print("levels", {levels}, "done", done, "refused", refused)
assert refused and done
"""


def test_a_disk_filled_to_every_level_loses_and_invents_nothing(tmp_path: Path) -> None:
    """Whatever step finds the disk full: the old content is whole and room makes it work again."""
    code = ON_A_SMALL_DISK.format(lib=LIB, space=str(tmp_path / "disk/space"), levels=50)
    script = 'mkdir disk && mount -t tmpfs -o size=1m none disk && exec "$@"'
    words = ["unshare", "-m", "-U", "-r", "sh", "-c", script, "sh", sys.executable, "-c", code]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert "levels 50" in done.stdout


# On a disk with no room at all: each command, what it exits with, and what it leaves.
COMMANDS_ON_A_FULL_DISK = r"""
set -e
mkdir disk && mount -t tmpfs -o size=1m none disk && cd disk
o init space --actor tex >&2 && cd space
o contacts add tex-agent --kind agent >&2
o send tex first >&2
o task add tex-agent work >&2
dd if=/dev/zero of=../filler bs=512 2>/dev/null || true
for words in "send tex --body-file ../../body" "contacts add crt" "task add tex-agent --body-file \
    ../../body more" "config set store.sync off" "reply last --body-file ../../body"; do
    status=0; o --json $words || status=$?
    echo "status $status"
done
cat org/messaging/inbox/tex.org org/messaging/agents/tex-agent.org | grep -c '^\* '
rm ../filler
o inbox && o send tex second && o doctor
grep -c '^\* ' org/messaging/inbox/tex.org
"""


def test_each_command_on_a_full_disk_is_one_document_and_leaves_nothing(tmp_path: Path) -> None:
    """Status 1, `no_space` with a hint; afterwards nothing appears that was refused."""
    (tmp_path / "body").write_text("x" * 60_000)
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    (bin_folder / "o").write_text(f'#!/bin/sh\nexec {sys.executable} -m orgpost "$@"\n')
    (bin_folder / "o").chmod(0o755)
    env = os.environ | {"PATH": f"{bin_folder}:{os.environ['PATH']}", "PYTHONPATH": LIB}
    words = ["unshare", "-m", "-U", "-r", "sh", "-c", COMMANDS_ON_A_FULL_DISK]
    done = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.split("\n")
    for document, status in zip(lines[0:10:2], lines[1:10:2], strict=True):
        error = json.loads(document)["error"]
        assert (error["code"], status) == ("no_space", "status 1")
        assert error["hint"]
    assert lines[10] == "2"
    assert "first" in lines[11]
    assert lines[-3:] == ["0 errors, 0 warnings, 0 fixed", "2", ""]


AT_A_LIMIT = """
import resource, sys
sys.path.insert(0, {lib!r})
from orgpost.errors import NoSpace
from orgpost.store import FileStore
from tests.race.writers import INBOX, entry
store = FileStore({space!r})
for number in range(300):
    store.append(INBOX, [entry("msg-%d" % number, "x" * 400)])
import os
size = os.stat({space!r} + "/org/messaging/" + INBOX).st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, size + 10_000_000))
try:
    store.append(INBOX, [entry("msg-refused", "x" * 400)])
    raise SystemExit("written")
except NoSpace:
    pass
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10_000_000, size + 10_000_000))
store.append(INBOX, [entry("msg-after")])
store.close()
text = FileStore({space!r}).view(INBOX).data
assert b"msg-refused" not in text and b"msg-after" in text and text.count(b":ID:") == 301
"""


def test_a_limit_of_file_sizes_is_a_full_disk(tmp_path: Path) -> None:
    """`ulimit -f` just above the file: refused, withdrawn, and the next write works."""
    (tmp_path / "org/messaging/inbox").mkdir(parents=True)
    code = AT_A_LIMIT.format(lib=LIB, space=str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=LIB + "/.."
    )
    assert (done.returncode, done.stderr) == (0, "")
