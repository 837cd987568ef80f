"""Queues of tasks that answer to the same words: ours, and those of others as they are.

`add` makes a task, `take` claims one and finishes it with `RESULT`; both assert that it is so, and
`finished` counts what the queue itself knows to be finished. Each is opened synced as safely as it
can be, or not synced at all, to be filled fast.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from orgpost import settings_file
from orgpost.post import Post
from orgpost.space import init

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

TITLE = "Summarise last night's incident"
BODY = "Deploy was through; then the dashboards went red.\n- who: crt\n- what: restart\n" * 2
RESULT = "A disk was full; the log is rotated now."
CONTACTS = """\
  - {id: crt, kind: person, trust_tier: team}
  - {id: tex-agent, kind: agent, owner: tex, trust_tier: team}
"""


@contextmanager
def real_disk() -> Iterator[Path]:
    """Give a folder in this checkout for the time of a block: /tmp may be no disk at all."""
    build = Path(__file__).parent.parent / "build"
    build.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=build))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


class Queue:
    """What all of them have in common."""

    def add(self) -> None:
        """Make one task."""
        raise NotImplementedError

    def take(self) -> str:
        """Claim one, finish it, and give its id."""
        raise NotImplementedError

    def finished(self) -> int:
        """Count what is finished, with its result where it keeps one."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of all files."""

    def cycle(self) -> None:
        """Let one task live from its beginning to its end."""
        self.add()
        self.take()

    @classmethod
    def filled(cls, place: Path, waiting: int) -> Self:
        """Make a queue with so many waiting tasks, and open it as it is used."""
        cls.fill(place, waiting)
        # What others have written by now is not to be paid by who syncs first.
        os.sync()
        return cls(place)

    @classmethod
    def fill(cls, place: Path, waiting: int) -> None:
        """Make a queue's tasks without waiting for the disk."""
        queue = cls(place, synced=False)
        for _ in range(waiting):
            queue.add()
        queue.close()

    def __init__(self, place: Path, *, synced: bool = True) -> None:
        raise NotImplementedError


class Orgpost(Queue):
    """The task inbox of an agent, filled by its owner."""

    def __init__(self, place: Path, *, synced: bool = True) -> None:
        self.post = opened(place, me="tex-agent", synced=synced)
        self.inbox = self.post.inbox("tex-agent")

    def add(self) -> None:
        task = self.inbox.create_task("tex", TITLE, body=BODY)
        assert task.state == "QUEUED"

    def take(self) -> str:
        (claim,) = self.inbox.claim()
        task = self.inbox.complete(claim, result=RESULT)
        assert (task.state, task.stored) == ("DONE", "file")
        return task.id

    def finished(self) -> int:
        with Post.open(space=self.post.space, me="tex") as post:  # by what is in the file
            done = post.inbox("tex-agent").find_by_state("DONE")
        return sum(task.result == RESULT for task in done)

    def close(self) -> None:
        self.post.close()


def opened(place: Path, *, me: str, synced: bool = True, settings: str = "") -> Post:
    """Open a space with these settings; where there is none, one is made."""
    if not (place / "org").exists():
        init(place, actor="tex")
        contacts = place / "org/messaging/contacts.yaml"
        contacts.write_text(contacts.read_text() + CONTACTS)
    sync = "" if synced else 'store: {sync: "off"}\n'
    file = settings_file.space_file(place)
    file.write_text(sync + settings)
    file.chmod(0o600)
    return Post.open(space=place, me=me)


class SqliteHuey(Queue):
    """huey on SQLite: a commit and its fsync for each of enqueue, dequeue and the result."""

    def __init__(self, place: Path, *, synced: bool = True) -> None:
        from huey import SqliteHuey as Huey

        place.mkdir(exist_ok=True)
        self.huey = Huey("bench", filename=str(place / "huey.db"), fsync=synced)
        (level,) = self.huey.storage.conn.execute("pragma synchronous").fetchone()
        assert level == (2 if synced else 0)
        self.work = self.huey.task(name="work")(_work)

    def add(self) -> None:
        self.work(TITLE, BODY)

    def take(self) -> str:
        task = self.huey.dequeue()
        assert self.huey.execute(task) == RESULT
        return str(task.id)

    def finished(self) -> int:
        return int(self.huey.result_count())

    def close(self) -> None:
        self.huey.storage.close()


def _work(title: str, body: str) -> str:
    assert (title, body) == (TITLE, BODY)
    return RESULT


class FileHuey(SqliteHuey):
    """huey on files, which never syncs and which its own docs keep out of production."""

    def __init__(self, place: Path, *, synced: bool = True) -> None:  # noqa: ARG002  it cannot
        from huey import FileHuey as Huey

        place.mkdir(exist_ok=True)
        self.huey = Huey("bench", path=str(place))
        self.work = self.huey.task(name="work")(_work)

    def close(self) -> None:
        pass


class PersistQueue(Queue):
    """persist-queue's queue with claims, each step a synced commit; it keeps no results."""

    def __init__(self, place: Path, *, synced: bool = True) -> None:
        from persistqueue import SQLiteAckQueue

        self.queue = SQLiteAckQueue(str(place), auto_commit=True)
        for connection in {id(each): each for each in self._connections()}.values():
            if not synced:
                connection.execute("pragma synchronous=off")
            (level,) = connection.execute("pragma synchronous").fetchone()
            assert level == (2 if synced else 0)

    def _connections(self) -> list[sqlite3.Connection]:
        return [self.queue._putter, self.queue._getter]  # noqa: SLF001  there is no other way

    def add(self) -> None:
        self.queue.put({"title": TITLE, "body": BODY})

    def take(self) -> str:
        got = self.queue.get(block=False, raw=True)
        assert got["data"]["title"] == TITLE
        assert self.queue.ack(id=got["pqid"]) == got["pqid"]
        return str(got["pqid"])

    def finished(self) -> int:
        return self.queue.acked_count()

    def close(self) -> None:
        self.queue.close()


class Metaspn(Queue):
    """metaspn-ops: a file for each task and result; only the lease of a claim is synced."""

    def __init__(self, place: Path, *, synced: bool = True) -> None:  # noqa: ARG002  it cannot
        from metaspn_ops import FilesystemQueue

        self.queue = FilesystemQueue(workspace=place, worker_name="bench")
        self.numbers = itertools.count(len(list(self.queue.inbox_dir.glob("*.json"))))

    def add(self) -> None:
        from metaspn_ops import Task

        task = Task(f"task-{next(self.numbers):06}", "bench", {"title": TITLE, "body": BODY})
        self.queue.enqueue_task(task)

    def take(self) -> str:
        from metaspn_ops import Result

        leased = self.queue.lease_next_task(owner="bench", lease_seconds=900)
        assert leased is not None
        task, path = leased
        self.queue.write_result(Result(task.task_id, "ok", {"result": RESULT}))
        self.queue.ack_task(path)
        assert not path.exists()
        return str(task.task_id)

    def finished(self) -> int:
        return self.queue.stats()["outbox"]


class OrgWorkspace(Queue):
    """org-workspace: an Org file that is written anew for each step, and never synced.

    Nobody else may change the file: it is read once and relied on, which is faster than what two
    processes would have to do.
    """

    def __init__(self, place: Path, *, synced: bool = True) -> None:  # noqa: ARG002  it cannot
        from org_workspace import OrgWorkspace as Workspace

        self.file = place / "tasks.org"
        self.workspace = Workspace([self.file])

    @classmethod
    def fill(cls, place: Path, waiting: int) -> None:
        # By hand, for it reads and writes all of the file for each one.
        place.mkdir()
        body = "".join(f"  {line}\n" for line in BODY.splitlines())
        head = "  :PROPERTIES:\n  :ID: task-{:06}\n  :CREATED: [2026-11-20 Fri 09:32]\n  :END:\n"
        entries = (f"* TODO {TITLE}\n{head.format(each)}{body}" for each in range(waiting))
        (place / "tasks.org").write_text("".join(entries))

    def add(self) -> None:
        self.workspace.create_node(self.file, TITLE, state="TODO", body=BODY.rstrip())
        self.workspace.save()

    def take(self) -> str:
        from org_workspace import Query, TaskClaim

        node: Any = Query(self.workspace).next_action()
        assert TaskClaim(self.workspace).claim(node, "bench")
        self.workspace.save()
        self.workspace.transition(node, "DONE", agent="bench")
        self.workspace.set_property(node, "RESULT", RESULT)
        self.workspace.save()
        assert node.todo == "DONE"
        return str(node.id())

    def finished(self) -> int:
        return self.file.read_text().count(f":RESULT: {RESULT}")
