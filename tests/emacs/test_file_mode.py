"""`orgpost-file-mode` under a person's fingers: keys are typed while programs write.

What the mode promises by itself stands in `orgpost-file-tests.el`; here are the moments that only a
running Emacs has, and what mode and program must agree on.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from orgpost.org.entry import Draft, render
from orgpost.org.syntax import MESSAGE, TASK, header
from orgpost.store import FileStore
from tests.cli.conftest import cli, space
from tests.emacs.session import BatchEmacs, lisp, lock_of
from tests.emacs.terminal import TerminalEmacs
from tests.emacs.test_coexistence import Held
from tests.emacs.test_others import others
from tests.race.writers import INBOX, entry, start

if TYPE_CHECKING:
    from orgpost.org.syntax import FileKind
    from tests.cli.door import Cli

__all__ = ["cli", "space"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = ROOT / "emacs"
ROUNDS: Final = {"small": 8, "ci": 20, "nightly": 200}[os.environ.get("SIZE", "ci")]
# A careless init file, as there are many.
CARELESS: Final = "(setq-default create-lockfiles nil file-precious-flag t)"
# A person who types is in vi's state for that.
INSERTING: Final = "(evil-set-initial-state 'org-mode 'insert)"
VERBS: Final = ("approve", "reject", "cancel", "retry", "revise", "archive")
REASONS: Final = {"reject": ("--reason", "no"), "revise": ("--feedback", "better")}


@pytest.fixture
def program(tmp_path: Path) -> dict[str, str]:
    """An environment in which `orgpost` is this one."""
    script = tmp_path / "bin" / "orgpost"
    script.parent.mkdir()
    script.write_text(
        f'#!/bin/sh\nPYTHONPATH={ROOT / "lib"} exec {sys.executable} -m orgpost "$@"\n'
    )
    script.chmod(0o700)
    return {"PATH": f"{script.parent}:{os.environ['PATH']}"}


@pytest.fixture
def file(space: Path) -> Path:
    """Give tex's inbox, with three messages in it."""
    with FileStore(space) as store:
        store.append(INBOX, [entry("msg-first"), entry("msg-mine"), entry("msg-last")])
    return space / "org/messaging" / INBOX


def opened(program: dict[str, str], *more: str) -> TerminalEmacs:
    """Give an Emacs that knows the package, and remembers what it would have asked."""
    arguments = ("-L", str(PACKAGE), "-l", "orgpost-file", "--eval", CARELESS, *more)
    on = ("--eval", "(orgpost-global-mode)")
    return TerminalEmacs("answers", arguments=(*arguments, *on), environment=program)


def at_the_body_of(emacs: TerminalEmacs, file: Path, id: str) -> None:
    """Let a person look for an entry and go to the end of its body."""
    emacs.open(file)
    emacs.keys("M-<", "C-s")
    emacs.type(f"ID:       {id}")
    emacs.keys("Enter", "C-s")
    emacs.type("hello")
    emacs.keys("Enter")
    here = '(with-current-buffer (window-buffer) (list (org-entry-get (point) "ID") (point)))'
    emacs.wait_until(lambda: f'("{id}"' in emacs.eval(here), f"point in {id}")


@pytest.mark.parametrize("beside", ["nothing", "ivy"])
def test_keys_typed_while_programs_write_go_where_they_are_meant(
    space: Path, file: Path, program: dict[str, str], beside: str
) -> None:
    """No question, no lost key, no lost mail, point where it was, whatever the init file says.

    The same beside packages of others: vi's keys, blanks that go when a file is saved.
    """
    more = () if beside == "nothing" else (*others(beside), "--eval", INSERTING)
    rounds = ROUNDS if beside == "nothing" else max(3, ROUNDS // 5)
    with opened(program, *more) as emacs:
        at_the_body_of(emacs, file, "msg-mine")
        writer = start(space, "0", rounds * 3, 0.02)
        for number in range(rounds):
            emacs.keys(chr(ord("a") + number % 26))
            emacs.wait_until(lambda: f".{emacs.pid}" in str(lock_of(file)), "the lock")
            emacs.keys("C-x", "C-s")
            emacs.wait_until(lambda: not emacs.is_modified(file), "the save")
            # Changes of state wait for a quarter of a second after a save.
            threading.Event().wait(0.3)
        told = writer.communicate(timeout=120)[0].split("\n")
        emacs.keys("C-g")
        emacs.wait_until(lambda: emacs.text(file) == file.read_text(), "the news")
        assert emacs.questions == []
    text = file.read_text()
    typed = "".join(chr(ord("a") + number % 26) for number in range(rounds))
    assert f":ID:       msg-mine\n:FROM:     crt\n:END:\nhello{typed}\n" in text
    sent = [line for line in told if line.startswith("msg-")]
    assert len(sent) == rounds * 3
    assert [name for name in sent if text.count(f":ID:       {name}\n") != 1] == []
    marked = [line.removeprefix("READ ") for line in told if line.startswith("READ ")]
    assert [name for name in marked if f"* READ     {name}\n" not in text] == []


def test_a_key_in_the_moment_of_a_write_asks_nothing(
    space: Path, file: Path, program: dict[str, str]
) -> None:
    """The program has Emacs's lock in its hands: the key is there, then the lock, then the news."""
    held = Held()
    with opened(program) as emacs, FileStore(space, calls=held) as store:
        at_the_body_of(emacs, file, "msg-mine")
        writer = threading.Thread(target=store.append, args=(INBOX, [entry("msg-new")]))
        writer.start()
        assert held.writing.wait(60)
        emacs.keys("x")
        emacs.wait_for("hellox")
        assert "orgpost@" in str(lock_of(file))
        held.go_on.set()
        writer.join()
        emacs.wait_until(lambda: f".{emacs.pid}" in str(lock_of(file)), "the lock")
        emacs.keys("y", "C-x", "C-s")
        emacs.wait_until(lambda: not emacs.is_modified(file), "the save")
        assert emacs.questions == []
    text = file.read_text()
    assert "\nhelloxy\n" in text
    assert text.count(":ID:       msg-new\n") == 1


def entries(kind: FileKind) -> bytes:
    """Write one entry in each state."""
    word = "msg" if kind is MESSAGE else "task"
    more = [("ATTEMPT", "0"), ("LEASE", "- 0 -")] if kind is TASK else [("TO", "tex")]
    return b"".join(
        render(
            Draft(
                id=f"{word}-{keyword.lower()}",
                keyword=keyword,
                title=keyword.lower(),
                properties=[("FROM", "crt"), ("CREATED", "[2026-11-20 Fri 09:31:05]"), *more],
            ),
            kind,
        )
        for keyword in kind.keywords
    )


def offered(emacs: BatchEmacs, kind: FileKind) -> set[tuple[str, str, str]]:
    """Say which moves the mode has a verb for: from, verb, to."""
    word = "message" if kind is MESSAGE else "task"
    emacs.eval(f"(progn (add-to-list 'load-path {lisp(PACKAGE)}) (require 'orgpost-file))")
    moves = set()
    for state in kind.keywords:
        found = emacs.eval(f"(orgpost-file-moves '{word} {lisp(state)})")
        moves |= {(state, verb, to) for to, verb in re.findall(r'\("(\w+)" \. "(\w+)"\)', found)}
    return moves


def test_the_mode_offers_what_the_program_does_for_a_person(cli: Cli) -> None:
    """Each verb of a person on an entry in each state: it works where the mode offers it."""
    cli("contacts", "add", "tex-agent", "--kind", "agent")
    with BatchEmacs() as emacs:
        tasks, mail = offered(emacs, TASK), offered(emacs, MESSAGE)
    done = set()
    for verb in VERBS:
        for state in TASK.keywords:
            write(cli, "agents/tex-agent.org", TASK)
            id, reason = f"task-{state.lower()}", REASONS.get(verb, ())
            if cli("--json", "task", verb, *reason, id).status == 0:
                done.add((state, verb, cli.data("task", "show", id)["state"]))
    assert done == tasks
    marked = set()
    for word in ("unread", "read", "todo", "done", "archived"):
        for state in MESSAGE.keywords:
            write(cli, "inbox/tex.org", MESSAGE)
            words = ("archive",) if word == "archived" else ("mark",)
            id, to = f"msg-{state.lower()}", () if word == "archived" else (word,)
            if state != word.upper() and cli("--json", *words, id, *to).status == 0:
                marked.add((state, words[0], word.upper()))
    assert marked == mail


def write(cli: Cli, path: str, kind: FileKind) -> None:
    """Write a file anew, and let nothing be left of before."""
    place = cli.space / "org/messaging" / path
    place.parent.mkdir(exist_ok=True)
    for archive in (cli.space / "org/messaging/archive").glob("*"):
        archive.unlink()
    place.write_bytes(header(path) + entries(kind))
    os.utime(place, (0, 0))
