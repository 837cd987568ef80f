"""The Emacs package: its files by themselves, and its own tests in a real Emacs.

What a test of the package promises stands in `*-tests.el` beside this file, run with the real
program on scratch spaces; a missing program is a failure that names the Debian package.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

import orgpost
from tests.emacs.package import FILES, PACKAGE, batch, folder_of, said
from tests.emacs.session import ELISP
from tests.emacs.states_in_lisp import FILE as STATES
from tests.emacs.states_in_lisp import states_in_lisp

if TYPE_CHECKING:
    import subprocess

SUITES: Final = sorted(Path(__file__).parent.glob("*-tests.el"))
LONGEST_FILE: Final = 400

slow = pytest.mark.slow


def name_of(path: Path) -> str:
    """The name by which a test is known."""
    return path.stem


def emacs(*words: str | Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a batch Emacs that knows the package."""
    return batch("-L", PACKAGE, *words, path=path)


def test_the_state_tables_in_lisp_are_those_of_the_program() -> None:
    """Whoever changes a table runs `python -m tests.emacs.states_in_lisp`."""
    assert STATES.read_text("utf-8") == states_in_lisp()


def test_the_package_has_the_version_of_the_program() -> None:
    """Both leave the house together."""
    main = (PACKAGE / "orgpost.el").read_text("utf-8")
    assert re.findall(r"(?m)^;; Version: (.*)$", main) == [orgpost.__version__]


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_file_of_the_package_is_read_in_one_sitting(file: Path) -> None:
    """The rule of the library holds for the package: 400 lines, lexical binding, a licence."""
    lines = file.read_text("utf-8").split("\n")
    assert len(lines) <= LONGEST_FILE + 1
    assert re.fullmatch(rf";;; {file.name} --- .*  -\*- lexical-binding: t; -\*-", lines[0])
    assert ";; SPDX-License-Identifier: MIT" in lines
    assert lines[-3:] == [f"(provide '{file.stem})", f";;; {file.name} ends here", ""]


@slow
def test_each_file_compiles_without_a_word(tmp_path: Path) -> None:
    """A warning of the byte compiler is an error."""
    for file in FILES:
        shutil.copy(file, tmp_path)
    copies = sorted(tmp_path.glob("*.el"))
    strict = "(setq byte-compile-error-on-warn t)"
    run = emacs("-L", tmp_path, "--eval", strict, "-f", "batch-byte-compile", *copies)
    assert run.returncode == 0, said(run)
    assert "Warning" not in said(run)


@slow
def test_no_function_is_younger_than_the_oldest_emacs() -> None:
    """What Emacs's own news tell of as new after 27 is not called; package-lint knows but some."""
    folder = Path(batch("--eval", "(princ data-directory)").stdout)
    newer = [folder / "NEWS", *(folder / f"NEWS.{version}" for version in (28, 29, 30))]
    news = "".join(file.read_text("utf-8", "replace") for file in newer if file.exists())
    told = re.findall(r"(?m)^\*+ New (?:function|macro|command|customization type)s? .*$", news)
    new = set(re.findall(r"'([a-z][\w:+/-]+)'", "".join(told))) | {"natnum"}
    assert new > {"string-replace", "seq-union"}
    called = {
        (file.name, word)
        for file in FILES
        for word in re.findall(r"(?:\(|#?')([a-z][\w:+/-]+)", file.read_text("utf-8"))
    }
    assert {(name, word) for name, word in called if word in new} == set()


@slow
def test_checkdoc_has_no_word_to_say() -> None:
    """Each docstring is one that Emacs's own conventions allow."""
    checks = [f'(checkdoc-file "{file}")' for file in FILES]
    run = emacs(*(word for check in checks for word in ("--eval", check)))
    assert (said(run), run.returncode) == ("", 0)


@slow
def test_package_lint_has_no_word_to_say() -> None:
    """The package is one that archives accept, and runs on Emacs 27.1."""
    main = f'(setq package-lint-main-file "{PACKAGE / "orgpost.el"}")'
    lint = ("--eval", main, "-l", "package-lint", "-f", "package-lint-batch-and-exit")
    run = emacs(*folder_of("package-lint", "let-alist"), *lint, *FILES)
    assert (said(run), run.returncode) == ("", 0)


@slow
@pytest.mark.parametrize("suite", SUITES, ids=name_of)
def test_what_the_package_promises_holds(suite: Path, bin_folder: Path) -> None:
    """Every test of one suite, in one Emacs, with the real program."""
    run = emacs(
        "-L", ELISP, "-L", suite.parent, "-l", suite, "-f", "ert-run-tests-batch-and-exit",
        path=bin_folder,
    )  # fmt: skip
    assert run.returncode == 0, said(run)
    ran = re.search(r"Ran (\d+) tests, (\d+) results as expected, 0 unexpected", said(run))
    assert ran is not None, said(run)
    assert ran[1] == ran[2] != "0"
