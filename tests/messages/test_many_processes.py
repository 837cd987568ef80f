"""Many processes at once, and some of them killed: nothing told is lost, nothing is there twice."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from orgpost.clock import Clock
from orgpost.message_store import Letter
from orgpost.org.scan import find_all_ids
from orgpost.post import Post
from orgpost.space import init

if TYPE_CHECKING:
    import random
    from pathlib import Path

pytestmark = pytest.mark.slow

PROCESSES = 8
PROGRAM = """
import sys
from datetime import UTC, datetime, timedelta
from orgpost.errors import OrgpostError
from orgpost.post import Post

space, work, *words = sys.argv[1:]
post = Post.open(space=space, me="crt")
sys.stdin.read(1)


def tell(*said):
    print(*said, flush=True)


if work == "send":
    for number in range(int(words[1])):
        body = f"{words[0]} {number}\\n" + "* x\\n" * 40
        tell(post.messages.create_message("crt", "tex", body, subject="s").id)
elif work == "once":
    from orgpost.message_store import Letter

    letter = Letter(sender="crt", to="tex", body=words[1], id=words[0])
    try:
        tell("duplicate" if post.messages.send(letter).duplicate else "sent")
    except OrgpostError as error:
        tell(error.code)
elif work == "settle":
    tell(*post.messages.settle("crt"))
elif work == "archive":
    tell(*post.messages.archive_old("tex", before=datetime.now(UTC) + timedelta(hours=1)).ids)
elif work == "mark":
    for id in words:
        post.messages.mark(id, "done")
        tell(id)
post.close()
"""


@pytest.fixture
def space(tmp_path: Path) -> Path:
    """A space of tex and crt."""
    init(tmp_path, actor="tex")
    contacts = tmp_path / "org/messaging/contacts.yaml"
    contacts.write_text(contacts.read_text() + "  - {id: crt, kind: person, trust_tier: team}\n")
    return tmp_path


def start(space: Path, *words: str) -> subprocess.Popen[str]:
    """Start a process that waits for its sign."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(space), *words],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def run(space: Path, *works: tuple[str, ...]) -> list[list[str]]:
    """Let processes work at the same time; what each of them told."""
    processes = [start(space, *words) for words in works]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("!")
        process.stdin.flush()
    told = [process.communicate()[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0] * len(works)
    return told


def ids_in(space: Path, name: str = "inbox/tex.org") -> Counter[str]:
    """How often each id stands in a file."""
    data = (space / "org/messaging" / name).read_bytes()
    return Counter(id.decode() for id, _ in find_all_ids(data))


def test_one_id_from_many_processes_is_one_message(space: Path) -> None:
    """Scenario 6: one entry; the others are duplicates, and other content is a conflict."""
    told = run(space, *[("once", "msg-once", "Hi")] * PROCESSES)
    assert Counter(word for words in told for word in words) == {
        "sent": 1,
        "duplicate": PROCESSES - 1,
    }
    assert run(space, ("once", "msg-once", "Ho")) == [["conflict"]]
    assert ids_in(space) == {"msg-once": 1}


def test_what_many_processes_send_is_all_there(space: Path) -> None:
    """Scenario 7: every told id in the file, each once, every body whole."""
    told = run(space, *[("send", str(number), "25") for number in range(PROCESSES)])
    ids = [id for words in told for id in words]
    with Post.open(space=space, me="tex") as post:
        bodies = Counter(message.body for message in post.messages.find_unread("tex"))
    assert ids_in(space) == dict.fromkeys(ids, 1)
    assert bodies == {
        f"{process} {number}\n" + "* x\n" * 40: 1
        for process in range(PROCESSES)
        for number in range(25)
    }


def test_a_killed_sender_loses_nothing_that_it_told(space: Path, rng: random.Random) -> None:
    """Scenario 8: killed at any instant; nothing torn is shown, the next send works."""
    told: list[str] = []
    for _ in range(6):
        processes = [start(space, "send", str(number), "400") for number in range(3)]
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("!")
            process.stdin.flush()
        victim = processes[0]
        assert victim.stdout is not None
        told += [victim.stdout.readline().strip() for _ in range(rng.randrange(1, 12))]
        victim.send_signal(signal.SIGKILL)
        for process in processes[1:]:
            process.kill()
        for process in processes:
            told += [id for id in process.communicate()[0].split("\n")[:-1] if id]
    with Post.open(space=space, me="tex") as post:
        last = post.messages.create_message("crt", "tex", "after")
        bodies = {message.id: message.body for message in post.messages.find_unread("tex")}
    assert {*told, last.id} - bodies.keys() == set()
    assert all(body == "after" or body.endswith("* x\n" * 40) for body in bodies.values())
    assert set(ids_in(space).values()) == {1}


def test_many_who_look_at_an_expired_message_send_one_bounce(space: Path) -> None:
    """Scenario 14: exactly one, and the message is unchanged."""
    with Post.open(space=space, me="crt") as post:
        expires = datetime.now(UTC) + timedelta(seconds=1)
        sent = post.messages.send(Letter(sender="crt", to="tex", body="Hi", expires=expires))
    Clock().sleep(1.2)
    before = (space / "org/messaging/inbox/tex.org").read_bytes()
    told = run(space, *[("settle",)] * PROCESSES)
    bounce = f"msg-bounce-{sent.message.id.removeprefix('msg-')}"
    assert [id for words in told for id in words] == [bounce]
    assert ids_in(space, "inbox/crt.org") == {bounce: 1}
    assert (space / "org/messaging/inbox/tex.org").read_bytes() == before


def test_sending_marking_and_archiving_at_once_lose_nothing(space: Path) -> None:
    """Each id is in the hot file or in the archive, never in both, never in neither."""
    with Post.open(space=space, me="crt") as post:
        ids = [post.messages.create_message("crt", "tex", str(n)).id for n in range(40)]
    works = [("mark", *ids[:20]), ("mark", *ids[20:]), ("send", "x", "30"), ("archive",)]
    told = run(space, *works, ("archive",))
    run(space, ("archive",))
    archive = next((space / "org/messaging/archive").glob("*.org")).name
    hot, cold = ids_in(space), ids_in(space, f"archive/{archive}")
    assert set(cold) == set(ids)
    assert set(hot) == set(told[2])
    assert set((hot + cold).values()) == {1}


def test_archiving_killed_anywhere_shows_each_message_once(space: Path, rng: random.Random) -> None:
    """Scenario 32: before and after recovery."""
    with Post.open(space=space, me="crt") as post:
        ids = [post.messages.create_message("crt", "tex", str(n)).id for n in range(30)]
        post.messages.mark(ids, "done")
    for _ in range(8):
        process = start(space, "archive")
        assert process.stdin is not None
        process.stdin.write("!")
        process.stdin.flush()
        Clock().sleep(rng.uniform(0.0, 0.3))
        process.kill()
        process.communicate()
        with Post.open(space=space, me="tex") as post:
            assert [post.messages.find_by_id(id).id for id in ids] == ids
            assert len(post.messages.find_thread(ids[0])) == 1
    run(space, ("archive",))
    assert ids_in(space) == {}


MEASURE = """
import sys
from orgpost.post import Post
listed = Post.open(space=sys.argv[1], me="tex").messages.find_messages("tex")
assert sum(1 for _ in listed) == 100_000
# Not getrusage: a child inherits the peak of who started it.
print(int(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0]) // 1024)
"""


def test_listing_100_000_messages_needs_little_more_than_their_file(space: Path) -> None:
    """At most 150 MB, each message made and let go."""
    with Post.open(space=space, me="crt") as post:
        id = post.messages.create_message("crt", "tex", "x" * 150).id
    path = space / "org/messaging/inbox/tex.org"
    head, _, entry = path.read_bytes().partition(b"* UNREAD")
    with path.open("wb") as file:
        file.write(head)
        for number in range(100_000):
            file.write(b"* UNREAD" + entry.replace(id.encode(), b"msg-%019d" % number))
    shutil.rmtree(space / ".orgpost")  # or the one message would be put back
    os.utime(path, (1, 1))
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(space)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert int(done.stdout) < 150
