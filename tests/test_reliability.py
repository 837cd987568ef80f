"""`make reliability` says what it measured, and fails where a suite fails."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests import reliability

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

PASSES = "def test_kills():\n    print('12 kills, 0 lost')\n"
FAILS = "def test_tears():\n    print('3 torn')\n    assert False\n"


def test_a_suite_that_fails_is_named_and_is_the_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each suite has its line with the figures that it printed; the same stands in a file."""
    suites = {}
    for name, text in {"kills": PASSES, "tails": FAILS}.items():
        (tmp_path / f"test_{name}.py").write_text(text)
        suites[name] = str(tmp_path / f"test_{name}.py")
    monkeypatch.setattr(reliability, "REPO", tmp_path)
    monkeypatch.setattr(reliability, "SUITES", suites)
    monkeypatch.setattr("sys.argv", ["reliability", "--size", "ci"])
    assert reliability.main() == 1
    said = capsys.readouterr()
    first, second = said.out.splitlines()
    assert first.split()[:5] == ["kills", "1", "passed", "0", "failed"]
    assert first.endswith("12 kills, 0 lost")
    assert second.split()[:5] == ["tails", "0", "passed", "1", "failed"]
    assert "assert False" in said.err
    results = json.loads((tmp_path / "build/reliability.json").read_text())
    assert [(each["suite"], each["ok"]) for each in results] == [("kills", True), ("tails", False)]
    monkeypatch.setattr(reliability, "SUITES", {"kills": suites["kills"]})
    assert reliability.main() == 0


def test_each_suite_of_the_campaign_is_there() -> None:
    """A line that measures nothing would be a lie."""
    missing = [
        suite
        for suite in reliability.SUITES.values()
        if not reliability.REPO.joinpath(suite).exists()
    ]
    assert missing == []
