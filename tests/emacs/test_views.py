"""The sample views of tasks: an agenda and columns, loaded in a real Emacs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from orgpost.org.entry import Draft, render
from orgpost.org.syntax import TASK, header
from tests.emacs.session import lisp

if TYPE_CHECKING:
    from tests.emacs.oracle import Oracle

pytestmark = pytest.mark.slow

ROOT: Final = Path(__file__).parents[2]
VIEWS: Final = ROOT / "templates/emacs"
STATES: Final = [*TASK.keywords]
EVIL: Final = '%%(orgpost-ran "sexp")\n<%%(orgpost-ran "stamp")>\n# Local Variables:\n'
HOT: Final = '# Local Variables:\n# eval: (orgpost-ran "local")\n# End:\n'


@pytest.fixture
def space(tmp_path: Path) -> Path:
    """Two agents with a task in each state, and words of a person that would run."""
    for agent in ("tex-agent", "lab-agent"):
        path = tmp_path / f"org/messaging/agents/{agent}.org"
        path.parent.mkdir(parents=True, exist_ok=True)
        entries = [
            render(
                Draft(
                    id=f"task-20261120-083105-{number:010d}",
                    keyword=keyword,
                    title=f"{keyword.lower()} at {agent}",
                    body=EVIL,
                    priority="B",
                    properties=[("FROM", "crt"), ("ATTEMPT", "0")],
                ),
                TASK,
            )
            for number, keyword in enumerate(STATES)
        ]
        raw = f"* A note of mine\n{EVIL}{HOT}".encode()
        path.write_bytes(header(f"agents/{agent}.org") + b"".join(entries) + raw)
    return tmp_path


def load(oracle: Oracle, space: Path) -> None:
    """Load the sample, as a person's init file does."""
    oracle.eval(f"(setq orgpost-test-ran nil orgpost-agenda-space {lisp(space)})")
    oracle.eval(f"(load {lisp(VIEWS / 'orgpost-agenda.el')} nil t)")


def test_the_agenda_lists_what_waits_what_is_worked_on_and_what_is_dead(
    oracle: Oracle, space: Path
) -> None:
    """Of all agents, in this order; nothing that stands in a file is run, none is changed."""
    load(oracle, space)
    before = {path: path.read_bytes() for path in space.rglob("*.org")}
    oracle.eval(
        "(let ((inhibit-message t) (org-agenda-window-setup 'current-window)"
        ' (enable-local-variables :all) (enable-local-eval t)) (org-agenda nil "P"))'
    )
    lines = oracle.ask("(orgpost-test--agenda-lines)")
    assert isinstance(lines, list)
    shown = [re.findall(r"([a-z]+) at (\w+)-agent", str(line))[0] for line in lines]
    wanted = [["waiting"], ["working"], ["failed", "dead"], ["queued"]]
    for words in wanted:
        group, shown = shown[: 2 * len(words)], shown[2 * len(words) :]
        assert sorted(group) == sorted((word, of) for word in words for of in ("tex", "lab"))
    assert shown == []
    assert oracle.ask("(vconcat orgpost-test-ran)") in ([], None)
    assert {path: path.read_bytes() for path in space.rglob("*.org")} == before


def test_the_same_words_would_run_in_a_careless_agenda(oracle: Oracle, space: Path) -> None:
    """So the test above can fail."""
    path = space / "org/messaging/agents/tex-agent.org"
    assert oracle.what_runs(path, "2026-11-20") != []


def test_no_space_is_an_empty_agenda(oracle: Oracle, tmp_path: Path) -> None:
    """And no error while Emacs starts."""
    load(oracle, tmp_path)
    assert oracle.ask("(vconcat (orgpost-agenda-files))") in ([], None)


def test_the_columns_are_those_that_org_shows(oracle: Oracle, space: Path) -> None:
    """The line for a file, the one of the agenda and the one of the docs are one."""
    load(oracle, space)
    line = (VIEWS / "columns.org").read_text(encoding="utf-8")
    assert oracle.eval("orgpost-agenda-columns") == line.removeprefix("#+COLUMNS: ").rstrip("\n")
    assert line in (ROOT / "docs/emacs-views.md").read_text(encoding="utf-8")
    path = space / "org/messaging/agents/tex-agent.org"
    path.write_bytes(path.read_bytes().replace(b"#+STARTUP", line.encode() + b"#+STARTUP", 1))
    row = oracle.eval(
        f"(with-current-buffer (find-file-noselect {lisp(path)} t) (require 'org-colview)"
        " (goto-char (point-min)) (org-columns)"
        ' (re-search-forward "^\\\\* WAITING") (beginning-of-line)'
        " (let ((shown (mapcar (lambda (o) (substring-no-properties"
        ' (or (overlay-get o \'org-columns-value) "")))'
        " (sort (seq-filter (lambda (o) (overlay-get o 'org-columns-key))"
        " (overlays-in (point) (line-end-position)))"
        " (lambda (a b) (< (overlay-start a) (overlay-start b)))))))"
        " (org-columns-quit) (set-buffer-modified-p nil) (kill-buffer)"
        ' (mapconcat (quote identity) shown "|")))'
    )
    assert row.split("|")[:4] == ["WAITING", "B", "waiting at tex-agent", "crt"]


def test_the_sample_compiles_without_a_warning(oracle: Oracle, tmp_path: Path) -> None:
    """As any library does."""
    copy = tmp_path / "orgpost-agenda.el"
    copy.write_bytes((VIEWS / "orgpost-agenda.el").read_bytes())
    oracle.eval("(require 'bytecomp)")
    form = f'(if (byte-compile-file {lisp(copy)}) "yes" "no")'
    assert oracle.eval(f"(let ((byte-compile-error-on-warn t)) {form})") == "yes"
