"""The package as Emacs's own installer puts it there: what it brings, and what it leaves alone."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.emacs.package import FILES, PACKAGE, batch, said
from tests.emacs.session import lisp

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

# What Emacs is like: all that a package could change without being asked.  That a minor mode of
# its own is known to Emacs is what its definition means.
STATE: Final = """
(let ((others (lambda (modes)
                (seq-remove (lambda (it) (string-prefix-p "orgpost" (symbol-name (car it))))
                            modes)))
      hooks)
  (mapatoms (lambda (it)
              (when (and (boundp it) (not (keywordp it))
                         (string-match-p "-\\\\(hook\\\\|functions\\\\)\\\\'" (symbol-name it))
                         (not (string-prefix-p "orgpost" (symbol-name it))))
                (push (format "%s %S" it (symbol-value it)) hooks))))
  (list (sort hooks #'string<)
        (length timer-list) (length timer-idle-list) (length (process-list))
        (secure-hash 'sha1 (format "%S" (list global-map esc-map ctl-x-map
                                              (funcall others minor-mode-map-alist)
                                              (funcall others minor-mode-alist)
                                              auto-mode-alist magic-mode-alist)))
        (seq-remove (lambda (it) (string-prefix-p " " (buffer-name it))) (buffer-list))))
"""

COMMANDS: Final = {
    "orgpost",
    "orgpost-agenda",
    "orgpost-board",
    "orgpost-budget",
    "orgpost-command-map",
    "orgpost-compose",
    "orgpost-inbox",
    "orgpost-modeline-mode",
    "orgpost-notify-mode",
    "orgpost-reply",
    "orgpost-reply-all",
    "orgpost-search",
    "orgpost-send-files",
    "orgpost-send-region",
    "orgpost-task-add",
    "orgpost-task-revise",
    "orgpost-tasks",
    "orgpost-thread",
}


def test_only_commands_and_modes_are_autoloaded(elpa: Path) -> None:
    """Whoever installs the package has its entrances, and nothing is loaded for them."""
    [autoloads] = elpa.glob("orgpost-*/orgpost-autoloads.el")
    found = set(re.findall(r"\(autoload '([\w-]+)", autoloads.read_text("utf-8")))
    assert found >= COMMANDS
    check = f"""(progn
      (setq package-user-dir {lisp(elpa)})
      (package-initialize)
      (princ (json-encode
        (list (vconcat (seq-filter (lambda (it) (not (or (commandp it) (keymapp it))))
                                   '({" ".join(sorted(found))})))
              (vconcat (seq-filter (lambda (it) (string-prefix-p "orgpost" (symbol-name it)))
                                   features))))))"""
    done = batch("-l", "package", "-l", "json", "--eval", check)
    assert done.returncode == 0, said(done)
    no_commands, loaded = json.loads(done.stdout)
    assert no_commands == []
    assert set(loaded) <= {"orgpost-autoloads"}


def test_loading_any_file_changes_nothing() -> None:
    """No hook, timer, key, process, mode or buffer: a package that is loaded waits to be asked."""
    loads = " ".join(
        f"""(progn (load {lisp(file)} nil t)
                   (unless (equal before {STATE}) (push {lisp(file.name)} guilty)))"""
        for file in FILES
    )
    # What others define when they are loaded is theirs: all that ours needs is there before.
    needed = sorted(
        {
            name
            for file in FILES
            for name in re.findall(r"(?m)^\(require '([\w-]+)\)", file.read_text("utf-8"))
            if not name.startswith("orgpost")
        }
    )
    before = "".join(f"(require '{name})" for name in [*needed, "edmacro"])
    check = f"""(progn {before}
      (let* ((before {STATE}) (guilty (unless (equal before {STATE}) '("nobody"))))
        {loads} (princ (json-encode (vconcat guilty)))))"""
    done = batch("-L", PACKAGE, "-l", "json", "--eval", check)
    assert done.returncode == 0, said(done)
    assert json.loads(done.stdout) == []


def test_each_file_loads_alone(tmp_path: Path) -> None:
    """A file names all that it needs, whichever is loaded first."""
    failed: dict[str, Any] = {}
    for file in FILES:
        done = batch("-L", PACKAGE, "-l", file)
        if done.returncode or said(done):
            failed[file.name] = said(done)
    assert failed == {}
