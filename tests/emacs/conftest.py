"""One real Emacs for each module of tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.emacs.office import Office
from tests.emacs.oracle import ORGS, Oracle
from tests.emacs.package import install, put_program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module", params=ORGS if len(ORGS) > 1 else None, ids=str)
def oracle(request: pytest.FixtureRequest) -> Iterator[Oracle]:
    """What Org thinks; and each Org that `$ORGPOST_ORG_PATH` names."""
    with Oracle(getattr(request, "param", None)) as oracle:
        yield oracle


@pytest.fixture(scope="session")
def bin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PATH, with `orgpost` as this checkout has it."""
    folder = tmp_path_factory.mktemp("bin")
    put_program(folder)
    return folder


@pytest.fixture(scope="session")
def elpa(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages in which Emacs's own installer has put ours, compiled."""
    folder = tmp_path_factory.mktemp("elpa")
    install(folder)
    return folder


@pytest.fixture
def office(tmp_path: Path, bin_folder: Path, elpa: Path) -> Office:
    """A space, and an Emacs with the package for whoever opens it."""
    return Office(tmp_path / "space", bin_folder, elpa)
