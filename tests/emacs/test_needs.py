"""What the tests need of the system is told by the Debian package's name, never skipped."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.emacs.package import ROOT, folder_of
from tests.emacs.session import EmacsError, program
from tests.emacs.terminal import multiplexer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize(
    ("ask", "package"), [(program, "emacs-nox"), (multiplexer, "tmux")], ids=["emacs", "tmux"]
)
def test_a_missing_program_fails_with_its_package(
    ask: Callable[[], str], package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test without its Emacs is red, and says what to install."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(EmacsError, match=f"install the package {package}"):
        ask()


def test_a_missing_package_of_emacs_fails_with_its_name() -> None:
    """So is one without the Lisp that it needs."""
    with pytest.raises(AssertionError, match="install elpa-nowhere elpa-nothing"):
        folder_of("nowhere", "nothing")


def test_make_test_names_what_is_missing(tmp_path: Path) -> None:
    """`make test` on a machine without Emacs ends before any test, with the packages' names."""
    for tool in ("sh", "grep", "dirname", "ls"):
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / tool).symlink_to(found)
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n", "utf-8")
    (tmp_path / "id").chmod(0o755)
    seen = subprocess.run(
        [ROOT / ".ci" / "ensure-packages"],
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert seen.returncode == 1
    assert "does not have: emacs-nox\n" in seen.stderr
    assert "does not have: tmux\n" in seen.stderr
