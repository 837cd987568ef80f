"""The Emacs package as tests use it: its files, a program `orgpost` for PATH, a batch Emacs.

A missing program fails the test and names the Debian package; nothing here is ever skipped.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.emacs.session import lisp, program

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = ROOT / "emacs"
FILES: Final = sorted(PACKAGE.glob("*.el"))
SOURCES: Final = Path("/usr/share/emacs/site-lisp/elpa-src")


def put_program(folder: Path) -> None:
    """Put `orgpost`, as this checkout has it, into a folder for PATH."""
    script = folder / "orgpost"
    script.write_text(
        f'#!/bin/sh\nPYTHONPATH="{ROOT / "lib"}" exec "{sys.executable}" -m orgpost "$@"\n', "utf-8"
    )
    script.chmod(0o755)


def batch(
    *words: str | Path, path: Path | None = None, home: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a batch Emacs to its end; `path` comes first on its PATH, `home` is where it lives."""
    env = {**os.environ, "LC_ALL": "C.UTF-8", "EMACSLOADPATH": ""}
    if home is not None:
        env["HOME"] = str(home)
    if path is not None:
        env["PATH"] = f"{path}:{env['PATH']}"
    return subprocess.run(
        [program(), "-Q", "--batch", *map(str, words)],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def install(folder: Path) -> None:
    """Let Emacs's own installer put the package, compiled, into a folder of packages."""
    form = (
        f"(progn (setq package-user-dir {lisp(folder)}) (package-initialize)"
        f" (package-install-file {lisp(PACKAGE)}))"
    )
    folder.mkdir(exist_ok=True)
    done = batch("-l", "package", "--eval", form, home=folder)
    assert done.returncode == 0, said(done)


def said(run: subprocess.CompletedProcess[str]) -> str:
    """All that Emacs said."""
    return run.stdout + run.stderr


def folder_of(package: str, *more: str) -> Sequence[str]:
    """Return the words that let Emacs find a package of Debian, and those that it needs."""
    found = {name: sorted(SOURCES.glob(f"{name}-[0-9]*")) for name in (package, *more)}
    missing = [f"elpa-{name}" for name, folders in found.items() if not folders]
    assert not missing, f"these tests need packages for Emacs: install {' '.join(missing)}"
    return [word for folders in found.values() for word in ("-L", str(folders[-1]))]
