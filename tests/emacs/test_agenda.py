"""What is due, over files whose texts are hostile: by the package, in Org's own agenda, in columns.

The package's agenda is made of what the program says; Org's looks at the files that
`orgpost-agenda-files` lets through, as the documentation shows.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from orgpost.org.entry import Draft, render
from orgpost.org.syntax import MESSAGE, TASK, header
from tests.corpus.texts import hostile
from tests.emacs.session import lisp
from tests.emacs.written import entries, write

if TYPE_CHECKING:
    from tests.emacs.oracle import Oracle

pytestmark = pytest.mark.slow

ROOT: Final = Path(__file__).parents[2]
PACKAGE: Final = ROOT / "emacs"
PAGE: Final = ROOT / "docs/emacs.md"
COLUMNS: Final = ROOT / "templates/emacs/columns.org"
STATES: Final = [*TASK.keywords]
DAY: Final = "2026-11-20"
EVIL: Final = '%%(orgpost-ran "sexp")\n<%%(orgpost-ran "stamp")>\n# Local Variables:\n'
HOT: Final = '# Local Variables:\n# eval: (orgpost-ran "local")\n# End:\n'
CONTACTS: Final = """\
actors:
  - {id: tex, kind: person, trust_tier: owner}
  - {id: crt, kind: person}
  - {id: tex-agent, kind: agent, owner: tex, trust_tier: team}
"""
CARELESS: Final = (
    "(enable-local-variables :all) (enable-local-eval t) (inhibit-message t)"
    " (org-agenda-window-setup 'current-window) (org-agenda-include-diary nil)"
)

# What an agenda runs of a text that nobody quoted.
WAYS_IN: Final = {
    *("sexp-first-line", "sexp-after-ampersand", "sexp-angle-in-words", "sexp-in-list-item"),
    *("block-example-with-sexp", "planning-diary-sexp"),
}


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bin_folder: Path) -> Path:
    """A space of tex, who has an agent; the program is on PATH and acts as tex."""
    messaging = tmp_path / "org/messaging"
    for name in ("inbox", "agents", "archive"):
        (messaging / name).mkdir(parents=True)
    (messaging / "contacts.yaml").write_text(CONTACTS)
    monkeypatch.setenv("ORGPOST_AS", "tex")
    monkeypatch.setenv("ORGPOST_SPACE", str(tmp_path))
    monkeypatch.setenv("PATH", f"{bin_folder}:/usr/bin:/bin")
    return tmp_path


@pytest.fixture
def emacs(oracle: Oracle, space: Path, bin_folder: Path) -> Oracle:
    """An Emacs with the package, in that space; nothing ran in it."""
    oracle.eval(f"(add-to-list 'load-path {lisp(PACKAGE)})")
    for name, value in (("ORGPOST_AS", "tex"), ("ORGPOST_SPACE", space)):
        oracle.eval(f"(setenv {lisp(name)} {lisp(value)})")
    oracle.eval(f"(setq orgpost-test-ran nil orgpost-program {lisp(bin_folder / 'orgpost')})")
    oracle.eval(f"(setq default-directory {lisp(f'{space}/')} orgpost-space {lisp(space)})")
    oracle.eval("(require 'orgpost-agenda)")
    # A list acts in the space that it was opened in.
    oracle.eval("(when (derived-mode-p 'orgpost-list-mode) (kill-buffer))")
    return oracle


def nothing_ran(emacs: Oracle) -> bool:
    """Whether no Lisp of a text was evaluated."""
    return emacs.ask("(vconcat orgpost-test-ran)") in ([], None)


def corpus(space: Path) -> tuple[Path, Path]:
    """Write every hostile text as mail that is to be done, and as a task with a day."""
    paths = []
    for kind, name in ((MESSAGE, "inbox/tex.org"), (TASK, "agents/tex-agent.org")):
        path = space / "org/messaging" / name
        write(path, entries(hostile().values(), kind), kind)
        data = path.read_bytes().replace(b"\n* UNREAD ", b"\n* TODO ")
        planned = b"SCHEDULED: <2026-11-20 Fri 10:00>\n:PROPERTIES:\n:ID:       task-"
        path.write_bytes(data.replace(b":PROPERTIES:\n:ID:       task-", planned))
        paths.append(path)
    return paths[0], paths[1]


def asked(bin_folder: Path, *words: str) -> Any:
    """What the program says."""
    command = [str(bin_folder / "orgpost"), "--json", *words]
    done = subprocess.run(command, capture_output=True, check=True, cwd=bin_folder)
    return json.loads(done.stdout)["data"]


def test_the_agenda_of_hostile_texts_is_what_the_program_says(
    emacs: Oracle, space: Path, bin_folder: Path
) -> None:
    """A line for each, below the right day; no marker, no file visited, none changed."""
    before = {path: path.read_bytes() for path in corpus(space)}
    emacs.set("orgpost-list-limit", "0")
    emacs.eval(f"(let ({CARELESS}) (orgpost-agenda))")
    wait = "(while orgpost--requests (accept-process-output nil 0.05))"
    emacs.eval(f'(with-current-buffer "*orgpost agenda*" {wait})')
    shown = emacs.ask(
        '(with-current-buffer "*orgpost agenda*" (mapcar (lambda (group) (cons (car group)'
        " (mapcar (lambda (item) (alist-get 'id (cdr item))) (cdr group))))"
        " orgpost-agenda--groups))"
    )
    mail = asked(bin_folder, "inbox", "--state", "TODO", "--limit", "0")["messages"]
    tasks = asked(bin_folder, "task", "list", "--planned", "--limit", "0")["tasks"]
    assert len(mail) == len(tasks) == len(hostile())
    assert isinstance(shown, list)
    groups = {group[0].partition(",")[0]: group[1:] for group in shown}
    assert groups.pop("To do") == [message["id"] for message in mail]
    (planned,) = groups.values()
    assert sorted(planned) == sorted(task["id"] for task in tasks)
    text = emacs.eval('(with-current-buffer "*orgpost agenda*" (buffer-string))')
    assert text.count("\n") == len(mail) + len(tasks) + 2 * len(shown)
    assert nothing_ran(emacs)
    visited = emacs.ask("(vconcat (delq nil (mapcar #'buffer-file-name (buffer-list))))")
    assert str(space) not in str(visited)
    assert {path: path.read_bytes() for path in before} == before


def test_what_programs_wrote_is_never_left_out(emacs: Oracle, space: Path) -> None:
    """The same texts; and Org's own agenda of these files runs nothing."""
    paths = sorted(corpus(space))
    assert emacs.ask("(orgpost-agenda-files)") == [str(path) for path in paths]
    assert ran_in_agenda(emacs, space, paths) is False


def test_whatever_an_agenda_would_run_is_left_out(emacs: Oracle, space: Path) -> None:
    """Each raw text in a file of its own; all that are let through, in one file, run nothing."""
    folder = space / "org/messaging/agents"
    for name, text in hostile().items():
        raw = text.encode("utf-8", "surrogatepass")
        (folder / f"{name}.org").write_bytes(header("agents/x.org") + b"* QUEUED    raw\n" + raw)
    good = emacs.ask("(orgpost-agenda-files)")
    assert isinstance(good, list)
    everything = sorted(folder.glob("*.org"))
    let_through = [path for path in everything if str(path) in good]
    left_out = [path for path in everything if str(path) not in good]
    assert {path.stem for path in left_out} >= WAYS_IN
    assert ran_in_agenda(emacs, space, let_through) is False
    assert ran_in_agenda(emacs, space, left_out) is True


def ran_in_agenda(emacs: Oracle, space: Path, paths: list[Path]) -> bool:
    """Whether Org's agenda runs anything of these files, put together."""
    path = space / "all.org"
    path.write_bytes(b"\n".join(path.read_bytes() for path in paths))
    look = f"(org-agenda-list nil {lisp(DAY)} 2)"
    emacs.eval(f"(setq orgpost-test-ran nil org-agenda-files {lisp([path])})")
    emacs.eval(f"(let ({CARELESS} (enable-local-variables nil)) (ignore-errors {look}))")
    emacs.eval(f"(kill-buffer (find-buffer-visiting {lisp(path)}))")
    return not nothing_ran(emacs)


# --- the samples of the documentation -----------------------------------------------------------


def tasks_in_each_state(space: Path) -> list[Path]:
    """Two agents with a task in each state, and words of a person that would run."""
    paths = []
    for agent in ("tex-agent", "lab-agent"):
        rendered = [
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
        path = space / f"org/messaging/agents/{agent}.org"
        note = f"* A note of mine\n{HOT}".encode()
        path.write_bytes(header(f"agents/{agent}.org") + b"".join(rendered) + note)
        paths.append(path)
    return paths


def test_the_documented_agenda_lists_tasks_by_state(emacs: Oracle, space: Path) -> None:
    """Of all agents, in this order; nothing that stands in a file is run, none is changed."""
    before = {path: path.read_bytes() for path in tasks_in_each_state(space)}
    page = PAGE.read_text("utf-8")
    (sample,) = re.findall(r"(?s)```elisp\n(\(autoload .*?)```", page)
    emacs.eval(f"(progn (require 'org-agenda) {sample})")
    emacs.eval(f'(let ({CARELESS}) (org-agenda nil "P"))')
    lines = emacs.ask("(orgpost-test--agenda-lines)")
    assert isinstance(lines, list)
    shown = [re.findall(r"([a-z]+) at (\w+)-agent", str(line))[0] for line in lines]
    for words in (["waiting"], ["working"], ["failed", "dead"], ["queued"]):
        group, shown = shown[: 2 * len(words)], shown[2 * len(words) :]
        assert sorted(group) == sorted((word, of) for word in words for of in ("tex", "lab"))
    assert shown == []
    assert nothing_ran(emacs)
    assert {path: path.read_bytes() for path in before} == before


def test_the_same_words_would_run_in_a_careless_agenda(emacs: Oracle, space: Path) -> None:
    """So the test above can fail."""
    path, _ = tasks_in_each_state(space)
    assert emacs.what_runs(path, DAY) == ["local"]


def test_the_columns_are_those_that_org_shows(emacs: Oracle, space: Path) -> None:
    """The line for a file and the one of the docs are one."""
    line = COLUMNS.read_text(encoding="utf-8")
    assert line in PAGE.read_text(encoding="utf-8")
    path, _ = tasks_in_each_state(space)
    path.write_bytes(path.read_bytes().replace(b"#+STARTUP", line.encode() + b"#+STARTUP", 1))
    row = emacs.eval(
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
