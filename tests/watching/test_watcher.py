"""The whole of watching: a real space, a thread that watches, and news that come by themselves."""

from __future__ import annotations

import queue
import shutil
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest

from orgpost.post import Post
from orgpost.space import init
from orgpost.watching.file_watch import FileWatch
from orgpost.watching.sight import Sight
from orgpost.watching.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orgpost.watching.change import Change, Round

pytestmark = pytest.mark.slow

LONG = 10.0


class Listener:
    """A post, and what is told of its boxes while it is watched."""

    def __init__(self, post: Post, mode: str) -> None:
        self.post = post
        self.rounds: queue.Queue[Round] = queue.Queue()
        self.sight = Sight(post.store, post.contacts.load, post.clock, self.rounds.put)
        self.watcher = Watcher(FileWatch(post.space, post.clock, mode=mode), self.sight)

    def changes(self, box: str, number: int) -> list[Change]:
        """Give the next so many changes of a box."""
        found: list[Change] = []
        deadline = time.monotonic() + LONG
        while len(found) < number:
            news = self.rounds.get(timeout=max(deadline - time.monotonic(), 0.01)).news
            assert not any(each.reset for each in news)
            found += [one for each in news if each.box == box for one in each.changes]
        assert len(found) == number
        return found

    def reset(self, box: str) -> None:
        """Wait for a reset of a box."""
        while not any(
            each.box == box and each.reset for each in self.rounds.get(timeout=LONG).news
        ):
            pass


@contextmanager
def listening(space: Path, mode: str) -> Iterator[Listener]:
    """Watch a space for one block."""
    with Post.open(space) as post:
        listener = Listener(post, mode)
        thread = threading.Thread(target=listener.watcher.run)
        thread.start()
        try:
            yield listener
        finally:
            listener.watcher.stop()
            thread.join(LONG)
            assert not thread.is_alive()


@pytest.fixture
def space(tmp_path: Path) -> Path:
    """A space of tex and crt."""
    init(tmp_path, actor="tex")
    with Post.open(tmp_path) as post:
        post.contacts.add("crt", trust_tier="team", by="tex")
    return tmp_path


@pytest.mark.parametrize("mode", ["inotify", "poll"])
def test_news_arrive_by_themselves(space: Path, mode: str) -> None:
    """Sent by a program, read by its recipient, appended by a shell, in their order."""
    with listening(space, mode) as listener:
        listener.sight.follow("inbox/tex")
        listener.sight.follow("sent/crt")
        mail = listener.post.messages
        id = mail.create_message("crt", "tex", "The body.").id
        assert [one.id for one in listener.changes("inbox/tex", 1)] == [id]
        mail.mark_read(id)
        assert [one.state for one in listener.changes("sent/crt", 1)] == ["READ"]
        file = space / "org/messaging/inbox/tex.org"
        entry = file.read_text()[file.read_text().index("* READ") :].replace(id, "msg-by-hand")
        with file.open("a") as shell:
            shell.write(entry)
        assert [one.id for one in listener.changes("inbox/tex", 1)] == ["msg-by-hand"]


def test_nothing_moves_while_nothing_moves(space: Path) -> None:
    """Looking at what waits for an editor is no reason to look again, or nobody would ever rest."""
    with listening(space, "inotify") as listener:
        listener.sight.follow("inbox/tex")
        mail = listener.post.messages
        mail.create_message("crt", "tex", "one")
        (space / "org/messaging/inbox/.#tex.org").symlink_to("tex@elsewhere.1")
        mail.create_message("crt", "tex", "two")
        listener.changes("inbox/tex", 2)
        time.sleep(1.5)  # what is still on its way arrives; the net is drawn once
        calls = Mock(wraps=listener.sight.look)
        listener.sight.look = calls  # type: ignore[method-assign]
        time.sleep(0.6)
        assert calls.mock_calls == []
        assert listener.watcher.files.caught == 0


def test_a_space_that_goes_and_comes_back_is_told_of(space: Path) -> None:
    """`org/messaging` deleted and restored: a reset, and then news as ever."""
    with listening(space, "inotify") as listener:
        listener.sight.follow("inbox/tex")
        mail = listener.post.messages
        mail.create_message("crt", "tex", "one")
        listener.changes("inbox/tex", 1)
        shutil.copytree(space / "org/messaging", space / "kept")
        shutil.rmtree(space / "org/messaging")
        listener.reset("inbox/tex")
        shutil.copytree(space / "kept", space / "org/messaging")
        listener.reset("inbox/tex")
        id = mail.create_message("crt", "tex", "two").id
        assert [one.id for one in listener.changes("inbox/tex", 1)] == [id]


def test_who_wrote_may_have_it_told_at_once(space: Path) -> None:
    """A look from any thread does not wait for the kernel, and nothing is told twice."""
    with listening(space, "inotify") as listener:
        listener.sight.follow("inbox/tex")
        id = listener.post.messages.create_message("crt", "tex", "one").id
        listener.sight.look(["inbox/tex.org"])
        (round_,) = [listener.rounds.get_nowait()]
        assert [one.id for each in round_.news for one in each.changes] == [id]
        with pytest.raises(queue.Empty):
            listener.rounds.get(timeout=0.3)
