"""What a search of bytes says of tasks is what the library says, or that it should be asked."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from orgpost.clock import Clock
from orgpost.hook import tasks
from orgpost.hook.digest import Counts, compose, escaped
from orgpost.hook.held import Held, WorkNews
from orgpost.hook.tasks import Tasks
from orgpost.hook.told import Told
from orgpost.hook.work import LONGEST_HOLDER, holder_of
from orgpost.org.stamp import utc_text

if TYPE_CHECKING:
    from pathlib import Path

    from tests.hooks.world import World

ID = "task-20261120-083200-0p4n8s6vbe"
HEADER = """\
# -*- mode: org; coding: utf-8-unix -*-
#+TITLE: Tasks of tex-agent
#+TODO: QUEUED(q!) WAITING(w!) WORKING(k!) | DONE(d!) DEAD(x@)

"""


def task(id: str = ID, state: str = "QUEUED", planning: str = "", **more: str) -> str:
    """One task as a file has it."""
    drawer = "".join(f":{key}: {value}\n" for key, value in {"ID": id, **more}.items())
    return f"* {state:<9} [#B] Title\n{planning}:PROPERTIES:\n{drawer}:END:\nBody\n"


def utc(seconds: float) -> str:
    """So many seconds from now."""
    return utc_text(Clock().now() + timedelta(seconds=seconds))


def local(days: int, form: str) -> str:
    """So many days from now, as Org has it."""
    return time.strftime(form, time.localtime(time.time() + days * 86_400))


def scanned(folder: Path, *entries: str, line_end: str = "\n") -> Tasks:
    """What is found in a file of these entries."""
    path = folder / "tex-agent.org"
    text = HEADER + "".join(entries)
    path.write_bytes(text.replace("\n", line_end).encode())
    return Tasks(str(path))


READY = {
    "plain": task(),
    "rested": task(NOT_BEFORE=utc(-1)),
    "no time": task(NOT_BEFORE="soon"),
    "scheduled before": task(planning=f"SCHEDULED: <{local(-1, '%Y-%m-%d %a')}>\n"),
    "scheduled today": task(planning=f"SCHEDULED: <{local(0, '%Y-%m-%d %a')} +1w>\n"),
    "scheduled oddly": task(planning="SCHEDULED: <whenever>\n"),
    "only a deadline": task(planning="DEADLINE: <2999-01-01 Tue>\n"),
    "after what is done": task(state="DONE", id="task-a") + task(DEPENDS_ON="task-a"),
    "after what is elsewhere": task(DEPENDS_ON="task-elsewhere"),
    "behind many": "".join(task(id=f"task-{n}", NOT_BEFORE=utc(99)) for n in range(130)) + task(),
    "an id of Emacs": task(id="9f1c2f2e-5d0b-4d67-9b1e-1234567890AB"),
    "first of two with one id": task(state="DONE", id="task-a")
    + task(state="WAITING", id="task-a")
    + task(DEPENDS_ON="task-a"),
}
NOT_READY = {
    "nothing": "",
    "resting": task(NOT_BEFORE=utc(86_400)),
    "scheduled later": task(planning=f"SCHEDULED: <{local(2, '%Y-%m-%d %a')}>\n"),  # in any zone
    "both planned": task(planning="DEADLINE: <2999-01-01 Tue> SCHEDULED: <2999-01-01 Tue 10:00>\n"),
    "after what waits": task(state="WAITING", id="task-a") + task(DEPENDS_ON="task-a task-b"),
    "in a circle": task(id="task-a", DEPENDS_ON="task-b") + task(id="task-b", DEPENDS_ON="task-a"),
    "waiting": task(state="WAITING"),
    "over": task(state="DONE") + task(id="task-b", state="DEAD"),
    "only its letters": task(state="QUEUEDX"),
    "no task": "* QUEUED a note of a person's\n",
    "an odd id": task(id="task-$(reboot)"),
    "nearly one of Emacs": task(id="9f1c2f2e-5d0b-4d67-9b1e-1234567890xx"),
    "a message": task(id="msg-20261120-083105-7k3m9q2xwd"),
    "below another heading": "* Notes\n** QUEUED x\n:PROPERTIES:\n:ID: task-a\n:END:\n",
}


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", READY)
def test_what_may_be_ready_is_left_to_the_library(name: str, line_end: str, tmp_path: Path) -> None:
    """In every doubt it is asked."""
    found = scanned(tmp_path, READY[name], line_end=line_end)
    assert found.may_be_ready
    assert found.is_open


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", NOT_READY)
def test_what_cannot_be_claimed_spares_its_start(name: str, line_end: str, tmp_path: Path) -> None:
    """For certain."""
    assert not scanned(tmp_path, NOT_READY[name], line_end=line_end).may_be_ready


def test_of_very_many_the_library_finds_one_that_is_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hook has not the time to look at all of them."""
    resting = [task(id=f"task-{n}", NOT_BEFORE=utc(99)) for n in range(5)]
    assert not scanned(tmp_path, *resting).may_be_ready
    monkeypatch.setattr(tasks, "MOST_LOOKED", 4)
    assert scanned(tmp_path, *resting).may_be_ready


def test_a_file_that_is_none_has_no_tasks(tmp_path: Path) -> None:
    """Absent, a folder, or noise."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "noise").write_bytes(bytes(range(256)) * 99)
    for name in ("absent", "folder", "noise"):
        found = Tasks(str(tmp_path / name))
        assert (found.leases, found.queued, found.may_be_ready, found.is_open) == (
            [],
            0,
            False,
            False,
        )


@pytest.mark.parametrize(
    ("lease", "is_live", "has_run_out"),
    [
        ("{later} 3 tex-agent@laptop:abc", "yes", ""),
        ("{before} 3 tex-agent@laptop:abc", "", "yes"),
        ("- 3 -", "", ""),
        ("tomorrow 3 tex-agent@laptop:abc", "", ""),
        ("", "", ""),
    ],
)
def test_a_lease_is_read_as_it_stands(
    lease: str, is_live: str, has_run_out: str, tmp_path: Path
) -> None:
    """Live, run out, or none: then a person set WORKING by hand."""
    words = lease.format(later=utc(60), before=utc(-1))
    found = scanned(tmp_path, task(state="WORKING", LEASE=words))
    assert bool(found.held_by("tex-agent@laptop:abc")) == bool(is_live)
    assert found.held_by("tex-agent@laptop:ab") is None
    assert found.has_run_out == bool(has_run_out)
    assert found.is_open


def test_search_and_library_agree_on_a_real_file(world: World) -> None:
    """Claimed, queued, waiting for a time and for another."""
    first = world.task("First")
    world.task("Later", scheduled="2999-01-01")
    world.task("After", **{"depends-on": first})
    assert Tasks(str(world.tasks)).may_be_ready
    claim = world.orgpost("task", "claim", "--holder", "tex-agent@laptop:abc")
    found = Tasks(str(world.tasks))
    assert (found.queued, found.may_be_ready, found.has_run_out) == (2, False, False)
    leases = [(lease.id, lease.until, lease.holder) for lease in found.leases]
    assert leases == [(first, claim["lease_until"], "tex-agent@laptop:abc")]


@pytest.mark.parametrize(
    ("session", "kept"),
    [
        ("5b0c3c1e-6f0e-4f0e-9a55-0d6f2d7a1c11", "5b0c3c1e-6f0e-4f0e-9a55-0d6f2d7a1c11"),
        ("../../x y\n:END:|ü", "....xy:END:"),
        ("a" * 70_000, "a" * 36),
    ],
)
def test_a_holder_is_a_legal_one(session: str, kept: str) -> None:
    """Whatever the client calls its session."""
    holder = holder_of("tex-agent", session)
    assert holder.startswith("tex-agent@")
    assert holder.partition("@")[2].partition(":")[2] == kept
    assert len(holder_of("a" * 48, session)) <= LONGEST_HOLDER


FACTS = {
    "id": ID,
    "until": "2026-11-20T08:47:10Z",
    "token": "1",
    "from": "crt",
    "tier": "team",
    "title": "x" * 250,
    "priority": "B",
    "via": "gregor tex",
}


def test_what_has_no_room_is_left_out_from_the_least_on() -> None:
    """First who stands behind it, then the title; the id and until when it is held are told."""
    blocks = Held(FACTS).blocks()
    assert blocks[0][0].endswith(", via gregor tex")
    sizes = [len("\n".join(block)) for block in blocks]
    assert sizes == sorted(sizes, reverse=True)
    assert all(ID in block[0] and FACTS["until"] in block[0] for block in blocks)


def test_the_worst_task_fits_into_the_least_room() -> None:
    """The longest names and titles, of letters of four bytes."""
    long = {
        **FACTS,
        "id": f"task-{'a' * 120}",
        "from": "a" * 48,
        "title": "\U0001f600" * 250,
        "canceller": "b" * 48,
        "feedback": "99",
        "is_last": "yes",
        "via": " ".join("c" * 48 for _ in range(8)),
    }
    counts = Counts(9999, 9999, [], ["1 task is yours", "9999 tasks wait"])
    said = compose("a" * 48, [], lambda _: False, counts, 800, Held(long).blocks()).text
    assert len(said.encode()) <= 800
    assert f"- {long['id']} WORKING" in said


@pytest.mark.parametrize("tier", ["unknown", "boss", ""])
def test_a_title_of_a_stranger_is_not_shown(tier: str) -> None:
    """Nor where the tier is no tier."""
    assert "xxx" not in "\n".join(Held({**FACTS, "tier": tier}).blocks()[0])
    assert escaped("x" * 250) in Held(FACTS).blocks()[0][0]


def test_without_work_nothing_is_told() -> None:
    """To a person, or where there is none."""
    news = WorkNews(None, Told("claude", "tex", "-"), repeats=True)
    assert (news.counts, news.blocks, news.is_any) == ([], [], False)


def test_notes_of_work_are_kept_and_forgotten_like_those_of_mail() -> None:
    """Written, read back, forgotten with the context; not where mail was read."""
    told = Told("claude", "tex-agent", "-")
    told.note_task(ID, "0123456789ab", 7)
    told.note_busy(7)
    told.keep_only([])
    data = told.dump()
    assert all(len(line) <= 64 for line in data.splitlines()[1:])
    again = Told("claude", "tex-agent", "another epoch")
    again.load(data)
    assert again.knows_task(ID, "0123456789ab")
    assert not again.knows_task(ID, "0123456789ac")
    assert again.knows_busy()
    again.forget()
    assert not again.knows_task(ID, "0123456789ab")
    assert not again.knows_busy()
