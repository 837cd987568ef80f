"""The package beside packages that many people have: vi keys, other ways to complete, and more."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.emacs.package import PACKAGE, batch, folder_of, said
from tests.emacs.pictures import DOCUMENT
from tests.emacs.session import ELISP

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.slow

NEEDED: Final = ("evil", "goto-chg", "ws-butler", "vertico", "compat", "ivy")


def others(completion: str) -> Sequence[str]:
    """Give the words for Emacs's line that switch them on, with evil as the document has it."""
    [evil] = re.findall(r"(?s)```elisp\n(\(with-eval-after-load 'evil.*?)```", DOCUMENT.read_text())
    load = ("-L", str(ELISP), *folder_of(*NEEDED), "-l", "orgpost-test-others")
    return (*load, "--eval", evil, "--eval", f"(orgpost-test-others '{completion})")


@pytest.mark.parametrize("completion", ["vertico", "ivy"])
def test_keys_and_texts_are_ours_beside_packages_of_others(
    completion: str, bin_folder: Path, tmp_path: Path
) -> None:
    """With evil, whitespace hooks, auto-revert, desktop and this: each key, each question."""
    found = [Path(word).name for word in folder_of(*NEEDED) if word != "-L"]
    print("beside", *found, "completing by", completion)
    suite = ELISP / "orgpost-others-tests.el"
    ert = ("-l", str(suite), "-f", "ert-run-tests-batch-and-exit")
    run = batch("-L", PACKAGE, *others(completion), *ert, path=bin_folder, home=tmp_path)
    assert run.returncode == 0, said(run)
    assert "Ran 4 tests, 4 results as expected" in said(run)
