"""Tasks in an Emacs on a screen: list, letter and board by single keys, while files change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.emacs.session import lisp

if TYPE_CHECKING:
    from tests.emacs.office import Office
    from tests.emacs.terminal import TerminalEmacs

pytestmark = pytest.mark.slow


def go_to(emacs: TerminalEmacs, id: str) -> None:
    """Put point to an entry in the window that is selected."""
    there = f"(progn (orgpost-place-goto {lisp(id)}) (set-window-point nil (point)))"
    emacs.eval(f"(with-current-buffer (window-buffer) {there})")


def test_tasks_are_decided_on_with_single_keys(office: Office) -> None:
    """From the inbox to the list; approved in its letter, rejected in the list, seen on the board.

    The board is drawn again by itself; and the program is waited for while news of files are
    there that nobody has read yet.
    """
    ask = ("--as", "crt", "task", "add", "tex-agent")
    first, second = (office(*ask, title)["id"] for title in ("Tidy up", "Delete all"))
    with office.emacs(columns=120) as emacs:
        emacs.command("orgpost")
        emacs.wait_for("No unread mail; .l l. shows all")
        emacs.command("orgpost-tasks")
        emacs.wait_for(r"now WAITING +tex-agent +crt +unknown Tidy up \(needs approval\)")
        emacs.keys("Enter")
        emacs.wait_for(r"Awaits: +owner-approval")
        emacs.keys("C-x", "o", "A")
        emacs.wait_for(r"now QUEUED +tex-agent +crt +unknown Tidy up")
        emacs.keys("C-x", "1", "C-x", "b")
        emacs.type("*orgpost tasks*")
        emacs.keys("Enter")
        go_to(emacs, second)
        emacs.keys("X")
        emacs.wait_for("Reject; why:")
        emacs.type("-1")
        emacs.keys("Enter")
        emacs.wait_for(r"now REJECTED +tex-agent +crt +unknown Delete all")
        assert [office("task", "show", id)["state"] for id in (first, second)] == [
            *("QUEUED", "REJECTED"),
        ]
        emacs.keys("b")
        emacs.wait_for(r"WAITING 0 +QUEUED 1 +WORKING 0 +DONE 0 +FAILED 0 +DEAD 0")
        office("--as", "tex-agent", "task", "claim")
        emacs.wait_for(r"WAITING 0 +QUEUED 0 +WORKING 1 +DONE 0 +FAILED 0 +DEAD 0")
        emacs.wait_for("min left")
        go_to(emacs, first)
        emacs.keys("C")
        emacs.wait_for(r"It is worked on; cancel it\?")
        emacs.keys("!")
        emacs.wait_for(r"QUEUED 0 +WORKING 0")
    assert office("task", "show", first)["state"] == "CANCELLED"
