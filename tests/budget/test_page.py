"""docs/format.md says what a ledger is; a stranger who follows it reads ours."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from orgpost.budget import row
from orgpost.budget.row import Row

PAGE: Final = (Path(__file__).parents[2] / "docs" / "format.md").read_text(encoding="utf-8")
SECTION: Final = PAGE.split("\n## 18. ")[1].split("\n## ")[0]


def test_a_new_ledger_begins_as_the_page_says() -> None:
    """Header, titles, rule, and the first row."""
    cells = ("crt", "tex-agent", "task-20261120-083200-0p4n8s6vbe", 12_000, "team")
    first = Row("2026-11-20T08:32:00Z", row.RESERVE, *cells)
    [block] = re.findall(r"(?s)```org\n(.*?)```", SECTION)
    assert row.header("2026-11-20") + first.to_text() == block


def test_the_page_tells_of_each_event() -> None:
    """In the order of the code, and of no other."""
    assert tuple(re.findall(r"(?m)^\| `([a-z]+)` \|", SECTION)) == row.EVENTS
