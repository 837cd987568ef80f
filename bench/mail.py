"""What mail costs: sending, listing 100,000 messages, a cold start, growth, memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import orgparse

from bench.timing import Row, command, faster, slower
from orgpost.org.entry import Draft, render
from orgpost.org.syntax import MESSAGE, header
from orgpost.post import Post
from orgpost.space import init

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LARGE, MEDIUM, SMALL = 100_000, 10_000, 100
UNREAD_EACH = 100
QUIET_SECONDS = 2.5
BODY = "Deploy is through; the dashboards are green again.\n- who: crt\n- what: restart\n" * 2


def space_with(count: int, *, unread: int = 0) -> Path:
    """Make a space whose inbox of tex holds that many messages, some of them unread."""
    place = Path(tempfile.mkdtemp(prefix="orgpost-bench-"))
    init(place, actor="tex")
    contacts = place / "org/messaging/contacts.yaml"
    contacts.write_text(contacts.read_text() + "  - {id: crt, kind: person, trust_tier: team}\n")
    every = count // unread if unread else count + 1
    with (place / "org/messaging/inbox/tex.org").open("wb") as file:
        file.write(header("inbox/tex.org"))
        for number in range(count):
            file.write(_entry(number, "READ" if number % every else "UNREAD"))
    return place


def _entry(number: int, keyword: str) -> bytes:
    day, second = divmod(number, 86_400)
    stamp = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    id = f"msg-202611{day % 28 + 1:02}-{stamp.replace(':', '')}-{number:010}"
    facts = [("FROM", "crt"), ("TO", "tex")]
    facts += [("CREATED", f"[2026-11-{day % 28 + 1:02} Fri {stamp}]"), ("THREAD", id)]
    draft = Draft(id=id, keyword=keyword, title=f"Report {number}", properties=facts, body=BODY)
    return render(draft, MESSAGE)


def rows() -> Iterator[Row]:
    """Measure all of it."""
    yield _send()
    yield from _lists()
    yield _cold_start()
    yield from _growth()
    yield _memory()


def _send() -> Row:
    place = space_with(0)
    post = Post.open(space=place, me="crt")
    post.messages.create_message("crt", "tex", BODY, subject="first")
    # Not from the file itself: it is so young that what was sent still waits to be put into it.
    entry = post.store.view("inbox/tex.org").data.removeprefix(header("inbox/tex.org"))
    assert entry.count(BODY.encode()) == 1
    time.sleep(QUIET_SECONDS)  # until then each send looks again at what was only just made
    floor = os.open(place / "floor", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def bare() -> None:
        os.write(floor, entry)
        os.fsync(floor)

    def send() -> None:
        post.messages.create_message("crt", "tex", BODY, subject="Deploy is through")

    return faster("send, synced", send, "append + fsync of the same bytes", bare, 600, ">= 0.5")


def _lists() -> Iterator[Row]:
    place = space_with(LARGE, unread=UNREAD_EACH)
    path = place / "org/messaging/inbox/tex.org"

    def ours() -> None:
        with Post.open(space=place, me="tex") as post:  # anew, so that nothing is remembered
            assert len(list(post.messages.find_unread("tex"))) == UNREAD_EACH

    def theirs() -> None:
        root = orgparse.load(path)
        assert sum(node.todo == "UNREAD" for node in root.children) == UNREAD_EACH

    yield faster("unread list of 100,000", ours, "orgparse, the same file", theirs, 2, ">= 100")


def _cold_start() -> Row:
    place = space_with(MEDIUM, unread=20)
    ours = [*_orgpost(), "--space", str(place), "--as", "tex", "inbox"]
    floor = [sys.executable, "-c", "pass"]
    return slower(
        "orgpost inbox, cold, 10,000 messages",
        command(ours),
        "python3 -c pass",
        command(floor),
        25,
        "<= 6",
    )


def _orgpost() -> list[str]:
    installed = Path(sys.executable).with_name("orgpost")
    return [str(installed)] if installed.exists() else [sys.executable, "-m", "orgpost"]


def _growth() -> Iterator[Row]:
    posts = {size: Post.open(space=space_with(size), me="crt") for size in (SMALL, LARGE)}

    def sender(size: int) -> Callable[[], object]:
        return lambda: posts[size].messages.create_message("crt", "tex", BODY, subject="x")

    yield slower(
        "send into 100,000 messages", sender(LARGE), "into 100", sender(SMALL), 300, "<= 1.5"
    )


def _memory() -> Row:
    place = space_with(LARGE, unread=UNREAD_EACH)
    words = [sys.executable, "-m", "bench.mail", str(place)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    mebibytes = int(done.stdout) / 1024
    goal = 150.0
    what = "memory of listing 100,000 messages"
    return Row(what, mebibytes / goal, "<= 1", "150 MB", mebibytes, goal, 1)


def _list_everything(place: str) -> None:
    """List all messages of an inbox, one after the other; prints the peak in KiB."""
    post = Post.open(space=place, me="tex")
    assert sum(1 for _ in post.messages.find_messages("tex")) == LARGE
    # Not getrusage: a child inherits the peak of who started it.
    status = Path("/proc/self/status").read_text()
    print(status.partition("VmHWM:")[2].split()[0])


if __name__ == "__main__":
    _list_everything(sys.argv[1])
