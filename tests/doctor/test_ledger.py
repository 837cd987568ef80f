"""What doctor says of the ledger, and what it mends of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from orgpost.budget import Limits, row
from orgpost.budget.row import Row
from orgpost.clock import FakeClock
from orgpost.doctor import Options, examine
from orgpost.governor import Governor
from orgpost.governor.ledger import Ledger
from orgpost.refusals import LedgerCorrupt
from orgpost.store import FileStore
from orgpost.store.calls import Calls
from orgpost.store.person import Person
from tests.doctor.healthy import all_found, healthy, mail, plant, read, task

if TYPE_CHECKING:
    from pathlib import Path

    from orgpost.doctor import Finding, Findings

DAY = "2026-11-20"
PATH = f"ledger/{DAY}.org"
TASK = "task-20261120-083200-0p4n8s6vbe"
BAD = f"| {DAY}T08:00:00Z | reserve | crt |\n"


def clock() -> FakeClock:
    """A clock of that day, at noon."""
    return FakeClock(datetime(2026, 11, 20, 12, 0, tzinfo=UTC))


def line(event: str, task: str = TASK, tokens: int = 1000, note: str = "") -> str:
    """A row of crt."""
    cells = (f"{DAY}T08:32:00Z", event, "crt", "tex-agent", task, tokens, "unknown", note)
    return Row(*cells).to_text()


@pytest.fixture
def space(tmp_path: Path) -> Path:
    """A space with one task, which has its tokens."""
    root = healthy(tmp_path / "space")
    ledger(root, line("reserve"))
    return root


def ledger(root: Path, *lines: str, day: str = DAY) -> None:
    """Write a ledger."""
    plant(root, f"ledger/{day}.org", (row.header(day) + "".join(lines)).encode())


def look(root: Path, *, fix: bool = False) -> Findings:
    """Let doctor look at noon of that day."""
    return examine(root, Options(fix=fix), clock())


def said(findings: Findings) -> list[tuple[str, int | None, str]]:
    """What is left to say."""
    return [(it.check, it.line, it.message) for it in findings.all if not it.fixed]


def test_a_ledger_that_is_right_is_not_spoken_of(space: Path) -> None:
    """Nor is a space that has none."""
    assert said(look(space)) == []
    (space / "org/messaging" / PATH).unlink()
    assert all_found(space) == ()


def test_each_bad_row_is_told_with_its_line_and_its_text(space: Path) -> None:
    """An error: nothing is let in meanwhile."""
    ledger(space, line("reserve"), BAD, "a note\n", BAD.replace("crt", "mira"))
    findings = look(space)
    assert said(findings) == [
        ("ledger", 8, f"3 columns instead of 8: {BAD.strip()}"),
        ("ledger", 10, f"3 columns instead of 8: {BAD.strip().replace('crt', 'mira')}"),
    ]
    assert findings.errors == 2


def test_fixing_makes_comments_of_bad_rows_and_lowers_nothing(space: Path) -> None:
    """Their text stays, a copy is kept, and the governor lets in again."""
    other = TASK.replace("0p4n", "1p4n")
    mail(space, "agents/tex-agent.org", task(), task(other), task(TASK.replace("0p", "2p")))
    ledger(space, line("reserve"), BAD, line("settle", other, 700))
    store = FileStore(space, clock())
    governor = Governor(store, store.clock, lambda: pytest.fail("asked"), Limits())
    with pytest.raises(LedgerCorrupt):
        Ledger(store).open(store.clock.now())
    findings = look(space, fix=True)
    assert findings.fixed == 1
    assert said(findings) == []
    text = read(space, PATH).decode()
    assert f"\n# {BAD}" in text
    rows = [row.row_of(raw) for raw in row.read(text, DAY).rows]
    assert [(it.event, it.tokens, it.note) for it in rows] == [
        ("reserve", 1000, ""),
        ("settle", 700, ""),
        ("void", 0, f"3 columns instead of 8: {BAD.strip()}"),
        ("carry", 1000, "reserve"),
        ("carry", 1000, "reserve"),
    ]
    assert governor.accounts.today()[0].books.spent_by_all() == 700
    copies = list((space / ".orgpost/backup").rglob("*.org"))
    assert [BAD in copy.read_text() for copy in copies] == [True]
    assert look(space, fix=True).fixed == 0


def test_an_old_day_is_mended_without_what_is_open_today(space: Path) -> None:
    """What is carried stands in the newest ledger."""
    ledger(space, BAD.replace(DAY, "2026-11-19"), day="2026-11-19")
    assert look(space, fix=True).fixed == 1
    events = row.read(read(space, "ledger/2026-11-19.org").decode(), "2026-11-19").rows
    assert [raw[1] for raw in events] == ["void"]


def test_what_nobody_needs_and_what_is_missing_is_said(space: Path) -> None:
    """A warning: whoever asks next puts it right."""
    gone = TASK.replace("0p", "9p")
    over = TASK.replace("0p", "3p")
    done = task(over).replace(b"* QUEUED   ", b"* DONE     ")
    mail(space, "agents/tex-agent.org", task(), done, task(TASK.replace("0p", "4p")))
    ledger(
        space, line("reserve"), line("hold", gone, 70), line("reserve", TASK.replace("0p", "3p"))
    )
    findings = look(space)
    assert [message for check, _, message in said(findings) if check == "reservation"] == [
        f"what {gone} has open, 70 tokens, has no task",
        f"what {over} has open, 1000 tokens, is of a task that is over",
        f"{TASK.replace('0p', '4p')} is to be done and has nothing reserved",
    ]
    assert findings.errors == 0


def test_a_ledger_of_a_day_to_come_is_a_warning(space: Path) -> None:
    """The clock was set back, or was ahead then."""
    ledger(space, line("reserve").replace(DAY, "2026-11-22"), day="2026-11-22")
    assert [check for check, *_ in said(look(space))] == ["ledger-ahead"]


def test_what_was_done_is_not_said_to_be_still_to_do(space: Path) -> None:
    """Of a ledger of its day; in one of another day nothing of it is missing."""
    closed = b"* DONE      Do it\nCLOSED: [2026-11-20 Fri 11:00]\n"
    done = task().replace(b"* QUEUED    Do it\n", closed)
    assert closed in done
    mail(space, "agents/tex-agent.org", done)
    ledger(space, line("spend"))
    assert [message for check, _, message in said(look(space)) if check == "reservation"] == [
        f"{TASK} was done and is not settled"
    ]
    ledger(space, line("spend").replace(DAY, "2026-11-22"), day="2026-11-22")
    assert [check for check, *_ in said(look(space))] == ["ledger-ahead"]


def test_rows_that_wait_are_said_and_put_in(space: Path) -> None:
    """For whom they wait, while somebody has unsaved changes."""
    person, store = Person(str(space), Calls()), FileStore(space, clock())
    governor = Governor(store, store.clock, lambda: pytest.fail("asked"), Limits())
    person.lock(PATH)
    governor.release(TASK)
    [told, _] = look(space).all
    assert (told.check, told.message[:12]) == ("editor", "1 rows wait:")
    person.unlock(PATH)
    assert said(look(space))[0] == ("waiting-rows", None, "1 rows are not in the file yet")
    assert look(space, fix=True).fixed == 1
    assert read(space, PATH).decode().endswith(line("release").replace("08:32", "12:00"))


def test_a_ledger_that_is_no_file_is_said(space: Path) -> None:
    """And the rest of the space is looked at."""
    (space / "org/messaging/ledger/2026-11-21.org").mkdir()
    found: list[Finding] = list(look(space).all)
    assert [(it.check, it.file) for it in found] == [("unreadable", "org/messaging/ledger")]
