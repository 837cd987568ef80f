"""`make reliability`: the campaign of kills, power cuts, full disks and races, one line a suite.

`python tests/reliability.py [--size ci|nightly]`. Writes the same as `build/reliability.json`; the
status is 1 where a suite fails. No figure is printed that was not measured in this run.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

REPO: Final = Path(__file__).parent.parent
SUITES: Final = {
    "crash states": "tests/crash/test_states.py",
    "kill points": "tests/crash/test_kill_points.py",
    "kill points of tasks": "tests/crash/test_task_kills.py",
    "system calls": "tests/crash/test_syscalls.py",
    "torn tails": "tests/crash/test_tails.py",
    "kill soak": "tests/race/test_kill_soak.py",
    "concurrent, with Emacs": "tests/race/test_with_emacs.py",
    "one moment each, with Emacs": "tests/emacs/test_coexistence.py",
    "under a person's fingers": "tests/emacs/test_file_mode.py",
    "claims": "tests/race/test_claims.py",
    "kept positions": "tests/race/test_positions.py",
    "tasks, with Emacs": "tests/race/test_tasks_with_emacs.py",
    "disk full": "tests/fault/test_full.py",
    "disk failing": "tests/fault/test_eio.py",
    "read-only": "tests/fault/test_readonly.py",
    "budget": "tests/race/test_budget.py",
    "ledger rows": "tests/store/test_rows.py",
    "hostile text": "tests/fuzz",
    "planted bugs": "tests/planted",
}
# What a suite prints of what it counted: `256 kills, 977 told`.
_FIGURES: Final = re.compile(r"(?m)^(?:\.*)(\d[\d ]* [a-z].*)$")


def run(name: str, suite: str, size: str) -> dict[str, object]:
    """Run one suite; gives its figures."""
    begin = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", suite],
        cwd=REPO,
        env=os.environ | {"SIZE": size, "HYPOTHESIS_PROFILE": "search"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(r"(\d+) (passed|failed)", done.stdout)
    counts = {word: int(number) for number, word in found}
    said = [line for line in _FIGURES.findall(done.stdout) if "passed" not in line]
    if done.returncode:
        sys.stderr.write(done.stdout[-4000:] + done.stderr[-2000:])
    return {
        "suite": name,
        "ok": done.returncode == 0,
        "passed": counts.get("passed", 0),
        "failed": counts.get("failed", 0),
        "figures": said,
        "seconds": round(time.monotonic() - begin),
    }


def main() -> int:
    """Run all suites."""
    parser = argparse.ArgumentParser(description="Run the reliability campaign.")
    parser.add_argument("--size", default="ci", choices=["ci", "nightly"])
    size = parser.parse_args().size
    results = []
    for name, suite in SUITES.items():
        result = run(name, suite, size)
        results.append(result)
        counted = f"{result['passed']:>4} passed {result['failed']:>3} failed"
        figures = "; ".join(map(str, result["figures"] or []))  # type: ignore[call-overload]
        print(f"{name:<24} {counted} {result['seconds']:>5} s  {figures}", flush=True)
    (REPO / "build").mkdir(exist_ok=True)
    (REPO / "build/reliability.json").write_text(json.dumps(results, indent=1) + "\n")
    return 0 if all(result["ok"] for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
