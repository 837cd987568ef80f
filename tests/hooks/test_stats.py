"""`hooks stats`: what was printed is what is counted, and the notes of it do not grow for ever."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from orgpost.hook import log
from orgpost.hook_ledger import BY, stats
from tests.hooks.shapes import NEWS
from tests.hooks.world import FIRST, World, entry

if TYPE_CHECKING:
    from pathlib import Path

LINES = """\
2026-10-31T23:59:59Z claude aa UserPromptSubmit 100 101 1
2026-11-01T00:00:00Z codex bb SessionStart 50 50 2
"""
LATER = """\
2026-11-01T09:00:00Z claude aa Stop 10 12 0
2026-11-01T09:00:01Z claude aa
noise
2026-11-01T09:00:02Z claude aa Stop 10 -12 0
"""


@pytest.fixture
def ledgers(tmp_path: Path) -> Path:
    """A space with two months, and lines that are none."""
    notes = tmp_path / ".orgpost/hooks"
    notes.mkdir(parents=True)
    (notes / "injected-2026-10").write_text(LINES)
    (notes / "injected-2026-11").write_text(LATER)
    (notes / "injected-2026-12").mkdir()
    return tmp_path


def test_what_was_injected_is_added_up(ledgers: Path) -> None:
    """Over all months; what is no line counts for nothing."""
    assert stats(ledgers).to_dict() == {
        "since": None,
        "injections": 3,
        "characters": 160,
        "bytes": 163,
        "estimated_tokens": 41,
        "rows": [
            {"key": "2026-10-31", "injections": 1, "characters": 100, "bytes": 101, "entries": 1},
            {"key": "2026-11-01", "injections": 2, "characters": 60, "bytes": 62, "entries": 2},
        ],
    }


def test_it_is_told_since_a_time_and_in_parts(ledgers: Path) -> None:
    """From that second on; by client, or by session."""
    since = datetime(2026, 11, 1, tzinfo=UTC)
    found = stats(ledgers, since=since, by="client")
    assert found.to_dict()["since"] == "2026-11-01T00:00:00Z"
    assert [(row.key, row.bytes) for row in found.rows] == [("claude", 12), ("codex", 50)]
    found = stats(ledgers, by="session")
    assert [(row.key, row.injections) for row in found.rows] == [("aa", 2), ("bb", 1)]


def test_where_nothing_was_injected_it_is_nothing(tmp_path: Path) -> None:
    """Not a failure."""
    found = stats(tmp_path)
    assert (found.total.injections, found.total.estimated_tokens, found.rows) == (0, 0, [])


@pytest.mark.slow
@pytest.mark.parametrize("by", BY)
def test_stats_are_the_sum_of_what_was_printed(by: str, world: World) -> None:
    """In each part, of each client; and in words for people."""
    world.mail(entry(FIRST, "Grüße"))
    printed = {
        client: world.hook(event, client=client).text
        for client, event in {**NEWS, "opencode": "system"}.items()
    }
    for client, event in NEWS.items():
        world.hook(event, client=client)
    data = world.orgpost("hooks", "stats", "--by", by, "--since", "1d")
    assert data["injections"] == len(printed)
    assert data["characters"] == sum(map(len, printed.values()))
    assert data["bytes"] == sum(len(text.encode()) for text in printed.values())
    assert data["estimated_tokens"] == round(data["bytes"] / 4)
    for field in ("injections", "characters", "bytes"):
        assert sum(row[field] for row in data["rows"]) == data[field]
    assert sum(row["entries"] for row in data["rows"]) == len(printed)
    if by == "client":
        assert {row["key"]: row["characters"] for row in data["rows"]} == {
            client: len(text) for client, text in printed.items()
        }


@pytest.mark.slow
def test_the_log_keeps_its_size(world: World) -> None:
    """A megabyte and one older file, each of whole lines; however long a name is."""
    (world.notes / "log").write_text("{}\n" * ((log.MOST_BYTES - 1025) // 3))
    for _ in range(3):
        world.hook("x" * 5000, client="y" * 5000, stdin=b"{}")
    sizes = [path.stat().st_size for path in sorted(world.notes.glob("log*"))]
    assert len(sizes) == 2
    assert max(sizes) <= log.MOST_BYTES
    for path in world.notes.glob("log*"):
        assert all(json.loads(line) is not None for line in path.read_text().splitlines())
