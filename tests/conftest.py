"""What every test gets: a home of its own, a fixed time zone and a seed that is printed.

No test sees the settings, the mail or the identity of whoever runs it. `make test` draws the same
chances each time, and says the same of the same tree; whoever else runs tests draws new ones.
"""

from __future__ import annotations

import os
import random
import signal
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest_plugins = ["tests.left_behind"]

SEED = "ORGPOST_TEST_SEED"

# Central Europe in POSIX's own words: a summer time, an offset, and no need of a zone database.
ZONE = "CET-1CEST,M3.5.0,M10.5.0/3"

settings.register_profile("dev", max_examples=50, deadline=None)
for name, is_fixed in {"ci": True, "search": False}.items():
    settings.register_profile(
        name,
        max_examples=300,
        deadline=None,
        print_blob=True,
        derandomize=is_fixed,
        suppress_health_check=[HealthCheck.too_slow],
    )
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "dev")
settings.load_profile(PROFILE)


def pytest_configure() -> None:
    """Fix the seed before any worker process starts, so that all draw from the same one."""
    # What a shell starts in the background ignores interrupts, and so would all that tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    new = random.SystemRandom().randrange(2**32)
    os.environ.setdefault(SEED, "1" if PROFILE == "ci" else str(new))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the sizes of a night the time that they take."""
    for item in items if os.environ.get("SIZE") == "nightly" else ():
        item.add_marker(pytest.mark.timeout(0), append=False)


def pytest_report_header() -> str:
    """Print the seed, so that a run that found something can be run again."""
    return f"{SEED}={os.environ[SEED]}"


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """Chance that depends on the printed seed and the test's name, not on the order of tests."""
    return random.Random(f"{os.environ[SEED]}:{request.node.nodeid}")


@pytest.fixture(autouse=True)
def home(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """An empty home; nothing of the caller's environment reaches a test."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    for name, place in {
        "XDG_CONFIG_HOME": ".config",
        "XDG_STATE_HOME": ".local/state",
        "XDG_DATA_HOME": ".local/share",
        "XDG_CACHE_HOME": ".cache",
    }.items():
        monkeypatch.setenv(name, str(folder / place))
    for name in [name for name in os.environ if name.startswith("ORGPOST_")]:
        if not name.startswith("ORGPOST_TEST_"):
            monkeypatch.delenv(name)
    monkeypatch.delenv("RELAY_SECRET", raising=False)
    monkeypatch.setenv("TZ", ZONE)
    time.tzset()
    yield folder
    monkeypatch.undo()
    time.tzset()
