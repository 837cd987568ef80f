"""Real processes that ask one governor at once, are killed, and ask on over midnight."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from orgpost.budget import row
from orgpost.budget.books import Books
from tests.race.spenders import start

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from orgpost.budget.row import Row

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SIZE = os.environ.get("SIZE", "ci")
SEEDS = {"small": 1, "ci": 2, "nightly": 500}[SIZE]
ASKS = {"small": 25, "ci": 40, "nightly": 500}[SIZE]
SENDERS = ("crt", "mira", "ann", "joe")
SENDER, EVERYBODY = 100, 250


@pytest.fixture
def space(tmp_path: Path) -> Path:
    """A space in which nobody has asked yet."""
    (tmp_path / "org/messaging").mkdir(parents=True)
    (tmp_path / "told").touch()
    return tmp_path


def rows_of(space: Path) -> dict[str, list[Row]]:
    """The rows of each day; each line is one."""
    days = {}
    for path in sorted((space / "org/messaging/ledger").glob("*.org")):
        found = row.read(path.read_text(encoding="utf-8"), path.stem)
        assert found.bad == ()
        days[path.stem] = [row.row_of(raw) for raw in found.rows]
    return days


def must_never_be_over(days: dict[str, list[Row]]) -> None:
    """After each single row, what is spent and open is within the limits."""
    for rows in days.values():
        books = Books()
        for each in rows:
            books.read_on([each])
            for sender in SENDERS:
                assert books.spent.get(sender, 0) + books.open_of(sender) <= SENDER, each
            assert books.spent_by_all() + books.reserved_by_all() <= EVERYBODY, each


def test_twenty_who_ask_at_once_get_what_there_is_and_no_more(space: Path) -> None:
    """Three of twenty fit; the others are told how much was used."""
    told = space / "told"
    asking = [start(space, "crt", 1, 30, told) for _ in range(20)]
    assert [each.wait(timeout=60) for each in asking] == [0] * 20
    said = [line for line in told.read_text().split("\n") if line.startswith(("yes", "no"))]
    noes = [line for line in said if line.startswith("no")]
    assert len(said) == 20
    sentence = "no sender_limit_exceeded Sender limit exceeded: 90/100 tokens today"
    assert Counter(noes) == {sentence: 17}
    days = rows_of(space)
    must_never_be_over(days)
    [rows] = days.values()
    assert sum(each.tokens for each in rows if each.event == "reserve") == 90


@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_budget_is_exceeded_by_processes_that_are_killed_over_midnight(
    space: Path, rng: random.Random, seed: int
) -> None:
    """Limit 100 for each and 250 for all; what was told is in the ledger, spent or promised."""
    told = space / "told"
    # Somebody has asked before midnight, however slow the machine is.
    spenders = [start(space, "crt", 4, 7, told, time.time() + 3600)]
    spenders[0].wait(timeout=60)
    midnight = time.time() + 3
    for wave in range(4):
        now = [
            start(space, rng.choice(SENDERS), ASKS, rng.choice((1, 3, 7)), told, midnight)
            for _ in range(8)
        ]
        spenders += now
        time.sleep(rng.uniform(0.3, 1.5))
        for victim in rng.sample(now, 4 if wave < 3 else 0):
            victim.send_signal(signal.SIGKILL)
    assert {each.wait(timeout=120) for each in spenders} <= {0, -signal.SIGKILL}
    # And after it, however fast the machine is.
    assert start(space, "crt", 4, 7, told, time.time()).wait(timeout=60) == 0
    days = rows_of(space)
    assert list(days) == ["2026-11-20", "2026-11-21"]
    must_never_be_over(days)
    reserved = {each.task for rows in days.values() for each in rows if each.event == "reserve"}
    lines = [line.split(" ") for line in told.read_text().split("\n")]
    assert {words[1] for words in lines if words[0] in {"put", "yes"}} <= reserved
    settled = [each.task for rows in days.values() for each in rows if each.event == "settle"]
    assert len(settled) == len(set(settled))
    assert set(settled) <= {words[1] for words in lines if words[0] == "done"}
    assert reserved
