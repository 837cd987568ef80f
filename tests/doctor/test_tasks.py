"""What doctor says of tasks: each fault planted once, seen once, and leases settled once."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from orgpost.clock import Clock
from orgpost.doctor import Findings, Options, examine
from orgpost.org.stamp import utc_text
from orgpost.post import Post
from orgpost.settings_file import load
from tests.doctor.healthy import all_found, found, healthy, mail, plant, read, task

if TYPE_CHECKING:
    from pathlib import Path

    from orgpost.task import Task

pytestmark = pytest.mark.slow

ID = "task-20261120-083200-0p4n8s6vbe"
PATH = "agents/tex-agent.org"
FILE = f"org/messaging/{PATH}"
LINE = 6
RAN_OUT = "2026-11-20T08:47:10Z"
SOON = utc_text(datetime.now(UTC) + timedelta(minutes=20))


def working(id: str = ID, lease: str = f"{RAN_OUT} 1 tex-agent@laptop:1", **more: str) -> bytes:
    """Give a task that somebody works on."""
    made = task(id, LEASE=lease, ATTEMPT="1", **more)
    return made.replace(b"* QUEUED  ", b"* WORKING ")


def fix(space: Path) -> tuple[Findings, Findings]:
    """Fix twice."""

    def on_agent(name: str) -> list[Task]:
        with Post(space, load(space, {}), me="tex") as post:
            return post.inbox(name).expire()

    first = examine(space, Options(fix=True), expire=on_agent)
    return first, examine(space, Options(fix=True), expire=on_agent)


def state(space: Path, id: str = ID) -> Task:
    """Read a task."""
    with Post(space, load(space, {}), me="tex") as post:
        return post.inbox("tex-agent").find_by_id(id)


@pytest.mark.parametrize(
    ("entry", "check"),
    [
        (task("task-UPPER"), "bad-id"),
        (task().replace(f":ID:       {ID}\n".encode(), b""), "missing-id"),
        (b"* WAITING   By hand\n", "missing-id"),
        (task().replace(b"* QUEUED ", b"* SOMEDAY"), "unknown-keyword"),
        (task(FROM="nobody"), "unknown-actor"),
        (task(FROM="../crt"), "unknown-actor"),
        (task(DEPENDS_ON="task-gone"), "dangling"),
        (task(THREAD="msg-gone"), "dangling"),
        (task(PARENT="msg-gone"), "dangling"),
        (task() + b"** Note\n:PROPERTIES:\n:ID:       task-deep\n:END:\n", "nested-id"),
        (task(NOT_BEFORE="tomorrow"), "bad-time"),
        (task(BODY_ENC="rot13"), "torn"),
        (task(LEASE="whenever"), "bad-lease"),
        (task(LEASE="2026-13-01T00:00:00Z 1 x"), "bad-lease"),
        (working(lease="tomorrow 1 tex-agent@laptop:1"), "bad-lease"),
        (working(), "expired-lease"),
        (task(DEPENDS_ON=ID), "cycle"),
    ],
)
def test_a_fault_of_a_task_is_named(tmp_path: Path, entry: bytes, check: str) -> None:
    """In its file, with its line; nobody mends what only a person can decide."""
    space = healthy(tmp_path)
    mail(space, PATH, entry)
    named = [(each.check, each.file, each.line, each.fixable) for each in all_found(space)]
    assert named == [(check, FILE, LINE, False)]


@pytest.mark.parametrize(
    "entry",
    [
        task().replace(b"* QUEUED  ", b"* WORKING "),
        task().replace(b":LEASE:    - 0 -\n", b"").replace(b"* QUEUED  ", b"* WORKING "),
        working(lease=f"{SOON} 1 tex-agent@laptop:1"),
        task(LEASE="- 7 -", THREAD=ID),
        task().replace(b"* QUEUED ", b"* DONE   "),
    ],
)
def test_what_a_person_or_a_holder_may_do_is_no_fault(tmp_path: Path, entry: bytes) -> None:
    """WORKING without a lease is a person's, a lease that holds is a holder's."""
    space = healthy(tmp_path)
    mail(space, PATH, entry)
    assert found(space) == []


def test_an_id_that_two_tasks_have_is_named_with_both_places(tmp_path: Path) -> None:
    """In one file, or in those of two agents."""
    space = healthy(tmp_path)
    other = task(FROM="tex")
    mail(space, PATH, task(), other)
    (finding,) = all_found(space)
    assert (finding.check, finding.message) == (
        "duplicate-id",
        f"{ID} is in {FILE}:{LINE} already, and the first one counts",
    )
    mail(space, PATH, task())
    mail(space, "trays/build.org", other)
    assert [(each.check, each.file) for each in all_found(space)] == [
        ("duplicate-id", "org/messaging/trays/build.org")
    ]


def test_a_circle_is_named_once_with_its_way(tmp_path: Path) -> None:
    """Over several files; what only waits for it is not part of it, and what is over is no part."""
    space = healthy(tmp_path)
    behind = task("task-c", DEPENDS_ON="task-a")
    mail(space, PATH, task("task-a", DEPENDS_ON="task-b"), behind)
    mail(space, "trays/build.org", task("task-b", DEPENDS_ON="task-a"))
    (finding,) = all_found(space)
    assert (finding.check, finding.severity, finding.line, finding.message) == (
        "cycle",
        "warning",
        LINE,
        "these wait for each other: task-a → task-b → task-a",
    )
    done = task("task-b", DEPENDS_ON="task-a").replace(b"* QUEUED ", b"* DONE   ")
    mail(space, "trays/build.org", done)
    assert found(space) == []


@pytest.mark.parametrize("name", ["mira", "tex"])
def test_tasks_of_nobody_who_works_are_named(tmp_path: Path, name: str) -> None:
    """Neither a stranger nor a person claims them."""
    space = healthy(tmp_path)
    mail(space, f"agents/{name}.org")
    assert found(space) == [("no-contact", f"org/messaging/agents/{name}.org", False)]


def test_a_large_file_of_tasks_is_named_with_what_makes_it_small(tmp_path: Path) -> None:
    """Which is another command than for mail."""
    space = healthy(tmp_path)
    data = mail(space, PATH, task())
    plant(space, PATH, data + b"\n" * 5_300_000)
    (finding,) = all_found(space)
    assert (finding.check, finding.message) == (
        "large",
        "it has 5.3 MB; orgpost task archive --auto makes it small",
    )


def test_a_lease_that_ran_out_is_settled(tmp_path: Path) -> None:
    """As a claim would do it: the file, its LOGBOOK, and the ledger where nothing is to be done."""
    space = healthy(tmp_path)
    with Post(space, load(space, {}), me="crt") as post:
        create = post.inbox("tex-agent").create_task
        waits = [create("crt", "x", estimated_tokens=10, max_attempts=n).id for n in (1, 2, 2)]
    with Post(space, load(space, {}), me="tex") as post:
        for id in waits:
            post.inbox("tex-agent").approve(id)
        late = FarAhead()
        inbox = post.inbox("tex-agent")
        claims = [inbox.claim(id=id, lease_seconds=1)[0] for id in waits]
        inbox.cancel(claims[2].task.id, "no longer")
    before = read(space, PATH)
    with Post(space, load(space, {}), me="tex", clock=late) as post:
        first = examine(
            space, Options(fix=True), late, expire=lambda name: post.inbox(name).expire()
        )
        second = examine(
            space, Options(fix=True), late, expire=lambda name: post.inbox(name).expire()
        )
    fixed = [(each.check, each.fixed) for each in first.all if each.check == "expired-lease"]
    assert fixed == [("expired-lease", True)] * 3
    assert (second.fixed, second.all) == (0, ())
    assert [state(space, id).state for id in waits] == ["DEAD", "QUEUED", "CANCELLED"]
    assert read(space, PATH).count(b"lease ran out") == 2
    ledger = b"".join(path.read_bytes() for path in (space / "org/messaging/ledger").glob("*.org"))
    assert ledger.count(b"| release |") == 2
    (copy,) = (space / ".orgpost/backup").rglob("tex-agent.org")
    assert copy.read_bytes() == before


class FarAhead(Clock):
    """A clock that is an hour ahead."""

    def now(self) -> datetime:
        """Give the time."""
        return super().now() + timedelta(hours=1)

    def wall_ns(self) -> int:
        """Give the same time."""
        return super().wall_ns() + 3600 * 10**9


def test_a_lease_in_a_file_with_unsaved_changes_has_not_run_out(tmp_path: Path) -> None:
    """Its holder cannot renew there, so that nothing is found and nothing is settled."""
    space = healthy(tmp_path)
    mail(space, PATH, working())
    lock = space / "org/messaging/agents/.#tex-agent.org"
    lock.symlink_to(f"tex@{os.uname().nodename}.{os.getpid()}")
    first, second = fix(space)
    assert [each.check for each in (*first.all, *second.all)] == ["editor", "editor"]
    lock.unlink()
    assert [each.check for each in all_found(space)] == ["expired-lease"]


def test_a_lease_that_no_claim_could_have_now_is_named(tmp_path: Path) -> None:
    """It was given while the clock was ahead; what the words say helps."""
    space = healthy(tmp_path)
    with Post(space, load(space, {}), me="tex", clock=FarAhead()) as post:
        id = post.inbox("tex-agent").create_task("tex", "x").id
        post.inbox("tex-agent").claim(id=id)
    [finding] = [each for each in all_found(space) if each.check == "lease-ahead"]
    assert f"orgpost task cancel {id} --now, then orgpost task retry {id}" in finding.message
    with Post(space, load(space, {}), me="tex") as post:
        post.inbox("tex-agent").cancel(id, now=True)
        post.inbox("tex-agent").retry(id)
        assert len(post.inbox("tex-agent").claim(id=id)) == 1
    assert "lease-ahead" not in [each.check for each in all_found(space)]


def test_what_nobody_can_settle_is_only_named(tmp_path: Path) -> None:
    """Bad settings, and files of nobody: the finding stays, and nothing breaks."""
    space = healthy(tmp_path)
    mail(space, PATH, working())
    (space / "settings.local.yaml").write_text("nonsense: 1\n")
    (space / "settings.local.yaml").chmod(0o600)
    first, _ = fix(space)
    assert [(each.check, each.fixed) for each in first.all] == [
        ("settings", False),
        ("expired-lease", False),
    ]


def test_outcomes_that_wait_for_a_save_are_named(tmp_path: Path) -> None:
    """Like entries that wait, and with them."""
    space = healthy(tmp_path)
    with Post(space, load(space, {}), me="tex") as post:
        inbox = post.inbox("tex-agent")
        (claim,) = inbox.claim()
        lock = space / "org/messaging/agents/.#tex-agent.org"
        lock.symlink_to(f"tex@{os.uname().nodename}.{os.getpid()}")
        inbox.complete(claim, result="It was the parser.")
        inbox.create_task("tex", "Another")
        (finding,) = all_found(space)
        assert finding.check == "editor"
        assert finding.message.startswith("1 entries and 1 outcomes wait: ")
